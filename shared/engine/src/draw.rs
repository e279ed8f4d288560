//! Keyed random draws: every draw is a function of (seed, what, id, n), so none depends on the order of events.
//!
//! The generator is the multiply-and-fold mixing of the wyhash family over the four keys; its moments,
//! uniformity and the independence of neighbouring keys are tested below.

use secnet_model::SimDuration;
use serde::{Deserialize, Serialize};

/// The scenario's source of randomness: a seed and nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Draws {
    seed: u64,
}

/// What a draw is for: one constant per use, so that no two uses share draws.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stream(pub u64);

impl Stream {
    /// A stream named by a short tag, hashed at compile time.
    pub const fn named(tag: &str) -> Stream {
        let bytes = tag.as_bytes();
        let mut hash = 0xCBF2_9CE4_8422_2325_u64;
        let mut i = 0;
        while i < bytes.len() {
            hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0000_0100_0000_01B3);
            i += 1;
        }
        Stream(hash)
    }

    /// A stream of the same family for one of several like uses (a workload, a cell's direction).
    pub const fn variant(self, index: u64) -> Stream {
        Stream(fold(
            self.0 ^ 0x9E37_79B9_7F4A_7C15,
            index ^ 0xD6E8_FEB8_6659_FD93,
        ))
    }
}

/// 64 × 64 → 128-bit multiplication with the halves folded together.
const fn fold(a: u64, b: u64) -> u64 {
    let product = (a as u128) * (b as u128);
    (product >> 64) as u64 ^ product as u64
}

/// What a seed is mixed with before the first multiplication.
const SEED_MIX: u64 = 0x2D35_8DCC_AA6C_78A5;

impl Draws {
    /// The draws of a scenario with this seed.
    ///
    /// The two seeds whose mixtures are all zeros and all ones, which would make all streams one, draw as others do.
    pub const fn new(seed: u64) -> Draws {
        let degenerate = matches!(seed ^ SEED_MIX, 0 | u64::MAX);
        Draws {
            seed: if degenerate { seed.rotate_left(17) } else { seed },
        }
    }

    /// 64 uniform bits.
    #[inline]
    pub const fn bits(self, stream: Stream, id: u64, n: u64) -> u64 {
        let keyed = fold(self.seed ^ SEED_MIX, stream.0 ^ 0x8BB8_4B93_962E_ACC9);
        let mixed = fold(
            keyed ^ id ^ 0x4B33_A62E_D433_D4A3,
            0x4D5A_2DA5_1DE1_AA47 ^ n.rotate_left(32),
        );
        fold(
            mixed ^ keyed ^ 0xA0761D6478BD642F,
            mixed.rotate_left(29) ^ id.wrapping_mul(0xE703_7ED1_A0B4_28DB) ^ n,
        )
    }

