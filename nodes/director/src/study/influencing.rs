//! Which assumed numbers a measure hangs on: the stars that are run, and what is made of them.
//!
//! A star's centre has every number anywhere in its range; each ray is the centre with one number elsewhere. A scenario may refuse what two numbers are
//! together (a mean below its minimum): then others are drawn, and where none will do the number stays as it is in that star.

use super::definition::InfluenceDefinition;
use super::points::strata;
use super::{Run, Study};
use crate::exit::bad_input;
use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_results::assessment::Unit;
use secnet_results::study::Influence;
use secnet_results::study::influence::{self, Ray, Screened, Star, Varied};
use secnet_topology::{AssumedRange, Scenario, assumptions, mend};

const REDRAWN: Stream = Stream::named("study-influence-redrawn");
/// Before a number stays as it is.
const TRIES: u64 = 8;
/// The shortest way, as a share of its range, that a number goes where another than half of it is drawn.
const MOVED_MIN: f64 = 0.25;

/// The assumed numbers of a study that are varied, and the names of what is not.
pub(super) struct Numbers {
    varied: Vec<AssumedRange>,
    not_varied: Vec<String>,
}

/// A star that is to be run.
pub(super) struct Planned {
    centre: Run,
    rays: Vec<(usize, f64, Run)>,
}

impl Planned {
    pub(super) fn runs(&self) -> impl Iterator<Item = &Run> {
        std::iter::once(&self.centre).chain(self.rays.iter().map(|(_, _, run)| run))
    }
}

impl Numbers {
    pub(super) fn of(definition: &InfluenceDefinition, scenario: &Scenario) -> Result<Numbers, String> {
        let all = assumptions(scenario);
        let names = || all.iter().map(|assumption| assumption.path.as_str());
        for pattern in definition.only.iter().chain(&definition.except) {
            if !names().any(|name| is_like(pattern, name)) {
                let mend = mend(pattern, names());
                return Err(format!(
                    "influence: no assumed parameter is called `{pattern}`{mend}"
                ));
            }
        }
        let is_asked_for = |name: &str| {
            let any = |patterns: &[String]| patterns.iter().any(|pattern| is_like(pattern, name));
            (definition.only.is_empty() || any(&definition.only)) && !any(&definition.except)
        };
        let (mut varied, mut not_varied) = (Vec::new(), Vec::new());
        for assumption in all.iter().filter(|it| is_asked_for(&it.path)) {
            match AssumedRange::of(assumption) {
                Some(range) => varied.push(range),
                None => not_varied.push(assumption.path.clone()),
            }
        }
        match varied.is_empty() {
            true => Err("influence: there is no assumed number to vary".to_owned()),
            false => Ok(Numbers { varied, not_varied }),
        }
    }

    /// Stars of some of the numbers, by their places: rays go half a range, or anywhere.
    fn stars(
        &self,
        study: &Study<'_>,
        numbers: &[usize],
        count: u32,
        anywhere: bool,
    ) -> anyhow::Result<Vec<Planned>> {
        let places = || numbers.iter().copied();
        let centres: Vec<Vec<u32>> = places().map(|place| strata(count, place as u64)).collect();
        let others = places().map(|place| strata(count, (self.varied.len() + place) as u64));
        let others: Vec<Vec<u32>> = others.collect();
        let in_stratum = |stratum: u32| (f64::from(stratum) + 0.5) / f64::from(count);
        let star = |n: usize| {
            let centre = |number: usize| in_stratum(centres[number][n]);
            let ray = |number: usize, from: f64| match anywhere {
                true => in_stratum(others[number][n]),
                false => (from + 0.5) % 1.0,
            };
            self.star(study, numbers, n as u64, &centre, &ray)
        };
        (0..count as usize).map(star).collect()
    }

    fn star(
        &self,
        study: &Study<'_>,
        numbers: &[usize],
        star: u64,
        centre: &dyn Fn(usize) -> f64,
        ray: &dyn Fn(usize, f64) -> f64,
    ) -> anyhow::Result<Planned> {
        let draws = Draws::new(0);
        let again = |number: usize, attempt: u64| {
            let of = star << 32 | numbers[number] as u64;
            draws.unit(REDRAWN, of, attempt)
        };
        let overrides = |at: &[Option<f64>]| -> Vec<String> {
            let set = numbers.iter().zip(at);
            set.filter_map(|(number, at)| {
                let range = &self.varied[*number];
                Some(format!("{}={}", range.key, range.at((*at)?)))
            })
            .collect()
        };
        let seed = study.seed(star % u64::from(study.definition.seeds));
        let scenario = |at: &[Option<f64>]| study.scenario_with(&overrides(at));

        let mut at: Vec<Option<f64>> = (0..numbers.len()).map(|number| Some(centre(number))).collect();
        if scenario(&at).is_err() {
            let wished = std::mem::replace(&mut at, vec![None; numbers.len()]);
            for (number, wished) in wished.into_iter().enumerate() {
                let tries = wished
                    .into_iter()
                    .chain((1..TRIES).map(|attempt| again(number, attempt)));
                for share in tries {
                    at[number] = Some(share);
                    if scenario(&at).is_ok() {
                        break;
                    }
                    at[number] = None;
                }
            }
        }
        let mut rays = Vec::new();
        for number in 0..numbers.len() {
            let Some(from) = at[number] else { continue };
            // Of a move that is next to nothing the effect over the whole range cannot be told.
            let redrawn = (TRIES..2 * TRIES).map(|attempt| again(number, attempt));
            let tries = std::iter::once(ray(number, from))
                .chain(redrawn.filter(|share| (share - from).abs() >= MOVED_MIN));
            let mut elsewhere = at.clone();
            for share in tries {
                elsewhere[number] = Some(share);
                if let Ok(scenario) = scenario(&elsewhere) {
                    let what = format!(
                        "star {}, {} elsewhere",
                        star + 1,
                        self.varied[numbers[number]].path
                    );
                    rays.push((number, share - from, study.run_of(&scenario, seed, &what)?));
                    break;
                }
            }
        }
        Ok(Planned {
            centre: study.run_of(&scenario(&at)?, seed, &format!("star {}", star + 1))?,
            rays,
        })
    }

