//! The SM WAN's latency from a premises to its cell. Waiting and transmission there are the CSP's.

use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_model::{DeviceId, Region, RequestId, SimDuration, Technology};
use secnet_topology::World;
use secnet_topology::scenario::LinkParams;

const RESPONSE: Stream = Stream::named("wan-uplink-response");
const ALERT: Stream = Stream::named("wan-uplink-alert");

/// That of a region, by network.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Uplink {
    draws: Draws,
    legacy: Latency,
    four_g: Latency,
}

#[derive(Clone, Copy, PartialEq, Debug)]
struct Latency {
    min: SimDuration,
    mean: SimDuration,
}

impl Latency {
    fn of(link: &LinkParams) -> Latency {
        Latency {
            min: link.latency_min.as_duration(),
            mean: link.latency_mean.as_duration(),
        }
    }
}

impl Uplink {
    pub fn of(world: &World, region: Region) -> Uplink {
        let scenario = &world.scenario;
        Uplink {
            draws: world.draws,
            legacy: Latency::of(&scenario.wan_link(region)),
            four_g: Latency::of(&scenario.csp.four_g.link()),
        }
    }

    #[inline]
    pub fn response_latency(&self, technology: Technology, request: RequestId) -> SimDuration {
        let [id, n] = request.identity();
        let latency = self.on(technology);
        self.draws.delay(latency.min, latency.mean, RESPONSE, id, n)
    }

    #[inline]
    pub fn alert_latency(&self, technology: Technology, device: DeviceId, number: u32) -> SimDuration {
        let [device, number] = device.alert_identity(number);
        let latency = self.on(technology);
        self.draws.delay(latency.min, latency.mean, ALERT, device, number)
    }

    #[inline]
    fn on(&self, technology: Technology) -> Latency {
        match technology {
            Technology::Legacy => self.legacy,
            Technology::FourG => self.four_g,
        }
    }
}
