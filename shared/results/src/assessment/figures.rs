//! What an assessment keeps of a run: one number per subject and measure.

use super::paired::mean;
use crate::back_pressure::jain;
use crate::campaigns::CampaignMeasure;
use crate::kpis::KpiKey;
use crate::ledger_report::LedgerReport;
use crate::load::LoadMeasure;
use crate::power::PowerMeasure;
use crate::read_by;
use crate::{RunOutcome, RunReport, Verdict};
use secnet_accounts::alerts::{AlertLevel, Raised};
use secnet_accounts::figures::{Adds, Column, Tells};
use secnet_accounts::mornings::READ_BY;
use secnet_accounts::service::ServiceLevel;
use secnet_accounts::{Account, DurationHistogram, ServiceMode};
use secnet_engine::{ItemKind, Outcome};
use secnet_model::{AlertCode, Region, Srv};
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;

/// The SRV of a prepayment vend: Update Prepay… Top Up Device.
pub const VEND: &str = "2.2";

/// What a figure is about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Subject {
    pub about: About,
    /// A key that is absent stands for all its values.
    #[serde(flatten)]
    pub key: KpiKey,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    Requests,
    Alerts,
    /// Faults of the electricity network, and what the DNOs learned of them.
    Faults,
    /// Firmware campaigns.
    Campaigns,
    Network,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Measure {
    /// All that were asked for.
    Requests,
    /// Answered within the target response time, of those due that a response was owed for.
    WithinTarget,
    /// Completed in the end, of those due.
    Completed,
    /// Completed without a retry, of those due.
    FirstAttempt,
    /// Of the DSP's scheduled reads those that were there by this hour of their morning, by its place in
    /// [`READ_BY`].
    ReadBy(usize),
    /// Of the answered requests, from first submission to the final answer.
    ResponseTime(Statistic),
    /// Submissions beyond the first.
    Retries,
    /// Requests that ended so.
    Ended(Outcome),
    /// Alerts that reached their recipient.
    Delivered,
    /// Delivered within the target, of those due; of a User, of those delivered.
    DeliveredWithinTarget,
    DeliveryTime(Statistic),
    /// Consolidated alerts among those delivered (SECMP0062).
    Consolidated,
    /// Alerts those speak for besides themselves.
    SpokenFor,
    /// Jain's index over the Users of a share of each User's requests: 1 when all fare alike, 1/n when one has everything.
    Fairness(FairShare),
    /// Items that entered the network.
    Opened(ItemKind),
    /// Items under way when emulated time ended.
    InFlight(ItemKind),
    /// Items that left the network so.
    Closed(ItemKind, Outcome),
    /// What is asked of outage and restoration alerts.
    Power(PowerMeasure),
    /// What is asked of firmware campaigns.
    Campaign(CampaignMeasure),
    /// How busy servers and channels were.
    Load(LoadMeasure),
    /// A figure of the nodes; a User's figures add up to the whole's.
    Figure(NodeFigure),
}

/// A figure that nodes count, as the table says that declares it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct NodeFigure {
    /// Without the User: `dsp.queue_max`.
    pub name: String,
    /// What a sentence calls it; those without repeat, node by node, what others say.
    pub words: Option<String>,
    pub tells: Vec<Tells>,
    pub adds: Adds,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Statistic {
    Mean,
    P50,
    P90,
    P99,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum FairShare {
    WithinTarget,
    Completed,
    /// Of what a User was entitled to while traffic was managed, what was admitted (SECMP0067).
    Entitled,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// 0 to 1.
    Share,
    Seconds,
    Count,
    Days,
    /// Jain's index: 1 when all are served alike, 1/n when one alone is.
    Index,
}

impl Statistic {
    pub const ALL: [Statistic; 4] = [Statistic::Mean, Statistic::P50, Statistic::P90, Statistic::P99];

    const fn name(self) -> &'static str {
        match self {
            Statistic::Mean => "mean",
            Statistic::P50 => "p50",
            Statistic::P90 => "p90",
            Statistic::P99 => "p99",
        }
    }

    fn of(self, durations: &DurationHistogram) -> Option<f64> {
        let quantile = |quantile| (!durations.is_empty()).then(|| durations.quantile(quantile).as_secs_f64());
        match self {
            Statistic::Mean => durations.mean_seconds(),
            Statistic::P50 => quantile(0.5),
            Statistic::P90 => quantile(0.9),
            Statistic::P99 => quantile(0.99),
        }
    }
}

