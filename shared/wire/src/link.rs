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

mod config;
mod error;
mod receiving;
mod sending;
mod stats;

pub use config::{LinkConfig, Tuning};
pub use error::LinkError;
pub use stats::LinkStats;

use crate::frame::{self, Frame, FrameError, Hello, Kind};
use crate::message::Message;
use receiving::Receiving;
use secnet_engine::{Envelope, Promise};
use sending::Sending;

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

/// One end of a link.
#[derive(Debug)]
pub struct LinkEnd {
    config: LinkConfig,
    stats: LinkStats,
    sending: Sending,
    receiving: Receiving,

    // the handshake
    peer_session: Option<u32>,
    is_up: bool,
    hello_at: u64,
    owes_hello: bool,

    /// The hello or acknowledgement being sent.
    unnumbered: Vec<u8>,
}

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
            sending: Sending::new(&config),
            receiving: Receiving::default(),
            peer_session: None,
            is_up: false,
            hello_at: 0,
            owes_hello: false,
            unnumbered: Vec::new(),
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
        self.sending.push(envelope, &self.config)
    }

    /// Sends `promise` after all that has been accumulated. A promise not yet on its way is replaced.
    pub fn set_promise(&mut self, promise: Promise) {
        self.sending.set_promise(promise);
    }

    /// Whether the host may go on handling events that send over this link.
    pub fn has_credit(&self) -> bool {
        self.sending.has_credit(&self.config)
    }

    /// Bytes accumulated and not yet sent.
    pub fn backlog_bytes(&self) -> usize {
        self.sending.backlog_bytes()
    }

    /// Nothing is accumulated and everything sent has been acknowledged.
    pub fn is_drained(&self) -> bool {
        self.sending.is_drained()
    }

    /// The number of the last data frame delivered here without a gap.
    pub fn received_seq(&self) -> u64 {
        self.receiving.received()
    }

    /// The number of the last data frame the peer has acknowledged.
    pub fn acked_seq(&self) -> u64 {
        self.sending.acked()
    }

    /// The counts so far, with what is held here at this moment.
    pub fn stats(&self) -> LinkStats {
        self.sending.stats(self.stats)
    }

    /// The envelopes sent or accumulated here that a peer which received frames up to `peer_received` has not
    /// got: what is in flight when a run is stopped. Ask the peer's [`received_seq`](LinkEnd::received_seq), or
    /// take [`acked_seq`](LinkEnd::acked_seq) for an upper bound.
    pub fn undelivered(&mut self, peer_received: u64) -> Result<Vec<Envelope<Message>>, LinkError> {
        self.sending.undelivered(peer_received, &self.config)
    }

    /// When [`poll_transmit`](LinkEnd::poll_transmit) must be called again if nothing else happens before. To be
    /// asked after it has returned nothing.
    pub fn next_timeout(&self) -> Option<u64> {
        if !self.is_up {
            return Some(self.hello_at);
        }
        [self.sending.resend_at(), self.receiving.ack_at()]
            .into_iter()
            .flatten()
            .min()
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
        if let Some(index) = self.sending.next(now, &self.config, &mut self.stats) {
            self.receiving.note_acknowledged();
            let (to_session, received) = (self.peer_session.unwrap_or(0), self.receiving.received());
            let stats = &mut self.stats;
            return Some(self.sending.transmit(index, now, to_session, received, stats));
        }
        self.receiving.owes_ack(now).then(|| self.transmit_ack())
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
        self.sending.take_ack(header.ack, now, &self.config)?;
        let mut received = Received {
            came_up,
            ..Received::default()
        };
        if header.kind == Kind::Ack {
            let next_held = frame.decode_ack().map_err(|error| self.frame_error(error))?;
            self.stats.acks_received += 1;
            if let Some(next_held) = next_held {
                self.sending.resend_gap(next_held, now, &self.config);
            }
            return Ok(received);
        }
        let before = envelopes.len();
        let apart = (&self.config, &mut self.stats);
        self.receiving
            .take_data(&frame, bytes.len(), now, envelopes, &mut received, apart)?;
        received.envelopes = envelopes.len() - before;
        self.stats.envelopes_received += received.envelopes as u64;
        Ok(received)
    }

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

    fn transmit_ack(&mut self) -> &[u8] {
        self.receiving.note_bare_ack();
        self.stats.acks_sent += 1;
        frame::write_ack(
            self.receiving.next_held(),
            self.config.session,
            self.peer_session.unwrap_or(0),
            self.receiving.received(),
            &mut self.unnumbered,
        );
        &self.unnumbered
    }

    #[cold]
    fn frame_error(&self, error: FrameError) -> LinkError {
        LinkError::of_frame(&self.config.peer, error)
    }
}
