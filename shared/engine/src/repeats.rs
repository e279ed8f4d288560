//! Repetitions of one key: counted in windows and, where there are too many, held back but for one per period.
//!
//! A key's window opens with an event and lasts a fixed time. Up to the threshold its events pass. The first beyond it
//! begins a *storm*: that event is kept, the period's others are counted and gone, and at the period's end the kept
//! one is handed back with their number. A period in which nothing was kept ends the storm, and the key is forgotten.
//!
//! Windows all have one length and so do periods, so that two queues in order of time say what is to be forgotten or
//! handed back. Only keys with a window or a storm under way are stored: 33 to 55 B for a window (17 B a slot of a table
//! between 7/16 and 7/8 full, 16 B in the queue), and for a storm what is kept of an event, about 35 B more and the
//! same again for the emptiness of the table.
//!
//! Not here: what the events and keys are (SECMP0062 in the DSP and the premises).

use rustc_hash::FxHashMap;
use secnet_model::{SimDuration, SimTime};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// How many repetitions of a key pass, and in which time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Limits {
    /// Events of one key that pass within a window.
    pub threshold: u32,
    /// How long repetitions are counted together.
    pub window: SimDuration,
    /// Not shorter than the window.
    pub period: SimDuration,
}

/// What becomes of an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Repeat {
    /// It is not above the limit.
    Passes,
    /// Kept until its period ends.
    Kept,
    /// One already kept speaks for it.
    Suppressed,
}

/// A kept event whose period has ended.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Consolidated<T> {
    /// When its period ended.
    pub at: SimTime,
    /// What it tells.
    pub event: T,
    /// How many it speaks for, besides itself.
    pub suppressed: u32,
    /// Counts those of one storm from 1.
    pub sequence: u32,
}

/// Counts the repetitions of keys in windows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(bound(serialize = "T: Copy + Serialize", deserialize = "T: Deserialize<'de>"))]
pub struct Repeats<T> {
    /// Events passed in the key's window.
    #[serde(with = "by_key")]
    counted: FxHashMap<u64, u32>,
    /// Ends of windows, ascending. A key whose storm began meanwhile is in no window any more.
    windows: VecDeque<(SimTime, u64)>,
    #[serde(with = "by_key")]
    storms: FxHashMap<u64, Storm<T>>,
    /// Ends of periods, ascending.
    periods: VecDeque<(SimTime, u64)>,
    /// Events kept at the moment.
    kept: u64,
}

#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
struct Storm<T> {
    kept: Option<T>,
    suppressed: u32,
    /// Of the last event handed back.
    sequence: u32,
}

impl<T> Default for Repeats<T> {
    fn default() -> Self {
        Repeats {
            counted: FxHashMap::default(),
            windows: VecDeque::new(),
            storms: FxHashMap::default(),
            periods: VecDeque::new(),
            kept: 0,
        }
    }
}

impl<T: Copy> Repeats<T> {
    /// An event of `key` at `now`, not before the last. A period lasts until it has been taken.
    pub fn note(&mut self, now: SimTime, limits: Limits, key: u64, event: T) -> Repeat {
        debug_assert!(limits.period >= limits.window);
        self.forget_windows(now);
        if let Some(storm) = self.storms.get_mut(&key) {
            if storm.kept.is_some() {
                storm.suppressed = storm.suppressed.saturating_add(1);
                return Repeat::Suppressed;
            }
            storm.kept = Some(event);
            self.kept += 1;
            return Repeat::Kept;
        }
        let count = self.counted.entry(key).or_insert(0);
        *count += 1;
        if *count > limits.threshold {
            self.counted.remove(&key);
            self.begin_storm(now, limits, key, event);
            return Repeat::Kept;
        }
        if *count == 1 {
            self.windows.push_back((now + limits.window, key));
        }
        Repeat::Passes
    }

    fn begin_storm(&mut self, now: SimTime, limits: Limits, key: u64, event: T) {
        let storm = Storm {
            kept: Some(event),
            suppressed: 0,
            sequence: 0,
        };
        self.storms.insert(key, storm);
        self.periods.push_back((now + limits.period, key));
        self.kept += 1;
    }

    fn forget_windows(&mut self, now: SimTime) {
        while let Some(&(_, key)) = self.windows.front().filter(|(end, _)| *end <= now) {
            self.counted.remove(&key);
            self.windows.pop_front();
        }
    }

