//! What a device answers: whether it did as told, and how many octets that takes.

use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_model::catalogue::SizeRange;
use secnet_model::{RequestId, Srv};
use secnet_wire::{Command, CommandOrigin, DeviceResult};

const DEVICE_ERROR: Stream = Stream::named("device-error");
const RESPONSE_SIZE: Stream = Stream::named("device-response-size");
const PROFILE_DAYS: Stream = Stream::named("device-profile-days");

/// Half-hours a profile has a day.
const HALF_HOURS_PER_DAY: u32 = 48;
/// Octets of a half-hour in a profile: a structure's tag and length, a null time stamp, a tagged 32-bit reading. Assumed.
const HALF_HOUR_BYTES: u32 = 8;
/// Most days a profile read on demand asks for. Assumed: up to a month; the RTDS vectors' profile reads cover a short interval,
/// and a meter can be asked for 397 days (domain.md §1).
const PROFILE_DAYS_ON_DEMAND_MAX: u32 = 31;

#[derive(Clone, Debug)]
pub struct Answers {
    draws: Draws,
    device_error_share: f64,
    /// By SRV.
    sizes: Vec<Size>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Size {
    /// As in the RTDS vectors.
    Range(SizeRange),
    /// Profile data (SRV 4.8.x): by the half-hours asked for, over this much of framing and signature.
    Profile { framing: u32 },
}

impl Answers {
    pub fn new(draws: Draws, device_error_share: f64) -> Answers {
        let size = |srv: Srv| {
            let range = srv.entry().response_bytes;
            match srv.number().starts_with("4.8.") {
                true => Size::Profile {
                    framing: u32::from(range.min),
                },
                false => Size::Range(range),
            }
        };
        Answers {
            draws,
            device_error_share,
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
            (Size::Profile { framing }, DeviceResult::Success) => {
                let days = match command.origin {
                    // A schedule reads the day that has ended (domain.md §2: daily reads). Assumed.
                    CommandOrigin::Scheduled => 1,
                    CommandOrigin::OnDemand | CommandOrigin::HeldByDsp | CommandOrigin::HeldByDevice => {
                        let most = u64::from(PROFILE_DAYS_ON_DEMAND_MAX);
                        1 + self.draws.below(most, PROFILE_DAYS, id, n) as u32
                    }
                };
                framing + days * HALF_HOURS_PER_DAY * HALF_HOUR_BYTES
            }
            // An error carries no data. Assumed.
            (Size::Range(range), DeviceResult::Error) => u32::from(range.min),
            (Size::Profile { framing }, DeviceResult::Error) => framing,
        }
    }
}