    /// Those of the first stage.
    pub(super) fn screening(
        &self,
        study: &Study<'_>,
        definition: &InfluenceDefinition,
    ) -> anyhow::Result<Vec<Planned>> {
        let all: Vec<usize> = (0..self.varied.len()).collect();
        self.stars(study, &all, definition.stars, false)
    }

    /// How many runs the second stage has at most.
    pub(super) fn runs_of_totals(&self, definition: &InfluenceDefinition) -> u32 {
        let top = definition.top.min(self.varied.len() as u32);
        if top == 0 {
            0
        } else {
            definition.samples * (top + 1)
        }
    }

    /// What was found, once the first stage has been run; `None` when the second was stopped by hand.
    pub(super) fn influence(
        &self,
        study: &Study<'_>,
        definition: &InfluenceDefinition,
        screening: &[Planned],
    ) -> anyhow::Result<Option<Influence>> {
        let measure = &definition.measure;
        let first = Found::read(study, measure, screening)?;
        let unit = first
            .unit
            .ok_or_else(|| bad_input(format!("influence: no run has `{measure}`")))?;
        let varied: Vec<Varied> = self.varied.iter().map(varied).collect();
        let (screened, never_moved): (Vec<Screened>, Vec<Screened>) =
            influence::screen(&varied, &first.stars)
                .into_iter()
                .partition(|it| it.stars > 0);
        let moving = screened.iter().filter(|it| it.effect > 0.0);
        let top: Vec<String> = moving
            .take(definition.top as usize)
            .map(|it| it.of.name.clone())
            .collect();
        let place = |name: &String| self.varied.iter().position(|range| range.path == *name);
        let places: Vec<usize> = top.iter().filter_map(place).collect();
        let samples = if places.is_empty() { 0 } else { definition.samples };
        let sampled = self.stars(study, &places, samples, true)?;
        let runs: Vec<&Run> = sampled.iter().flat_map(Planned::runs).collect();
        if study.make(&runs, None)?.is_none() {
            return Ok(None);
        }
        let second = Found::read(study, measure, &sampled)?;
        let never_moved = never_moved.into_iter().map(|it| it.of.name);
        Ok(Some(Influence {
            measure: measure.clone(),
            unit,
            total: influence::totals(&top, &second.stars),
            screened,
            stars: definition.stars,
            samples,
            not_varied: self.not_varied.iter().cloned().chain(never_moved).collect(),
            all_balanced: first.all_balanced && second.all_balanced,
            all_complete: first.all_complete && second.all_complete,
        }))
    }
}

fn varied(range: &AssumedRange) -> Varied {
    Varied {
        name: range.path.clone(),
        value: range.value.clone(),
        low: range.low.clone(),
        high: range.high.clone(),
        range_is_given: range.is_given,
    }
}

/// What runs that have been made say of the measure.
struct Found {
    stars: Vec<Star>,
    unit: Option<Unit>,
    all_balanced: bool,
    all_complete: bool,
}

impl Found {
    fn read(study: &Study<'_>, measure: &str, stars: &[Planned]) -> anyhow::Result<Found> {
        let mut found = Found {
            stars: Vec::new(),
            unit: None,
            all_balanced: true,
            all_complete: true,
        };
        for star in stars {
            let centre = found.value(study, measure, &star.centre)?;
            let mut rays = Vec::new();
            for (parameter, moved, run) in &star.rays {
                rays.push(Ray {
                    parameter: *parameter,
                    moved: *moved,
                    value: found.value(study, measure, run)?,
                });
            }
            found.stars.push(Star { centre, rays });
        }
        // A count that a run does not have is nought.
        if found.unit == Some(Unit::Count) {
            for star in &mut found.stars {
                star.centre = star.centre.or(Some(0.0));
                for ray in &mut star.rays {
                    ray.value = ray.value.or(Some(0.0));
                }
            }
        }
        Ok(found)
    }

    fn value(&mut self, study: &Study<'_>, measure: &str, run: &Run) -> anyhow::Result<Option<f64>> {
        let part = study.folder.read(&run.part)?;
        self.all_balanced &= part.balanced;
        self.all_complete &= part.complete;
        let figure = part.figures.get(measure);
        self.unit = self.unit.or(figure.map(|figure| figure.unit));
        Ok(figure.map(|figure| figure.value))
    }
}

/// Whether the name is the pattern's, in which `*` stands for anything.
fn is_like(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|behind| {
            let mut cuts = behind.char_indices().map(|(at, _)| at).chain([behind.len()]);
            cuts.any(|at| is_like(rest, &behind[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn a_star_in_a_pattern_stands_for_anything() {
        let like = [
            ("dsp.servers", "dsp.servers"),
            ("dsp.*", "dsp.servers"),
            ("csp.*.downlink_rate", "csp.north.downlink_rate"),
            ("*rate", "csp.north.uplink_rate"),
            ("*", "anything"),
        ];
        assert!(like.iter().all(|(pattern, name)| is_like(pattern, name)));
        let unlike = [
            ("dsp.server", "dsp.servers"),
            ("dsp.*.x", "dsp.servers"),
            ("csp.*", "dsp.csp"),
        ];
        assert!(!unlike.iter().any(|(pattern, name)| is_like(pattern, name)));
    }
}
