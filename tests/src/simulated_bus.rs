//! A live network on a made-up clock: the seats that participants' processes host, over a bus that loses, doubles, delays and
//! reorders their frames, with pauses, cuts and kills. Everything is a function of the scenario and the disturbances.
//!
//! What is simulated is the bus, the threads and the director's part at the barrier and the halt; the seats, their links and
//! parties, and the collecting of what they leave are those of every live run.

mod hosted;

use crate::dice::Dice;
use crate::disturbances::{Disturbances, Kill};
use hosted::{Hosted, Order};
use secnet_director::live_run::Collection;
use secnet_engine::NodeIndex;
use secnet_fabric::belonging::Belonging;
use secnet_fabric::report::{NodeStatus, Phase, ProcessResult};
use secnet_fabric::seat::{Ground, Wake};
use secnet_model::SimTime;
use secnet_results::{RunOutcome, RunReport};
use secnet_topology::{Layout, NodeKind, Scenario, World};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How often the director looks at its network.
const TICK_US: u64 = 50_000;
/// How long after the barrier emulated time starts.
const START_IN_US: u64 = 100_000;
/// An order takes up to so long to be heard.
const ORDER_US: u64 = 300_000;
/// No alarm is set for sooner, as in a live run.
const ALARM_MIN_US: u64 = 200;
/// Undisturbed, something moves on within this: several of the longest time-outs of a link.
const STILL_MAX_US: u64 = 10_000_000;

/// A run that has come to an end.
#[derive(Debug)]
pub struct SimulatedRun {
    pub outcome: RunOutcome,
    pub report: RunReport,
    pub facts: Facts,
}

/// What it took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts {
    pub wall: Duration,
    pub frames: u64,
    pub lost: u64,
    pub overtaken: u64,
    pub resent: u64,
    pub paused: u64,
    pub cut: u64,
    pub killed: u64,
}

/// Runs to the end. `Ok(None)`: a node was killed before emulated time began.
///
/// # Errors
/// When it does not come to an end although nothing disturbs it any more, or a node gives up.
///
/// # Panics
/// When the scenario is not valid.
pub fn run(
    scenario: &Scenario,
    disturbances: &Disturbances,
    number: u64,
) -> Result<Option<SimulatedRun>, String> {
    let world = Arc::new(World::new(scenario.clone()).unwrap_or_else(|error| panic!("{error}")));
    let layout = world.layout();
    Simulation::new(&world, &layout, disturbances, number).run()
}

enum Happening {
    Frame {
        to: NodeIndex,
        link: usize,
        bytes: Vec<u8>,
        number: u64,
    },
    Order {
        to: NodeIndex,
        order: Order,
    },
    Turn(NodeIndex),
    /// The director hears that the node is gone.
    Missed(NodeIndex),
    Tick,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    Barrier,
    Running,
    Collecting,
}

struct Simulation<'a> {
    world: &'a World,
    layout: &'a Layout,
    disturbances: &'a Disturbances,
    dice: Dice,
    hosted: Vec<Hosted>,
    /// By time, and in the order in which they were put down.
    agenda: BTreeMap<(u64, u64), Happening>,
    made: u64,
    now: u64,
    stage: Stage,
    missed: Vec<NodeIndex>,
    /// What has not happened yet.
    to_come: Disturbances,
    /// By the link's ends, the lower first: until when it carries nothing, and whether it holds what is under way.
    cut_until: BTreeMap<(NodeIndex, NodeIndex), (u64, bool)>,
    last_seen: BTreeMap<(NodeIndex, usize), u64>,
    disturbed_until: u64,
    moved: (u64, u64),
    facts: Facts,
}

impl Facts {
    pub fn add(&mut self, other: &Facts) {
        self.wall += other.wall;
        self.frames += other.frames;
        self.lost += other.lost;
        self.overtaken += other.overtaken;
        self.resent += other.resent;
        self.paused += other.paused;
        self.cut += other.cut;
        self.killed += other.killed;
    }
}

/// Takes the first of them out that is wished.
fn take_first<T>(those: &mut Vec<T>, is_wished: impl Fn(&T) -> bool) -> Option<T> {
    let at = those.iter().position(is_wished)?;
    Some(those.remove(at))
}

