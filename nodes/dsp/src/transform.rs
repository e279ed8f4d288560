//! Transform: from a service request to the GBCS command, known here by its size.

use secnet_engine::draw::{Draws, Stream};
use secnet_model::{RequestId, Srv};

/// What signing and the MAC add to a pre-command (domain.md §1).
pub const SIGNATURE_AND_MAC_BYTES: u32 = 92;

const COMMAND_BYTES: Stream = Stream::named("dsp-command-bytes");

/// The command's size: uniform over the catalogue's range, the same whenever the same request is transformed.
#[inline]
pub fn command_bytes(draws: Draws, id: &RequestId, srv: Srv) -> u32 {
    let [key, n] = id.identity();
    srv.entry().command_bytes.pick(draws.bits(COMMAND_BYTES, key, n))
}

/// The pre-command's size: the command's before it was signed.
pub fn pre_command_bytes(draws: Draws, id: &RequestId, srv: Srv) -> u32 {
    command_bytes(draws, id, srv).saturating_sub(SIGNATURE_AND_MAC_BYTES)
}
