//! What became of the alerts of each fault of the electricity network, counted where it happened: by the premises that raise them,
//! by who loses or withholds them, by the DNO they reach.

use crate::Part;
use crate::alerts::ALERT_TARGET;
use secnet_engine::Outcome;
use secnet_model::{AlertCode, PremisesId, Region, SimDuration, SimTime};
use secnet_topology::World;
use secnet_topology::timeline::Cut;
use secnet_wire::DeviceAlert;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An outage alert is to reach the DNO this long after the loss of supply (seeds 004 DP096, requirement 2).
pub const OUTAGE_TARGET: SimDuration = SimDuration::from_secs(300);

/// How an outage or restoration alert may end without reaching its DNO, in the order of [`AlertFates::lost`].
pub const WAYS_LOST: [Outcome; 7] = [
    Outcome::LostOnWan,
    Outcome::LostPower,
    Outcome::DroppedQueueFull,
    Outcome::Rationed,
    Outcome::Suppressed,
    Outcome::NoRecipient,
    Outcome::Undelivered,
];

/// The alerts of one fault, of one sort.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AlertFates {
    pub raised: u32,
    pub delivered: u32,
    /// Within a minute of when they were raised: of an outage alert, when the three minutes were over (SEC H3.14(g)).
    pub within_60_s: u32,
    /// Within the time in force: that minute, or what a Modification made of it.
    pub in_time: u32,
    /// Outage alerts within five minutes of the loss of supply.
    pub within_5_min: u32,
    /// By [`WAYS_LOST`].
    pub lost: [u32; WAYS_LOST.len()],
}

/// One fault. Of premises where faults overlap it has the cuts that it began.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FaultTally {
    /// Premises with a hub, of SMETS2 and later, that it took off supply for less than three minutes.
    pub meters_interrupted: u32,
    /// Those off for three minutes or more: each is to raise an outage alert.
    pub meters_out: u32,
    /// Of both, those whose supply came back while the run went on.
    pub meters_restored: u32,
    /// Hubs that did not.
    pub hubs_never_back: u32,
    /// Its meters that the DNO asked for their supply status, counted once for each time.
    pub pings: u32,
    pub pings_answered: u32,
    /// Meters that the DNO took for lost, having asked as often as it does.
    pub meters_silent: u32,
    pub outage: AlertFates,
    pub restoration: AlertFates,
    /// When its DNO had the first outage alert; "never" without one.
    pub first_known: SimTime,
}

/// [`FaultTally`] by the fault's number in the timeline, part of a participant's state.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct FaultTallies {
    by_fault: BTreeMap<u32, FaultTally>,
    /// Outage alerts delivered of premises that had no outage, by region.
    false_alerts: [u64; Region::ALL.len()],
}

/// What a power alert tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum PowerNews {
    /// A hub has been without supply for as long as it holds.
    Outage,
    /// A supply is back.
    Restoration,
}

impl PowerNews {
    /// `None` of an alert that tells of something else.
    #[inline]
    pub fn of(alert: AlertCode) -> Option<PowerNews> {
        if alert == AlertCode::power_outage() {
            Some(PowerNews::Outage)
        } else if alert == AlertCode::supply_restored(false) || alert == AlertCode::supply_restored(true) {
            Some(PowerNews::Restoration)
        } else {
            None
        }
    }

    /// The cut the alert tells of: it was raised when that became an outage, or ended.
    fn cut(self, world: &World, alert: &DeviceAlert) -> Option<Cut> {
        let mut cuts = world.timeline.power_cuts().cuts(alert.device.premises);
        cuts.find(|cut| match self {
            PowerNews::Outage => world.outage_at(cut) == alert.raised_at,
            PowerNews::Restoration => cut.until == alert.raised_at,
        })
    }
}

impl Default for FaultTally {
    fn default() -> FaultTally {
        FaultTally {
            meters_interrupted: 0,
            meters_out: 0,
            meters_restored: 0,
            hubs_never_back: 0,
            pings: 0,
            pings_answered: 0,
            meters_silent: 0,
            outage: AlertFates::default(),
            restoration: AlertFates::default(),
            first_known: SimTime::NEVER,
        }
    }
}