    /// When the next period ends.
    #[inline]
    pub fn next_at(&self) -> SimTime {
        self.periods.front().map_or(SimTime::NEVER, |(end, _)| *end)
    }

    /// The next event whose period has ended by `now`. The storm goes on with its next period.
    pub fn take_due(&mut self, now: SimTime, limits: Limits) -> Option<Consolidated<T>> {
        loop {
            let &(at, key) = self.periods.front().filter(|(end, _)| *end <= now)?;
            self.periods.pop_front();
            let Some(storm) = self.storms.get_mut(&key) else {
                continue;
            };
            let Some(event) = storm.kept.take() else {
                self.storms.remove(&key);
                continue;
            };
            storm.sequence += 1;
            let consolidated = Consolidated {
                at,
                event,
                suppressed: std::mem::take(&mut storm.suppressed),
                sequence: storm.sequence,
            };
            self.periods.push_back((at + limits.period, key));
            self.kept -= 1;
            return Some(consolidated);
        }
    }

    /// Events in custody.
    pub fn kept(&self) -> u64 {
        self.kept
    }

    /// Keys with a window under way, or one that ended since the last event; and keys with a storm.
    pub fn active(&self) -> (usize, usize) {
        (self.counted.len(), self.storms.len())
    }

    /// What it takes on the heap, in bytes.
    pub fn memory_bytes(&self) -> usize {
        let queued = self.windows.capacity() + self.periods.capacity();
        // A byte of control per slot; a table is at most 7/8 full.
        let slots = |capacity: usize, bytes: usize| capacity * 8 / 7 * (bytes + 1);
        slots(self.counted.capacity(), size_of::<(u64, u32)>())
            + slots(self.storms.capacity(), size_of::<(u64, Storm<T>)>())
            + queued * size_of::<(SimTime, u64)>()
    }
}

/// Tables are written by key, so that equal states are written alike.
mod by_key {
    use rustc_hash::FxHashMap;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<V: Copy + Serialize, S: Serializer>(
        table: &FxHashMap<u64, V>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let mut entries: Vec<(u64, V)> = table.iter().map(|(key, value)| (*key, *value)).collect();
        entries.sort_unstable_by_key(|(key, _)| *key);
        entries.serialize(to)
    }