impl Measure {
    pub fn unit(&self) -> Unit {
        match self {
            Measure::WithinTarget
            | Measure::Completed
            | Measure::FirstAttempt
            | Measure::ReadBy(_)
            | Measure::DeliveredWithinTarget
            | Measure::Power(_)
            | Measure::Load(_)
            | Measure::Campaign(CampaignMeasure::UpdatedShare) => Unit::Share,
            Measure::Campaign(
                CampaignMeasure::DaysTo50 | CampaignMeasure::DaysTo90 | CampaignMeasure::DaysTo99,
            ) => Unit::Days,
            Measure::ResponseTime(_) | Measure::DeliveryTime(_) => Unit::Seconds,
            Measure::Fairness(_) => Unit::Index,
            Measure::Requests
            | Measure::Retries
            | Measure::Ended(_)
            | Measure::Delivered
            | Measure::Consolidated
            | Measure::SpokenFor
            | Measure::Opened(_)
            | Measure::InFlight(_)
            | Measure::Closed(..)
            | Measure::Campaign(CampaignMeasure::Devices)
            | Measure::Figure(_) => Unit::Count,
        }
    }

    /// The least relative difference that can be told from the width of a histogram's bucket.
    pub fn resolution(&self) -> f64 {
        match self {
            Measure::ResponseTime(_) | Measure::DeliveryTime(_) | Measure::Campaign(_) => 0.01,
            _ => 0.0,
        }
    }

    /// As a person would call it.
    pub fn words(&self) -> String {
        let time = |what: &str, statistic: &Statistic| match statistic {
            Statistic::Mean => format!("mean {what} time"),
            quantile => format!("{what} time, {}", quantile.name()),
        };
        let plain = |name: &str| name.replace('_', " ");
        match self {
            Measure::Requests => "requests".to_owned(),
            Measure::WithinTarget => "answered within target".to_owned(),
            Measure::Completed => "completed in the end".to_owned(),
            Measure::FirstAttempt => "completed at the first attempt".to_owned(),
            Measure::ReadBy(hour) => format!("scheduled readings there by {}", read_by::name(*hour)),
            Measure::ResponseTime(statistic) => time("response", statistic),
            Measure::Retries => "retries".to_owned(),
            Measure::Ended(outcome) => format!("ended as “{}”", plain(outcome.name())),
            Measure::Delivered => "delivered".to_owned(),
            Measure::DeliveredWithinTarget => "delivered within target".to_owned(),
            Measure::DeliveryTime(statistic) => time("delivery", statistic),
            Measure::Consolidated => "delivered as consolidated alerts".to_owned(),
            Measure::SpokenFor => "spoken for by consolidated alerts".to_owned(),
            Measure::Fairness(share) => {
                let of = match share {
                    FairShare::WithinTarget => "answered within target",
                    FairShare::Completed => "completed in the end",
                    FairShare::Entitled => "admitted of entitled",
                };
                format!("fairness across Users, {of}")
            }
            Measure::Power(measure) => measure.words().to_owned(),
            Measure::Campaign(measure) => measure.words().to_owned(),
            Measure::Load(measure) => measure.words(),
            Measure::Opened(kind) => format!("{}s opened", plain(kind.name())),
            Measure::InFlight(kind) => format!("{}s in flight at the end", plain(kind.name())),
            Measure::Closed(kind, outcome) => {
                format!("{}s ended as “{}”", plain(kind.name()), plain(outcome.name()))
            }
            Measure::Figure(figure) => figure.words.as_ref().unwrap_or(&figure.name).clone(),
        }
    }
}

impl NodeFigure {
    pub(super) fn new(name: String, column: &Column) -> NodeFigure {
        NodeFigure {
            name,
            words: column.words.as_deref().map(str::to_owned),
            tells: column.tells.to_vec(),
            adds: column.adds,
        }
    }
}

