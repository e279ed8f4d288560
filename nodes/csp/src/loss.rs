//! Whether a transmission on the SM WAN is lost.
//!
//! The model: each transmission is lost with the same chance, whatever else goes on. The sender knows nothing of it until
//! `retransmit_after` has passed since the transmission's end without an acknowledgement (acknowledgements themselves cost
//! nothing). It then puts the message at the end of its class's queue again, or gives it up after the last transmission. Assumed.

use crate::direction::Direction;
use crate::identity::Identity;
use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_model::SimDuration;

const DOWNLINK_LOSS: Stream = Stream::named("csp-downlink-loss");
const UPLINK_LOSS: Stream = Stream::named("csp-uplink-loss");

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Loss {
    pub draws: Draws,
    pub probability: f64,
    /// At least 1.
    pub transmissions_max: u16,
    pub retransmit_after: SimDuration,
}

impl Loss {
    /// Whether a message's `transmission`-th transmission, counted from 1, is lost.
    #[inline]
    pub fn strikes(&self, direction: Direction, message: Identity, transmission: u16) -> bool {
        if self.probability <= 0.0 {
            return false;
        }
        let stream = match direction {
            Direction::Downlink => DOWNLINK_LOSS,
            Direction::Uplink => UPLINK_LOSS,
        };
        self.draws.chance(
            self.probability,
            stream,
            message.id,
            message.n ^ u64::from(transmission) << 56,
        )
    }
}
