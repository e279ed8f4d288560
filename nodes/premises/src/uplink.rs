//! The SM WAN's latency from a premises to its cell. Waiting and transmission there are the CSP's.

use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_model::{DeviceId, Region, RequestId, SimDuration};
use secnet_topology::World;

const RESPONSE: Stream = Stream::named("wan-uplink-response");
const ALERT: Stream = Stream::named("wan-uplink-alert");

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Uplink {
    draws: Draws,
    latency_min: SimDuration,
    latency_mean: SimDuration,
}

impl Uplink {
    /// That of the region.
    pub fn of(world: &World, region: Region) -> Uplink {
        let wan = world.scenario.wan_link(region);
        Uplink {
            draws: world.draws,
            latency_min: wan.latency_min.as_duration(),
            latency_mean: wan.latency_mean.as_duration(),
        }
    }

    #[inline]
    pub fn response_latency(&self, request: RequestId) -> SimDuration {
        let [id, n] = request.identity();
        self.draws
            .delay(self.latency_min, self.latency_mean, RESPONSE, id, n)
    }

    #[inline]
    pub fn alert_latency(&self, device: DeviceId, number: u32) -> SimDuration {
        let [device, number] = device.alert_identity(number);
        self.draws
            .delay(self.latency_min, self.latency_mean, ALERT, device, number)
    }
}
