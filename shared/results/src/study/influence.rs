//! What a measure hangs on among the numbers that nobody has published: how far each moves it over its range, and of what is left, how much
//! of the measure's variance each has a part in.
//!
//! Both are made of stars: a point anywhere in the ranges, and for each parameter the same point with that one elsewhere (Campolongo, Saltelli and
//! Cariboni 2011, "From screening to quantitative sensitivity analysis"). What happens within a star happens with one seed. A parameter that
//! changes nothing has an influence of exactly nought.

use crate::assessment::paired::mean;
use crate::assessment::{Interval, Unit};
use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use serde::Serialize;

const RESAMPLE: Stream = Stream::named("study-influence-resample");
/// Of the stars, with replacement, for the intervals.
const RESAMPLES: u64 = 2_000;

/// What the measure is at a point, and with one parameter elsewhere.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Star {
    /// `None` where the run has nothing of the measure.
    pub centre: Option<f64>,
    pub rays: Vec<Ray>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ray {
    /// By number.
    pub parameter: usize,
    /// How far it went, as a share of the parameter's range, with its sign.
    pub moved: f64,
    pub value: Option<f64>,
}

/// A parameter that was varied.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Varied {
    /// As the list of assumptions names it.
    pub name: String,
    /// As the scenario has it.
    pub value: String,
    pub low: String,
    pub high: String,
    /// Whether the parameter's description gives the range; it is half to twice the value otherwise.
    pub range_is_given: bool,
}

/// How far a parameter moves the measure.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Screened {
    #[serde(flatten)]
    pub of: Varied,
    /// Mean of how far the measure moves, up or down, over the parameter's range (Morris's μ*).
    pub effect: f64,
    /// Standard deviation of that with its sign: large beside the mean where it is not linear, or hangs on the others (Morris's σ).
    pub spread: Option<f64>,
    /// Of so many stars.
    pub stars: u32,
}

/// How much of the measure's variance a parameter has a part in, alone or with others, while those looked at have any value of their ranges.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Total {
    pub name: String,
    pub index: f64,
    /// 95 % of as many bootstrap samples of the stars.
    pub interval: Option<Interval>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Influence {
    pub measure: String,
    pub unit: Unit,
    /// From the one that moves the measure farthest on.
    pub screened: Vec<Screened>,
    pub stars: u32,
    /// Of the first of them.
    pub total: Vec<Total>,
    pub samples: u32,
    /// Assumed as well, and not varied: no numbers, nought without a range, or refused by the scenario wherever they were tried.
    pub not_varied: Vec<String>,
    /// Whether the ledger of every run balances and no contract was broken, and whether all went to their end.
    pub all_balanced: bool,
    pub all_complete: bool,
}

impl Influence {
    /// How many of the first move the measure at all.
    pub fn moving(&self) -> usize {
        self.screened.iter().take_while(|it| it.effect > 0.0).count()
    }
}

impl Varied {
    pub fn range_in_words(&self) -> &'static str {
        match self.range_is_given {
            true => "assumed range",
            false => "half to twice",
        }
    }
}

/// How far each parameter moves the measure, from the farthest on.
pub fn screen(varied: &[Varied], stars: &[Star]) -> Vec<Screened> {
    let effects_of = |parameter: usize| {
        let rays = stars
            .iter()
            .flat_map(|star| star.rays.iter().map(move |ray| (star, ray)));
        let own = rays.filter(move |(_, ray)| ray.parameter == parameter && ray.moved != 0.0);
        own.filter_map(|(star, ray)| Some((ray.value? - star.centre?) / ray.moved))
    };
    let mut screened: Vec<Screened> = varied
        .iter()
        .enumerate()
        .map(|(parameter, of)| {
            let effects: Vec<f64> = effects_of(parameter).collect();
            Screened {
                of: of.clone(),
                effect: mean(effects.iter().map(|effect| effect.abs())).unwrap_or_default(),
                spread: deviation(&effects),
                stars: effects.len() as u32,
            }
        })
        .collect();
    // A stable sort: of two alike the first in the schema comes first.
    screened.sort_by(|a, b| b.effect.total_cmp(&a.effect));
    screened
}

/// Of each parameter by number, by Jansen's estimator; none where the measure is the same everywhere.
pub fn totals(names: &[String], stars: &[Star]) -> Vec<Total> {
    let total = |(parameter, name): (usize, &String)| {
        let arms: Vec<Arm> = stars.iter().filter_map(|star| Arm::of(star, parameter)).collect();
        Some(Total {
            name: name.clone(),
            index: index(arms.iter())?,
            interval: interval(&arms),
        })
    };
    names.iter().enumerate().filter_map(total).collect()
}

/// A star's centre, and the square of how far one parameter moves the measure from there.
struct Arm {
    centre: f64,
    square: Option<f64>,
}

impl Arm {
    fn of(star: &Star, parameter: usize) -> Option<Arm> {
        let centre = star.centre?;
        let ray = star.rays.iter().find(|ray| ray.parameter == parameter);
        let value = ray.and_then(|ray| ray.value);
        Some(Arm {
            centre,
            square: value.map(|value| (value - centre).powi(2)),
        })
    }
}

