//! Why a link ends.

use crate::codec::CodecError;
use crate::frame::FrameError;

/// Why a link ends, or (a frame that cannot be read) what it dropped.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LinkError {
    /// What came from the bus is no sound frame. It has been dropped, and the link goes on.
    #[error("link to {peer}: {error}")]
    Frame {
        /// The other end's name.
        peer: String,
        /// What is wrong with it.
        error: FrameError,
    },
    /// An envelope to send cannot be written down.
    #[error("link to {peer}: {error}")]
    Encode {
        /// The other end's name.
        peer: String,
        /// Why not.
        error: CodecError,
    },
    /// The hello is of another run on the same bus.
    #[error("{peer} takes part in run {theirs}, this end in {ours}")]
    OtherRun {
        /// The other end's name.
        peer: String,
        /// This end's run.
        ours: String,
        /// The peer's run.
        theirs: String,
    },
    /// The two ends were not configured alike: their promises would not fit each other.
    #[error(
        "{peer} was started with another configuration of the link ({theirs:016x}, this end {ours:016x})"
    )]
    OtherConfig {
        /// The other end's name.
        peer: String,
        /// This end's hash.
        ours: u64,
        /// The peer's hash.
        theirs: u64,
    },
    /// What it held is gone; resuming from a checkpoint is not built yet.
    #[error("{peer} was restarted: incarnation {now} follows {before}")]
    PeerRestarted {
        /// The other end's name.
        peer: String,
        /// The incarnation the link came up with.
        before: u32,
        /// The one that has said hello.
        now: u32,
    },
    /// The peer acknowledges what it cannot have.
    #[error("link to {peer}: frame {acked} is acknowledged, {sent} have been sent")]
    AckOfUnsent {
        /// The other end's name.
        peer: String,
        /// The last frame acknowledged.
        acked: u64,
        /// The last frame sent.
        sent: u64,
    },
    /// The peer sends more than it may.
    #[error("link to {peer}: frame {seq} is beyond the window, which ends at {end}")]
    BeyondWindow {
        /// The other end's name.
        peer: String,
        /// The frame's number.
        seq: u64,
        /// The last number the window allows.
        end: u64,
    },
}

impl LinkError {
    #[cold]
    pub(super) fn of_frame(peer: &str, error: FrameError) -> LinkError {
        LinkError::Frame {
            peer: peer.to_owned(),
            error,
        }
    }
}