impl<'a> Simulation<'a> {
    fn new(
        world: &'a Arc<World>,
        layout: &'a Layout,
        disturbances: &'a Disturbances,
        number: u64,
    ) -> Simulation<'a> {
        let text = world.scenario.to_toml().unwrap_or_else(|error| panic!("{error}"));
        let ground = Ground {
            world,
            layout,
            run: "simulated",
            scenario: &text,
        };
        let nodes = (0..layout.kinds.len()).map(|index| NodeIndex(index as u16));
        let hosted = nodes.map(|node| Hosted::new(ground, world, node)).collect();
        let poor_until = disturbances.bus.poor_until.as_micros() as u64;
        let mut simulation = Simulation {
            world,
            layout,
            disturbances,
            dice: Dice::new(number, "simulated-bus"),
            hosted,
            agenda: BTreeMap::new(),
            made: 0,
            now: 0,
            stage: Stage::Barrier,
            missed: Vec::new(),
            to_come: disturbances.clone(),
            cut_until: BTreeMap::new(),
            last_seen: BTreeMap::new(),
            disturbed_until: poor_until,
            moved: (0, 0),
            facts: Facts::default(),
        };
        for index in 0..layout.kinds.len() {
            // Processes do not come all at once.
            let comes_at = simulation.dice.below(START_IN_US);
            simulation.ask_for_turn(NodeIndex(index as u16), comes_at);
        }
        simulation.put_down(0, Happening::Tick);
        simulation
    }

    fn run(mut self) -> Result<Option<SimulatedRun>, String> {
        while let Some(((at, _), happening)) = self.agenda.pop_first() {
            self.now = at;
            match happening {
                Happening::Frame {
                    to,
                    link,
                    bytes,
                    number,
                } => self.arrive(to, link, bytes, number),
                Happening::Order { to, order } => {
                    self.hosted[to.index()].orders.push(order);
                    self.ask_for_turn(to, at);
                }
                Happening::Turn(node) => self.turn(node),
                Happening::Missed(node) => {
                    if self.stage == Stage::Barrier {
                        return Ok(None);
                    }
                    self.missed.push(node);
                    self.halt();
                }
                Happening::Tick => {
                    if self.look()? {
                        return self.collect().map(Some);
                    }
                    self.put_down(at + TICK_US, Happening::Tick);
                }
            }
        }
        Err("nothing is to happen any more".to_owned())
    }

    fn put_down(&mut self, at: u64, happening: Happening) {
        self.made += 1;
        self.agenda.insert((at, self.made), happening);
    }

    fn ask_for_turn(&mut self, node: NodeIndex, at: u64) {
        let hosted = &mut self.hosted[node.index()];
        let at = at.max(hosted.stands_until);
        if hosted.turn_at.is_none_or(|before| at < before) {
            hosted.turn_at = Some(at);
            self.put_down(at, Happening::Turn(node));
        }
    }

    fn arrive(&mut self, to: NodeIndex, link: usize, bytes: Vec<u8>, number: u64) {
        let last = self.last_seen.entry((to, link)).or_default();
        self.facts.overtaken += u64::from(number < *last);
        *last = number.max(*last);
        let hosted = &mut self.hosted[to.index()];
        if hosted.seat.is_none() || hosted.mailbox.len() >= self.disturbances.bus.mailbox_frames {
            self.facts.lost += 1;
            return;
        }
        hosted.mailbox.push((link, bytes));
        self.ask_for_turn(to, self.now);
    }

    fn turn(&mut self, node: NodeIndex) {
        let hosted = &mut self.hosted[node.index()];
        if hosted.turn_at != Some(self.now) {
            // An earlier one was asked for since.
            return;
        }
        hosted.turn_at = None;
        if self.now < hosted.stands_until {
            let until = hosted.stands_until;
            self.ask_for_turn(node, until);
            return;
        }
        if !self.is_undisturbed(node) {
            return;
        }
        let hosted = &mut self.hosted[node.index()];
        let Some(seat) = &mut hosted.seat else { return };
        let clock = Duration::from_micros(self.now);
        for order in hosted.orders.drain(..) {
            match order {
                Order::Start { at } => {
                    let is_user = matches!(self.layout.kinds[node.index()], NodeKind::User(_));
                    let ready = self.disturbances.ready.filter(|_| is_user);
                    let ready = ready.map(|every| (every, self.world.horizon));
                    seat.start(Duration::from_micros(at), self.disturbances.pace, ready);
                }
                Order::Halt { lost } => seat.halt(&lost),
            }
        }
        for (link, bytes) in hosted.mailbox.drain(..) {
            seat.take_frame(link, &bytes, clock);
        }
        let wake = seat.turn(clock);
        let took = 1 + self.dice.below(self.disturbances.bus.turn_us);
        hosted.stands_until = self.now + took;
        let outgoing = std::mem::take(&mut *hosted.outgoing.frames());
        match wake {
            Wake::AtOnce => self.ask_for_turn(node, self.now),
            Wake::At(at) => {
                let at = u64::try_from(at.as_micros()).unwrap_or(u64::MAX);
                self.ask_for_turn(node, at.max(self.now + ALARM_MIN_US));
            }
            Wake::WhenTold => {}
        }
        for (link, bytes) in outgoing {
            self.carry(node, link, bytes);
        }
    }

    /// Takes a frame to the other end of the link, or does not.
    fn carry(&mut self, from: NodeIndex, link: usize, bytes: Vec<u8>) {
        let (to, its_link) = self.hosted[from.index()].links[link];
        self.facts.frames += 1;
        let number = self.facts.frames;
        let bus = self.disturbances.bus;
        let is_poor = self.now < bus.poor_until.as_micros() as u64;
        let cut = self.cut_until.get(&(from.min(to), from.max(to))).copied();
        let leaves_at = match cut.filter(|(until, _)| self.now < *until) {
            Some((until, true)) => until,
            Some((_, false)) => {
                self.facts.lost += 1;
                return;
            }
            None => self.now,
        };
        if is_poor && self.dice.below(100) < bus.lost {
            self.facts.lost += 1;
            return;
        }
        let copies = if is_poor && self.dice.below(100) < bus.doubled {
            2
        } else {
            1
        };
        for _ in 0..copies {
            let spread = if is_poor {
                bus.delay_spread_us
            } else {
                bus.delay_spread_us.min(300)
            };
            let arrives_at = leaves_at + bus.delay_min_us + self.dice.below(spread + 1);
            let frame = Happening::Frame {
                to,
                link: its_link,
                bytes: bytes.clone(),
                number,
            };
            self.put_down(arrives_at, frame);
        }
    }

    /// Whether the node may have its turn, once what is to disturb it by now has begun.
    fn is_undisturbed(&mut self, node: NodeIndex) -> bool {
        let hosted = &mut self.hosted[node.index()];
        let Some(seat) = &mut hosted.seat else {
            return false;
        };
        let Disturbances {
            pauses, cuts, kills, ..
        } = &mut self.to_come;
        if pauses.is_empty() && cuts.is_empty() && kills.is_empty() {
            return true;
        }
        let status = seat.status();
        let ends_after = |lasts: Duration| self.now + lasts.as_micros() as u64;
        while let Some(cut) = take_first(cuts, |cut| cut.link.0 == node && cut.at <= status.now) {
            let (a, b) = cut.link;
            let until = ends_after(cut.lasts);
            self.cut_until.insert((a.min(b), a.max(b)), (until, cut.holds));
            self.disturbed_until = self.disturbed_until.max(until);
            self.facts.cut += 1;
        }
        // One that has ended would have reported.
        let is_due = |kill: &Kill| kill.node == node && kill.at <= status.now && !status.settled;
        if let Some(kill) = take_first(kills, is_due) {
            hosted.seat = None;
            hosted.mailbox.clear();
            self.facts.killed += 1;
            let noticed_at = ends_after(kill.noticed_after);
            self.disturbed_until = self.disturbed_until.max(noticed_at);
            self.put_down(noticed_at, Happening::Missed(node));
            return false;
        }
        if let Some(pause) = take_first(pauses, |pause| pause.node == node && pause.at <= status.now) {
            let until = ends_after(pause.lasts);
            hosted.stands_until = until;
            self.disturbed_until = self.disturbed_until.max(until);
            self.facts.paused += 1;
            self.ask_for_turn(node, until);
            return false;
        }
        true
    }

    /// The director's look at its network; whether the run has ended.
    fn look(&mut self) -> Result<bool, String> {
        let mut moved = 0;
        let (mut is_linked, mut is_settled) = (true, true);
        for hosted in &mut self.hosted {
            let Some(seat) = &mut hosted.seat else {
                is_linked = false;
                continue;
            };
            let status = seat.status();
            if let Some(problem) = &status.problem {
                return Err(format!("{} gave up: {problem}", status.name));
            }
            is_linked &= status.links_up == status.links_total;
            is_settled &= status.settled;
            let received: u64 = status.links.iter().map(|link| link.received).sum();
            let flags = [status.settled, status.phase != Phase::Linking];
            let flags: u64 = flags.map(u64::from).iter().sum();
            moved += status.handled + u64::from(status.links_up) + received + flags;
            // Users that stay ready move on in ticks although nothing happens.
            moved = moved.wrapping_add(status.horizon.0);
            // Nobody hears of one that stands still.
            if self.now >= hosted.stands_until {
                hosted.heard = Some((status, seat.ledger()));
            }
        }
        if self.stage == Stage::Barrier && is_linked {
            self.stage = Stage::Running;
            let at = self.now + START_IN_US;
            // The pace is reason enough to stand still until then.
            let paced = self.disturbances.pace.wall(self.world.end).as_micros() as u64;
            self.disturbed_until = self.disturbed_until.max(at + paced);
            self.order(&Order::Start { at });
        }
        let all_noticed = self.facts.killed == self.missed.len() as u64;
        if self.stage != Stage::Barrier && is_settled && all_noticed {
            return Ok(true);
        }
        if moved != self.moved.0 || self.now < self.disturbed_until {
            self.moved = (moved, self.now);
        }
        if self.now - self.moved.1 > STILL_MAX_US {
            return Err(format!("nothing moves any more: {:#?}", self.waiting()));
        }
        Ok(false)
    }

    fn halt(&mut self) {
        self.stage = Stage::Collecting;
        let lost = self
            .missed
            .iter()
            .map(|node| self.layout.network.name(*node).to_owned());
        let lost = lost.collect();
        self.order(&Order::Halt { lost });
    }

    fn order(&mut self, order: &Order) {
        for index in 0..self.hosted.len() {
            let (to, order) = (NodeIndex(index as u16), order.clone());
            let heard_at = self.now + self.dice.below(ORDER_US);
            self.put_down(heard_at, Happening::Order { to, order });
        }
    }

    /// Who is not settled, and what for.
    fn waiting(&mut self) -> Vec<NodeStatus> {
        let seats = self.hosted.iter_mut().filter_map(|hosted| hosted.seat.as_mut());
        let statuses = seats.map(|seat| seat.status());
        statuses.filter(|status| !status.settled).collect()
    }

    fn collect(mut self) -> Result<SimulatedRun, String> {
        self.facts.wall = Duration::from_micros(self.now);
        let ran_for = Some(self.facts.wall);
        let mut collection = Collection::new(self.world, self.layout, self.disturbances.pace, ran_for);
        for (index, hosted) in self.hosted.iter_mut().enumerate() {
            let node = NodeIndex(index as u16);
            let process = self.layout.network.name(node).to_owned();
            match &mut hosted.seat {
                Some(seat) => collection.add_result(&ProcessResult {
                    belonging: Belonging {
                        run: "simulated".to_owned(),
                        scenario_hash: String::new(),
                    },
                    process,
                    nodes: vec![(seat.report(), seat.account())],
                    traces: seat.take_traces(),
                    spans_exported: 0,
                    spans_not_exported: 0,
                }),
                None => {
                    let (now, ledger) = match &hosted.heard {
                        Some((status, ledger)) => (status.now, Some(ledger)),
                        None => (SimTime::ZERO, None),
                    };
                    collection.add_lost(node, now, "killed", ledger);
                }
            }
        }
        let (outcome, facts) = collection.into_outcome().map_err(|error| error.to_string())?;
        self.facts.resent = facts.frames_resent;
        Ok(SimulatedRun {
            report: outcome.report(),
            outcome,
            facts: self.facts,
        })
    }
}
