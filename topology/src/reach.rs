//! Whom the SM WAN, or the S1SP, reaches: the radio's truth, and what the coverage database says of it.
//!
//! Both begin alike, with the population's share of premises without coverage. Events part them: a mast that is down is true at
//! once and in the database later, or never; a hub that was taken away, or is without power, is in no database.

use crate::{HubPower, World};
use secnet_engine::draw::{Draws, Stream};
use secnet_model::{DeviceType, PremisesId, SimDuration, SimTime, Technology};
use std::sync::Arc;

/// Which premises can be reached, and which are on record as such.
#[derive(Clone, Debug)]
pub struct Reach {
    world: Arc<World>,
    /// Of hubs on this network.
    technology: Technology,
    /// Whether any event ever takes coverage or a hub away.
    changes: bool,
    /// Whether any event ever takes a hub's power.
    cuts: bool,
    /// Where coverage comes and goes.
    patchy: Option<Patchy>,
}

/// Coverage that is gone once in each span, from any moment of it on.
#[derive(Clone, Copy, Debug)]
struct Patchy {
    draws: Draws,
    share: f64,
    every_micros: u64,
    outage_mean: SimDuration,
}

const PATCHY: Stream = Stream::named("wan-patchy");
const GONE_AT: Stream = Stream::named("wan-patchy-gone-at");
const GONE_FOR: Stream = Stream::named("wan-patchy-gone-for");

impl Reach {
    /// That of the networks that regions were built with, and of the S1SP.
    pub fn new(world: &Arc<World>) -> Reach {
        Reach::of(world, Technology::Legacy)
    }

    pub fn of(world: &Arc<World>, technology: Technology) -> Reach {
        let timeline = &world.timeline;
        Reach {
            technology,
            changes: [
                timeline.exchanges().is_empty(),
                timeline.coverage().is_empty(),
                timeline.removals().is_empty(),
            ]
            .contains(&false),
            cuts: !timeline.power_cuts().is_empty(),
            patchy: Patchy::of(world),
            world: Arc::clone(world),
        }
    }

    /// Whether a hub hears what is sent to it, of premises the WAN reached when the scenario began.
    #[inline]
    pub fn hears(&self, premises: Option<PremisesId>, at: SimTime) -> bool {
        self.is_covered(premises, at) && (!self.cuts || self.power(premises, at) == HubPower::Supply)
    }

    /// Whether what a hub sends is heard.
    #[inline]
    pub fn is_heard(&self, premises: Option<PremisesId>, at: SimTime) -> bool {
        self.is_covered(premises, at) && self.can_send(premises, at)
    }

    /// Whether a hub has the energy to send.
    #[inline]
    pub fn can_send(&self, premises: Option<PremisesId>, at: SimTime) -> bool {
        !self.cuts || self.power(premises, at) != HubPower::Off
    }

    fn power(&self, premises: Option<PremisesId>, at: SimTime) -> HubPower {
        premises.map_or(HubPower::Supply, |premises| self.world.hub_power(premises, at))
    }

    /// The radio's truth at that moment, whatever the hub runs on.
    #[inline]
    fn is_covered(&self, premises: Option<PremisesId>, at: SimTime) -> bool {
        let Some(premises) = premises else { return true };
        if self.technology == Technology::FourG {
            return self.world.technology(premises, at) == Technology::FourG
                && self.has_its_hub(premises, at);
        }
        (!self.changes || self.still_covered(premises, at))
            && self.patchy.is_none_or(|patchy| !patchy.is_gone(premises, at))
    }

    #[cold]
    fn still_covered(&self, premises: PremisesId, at: SimTime) -> bool {
        let timeline = &self.world.timeline;
        let visit = timeline.exchanges().visit(&self.world.population, premises);
        visit.is_none_or(|visit| visit.begins > at)
            && !timeline.coverage().lost(premises, at)
            && self.has_its_hub(premises, at)
    }

    fn has_its_hub(&self, premises: PremisesId, at: SimTime) -> bool {
        let removals = self.world.timeline.removals();
        !removals.removed(premises.device(DeviceType::Chf), at)
    }

    /// What the coverage database says at that moment of a premises whose hub is on this network: a command to premises without coverage is not tried.
    #[inline]
    pub fn is_recorded(&self, premises: PremisesId, at: SimTime) -> bool {
        if self.technology == Technology::FourG {
            return true;
        }
        self.world.population.has_wan(premises)
            && !(self.changes && self.world.timeline.coverage().recorded_lost(premises, at))
    }
}

impl Patchy {
    fn of(world: &World) -> Option<Patchy> {
        let params = &world.scenario.population;
        (params.patchy_wan_share > 0.0).then(|| Patchy {
            draws: world.draws,
            share: params.patchy_wan_share,
            every_micros: params.patchy_wan_every.as_micros().max(1),
            outage_mean: params.patchy_wan_outage_mean.as_duration(),
        })
    }

    fn is_gone(&self, premises: PremisesId, at: SimTime) -> bool {
        let id = u64::from(premises.0);
        if !self.draws.chance(self.share, PATCHY, id, 0) {
            return false;
        }
        let (span, within) = (at.0 / self.every_micros, at.0 % self.every_micros);
        let gone_at = self.draws.below(self.every_micros, GONE_AT, id, span);
        let gone_for = self
            .draws
            .delay(SimDuration::ZERO, self.outage_mean, GONE_FOR, id, span);
        within >= gone_at && within - gone_at < gone_for.0
    }
}
