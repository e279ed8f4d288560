//! Paired differences: the same seed with and without, Student's t over the seeds.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// The intervals' confidence.
pub const CONFIDENCE: f64 = 0.95;

/// The mean of both sides and of their difference, pair by pair.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Paired {
    pub pairs: u32,
    pub without: f64,
    pub with: f64,
    /// Mean of `with − without` over the pairs.
    pub difference: f64,
    /// Its [`CONFIDENCE`] interval; `None` for fewer than two pairs.
    pub interval: Option<Interval>,
    /// Chance of a difference this far from zero or farther, were the true one zero (two-sided).
    pub p_value: Option<f64>,
}

#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

impl Interval {
    /// Whether zero lies outside; an interval that ends at zero does not exclude it.
    pub fn excludes_zero(&self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }
}

impl Paired {
    /// `None` where there is no pair. The differences are taken to be independent and about normally distributed.
    pub fn new(pairs: &[(f64, f64)]) -> Option<Paired> {
        let differences: Vec<f64> = pairs.iter().map(|(without, with)| with - without).collect();
        let without = mean(pairs.iter().map(|(without, _)| *without))?;
        let with = mean(pairs.iter().map(|(_, with)| *with))?;
        let difference = mean(differences.iter().copied())?;
        let test = spread(&differences, difference);
        Some(Paired {
            pairs: pairs.len() as u32,
            without,
            with,
            difference,
            interval: test.map(|(interval, _)| interval),
            p_value: test.map(|(_, p_value)| p_value),
        })
    }
}

/// Interval and p-value of the mean difference; `None` for fewer than two.
fn spread(differences: &[f64], mean: f64) -> Option<(Interval, f64)> {
    let count = differences.len() as f64;
    let degrees_of_freedom = differences.len().checked_sub(2)? as u32 + 1;
    let squares: f64 = differences
        .iter()
        .map(|difference| (difference - mean).powi(2))
        .sum();
    let standard_error = (squares / f64::from(degrees_of_freedom) / count).sqrt();
    let half = t_quantile(0.5 + CONFIDENCE / 2.0, degrees_of_freedom)? * standard_error;
    let interval = Interval {
        low: mean - half,
        high: mean + half,
    };
    let p_value = match sign_test(differences) {
        Some(p_value) => p_value,
        None => 2.0 * student(degrees_of_freedom)?.sf((mean / standard_error).abs()),
    };
    Some((interval, p_value))
}

/// Where the pairs that differ all do so by the same amount, up or down, as a count may by one: the chance of signs so uneven
/// or more so, were both as likely. Student's t takes such differences for far surer than they are.
fn sign_test(differences: &[f64]) -> Option<f64> {
    let mut unequal = differences.iter().filter(|difference| **difference != 0.0);
    let Some(first) = unequal.next() else {
        return Some(1.0);
    };
    let step = first.abs();
    let (mut count, mut up) = (1_u32, u32::from(*first > 0.0));
    for difference in unequal {
        if (difference.abs() - step).abs() > 1e-9 * step {
            return None;
        }
        count += 1;
        up += u32::from(*difference > 0.0);
    }
    // Of `count` tosses of a coin, each number of heads from the more frequent side's on; twice, for either side.
    let (mut ways, mut tail) = (1.0, 0.0);
    for heads in 0..=count {
        if heads >= up.max(count - up) {
            tail += ways;
        }
        ways *= f64::from(count - heads) / f64::from(heads + 1);
    }
    Some((2.0 * tail * 0.5_f64.powi(count as i32)).min(1.0))
}

/// The quantile of Student's t.
pub fn t_quantile(probability: f64, degrees_of_freedom: u32) -> Option<f64> {
    Some(student(degrees_of_freedom)?.inverse_cdf(probability))
}

fn student(degrees_of_freedom: u32) -> Option<StudentsT> {
    StudentsT::new(0.0, 1.0, f64::from(degrees_of_freedom)).ok()
}

pub(crate) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0u32);
    for value in values {
        sum += value;
        count += 1;
    }
    (count > 0).then(|| sum / f64::from(count))
}

/// Which of several tests stand together at `1 −` [`CONFIDENCE`] after Holm's step-down correction: the smallest
/// p-value is held against the level divided by the number of tests, the next by one fewer, until one fails.
/// (S. Holm, A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6, 1979.)
pub fn holm(p_values: &[f64]) -> Vec<bool> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut stands = vec![false; p_values.len()];
    for (rank, place) in order.into_iter().enumerate() {
        let level = (1.0 - CONFIDENCE) / (p_values.len() - rank) as f64;
        if p_values[place] > level {
            break;
        }
        stands[place] = true;
    }
    stands
}

#[cfg(test)]
mod tests {
    use super::*;
    use secnet_engine::Draws;
    use secnet_engine::draw::Stream;

    /// t for a two-sided 95 % interval, as tables print it (NIST/SEMATECH e-Handbook of Statistical Methods, §1.3.6.7.2).
    #[test]
    fn quantiles_agree_with_the_printed_table() {
        let rows = [
            (1, 12.706),
            (2, 4.303),
            (3, 3.182),
            (4, 2.776),
            (5, 2.571),
            (6, 2.447),
            (7, 2.365),
            (8, 2.306),
            (9, 2.262),
            (10, 2.228),
            (14, 2.145),
            (19, 2.093),
            (24, 2.064),
            (29, 2.045),
            (60, 2.000),
            (99, 1.984),
        ];
        for (degrees_of_freedom, printed) in rows {
            let quantile = t_quantile(0.975, degrees_of_freedom).unwrap();
            assert!(
                (quantile - printed).abs() <= 0.000_5 + 1e-9,
                "{degrees_of_freedom}: {quantile}"
            );
        }
    }

