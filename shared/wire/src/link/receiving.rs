//! The receiving half of an end: what came early, and when what came is acknowledged.

use super::{LinkConfig, LinkError, LinkStats, Received, Tuning};
use crate::frame::Frame;
use crate::message::Message;
use secnet_engine::{Envelope, Promise};
use std::collections::BTreeMap;

/// A frame that arrived before an earlier one.
#[derive(Debug)]
struct Held {
    envelopes: Vec<Envelope<Message>>,
    promise: Option<Promise>,
    bytes: usize,
}

#[derive(Debug, Default)]
pub(super) struct Receiving {
    received: u64,
    held: BTreeMap<u64, Held>,
    unacknowledged_frames: u32,
    unacknowledged_bytes: usize,
    ack_now: bool,
    ack_at: Option<u64>,
}

impl Receiving {
    /// The last frame delivered without a gap.
    pub(super) fn received(&self) -> u64 {
        self.received
    }

    pub(super) fn ack_at(&self) -> Option<u64> {
        self.ack_at
    }

    /// Whether a bare acknowledgement is due.
    pub(super) fn owes_ack(&self, now: u64) -> bool {
        self.ack_now || self.ack_at.is_some_and(|at| now >= at)
    }

    /// The first frame held beyond a gap; 0 when there is none.
    pub(super) fn next_held(&self) -> u64 {
        self.held.first_key_value().map_or(0, |(seq, _)| *seq)
    }

    /// A data frame of ours carries the acknowledgement.
    pub(super) fn note_acknowledged(&mut self) {
        // A gap is told by a bare acknowledgement alone.
        self.ack_now &= !self.held.is_empty();
        self.ack_at = None;
        self.unacknowledged_frames = 0;
        self.unacknowledged_bytes = 0;
    }

    /// A bare acknowledgement goes out.
    pub(super) fn note_bare_ack(&mut self) {
        self.note_acknowledged();
        self.ack_now = false;
    }

    /// Appends the envelopes that are now in order.
    pub(super) fn take_data(
        &mut self,
        frame: &Frame<'_>,
        bytes: usize,
        now: u64,
        envelopes: &mut Vec<Envelope<Message>>,
        received: &mut Received,
        (config, stats): (&LinkConfig, &mut LinkStats),
    ) -> Result<(), LinkError> {
        let seq = frame.header.seq;
        let end = self.received + config.tuning.window_frames as u64;
        if seq > end {
            return Err(LinkError::BeyondWindow {
                peer: config.peer.clone(),
                seq,
                end,
            });
        }
        if seq <= self.received || self.held.contains_key(&seq) {
            // The acknowledgement of the first copy may have been lost.
            stats.duplicates += 1;
            self.ack_now = true;
            return Ok(());
        }
        let damaged = |error| LinkError::of_frame(&config.peer, error);
        if seq > self.received + 1 {
            let mut early = Vec::new();
            let promise = frame.decode_data(&mut early).map_err(damaged)?;
            self.held.insert(
                seq,
                Held {
                    envelopes: early,
                    promise,
                    bytes,
                },
            );
            stats.gaps += 1;
            self.ack_now = true;
            return Ok(());
        }
        let promise = frame.decode_data(envelopes).map_err(damaged)?;
        received.promise = promise.or(received.promise);
        self.delivered(bytes, now, &config.tuning, stats);
        while let Some(mut next) = self.held.remove(&(self.received + 1)) {
            envelopes.append(&mut next.envelopes);
            received.promise = next.promise.or(received.promise);
            self.delivered(next.bytes, now, &config.tuning, stats);
            // The sender is waiting to hear that the gap is filled.
            self.ack_now = true;
        }
        Ok(())
    }

    fn delivered(&mut self, bytes: usize, now: u64, tuning: &Tuning, stats: &mut LinkStats) {
        self.received += 1;
        stats.frames_received += 1;
        stats.bytes_received += bytes as u64;
        self.unacknowledged_frames += 1;
        self.unacknowledged_bytes += bytes;
        self.ack_at.get_or_insert(now + tuning.ack_delay_us);
        self.ack_now |= self.unacknowledged_frames >= tuning.ack_after_frames
            || self.unacknowledged_bytes >= tuning.window_bytes / 4;
    }
}
