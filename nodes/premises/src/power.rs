//! When the faults of the electricity network touch a shard: the moments at which its hubs tell of an outage, and its meters of its end.
//!
//! Nothing is kept for a premises: that a cut is one of its own, how long it was and what its hub runs on follow from the plan.

use secnet_accounts::Part;
use secnet_accounts::faults::PowerNews;
use secnet_model::SimTime;
use secnet_topology::World;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The moments of a shard, in order.
#[derive(Clone, Debug, Default)]
pub struct PowerMoments {
    moments: Vec<PowerMoment>,
}

/// A moment at which premises of a fault have something to tell.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct PowerMoment {
    pub at: SimTime,
    pub what: PowerNews,
    /// Its number in the timeline.
    pub fault: u32,
}

/// How many of the moments are over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PowerPassed {
    passed: u32,
    next: SimTime,
}

impl PowerMoments {
    /// Those of the faults that strike the shard, before the run's horizon.
    pub fn of_shard(world: &World, shard: &Range<u32>) -> PowerMoments {
        let hold = world.scenario.power.hold.into();
        let mut moments = Vec::new();
        for (number, fault) in (0..).zip(world.timeline.power_cuts().faults()) {
            if fault.first.max(shard.start) >= fault.end.min(shard.end) {
                continue;
            }
            let mut tell = |at, what| {
                if at < world.horizon {
                    let fault = number;
                    moments.push(PowerMoment { at, what, fault });
                }
            };
            tell(fault.begins + hold, PowerNews::Outage);
            tell(fault.ends, PowerNews::Restoration);
        }
        moments.sort_unstable();
        PowerMoments { moments }
    }

    pub fn begin(&self) -> PowerPassed {
        self.after(0)
    }

    /// The earliest that is not over, which is over then.
    pub fn take_next(&self, passed: &mut PowerPassed) -> Option<PowerMoment> {
        let moment = self.moments.get(passed.passed as usize).copied()?;
        *passed = self.after(passed.passed + 1);
        Some(moment)
    }

    fn after(&self, passed: u32) -> PowerPassed {
        let next = self.moments.get(passed as usize);
        PowerPassed {
            passed,
            next: next.map_or(SimTime::NEVER, |moment| moment.at),
        }
    }
}

impl Part for PowerPassed {
    #[inline]
    fn next_deadline(&self, _world: &World) -> SimTime {
        self.next
    }
}
