//! How long what the DSP sends is under way, by keys that tell the message from every other.

use secnet_engine::draw::{Draws, Stream};
use secnet_model::{RequestId, SimDuration};
use secnet_topology::World;
use secnet_topology::scenario::LinkParams;

/// A message of the DSP for the purpose of its delay.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leg {
    Acknowledgement,
    /// The acknowledgement of a CV4: the same request is acknowledged once more when it comes back signed.
    PreCommand,
    /// May be sent several times for one request; each is told apart by its moment.
    Busy,
    Command,
    Response,
    DeviceAlert,
    DccAlert,
    /// To a User other than the first.
    AlertCopy,
    /// A firmware image for a device.
    Image,
    /// A device left out of a firmware request.
    Warning,
}

const LEGS: Stream = Stream::named("dsp-delay");

/// The two links of the DSP.
#[derive(Clone, Copy, Debug)]
pub struct Delays {
    draws: Draws,
    gateway: (SimDuration, SimDuration),
    csp: (SimDuration, SimDuration),
}

impl Delays {
    pub fn new(world: &World) -> Delays {
        let span = |link: &LinkParams| (link.latency_min.as_duration(), link.latency_mean.as_duration());
        Delays {
            draws: world.draws,
            gateway: span(&world.scenario.gateway),
            csp: span(&world.scenario.dsp_csp),
        }
    }

    /// DSP → CSP or User, for the message that `key` and `n` identify.
    #[inline]
    pub fn of(&self, leg: Leg, key: u64, n: u64) -> SimDuration {
        let (min, mean) = if matches!(leg, Leg::Command | Leg::Image) {
            self.csp
        } else {
            self.gateway
        };
        self.draws
            .delay(min, mean, Stream(LEGS.0 ^ (leg as u64) << 56), key, n)
    }

    #[inline]
    pub fn of_request(&self, leg: Leg, id: &RequestId) -> SimDuration {
        let [key, n] = id.identity();
        self.of(leg, key, n)
    }
}
