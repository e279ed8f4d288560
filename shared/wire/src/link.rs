//! One end of a link between two neighbours: what one end accumulates, the other delivers, each envelope once
//! and in order, whatever the bus loses, doubles or overtakes.
//!
//! Data frames are numbered from 1 and kept until they are acknowledged. Acknowledgements are cumulative and
//! ride on data frames; an end with nothing to say sends a bare one after some frames or milliseconds. A gap is
//! reported at once and filled at once; a frame nobody acknowledges is sent again after a time-out that doubles.
//! At most a window of bytes and frames is under way: beyond it frames are held here, nothing is lost, and the host
//! is told ([`has_credit`](LinkEnd::has_credit)) to stop handling events until the peer has caught up.
//! A promise goes on the last frame of what has been accumulated, so it never overtakes an envelope it covers.
//! Nothing but hellos is sent before both ends have agreed on the run and the link's configuration.
//!
//! The shape is quinn-proto's: `handle_frame`, `poll_transmit` and `next_timeout`; time is the wall clock's
//! microseconds from any origin, passed in.
//!
//! Not here: sockets, threads, what a promise means, which end is whose (`secnet-fabric`).

use crate::codec::CodecError;
use crate::frame::{self, Frame, FrameError, FrameWriter, Hello, Kind};
use crate::message::Message;
use secnet_engine::{Envelope, Promise};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Both ends of a link are given the same, but for `session` and `peer`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkConfig {
    /// The run's name; a peer in another is refused ([`LinkError::OtherRun`]).
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
    /// Most unacknowledged bytes. At least [`FRAME_BYTES_MAX`](frame::FRAME_BYTES_MAX).
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

/// What a frame brought, besides envelopes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Received {
    /// How many envelopes were appended.
    pub envelopes: usize,
    /// The latest promise; it holds once the appended envelopes are taken in.
    pub promise: Option<Promise>,
    /// The link came up with this frame.
    pub came_up: bool,
}

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

#[derive(Debug)]
struct Retained {
    bytes: Vec<u8>,
    envelopes: u16,
    /// Of the latest transmission.
    sent_at: u64,
    sends: u32,
    to_resend: bool,
}

/// A frame that arrived before an earlier one.
#[derive(Debug)]
struct Held {
    envelopes: Vec<Envelope<Message>>,
    promise: Option<Promise>,
    bytes: usize,
}

/// One end of a link.
#[derive(Debug)]
pub struct LinkEnd {
    config: LinkConfig,
    stats: LinkStats,

    // the handshake
    peer_session: Option<u32>,
    is_up: bool,
    hello_at: u64,
    owes_hello: bool,

    // sending
    open: FrameWriter,
    promise: Option<Promise>,
    /// Finished and not acknowledged, numbered `acked + 1` onward; the last `unsent` of them wait for credit.
    retained: VecDeque<Retained>,
    unsent: usize,
    acked: u64,
    unacked_bytes: usize,
    unsent_bytes: usize,
    resends_due: usize,
    resend_wait_us: u64,
    resend_at: Option<u64>,
    /// After a time-out, until this frame is acknowledged, every acknowledgement sends the rest again.
    recover_until: u64,
    /// Buffers to use again.
    spare: Vec<Vec<u8>>,
    /// The hello or acknowledgement being sent.
    unnumbered: Vec<u8>,

    // receiving
    received: u64,
    held: BTreeMap<u64, Held>,
    unacknowledged_frames: u32,
    unacknowledged_bytes: usize,
    ack_now: bool,
    ack_at: Option<u64>,
}

const SPARE_BUFFERS_MAX: usize = 4;

