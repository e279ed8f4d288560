//! The communications hub: hands commands to the devices behind it and answers for its own functions.

use crate::gsme::Polls;
use crate::{esme, gpf, ppmid};
use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_model::{DeviceId, DeviceType, PremisesId, RequestId, SimDuration, SimTime};
use secnet_topology::World;

const HAN_COMMAND: Stream = Stream::named("han-command");
const HAN_ALERT: Stream = Stream::named("han-alert");

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Hub {
    draws: Draws,
    polls: Polls,
    /// Hub to device and back, with the device's own processing.
    han_delay_min: SimDuration,
    han_delay_mean: SimDuration,
}

impl Hub {
    pub fn of(world: &World) -> Hub {
        let (draws, params) = (world.draws, &world.scenario.premises);
        Hub {
            draws,
            polls: Polls::new(draws, params.gsme_poll_interval.as_duration()),
            han_delay_min: params.han_delay_min.as_duration(),
            han_delay_mean: params.han_delay_mean.as_duration(),
        }
    }

    /// When the device takes the command from the hub.
    #[inline]
    pub fn fetched_at(&self, arrival: SimTime, device: DeviceId) -> SimTime {
        match device.device_type {
            DeviceType::Esme => esme::fetches_at(arrival),
            DeviceType::Gsme => self.polls.fetches_at(arrival, device.premises),
            DeviceType::Gpf => gpf::answers_at(arrival),
            DeviceType::Ppmid => ppmid::fetches_at(arrival),
            // The hub itself; the others are in no emulated premises.
            DeviceType::Chf | DeviceType::Hcalcs | DeviceType::Sapc | DeviceType::Ihd | DeviceType::Cad => {
                arrival
            }
        }
    }

    /// How old what the gas proxy says at that moment is: its meter sends to it every 30 minutes
    /// (domain.md §14), when it asks for commands.
    #[inline]
    pub fn mirror_age(&self, at: SimTime, premises: PremisesId) -> SimDuration {
        self.polls.since_last(at, premises)
    }

    /// When the response to a command fetched at `fetched` stands at the hub, ready for the WAN.
    #[inline]
    pub fn answered_at(&self, fetched: SimTime, device_type: DeviceType, request: RequestId) -> SimTime {
        if is_in_hub(device_type) {
            return fetched;
        }
        let (min, mean) = (self.han_delay_min, self.han_delay_mean);
        let [id, n] = request.identity();
        fetched + self.draws.delay(min, mean, HAN_COMMAND, id, n)
    }

    /// How long a device's alert takes to its hub. Assumed: as long as a command and its answer.
    #[inline]
    pub fn alert_delay(&self, device: DeviceId, number: u32) -> SimDuration {
        if is_in_hub(device.device_type) {
            return SimDuration::ZERO;
        }
        let (min, mean) = (self.han_delay_min, self.han_delay_mean);
        let [device, number] = device.alert_identity(number);
        self.draws.delay(min, mean, HAN_ALERT, device, number)
    }
}

/// The hub's own function and the gas proxy need no HAN.
const fn is_in_hub(device_type: DeviceType) -> bool {
    matches!(device_type, DeviceType::Chf | DeviceType::Gpf)
}
