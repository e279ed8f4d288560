//! What it costs that the bus takes only its own: live round trips per second against an open bus in the same run.

use crate::bench::{Effort, Mark, live};
use secnet_topology::Bus;
use serde::Serialize;

const TURNS: usize = 7;
const TURNS_QUICK: usize = 1;
/// The share of the speed that should be left where the bus is as it usually is.
const MARK: f64 = 0.85;

#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    pub bus: &'static str,
    /// Speed ÷ speed on an open bus, the median of several turns.
    pub ratio: f64,
    /// Ascending.
    pub ratios: Vec<f64>,
}

/// Each kind of bus runs between two open ones: what drifts falls out.
pub fn measure(effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let turns = match effort {
        Effort::Quick => TURNS_QUICK,
        Effort::Full => TURNS,
    };
    let speed = |bus| anyhow::Ok(live::measure(effort, 0.0, bus)?.round_trips_per_second);
    let kinds = [Bus::Authenticated, Bus::Encrypted];
    let mut ratios = [Vec::new(), Vec::new()];
    let mut before = speed(Bus::Open)?;
    for _ in 0..turns {
        for (of_kind, bus) in ratios.iter_mut().zip(kinds) {
            let with = speed(bus)?;
            let after = speed(Bus::Open)?;
            of_kind.push(with / ((before + after) / 2.0));
            before = after;
        }
    }
    let figure = |(bus, mut ratios): (Bus, Vec<f64>)| {
        ratios.sort_by(f64::total_cmp);
        Figure {
            bus: bus.word(),
            ratio: ratios[ratios.len() / 2],
            ratios,
        }
    };
    Ok(kinds.into_iter().zip(ratios).map(figure).collect())
}

impl Figure {
    pub fn mark(&self) -> Option<Mark> {
        let is_usual = self.bus == Bus::default().word();
        is_usual.then(|| Mark::at_least(format!("live, {} ÷ open", self.bus), self.ratio, MARK))
    }
}
