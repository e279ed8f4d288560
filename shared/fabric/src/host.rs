//! The actor that hosts one node of a live run: a party of one, its ends of the links, and the wall clock.
//!
//! All it adds to the state machines is when: it takes in what the bus brings, lets the party handle what it may,
//! puts what comes out on the bus, and asks to be woken when there is something to do.

mod answers;
mod orders;
mod provenance;

pub use answers::{AskLedger, AskReport, AskRequests, AskStatus, TakeTraces};
pub use orders::{Halt, Leave, Start, TakeRequest};

use crate::bus::{Frame, FrameSink};
use actix::{Actor, AsyncContext, Context, Handler, SpawnHandle};
use secnet_accounts::Accountable;
use secnet_engine::trace::TraceBook;
use secnet_engine::{Envelope, Network, Node, NodeIndex, Pace, Party, Promise};
use secnet_model::SimTime;
use secnet_telemetry::SpanExport;
use secnet_topology::TakesRequests;
use secnet_wire::Message;
use secnet_wire::link::{LinkEnd, LinkError};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many events one turn handles before the mailbox is looked at again.
const TURN_EVENTS: usize = 2_048;
/// Frames a mailbox holds; more are dropped by the bus side and sent again by the link.
const MAILBOX_FRAMES: usize = 8_192;

/// One link of the hosted node: the protocol's end, where its frames go, and what is known of the neighbour.
pub struct HostedLink {
    pub neighbour: String,
    pub neighbour_index: NodeIndex,
    pub end: LinkEnd,
    pub sink: Box<dyn FrameSink + Send>,
}

/// What becomes of what the node tells of sampled items.
pub struct Tracing {
    /// Spans kept for the run folder at most.
    pub spans_max: usize,
    pub export: Option<SpanExport>,
}

/// What a node is from the host's point of view.
pub trait Participant: Node<Message = Message> + Accountable + TakesRequests {}
impl<T: Node<Message = Message> + Accountable + TakesRequests> Participant for T {}

pub type BoxedParticipant = Box<dyn Participant>;

pub struct Host {
    name: String,
    index: NodeIndex,
    network: Arc<Network>,
    party: Party<BoxedParticipant>,
    links: Vec<Link>,
    end: SimTime,
    origin: Instant,
    phase: Phase,
    turn_pending: bool,
    alarm: Option<(Instant, SpawnHandle)>,
    arriving: Vec<Envelope<Message>>,
    problem: Option<String>,
    lag_max: Duration,
    /// What the node told of sampled items.
    traces: TraceBook,
    export: Option<SpanExport>,
    /// Sends the turn before last wanted to make and had no credit for.
    turns_without_credit: u64,
}

struct Link {
    hosted: HostedLink,
    sent_this_turn: bool,
    /// The neighbour has said that it will send nothing more.
    closed_by_neighbour: bool,
    closed_by_us: bool,
    /// The neighbour's process is gone: nothing is expected of it.
    lost: bool,
    neighbour_wants: SimTime,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Phase {
    /// Links are coming up; emulated time has not started.
    Linking,
    Running {
        start: Instant,
        pace: Pace,
    },
    /// The party will handle nothing more: it has reached the end, or the run was halted.
    Finished {
        reached_end: bool,
    },
}

/// A promise that wants nothing: its sender handles and sends nothing any more.
const CLOSING: SimTime = SimTime::NEVER;

impl Host {
    pub fn new(
        name: String,
        index: NodeIndex,
        network: Arc<Network>,
        party: Party<BoxedParticipant>,
        links: Vec<HostedLink>,
        end: SimTime,
        tracing: Tracing,
    ) -> Host {
        let link = |hosted| Link {
            hosted,
            sent_this_turn: false,
            closed_by_neighbour: false,
            closed_by_us: false,
            lost: false,
            neighbour_wants: SimTime::ZERO,
        };
        Host {
            name,
            index,
            network,
            party,
            links: links.into_iter().map(link).collect(),
            end,
            origin: Instant::now(),
            phase: Phase::Linking,
            turn_pending: false,
            alarm: None,
            arriving: Vec::new(),
            problem: None,
            lag_max: Duration::ZERO,
            traces: TraceBook::new(tracing.spans_max),
            export: tracing.export,
            turns_without_credit: 0,
        }
    }

    fn now_us(&self) -> u64 {
        self.origin.elapsed().as_micros() as u64
    }

    fn ask_for_turn(&mut self, ctx: &mut Context<Host>) {
        if !self.turn_pending {
            self.turn_pending = true;
            ctx.notify(Turn);
        }
    }

    fn take_frame(&mut self, link: usize, bytes: &[u8]) {
        let now = self.now_us();
        let state = &mut self.links[link];
        let received = match state.hosted.end.handle_frame(bytes, now, &mut self.arriving) {
            Ok(received) => received,
            Err(error) => {
                self.reject(error);
                return;
            }
        };
        let neighbour = state.hosted.neighbour_index;
        for envelope in self.arriving.drain(..) {
            match provenance::check(&self.network, self.index, neighbour, &envelope) {
                Ok(()) => self.party.deliver(link, envelope),
                Err(problem) => {
                    tracing::error!(node = self.name, problem, "the link cannot go on");
                    self.problem.get_or_insert(problem);
                }
            }
        }
        if let Some(promise) = received.promise {
            state.neighbour_wants = promise.wants;
            state.closed_by_neighbour |= promise.wants == CLOSING;
            self.party.hear(link, &promise);
        }
    }

