//! A party: some nodes that share a queue and handle their events in order, as far as their neighbours' promises reach.
//! The live driver hosts one node per party, the virtual driver one party per thread.

use crate::deadlines::Deadlines;
use crate::envelope::Envelope;
use crate::network::{Network, NodeIndex};
use crate::node::{Input, Node, Outbox};
use crate::promise::{Promise, Promises};
use crate::queue::EventQueue;
use crate::trace::Span;
use crate::violated;
use crate::violations::Violations;
use secnet_model::{SimDuration, SimTime};
use std::sync::Arc;

/// Nodes that share a queue and handle its events in one order.
pub struct Party<N: Node> {
    network: Arc<Network>,
    nodes: Vec<N>,
    members: Vec<NodeIndex>,
    /// By node of the network: where it is from here.
    places: Vec<Place>,
    /// By (sender, receiver): the link's lookahead; zero where there is no link.
    lookaheads: Vec<SimDuration>,
    queue: EventQueue<N::Message>,
    deadlines: Deadlines,
    promises: Promises,
    outbox: Outbox<N::Message>,
    /// What the nodes told of sampled items, until the driver takes it.
    spans: Vec<(NodeIndex, Span)>,
    now: SimTime,
    end: SimTime,
    readiness: Option<Readiness>,
    handled: u64,
    violations: Violations,
}

/// Of a party that stays ready for what comes from outside the network: it promises nothing past the next of its ticks.
/// No event, and nothing that a node or a result could see.
#[derive(Clone, Copy, Debug)]
struct Readiness {
    every: SimDuration,
    until: SimTime,
    /// "Never" once it is over.
    next: SimTime,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    /// A node of this party, by its place in `nodes`.
    Here(u16),
    /// In the neighbour party at the other end of this link.
    Over(u16),
    Unreachable,
}

/// One end of the links between two parties, as bundled into one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartyLink {
    /// Which of the parties is the neighbour.
    pub neighbour: usize,
    /// The shortest delay of a message to the neighbour.
    pub lookahead_out: SimDuration,
    /// The shortest delay of a message from the neighbour.
    pub lookahead_in: SimDuration,
}

/// The neighbours of party `me`, where `party_of` says which party each node belongs to; ascending by party.
pub fn party_links(network: &Network, party_of: &[usize], me: usize) -> Vec<PartyLink> {
    let mut links: Vec<PartyLink> = Vec::new();
    for link in &network.links {
        let (a, b) = (party_of[link.a.index()], party_of[link.b.index()]);
        let (neighbour, lookahead_out, lookahead_in) = match (a == me, b == me) {
            (true, false) => (b, link.a_to_b_min, link.b_to_a_min),
            (false, true) => (a, link.b_to_a_min, link.a_to_b_min),
            _ => continue,
        };
        match links.iter_mut().find(|known| known.neighbour == neighbour) {
            Some(known) => {
                known.lookahead_out = known.lookahead_out.min(lookahead_out);
                known.lookahead_in = known.lookahead_in.min(lookahead_in);
            }
            None => links.push(PartyLink {
                neighbour,
                lookahead_out,
                lookahead_in,
            }),
        }
    }
    links.sort_by_key(|link| link.neighbour);
    links
}

