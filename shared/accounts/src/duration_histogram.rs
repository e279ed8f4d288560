//! Counts of durations in buckets whose width is below one per cent of their value.

use hdrhistogram::Histogram;
use secnet_model::SimDuration;
use serde::{Deserialize, Serialize};

/// Two significant digits: a bucket is at most 1/128 of its value wide, and all of a day in
/// microseconds takes at most 31 KB.
const SIGNIFICANT_DIGITS: u8 = 2;

/// Durations in microseconds. Merging is the addition of counts, so neither order nor grouping matters.
/// Takes no memory until first used and grows with the longest duration.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(into = "Stored", from = "Stored")]
pub struct DurationHistogram {
    counts: Option<Histogram<u64>>,
    max: SimDuration,
}

/// What is written down: non-empty buckets by a value they hold, ascending.
#[derive(Serialize, Deserialize)]
struct Stored {
    max: SimDuration,
    buckets: Vec<(u64, u64)>,
}

impl DurationHistogram {
    #[inline]
    pub fn record(&mut self, duration: SimDuration) {
        self.record_bucket(duration.as_micros(), 1);
        self.max = self.max.max(duration);
    }

    fn record_bucket(&mut self, value: u64, count: u64) {
        if self.counts.is_none() {
            // Fails for more than five digits only.
            self.counts = Histogram::new(SIGNIFICANT_DIGITS).ok();
        }
        if let Some(counts) = &mut self.counts {
            // A growing histogram refuses nothing that fits into memory.
            let recorded = counts.record_n(value, count);
            debug_assert!(recorded.is_ok(), "{value}: {recorded:?}");
        }
    }

    pub fn add(&mut self, other: &DurationHistogram) {
        match (&mut self.counts, &other.counts) {
            (_, None) => {}
            (None, Some(_)) => self.counts.clone_from(&other.counts),
            (Some(counts), Some(others)) => {
                let added = counts.add(others);
                debug_assert!(added.is_ok(), "{added:?}");
            }
        }
        self.max = self.max.max(other.max);
    }

    pub fn count(&self) -> u64 {
        self.counts.as_ref().map_or(0, Histogram::len)
    }

    /// How many are no longer than that; of the bucket it falls into all.
    pub fn count_up_to(&self, duration: SimDuration) -> u64 {
        self.counts
            .as_ref()
            .map_or(0, |counts| counts.count_between(0, duration.as_micros()))
    }

    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// The longest, exact.
    pub fn max(&self) -> SimDuration {
        self.max
    }

    /// To within half a bucket, 0.4 %.
    pub fn mean(&self) -> SimDuration {
        self.counts
            .as_ref()
            .map_or(SimDuration::ZERO, |counts| SimDuration(counts.mean() as u64))
    }

    /// The upper end of the bucket the quantile falls into, never above the longest.
    pub fn quantile(&self, quantile: f64) -> SimDuration {
        let upper_end = self
            .counts
            .as_ref()
            .map_or(0, |counts| counts.value_at_quantile(quantile));
        SimDuration::from_micros(upper_end).min(self.max)
    }

    /// The mean of the buckets' middles, in seconds; `None` when empty.
    pub fn mean_seconds(&self) -> Option<f64> {
        let counts = self.counts.as_ref().filter(|counts| !counts.is_empty())?;
        Some(counts.mean() / 1e6)
    }

    /// By the longest duration that is in each, ascending, of those that have any.
    pub fn buckets(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.counts
            .iter()
            .flat_map(|counts| counts.iter_recorded())
            .map(|bucket| (bucket.value_iterated_to(), bucket.count_at_value()))
    }
}

impl PartialEq for DurationHistogram {
    /// By what was counted, not by how the buckets came to be laid out.
    fn eq(&self, other: &DurationHistogram) -> bool {
        self.max == other.max && self.buckets().eq(other.buckets())
    }
}

impl From<DurationHistogram> for Stored {
    fn from(histogram: DurationHistogram) -> Stored {
        Stored {
            max: histogram.max,
            buckets: histogram.buckets().collect(),
        }
    }
}

impl From<Stored> for DurationHistogram {
    fn from(stored: Stored) -> DurationHistogram {
        let mut histogram = DurationHistogram {
            counts: None,
            max: stored.max,
        };
        for (value, count) in stored.buckets {
            histogram.record_bucket(value, count);
        }
        histogram
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(micros: impl IntoIterator<Item = u64>) -> DurationHistogram {
        let mut histogram = DurationHistogram::default();
        micros
            .into_iter()
            .for_each(|duration| histogram.record(SimDuration::from_micros(duration)));
        histogram
    }

    /// Spread over nine decades, from a microsecond to a day.
    fn spread(range: std::ops::Range<u64>) -> impl Iterator<Item = u64> {
        range.map(|i| i.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 10_u64.pow((i % 10) as u32 + 1))
    }

    #[test]
    fn quantiles_are_within_one_per_cent_of_the_exact_ones() {
        let mut exact: Vec<u64> = spread(0..20_000).collect();
        exact.sort_unstable();
        let histogram = of(exact.iter().copied());
        for quantile in [0.5, 0.9, 0.99, 0.999] {
            let rank = (quantile * exact.len() as f64).ceil() as usize - 1;
            let (measured, expected) = (
                histogram.quantile(quantile).as_micros() as f64,
                exact[rank] as f64,
            );
            assert!(
                measured >= expected && measured <= expected * 1.01,
                "{quantile}: {measured}, {expected}"
            );
        }
        assert_eq!(histogram.max().as_micros(), exact[exact.len() - 1]);
        assert_eq!(histogram.quantile(1.0), histogram.max());
        assert_eq!(histogram.count(), 20_000);
    }

    #[test]
    fn an_empty_one_has_neither_count_nor_quantiles() {
        let empty = DurationHistogram::default();
        assert!(empty.is_empty());
        assert_eq!(
            (empty.quantile(0.99), empty.max()),
            (SimDuration::ZERO, SimDuration::ZERO)
        );
        assert_eq!(empty, of([]));
    }

    #[test]
    fn merging_is_the_same_in_any_order_and_grouping() {
        let parts = [
            of(spread(0..100)),
            of(spread(100..5_000)),
            of([u64::MAX]),
            of([]),
            of(spread(0..7)),
        ];
        let mut forward = DurationHistogram::default();
        parts.iter().for_each(|part| forward.add(part));
        let mut backward = DurationHistogram::default();
        parts.iter().rev().for_each(|part| backward.add(part));
        let at_once = of(spread(0..5_000).chain(spread(0..7)).chain([u64::MAX]));
        assert_eq!(forward, backward);
        assert_eq!(forward, at_once);
        assert_eq!(
            serde_json::to_string(&forward).unwrap(),
            serde_json::to_string(&at_once).unwrap()
        );
    }

    #[test]
    fn what_is_written_down_is_read_back() {
        let histogram = of(spread(0..1_000));
        let text = serde_json::to_string(&histogram).unwrap();
        let back: DurationHistogram = serde_json::from_str(&text).unwrap();
        assert_eq!(back, histogram);
        assert_eq!(serde_json::to_string(&back).unwrap(), text);
    }
}
