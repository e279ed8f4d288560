//! What a User may have at once: its limit fills a bucket, its requests empty it.

use secnet_model::SimTime;
use serde::{Deserialize, Serialize};

/// A token bucket. A limit too small for a request a second is as exact as one of thousands: fractions carry over.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Bucket {
    /// By which it fills, a second.
    rate: f64,
    /// At most in it.
    depth: f64,
    /// How far what is taken beyond it counts against what comes next, not positive.
    floor: f64,
    level: f64,
    filled_at: SimTime,
}

impl Bucket {
    /// Full at the epoch.
    pub(super) fn new(rate: f64, depth: f64, floor: f64) -> Bucket {
        Bucket {
            rate,
            depth,
            floor,
            level: depth,
            filled_at: SimTime::ZERO,
        }
    }

    /// Whether `cost` is in it now.
    pub(super) fn has(&mut self, now: SimTime, cost: f64) -> bool {
        let passed = now.since(self.filled_at).as_secs_f64();
        self.level = (self.level + passed * self.rate).min(self.depth);
        self.filled_at = now;
        self.level >= cost
    }

    /// `now` was asked about last.
    pub(super) fn take(&mut self, cost: f64) {
        self.level = (self.level - cost).max(self.floor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_a_long_time_exactly_its_rate_comes_out_of_it() {
        for rate in [0.3, 1.0, 2.75, 1_234.5] {
            let mut bucket = Bucket::new(rate, 5.0, 0.0);
            let mut taken = 0_u64;
            // A try every tenth of a millisecond, for 100 s.
            for tenth in 0..1_000_000 {
                if bucket.has(SimTime(tenth * 100), 1.0) {
                    bucket.take(1.0);
                    taken += 1;
                }
            }
            let expected = 5.0 + 100.0 * rate;
            assert!(
                (taken as f64 - expected).abs() <= 1.0,
                "{rate}: {taken} of {expected}"
            );
        }
    }

    #[test]
    fn what_is_taken_beyond_it_counts_down_to_its_floor() {
        let mut bucket = Bucket::new(1.0, 2.0, -3.0);
        (0..10).for_each(|_| bucket.take(1.0));
        assert!(!bucket.has(SimTime::from_secs(3), 1.0), "−3 + 3");
        assert!(bucket.has(SimTime::from_secs(4), 1.0));
    }
}