impl LinkEnd {
    /// An end that has heard nothing yet and owes the peer a hello. Debug builds check session and window.
    pub fn new(config: LinkConfig) -> LinkEnd {
        debug_assert!(config.session > 0, "0 stands for an unknown incarnation");
        debug_assert!(
            config.tuning.window_bytes >= frame::FRAME_BYTES_MAX,
            "a full frame must fit"
        );
        LinkEnd {
            stats: LinkStats::default(),
            peer_session: None,
            is_up: false,
            hello_at: 0,
            owes_hello: false,
            open: FrameWriter::new(Vec::new()),
            promise: None,
            retained: VecDeque::new(),
            unsent: 0,
            acked: 0,
            unacked_bytes: 0,
            unsent_bytes: 0,
            resends_due: 0,
            resend_wait_us: config.tuning.resend_after_us,
            resend_at: None,
            recover_until: 0,
            spare: Vec::new(),
            unnumbered: Vec::new(),
            received: 0,
            held: BTreeMap::new(),
            unacknowledged_frames: 0,
            unacknowledged_bytes: 0,
            ack_now: false,
            ack_at: None,
            config,
        }
    }

    /// Both ends have heard each other and agree.
    pub fn is_up(&self) -> bool {
        self.is_up
    }

    /// Accumulates; nothing is sent before [`poll_transmit`](LinkEnd::poll_transmit).
    #[inline]
    pub fn send_envelope(&mut self, envelope: &Envelope<Message>) -> Result<(), LinkError> {
        if !self.open.has_room() {
            self.finish_open(None);
        }
        self.open.push(envelope).map_err(|error| LinkError::Encode {
            peer: self.config.peer.clone(),
            error,
        })
    }

    /// Sends `promise` after all that has been accumulated. A promise not yet on its way is replaced.
    pub fn set_promise(&mut self, promise: Promise) {
        self.promise = Some(promise);
    }

    /// Whether the host may go on handling events that send over this link.
    pub fn has_credit(&self) -> bool {
        self.unacked_bytes + self.backlog_bytes() < self.config.tuning.window_bytes
            && self.retained.len() < self.config.tuning.window_frames
    }

    /// Bytes accumulated and not yet sent.
    pub fn backlog_bytes(&self) -> usize {
        self.unsent_bytes + if self.open.is_empty() { 0 } else { self.open.len() }
    }

    /// Nothing is accumulated and everything sent has been acknowledged.
    pub fn is_drained(&self) -> bool {
        self.retained.is_empty() && self.open.is_empty() && self.promise.is_none()
    }

    /// The number of the last data frame delivered here without a gap.
    pub fn received_seq(&self) -> u64 {
        self.received
    }

    /// The number of the last data frame the peer has acknowledged.
    pub fn acked_seq(&self) -> u64 {
        self.acked
    }

    /// The counts so far, with what is held here at this moment.
    pub fn stats(&self) -> LinkStats {
        let envelopes = |frames: &mut dyn Iterator<Item = &Retained>| {
            frames.map(|frame| u64::from(frame.envelopes)).sum()
        };
        let sent = self.sent();
        LinkStats {
            unacked_frames: sent as u64,
            unacked_bytes: self.unacked_bytes as u64,
            unacked_envelopes: envelopes(&mut self.retained.iter().take(sent)),
            queued_bytes: self.backlog_bytes() as u64,
            queued_envelopes: envelopes(&mut self.retained.iter().skip(sent))
                + u64::from(self.open.envelopes()),
            ..self.stats
        }
    }

    /// The envelopes sent or accumulated here that a peer which received frames up to `peer_received` has not
    /// got: what is in flight when a run is stopped. Ask the peer's [`received_seq`](LinkEnd::received_seq), or
    /// take [`acked_seq`](LinkEnd::acked_seq) for an upper bound.
    pub fn undelivered(&mut self, peer_received: u64) -> Result<Vec<Envelope<Message>>, LinkError> {
        if !self.open.is_empty() {
            self.finish_open(None);
        }
        let mut envelopes = Vec::new();
        let skipped = peer_received.saturating_sub(self.acked) as usize;
        for frame in self.retained.iter().skip(skipped) {
            Frame::read(&frame.bytes)
                .and_then(|frame| frame.decode_data(&mut envelopes))
                .map_err(|error| self.frame_error(error))?;
        }
        Ok(envelopes)
    }

    /// When [`poll_transmit`](LinkEnd::poll_transmit) must be called again if nothing else happens before. To be
    /// asked after it has returned nothing.
    pub fn next_timeout(&self) -> Option<u64> {
        if !self.is_up {
            return Some(self.hello_at);
        }
        [self.resend_at, self.ack_at].into_iter().flatten().min()
    }