    /// With one and two degrees of freedom the quantiles have closed forms.
    #[test]
    fn quantiles_agree_with_their_closed_forms() {
        for probability in [0.6, 0.9, 0.975, 0.999] {
            let cauchy = (std::f64::consts::PI * (probability - 0.5)).tan();
            let a = 4.0 * probability * (1.0 - probability);
            let two = 2.0 * (probability - 0.5) * (2.0 / a).sqrt();
            for (degrees_of_freedom, exact) in [(1, cauchy), (2, two)] {
                let quantile = t_quantile(probability, degrees_of_freedom).unwrap();
                assert!(
                    (quantile / exact - 1.0).abs() < 1e-9,
                    "{probability}, {degrees_of_freedom}: {quantile}, {exact}"
                );
            }
        }
    }

    /// Student's own example (The probable error of a mean, Biometrika 6, 1908; the `sleep` data of R): additional hours of
    /// sleep of ten patients under two drugs. R: t.test(extra ~ group, paired = TRUE) gives a mean difference of
    /// 1.58, 0.7001142 to 2.4598858, p = 0.002833.
    #[test]
    fn students_sleep_data_give_the_published_interval() {
        let first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
        let second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
        let pairs: Vec<(f64, f64)> = first.into_iter().zip(second).collect();
        let paired = Paired::new(&pairs).unwrap();
        let interval = paired.interval.unwrap();
        assert_eq!(paired.pairs, 10);
        assert!((paired.without - 0.75).abs() < 1e-12);
        assert!((paired.with - 2.33).abs() < 1e-12);
        assert!((paired.difference - 1.58).abs() < 1e-12);
        assert!((interval.low - 0.700_114_2).abs() < 1e-6, "{interval:?}");
        assert!((interval.high - 2.459_885_8).abs() < 1e-6, "{interval:?}");
        assert!((paired.p_value.unwrap() - 0.002_833).abs() < 1e-6);
        assert!(interval.excludes_zero());
    }

    #[test]
    fn equal_sides_differ_by_nothing_and_one_pair_has_no_interval() {
        let equal = Paired::new(&[(3.0, 3.0), (4.0, 4.0), (5.0, 5.0)]).unwrap();
        assert_eq!(equal.interval, Some(Interval { low: 0.0, high: 0.0 }));
        assert_eq!((equal.p_value, equal.difference), (Some(1.0), 0.0));
        assert!(!equal.interval.unwrap().excludes_zero());
        let single = Paired::new(&[(3.0, 4.0)]).unwrap();
        assert_eq!(
            (single.interval, single.p_value, single.difference),
            (None, None, 1.0)
        );
        assert_eq!(Paired::new(&[]), None);
    }

    #[test]
    fn a_difference_that_never_varies_is_as_sure_as_so_many_tosses_of_a_coin() {
        let steady = Paired::new(&[(1.0, 3.0), (5.0, 7.0), (2.0, 4.0), (0.0, 2.0), (1.0, 3.0)]).unwrap();
        assert_eq!(steady.interval, Some(Interval { low: 2.0, high: 2.0 }));
        assert_eq!(steady.p_value, Some(0.0625));
    }

    /// Counts that are mostly equal: by chance a few differ by one, as often up as down. With few pairs all may differ alike.
    #[test]
    fn counts_that_differ_by_chance_stand_in_no_more_than_one_study_of_twenty() {
        let draws = Draws::new(7);
        for pairs in [5_u64, 6, 8, 10] {
            const STUDIES: u64 = 2_000;
            let stands = (0..STUDIES).filter(|study| {
                // Ten counters each, held together.
                let p_values: Vec<f64> = (0..10)
                    .map(|counter| {
                        let sides: Vec<(f64, f64)> = (0..pairs)
                            .map(|pair| {
                                let n = (study * 10 + counter) * 16 + pair;
                                let up = draws.below(2, Stream::named("sign"), pairs, n);
                                (1.0, 2.0 * up as f64)
                            })
                            .collect();
                        Paired::new(&sides).unwrap().p_value.unwrap()
                    })
                    .collect();
                holm(&p_values).contains(&true)
            });
            let rate = stands.count() as f64 / STUDIES as f64;
            assert!(rate <= 0.05, "{pairs} pairs: {rate}");
        }
    }

    #[test]
    fn the_interval_covers_the_true_difference_in_95_of_100_studies() {
        use secnet_engine::Draws;
        use secnet_engine::draw::Stream;
        let draws = Draws::new(11);
        // Sums of twelve uniform draws: normal enough, with variance 1.
        let normal = |stream: &'static str, study: u64, seed: u64| -> f64 {
            let draw = |n| draws.unit(Stream::named(stream), study, seed * 12 + n);
            (0..12).map(draw).sum::<f64>() - 6.0
        };
        let studies = 4_000;
        let covered = (0..studies).filter(|study| {
            let pair = |seed| {
                let common = 5.0 * normal("common", *study, seed);
                (common, common + 0.3 + normal("own", *study, seed))
            };
            let pairs: Vec<(f64, f64)> = (0..10).map(pair).collect();
            let interval = Paired::new(&pairs).unwrap().interval.unwrap();
            interval.low <= 0.3 && 0.3 <= interval.high
        });
        let share = covered.count() as f64 / studies as f64;
        // Standard error 0.0034.
        assert!((share - 0.95).abs() < 0.011, "{share}");
    }

    #[test]
    fn holm_stops_at_the_first_that_fails() {
        assert_eq!(holm(&[0.01, 0.04, 0.03, 0.005]), [true, false, false, true]);
        assert_eq!(holm(&[0.04]), [true]);
        assert_eq!(holm(&[0.06, 0.06]), [false, false]);
        assert_eq!(holm(&[]), [] as [bool; 0]);
    }
}