    pub(super) fn deserialize<'de, V: Deserialize<'de>, D: Deserializer<'de>>(
        from: D,
    ) -> Result<FxHashMap<u64, V>, D::Error> {
        Ok(Vec::<(u64, V)>::deserialize(from)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        threshold: 3,
        window: SimDuration::from_secs(60),
        period: SimDuration::from_secs(1_000),
    };

    fn s(seconds: u64) -> SimTime {
        SimTime::from_secs(seconds)
    }

    /// Notes an event with its moment in seconds as the event itself, after what is due.
    fn note(repeats: &mut Repeats<u64>, at: u64, key: u64) -> Repeat {
        assert_eq!(repeats.take_due(s(at), LIMITS), None, "nothing due at {at}");
        repeats.note(s(at), LIMITS, key, at)
    }

    #[test]
    fn the_threshold_passes_then_one_per_period_with_the_count_of_the_others() {
        let mut repeats = Repeats::default();
        let fates: Vec<Repeat> = (0..10).map(|at| note(&mut repeats, at, 1)).collect();
        let mut expected = vec![Repeat::Passes; 3];
        expected.push(Repeat::Kept);
        expected.resize(10, Repeat::Suppressed);
        assert_eq!(fates, expected);
        assert_eq!((repeats.kept(), repeats.next_at()), (1, s(1_003)));
        let first = Consolidated {
            at: s(1_003),
            event: 3,
            suppressed: 6,
            sequence: 1,
        };
        assert_eq!(repeats.take_due(s(1_003), LIMITS), Some(first));
        assert_eq!((repeats.kept(), repeats.next_at()), (0, s(2_003)));
        assert_eq!(note(&mut repeats, 1_500, 1), Repeat::Kept, "the storm goes on");
        let second = Consolidated {
            at: s(2_003),
            event: 1_500,
            suppressed: 0,
            sequence: 2,
        };
        assert_eq!(repeats.take_due(s(2_003), LIMITS), Some(second));
        assert_eq!(repeats.take_due(s(3_003), LIMITS), None, "a quiet period");
        assert_eq!(repeats.active(), (0, 0));
        assert!(repeats.next_at().is_never());
        assert_eq!(note(&mut repeats, 3_004, 1), Repeat::Passes, "and begins anew");
    }

    #[test]
    fn a_window_ends_on_its_last_moment() {
        for (fourth_at, fate) in [(59, Repeat::Kept), (60, Repeat::Passes)] {
            let mut repeats = Repeats::default();
            for at in [0, 30, 58] {
                assert_eq!(note(&mut repeats, at, 1), Repeat::Passes);
            }
            assert_eq!(note(&mut repeats, fourth_at, 1), fate, "at {fourth_at}");
        }
    }

    #[test]
    fn what_passes_in_one_window_does_not_count_in_the_next() {
        let mut repeats = Repeats::default();
        for at in (0..100).map(|i| i * 20) {
            assert_eq!(note(&mut repeats, at, 1), Repeat::Passes, "three a minute");
        }
    }

    #[test]
    fn keys_do_not_count_for_each_other_and_are_forgotten_with_their_windows() {
        let mut repeats = Repeats::default();
        for key in 0..1_000 {
            assert_eq!(note(&mut repeats, key / 10, key), Repeat::Passes);
        }
        assert_eq!(repeats.active(), (600, 0), "the last minute's");
        assert_eq!(note(&mut repeats, 10_000, 5_000), Repeat::Passes);
        assert_eq!(repeats.active(), (1, 0));
        assert!(repeats.windows.len() == 1);
    }

    #[test]
    fn a_window_costs_no_more_than_is_said() {
        for keys in [500_000, 1_000_000, 2_000_000] {
            let mut repeats = Repeats::<[u64; 5]>::default();
            for key in 0..keys {
                repeats.note(SimTime(key), LIMITS, key, [0; 5]);
            }
            let each = (repeats.memory_bytes() - repeats.windows.capacity() * 16) / keys as usize + 16;
            assert!((33..=55).contains(&each), "{each} B for each of {keys}");
        }
    }

    /// The same rule over every event of a key at once.
    fn reference(events: &[u64]) -> (usize, Vec<(u64, u32)>) {
        let (mut passed, mut consolidated) = (0, Vec::new());
        let (mut opened, mut count) = (None::<u64>, 0);
        let mut period: Option<(u64, Option<u32>)> = None;
        for &at in events {
            while let Some((end, kept)) = period.filter(|(end, _)| *end <= at) {
                period = kept.map(|suppressed| {
                    consolidated.push((end, suppressed));
                    (end + 1_000, None)
                });
            }
            if let Some((_, kept)) = &mut period {
                *kept = Some(kept.map_or(0, |suppressed| suppressed + 1));
                continue;
            }
            if opened.is_none_or(|opened| at >= opened + 60) {
                (opened, count) = (Some(at), 0);
            }
            count += 1;
            if count > 3 {
                (opened, period) = (None, Some((at + 1_000, Some(0))));
            } else {
                passed += 1;
            }
        }
        if let Some((end, Some(suppressed))) = period {
            consolidated.push((end, suppressed));
        }
        (passed, consolidated)
    }

    #[test]
    fn random_storms_agree_with_the_rule_written_down_plainly() {
        let draws = crate::Draws::new(4);
        let stream = crate::draw::Stream::named("test-repeats");
        for round in 0..300 {
            let mean_gap = [2, 15, 40, 400][round as usize % 4];
            let mut at = 0;
            let events: Vec<u64> = (0..400)
                .map(|i| {
                    at += draws.below(2 * mean_gap, stream, round, i);
                    at
                })
                .collect();
            let (mut repeats, mut passed, mut consolidated) = (Repeats::default(), 0, Vec::new());
            let mut suppressed = 0;
            for &at in &events {
                while let Some(due) = repeats.take_due(s(at), LIMITS) {
                    consolidated.push((due.at.0 / 1_000_000, due.suppressed));
                }
                match repeats.note(s(at), LIMITS, 7, at) {
                    Repeat::Passes => passed += 1,
                    Repeat::Kept => {}
                    Repeat::Suppressed => suppressed += 1,
                }
            }
            if let Some(due) = repeats.take_due(s(1_000_000_000), LIMITS) {
                consolidated.push((due.at.0 / 1_000_000, due.suppressed));
            }
            assert_eq!(
                (passed, consolidated.clone()),
                reference(&events),
                "round {round}"
            );
            let spoken_for: u32 = consolidated.iter().map(|(_, suppressed)| suppressed).sum();
            assert_eq!(spoken_for, suppressed);
            assert_eq!(passed + consolidated.len() + suppressed as usize, events.len());
        }
    }
}
