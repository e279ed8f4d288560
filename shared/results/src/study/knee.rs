//! Where along an axis a measure's mean over the seeds crosses a threshold.

use crate::assessment::paired::mean;
use crate::assessment::{Interval, Unit};
use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use serde::Serialize;

const RESAMPLE: Stream = Stream::named("study-knee-resample");
/// Of the seeds, with replacement, for the interval.
const RESAMPLES: u64 = 2_000;

/// What is sought.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Sought {
    pub axis: String,
    pub measure: String,
    pub unit: Unit,
    /// At least so much is good, or at most.
    pub threshold: f64,
    pub at_least: bool,
}

/// A value of the axis that was tried, and the measure for each seed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Tried {
    pub value: f64,
    /// Its mean.
    pub mean: f64,
    #[serde(skip)]
    pub by_seed: Vec<f64>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Knee {
    #[serde(flatten)]
    pub sought: Sought,
    /// By value.
    pub tried: Vec<Tried>,
    /// The last value that is good and the first that is not, or the other way round.
    pub between: Option<Interval>,
    /// Where the straight line between those crosses the threshold.
    pub at: Option<f64>,
    /// 95 % of as many bootstrap samples of the seeds cross within it; `None` where some do not cross at all.
    pub interval: Option<Interval>,
}

impl Sought {
    pub fn is_good(&self, mean: f64) -> bool {
        match self.at_least {
            true => mean >= self.threshold,
            false => mean <= self.threshold,
        }
    }
}

impl Tried {
    /// `None` where there is no value.
    pub fn new(value: f64, by_seed: Vec<f64>) -> Option<Tried> {
        Some(Tried {
            value,
            mean: mean(by_seed.iter().copied())?,
            by_seed,
        })
    }
}

impl Knee {
    pub fn new(sought: Sought, mut tried: Vec<Tried>) -> Knee {
        tried.sort_by(|a, b| a.value.total_cmp(&b.value));
        let means: Vec<(f64, f64)> = tried.iter().map(|tried| (tried.value, tried.mean)).collect();
        let crossed = crossing(&sought, &means);
        Knee {
            between: crossed.map(|(between, _)| between),
            at: crossed.map(|(_, at)| at),
            interval: crossed.and_then(|_| interval(&sought, &tried)),
            sought,
            tried,
        }
    }
}

/// The first two neighbours of which one is good and one is not, and where between them the threshold lies.
fn crossing(sought: &Sought, means: &[(f64, f64)]) -> Option<(Interval, f64)> {
    let pairs = means.windows(2).map(|pair| (pair[0], pair[1]));
    let mut crossings = pairs.filter(|((_, one), (_, other))| sought.is_good(*one) != sought.is_good(*other));
    let ((low, at_low), (high, at_high)) = crossings.next()?;
    let share = match at_high - at_low {
        0.0 => 0.5,
        rise => ((sought.threshold - at_low) / rise).clamp(0.0, 1.0),
    };
    Some((Interval { low, high }, low + share * (high - low)))
}

/// Percentiles of where samples of the seeds cross, all values tried with the same seeds.
fn interval(sought: &Sought, tried: &[Tried]) -> Option<Interval> {
    let seeds = tried.iter().map(|tried| tried.by_seed.len()).min()? as u64;
    if seeds < 2 {
        return None;
    }
    let draws = Draws::new(0);
    let mut crossings = Vec::with_capacity(RESAMPLES as usize);
    for sample in 0..RESAMPLES {
        let drawn: Vec<usize> = (0..seeds)
            .map(|n| draws.below(seeds, RESAMPLE, sample, n) as usize)
            .collect();
        let mean_of = |tried: &Tried| {
            let values = drawn.iter().map(|seed| tried.by_seed[*seed]);
            Some((tried.value, mean(values)?))
        };
        let means: Vec<(f64, f64)> = tried.iter().filter_map(mean_of).collect();
        crossings.push(crossing(sought, &means)?.1);
    }
    crossings.sort_by(f64::total_cmp);
    let percentile = |share: f64| crossings[((crossings.len() - 1) as f64 * share).round() as usize];
    Some(Interval {
        low: percentile(0.025),
        high: percentile(0.975),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sought() -> Sought {
        Sought {
            axis: "reads".to_owned(),
            measure: "requests.within_target_share".to_owned(),
            unit: Unit::Share,
            threshold: 0.95,
            at_least: true,
        }
    }

    fn knee(tried: &[(f64, [f64; 3])]) -> Knee {
        let tried = tried
            .iter()
            .filter_map(|(value, of)| Tried::new(*value, of.to_vec()));
        Knee::new(sought(), tried.collect())
    }

    #[test]
    fn it_lies_where_the_line_between_good_and_bad_meets_the_threshold() {
        let found = knee(&[(3.0, [0.85; 3]), (1.0, [1.0; 3]), (2.0, [0.97, 0.96, 0.95])]);
        // From 0.96 at 2 to 0.85 at 3: a hundredth of eleven below.
        assert!((found.at.unwrap() - (2.0 + 1.0 / 11.0)).abs() < 1e-12);
        assert_eq!(found.between, Some(Interval { low: 2.0, high: 3.0 }));
        // Samples of the worst seed alone cross at 2, those of the best at 2 + 2/12.
        let interval = found.interval.unwrap();
        assert!(interval.low > 2.0 - 1e-9 && interval.low < 2.05, "{interval:?}");
        assert!(
            interval.high > 2.12 && interval.high <= 2.0 + 2.0 / 12.0 + 1e-12,
            "{interval:?}"
        );
    }

    #[test]
    fn there_may_be_none_or_one_that_not_every_sample_has() {
        assert_eq!(knee(&[(1.0, [1.0; 3]), (4.0, [0.96; 3])]).at, None);
        let often = knee(&[(1.0, [1.0; 3]), (4.0, [0.99, 0.92, 0.90])]);
        assert!(often.at.is_some() && often.interval.is_none());
    }
}