    /// A damaged frame will come again; anything else a frame can be wrong about ends the run, by name.
    fn reject(&mut self, error: LinkError) {
        match error {
            LinkError::Frame { .. } => tracing::warn!(node = self.name, %error, "dropped a frame"),
            error => {
                tracing::error!(node = self.name, %error, "the link cannot go on");
                self.problem.get_or_insert_with(|| error.to_string());
            }
        }
    }

    /// One turn: handle, promise, transmit, and say when to come back.
    fn turn(&mut self, ctx: &mut Context<Host>) {
        let handled = self.handle_events();
        if self.party.is_finished() && matches!(self.phase, Phase::Running { .. }) {
            self.phase = Phase::Finished { reached_end: true };
        }
        self.promise();
        self.transmit();
        if handled == TURN_EVENTS {
            self.ask_for_turn(ctx);
        } else {
            self.set_alarm(ctx);
        }
    }

    fn handle_events(&mut self) -> usize {
        let Phase::Running { start, pace } = self.phase else {
            return 0;
        };
        // Out of credit, emulated time waits.
        if self
            .links
            .iter()
            .any(|link| !link.lost && !link.hosted.end.has_credit())
        {
            self.turns_without_credit += 1;
            return 0;
        }
        let links = &mut self.links;
        let mut problem = None;
        let handled = self
            .party
            .run(pace.limit(start.elapsed()), TURN_EVENTS, |link, envelope| {
                links[link].sent_this_turn = true;
                if let Err(error) = links[link].hosted.end.send_envelope(&envelope) {
                    problem.get_or_insert(error);
                }
            });
        if let Some(error) = problem {
            self.reject(error);
        }
        if handled > 0 {
            let lag = pace.lag(start.elapsed(), self.party.now());
            self.lag_max = self.lag_max.max(lag);
            self.keep_spans(lag);
        }
        handled
    }

    fn keep_spans(&mut self, lag: Duration) {
        let told = self.party.take_spans();
        if told.is_empty() {
            return;
        }
        if let Some(export) = &self.export {
            export.offer(&told, lag);
        }
        self.traces.keep(told);
    }

    fn promise(&mut self) {
        for (index, link) in self.links.iter_mut().enumerate() {
            let sent = std::mem::take(&mut link.sent_this_turn);
            let promise = match self.phase {
                Phase::Linking => None,
                Phase::Finished { .. } if link.closed_by_us => None,
                Phase::Finished { .. } => {
                    link.closed_by_us = true;
                    Some(Promise {
                        wants: CLOSING,
                        ..self.party.make_promise(index)
                    })
                }
                Phase::Running { .. } if sent => Some(self.party.make_promise(index)),
                Phase::Running { .. } => self.party.due_promise(index),
            };
            if let Some(promise) = promise {
                link.hosted.end.set_promise(promise);
            }
        }
    }

    fn transmit(&mut self) {
        let now = self.now_us();
        for link in self.links.iter_mut().filter(|link| !link.lost) {
            while let Some(bytes) = link.hosted.end.poll_transmit(now) {
                link.hosted.sink.put(bytes);
            }
        }
    }

    /// Wakes the actor for the next time-out of a link, or when the pace allows the next event.
    fn set_alarm(&mut self, ctx: &mut Context<Host>) {
        let timeouts = self
            .links
            .iter()
            .filter(|link| !link.lost)
            .filter_map(|link| link.hosted.end.next_timeout());
        let timeout = timeouts.min().map(|us| self.origin + Duration::from_micros(us));
        let paced = match self.phase {
            Phase::Running { start, pace } if pace != Pace::Max => {
                let next = self.party.next_own();
                (next < self.party.horizon()).then(|| start + pace.wall(next))
            }
            _ => None,
        };
        let Some(at) = timeout.into_iter().chain(paced).min() else {
            return;
        };
        if let Some((set, handle)) = self.alarm {
            if set <= at && set > Instant::now() {
                return;
            }
            ctx.cancel_future(handle);
        }
        let wait = at
            .saturating_duration_since(Instant::now())
            .max(Duration::from_micros(200));
        let handle = ctx.run_later(wait, |host, ctx| {
            host.alarm = None;
            host.ask_for_turn(ctx);
        });
        self.alarm = Some((at, handle));
    }

    /// Nothing that belongs to this node's account can change any more.
    fn is_settled(&self) -> bool {
        matches!(self.phase, Phase::Finished { .. })
            && self
                .links
                .iter()
                .all(|link| link.lost || link.closed_by_neighbour)
    }

    fn node(&self) -> Option<&BoxedParticipant> {
        self.party.nodes().next().map(|(_, node)| node)
    }
}

impl Actor for Host {
    type Context = Context<Host>;

    fn started(&mut self, ctx: &mut Context<Host>) {
        ctx.set_mailbox_capacity(MAILBOX_FRAMES);
        self.ask_for_turn(ctx);
    }
}

#[derive(actix::Message)]
#[rtype(result = "()")]
struct Turn;

impl Handler<Turn> for Host {
    type Result = ();

    fn handle(&mut self, _: Turn, ctx: &mut Context<Host>) {
        self.turn_pending = false;
        self.turn(ctx);
    }
}

impl Handler<Frame> for Host {
    type Result = ();

    fn handle(&mut self, frame: Frame, ctx: &mut Context<Host>) {
        self.take_frame(frame.link, &frame.bytes);
        self.ask_for_turn(ctx);
    }
}
