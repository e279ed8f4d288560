//! Promises on random networks: no input before a promise it breaks, no deadlock, and one result however the
//! network is divided and however unevenly its parts are scheduled.

use proptest::prelude::*;
use secnet_engine::draw::Stream;
use secnet_engine::party::{Party, party_links};
use secnet_engine::{
    Directory, Draws, Envelope, Input, Link, Network, Node, NodeIndex, Outbox, Pace, Promise, VirtualDriver,
    Watch,
};
use secnet_model::{Address, SimDuration, SimTime, UserId};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

const END: SimTime = SimTime(20_000);

/// A node that remembers the order in which everything reached it, and answers, forwards or swallows by keyed draws.
#[derive(Clone)]
struct Toy {
    me: u16,
    draws: Draws,
    neighbours: Vec<(u16, SimDuration)>,
    deadline: SimTime,
    /// What it was given to do from outside the network.
    jobs: BTreeSet<SimTime>,
    seq: u64,
    heard: u64,
    history: u64,
}

impl Toy {
    fn note(&mut self, word: u64) {
        self.history = (self.history.rotate_left(7) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn send(&mut self, now: SimTime, out: &mut Outbox<u64>, hops: u64) {
        if self.neighbours.is_empty() || hops == 0 {
            return;
        }
        self.seq += 1;
        let key = |what| self.draws.bits(Stream::named(what), u64::from(self.me), self.seq);
        let (to, lookahead) = self.neighbours[key("to") as usize % self.neighbours.len()];
        // Often exactly at the lookahead, so that ties and edges are met.
        let extra = if key("edge") % 3 == 0 {
            0
        } else {
            key("extra") % 200
        };
        let due = now + lookahead + SimDuration(extra);
        out.send(
            Address::user(UserId(self.me)),
            Address::user(UserId(to)),
            self.seq,
            due,
            hops - 1,
        );
    }
}

impl Node for Toy {
    type Message = u64;

    fn handle(&mut self, now: SimTime, input: Input<'_, u64>, out: &mut Outbox<u64>) {
        match input {
            Input::Deadline if self.jobs.first().is_some_and(|job| *job <= now) => {
                self.jobs.pop_first();
                self.note(!now.0);
                self.send(now, out, 4);
                if self.deadline == now {
                    self.deadline = now + SimDuration(1);
                }
            }
            Input::Deadline => {
                self.note(now.0);
                let pause = 1 + self.draws.bits(Stream::named("pause"), u64::from(self.me), now.0) % 900;
                self.deadline = now + SimDuration(pause);
                self.send(now, out, 6);
            }
            Input::Message(envelope) => {
                self.heard += 1;
                self.note(envelope.due.0);
                self.note(u64::from(envelope.from.to_bits()) << 32 | envelope.seq);
                for _ in 0..self
                    .draws
                    .bits(Stream::named("fan"), u64::from(self.me), self.heard)
                    % 3
                {
                    self.send(now, out, envelope.message);
                }
            }
        }
    }

    fn next_deadline(&self) -> SimTime {
        self.jobs
            .first()
            .map_or(self.deadline, |job| self.deadline.min(*job))
    }
}

#[derive(Clone, Debug)]
struct Case {
    nodes: usize,
    /// (a, b, lookahead a→b, lookahead b→a)
    links: Vec<(usize, usize, u64, u64)>,
    /// Nodes without a timer of their own.
    silent: Vec<bool>,
    party_of: Vec<usize>,
    seed: u64,
}

fn cases() -> impl Strategy<Value = Case> {
    (2usize..9).prop_flat_map(|nodes| {
        let extra = prop::collection::vec((0..nodes, 0..nodes, 1u64..80, 1u64..80), 0..6);
        let tree = prop::collection::vec((any::<prop::sample::Index>(), 1u64..80, 1u64..80), nodes - 1);
        let silent = prop::collection::vec(prop::bool::weighted(0.4), nodes);
        let party_of = prop::collection::vec(0usize..4, nodes);
        (tree, extra, silent, party_of, any::<u64>()).prop_map(
            move |(tree, extra, silent, party_of, seed)| {
                let grown = tree
                    .iter()
                    .enumerate()
                    .map(|(i, (to, out, back))| (i + 1, to.index(i + 1), *out, *back));
                let mut links: Vec<_> = grown.collect();
                for (a, b, out, back) in extra {
                    let known = links.iter().any(|l| (l.0, l.1) == (a, b) || (l.1, l.0) == (a, b));
                    if a != b && !known {
                        links.push((a, b, out, back));
                    }
                }
                Case {
                    nodes,
                    links,
                    silent,
                    party_of: dense(&party_of),
                    seed,
                }
            },
        )
    })
}

/// Renumbers parties without gaps.
fn dense(party_of: &[usize]) -> Vec<usize> {
    let mut names: Vec<usize> = Vec::new();
    let mut number = |party: usize| {
        names.iter().position(|name| *name == party).unwrap_or_else(|| {
            names.push(party);
            names.len() - 1
        })
    };
    party_of.iter().map(|party| number(*party)).collect()
}

impl Case {
    fn network(&self) -> Arc<Network> {
        let index = |i: usize| NodeIndex(i as u16);
        let link = |(a, b, out, back): &(usize, usize, u64, u64)| Link {
            a: index(*a),
            b: index(*b),
            a_to_b_min: SimDuration(*out),
            b_to_a_min: SimDuration(*back),
        };
        Arc::new(Network {
            nodes: (0..self.nodes).map(|i| format!("toy-{i}")).collect(),
            links: self.links.iter().map(link).collect(),
            directory: Directory {
                users: (0..self.nodes).map(index).collect(),
                ..Directory::default()
            },
        })
    }

    fn toys(&self, network: &Network) -> Vec<Toy> {
        let toy = |i: usize| Toy {
            me: i as u16,
            draws: Draws::new(self.seed),
            neighbours: network
                .neighbours(NodeIndex(i as u16))
                .map(|(n, out, _)| (n.0, out))
                .collect(),
            deadline: if self.silent[i] {
                SimTime::NEVER
            } else {
                SimTime(i as u64 % 3)
            },
            jobs: BTreeSet::new(),
            seq: 0,
            heard: 0,
            history: 0,
        };
        (0..self.nodes).map(toy).collect()
    }

    fn run_threads(&self, thread_of: Vec<usize>, jobs: &[(usize, SimTime)]) -> Vec<u64> {
        let network = self.network();
        let mut nodes = self.toys(&network);
        for (node, at) in jobs {
            nodes[*node].jobs.insert(*at);
        }
        let driver = VirtualDriver {
            network,
            nodes,
            thread_of,
            end: END,
            pace: Pace::Max,
            spans_max: 0,
        };
        let finished = driver.run(&Watch::default());
        assert!(finished.reached_end);
        assert_eq!(finished.violations.total(), 0);
        let undelivered = finished.undelivered.len() as u64;
        finished
            .nodes
            .iter()
            .map(|toy| toy.history)
            .chain([undelivered])
            .collect()
    }

    /// Parties that exchange frames over slow, uneven channels: which party moves or which frame arrives next is drawn. Up to
    /// `jobs_max` times a node is given something to do from outside; returns whom and for when, too.
    fn run_uneven(&self, schedule: u64, jobs_max: usize) -> (Vec<u64>, Vec<(usize, SimTime)>) {
        let network = self.network();
        let parties = self.party_of.iter().max().map_or(0, |last| last + 1);
        let mut members: Vec<Vec<(NodeIndex, Toy)>> = vec![Vec::new(); parties];
        for (i, toy) in self.toys(&network).into_iter().enumerate() {
            members[self.party_of[i]].push((NodeIndex(i as u16), toy));
        }
        let links: Vec<_> = (0..parties)
            .map(|me| party_links(&network, &self.party_of, me))
            .collect();
        let mut parties: Vec<Party<Toy>> = members
            .into_iter()
            .enumerate()
            .map(|(me, nodes)| Party::new(Arc::clone(&network), &self.party_of, me, nodes, END))
            .collect();
        type Channel = VecDeque<(Vec<Envelope<u64>>, Promise)>;
        let mut channels: Vec<Vec<Channel>> = links.iter().map(|l| vec![Channel::new(); l.len()]).collect();
        let draws = Draws::new(schedule);
        let mut jobs = Vec::new();
        if jobs_max > 0 {
            for (me, party) in parties.iter_mut().enumerate() {
                let every = draws.below(2_000, Stream::named("ready"), me as u64, 0);
                if every > 0 {
                    party.stay_ready(SimDuration(every), SimTime(15_000));
                }
            }
        }
        let mut quiet = 0;
        for step in 0.. {
            if parties.iter_mut().all(Party::is_finished) && channels.iter().flatten().all(VecDeque::is_empty)
            {
                break;
            }
            assert!(quiet < 2_000, "no progress: {self:?}");
            let me = draws.below(parties.len() as u64, Stream::named("party"), 0, step) as usize;
            // Some of what has been sent to this party arrives.
            for (link, end) in links[me].iter().enumerate() {
                let back = links[end.neighbour]
                    .iter()
                    .position(|l| l.neighbour == me)
                    .unwrap_or(0);
                for _ in 0..draws.below(3, Stream::named("arrivals"), link as u64, step) {
                    let Some((envelopes, promise)) = channels[end.neighbour][back].pop_front() else {
                        break;
                    };
                    envelopes
                        .into_iter()
                        .for_each(|envelope| parties[me].deliver(link, envelope));
                    parties[me].hear(link, &promise);
                    quiet = 0;
                }
            }
            if jobs.len() < jobs_max && draws.below(4, Stream::named("job"), 0, step) == 0 {
                let here: Vec<usize> = (0..self.nodes).filter(|i| self.party_of[*i] == me).collect();
                let node = here[draws.below(here.len() as u64, Stream::named("whose"), 0, step) as usize];
                let wait = draws.below(3, Stream::named("wait"), 0, step) * 150;
                let at = parties[me].earliest_entry() + SimDuration(wait);
                let is_new = |toy: &mut Toy| toy.jobs.insert(at);
                if at < END && parties[me].change(NodeIndex(node as u16), is_new) == Some(true) {
                    jobs.push((node, at));
                }
            }
            let mut leaving = vec![Vec::new(); links[me].len()];
            let batch = 1 + draws.below(20, Stream::named("batch"), 0, step) as usize;
            let handled = parties[me].run(SimTime::NEVER, batch, |link, envelope| {
                leaving[link].push(envelope)
            });
            quiet = if handled > 0 { 0 } else { quiet + 1 };
            for (link, envelopes) in leaving.into_iter().enumerate() {
                let promise = if envelopes.is_empty() {
                    parties[me].due_promise(link)
                } else {
                    Some(parties[me].make_promise(link))
                };
                if let Some(promise) = promise {
                    channels[me][link].push_back((envelopes, promise));
                }
            }
        }
        assert!(parties.iter().all(|party| party.violations().total() == 0));
        let undelivered = parties.iter().map(Party::undelivered_count).sum::<usize>() as u64;
        let mut toys: Vec<_> = parties.into_iter().flat_map(Party::into_nodes).collect();
        toys.sort_by_key(|(index, _)| *index);
        let histories = toys.iter().map(|(_, toy)| toy.history);
        (histories.chain([undelivered]).collect(), jobs)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn uneven_parties_agree_with_one_queue(case in cases(), schedule in any::<u64>()) {
        let whole = case.run_threads(vec![0; case.nodes], &[]);
        prop_assert_eq!(&case.run_uneven(schedule, 0).0, &whole);
        let one_each = Case { party_of: (0..case.nodes).collect(), ..case };
        prop_assert_eq!(&one_each.run_uneven(schedule, 0).0, &whole);
    }

    /// A run that nodes were given things to do in is the run in which they had them to do from the start.
    #[test]
    fn what_came_from_outside_can_be_run_again(case in cases(), schedule in any::<u64>()) {
        for case in [Case { party_of: (0..case.nodes).collect(), ..case.clone() }, case] {
            let (histories, jobs) = case.run_uneven(schedule, 20);
            prop_assert_eq!(&histories, &case.run_threads(vec![0; case.nodes], &jobs));
        }
    }

    #[test]
    fn threads_agree_with_one_thread(case in cases()) {
        prop_assert_eq!(case.run_threads(case.party_of.clone(), &[]), case.run_threads(vec![0; case.nodes], &[]));
    }
}

/// On a tree nobody has to creep: a day without events takes a handful of promises.
#[test]
fn idle_neighbours_do_not_creep() {
    let links = vec![(1, 0, 1, 1), (2, 0, 1, 1), (3, 1, 1, 1)];
    let case = Case {
        nodes: 4,
        links,
        silent: vec![true; 4],
        party_of: vec![0, 1, 2, 3],
        seed: 0,
    };
    let network = case.network();
    let mut parties: Vec<Party<Toy>> = case
        .toys(&network)
        .into_iter()
        .enumerate()
        .map(|(i, toy)| {
            Party::new(
                Arc::clone(&network),
                &case.party_of,
                i,
                vec![(NodeIndex(i as u16), toy)],
                SimTime(86_400_000_000),
            )
        })
        .collect();
    let links: Vec<_> = (0..4)
        .map(|me| party_links(&network, &case.party_of, me))
        .collect();
    let mut promises = 0;
    for _ in 0..10 {
        for me in 0..4 {
            for link in 0..links[me].len() {
                let Some(promise) = parties[me].due_promise(link) else {
                    continue;
                };
                let neighbour = links[me][link].neighbour;
                let back = links[neighbour]
                    .iter()
                    .position(|l| l.neighbour == me)
                    .unwrap_or(0);
                parties[neighbour].hear(back, &promise);
                promises += 1;
            }
        }
    }
    assert!(parties.iter_mut().all(Party::is_finished));
    assert!(promises <= 18, "{promises} promises for six ends of links");
}
