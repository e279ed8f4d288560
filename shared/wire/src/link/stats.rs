//! What an end of a link counts.

use serde::{Deserialize, Serialize};

/// What passed one end since it was made, and what is held there now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct LinkStats {
    /// Data frames sent, each counted once however often it was sent again.
    pub frames_sent: u64,
    /// The bytes of these frames, headers included.
    pub bytes_sent: u64,
    /// The envelopes in these frames.
    pub envelopes_sent: u64,
    /// Bare acknowledgements sent.
    pub acks_sent: u64,
    /// Data frames sent again, each time.
    pub resends: u64,
    /// Data frames delivered, each once.
    pub frames_received: u64,
    /// The bytes of these frames, headers included.
    pub bytes_received: u64,
    /// The envelopes in these frames.
    pub envelopes_received: u64,
    /// Bare acknowledgements taken in.
    pub acks_received: u64,
    /// Data frames that had come before.
    pub duplicates: u64,
    /// Frames that came while an earlier one was missing.
    pub gaps: u64,
    /// Frames of former incarnations.
    pub stale: u64,
    /// Frames that could not be read or broke the protocol.
    pub rejected: u64,
    /// Time-outs without any acknowledgement.
    pub timeouts: u64,
    /// Now: frames sent and not acknowledged.
    pub unacked_frames: u64,
    /// Now: the bytes of these frames.
    pub unacked_bytes: u64,
    /// Now: the envelopes in these frames.
    pub unacked_envelopes: u64,
    /// Now: bytes accumulated that wait for credit or for the host.
    pub queued_bytes: u64,
    /// Now: envelopes accumulated that wait for credit or for the host.
    pub queued_envelopes: u64,
}
