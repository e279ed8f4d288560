//! What a cut of the supply does to a hub and its meter, as everybody in the network can work out: the truth of the field is a
//! function of the plan, the premises and the moment.
//!
//! A cut takes the meter off at once. The hub goes on with its stored energy: it sends, and hears nothing. When that is used up it is
//! off, until some time after the supply is back, and sometimes for good.

use crate::World;
use crate::timeline::Cut;
use secnet_engine::draw::Stream;
use secnet_model::{PremisesId, Region, SimDuration, SimTime};

const STORED: Stream = Stream::named("power-hub-stored-energy");
const HUB_RESTART: Stream = Stream::named("power-hub-restart");
const METER_RESTART: Stream = Stream::named("power-meter-restart");
const NEVER_BACK: Stream = Stream::named("power-hub-never-back");
const CLOCK_LOST: Stream = Stream::named("power-clock-lost");
const SPREAD: Stream = Stream::named("power-outage-alert-spread");

/// SEC H3.14(g): after the three minutes, and after the return of supply.
const POWER_ALERT_TARGET: SimDuration = SimDuration::from_secs(60);

/// What a hub runs on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HubPower {
    Supply,
    /// It sends and hears nothing.
    Stored,
    Off,
}

impl World {
    /// What the premises' hub runs on at that moment.
    #[inline]
    pub fn hub_power(&self, premises: PremisesId, at: SimTime) -> HubPower {
        match self.timeline.power_cuts().is_empty() {
            true => HubPower::Supply,
            false => self.hub_power_after_cuts(premises, at),
        }
    }

    #[cold]
    fn hub_power_after_cuts(&self, premises: PremisesId, at: SimTime) -> HubPower {
        let begun = self.timeline.power_cuts().cuts(premises);
        for cut in begun.take_while(|cut| cut.since <= at) {
            if at < cut.until {
                return match at < self.stored_until(premises, &cut) {
                    true => HubPower::Stored,
                    false => HubPower::Off,
                };
            }
            if self.is_never_back(premises, &cut) || at < self.hub_works_at(premises, &cut) {
                return HubPower::Off;
            }
        }
        HubPower::Supply
    }

    /// Until when the hub's stored energy lasts in a cut. SMETS1 hubs have none (domain.md §6: only with an optional supply).
    pub fn stored_until(&self, premises: PremisesId, cut: &Cut) -> SimTime {
        if self.population.is_smets1(premises) {
            return cut.since;
        }
        let params = &self.scenario.power;
        let (min, mean) = (params.hold_up_min.into(), params.hold_up_mean.into());
        cut.since
            + self
                .draws
                .delay(min, mean, STORED, premises.0.into(), cut.since.0)
    }

    /// Whether the hub is off for good once a cut has used up its energy.
    pub fn is_never_back(&self, premises: PremisesId, cut: &Cut) -> bool {
        let share = self.scenario.power.never_back_share;
        share > 0.0
            && self
                .draws
                .chance(share, NEVER_BACK, premises.0.into(), cut.since.0)
            && cut.until > self.stored_until(premises, cut)
    }

    /// When the hub works again after a cut, were it to come back at all.
    pub fn hub_works_at(&self, premises: PremisesId, cut: &Cut) -> SimTime {
        match cut.until > self.stored_until(premises, cut) {
            true => self.restarted(HUB_RESTART, premises, cut),
            false => cut.until,
        }
    }

    /// When the meter works again after a cut.
    pub fn meter_works_at(&self, premises: PremisesId, cut: &Cut) -> SimTime {
        self.restarted(METER_RESTART, premises, cut)
    }

    fn restarted(&self, what: Stream, premises: PremisesId, cut: &Cut) -> SimTime {
        if cut.until.is_never() {
            return cut.until;
        }
        let params = &self.scenario.power;
        let (min, mean) = (params.restart_min.into(), params.restart_mean.into());
        cut.until + self.draws.delay(min, mean, what, premises.0.into(), cut.until.0)
    }

    /// Whether the meter loses the time of day in a cut.
    pub fn loses_clock(&self, premises: PremisesId, cut: &Cut) -> bool {
        let share = self.scenario.power.clock_lost_share;
        share > 0.0
            && self
                .draws
                .chance(share, CLOCK_LOST, premises.0.into(), cut.since.0)
    }

    /// How long after the hold the hub sends its AD1.
    pub fn outage_alert_spread(&self, region: Region, premises: PremisesId, cut: &Cut) -> SimDuration {
        let spread = SimDuration::from(self.scenario.power.spread(region));
        SimDuration(self.draws.below(spread.0, SPREAD, premises.0.into(), cut.since.0))
    }

    /// When the cut counts as an outage; "never" where it is over before.
    pub fn outage_at(&self, cut: &Cut) -> SimTime {
        let outage = cut.since + self.scenario.power.hold.into();
        if outage <= cut.until {
            outage
        } else {
            SimTime::NEVER
        }
    }

    /// How soon after it is raised at `at` an outage or restoration alert is owed to the DNO.
    pub fn power_alert_target(&self, at: SimTime) -> SimDuration {
        let parameters = &self.scenario.parameters;
        let by_modification = parameters.power_alert_target(&self.releases, at);
        by_modification.map_or(POWER_ALERT_TARGET, SimDuration::from)
    }

    /// When the premises' meter and hub both work, from `at` on: `at` itself where they do; "never" where the hub is off for good.
    pub fn works_from(&self, premises: PremisesId, at: SimTime) -> SimTime {
        let power_cuts = self.timeline.power_cuts();
        if power_cuts.is_empty() {
            return at;
        }
        let mut from = at;
        for cut in power_cuts.cuts(premises) {
            if cut.since > from {
                break;
            }
            if self.is_never_back(premises, &cut) {
                return SimTime::NEVER;
            }
            let works = self.hub_works_at(premises, &cut);
            from = from.max(works.max(self.meter_works_at(premises, &cut)));
        }
        from
    }

    /// Whether the premises' hub and meter work from one moment to another.
    pub fn works_throughout(&self, premises: PremisesId, from: SimTime, to: SimTime) -> bool {
        let power_cuts = self.timeline.power_cuts();
        power_cuts.is_empty()
            || (self.works_from(premises, from) == from
                && !power_cuts
                    .cuts(premises)
                    .any(|cut| from < cut.since && cut.since <= to))
    }
}