impl<N: Node> Party<N>
where
    N::Message: Copy,
{
    /// The party `me` of those `party_of` divides the network into, with its nodes in the order of the network.
    /// Nothing due at `end` or later is handled.
    pub fn new(
        network: Arc<Network>,
        party_of: &[usize],
        me: usize,
        nodes: Vec<(NodeIndex, N)>,
        end: SimTime,
    ) -> Party<N> {
        let links = party_links(&network, party_of, me);
        let mut promises = Promises::new();
        for link in &links {
            promises.add_link(link.lookahead_out, link.lookahead_in);
        }
        let (members, nodes): (Vec<NodeIndex>, Vec<N>) = nodes.into_iter().unzip();
        let place = |node: usize| {
            if let Some(here) = members.iter().position(|member| member.index() == node) {
                return Place::Here(here as u16);
            }
            let link = links.iter().position(|link| link.neighbour == party_of[node]);
            link.map_or(Place::Unreachable, |link| Place::Over(link as u16))
        };
        let count = network.nodes.len();
        let mut lookaheads = vec![SimDuration::ZERO; count * count];
        for link in &network.links {
            lookaheads[link.a.index() * count + link.b.index()] = link.a_to_b_min;
            lookaheads[link.b.index() * count + link.a.index()] = link.b_to_a_min;
        }
        let mut deadlines = Deadlines::new(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            deadlines.set(index, node.next_deadline());
        }
        Party {
            places: (0..count).map(place).collect(),
            lookaheads,
            network,
            nodes,
            members,
            queue: EventQueue::new(),
            deadlines,
            promises,
            outbox: Outbox::new(),
            spans: Vec::new(),
            now: SimTime::ZERO,
            end,
            readiness: None,
            handled: 0,
            violations: Violations::default(),
        }
    }

    /// Takes in an envelope that came over `link`.
    #[inline]
    pub fn deliver(&mut self, link: usize, envelope: Envelope<N::Message>) {
        if !self.promises.received(link, envelope.due) {
            violated!(
                self.violations.promise_broken,
                "{:?} breaks its sender's promise",
                envelope.order()
            );
        }
        self.queue.push(&envelope);
    }

    /// Takes in an envelope that had arrived before: a party that goes on from a checkpoint is made of its nodes and
    /// what was [`undelivered`](Party::undelivered).
    pub fn take_back(&mut self, envelope: Envelope<N::Message>) {
        self.queue.push(&envelope);
    }

    /// Takes in a promise that came over `link`, after the envelopes sent before it.
    pub fn hear(&mut self, link: usize, promise: &Promise) {
        self.promises.heard(link, promise);
    }

    /// Handles events in order, up to `events_max` of them, none due at `until` or later and none a neighbour could
    /// still precede. `send` takes what goes to neighbours. Returns how many were handled.
    pub fn run(
        &mut self,
        until: SimTime,
        events_max: usize,
        mut send: impl FnMut(usize, Envelope<N::Message>),
    ) -> usize {
        let mut limit = self.limit(until);
        let mut handled = 0;
        while handled < events_max {
            let deadline = self.deadlines.earliest();
            let first_due = self.queue.first_due();
            let next = deadline.min(first_due);
            if next >= limit {
                if self.tick(next, until) {
                    limit = self.limit(until);
                    continue;
                }
                return handled;
            }
            handled += 1;
            if next < self.now {
                violated!(self.violations.time_went_back, "{next:?} after {:?}", self.now);
            }
            self.now = self.now.max(next);
            self.handled += 1;
            // At the same moment a deadline comes before a message.
            let here = if deadline <= first_due {
                let here = self.deadlines.earliest_index();
                self.nodes[here].handle(self.now, Input::Deadline, &mut self.outbox);
                here
            } else {
                let Some(envelope) = self.queue.pop() else {
                    return handled - 1;
                };
                let node = self.network.directory.node(envelope.to);
                let Some(Place::Here(here)) = node.map(|node| self.places[node.index()]) else {
                    violated!(self.violations.sent_without_link, "{} is not here", envelope.to);
                    continue;
                };
                let here = usize::from(here);
                self.nodes[here].handle(self.now, Input::Message(envelope), &mut self.outbox);
                here
            };
            let next_deadline = self.nodes[here].next_deadline();
            if deadline <= first_due && next_deadline <= self.now {
                violated!(
                    self.violations.stuck_deadline,
                    "{} stays at {next_deadline:?}",
                    self.member(here)
                );
                self.deadlines.set(here, SimTime::NEVER);
            } else {
                self.deadlines.set(here, next_deadline);
            }
            if self.outbox.has_spans() {
                let member = self.members[here];
                self.spans
                    .extend(self.outbox.drain_spans().map(|span| (member, span)));
            }
            if !self.outbox.is_empty() {
                limit = limit.min(self.post(here, &mut send));
            }
        }
        handled
    }

    /// Before which time events may be handled.
    fn limit(&self, until: SimTime) -> SimTime {
        let tick = self.readiness.map_or(SimTime::NEVER, |readiness| readiness.next);
        self.promises.horizon().min(until).min(self.end).min(tick)
    }

    /// Moves on to the last tick before anything else can happen; `false` where it is not the ticks that hold up.
    fn tick(&mut self, next: SimTime, until: SimTime) -> bool {
        let limit = self.promises.horizon().min(until).min(self.end);
        let Some(readiness) = &mut self.readiness else {
            return false;
        };
        if readiness.next > next || readiness.next >= limit {
            return false;
        }
        let ahead = next.min(limit).since(readiness.next).as_micros();
        let every = readiness.every.as_micros();
        let next = readiness.next + SimDuration::from_micros((ahead / every + 1) * every);
        readiness.next = if next < readiness.until {
            next
        } else {
            SimTime::NEVER
        };
        true
    }

    /// Queues or sends on what the node `here` put out; returns the earliest bound the sends leave.
    fn post(&mut self, here: usize, send: &mut impl FnMut(usize, Envelope<N::Message>)) -> SimTime {
        let sender = self.members[here].index() * self.network.nodes.len();
        let mut limit = SimTime::NEVER;
        // By reference: an envelope is copied once, from the outbox to where it waits.
        for envelope in self.outbox.envelopes() {
            let Some(node) = self.network.directory.node(envelope.to) else {
                violated!(
                    self.violations.sent_without_link,
                    "nobody answers to {}",
                    envelope.to
                );
                continue;
            };
            let lookahead = self.lookaheads[sender + node.index()];
            if lookahead == SimDuration::ZERO {
                violated!(self.violations.sent_without_link, "no link to {}", envelope.to);
                continue;
            }
            if envelope.due < self.now + lookahead {
                violated!(
                    self.violations.sent_inside_lookahead,
                    "{} sent to {} at {:?}, due {:?}, lookahead {lookahead}",
                    envelope.from,
                    envelope.to,
                    self.now,
                    envelope.due
                );
            }
            match self.places[node.index()] {
                Place::Here(_) => self.queue.push(envelope),
                Place::Over(link) => {
                    let link = usize::from(link);
                    self.promises.sent(link, envelope.due);
                    limit = limit.min(self.promises.bound(link));
                    send(link, *envelope);
                }
                Place::Unreachable => {
                    violated!(self.violations.sent_without_link, "no way to {}", envelope.to);
                }
            }
        }
        self.outbox.clear();
        limit
    }

    /// The promise to put on what goes over `link` anyway.
    pub fn make_promise(&mut self, link: usize) -> Promise {
        let next = self.next_own();
        self.promises.make_promise(link, next, self.end)
    }

    /// The promise `link`'s neighbour must be told now, if any.
    pub fn due_promise(&mut self, link: usize) -> Option<Promise> {
        let next = self.next_own();
        self.promises.due_promise(link, next, self.end)
    }

    /// Keeps the party ready for what comes from outside the network ([`Party::change`]): up to `until` it promises its
    /// neighbours nothing further ahead than `every`. Costs as many promises, and changes nothing else.
    pub fn stay_ready(&mut self, every: SimDuration, until: SimTime) {
        let every = every.max(SimDuration::from_micros(1));
        self.readiness = Some(Readiness {
            every,
            until,
            next: self.now + every,
        });
    }

    /// The earliest time at which a node may be given something to do that comes from outside the network: nothing of that
    /// time has been handled, and no promise is broken by what the node then sends.
    pub fn earliest_entry(&self) -> SimTime {
        let just_after = self.now + SimDuration::from_micros(1);
        self.promises.earliest_unpromised().max(just_after)
    }

    /// Changes a node from outside the network. What is to be done because of it must not be due before
    /// [`Party::earliest_entry`]. `None` where the node is not here.
    pub fn change<T>(&mut self, node: NodeIndex, change: impl FnOnce(&mut N) -> T) -> Option<T> {
        let here = self.members.iter().position(|member| *member == node)?;
        let result = change(&mut self.nodes[here]);
        self.deadlines.set(here, self.nodes[here].next_deadline());
        Some(result)
    }

    /// When the party's next event is; [`SimTime::NEVER`] when it will handle none before the end.
    pub fn next_own(&mut self) -> SimTime {
        let tick = self.readiness.map_or(SimTime::NEVER, |readiness| readiness.next);
        let next = self.queue.first_due().min(self.deadlines.earliest()).min(tick);
        if next < self.end { next } else { SimTime::NEVER }
    }

    /// Nothing more will be handled: no event is left before the end and none can come.
    pub fn is_finished(&mut self) -> bool {
        self.next_own().is_never() && self.promises.horizon() >= self.end
    }

    /// Emulated time of the last event handled.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// Before this time everything has come that ever will: it may be handled.
    pub fn horizon(&self) -> SimTime {
        self.promises.horizon()
    }

    /// Up to when `link`'s neighbour has promised.
    pub fn bound(&self, link: usize) -> SimTime {
        self.promises.bound(link)
    }

    /// How many events it has handled.
    pub fn handled(&self) -> u64 {
        self.handled
    }

    /// The broken contracts it has met.
    pub fn violations(&self) -> Violations {
        self.violations
    }

    /// Its nodes, with their places in the network.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeIndex, &N)> {
        self.members.iter().copied().zip(&self.nodes)
    }

    /// Envelopes that have arrived and not been handled.
    pub fn undelivered(&self) -> impl Iterator<Item = &Envelope<N::Message>> {
        self.queue.iter()
    }

    /// How many envelopes wait in its queue.
    pub fn undelivered_count(&self) -> usize {
        self.queue.len()
    }

    /// Takes what the nodes have told of sampled items since it was last taken, in the order of telling.
    pub fn take_spans(&mut self) -> Vec<(NodeIndex, Span)> {
        std::mem::take(&mut self.spans)
    }

    /// Its nodes, once it is over.
    pub fn into_nodes(self) -> Vec<(NodeIndex, N)> {
        self.members.into_iter().zip(self.nodes).collect()
    }

    fn member(&self, here: usize) -> &str {
        self.network.name(self.members[here])
    }
}
