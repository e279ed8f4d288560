//! What tracing costs: round trips per second with a share of them traced, against none traced in the same run.

use crate::bench::{Effort, Mark, live, round_trips};
use serde::Serialize;

const SHARES: [f64; 3] = [1.0 / 10_000.0, 1.0 / 100.0, 1.0];
/// Each share is measured so often, in turn with none traced; the median of the ratios counts.
const TURNS: usize = 5;
const TURNS_QUICK: usize = 1;
const IN_FLIGHT: u32 = 10_000;
/// The share of the speed that must be left with one in 10,000 traced.
const MARK: f64 = 0.98;

#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    pub driver: &'static str,
    pub traced: f64,
    /// Speed with tracing ÷ speed without, the median of several turns.
    pub ratio: f64,
    pub ratios: Vec<f64>,
}

pub fn measure(effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let turns = match effort {
        Effort::Quick => TURNS_QUICK,
        Effort::Full => TURNS,
    };
    let in_virtual_time = |traced| {
        let figure = round_trips::measure(IN_FLIGHT, 1, effort, traced)?;
        Ok(figure.round_trips_per_second)
    };
    let over_the_bus = |traced| Ok(live::measure(effort, traced)?.round_trips_per_second);
    let mut figures = of_driver("virtual", turns, in_virtual_time)?;
    figures.extend(of_driver("live", turns, over_the_bus)?);
    Ok(figures)
}

fn of_driver(
    driver: &'static str,
    turns: usize,
    speed: impl Fn(f64) -> anyhow::Result<f64>,
) -> anyhow::Result<Vec<Figure>> {
    let mut ratios = vec![Vec::new(); SHARES.len()];
    for _ in 0..turns {
        // Before and after: what drifts in between falls out.
        let mut before = speed(0.0)?;
        for (of_share, traced) in ratios.iter_mut().zip(SHARES) {
            let with = speed(traced)?;
            let after = speed(0.0)?;
            of_share.push(with / ((before + after) / 2.0));
            before = after;
        }
    }
    let figure = |(traced, mut ratios): (f64, Vec<f64>)| {
        ratios.sort_by(f64::total_cmp);
        Figure {
            driver,
            traced,
            ratio: ratios[ratios.len() / 2],
            ratios,
        }
    };
    Ok(SHARES.into_iter().zip(ratios).map(figure).collect())
}

impl Figure {
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
