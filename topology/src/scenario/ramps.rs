//! Ramps: workloads whose rate grows or shrinks over time, so that one run shows where the network breaks.

use super::{Scenario, WorkloadParams};
use crate::check::Check;
use crate::suggest::mend;
use crate::units::Span;
use schemars::JsonSchema;
use secnet_model::SimTime;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

const MULTIPLE_MAX: f64 = 1_000.0;

/// The rate of some workloads is a multiple of what they say: `from` at first, `to` at last, evenly in between.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RampParams {
    /// Unique among the ramps.
    pub name: String,
    /// Workloads, by name; all when empty. A workload is in one ramp at most.
    #[serde(default)]
    pub workloads: Vec<String>,
    /// Multiple until the ramp begins.
    #[serde(default = "once")]
    pub from: f64,
    /// Multiple once it has ended.
    pub to: f64,
    /// When it begins, after the epoch.
    #[serde(default)]
    pub starts_after: Span,
    /// How long it takes.
    pub over: Span,
}

fn once() -> f64 {
    1.0
}

/// A multiple of a rate as a function of emulated time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ramp {
    from: f64,
    to: f64,
    starts: SimTime,
    ends: SimTime,
}

impl Ramp {
    /// At a moment in microseconds.
    pub fn multiple(&self, at_micros: f64) -> f64 {
        let (starts, ends) = (self.starts.0 as f64, self.ends.0 as f64);
        match at_micros {
            before if before <= starts => self.from,
            after if after >= ends => self.to,
            at => self.from + (self.to - self.from) * (at - starts) / (ends - starts),
        }
    }

    /// By how much it grows in each microsecond from then on, until the next edge.
    pub fn slope(&self, at: SimTime) -> f64 {
        match (self.starts..self.ends).contains(&at) {
            true => (self.to - self.from) / (self.ends.0 - self.starts.0) as f64,
            false => 0.0,
        }
    }

    /// When it next begins or ends to grow, after that moment; "never" where it does not.
    pub fn next_edge(&self, at: SimTime) -> SimTime {
        let edges = [self.starts, self.ends].into_iter();
        edges.filter(|edge| *edge > at).min().unwrap_or(SimTime::NEVER)
    }

    /// Its mean between two moments.
    pub fn mean(&self, from: SimTime, to: SimTime) -> f64 {
        let (mut at, mut area) = (from, 0.0);
        while at < to {
            let edge = self.next_edge(at).min(to);
            let (begins, ends) = (at.0 as f64, edge.0 as f64);
            area += (self.multiple(begins) + self.multiple(ends)) / 2.0 * (ends - begins);
            at = edge;
        }
        match to > from {
            true => area / to.since(from).0 as f64,
            false => 1.0,
        }
    }
}

impl RampParams {
    pub fn ramp(&self) -> Ramp {
        let starts = SimTime::ZERO + self.starts_after.into();
        Ramp {
            from: self.from,
            to: self.to,
            starts,
            ends: starts + self.over.into(),
        }
    }

    fn is_of(&self, workload: &WorkloadParams) -> bool {
        self.workloads.is_empty() || self.workloads.contains(&workload.name)
    }
}

impl Scenario {
    /// The ramp that a workload is in.
    pub fn ramp_of(&self, workload: &WorkloadParams) -> Option<Ramp> {
        let ramp = self.ramps.iter().find(|ramp| ramp.is_of(workload));
        ramp.map(RampParams::ramp)
    }
}

impl Check<'_> {
    pub(crate) fn ramps(&mut self, scenario: &Scenario) {
        let mut names = BTreeSet::new();
        for (i, ramp) in scenario.ramps.iter().enumerate() {
            let at = |key: &str| format!("ramps.{i}.{key}");
            if ramp.name.trim().is_empty() {
                self.wrong(at("name"), "a ramp needs a name");
            } else if !names.insert(&ramp.name) {
                self.wrong(at("name"), format!("two ramps are named `{}`", ramp.name));
            }
            for name in &ramp.workloads {
                let known = || scenario.workloads.iter().map(|workload| workload.name.as_str());
                if !known().any(|workload| workload == name) {
                    let message = format!("no workload `{name}`{}", mend(name, known()));
                    self.wrong(at("workloads"), message);
                }
            }
            for (key, multiple) in [("from", ramp.from), ("to", ramp.to)] {
                if !(0.0..=MULTIPLE_MAX).contains(&multiple) {
                    let message = format!("must be from 0 to {MULTIPLE_MAX}, not {multiple}");
                    self.wrong(at(key), message);
                }
            }
            self.positive(&at("over"), ramp.over);
        }
        for workload in &scenario.workloads {
            let its: Vec<&str> = scenario
                .ramps
                .iter()
                .filter(|ramp| ramp.is_of(workload))
                .map(|ramp| ramp.name.as_str())
                .collect();
            if let [first, second, ..] = its[..] {
                let message = format!(
                    "workload `{}` is in `{first}` and in `{second}`; it can be in one",
                    workload.name
                );
                self.wrong("ramps", message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_is_flat_then_even_then_flat() {
        let ramp = RampParams {
            name: "r".to_owned(),
            workloads: Vec::new(),
            from: 1.0,
            to: 4.0,
            starts_after: Span::from_secs(100),
            over: Span::from_secs(300),
        }
        .ramp();
        let s = SimTime::from_secs;
        let at = |seconds: u64| ramp.multiple(seconds as f64 * 1e6);
        assert_eq!(
            [0, 100, 200, 250, 400, 999].map(at),
            [1.0, 1.0, 2.0, 2.5, 4.0, 4.0]
        );
        assert_eq!(ramp.next_edge(s(0)), s(100));
        assert_eq!(ramp.next_edge(s(100)), s(400));
        assert!(ramp.next_edge(s(400)).is_never());
        assert_eq!(ramp.slope(s(99)), 0.0);
        assert_eq!(ramp.slope(s(100)) * 1e8, 1.0);
        assert_eq!(ramp.mean(s(0), s(500)), (100.0 + 750.0 + 400.0) / 500.0);
    }
}
