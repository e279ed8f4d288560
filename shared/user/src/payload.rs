//! Sizes of the DUIS messages Users send. No source gives them: all factors here are assumed.

use secnet_model::Srv;

/// A signed XML request's header, certificate reference and XML signature. Assumed.
pub const DUIS_FRAME_BYTES: u32 = 2_000;
/// Octets of DUIS XML per octet of the GBCS command it stands for. Assumed.
pub const XML_FACTOR: u32 = 4;
/// Body of a request to the DCC itself. Assumed.
pub const NON_DEVICE_BODY_BYTES: u32 = 500;
/// What signature and MAC add to a pre-command (domain.md §1).
pub const SIGNATURE_BYTES: u32 = 92;

/// A service request; `draw` picks the command's size within its range.
pub fn service_request(srv: Srv, draw: u64) -> u32 {
    let entry = srv.entry();
    if !entry.is_device_service() {
        return DUIS_FRAME_BYTES + NON_DEVICE_BODY_BYTES;
    }
    DUIS_FRAME_BYTES + XML_FACTOR * entry.command_bytes.pick(draw)
}

/// An image in base 64 and a list of EUI-64s of 24 characters each, separators included (domain.md §9).
pub fn images(image_bytes: u64, devices: u64) -> u32 {
    let bytes = image_bytes
        .div_ceil(3)
        .saturating_mul(4)
        .saturating_add(devices.saturating_mul(24));
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// A signed pre-command: the GBCS pre-command with its signature, in base 64.
pub fn signed_pre_command(pre_command_bytes: u32) -> u32 {
    let base64 = pre_command_bytes
        .saturating_add(SIGNATURE_BYTES)
        .div_ceil(3)
        .saturating_mul(4);
    base64.saturating_add(DUIS_FRAME_BYTES)
}