impl std::fmt::Display for Measure {
    /// As the files name it, after the names in `kpis.json` and `ledger.json`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Measure::Requests => f.write_str("opened"),
            Measure::WithinTarget | Measure::DeliveredWithinTarget => f.write_str("within_target_share"),
            Measure::Completed => f.write_str("completed_share"),
            Measure::FirstAttempt => f.write_str("first_attempt_share"),
            Measure::ReadBy(hour) => write!(f, "read_by.{}.read_share", read_by::name(*hour)),
            Measure::ResponseTime(statistic) => write!(f, "response_time_s.{}", statistic.name()),
            Measure::Retries => f.write_str("retries"),
            Measure::Ended(outcome) => write!(f, "outcomes.{outcome}"),
            Measure::Delivered => f.write_str("delivered"),
            Measure::DeliveryTime(statistic) => write!(f, "delivery_time_s.{}", statistic.name()),
            Measure::Consolidated => f.write_str("consolidated"),
            Measure::SpokenFor => f.write_str("throttled"),
            Measure::Fairness(FairShare::WithinTarget) => f.write_str("fairness.within_target_share"),
            Measure::Fairness(FairShare::Completed) => f.write_str("fairness.eventual_success"),
            Measure::Fairness(FairShare::Entitled) => f.write_str("fairness.admitted_to_entitled"),
            Measure::Power(measure) => f.write_str(measure.name()),
            Measure::Campaign(measure) => f.write_str(measure.name()),
            Measure::Load(measure) => f.write_str(&measure.name()),
            Measure::Opened(kind) => write!(f, "{kind}.opened"),
            Measure::InFlight(kind) => write!(f, "{kind}.in_flight"),
            Measure::Closed(kind, outcome) => write!(f, "{kind}.{outcome}"),
            Measure::Figure(figure) => write!(f, "counters.{}", figure.name),
        }
    }
}

impl Serialize for Measure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Subject {
    pub fn new(about: About, key: KpiKey) -> Subject {
        Subject { about, key }
    }

    pub fn all(about: About) -> Subject {
        Subject::new(about, KpiKey::default())
    }

    /// All vends of all Users.
    pub fn vends() -> Subject {
        let key = KpiKey {
            srv: Some(VEND.to_owned()),
            ..KpiKey::default()
        };
        Subject::new(About::Requests, key)
    }
}

/// What an assessment keeps of a run that has ended.
#[derive(Clone, PartialEq, Debug)]
pub struct RunFigures {
    pub seed: u64,
    pub ledger_digest: String,
    pub kpis_digest: String,
    pub balanced: bool,
    /// The run went to its end with every node.
    pub complete: bool,
    /// Contracts that were broken.
    pub violations: u64,
    pub verdicts: Vec<Verdict>,
    pub values: BTreeMap<(Subject, Measure), f64>,
}

impl RunFigures {
    pub fn new(run: &RunOutcome, report: &RunReport) -> RunFigures {
        let total = run.total();
        let mut values = Values::default();
        values.requests(run, &total);
        values.fairness(run, &total, report);
        values.alerts(run, &total);
        values.power(report);
        values.campaigns(report);
        values.load(report);
        values.ledger(run, &report.ledger);
        RunFigures {
            seed: run.scenario.seed,
            ledger_digest: report.ledger.digest.clone(),
            kpis_digest: report.kpis.digest.clone(),
            balanced: report.ledger.balanced,
            complete: report.ledger.complete,
            violations: run.violations.total(),
            verdicts: report.kpis.verdicts.clone(),
            values: values.0,
        }
    }
}

#[derive(Default)]
struct Values(BTreeMap<(Subject, Measure), f64>);

impl Values {
    fn put(&mut self, subject: &Subject, measure: Measure, value: Option<f64>) {
        if let Some(value) = value {
            self.0.insert((subject.clone(), measure), value);
        }
    }

    fn count(&mut self, subject: &Subject, measure: Measure, count: u64) {
        // Zeroes are what an absent count stands for.
        self.put(subject, measure, (count > 0).then_some(count as f64));
    }

