//! What the DNOs learned of the electricity network's faults, held against what is asked: the SEC's and the DNOs' own requirements
//! (seeds 004 DP096, appendix A).

use crate::RunOutcome;
use crate::measure::share;
use crate::outages::Outage;
use secnet_accounts::Account;
use secnet_accounts::faults::WAYS_LOST;
use secnet_accounts::figures::Key;
use secnet_accounts::pm12::Pm12;
use secnet_model::{Region, SimDuration};
use secnet_topology::scenario::PowerParams;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A fault of more meters is told apart from one of up to as many (seeds 004 DP096: DECC's position of 2013).
pub const FEW_METERS_MAX: u32 = 50;
/// Of a fault of more meters than that, one message is enough.
pub const MANY_METERS_MAX: u32 = 5_000;
/// Of a fault of up to that many, this share of the alerts.
pub const SHARE_OF_MANY: f64 = 0.25;
/// Of which a rate of false alerts is.
const YEAR: SimDuration = SimDuration::from_secs(8_766 * 3_600);
/// The DNO is to know of this share of events.
pub const EVENTS_KNOWN: f64 = 0.995;

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PowerKpis {
    /// All of the network, then each region; each first of all sizes, then of up to 50 meters, then of more.
    pub rows: Vec<PowerKpi>,
    /// By region, as the CSP is measured: of the outage alerts it received those it forwarded, by three-minute slices of up to 50 hubs
    /// (PM12.1) and of more (PM12.2). What the radio lost is not in it: it is not the DNO's success.
    pub pm12: BTreeMap<String, Pm12Kpi>,
}

/// Faults of some size in some place. An outage is a loss of supply of three minutes or more.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct PowerKpi {
    /// All when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// `up_to_50` or `over_50`, by the meters out; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meters: Option<String>,
    /// With an outage of at least one meter.
    pub faults: u64,
    /// Of which the DNO had at least one outage alert.
    pub faults_known: u64,
    pub faults_known_share: Option<f64>,
    pub faults_known_within_5_min: u64,
    /// Of which it had one within five minutes of the beginning: 99.5 % are asked for (requirements 2 and 3).
    pub faults_known_within_5_min_share: Option<f64>,
    /// Known before the first and before the fifth call would have come, or where none would.
    pub faults_known_before_call_1_share: Option<f64>,
    pub faults_known_before_call_5_share: Option<f64>,
    /// Faults told of as DECC proposed in 2013: by all meters up to 50, by a quarter up to 5,000, by one above.
    pub faults_told_as_decc_2013_share: Option<f64>,
    /// Each of which is to raise an outage alert (requirement 1).
    pub meters_out: u64,
    pub outage_alerts_delivered: u64,
    /// Of the meters out.
    pub outage_alerts_delivered_share: Option<f64>,
    pub outage_alerts_within_60_s: u64,
    /// Within 60 s of the end of the three minutes, of the meters out (SEC H3.14(g)).
    pub outage_alerts_within_60_s_share: Option<f64>,
    pub outage_alerts_in_time: u64,
    /// Within the time in force, of the meters out: those 60 s, or what MP096 relaxes them to.
    pub outage_alerts_in_time_share: Option<f64>,
    pub outage_alerts_within_5_min: u64,
    /// Within five minutes of the loss of supply, of the meters out (requirement 2).
    pub outage_alerts_within_5_min_share: Option<f64>,
    /// By outcome, of those raised.
    pub outage_alerts_lost: BTreeMap<String, u64>,
    /// Off for less than three minutes: none is to raise an outage alert (requirement 2b).
    pub meters_interrupted: u64,
    /// Outage alerts delivered of premises that had no outage; of all sizes only.
    pub false_outage_alerts: u64,
    /// Of those, how many there would be a meter in a year: 0.1 % would be tolerable (requirement 4). Meters are those of SMETS2 that are
    /// enrolled, as the scenario's share has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub false_outage_alerts_a_year_share: Option<f64>,
    /// Whose supply came back, interruptions of less than three minutes included: each is to raise a restoration alert.
    pub meters_restored: u64,
    pub restoration_alerts_delivered: u64,
    /// Of the meters restored.
    pub restoration_alerts_delivered_share: Option<f64>,
    pub restoration_alerts_within_60_s: u64,
    /// Within 60 s of the return of supply, of the meters restored (SEC H3.14(g)).
    pub restoration_alerts_within_60_s_share: Option<f64>,
    pub restoration_alerts_in_time: u64,
    /// Within the time in force, of the meters restored.
    pub restoration_alerts_in_time_share: Option<f64>,
    pub restoration_alerts_lost: BTreeMap<String, u64>,
    pub hubs_never_back: u64,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Pm12Kpi {
    pub up_to_50_received: u64,
    pub up_to_50_forwarded: u64,
    /// PM12.1.
    pub up_to_50_share: Option<f64>,
    pub over_50_received: u64,
    pub over_50_forwarded: u64,
    /// PM12.2.
    pub over_50_share: Option<f64>,
}

/// What is asked of outage and restoration alerts, each as a share.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum PowerMeasure {
    OutagesWithin60s,
    OutagesInTime,
    OutagesWithin5Min,
    OutagesDelivered,
    FaultsKnownWithin5Min,
    FaultsKnown,
    KnownBeforeCall1,
    KnownBeforeCall5,
    ToldAsDecc2013,
    RestorationsWithin60s,
    RestorationsInTime,
    RestorationsDelivered,
    /// Of the meters, how many would tell of an outage they did not have, in a year.
    FalseAlertsAYear,
    /// Of the alerts the CSP received those it forwarded: PM12.1 or PM12.2.
    Pm12,
}