    /// The next frame to put on the bus; to be called until there is none. Whatever has been accumulated goes
    /// out, as far as credit allows, so the host decides how much to gather into a frame.
    pub fn poll_transmit(&mut self, now: u64) -> Option<&[u8]> {
        if self.owes_hello || (!self.is_up && now >= self.hello_at) {
            return Some(self.transmit_hello(now));
        }
        if !self.is_up {
            return None;
        }
        self.check_resend_timeout(now);
        if let Some(index) = self.next_to_resend() {
            return Some(self.transmit_retained(index, now));
        }
        if self.has_new() && self.next_fits_window() {
            if self.unsent == 0 {
                let promise = self.promise.take();
                self.finish_open(promise);
            }
            return Some(self.transmit_new(now));
        }
        if self.ack_now || self.ack_at.is_some_and(|at| now >= at) {
            return Some(self.transmit_ack());
        }
        None
    }

    /// Takes in a frame from the bus and appends the envelopes that are now in order.
    ///
    /// Any error but a damaged frame ends the link. A damaged frame has been dropped and will come again; as
    /// the bus damages nothing, it points to a bug or a stranger.
    pub fn handle_frame(
        &mut self,
        bytes: &[u8],
        now: u64,
        envelopes: &mut Vec<Envelope<Message>>,
    ) -> Result<Received, LinkError> {
        let result = self.take_frame(bytes, now, envelopes);
        if result.is_err() {
            self.stats.rejected += 1;
        }
        result
    }

    fn take_frame(
        &mut self,
        bytes: &[u8],
        now: u64,
        envelopes: &mut Vec<Envelope<Message>>,
    ) -> Result<Received, LinkError> {
        let frame = Frame::read(bytes).map_err(|error| self.frame_error(error))?;
        let header = frame.header;
        if header.kind == Kind::Hello {
            let hello = frame.decode_hello().map_err(|error| self.frame_error(error))?;
            return self.take_hello(header.session, header.to_session, hello);
        }
        if self.peer_session != Some(header.session) || header.to_session != self.config.session {
            self.stats.stale += 1;
            return Ok(Received::default());
        }
        let came_up = self.come_up();
        self.take_ack(header.ack, now)?;
        let mut received = Received {
            came_up,
            ..Received::default()
        };
        if header.kind == Kind::Ack {
            let next_held = frame.decode_ack().map_err(|error| self.frame_error(error))?;
            self.stats.acks_received += 1;
            if let Some(next_held) = next_held {
                self.resend_gap(next_held, now);
            }
            return Ok(received);
        }
        let before = envelopes.len();
        self.take_data(&frame, bytes.len(), now, envelopes, &mut received)?;
        received.envelopes = envelopes.len() - before;
        self.stats.envelopes_received += received.envelopes as u64;
        Ok(received)
    }

    // ---- the handshake

    fn take_hello(&mut self, session: u32, to_session: u32, hello: Hello) -> Result<Received, LinkError> {
        let peer = || self.config.peer.clone();
        if hello.run != self.config.run {
            let ours = self.config.run.clone();
            return Err(LinkError::OtherRun {
                peer: peer(),
                ours,
                theirs: hello.run,
            });
        }
        if hello.config_hash != self.config.config_hash {
            let ours = self.config.config_hash;
            return Err(LinkError::OtherConfig {
                peer: peer(),
                ours,
                theirs: hello.config_hash,
            });
        }
        match self.peer_session {
            Some(before) if session < before => {
                self.stats.stale += 1;
                return Ok(Received::default());
            }
            // While nothing has been exchanged a restart costs nothing.
            Some(before) if session > before && self.is_up => {
                return Err(LinkError::PeerRestarted {
                    peer: peer(),
                    before,
                    now: session,
                });
            }
            _ => self.peer_session = Some(session),
        }
        // An answer tells the peer that it has been heard; one that knows wants none.
        self.owes_hello |= !hello.is_up;
        let came_up = to_session == self.config.session && self.come_up();
        Ok(Received {
            came_up,
            ..Received::default()
        })
    }

    fn come_up(&mut self) -> bool {
        !std::mem::replace(&mut self.is_up, true)
    }

