//! A node's place in a live run: a party of one, its ends of the links, and how far the run has got, with neither a clock nor a
//! thread nor a bus of its own.
//!
//! All it adds to the state machines is when: frames come in, the party handles what it may, frames go out, and it says when it
//! must be looked at again. The shape is the link's: time is passed in, so that a network of seats can be run on a clock that is
//! made up (the tests' simulations) as well as on the wall's (`host`).

mod provenance;
mod reporting;

use crate::bus::FrameSink;
use secnet_accounts::Accountable;
use secnet_engine::draw::Stream;
use secnet_engine::party::party_links;
use secnet_engine::trace::TraceBook;
use secnet_engine::{Envelope, Network, Node, NodeIndex, Pace, Party, Promise};
use secnet_model::{SimDuration, SimTime};
use secnet_telemetry::SpanExport;
use secnet_topology::live_requests::TakenRequest;
use secnet_topology::scenario::RequestParams;
use secnet_topology::{Layout, TakesRequests, World};
use secnet_wire::Message;
use secnet_wire::link::{LinkConfig, LinkEnd, LinkError, Tuning};
use std::sync::Arc;
use std::time::Duration;

/// How many events one turn handles before frames are looked at again.
const TURN_EVENTS: usize = 2_048;

/// The run that seats are of, and the network it emulates.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    pub world: &'a World,
    pub layout: &'a Layout,
    pub run: &'a str,
    /// The scenario as it is written out: links between different ones do not come up.
    pub scenario: &'a str,
}

/// What a node is from the host's point of view.
pub trait Participant: Node<Message = Message> + Accountable + TakesRequests {}
impl<T: Node<Message = Message> + Accountable + TakesRequests> Participant for T {}

pub type BoxedParticipant = Box<dyn Participant>;
pub type BoxedSink = Box<dyn FrameSink + Send>;

/// A node, its ends of the links, and its part of the run.
pub struct Seat {
    name: String,
    index: NodeIndex,
    network: Arc<Network>,
    party: Party<BoxedParticipant>,
    links: Vec<Link>,
    end: SimTime,
    phase: Phase,
    arriving: Vec<Envelope<Message>>,
    problem: Option<String>,
    lag_max: Duration,
    /// What the node told of sampled items.
    traces: TraceBook,
    export: Option<SpanExport>,
    /// Turns in which nothing was handled because a link had no credit.
    turns_without_credit: u64,
}

/// One link of the node: the protocol's end, where its frames go, and what is known of the neighbour.
struct Link {
    neighbour: String,
    neighbour_index: NodeIndex,
    end: LinkEnd,
    sink: BoxedSink,
    sent_this_turn: bool,
    /// The neighbour has said that it will send nothing more.
    closed_by_neighbour: bool,
    closed_by_us: bool,
    /// The neighbour's process is gone: nothing is expected of it.
    lost: bool,
}

impl Link {
    fn new(ground: Ground<'_>, neighbour: NodeIndex, sink: BoxedSink) -> Link {
        let name = ground.layout.network.name(neighbour).to_owned();
        Link {
            end: LinkEnd::new(LinkConfig {
                run: ground.run.to_owned(),
                config_hash: Stream::named(ground.scenario).0,
                session: 1,
                peer: name.clone(),
                tuning: Tuning::default(),
            }),
            neighbour: name,
            neighbour_index: neighbour,
            sink,
            sent_this_turn: false,
            closed_by_neighbour: false,
            closed_by_us: false,
            lost: false,
        }
    }
}

/// The nodes that a node has links with, in the order of its links.
pub fn neighbours(network: &Network, node: NodeIndex) -> Vec<NodeIndex> {
    let links = party_links(network, &parties_of_one(network), node.index());
    links
        .into_iter()
        .map(|link| NodeIndex(link.neighbour as u16))
        .collect()
}

/// By node, the party it is of: live, each its own.
fn parties_of_one(network: &Network) -> Vec<usize> {
    (0..network.nodes.len()).collect()
}

/// When a seat wants its next turn; a frame or an order before then is reason enough for one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wake {
    AtOnce,
    /// On the clock whose readings it is given.
    At(Duration),
    WhenTold,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Phase {
    /// Links are coming up; emulated time has not started.
    Linking,
    Running {
        start: Duration,
        pace: Pace,
    },
    /// The party will handle nothing more: it has reached the end, or the run was halted.
    Finished {
        reached_end: bool,
    },
}

/// A promise that wants nothing: its sender handles and sends nothing any more.
const CLOSING: SimTime = SimTime::NEVER;

impl Seat {
    /// The node's seat. `sinks` take the frames for each of its [`neighbours`], in their order.
    pub fn new(
        ground: Ground<'_>,
        node: NodeIndex,
        participant: BoxedParticipant,
        sinks: Vec<BoxedSink>,
        export: Option<SpanExport>,
    ) -> Seat {
        let Ground { world, layout, .. } = ground;
        let network = Arc::new(layout.network.clone());
        let party = Party::new(
            Arc::clone(&network),
            &parties_of_one(&network),
            node.index(),
            vec![(node, participant)],
            world.end,
        );
        let name = network.name(node).to_owned();
        let links = neighbours(&network, node).into_iter().zip(sinks);
        let links = links.map(|(neighbour, sink)| Link::new(ground, neighbour, sink));
        Seat {
            name,
            index: node,
            links: links.collect(),
            network,
            party,
            end: world.end,
            phase: Phase::Linking,
            arriving: Vec::new(),
            problem: None,
            lag_max: Duration::ZERO,
            traces: TraceBook::new(world.scenario.tracing.spans_max as usize),
            export,
            turns_without_credit: 0,
        }
    }