impl PowerMeasure {
    pub const ALL: [PowerMeasure; 14] = [
        PowerMeasure::OutagesWithin60s,
        PowerMeasure::OutagesInTime,
        PowerMeasure::OutagesWithin5Min,
        PowerMeasure::OutagesDelivered,
        PowerMeasure::FaultsKnownWithin5Min,
        PowerMeasure::FaultsKnown,
        PowerMeasure::KnownBeforeCall1,
        PowerMeasure::KnownBeforeCall5,
        PowerMeasure::ToldAsDecc2013,
        PowerMeasure::RestorationsWithin60s,
        PowerMeasure::RestorationsInTime,
        PowerMeasure::RestorationsDelivered,
        PowerMeasure::FalseAlertsAYear,
        PowerMeasure::Pm12,
    ];

    /// The key of `kpis.json`.
    pub const fn name(self) -> &'static str {
        match self {
            PowerMeasure::OutagesWithin60s => "outage_alerts_within_60_s_share",
            PowerMeasure::OutagesInTime => "outage_alerts_in_time_share",
            PowerMeasure::OutagesWithin5Min => "outage_alerts_within_5_min_share",
            PowerMeasure::OutagesDelivered => "outage_alerts_delivered_share",
            PowerMeasure::FaultsKnownWithin5Min => "faults_known_within_5_min_share",
            PowerMeasure::FaultsKnown => "faults_known_share",
            PowerMeasure::KnownBeforeCall1 => "faults_known_before_call_1_share",
            PowerMeasure::KnownBeforeCall5 => "faults_known_before_call_5_share",
            PowerMeasure::ToldAsDecc2013 => "faults_told_as_decc_2013_share",
            PowerMeasure::RestorationsWithin60s => "restoration_alerts_within_60_s_share",
            PowerMeasure::RestorationsInTime => "restoration_alerts_in_time_share",
            PowerMeasure::RestorationsDelivered => "restoration_alerts_delivered_share",
            PowerMeasure::FalseAlertsAYear => "false_outage_alerts_a_year_share",
            PowerMeasure::Pm12 => "pm12_share",
        }
    }

    /// As tables have it, with the clause that asks for it; ENA: the DNOs' requirements of 2019.
    pub const fn words(self) -> &'static str {
        match self {
            PowerMeasure::OutagesWithin60s => "outages told in 60 s (SEC H3.14(g))",
            PowerMeasure::OutagesInTime => "outages told in the time in force",
            PowerMeasure::OutagesWithin5Min => "outages told in 5 min (ENA 2)",
            PowerMeasure::OutagesDelivered => "outages told at all (ENA 1)",
            PowerMeasure::FaultsKnownWithin5Min => "faults known in 5 min (ENA 2, 3)",
            PowerMeasure::FaultsKnown => "faults known at all (ENA 3)",
            PowerMeasure::KnownBeforeCall1 => "faults known before call 1",
            PowerMeasure::KnownBeforeCall5 => "faults known before call 5",
            PowerMeasure::ToldAsDecc2013 => "faults told of as DECC had it in 2013",
            PowerMeasure::RestorationsWithin60s => "restorations told in 60 s (SEC H3.14(g))",
            PowerMeasure::RestorationsInTime => "restorations told in the time in force",
            PowerMeasure::RestorationsDelivered => "restorations told at all (ENA 1)",
            PowerMeasure::FalseAlertsAYear => "false alerts a meter and year (ENA 4)",
            PowerMeasure::Pm12 => "forwarded of those received (PM12)",
        }
    }

    /// What it is a share of, as a sentence has it.
    pub const fn noun(self) -> &'static str {
        match self {
            PowerMeasure::OutagesWithin60s => {
                "meters out that the DNO knew within 60 s of the three minutes (SEC H3.14(g))"
            }
            PowerMeasure::OutagesInTime => "meters out that the DNO knew within the time in force",
            PowerMeasure::OutagesWithin5Min => {
                "meters out that the DNO knew within 5 min (DNO requirement 2)"
            }
            PowerMeasure::OutagesDelivered => "meters out that the DNO ever knew (DNO requirement 1)",
            PowerMeasure::FaultsKnownWithin5Min => "faults the DNO knew within 5 min (DNO requirements 2, 3)",
            PowerMeasure::FaultsKnown => "faults the DNO ever knew (DNO requirement 3: 99.5 %)",
            PowerMeasure::KnownBeforeCall1 => "faults known before the first call",
            PowerMeasure::KnownBeforeCall5 => "faults known before the fifth call",
            PowerMeasure::ToldAsDecc2013 => "faults told of as DECC proposed in 2013",
            PowerMeasure::RestorationsWithin60s => {
                "meters restored that the DNO knew within 60 s (SEC H3.14(g))"
            }
            PowerMeasure::RestorationsInTime => "meters restored that the DNO knew within the time in force",
            PowerMeasure::FalseAlertsAYear => {
                "meters that would tell of an outage they did not have, in a year (DNO requirement 4: 0.1 %)"
            }
            PowerMeasure::RestorationsDelivered => {
                "meters restored that the DNO ever knew (DNO requirement 1 of restoration)"
            }
            PowerMeasure::Pm12 => {
                "outage alerts received that the CSP forwarded (PM12: not the DNO's success)"
            }
        }
    }

    /// Of the row; PM12 is in none.
    pub fn of(self, row: &PowerKpi) -> Option<f64> {
        match self {
            PowerMeasure::OutagesWithin60s => row.outage_alerts_within_60_s_share,
            PowerMeasure::OutagesInTime => row.outage_alerts_in_time_share,
            PowerMeasure::OutagesWithin5Min => row.outage_alerts_within_5_min_share,
            PowerMeasure::OutagesDelivered => row.outage_alerts_delivered_share,
            PowerMeasure::FaultsKnownWithin5Min => row.faults_known_within_5_min_share,
            PowerMeasure::FaultsKnown => row.faults_known_share,
            PowerMeasure::KnownBeforeCall1 => row.faults_known_before_call_1_share,
            PowerMeasure::KnownBeforeCall5 => row.faults_known_before_call_5_share,
            PowerMeasure::ToldAsDecc2013 => row.faults_told_as_decc_2013_share,
            PowerMeasure::RestorationsWithin60s => row.restoration_alerts_within_60_s_share,
            PowerMeasure::RestorationsInTime => row.restoration_alerts_in_time_share,
            PowerMeasure::FalseAlertsAYear => row.false_outage_alerts_a_year_share,
            PowerMeasure::RestorationsDelivered => row.restoration_alerts_delivered_share,
            PowerMeasure::Pm12 => None,
        }
    }
}

