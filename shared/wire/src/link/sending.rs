//! The sending half of an end: what is accumulated, what is under way, and when it is sent again.

use super::{LinkConfig, LinkError, LinkStats};
use crate::frame::{self, Frame, FrameWriter};
use crate::message::Message;
use secnet_engine::{Envelope, Promise};
use std::collections::VecDeque;

const SPARE_BUFFERS_MAX: usize = 4;

#[derive(Debug)]
struct Retained {
    bytes: Vec<u8>,
    envelopes: u16,
    /// Of the latest transmission.
    sent_at: u64,
    sends: u32,
    to_resend: bool,
}

#[derive(Debug)]
pub(super) struct Sending {
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
}

impl Sending {
    pub(super) fn new(config: &LinkConfig) -> Sending {
        Sending {
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
        }
    }

    #[inline]
    pub(super) fn push(
        &mut self,
        envelope: &Envelope<Message>,
        config: &LinkConfig,
    ) -> Result<(), LinkError> {
        if !self.open.has_room() {
            self.finish_open(None, config);
        }
        self.open.push(envelope).map_err(|error| LinkError::Encode {
            peer: config.peer.clone(),
            error,
        })
    }

    pub(super) fn set_promise(&mut self, promise: Promise) {
        self.promise = Some(promise);
    }

    pub(super) fn has_credit(&self, config: &LinkConfig) -> bool {
        self.unacked_bytes + self.backlog_bytes() < config.tuning.window_bytes
            && self.retained.len() < config.tuning.window_frames
    }

    pub(super) fn backlog_bytes(&self) -> usize {
        self.unsent_bytes + if self.open.is_empty() { 0 } else { self.open.len() }
    }

    pub(super) fn is_drained(&self) -> bool {
        self.retained.is_empty() && self.open.is_empty() && self.promise.is_none()
    }

    pub(super) fn acked(&self) -> u64 {
        self.acked
    }

    pub(super) fn resend_at(&self) -> Option<u64> {
        self.resend_at
    }

    /// `counted`, with what is held here now.
    pub(super) fn stats(&self, counted: LinkStats) -> LinkStats {
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
            ..counted
        }
    }

    /// What a peer that received frames up to `peer_received` has not got.
    pub(super) fn undelivered(
        &mut self,
        peer_received: u64,
        config: &LinkConfig,
    ) -> Result<Vec<Envelope<Message>>, LinkError> {
        if !self.open.is_empty() {
            self.finish_open(None, config);
        }
        let mut envelopes = Vec::new();
        let skipped = peer_received.saturating_sub(self.acked) as usize;
        for frame in self.retained.iter().skip(skipped) {
            Frame::read(&frame.bytes)
                .and_then(|frame| frame.decode_data(&mut envelopes))
                .map_err(|error| LinkError::of_frame(&config.peer, error))?;
        }
        Ok(envelopes)
    }

    /// The place of the next frame that is due and fits the window.
    pub(super) fn next(&mut self, now: u64, config: &LinkConfig, stats: &mut LinkStats) -> Option<usize> {
        self.check_resend_timeout(now, config, stats);
        if let Some(index) = self.next_to_resend() {
            return Some(index);
        }
        if !(self.has_new() && self.next_fits_window(config)) {
            return None;
        }
        if self.unsent == 0 {
            let promise = self.promise.take();
            self.finish_open(promise, config);
        }
        Some(self.count_new(stats))
    }

    /// Puts the frame at that place under way, with what has been received meanwhile.
    pub(super) fn transmit(
        &mut self,
        index: usize,
        now: u64,
        to_session: u32,
        received: u64,
        stats: &mut LinkStats,
    ) -> &[u8] {
        self.resend_at.get_or_insert(now + self.resend_wait_us);
        let frame = &mut self.retained[index];
        if frame.to_resend {
            frame.to_resend = false;
            self.resends_due -= 1;
        }
        stats.resends += u64::from(frame.sends > 0);
        frame.sends += 1;
        frame.sent_at = now;
        frame::readdress(&mut frame.bytes, to_session, received);
        &frame.bytes
    }

    pub(super) fn take_ack(&mut self, ack: u64, now: u64, config: &LinkConfig) -> Result<(), LinkError> {
        let sent = self.sent_seq();
        if ack > sent {
            return Err(LinkError::AckOfUnsent {
                peer: config.peer.clone(),
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
        self.resend_wait_us = config.tuning.resend_after_us;
        self.resend_at = (self.acked < sent).then_some(now + self.resend_wait_us);
        self.resend_gap(self.recover_until + 1, now, config);
        Ok(())
    }

    /// Marks the frames the peer lacks: those before `next_held`.
    pub(super) fn resend_gap(&mut self, next_held: u64, now: u64, config: &LinkConfig) {
        let missing = next_held.saturating_sub(self.acked + 1) as usize;
        for index in 0..missing.min(self.sent()) {
            let frame = &self.retained[index];
            if frame.sends == 1 || now >= frame.sent_at + config.tuning.resend_gap_us {
                self.mark_resend(index);
            }
        }
    }

    fn finish_open(&mut self, promise: Option<Promise>, config: &LinkConfig) {
        let next = FrameWriter::new(self.spare.pop().unwrap_or_default());
        let open = std::mem::replace(&mut self.open, next);
        let envelopes = open.envelopes();
        let bytes = open.finish(
            config.session,
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

    fn next_fits_window(&self, config: &LinkConfig) -> bool {
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
        self.sent() < config.tuning.window_frames
            && self.unacked_bytes + next_bytes <= config.tuning.window_bytes
    }

    /// The first frame that waits counts as sent from now on.
    fn count_new(&mut self, stats: &mut LinkStats) -> usize {
        let index = self.sent();
        let frame = &self.retained[index];
        let bytes = frame.bytes.len();
        stats.frames_sent += 1;
        stats.bytes_sent += bytes as u64;
        stats.envelopes_sent += u64::from(frame.envelopes);
        self.unsent -= 1;
        self.unsent_bytes -= bytes;
        self.unacked_bytes += bytes;
        index
    }

    fn next_to_resend(&self) -> Option<usize> {
        if self.resends_due == 0 {
            return None;
        }
        self.retained.iter().position(|frame| frame.to_resend)
    }

    /// Asks once more for an acknowledgement with the oldest frame. The others follow when an answer comes: a
    /// peer that is only paused has them already.
    fn check_resend_timeout(&mut self, now: u64, config: &LinkConfig, stats: &mut LinkStats) {
        if self.resend_at.is_none_or(|at| now < at) {
            return;
        }
        stats.timeouts += 1;
        self.resend_wait_us = (self.resend_wait_us * 2).min(config.tuning.resend_after_max_us);
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
}
