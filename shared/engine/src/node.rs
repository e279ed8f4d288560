//! The contract between a participant and whatever drives it.

use crate::envelope::Envelope;
use crate::trace::Span;
use secnet_model::{Address, SimTime};

/// A participant as a state machine without IO: no clock, socket, thread or unseeded randomness inside.
///
/// The driver calls `handle` in the order (due, sender, sequence); a deadline at the same moment as a
/// message comes before it. `now` never goes back.
pub trait Node: Send {
    /// What nodes say to each other.
    type Message;

    /// Deals with an input at its emulated time, and puts what it sends into `out`.
    fn handle(&mut self, now: SimTime, input: Input<'_, Self::Message>, out: &mut Outbox<Self::Message>);

    /// When the node next wants to be woken without a message; [`SimTime::NEVER`] for not at all.
    /// After a deadline has been handled the next one must be later.
    fn next_deadline(&self) -> SimTime;
}

/// What a node handles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input<'a, M> {
    /// Something another node, or a node of the same party, sent: lent, as a copy would only be read again at once.
    Message(&'a Envelope<M>),
    /// `next_deadline()` has come.
    Deadline,
}

/// Where a node puts what it sends. The driver empties it after each `handle`.
#[derive(Debug)]
pub struct Outbox<M> {
    envelopes: Vec<Envelope<M>>,
    spans: Vec<Span>,
}

impl<M> Outbox<M> {
    /// An empty one.
    pub fn new() -> Outbox<M> {
        Outbox {
            envelopes: Vec::new(),
            spans: Vec::new(),
        }
    }

    /// Sends `message`, to arrive at `due`. `seq` must grow with each envelope of the same `from`.
    pub fn send(&mut self, from: Address, to: Address, seq: u64, due: SimTime, message: M) {
        self.envelopes.push(Envelope {
            due,
            seq,
            from,
            to,
            message,
        });
    }

    /// Tells of a step of a sampled item.
    #[cold]
    #[inline(never)]
    pub fn trace(&mut self, span: Span) {
        self.spans.push(span);
    }

    /// Takes out what was sent, in the order in which it was.
    pub fn drain(&mut self) -> std::vec::Drain<'_, Envelope<M>> {
        self.envelopes.drain(..)
    }

    /// Drops what was sent.
    pub fn clear(&mut self) {
        self.envelopes.clear();
    }

    /// What was sent, in the order in which it was.
    pub fn envelopes(&self) -> &[Envelope<M>] {
        &self.envelopes
    }

    /// Takes what was told of sampled items.
    pub fn drain_spans(&mut self) -> std::vec::Drain<'_, Span> {
        self.spans.drain(..)
    }

    /// Whether something was traced.
    pub fn has_spans(&self) -> bool {
        !self.spans.is_empty()
    }

    /// Whether nothing was sent.
    pub fn is_empty(&self) -> bool {
        self.envelopes.is_empty()
    }
}

impl<M> Default for Outbox<M> {
    fn default() -> Self {
        Outbox::new()
    }
}

impl<N: Node + ?Sized> Node for Box<N> {
    type Message = N::Message;

    fn handle(&mut self, now: SimTime, input: Input<'_, N::Message>, out: &mut Outbox<N::Message>) {
        (**self).handle(now, input, out);
    }

    fn next_deadline(&self) -> SimTime {
        (**self).next_deadline()
    }
}
