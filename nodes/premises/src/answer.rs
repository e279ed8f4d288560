//! What a device answers: whether it did as told, and how many octets that takes.

use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_model::catalogue::SizeRange;
use secnet_model::{DeviceType, ProfileSize, RequestId, Srv};
use secnet_topology::scenario::{PremisesParams, ProfileParams};
use secnet_wire::{Command, CommandOrigin, DeviceResult};

const DEVICE_ERROR: Stream = Stream::named("device-error");
const RESPONSE_SIZE: Stream = Stream::named("device-response-size");
const PROFILE_DAYS: Stream = Stream::named("device-profile-days");

#[derive(Clone, Debug)]
pub struct Answers {
    draws: Draws,
    device_error_share: f64,
    profile: ProfileParams,
    /// By SRV.
    sizes: Vec<Size>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Size {
    /// As in the RTDS vectors.
    Range(SizeRange),
    /// By the entries asked for, or this where there is an error in their place.
    Profile { error: u32 },
}

impl Answers {
    pub fn new(draws: Draws, params: &PremisesParams) -> Answers {
        let size = |srv: Srv| {
            let range = srv.entry().response_bytes;
            match srv.entry().reads_profile() {
                true => Size::Profile {
                    error: range.min.into(),
                },
                false => Size::Range(range),
            }
        };
        Answers {
            draws,
            device_error_share: params.device_error_share,
            profile: params.profile.clone(),
            sizes: Srv::all().map(size).collect(),
        }
    }

    #[inline]
    pub fn result(&self, request: RequestId) -> DeviceResult {
        let [id, n] = request.identity();
        match self.draws.chance(self.device_error_share, DEVICE_ERROR, id, n) {
            true => DeviceResult::Error,
            false => DeviceResult::Success,
        }
    }

    /// GBCS size of the response.
    #[inline]
    pub fn bytes(&self, command: &Command, result: DeviceResult) -> u32 {
        let [id, n] = command.id.identity();
        match (self.sizes[usize::from(command.srv.index())], result) {
            (Size::Range(range), DeviceResult::Success) => range.pick(self.draws.bits(RESPONSE_SIZE, id, n)),
            (Size::Profile { .. }, DeviceResult::Success) => {
                let device_type = command.id.target.device().map(|device| device.device_type);
                let size = ProfileSize::of(device_type.unwrap_or(DeviceType::Esme));
                size.bytes(self.profile.entries(self.profile_days(command)))
            }
            // An error carries no data. Assumed.
            (Size::Range(range), DeviceResult::Error) => range.min.into(),
            (Size::Profile { error }, DeviceResult::Error) => error,
        }
    }

    /// Over how many days a profile read goes.
    fn profile_days(&self, command: &Command) -> u32 {
        let [id, n] = command.id.identity();
        match command.origin {
            CommandOrigin::Scheduled => self.profile.days_scheduled,
            CommandOrigin::OnDemand | CommandOrigin::HeldByDsp | CommandOrigin::HeldByDevice => {
                let most = u64::from(self.profile.days_on_demand_max);
                1 + self.draws.below(most, PROFILE_DAYS, id, n) as u32
            }
        }
    }
}
