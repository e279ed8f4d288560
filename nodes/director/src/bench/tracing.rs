//! What tracing costs: round trips per second with a share of them traced, against none traced in the same run.

use crate::bench::live;
use crate::bench::round_trips::Stretch;
use crate::bench::scenarios::{self, RoundTrips};
use crate::bench::{Effort, Mark};
use secnet_model::SimTime;
use secnet_topology::Bus;
use serde::Serialize;

const SHARES: [f64; 3] = [1.0 / 10_000.0, 1.0 / 100.0, 1.0];
/// Each share is measured so often, in turn with none traced; the median of the ratios counts.
const VIRTUAL_TURNS: usize = 60;
const VIRTUAL_TURNS_QUICK: usize = 10;
const LIVE_TURNS: usize = 7;
const LIVE_TURNS_QUICK: usize = 1;
const IN_FLIGHT: u32 = 10_000;
const PREMISES: u32 = 1_000_000;
const WARM_UP_S: u64 = 30;
/// Emulated seconds of one turn in virtual time: about a tenth of a second of wall time, so short that what else the machine
/// does weighs on both of a pair alike.
const TURN_S: u64 = 30;
/// The share of the speed that must be left with one in 10,000 traced.
const MARK: f64 = 0.98;

#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    pub driver: &'static str,
    pub traced: f64,
    /// Speed with tracing ÷ speed without, the median of several turns.
    pub ratio: f64,
    /// Ascending.
    pub ratios: Vec<f64>,
}

pub fn measure(effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let (virtual_turns, live_turns) = match effort {
        Effort::Quick => (VIRTUAL_TURNS_QUICK, LIVE_TURNS_QUICK),
        Effort::Full => (VIRTUAL_TURNS, LIVE_TURNS),
    };
    let mut figures = Vec::new();
    for traced in SHARES {
        figures.push(Figure::new(
            "virtual",
            traced,
            in_virtual_time(traced, virtual_turns)?,
        ));
    }
    let ratios = over_the_bus(live_turns, effort)?;
    let live = SHARES.into_iter().zip(ratios);
    figures.extend(live.map(|(traced, ratios)| Figure::new("live", traced, ratios)));
    Ok(figures)
}

/// Two networks in one process, one with tracing, take turns over the same emulated time.
fn in_virtual_time(traced: f64, turns: usize) -> anyhow::Result<Vec<f64>> {
    let network = |traced| {
        let world = scenarios::round_trips(RoundTrips {
            in_flight: IN_FLIGHT,
            premises: PREMISES,
            suppliers: 4,
            areas: &[],
            horizon_s: WARM_UP_S + TURN_S * turns as u64,
            traced,
        })?;
        anyhow::Ok(Stretch::new(&world, 1))
    };
    let mut without = network(0.0)?;
    let mut with = network(traced)?;
    let mut ratios = Vec::new();
    for turn in 0..=turns {
        let end = SimTime::from_secs(WARM_UP_S + TURN_S * turn as u64);
        let mut seconds = [0.0; 2];
        // Each is first as often as the other.
        let order = if turn % 2 == 0 { [0, 1] } else { [1, 0] };
        for which in order {
            let (wall, _) = [&mut without, &mut with][which].run_to(end)?;
            seconds[which] = wall.as_secs_f64();
        }
        // The first stretch is the warm-up.
        if turn > 0 {
            ratios.push(seconds[0] / seconds[1]);
        }
    }
    Ok(ratios)
}

/// By share: a run of its own for each, between two without tracing: what drifts falls out.
fn over_the_bus(turns: usize, effort: Effort) -> anyhow::Result<Vec<Vec<f64>>> {
    let speed = |traced| anyhow::Ok(live::measure(effort, traced, Bus::default())?.round_trips_per_second);
    let mut ratios = vec![Vec::new(); SHARES.len()];
    for _ in 0..turns {
        let mut before = speed(0.0)?;
        for (of_share, traced) in ratios.iter_mut().zip(SHARES) {
            let with = speed(traced)?;
            let after = speed(0.0)?;
            of_share.push(with / ((before + after) / 2.0));
            before = after;
        }
    }
    Ok(ratios)
}

impl Figure {
    fn new(driver: &'static str, traced: f64, mut ratios: Vec<f64>) -> Figure {
        ratios.sort_by(f64::total_cmp);
        Figure {
            driver,
            traced,
            ratio: ratios[ratios.len() / 2],
            ratios,
        }
    }

    /// Between which ratios half of the turns lie.
    pub fn middle_half(&self) -> (f64, f64) {
        let at = |quarters: usize| self.ratios[(self.ratios.len() - 1) * quarters / 4];
        (at(1), at(3))
    }

    pub fn mark(&self) -> Option<Mark> {
        (self.traced == SHARES[0]).then(|| {
            Mark::at_least(
                format!("{}, one in 10,000 traced ÷ none", self.driver),
                self.ratio,
                MARK,
            )
        })
    }
}
