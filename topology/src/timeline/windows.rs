//! Times at which something is closed: sorted, disjoint intervals, each with its first moment and without its last.

use secnet_model::SimTime;
use std::ops::Range;

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Windows {
    closed: Vec<Range<SimTime>>,
}

impl Windows {
    /// Never closed.
    pub const ALWAYS_OPEN: Windows = Windows { closed: Vec::new() };

    /// The union of the intervals.
    pub fn union(mut intervals: Vec<Range<SimTime>>) -> Windows {
        intervals.retain(|interval| !interval.is_empty());
        intervals.sort_by_key(|interval| interval.start);
        let mut closed: Vec<Range<SimTime>> = Vec::new();
        for interval in intervals {
            match closed.last_mut().filter(|last| interval.start <= last.end) {
                Some(last) => last.end = last.end.max(interval.end),
                None => closed.push(interval),
            }
        }
        Windows { closed }
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.closed.is_empty()
    }

    #[inline]
    pub fn closed(&self, at: SimTime) -> bool {
        self.window(at).is_some()
    }

    /// The first moment from `at` on at which it is open: `at` itself where it is not closed.
    #[inline]
    pub fn opens(&self, at: SimTime) -> SimTime {
        self.window(at).map_or(at, |window| window.end)
    }

    /// The first moment after `at` at which it closes or opens; "never" where there is none.
    pub fn next_change(&self, at: SimTime) -> SimTime {
        let next = self.closed.partition_point(|window| window.end <= at);
        match self.closed.get(next) {
            None => SimTime::NEVER,
            Some(window) if window.start > at => window.start,
            Some(window) => window.end,
        }
    }

    /// The closed intervals, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Range<SimTime>> {
        self.closed.iter()
    }

    #[inline]
    fn window(&self, at: SimTime) -> Option<&Range<SimTime>> {
        if self.closed.is_empty() {
            return None;
        }
        let next = self.closed.partition_point(|window| window.end <= at);
        self.closed.get(next).filter(|window| window.start <= at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> SimTime {
        SimTime::from_secs(seconds)
    }

    #[test]
    fn windows_that_touch_are_one_and_each_is_closed_from_its_first_moment_to_before_its_last() {
        let windows = Windows::union(vec![
            s(50)..s(60),
            s(10)..s(20),
            s(15)..s(30),
            s(30)..s(40),
            s(7)..s(7),
        ]);
        assert_eq!(
            windows.iter().cloned().collect::<Vec<_>>(),
            [s(10)..s(40), s(50)..s(60)]
        );
        // at, closed, opens, next change
        for (at, closed, opens, next) in [
            (9, false, 9, 10),
            (10, true, 40, 40),
            (39, true, 40, 40),
            (40, false, 40, 50),
            (55, true, 60, 60),
        ] {
            assert_eq!(windows.closed(s(at)), closed, "at {at}");
            assert_eq!(windows.opens(s(at)), s(opens), "at {at}");
            assert_eq!(windows.next_change(s(at)), s(next), "at {at}");
        }
        assert!(windows.next_change(s(60)).is_never());
    }

    #[test]
    fn a_window_without_an_end_never_opens() {
        let windows = Windows::union(vec![s(10)..SimTime::NEVER]);
        assert!(windows.opens(s(11)).is_never());
        assert!(Windows::default().is_empty());
        assert_eq!(Windows::default().opens(s(3)), s(3));
    }
}