    fn requests(&mut self, run: &RunOutcome, total: &Account) {
        let mut levels = BTreeMap::<KpiKey, ServiceLevel>::new();
        for (key, level) in total.service.iter() {
            let (user, region) = (run.user_name(key.user), key.region.map_or("none", Region::name));
            for key in request_rows(key.srv, key.mode, &user, region) {
                levels.entry(key).or_default().add(level);
            }
        }
        for (key, level) in levels {
            self.request_row(&Subject::new(About::Requests, key), &level);
        }
    }

    fn request_row(&mut self, subject: &Subject, level: &ServiceLevel) {
        self.count(subject, Measure::Requests, level.opened);
        for measure in request_shares() {
            let share = share_of(&measure, level);
            self.put(subject, measure, share);
        }
        for statistic in Statistic::ALL {
            let time = statistic.of(&level.response_times);
            self.put(subject, Measure::ResponseTime(statistic), time);
        }
        self.count(
            subject,
            Measure::Retries,
            level.attempts.saturating_sub(level.requests()),
        );
        for outcome in Outcome::ALL {
            self.count(subject, Measure::Ended(*outcome), level.outcome(*outcome));
        }
    }

    /// As in `kpis.json`: scheduled reads are not among a User's requests.
    fn fairness(&mut self, run: &RunOutcome, total: &Account, report: &RunReport) {
        let mut by_user = BTreeMap::<String, (u64, u64)>::new();
        for (key, level) in total.service.iter() {
            if key.mode != ServiceMode::Scheduled {
                let (within, owed) = by_user.entry(run.user_name(key.user)).or_default();
                *within += level.within_target;
                *owed += level.owed_a_response();
            }
        }
        let within = jain(
            by_user
                .values()
                .filter_map(|(within, owed)| share(*within, *owed)),
        );
        let of_kpis = &report.kpis.back_pressure.fairness;
        let all = Subject::all(About::Requests);
        for (fair, index) in [
            (FairShare::WithinTarget, within),
            (FairShare::Completed, of_kpis.eventual_success),
            (FairShare::Entitled, of_kpis.admitted_to_entitled),
        ] {
            self.put(&all, Measure::Fairness(fair), index);
        }
    }

    fn alerts(&mut self, run: &RunOutcome, total: &Account) {
        let of_alert = |alert: AlertCode| KpiKey {
            alert: Some(alert.to_string()),
            ..KpiKey::default()
        };
        let of_region = |region: Region| KpiKey {
            region: Some(region.name().to_owned()),
            ..KpiKey::default()
        };
        let mut levels = BTreeMap::<KpiKey, AlertLevel>::new();
        let mut due = BTreeMap::<KpiKey, Raised>::new();
        for (alert, region, raised) in total.raised.iter() {
            for key in [KpiKey::default(), of_alert(alert), of_region(region)] {
                levels.entry(key.clone()).or_default();
                due.entry(key).or_default().add(raised);
            }
        }
        for (key, level) in total.alerts.iter() {
            let rows = [
                KpiKey::default(),
                of_alert(key.alert),
                KpiKey {
                    user: Some(run.user_name(key.user)),
                    ..KpiKey::default()
                },
                of_region(key.region),
            ];
            for key in rows {
                levels.entry(key).or_default().add(level);
            }
        }
        for (key, level) in levels {
            let due = due.get(&key);
            let subject = Subject::new(About::Alerts, key);
            let delivered = level.delivered();
            self.count(&subject, Measure::Delivered, delivered);
            self.count(&subject, Measure::Consolidated, level.consolidated);
            self.count(&subject, Measure::SpokenFor, level.throttled);
            let within = match due {
                Some(raised) => share(raised.within_target(&level), raised.due(&level)),
                None => share(level.within_target, delivered),
            };
            self.put(&subject, Measure::DeliveredWithinTarget, within);
            for statistic in Statistic::ALL {
                let time = statistic.of(&level.delivery_times);
                self.put(&subject, Measure::DeliveryTime(statistic), time);
            }
        }
    }