/// `up to 50 meters`, of a key of `meters`.
pub(crate) fn meters_in_words(meters: &str) -> &'static str {
    match meters {
        "up_to_50" => "up to 50 meters",
        _ => "over 50 meters",
    }
}

/// Sums of a row.
#[derive(Default)]
struct Sums {
    faults: u64,
    known: u64,
    within_5_min: u64,
    before_call_1: u64,
    before_call_5: u64,
    as_decc: u64,
    out: u64,
    delivered: u64,
    within_60_s: u64,
    in_time: u64,
    meters_within_5_min: u64,
    lost: BTreeMap<String, u64>,
    interrupted: u64,
    false_alerts: u64,
    /// In which those were; none where they are not counted.
    meter_years: f64,
    restored: u64,
    restorations: u64,
    restorations_within_60_s: u64,
    restorations_in_time: u64,
    restorations_lost: BTreeMap<String, u64>,
    never_back: u64,
}

impl PowerKpis {
    /// `None` of a run without faults and without false alerts of them.
    pub fn new(run: &RunOutcome, total: &Account, outages: &[Outage]) -> Option<PowerKpis> {
        let false_alerts = |region: Option<Region>| -> u64 {
            let regions = Region::ALL.into_iter();
            let meant = regions.filter(|of| region.is_none_or(|region| region == *of));
            meant.map(|of| total.faults.false_alerts(of)).sum()
        };
        if outages.is_empty() && false_alerts(None) == 0 {
            return None;
        }
        let years = run.ended_at.as_secs_f64() / YEAR.as_secs_f64();
        let regions = [None].into_iter().chain(Region::ALL.map(Some));
        let rows = regions.flat_map(|region| {
            let here = move |outage: &&Outage| region.is_none_or(|region| outage.region == region);
            let row = |meters: Option<&str>, fits: &dyn Fn(u32) -> bool| {
                let mut sums = Sums::default();
                if meters.is_none() {
                    sums.false_alerts = false_alerts(region);
                    sums.meter_years = run.meters_with_hubs(region) * years;
                }
                let fitting = outages
                    .iter()
                    .filter(here)
                    .filter(|outage| fits(outage.meters_out));
                fitting.for_each(|outage| sums.add(outage, &run.scenario.power));
                sums.kpi(region, meters)
            };
            [
                row(None, &|_| true),
                row(Some("up_to_50"), &|meters| meters <= FEW_METERS_MAX),
                row(Some("over_50"), &|meters| meters > FEW_METERS_MAX),
            ]
        });
        let rows = rows.filter(|row| row.meters_out + row.meters_restored + row.false_outage_alerts > 0);
        let pm12 = Region::ALL.into_iter().filter_map(|region| {
            let counted = total.figures.get::<Pm12>(&Key::Region(region))?;
            Some((region.name().to_owned(), Pm12Kpi::new(counted)))
        });
        Some(PowerKpis {
            rows: rows.collect(),
            pm12: pm12.collect(),
        })
    }

