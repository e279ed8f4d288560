//! Noisy devices: the few that raise most alerts, each the same one again and again (`premises.alerts_tail`).
//!
//! Noisy devices are numbered along the region at even distances, so that those of a block of premises are found by
//! arithmetic. Their rates are those of a Pareto distribution cut into as many equal parts as there are devices: each has
//! the mean of one part, so that their sum is exact. Which device has which part is a golden-ratio permutation:
//! neighbours have rates from all over the distribution.

use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_topology::scenario::AlertsTailParams;
use std::ops::Range;

const NOISY_PLACE: Stream = Stream::named("noisy-device-place");
const NOISY_RANK: Stream = Stream::named("noisy-device-rank");
const GOLDEN: f64 = 0.618_033_988_749_894_9;

#[derive(Clone, Debug)]
pub struct NoisyDevices {
    draws: Draws,
    /// By premises of the region.
    share: f64,
    count: u64,
    /// Alerts of all of them.
    per_day: f64,
    exponent: f64,
    /// 1 − spread^−exponent.
    quantile_range: f64,
    first_rank: u64,
    /// Between the ranks of neighbours; without a common divisor with `count`.
    rank_step: u64,
    /// Tells regions apart.
    region: u64,
}

impl NoisyDevices {
    /// `None` where no device is noisier than another. `alerts_per_day` are all alerts of a premises on average, and `region`
    /// a number that tells this region of so many premises from the others.
    pub fn new(
        draws: Draws,
        tail: &AlertsTailParams,
        alerts_per_day: f64,
        region: u64,
        premises: u32,
    ) -> Option<NoisyDevices> {
        let count = devices_before(premises, tail.noisy_share);
        if count == 0 || tail.alert_share <= 0.0 || alerts_per_day <= 0.0 {
            return None;
        }
        let mut rank_step = ((count as f64 * GOLDEN) as u64).max(1);
        while greatest_common_divisor(rank_step, count) > 1 {
            rank_step += 1;
        }
        Some(NoisyDevices {
            draws,
            share: tail.noisy_share,
            count,
            per_day: alerts_per_day * tail.alert_share * f64::from(premises),
            exponent: tail.exponent,
            quantile_range: 1.0 - libm::pow(tail.spread, -tail.exponent),
            first_rank: draws.below(count, NOISY_RANK, region, 0),
            rank_step,
            region,
        })
    }

    /// The numbers of the noisy devices among these premises, counted from the region's first.
    #[inline]
    pub fn among(&self, premises: Range<u32>) -> Range<u64> {
        devices_before(premises.start, self.share)..devices_before(premises.end, self.share)
    }

    /// Alerts a day of all of them.
    pub fn per_day(&self, devices: Range<u64>) -> f64 {
        devices.map(|device| self.rate_per_day(device)).sum()
    }

    /// The device whose share of their alerts `at` falls into, with `at` from 0 to their [`per_day`](Self::per_day).
    pub fn pick(&self, devices: Range<u64>, mut at: f64) -> Option<u64> {
        let last = devices.end.checked_sub(1);
        for device in devices {
            let rate = self.rate_per_day(device);
            if at < rate {
                return Some(device);
            }
            at -= rate;
        }
        last
    }

    pub fn rate_per_day(&self, device: u64) -> f64 {
        let count = self.count as f64;
        let rank = ((self.first_rank + device * self.rank_step) % self.count) as f64;
        if self.quantile_range <= 0.0 {
            return self.per_day / count;
        }
        let up_to = |share| self.alerts_up_to(share);
        self.per_day * (up_to((rank + 1.0) / count) - up_to(rank / count)) / up_to(1.0)
    }

    /// What the quietest `share` of devices raise, up to a factor: the integral of the Pareto distribution's quantiles.
    fn alerts_up_to(&self, share: f64) -> f64 {
        let louder = 1.0 - share * self.quantile_range;
        let power = 1.0 - 1.0 / self.exponent;
        if power.abs() < 1e-9 {
            -libm::log(louder)
        } else {
            1.0 - libm::pow(louder, power)
        }
    }

    /// Its place within its block of `block_len` premises.
    pub fn place(&self, device: u64, block_len: u32) -> u32 {
        self.draws
            .below(u64::from(block_len), NOISY_PLACE, self.region, device) as u32
    }
}

#[inline]
fn devices_before(premises: u32, share: f64) -> u64 {
    (f64::from(premises) * share + 0.5) as u64
}

const fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noisy(seed: u64, tail: AlertsTailParams) -> NoisyDevices {
        NoisyDevices::new(Draws::new(seed), &tail, 4.0, 1, 130_000).expect("some are noisy")
    }

    fn tail() -> AlertsTailParams {
        AlertsTailParams {
            noisy_share: 0.01,
            alert_share: 0.9,
            ..AlertsTailParams::default()
        }
    }

    #[test]
    fn their_rates_sum_to_their_share_of_the_alerts_for_any_exponent_and_seed() {
        for (exponent, spread) in [
            (0.7, 100.0),
            (1.0, 50.0),
            (1.2, 200.0),
            (2.5, 1_000.0),
            (1.2, 1.0),
        ] {
            for seed in 0..20 {
                let shape = AlertsTailParams {
                    exponent,
                    spread,
                    ..tail()
                };
                let noisy = noisy(seed, shape);
                let per_premises = noisy.per_day(noisy.among(0..130_000)) / 130_000.0;
                assert!(
                    (per_premises / 3.6 - 1.0).abs() < 1e-9,
                    "{per_premises} with {exponent}, {spread}, seed {seed}"
                );
            }
        }
    }

    #[test]
    fn the_share_of_premises_is_exact_and_blocks_tile_them() {
        let noisy = noisy(3, tail());
        assert_eq!(noisy.among(0..130_000), 0..1_300);
        let by_block: u64 = (0..500)
            .map(|block| noisy.among(block * 256..(block + 1) * 256))
            .map(|devices| devices.end - devices.start)
            .sum();
        assert_eq!(by_block, noisy.among(0..128_000).end);
    }

    #[test]
    fn the_tail_is_heavy() {
        let noisy = noisy(3, tail());
        let mut rates: Vec<f64> = noisy
            .among(0..130_000)
            .map(|device| noisy.rate_per_day(device))
            .collect();
        rates.sort_by(f64::total_cmp);
        let ratio = rates[rates.len() - 1] / rates[0];
        assert!((100.0..200.0).contains(&ratio), "{ratio}");
        assert!(
            rates.windows(2).all(|pair| pair[0] < pair[1]),
            "each a part of its own"
        );
        // Pareto: the share above x times the least is about x^-1.2.
        let above_ten = rates.iter().filter(|rate| **rate > 10.0 * rates[0]).count();
        assert!((above_ten as f64 / 1_300.0 - 0.0617).abs() < 0.003, "{above_ten}");
    }

    #[test]
    fn a_device_is_picked_in_proportion_to_its_rate() {
        let noisy = noisy(3, tail());
        let devices = noisy.among(0..1_000);
        let total = noisy.per_day(devices.clone());
        let steps = 100_000;
        let mut picked = vec![0u32; devices.end as usize];
        for step in 0..steps {
            let at = total * f64::from(step) / f64::from(steps);
            picked[noisy.pick(devices.clone(), at).expect("one of them") as usize] += 1;
        }
        for device in devices {
            let expected = noisy.rate_per_day(device) / total * f64::from(steps);
            assert!(
                (f64::from(picked[device as usize]) - expected).abs() <= 1.0 + 1e-6,
                "{device}"
            );
        }
    }
}
