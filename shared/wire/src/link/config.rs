//! What both ends of a link are given.

/// Both ends of a link are given the same, but for `session` and `peer`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkConfig {
    /// The run's name; a peer in another is refused ([`OtherRun`](super::LinkError::OtherRun)).
    pub run: String,
    /// Of whatever both ends must have configured alike; compared in the handshake.
    pub config_hash: u64,
    /// This end's incarnation: at least 1, larger after each restart.
    pub session: u32,
    /// The other end's name, for errors.
    pub peer: String,
    /// Window and time-outs.
    pub tuning: Tuning,
}

/// How much may be under way, and how long to wait. Times are microseconds of the wall clock: no result depends on them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tuning {
    /// Most unacknowledged bytes. At least [`FRAME_BYTES_MAX`](crate::frame::FRAME_BYTES_MAX).
    pub window_bytes: usize,
    /// Most unacknowledged frames.
    pub window_frames: usize,
    /// A bare acknowledgement is sent at the latest after this many frames, a quarter of the window's bytes …
    pub ack_after_frames: u32,
    /// … or this long.
    pub ack_delay_us: u64,
    /// How long to wait for an acknowledgement (or a hello's answer) at first …
    pub resend_after_us: u64,
    /// … and at most after doubling.
    pub resend_after_max_us: u64,
    /// A frame already sent again is not sent again on report of a gap before this has passed.
    pub resend_gap_us: u64,
}

impl Default for Tuning {
    fn default() -> Tuning {
        Tuning {
            window_bytes: 1 << 20,
            window_frames: 128,
            ack_after_frames: 16,
            ack_delay_us: 20_000,
            resend_after_us: 200_000,
            resend_after_max_us: 2_000_000,
            resend_gap_us: 20_000,
        }
    }
}