    /// Uniform in [0, 1).
    #[inline]
    pub fn unit(self, stream: Stream, id: u64, n: u64) -> f64 {
        (self.bits(stream, id, n) >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform in 0..`bound`; zero for a bound of zero.
    #[inline]
    pub const fn below(self, bound: u64, stream: Stream, id: u64, n: u64) -> u64 {
        ((self.bits(stream, id, n) as u128 * bound as u128) >> 64) as u64
    }

    /// Whether what has this probability, from 0 to 1, happens.
    #[inline]
    pub fn chance(self, probability: f64, stream: Stream, id: u64, n: u64) -> bool {
        self.unit(stream, id, n) < probability
    }

    /// Exponential with mean 1. `libm`, not the platform's logarithm: the same on every machine.
    #[inline]
    pub fn exponential(self, stream: Stream, id: u64, n: u64) -> f64 {
        -libm::log(1.0 - self.unit(stream, id, n))
    }

    /// A delay of at least `min` whose mean is `mean`: `min` plus an exponential tail.
    #[inline]
    pub fn delay(self, min: SimDuration, mean: SimDuration, stream: Stream, id: u64, n: u64) -> SimDuration {
        let tail = mean.0.saturating_sub(min.0);
        if tail == 0 {
            return min;
        }
        min + SimDuration((tail as f64 * self.exponential(stream, id, n)) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Stream = Stream::named("test-a");
    const B: Stream = Stream::named("test-b");
    const N: u64 = 200_000;

    #[test]
    fn no_seed_makes_all_streams_one() {
        for seed in [0, 1, u64::MAX, 3_257_665_815_644_502_181, !SEED_MIX] {
            let draws = Draws::new(seed);
            assert_ne!(draws.bits(A, 1, 1), draws.bits(B, 1, 1), "{seed}");
            assert_ne!(draws.bits(A, 1, 1), draws.bits(A, 2, 1), "{seed}");
        }
    }

    /// Pearson's chi-square over 256 equal bins; 255 degrees of freedom, 99.9 % point 330.5, 0.1 % point 190.
    fn chi_square(draw: impl Fn(u64) -> u64) -> f64 {
        let mut bins = [0u64; 256];
        for i in 0..N {
            bins[(draw(i) >> 56) as usize] += 1;
        }
        let expected = N as f64 / 256.0;
        bins.iter()
            .map(|&count| (count as f64 - expected).powi(2) / expected)
            .sum()
    }

    fn assert_uniform(name: &str, draw: impl Fn(u64) -> u64 + Copy) {
        for shift in [0, 8, 24, 40, 56] {
            let statistic = chi_square(|i| draw(i).rotate_left(shift));
            assert!(
                (180.0..345.0).contains(&statistic),
                "{name}, bits from {shift}: chi-square {statistic}"
            );
        }
    }

    /// Correlation of paired unit draws; its standard error is 1/sqrt(N) = 0.0022.
    fn correlation(pair: impl Fn(u64) -> (f64, f64)) -> f64 {
        let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
        for i in 0..N {
            let (x, y) = pair(i);
            let (x, y) = (x - 0.5, y - 0.5);
            xy += x * y;
            xx += x * x;
            yy += y * y;
        }
        xy / (xx * yy).sqrt()
    }

    #[test]
    fn draws_are_uniform_along_every_key() {
        for seed in [0, 1, u64::MAX, 42] {
            let d = Draws::new(seed);
            assert_uniform("by n", |i| d.bits(A, 7, i));
            assert_uniform("by id", |i| d.bits(A, i, 0));
            assert_uniform("by id × 16", |i| d.bits(A, i << 4, 3));
            assert_uniform("by stream", |i| d.bits(A.variant(i), 0, 0));
        }
        assert_uniform("by seed", |i| Draws::new(i).bits(A, 0, 0));
    }

    #[test]
    fn neighbouring_keys_are_uncorrelated() {
        let d = Draws::new(5);
        type Pairs = Box<dyn Fn(u64) -> (f64, f64)>;
        let pairs: [(&str, Pairs); 5] = [
            (
                "n and n+1",
                Box::new(move |i| (d.unit(A, 1, i), d.unit(A, 1, i + 1))),
            ),
            (
                "id and id+1",
                Box::new(move |i| (d.unit(A, i, 0), d.unit(A, i + 1, 0))),
            ),
            (
                "id and n swapped",
                Box::new(move |i| (d.unit(A, i, i + 1), d.unit(A, i + 1, i))),
            ),
            (
                "two streams",
                Box::new(move |i| (d.unit(A, i, 0), d.unit(B, i, 0))),
            ),
            (
                "two seeds",
                Box::new(move |i| (d.unit(A, i, 0), Draws::new(6).unit(A, i, 0))),
            ),
        ];
        for (name, pair) in pairs {
            let r = correlation(pair);
            assert!(r.abs() < 0.01, "{name}: correlation {r}");
        }
    }

    #[test]
    fn distributions_have_their_moments() {
        let d = Draws::new(9);
        let mean = |f: &dyn Fn(u64) -> f64| (0..N).map(f).sum::<f64>() / N as f64;
        assert!((mean(&|i| d.unit(A, 0, i)) - 0.5).abs() < 0.003);
        assert!((mean(&|i| d.exponential(A, 0, i)) - 1.0).abs() < 0.01);
        assert!((mean(&|i| d.exponential(A, 0, i).powi(2)) - 2.0).abs() < 0.06);
        assert!((mean(&|i| d.below(10, A, 0, i) as f64) - 4.5).abs() < 0.03);
        assert!((mean(&|i| f64::from(u8::from(d.chance(0.3, A, 0, i)))) - 0.3).abs() < 0.005);
        let (min, mean_delay) = (SimDuration::from_millis(300), SimDuration::from_secs(1));
        let delays = |i| d.delay(min, mean_delay, A, 0, i);
        assert!((0..N).all(|i| delays(i) >= min));
        assert!((mean(&|i| delays(i).as_secs_f64()) - 1.0).abs() < 0.01);
    }
}