    fn power(&mut self, report: &RunReport) {
        let Some(power) = &report.kpis.power else { return };
        let subject = |region: Option<&str>, meters: Option<&str>| {
            let key = KpiKey {
                region: region.map(str::to_owned),
                meters: meters.map(str::to_owned),
                ..KpiKey::default()
            };
            Subject::new(About::Faults, key)
        };
        for row in &power.rows {
            let subject = subject(row.region.as_deref(), row.meters.as_deref());
            for measure in PowerMeasure::ALL {
                self.put(&subject, Measure::Power(measure), measure.of(row));
            }
        }
        for (region, pm12) in &power.pm12 {
            for (meters, share) in [("up_to_50", pm12.up_to_50_share), ("over_50", pm12.over_50_share)] {
                let subject = subject(Some(region), Some(meters));
                self.put(&subject, Measure::Power(PowerMeasure::Pm12), share);
            }
        }
    }

    fn campaigns(&mut self, report: &RunReport) {
        for row in &report.kpis.campaigns {
            let key = KpiKey {
                campaign: Some(row.campaign.clone()),
                region: row.region.clone(),
                ..KpiKey::default()
            };
            let subject = Subject::new(About::Campaigns, key);
            for measure in CampaignMeasure::ALL {
                self.put(&subject, Measure::Campaign(measure), measure.of(row));
            }
        }
    }

    fn load(&mut self, report: &RunReport) {
        let network = Subject::all(About::Network);
        for measure in LoadMeasure::all() {
            self.put(&network, Measure::Load(measure), measure.of(&report.kpis.load));
        }
    }

    fn ledger(&mut self, run: &RunOutcome, ledger: &LedgerReport) {
        let network = Subject::all(About::Network);
        for kind in ItemKind::ALL {
            let Some(report) = ledger.outcomes.get(kind.name()) else {
                continue;
            };
            self.count(&network, Measure::Opened(*kind), report.opened);
            self.count(&network, Measure::InFlight(*kind), report.in_flight);
            for outcome in Outcome::ALL {
                let closed = report.closed.get(outcome.name()).copied().unwrap_or_default();
                self.count(&network, Measure::Closed(*kind, *outcome), closed);
            }
        }
        for figure in run.total().figures.named() {
            let measure = Measure::Figure(NodeFigure::new(figure.name, figure.column));
            let Some(user) = figure.user else {
                self.count(&network, measure, figure.value);
                continue;
            };
            let of_user = Subject::new(
                About::Network,
                KpiKey {
                    user: Some(user.to_owned()),
                    ..KpiKey::default()
                },
            );
            for subject in [of_user, network.clone()] {
                if figure.value > 0 {
                    let sum = self.0.entry((subject, measure.clone())).or_default();
                    *sum = match figure.column.adds {
                        Adds::Sum => *sum + figure.value as f64,
                        Adds::Max => sum.max(figure.value as f64),
                    };
                }
            }
        }
    }
}

/// The rows a class of requests counts in.
fn request_rows(srv: Srv, mode: ServiceMode, user: &str, region: &str) -> Vec<KpiKey> {
    let class = KpiKey {
        srv: Some(srv.to_string()),
        mode: Some(mode),
        ..KpiKey::default()
    };
    let of_user = |key: &KpiKey| KpiKey {
        user: Some(user.to_owned()),
        ..key.clone()
    };
    let in_region = |key: &KpiKey| KpiKey {
        region: Some(region.to_owned()),
        ..key.clone()
    };
    let all = KpiKey::default();
    let mut rows = vec![of_user(&class), of_user(&all), in_region(&all)];
    if srv.number() == VEND {
        let vends = Subject::vends().key;
        rows.extend([in_region(&vends), of_user(&vends), vends]);
    }
    rows.extend([class, all]);
    rows
}

/// The shares a row of requests has, in the order of the reports.
pub(crate) fn request_shares() -> impl Iterator<Item = Measure> {
    [Measure::WithinTarget, Measure::Completed, Measure::FirstAttempt]
        .into_iter()
        .chain(read_by_measures())
}

pub(super) fn read_by_measures() -> impl Iterator<Item = Measure> {
    (0..READ_BY.len()).map(Measure::ReadBy)
}