impl FaultTally {
    pub fn fates(&mut self, news: PowerNews) -> &mut AlertFates {
        match news {
            PowerNews::Outage => &mut self.outage,
            PowerNews::Restoration => &mut self.restoration,
        }
    }

    pub fn add(&mut self, other: &FaultTally) {
        self.meters_interrupted += other.meters_interrupted;
        self.meters_out += other.meters_out;
        self.meters_restored += other.meters_restored;
        self.hubs_never_back += other.hubs_never_back;
        self.pings += other.pings;
        self.pings_answered += other.pings_answered;
        self.meters_silent += other.meters_silent;
        self.outage.add(&other.outage);
        self.restoration.add(&other.restoration);
        self.first_known = self.first_known.min(other.first_known);
    }
}

impl AlertFates {
    pub fn add(&mut self, other: &AlertFates) {
        self.raised += other.raised;
        self.delivered += other.delivered;
        self.within_60_s += other.within_60_s;
        self.in_time += other.in_time;
        self.within_5_min += other.within_5_min;
        for (sum, lost) in self.lost.iter_mut().zip(other.lost) {
            *sum += lost;
        }
    }
}

impl FaultTallies {
    /// The fault's own, to count in.
    pub fn of(&mut self, fault: u32) -> &mut FaultTally {
        self.by_fault.entry(fault).or_default()
    }

    /// A device alert has come to its end, with whoever calls.
    #[inline]
    pub fn closed(&mut self, world: &World, alert: &DeviceAlert, outcome: Outcome, now: SimTime) {
        if let Some(news) = PowerNews::of(alert.alert) {
            self.power_alert_closed(world, alert, news, outcome, now);
        }
    }

    #[cold]
    fn power_alert_closed(
        &mut self,
        world: &World,
        alert: &DeviceAlert,
        news: PowerNews,
        outcome: Outcome,
        now: SimTime,
    ) {
        let Some(cut) = news.cut(world, alert) else {
            if news == PowerNews::Outage && outcome == Outcome::Delivered {
                let region = world.population.region_of(alert.device.premises);
                self.false_alerts[region.index()] += 1;
            }
            return;
        };
        let tally = self.of(cut.fault);
        let fates = tally.fates(news);
        if outcome == Outcome::Delivered {
            fates.delivered += 1;
            let took = now.since(alert.raised_at);
            fates.within_60_s += u32::from(took <= ALERT_TARGET);
            fates.in_time += u32::from(took <= world.power_alert_target(alert.raised_at));
            if news == PowerNews::Outage {
                fates.within_5_min += u32::from(now.since(cut.since) <= OUTAGE_TARGET);
                tally.first_known = tally.first_known.min(now);
            }
        } else if let Some(way) = WAYS_LOST.iter().position(|way| *way == outcome) {
            fates.lost[way] += 1;
        }
    }

    /// A DNO had an answer, or none, from a meter that was said to be out: it is of the last cut of its premises.
    pub fn pinged(
        &mut self,
        world: &World,
        premises: PremisesId,
        now: SimTime,
        answered: bool,
        silent: bool,
    ) {
        let cuts = world.timeline.power_cuts().cuts(premises);
        let Some(cut) = cuts.take_while(|cut| cut.since <= now).last() else {
            return;
        };
        let tally = self.of(cut.fault);
        tally.pings += 1;
        tally.pings_answered += u32::from(answered);
        tally.meters_silent += u32::from(silent);
    }

    pub fn add(&mut self, other: &FaultTallies) {
        for (fault, tally) in &other.by_fault {
            self.of(*fault).add(tally);
        }
        for (sum, alerts) in self.false_alerts.iter_mut().zip(other.false_alerts) {
            *sum += alerts;
        }
    }

    /// By the faults' numbers.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &FaultTally)> {
        self.by_fault.iter().map(|(fault, tally)| (*fault, tally))
    }

    pub fn get(&self, fault: u32) -> Option<&FaultTally> {
        self.by_fault.get(&fault)
    }

    /// Outage alerts delivered of premises of the region that had no outage.
    pub fn false_alerts(&self, region: Region) -> u64 {
        self.false_alerts[region.index()]
    }
}

/// Its counts are the account's own.
impl Part for FaultTallies {
    fn memory_bytes(&self) -> usize {
        self.by_fault.len() * size_of::<(u32, FaultTally)>()
    }
}
