//! The SM WAN's latency from a premises to its cell. Waiting and transmission there are the CSP's.

use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_model::{DeviceId, RequestId, SimDuration};

const RESPONSE: Stream = Stream::named("wan-uplink-response");
const ALERT: Stream = Stream::named("wan-uplink-alert");

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Uplink {
    pub draws: Draws,
    pub latency_min: SimDuration,
    pub latency_mean: SimDuration,
}

impl Uplink {
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
