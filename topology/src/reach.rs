//! Whom the SM WAN, or the S1SP, reaches: the radio's truth, and what the coverage database says of it.
//!
//! Both begin alike, with the population's share of premises without coverage. Events part them: a mast that is down is true at
//! once and in the database later, or never; a hub that was taken away is in no database.

use crate::World;
use secnet_model::{DeviceType, PremisesId, SimTime};
use std::sync::Arc;

/// Which premises can be reached, and which are on record as such.
#[derive(Clone, Debug)]
pub struct Reach {
    world: Arc<World>,
    /// Whether any event ever takes coverage or a hub away.
    changes: bool,
}

impl Reach {
    pub fn new(world: &Arc<World>) -> Reach {
        let timeline = &world.timeline;
        Reach {
            changes: !timeline.coverage().is_empty() || !timeline.removals().is_empty(),
            world: Arc::clone(world),
        }
    }

    /// The radio's truth at that moment, for premises the WAN reached when the scenario began.
    #[inline]
    pub fn holds(&self, premises: Option<PremisesId>, at: SimTime) -> bool {
        !self.changes || premises.is_none_or(|premises| self.still_holds(premises, at))
    }

    #[cold]
    fn still_holds(&self, premises: PremisesId, at: SimTime) -> bool {
        let timeline = &self.world.timeline;
        !timeline.coverage().lost(premises, at)
            && !timeline.removals().removed(premises.device(DeviceType::Chf), at)
    }

    /// What the coverage database says at that moment: a command to premises without coverage is not tried.
    #[inline]
    pub fn is_recorded(&self, premises: PremisesId, at: SimTime) -> bool {
        self.world.population.has_wan(premises)
            && !(self.changes && self.world.timeline.coverage().recorded_lost(premises, at))
    }
}
