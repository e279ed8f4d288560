//! The DCC's own answers: their sizes.

use crate::records::Records;
use crate::services::NonDeviceService;
use secnet_model::Eui64;
use secnet_topology::World;

/// DUIS envelope, signature and result of an answer without data. Assumed.
const ANSWER_BYTES: u32 = 400;
/// One device of an inventory. Assumed.
const DEVICE_BYTES: u32 = 250;
/// One schedule of a device. Assumed.
const SCHEDULE_BYTES: u32 = 150;
/// Coverage, technology, likelihood and auxiliary equipment of a premises (domain.md §8). Assumed.
const WAN_MATRIX_BYTES: u32 = 600;
/// One entry of a firmware request's list of warnings: an EUI-64 and a code. Assumed.
const WARNING_BYTES: u32 = 60;
/// Most devices one answer lists (domain.md §1).
pub const DEVICES_MAX: u32 = 17;

/// The size of the answer; `found` is how many schedules 5.2 found, or how many devices 11.1 left out.
pub fn answer_bytes(
    world: &World,
    records: &Records,
    service: NonDeviceService,
    target: Eui64,
    found: u32,
) -> u32 {
    match service {
        NonDeviceService::ReadInventory => ANSWER_BYTES + DEVICE_BYTES * devices(world, records, target),
        NonDeviceService::ReadSchedule => ANSWER_BYTES + SCHEDULE_BYTES * found,
        NonDeviceService::UpdateFirmware => ANSWER_BYTES + WARNING_BYTES * found,
        NonDeviceService::RequestWanMatrix => ANSWER_BYTES + WAN_MATRIX_BYTES,
        NonDeviceService::CreateSchedule
        | NonDeviceService::DeleteSchedule
        | NonDeviceService::DecommissionDevice
        | NonDeviceService::UpdateInventory
        | NonDeviceService::PreNotify
        | NonDeviceService::Other => ANSWER_BYTES,
    }
}

/// Devices of the premises the target stands in.
fn devices(world: &World, records: &Records, target: Eui64) -> u32 {
    let Some(device) = target.device() else { return 0 };
    records.devices(world, device.premises).min(DEVICES_MAX)
}