    /// The row of all faults of a region, or everywhere.
    pub fn all_in(&self, region: Option<Region>) -> Option<&PowerKpi> {
        let name = region.map(Region::name);
        let mut rows = self.rows.iter();
        rows.find(|row| row.region.as_deref() == name && row.meters.is_none())
    }
}

impl Pm12Kpi {
    fn new(counted: Pm12) -> Pm12Kpi {
        Pm12Kpi {
            up_to_50_received: counted.few_received,
            up_to_50_forwarded: counted.few_forwarded,
            up_to_50_share: share(counted.few_forwarded, counted.few_received),
            over_50_received: counted.many_received,
            over_50_forwarded: counted.many_forwarded,
            over_50_share: share(counted.many_forwarded, counted.many_received),
        }
    }
}

impl Sums {
    fn add(&mut self, outage: &Outage, params: &PowerParams) {
        if outage.meters_out > 0 {
            let known_after = outage.known_after_us().map(SimDuration);
            let before = |call| match (known_after, params.nth_call(call, outage.homes())) {
                (Some(known), Some(called)) => known < called,
                (_, None) => true,
                (None, Some(_)) => false,
            };
            self.faults += 1;
            self.known += u64::from(known_after.is_some());
            let target = secnet_accounts::faults::OUTAGE_TARGET;
            self.within_5_min += u64::from(known_after.is_some_and(|known| known <= target));
            self.before_call_1 += u64::from(before(1));
            self.before_call_5 += u64::from(before(5));
            self.as_decc += u64::from(is_told_as_decc_2013(outage));
        }
        self.out += u64::from(outage.meters_out);
        self.delivered += u64::from(outage.outage.delivered);
        self.within_60_s += u64::from(outage.outage.within_60_s);
        self.in_time += u64::from(outage.outage.in_time);
        self.meters_within_5_min += u64::from(outage.outage.within_5_min);
        self.interrupted += u64::from(outage.meters_interrupted);
        self.restored += u64::from(outage.meters_restored);
        self.restorations += u64::from(outage.restoration.delivered);
        self.restorations_within_60_s += u64::from(outage.restoration.within_60_s);
        self.restorations_in_time += u64::from(outage.restoration.in_time);
        self.never_back += u64::from(outage.hubs_never_back);
        for way in WAYS_LOST {
            for (sums, lost) in [
                (&mut self.lost, &outage.outage.lost),
                (&mut self.restorations_lost, &outage.restoration.lost),
            ] {
                if let Some(count) = lost.get(way.name()) {
                    *sums.entry(way.name().to_owned()).or_default() += u64::from(*count);
                }
            }
        }
    }