    /// Starts emulated time at `start`, unless it has started. `ready`: it takes requests from outside, promises no further ahead
    /// than that, and until when.
    pub fn start(&mut self, start: Duration, pace: Pace, ready: Option<(SimDuration, SimTime)>) {
        if self.phase != Phase::Linking {
            return;
        }
        if let Some((every, until)) = ready {
            self.party.stay_ready(every, until);
        }
        self.phase = Phase::Running { start, pace };
    }

    /// Ends the run where it is: nothing more is handled, what is under way is counted. The neighbours named are gone.
    pub fn halt(&mut self, lost: &[String]) {
        if !matches!(self.phase, Phase::Finished { .. }) {
            self.phase = Phase::Finished { reached_end: false };
        }
        for link in &mut self.links {
            link.lost |= lost.contains(&link.neighbour);
        }
    }

    /// Gives the node, a User's, a request from outside.
    pub fn take_request(&mut self, request: RequestParams, now: Duration) -> Result<TakenRequest, String> {
        if matches!(self.phase, Phase::Finished { .. }) {
            return Err("the run has ended".to_owned());
        }
        let clock = match self.phase {
            Phase::Running { start, pace } if pace != Pace::Max => pace.limit(now.saturating_sub(start)),
            _ => SimTime::ZERO,
        };
        let earliest = self.party.earliest_entry().max(clock);
        if earliest >= self.end {
            return Err(format!(
                "{} has promised the others to send nothing any more; with `--interactive` it would not have",
                self.name
            ));
        }
        self.party
            .change(self.index, |node| node.take_request(request, earliest))
            .unwrap_or_else(|| Err(format!("{} is not here", self.name)))
    }

    /// Takes in what came over a link. To be followed by a turn.
    pub fn take_frame(&mut self, link: usize, bytes: &[u8], now: Duration) {
        let now = now.as_micros() as u64;
        let state = &mut self.links[link];
        let received = match state.end.handle_frame(bytes, now, &mut self.arriving) {
            Ok(received) => received,
            Err(error) => {
                self.reject(error);
                return;
            }
        };
        let neighbour = state.neighbour_index;
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

    /// One turn: handle, promise, transmit, and say when to come back if nothing else happens before.
    pub fn turn(&mut self, now: Duration) -> Wake {
        let handled = self.handle_events(now);
        if self.party.is_finished() && matches!(self.phase, Phase::Running { .. }) {
            self.phase = Phase::Finished { reached_end: true };
        }
        self.promise();
        self.transmit(now);
        if handled == TURN_EVENTS {
            Wake::AtOnce
        } else {
            self.next_wake()
        }
    }

    fn handle_events(&mut self, now: Duration) -> usize {
        let Phase::Running { start, pace } = self.phase else {
            return 0;
        };
        // Out of credit, emulated time waits.
        if self.links.iter().any(|link| !link.lost && !link.end.has_credit()) {
            self.turns_without_credit += 1;
            return 0;
        }
        let since_start = now.saturating_sub(start);
        let links = &mut self.links;
        let mut problem = None;
        let handled = self
            .party
            .run(pace.limit(since_start), TURN_EVENTS, |link, envelope| {
                links[link].sent_this_turn = true;
                if let Err(error) = links[link].end.send_envelope(&envelope) {
                    problem.get_or_insert(error);
                }
            });
        if let Some(error) = problem {
            self.reject(error);
        }
        if handled > 0 {
            let lag = pace.lag(since_start, self.party.now());
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
                link.end.set_promise(promise);
            }
        }
    }

    fn transmit(&mut self, now: Duration) {
        let now = now.as_micros() as u64;
        for link in self.links.iter_mut().filter(|link| !link.lost) {
            while let Some(bytes) = link.end.poll_transmit(now) {
                link.sink.put(bytes);
            }
        }
    }

    /// At the next time-out of a link, or when the pace allows the next event.
    fn next_wake(&mut self) -> Wake {
        let timeouts = self
            .links
            .iter()
            .filter(|link| !link.lost)
            .filter_map(|link| link.end.next_timeout());
        let timeout = timeouts.min().map(Duration::from_micros);
        let paced = match self.phase {
            Phase::Running { start, pace } if pace != Pace::Max => {
                let next = self.party.next_own();
                (next < self.party.horizon()).then(|| start + pace.wall(next))
            }
            _ => None,
        };
        timeout
            .into_iter()
            .chain(paced)
            .min()
            .map_or(Wake::WhenTold, Wake::At)
    }

    /// Nothing that belongs to this node's account can change any more.
    pub fn is_settled(&self) -> bool {
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