fn share_of(measure: &Measure, level: &ServiceLevel) -> Option<f64> {
    match measure {
        Measure::WithinTarget => share(level.within_target, level.owed_a_response()),
        Measure::Completed => share(level.completed(), level.due()),
        Measure::FirstAttempt => share(level.completed_at_first_attempt, level.due()),
        Measure::ReadBy(hour) => share(level.read_by[*hour], level.wanted_by[*hour]),
        _ => None,
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The mean over the runs that have the figure; counts that are absent are zero.
pub(super) fn mean_of(runs: &[&RunFigures], key: &(Subject, Measure)) -> Option<f64> {
    mean(runs.iter().filter_map(|run| value(run, key)))
}

pub(super) fn value(run: &RunFigures, key: &(Subject, Measure)) -> Option<f64> {
    let absent = (key.1.unit() == Unit::Count).then_some(0.0);
    run.values.get(key).copied().or(absent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use secnet_accounts::figures::{Key, Row};
    use secnet_accounts::traffic_management::UserTraffic;

    fn of_sample() -> RunFigures {
        let run = sample::run();
        RunFigures::new(&run, &run.report())
    }

    #[test]
    fn figures_are_those_of_the_kpis() {
        let run = sample::run();
        let report = run.report();
        let figures = RunFigures::new(&run, &report);
        let overall = &report.kpis.service.overall;
        let of = |measure| {
            figures
                .values
                .get(&(Subject::all(About::Requests), measure))
                .copied()
        };
        assert_eq!(of(Measure::Requests), Some(overall.opened as f64));
        // The files round to six digits.
        for (measure, rounded) in [
            (Measure::Completed, overall.completed_share),
            (Measure::WithinTarget, overall.within_target_share),
            (Measure::FirstAttempt, overall.first_attempt_share),
        ] {
            assert!((of(measure).unwrap() - rounded.unwrap()).abs() < 1e-6);
        }
        let times = overall.response_time_s.unwrap();
        assert_eq!(of(Measure::ResponseTime(Statistic::P50)), Some(times.p50));
        assert_eq!(of(Measure::ResponseTime(Statistic::P99)), Some(times.p99));
        assert_eq!(of(Measure::Retries), Some(1.0));
        assert_eq!(of(Measure::Ended(Outcome::Refused)), Some(1.0));
        for row in &report.kpis.service.by_srv {
            let subject = Subject::new(About::Requests, row.key.clone());
            let requests = figures.values.get(&(subject, Measure::Requests));
            assert_eq!(requests, Some(&(row.opened as f64)), "{}", row.key);
        }
    }

    #[test]
    fn the_mean_is_within_a_bucket_of_the_exact_one() {
        let figures = of_sample();
        let key = (
            Subject::all(About::Requests),
            Measure::ResponseTime(Statistic::Mean),
        );
        let exact = (6.25 + 31.0 + 2.5 + 9.0 + 0.17) / 5.0;
        assert!((figures.values[&key] / exact - 1.0).abs() < 0.008);
    }

    #[test]
    fn counts_that_are_absent_are_zero_and_shares_of_nothing_are_not() {
        let figures = of_sample();
        let vends = |measure| value(&figures, &(Subject::vends(), measure));
        assert_eq!(vends(Measure::Requests), Some(0.0));
        assert_eq!(vends(Measure::WithinTarget), None);
    }

    #[test]
    fn a_users_counter_is_its_own_and_adds_to_the_whole() {
        let mut run = sample::run();
        run.users.push("E.ON Next".to_owned());
        for (user, throttled) in [("Alba Energy", 4), ("E.ON Next", 3)] {
            let traffic = UserTraffic {
                throttled,
                ..UserTraffic::default()
            };
            let figures = &mut run.accounts[0].1.figures;
            figures.put(Key::User(user.to_owned()), &traffic);
        }
        let figures = RunFigures::new(&run, &run.report());
        let throttled = |user: Option<&str>| {
            let mut subject = Subject::all(About::Network);
            subject.key.user = user.map(str::to_owned);
            let name = "dsp.throttled".to_owned();
            let measure = Measure::Figure(NodeFigure::new(name, &UserTraffic::COLUMNS[0]));
            value(&figures, &(subject, measure))
        };
        assert_eq!(throttled(Some("Alba Energy")), Some(4.0));
        assert_eq!(throttled(Some("E.ON Next")), Some(3.0));
        assert_eq!(throttled(None), Some(7.0));
    }
}