    fn transmit_hello(&mut self, now: u64) -> &[u8] {
        self.owes_hello = false;
        self.hello_at = now + self.config.tuning.resend_after_us;
        let hello = Hello {
            run: self.config.run.clone(),
            config_hash: self.config.config_hash,
            is_up: self.is_up,
        };
        let to_session = self.peer_session.unwrap_or(0);
        frame::write_hello(&hello, self.config.session, to_session, &mut self.unnumbered);
        &self.unnumbered
    }

    // ---- sending

    fn finish_open(&mut self, promise: Option<Promise>) {
        let next = FrameWriter::new(self.spare.pop().unwrap_or_default());
        let open = std::mem::replace(&mut self.open, next);
        let envelopes = open.envelopes();
        let bytes = open.finish(
            self.config.session,
            self.sent_seq() + self.unsent as u64 + 1,
            promise.as_ref(),
        );
        self.unsent_bytes += bytes.len();
        self.unsent += 1;
        self.retained.push_back(Retained {
            bytes,
            envelopes,
            sent_at: 0,
            sends: 0,
            to_resend: false,
        });
    }

    fn sent(&self) -> usize {
        self.retained.len() - self.unsent
    }

    fn sent_seq(&self) -> u64 {
        self.acked + self.sent() as u64
    }

    fn has_new(&self) -> bool {
        self.unsent > 0 || !self.open.is_empty() || self.promise.is_some()
    }

    fn next_fits_window(&self) -> bool {
        let next_bytes = self.retained.get(self.sent()).map_or_else(
            || {
                self.open.len()
                    + if self.promise.is_some() {
                        frame::PROMISE_BYTES
                    } else {
                        0
                    }
            },
            |frame| frame.bytes.len(),
        );
        self.sent() < self.config.tuning.window_frames
            && self.unacked_bytes + next_bytes <= self.config.tuning.window_bytes
    }

    fn transmit_new(&mut self, now: u64) -> &[u8] {
        let index = self.sent();
        let frame = &self.retained[index];
        let bytes = frame.bytes.len();
        self.stats.frames_sent += 1;
        self.stats.bytes_sent += bytes as u64;
        self.stats.envelopes_sent += u64::from(frame.envelopes);
        self.unsent -= 1;
        self.unsent_bytes -= bytes;
        self.unacked_bytes += bytes;
        self.transmit_retained(index, now)
    }

    fn transmit_retained(&mut self, index: usize, now: u64) -> &[u8] {
        self.note_acknowledged();
        self.resend_at.get_or_insert(now + self.resend_wait_us);
        let frame = &mut self.retained[index];
        if frame.to_resend {
            frame.to_resend = false;
            self.resends_due -= 1;
        }
        self.stats.resends += u64::from(frame.sends > 0);
        frame.sends += 1;
        frame.sent_at = now;
        frame::readdress(&mut frame.bytes, self.peer_session.unwrap_or(0), self.received);
        &frame.bytes
    }

    fn next_to_resend(&self) -> Option<usize> {
        if self.resends_due == 0 {
            return None;
        }
        self.retained.iter().position(|frame| frame.to_resend)
    }

    /// Asks once more for an acknowledgement with the oldest frame. The others follow when an answer comes: a
    /// peer that is only paused has them already.
    fn check_resend_timeout(&mut self, now: u64) {
        if self.resend_at.is_none_or(|at| now < at) {
            return;
        }
        self.stats.timeouts += 1;
        self.resend_wait_us = (self.resend_wait_us * 2).min(self.config.tuning.resend_after_max_us);
        self.resend_at = Some(now + self.resend_wait_us);
        self.recover_until = self.sent_seq();
        self.mark_resend(0);
    }

    fn mark_resend(&mut self, index: usize) {
        if let Some(frame) = self.retained.get_mut(index)
            && frame.sends > 0
            && !frame.to_resend
        {
            frame.to_resend = true;
            self.resends_due += 1;
        }
    }