    fn kpi(self, region: Option<Region>, meters: Option<&str>) -> PowerKpi {
        PowerKpi {
            region: region.map(|region| region.name().to_owned()),
            meters: meters.map(str::to_owned),
            faults: self.faults,
            faults_known: self.known,
            faults_known_share: share(self.known, self.faults),
            faults_known_within_5_min: self.within_5_min,
            faults_known_within_5_min_share: share(self.within_5_min, self.faults),
            faults_known_before_call_1_share: share(self.before_call_1, self.faults),
            faults_known_before_call_5_share: share(self.before_call_5, self.faults),
            faults_told_as_decc_2013_share: share(self.as_decc, self.faults),
            meters_out: self.out,
            outage_alerts_delivered: self.delivered,
            outage_alerts_delivered_share: share(self.delivered, self.out),
            outage_alerts_within_60_s: self.within_60_s,
            outage_alerts_within_60_s_share: share(self.within_60_s, self.out),
            outage_alerts_in_time: self.in_time,
            outage_alerts_in_time_share: share(self.in_time, self.out),
            outage_alerts_within_5_min: self.meters_within_5_min,
            outage_alerts_within_5_min_share: share(self.meters_within_5_min, self.out),
            outage_alerts_lost: self.lost,
            meters_interrupted: self.interrupted,
            false_outage_alerts: self.false_alerts,
            false_outage_alerts_a_year_share: (self.meter_years > 0.0)
                .then(|| self.false_alerts as f64 / self.meter_years),
            meters_restored: self.restored,
            restoration_alerts_delivered: self.restorations,
            restoration_alerts_delivered_share: share(self.restorations, self.restored),
            restoration_alerts_within_60_s: self.restorations_within_60_s,
            restoration_alerts_within_60_s_share: share(self.restorations_within_60_s, self.restored),
            restoration_alerts_in_time: self.restorations_in_time,
            restoration_alerts_in_time_share: share(self.restorations_in_time, self.restored),
            restoration_alerts_lost: self.restorations_lost,
            hubs_never_back: self.never_back,
        }
    }
}

fn is_told_as_decc_2013(outage: &Outage) -> bool {
    let needed = match outage.meters_out {
        meters if meters <= FEW_METERS_MAX => meters,
        meters if meters <= MANY_METERS_MAX => (f64::from(meters) * SHARE_OF_MANY).ceil() as u32,
        _ => 1,
    };
    outage.outage.delivered >= needed
}
