//! A number that changes at known times.

use secnet_model::SimTime;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A step function of emulated time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Steps {
    first: u32,
    /// When it changes and to what, ascending.
    changes: Vec<(SimTime, u32)>,
}

impl Steps {
    /// Always the same.
    pub fn constant(number: u32) -> Steps {
        Steps {
            first: number,
            changes: Vec::new(),
        }
    }

    /// `base`, and in each interval the number given for it; where intervals overlap, the least of their numbers.
    pub(super) fn new(base: u32, changes: &[(Range<SimTime>, u32)]) -> Steps {
        let mut moments: Vec<SimTime> = changes
            .iter()
            .flat_map(|(interval, _)| [interval.start, interval.end])
            .filter(|moment| !moment.is_never())
            .collect();
        moments.sort_unstable();
        moments.dedup();
        let at = |moment: SimTime| {
            let in_force = changes.iter().filter(|(interval, _)| interval.contains(&moment));
            in_force.map(|(_, number)| *number).min().unwrap_or(base)
        };
        let mut steps = Steps::constant(at(SimTime::ZERO));
        for moment in moments {
            let number = at(moment);
            if number != steps.at(moment) {
                steps.changes.push((moment, number));
            }
        }
        steps
    }

    #[inline]
    pub fn is_constant(&self) -> bool {
        self.changes.is_empty()
    }

    pub fn at(&self, at: SimTime) -> u32 {
        let passed = self.changes.partition_point(|(moment, _)| *moment <= at);
        match passed.checked_sub(1) {
            None => self.first,
            Some(last) => self.changes[last].1,
        }
    }

    /// The first change after `at`; "never" where there is none.
    pub fn next_change(&self, at: SimTime) -> SimTime {
        let passed = self.changes.partition_point(|(moment, _)| *moment <= at);
        self.changes
            .get(passed)
            .map_or(SimTime::NEVER, |(moment, _)| *moment)
    }

    /// `at` itself where it is not nought then, else the moment from which on it is not; "never" where it stays nought.
    #[inline]
    pub fn opens(&self, at: SimTime) -> SimTime {
        if self.is_constant() {
            return at;
        }
        let mut opens = at;
        while !opens.is_never() && self.at(opens) == 0 {
            opens = self.next_change(opens);
        }
        opens
    }

    /// The most it ever is.
    pub fn max(&self) -> u32 {
        self.changes
            .iter()
            .map(|(_, number)| *number)
            .fold(self.first, u32::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> SimTime {
        SimTime::from_secs(seconds)
    }

    #[test]
    fn of_changes_at_one_time_the_least_holds_and_the_base_comes_back() {
        let steps = Steps::new(
            16,
            &[
                (s(10)..s(100), 11),
                (s(20)..s(30), 0),
                (s(90)..SimTime::NEVER, 20),
            ],
        );
        let at = |seconds| steps.at(s(seconds));
        assert_eq!(
            [0, 10, 20, 29, 30, 89, 95, 100, 9_999].map(at),
            [16, 11, 0, 0, 11, 11, 11, 20, 20]
        );
        assert_eq!(
            steps.next_change(s(30)),
            s(100),
            "no change where the number stays"
        );
        assert!(steps.next_change(s(100)).is_never());
        assert_eq!(steps.max(), 20);
        assert!(Steps::new(16, &[]).is_constant());
        assert!(!Steps::new(16, &[(s(0)..s(1), 0)]).is_constant());
    }
}