    fn take_ack(&mut self, ack: u64, now: u64) -> Result<(), LinkError> {
        let sent = self.sent_seq();
        if ack > sent {
            return Err(LinkError::AckOfUnsent {
                peer: self.config.peer.clone(),
                acked: ack,
                sent,
            });
        }
        if ack <= self.acked {
            return Ok(());
        }
        while self.acked < ack
            && let Some(frame) = self.retained.pop_front()
        {
            self.acked += 1;
            self.unacked_bytes -= frame.bytes.len();
            self.resends_due -= usize::from(frame.to_resend);
            if self.spare.len() < SPARE_BUFFERS_MAX {
                self.spare.push(frame.bytes);
            }
        }
        self.resend_wait_us = self.config.tuning.resend_after_us;
        self.resend_at = (self.acked < sent).then_some(now + self.resend_wait_us);
        self.resend_gap(self.recover_until + 1, now);
        Ok(())
    }

    /// Marks the frames the peer lacks: those before `next_held`.
    fn resend_gap(&mut self, next_held: u64, now: u64) {
        let missing = next_held.saturating_sub(self.acked + 1) as usize;
        for index in 0..missing.min(self.sent()) {
            let frame = &self.retained[index];
            if frame.sends == 1 || now >= frame.sent_at + self.config.tuning.resend_gap_us {
                self.mark_resend(index);
            }
        }
    }

    // ---- receiving

    fn take_data(
        &mut self,
        frame: &Frame<'_>,
        bytes: usize,
        now: u64,
        envelopes: &mut Vec<Envelope<Message>>,
        received: &mut Received,
    ) -> Result<(), LinkError> {
        let seq = frame.header.seq;
        let end = self.received + self.config.tuning.window_frames as u64;
        if seq > end {
            return Err(LinkError::BeyondWindow {
                peer: self.config.peer.clone(),
                seq,
                end,
            });
        }
        if seq <= self.received || self.held.contains_key(&seq) {
            // The acknowledgement of the first copy may have been lost.
            self.stats.duplicates += 1;
            self.ack_now = true;
            return Ok(());
        }
        if seq > self.received + 1 {
            let mut early = Vec::new();
            let promise = frame
                .decode_data(&mut early)
                .map_err(|error| self.frame_error(error))?;
            self.held.insert(
                seq,
                Held {
                    envelopes: early,
                    promise,
                    bytes,
                },
            );
            self.stats.gaps += 1;
            self.ack_now = true;
            return Ok(());
        }
        let promise = frame
            .decode_data(envelopes)
            .map_err(|error| self.frame_error(error))?;
        self.delivered(promise, bytes, now, received);
        while let Some(mut next) = self.held.remove(&(self.received + 1)) {
            envelopes.append(&mut next.envelopes);
            self.delivered(next.promise, next.bytes, now, received);
            // The sender is waiting to hear that the gap is filled.
            self.ack_now = true;
        }
        Ok(())
    }

    fn delivered(&mut self, promise: Option<Promise>, bytes: usize, now: u64, received: &mut Received) {
        let tuning = &self.config.tuning;
        self.received += 1;
        self.stats.frames_received += 1;
        self.stats.bytes_received += bytes as u64;
        received.promise = promise.or(received.promise);
        self.unacknowledged_frames += 1;
        self.unacknowledged_bytes += bytes;
        self.ack_at.get_or_insert(now + tuning.ack_delay_us);
        self.ack_now |= self.unacknowledged_frames >= tuning.ack_after_frames
            || self.unacknowledged_bytes >= tuning.window_bytes / 4;
    }

    fn transmit_ack(&mut self) -> &[u8] {
        self.note_acknowledged();
        self.ack_now = false;
        self.stats.acks_sent += 1;
        let next_held = self.held.first_key_value().map_or(0, |(seq, _)| *seq);
        let to_session = self.peer_session.unwrap_or(0);
        frame::write_ack(
            next_held,
            self.config.session,
            to_session,
            self.received,
            &mut self.unnumbered,
        );
        &self.unnumbered
    }

    fn note_acknowledged(&mut self) {
        // A gap is told by a bare acknowledgement alone.
        self.ack_now &= !self.held.is_empty();
        self.ack_at = None;
        self.unacknowledged_frames = 0;
        self.unacknowledged_bytes = 0;
    }

    #[cold]
    fn frame_error(&self, error: FrameError) -> LinkError {
        LinkError::Frame {
            peer: self.config.peer.clone(),
            error,
        }
    }
}
