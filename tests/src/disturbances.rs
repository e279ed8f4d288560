//! What happens to a simulated live network besides its traffic: a poor bus, processes that stand still, links that are cut,
//! processes that are killed. At random, each a function of its number.

use crate::dice::{Dice, MS, S};
use secnet_engine::{Network, NodeIndex, Pace};
use secnet_model::{SimDuration, SimTime};
use std::time::Duration;

/// What happens, and when. Everything but a kill passes: from then on the run must come to its end.
#[derive(Clone, Debug)]
pub struct Disturbances {
    pub pace: Pace,
    /// Users stay ready for requests from outside, and promise no further ahead.
    pub ready: Option<SimDuration>,
    pub bus: BusWeather,
    pub pauses: Vec<Pause>,
    pub cuts: Vec<Cut>,
    pub kills: Vec<Kill>,
}

/// How the bus carries frames.
#[derive(Clone, Copy, Debug)]
pub struct BusWeather {
    pub delay_min_us: u64,
    /// Above zero, frames overtake each other.
    pub delay_spread_us: u64,
    /// Of a hundred frames, until `poor_until`.
    pub lost: u64,
    pub doubled: u64,
    pub poor_until: Duration,
    /// Frames that wait at a node; more are dropped.
    pub mailbox_frames: usize,
    /// How long a turn takes at most.
    pub turn_us: u64,
}

/// A node that stands still, as its process does after SIGSTOP, once its emulated time has got so far.
#[derive(Clone, Copy, Debug)]
pub struct Pause {
    pub node: NodeIndex,
    pub at: SimTime,
    pub lasts: Duration,
}

/// A link that carries nothing for a while, once the emulated time of its first end has got so far.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    pub link: (NodeIndex, NodeIndex),
    pub at: SimTime,
    pub lasts: Duration,
    /// What is under way arrives afterwards; otherwise it is lost.
    pub holds: bool,
}

/// A node that is gone once its emulated time has got so far; the others are told after a while.
#[derive(Clone, Copy, Debug)]
pub struct Kill {
    pub node: NodeIndex,
    pub at: SimTime,
    pub noticed_after: Duration,
}

impl Disturbances {
    /// Those of that number. Every fourth has kills, all have something.
    pub fn random(number: u64, network: &Network, end: SimTime) -> Disturbances {
        let mut dice = Dice::new(number, "disturbances");
        let some_node = |dice: &mut Dice| NodeIndex(dice.below(network.nodes.len() as u64) as u16);
        let some_time = |dice: &mut Dice| match dice.below(4) {
            0 => SimTime::ZERO,
            _ => SimTime(dice.below(end.0)),
        };
        let lasts = |dice: &mut Dice| {
            Duration::from_micros(dice.span(&[MS, 10 * MS, 300 * MS, 3 * S, 20 * S]).as_micros())
        };
        let bus = BusWeather {
            delay_min_us: dice.between(20, 500),
            delay_spread_us: dice.one_of(&[0, 300, 5_000, 300_000]),
            lost: dice.one_of(&[0, 1, 10, 40]),
            doubled: dice.one_of(&[0, 0, 5, 50]),
            poor_until: lasts(&mut dice),
            mailbox_frames: dice.one_of(&[8_192, 64, 3]),
            turn_us: dice.one_of(&[1, 50, 1_000]),
        };
        let pauses = (0..dice.below(4)).map(|_| Pause {
            node: some_node(&mut dice),
            at: some_time(&mut dice),
            lasts: lasts(&mut dice),
        });
        let pauses = pauses.collect();
        let cuts = (0..dice.below(3)).map(|_| {
            let link = network.links[dice.below(network.links.len() as u64) as usize];
            Cut {
                link: (link.a, link.b),
                at: some_time(&mut dice),
                lasts: lasts(&mut dice),
                holds: dice.once_in(2),
            }
        });
        let cuts = cuts.collect();
        let kills = if number % 4 == 3 { 1 + dice.below(2) } else { 0 };
        let kills = (0..kills).map(|_| Kill {
            node: some_node(&mut dice),
            at: some_time(&mut dice),
            noticed_after: lasts(&mut dice),
        });
        let kills = kills.collect();
        let pace = match dice.below(4) {
            0 => Pace::WallTimes(end.as_secs_f64() / dice.between(1, 10) as f64),
            _ => Pace::Max,
        };
        let ready = dice
            .once_in(4)
            .then(|| SimDuration(dice.span(&[S, 60 * S, 3_600 * S]).as_micros()));
        Disturbances {
            pace,
            ready,
            bus,
            pauses,
            cuts,
            kills,
        }
    }
}
