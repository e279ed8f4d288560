//! The cellular network between the S1SP and its hubs: what is lost on it, and how often a message is sent until it is received.
//!
//! The sender knows nothing of a loss until `retransmit_after` has passed. Losses do not hang together, but for coverage that is gone.

use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_model::{PremisesId, SimDuration, SimTime};
use secnet_topology::scenario::S1spParams;
use secnet_topology::{Reach, World};
use secnet_wire::{Direction, Identity};
use std::sync::Arc;

const DOWNLINK_LOSS: Stream = Stream::named("s1sp-downlink-loss");
const UPLINK_LOSS: Stream = Stream::named("s1sp-uplink-loss");
const WAKE_UP: Stream = Stream::named("s1sp-wake-up");
const WAKE_UP_LOSS: Stream = Stream::named("s1sp-wake-up-loss");

#[derive(Clone, Debug)]
pub struct Air {
    draws: Draws,
    reach: Reach,
    message: Tries,
    wake_up: Tries,
    wake_up_time: (SimDuration, SimDuration),
}

#[derive(Clone, Copy, Debug)]
struct Tries {
    loss: f64,
    /// At least 1.
    max: u32,
    again_after: SimDuration,
}

/// What became of a message on the air, and when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Passage {
    /// The transmission of that number, which is received, starts then.
    Received { at: SimTime, tries: u32 },
    /// None was received, which the sender knows from then on.
    Lost { at: SimTime, tries: u32 },
}

impl Air {
    pub fn new(world: &Arc<World>) -> Air {
        let params: &S1spParams = &world.scenario.s1sp;
        Air {
            draws: world.draws,
            reach: Reach::new(world),
            message: Tries {
                loss: params.loss,
                max: params.transmissions_max.max(1),
                again_after: params.retransmit_after.as_duration(),
            },
            wake_up: Tries {
                loss: params.wake_up_loss,
                max: params.wake_ups_max.max(1),
                again_after: params.wake_up_again_after.as_duration(),
            },
            wake_up_time: (
                params.wake_up_min.as_duration(),
                params.wake_up_mean.as_duration(),
            ),
        }
    }

    /// Whether the coverage database has the premises: nothing is tried where it has not.
    #[inline]
    pub fn is_recorded(&self, premises: PremisesId, at: SimTime) -> bool {
        self.reach.is_recorded(premises, at)
    }

    /// A message is sent from `at` on until it is received.
    pub fn send(
        &self,
        direction: Direction,
        premises: PremisesId,
        message: Identity,
        at: SimTime,
    ) -> Passage {
        let stream = match direction {
            Direction::Downlink => DOWNLINK_LOSS,
            Direction::Uplink => UPLINK_LOSS,
        };
        self.tried(self.message, stream, premises, message, at)
    }

    /// Short messages are sent from `at` on until the hub is awake: at the moment given, after so many of them. `round` tells apart the
    /// wake-ups one command takes.
    pub fn wake(&self, premises: PremisesId, command: Identity, round: u32, at: SimTime) -> Passage {
        let rounds = u64::from(round);
        match self.tried(self.wake_up, WAKE_UP_LOSS.variant(rounds), premises, command, at) {
            Passage::Received { at, tries } => {
                let (min, mean) = self.wake_up_time;
                let stream = WAKE_UP.variant(rounds);
                let takes = self.draws.delay(min, mean, stream, command.id, command.n);
                Passage::Received {
                    at: at + takes,
                    tries,
                }
            }
            lost @ Passage::Lost { .. } => lost,
        }
    }

    fn tried(
        &self,
        tries: Tries,
        stream: Stream,
        premises: PremisesId,
        key: Identity,
        at: SimTime,
    ) -> Passage {
        let mut now = at;
        for number in 1..=tries.max {
            let lost = !self.reach.hears(Some(premises), now)
                || self
                    .draws
                    .chance(tries.loss, stream, key.id, key.n ^ u64::from(number) << 56);
            if !lost {
                return Passage::Received {
                    at: now,
                    tries: number,
                };
            }
            now += tries.again_after;
        }
        Passage::Lost {
            at: now,
            tries: tries.max,
        }
    }
}