fn index<'s>(arms: impl Iterator<Item = &'s Arm>) -> Option<f64> {
    let (centres, squares): (Vec<f64>, Vec<Option<f64>>) = arms.map(|arm| (arm.centre, arm.square)).unzip();
    let variance = deviation(&centres)?.powi(2);
    let half_mean_square = mean(squares.into_iter().flatten())? / 2.0;
    (variance > 0.0).then_some(half_mean_square / variance)
}

fn interval(arms: &[Arm]) -> Option<Interval> {
    let (all, draws) = (arms.len() as u64, Draws::new(0));
    let sampled = |sample: u64| {
        let drawn = (0..all).map(|n| &arms[draws.below(all, RESAMPLE, sample, n) as usize]);
        index(drawn)
    };
    let mut indices: Vec<f64> = (0..RESAMPLES).filter_map(sampled).collect();
    indices.sort_by(f64::total_cmp);
    let last = indices.len().checked_sub(1)?;
    let percentile = |share: f64| indices[(last as f64 * share).round() as usize];
    Some(Interval {
        low: percentile(0.025),
        high: percentile(0.975),
    })
}

/// Standard deviation of a sample; `None` of fewer than two.
fn deviation(values: &[f64]) -> Option<f64> {
    let centre = mean(values.iter().copied())?;
    let others = values.len().checked_sub(1).filter(|others| *others > 0)?;
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    Some((squares / others as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    const ANY: Stream = Stream::named("influence-tests");

    fn varied(names: &[&str]) -> Vec<Varied> {
        let of = |name: &&str| Varied {
            name: (*name).to_owned(),
            value: "1".to_owned(),
            low: "0".to_owned(),
            high: "2".to_owned(),
            range_is_given: true,
        };
        names.iter().map(of).collect()
    }

    /// Stars of a function of so many parameters: their rays half the range long, or anywhere.
    fn stars(count: u64, parameters: usize, anywhere: bool, f: impl Fn(&[f64]) -> f64) -> Vec<Star> {
        let draws = Draws::new(7);
        let draw = |star, n: usize| draws.unit(ANY, star, n as u64);
        let star = |star| {
            let centre: Vec<f64> = (0..parameters).map(|n| draw(star, n)).collect();
            let ray = |parameter: usize| {
                let mut point = centre.clone();
                point[parameter] = match anywhere {
                    true => draw(star, parameters + parameter),
                    false => (centre[parameter] + 0.5) % 1.0,
                };
                Ray {
                    parameter,
                    moved: point[parameter] - centre[parameter],
                    value: Some(f(&point)),
                }
            };
            Star {
                centre: Some(f(&centre)),
                rays: (0..parameters).map(ray).collect(),
            }
        };
        (0..count).map(star).collect()
    }

    #[test]
    fn of_a_plane_each_parameter_has_its_slope_and_an_inert_one_nought() {
        let found = screen(
            &varied(&["a", "inert", "b"]),
            &stars(4, 3, false, |x| 2.0 * x[0] - 5.0 * x[2] + 1.0),
        );
        let of = |n: usize| (found[n].of.name.as_str(), (found[n].effect * 1e9).round() / 1e9);
        assert_eq!([of(0), of(1), of(2)], [("b", 5.0), ("a", 2.0), ("inert", 0.0)]);
        assert!(found.iter().all(|it| it.stars == 4 && it.spread.unwrap() < 1e-9));
        assert_eq!((found[2].effect, found[2].spread), (0.0, Some(0.0)));
    }

    /// Ishigami's function, whose total indices are known, and a fourth parameter that it does not have.
    #[test]
    fn total_indices_are_those_of_a_function_that_is_known_and_an_inert_one_has_nought() {
        let ishigami = |x: &[f64]| {
            let x: Vec<f64> = x.iter().map(|x| (2.0 * x - 1.0) * PI).collect();
            x[0].sin() + 7.0 * x[1].sin().powi(2) + 0.1 * x[2].powi(4) * x[0].sin()
        };
        let names = ["a", "b", "c", "inert"].map(str::to_owned);
        let found = totals(&names, &stars(8_000, 4, true, ishigami));
        for (total, expected) in found.iter().zip([0.5576, 0.4424, 0.2437, 0.0]) {
            let interval = total.interval.unwrap();
            assert!((total.index - expected).abs() < 0.03, "{total:?}, {expected}");
            let is_around = interval.low <= total.index && total.index <= interval.high;
            assert!(is_around && interval.high - interval.low < 0.08, "{total:?}");
        }
        assert_eq!(found[3].index, 0.0);
        assert!(totals(&names, &stars(10, 4, true, |_| 3.0)).is_empty());
    }

    #[test]
    fn where_a_run_has_nothing_of_the_measure_the_others_count() {
        let mut stars = stars(3, 1, false, |x| 3.0 * x[0]);
        stars[0].centre = None;
        stars[1].rays[0].value = None;
        let found = screen(&varied(&["a"]), &stars);
        assert_eq!(found[0].stars, 1);
        assert!((found[0].effect - 3.0).abs() < 1e-9 && found[0].spread.is_none());
    }
}
