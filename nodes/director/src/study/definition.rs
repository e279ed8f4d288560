//! A study's file: the scenario, what is varied, what is looked at.

use crate::exit::bad_input;
use anyhow::Context;
use secnet_results::study::{DEFAULT_HEADLINE, problem_of};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A larger file is no study.
const STUDY_BYTES_MAX: u64 = 1 << 20;
const SEEDS_MAX: u32 = 1_000;
const POINTS_MAX: usize = 10_000;
const NAME_MAX: usize = 64;
const STARS_MAX: u32 = 1_000;

#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    pub name: String,
    #[serde(default)]
    pub description: String,
    /// Beside the study's file.
    pub scenario: PathBuf,
    /// Overrides at every point.
    #[serde(default)]
    pub set: Vec<String>,
    /// How many, counted up from the scenario's.
    #[serde(default = "seeds")]
    pub seeds: u32,
    #[serde(default = "headline")]
    pub headline: Vec<String>,
    #[serde(default)]
    pub design: Design,
    /// Of a Latin hypercube.
    pub points: Option<u32>,
    #[serde(default)]
    pub axes: Vec<Axis>,
    pub knee: Option<KneeDefinition>,
    pub influence: Option<InfluenceDefinition>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Design {
    /// Every value of each axis with every one of the others.
    #[default]
    Grid,
    /// Each value of each axis, with the others as the scenario has them.
    OneAtATime,
    /// So many points, spread so that each axis is covered evenly.
    LatinHypercube,
}

/// What is varied.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    pub name: String,
    /// The parameter whose value it is, `dsp.servers`, or those.
    pub set: Option<Keys>,
    /// The parameters it multiplies: `workloads.*.per_device_per_day`.
    pub scale: Option<String>,
    pub values: Option<Vec<toml::Value>>,
    pub from: Option<toml::Value>,
    pub to: Option<toml::Value>,
    /// From one end to the other, both included.
    pub steps: Option<u32>,
    /// Behind a number of a range: `kbit/s`.
    #[serde(default)]
    pub unit: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(untagged, expecting = "a parameter, or a list of them")]
pub enum Keys {
    One(String),
    Several(Vec<String>),
}

/// Where a measure crosses a threshold along an axis.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KneeDefinition {
    pub axis: String,
    pub measure: String,
    pub at_least: Option<f64>,
    pub at_most: Option<f64>,
    /// The search ends when it is known to so much of the axis.
    pub within: f64,
}

/// Which assumed numbers a measure hangs on.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InfluenceDefinition {
    pub measure: String,
    /// Only numbers of these names, `dsp.*`; all where there are none.
    #[serde(default)]
    pub only: Vec<String>,
    /// Not those.
    #[serde(default)]
    pub except: Vec<String>,
    /// Of how many points and all that lie half a range beside them.
    #[serde(default = "stars")]
    pub stars: u32,
    /// For how many of those that move the measure farthest their part in its variance is estimated.
    #[serde(default = "top")]
    pub top: u32,
    /// From how many points.
    #[serde(default = "samples")]
    pub samples: u32,
}

fn stars() -> u32 {
    4
}

fn top() -> u32 {
    3
}

fn samples() -> u32 {
    24
}

fn seeds() -> u32 {
    5
}

fn headline() -> Vec<String> {
    DEFAULT_HEADLINE.map(str::to_owned).to_vec()
}

impl Definition {
    pub fn read(path: &Path) -> anyhow::Result<Definition> {
        let shown = path.display();
        let bytes = secnet_results::run_folder::read_bounded(path, STUDY_BYTES_MAX).map_err(bad_input)?;
        let text = String::from_utf8(bytes).map_err(|_| bad_input(format!("{shown} is no text")))?;
        let mut definition: Definition = toml::from_str(&text)
            .with_context(|| format!("{shown} is no study"))
            .map_err(|error| bad_input(format!("{error}: {}", error.root_cause())))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        definition.scenario = folder.join(&definition.scenario);
        match definition.problem() {
            Some(problem) => Err(bad_input(format!("{shown}: {problem}"))),
            None => Ok(definition),
        }
    }

    fn problem(&self) -> Option<String> {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
        if self.name.is_empty() || self.name.len() > NAME_MAX || !self.name.chars().all(is_plain) {
            return Some(format!(
                "`name` names a folder: use up to {NAME_MAX} of a to z, 0 to 9, `.`, `_` and `-`, not `{}`",
                self.name
            ));
        }
        if !(2..=SEEDS_MAX).contains(&self.seeds) {
            return Some(format!(
                "`seeds` is {}: from 2, without which there is no interval, to {SEEDS_MAX}",
                self.seeds
            ));
        }
        let measures = self
            .headline
            .iter()
            .chain(self.knee.iter().map(|knee| &knee.measure))
            .chain(self.influence.iter().map(|influence| &influence.measure));
        if let Some(problem) = measures.into_iter().find_map(|name| problem_of(name)) {
            return Some(problem);
        }
        if self.axes.is_empty() && self.influence.is_none() {
            return Some("there are neither `[[axes]]` nor `[influence]`: what is to be varied?".to_owned());
        }
        let mut names = BTreeSet::new();
        for axis in &self.axes {
            if let Some(problem) = axis.problem() {
                return Some(format!("axis `{}`: {problem}", axis.name));
            }
            if !names.insert(&axis.name) {
                return Some(format!("there are two axes `{}`", axis.name));
            }
        }
        self.problem_of_design()
            .or_else(|| self.problem_of_knee())
            .or_else(|| self.problem_of_influence())
    }

    fn problem_of_design(&self) -> Option<String> {
        let is_cube = self.design == Design::LatinHypercube;
        if self.points.is_some() != is_cube {
            return Some(match is_cube {
                true => "a `latin_hypercube` needs `points`, how many there are to be".to_owned(),
                false => "`points` is for `design = \"latin_hypercube\"`: others have as many as their values come to".to_owned(),
            });
        }
        // What a knee alone is sought along needs no steps.
        let only_for_knee = |axis: &Axis| self.knee.as_ref().is_some_and(|knee| knee.axis == axis.name);
        if let Some(axis) = self
            .axes
            .iter()
            .find(|axis| !is_cube && axis.count() == 0 && !only_for_knee(axis))
        {
            return Some(format!(
                "axis `{}`: a range needs `steps`, how many values of it there are to be",
                axis.name
            ));
        }
        let points = match self.design {
            Design::Grid => self
                .varied()
                .map(|axis| axis.count().max(1))
                .fold(1, usize::saturating_mul),
            Design::OneAtATime => self.varied().map(Axis::count).fold(0, usize::saturating_add),
            Design::LatinHypercube => self.points.unwrap_or_default() as usize,
        };
        (points > POINTS_MAX)
            .then(|| format!("{points} points are more than the {POINTS_MAX} a study may have"))
    }

    fn problem_of_knee(&self) -> Option<String> {
        let knee = self.knee.as_ref()?;
        let Some(axis) = self.axes.iter().find(|axis| axis.name == knee.axis) else {
            let names: Vec<String> = self.axes.iter().map(|axis| format!("`{}`", axis.name)).collect();
            return Some(format!(
                "`knee.axis`: there is no axis `{}`; there are {}",
                knee.axis,
                names.join(", ")
            ));
        };
        if axis.range().is_none() {
            return Some(format!(
                "`knee.axis`: a knee is sought in a range; give `{}` a `from` and a `to`",
                axis.name
            ));
        }
        if knee.at_least.is_some() == knee.at_most.is_some() {
            return Some("`knee` needs either `at_least` or `at_most`, what is still good".to_owned());
        }
        (knee.within.is_nan() || knee.within <= 0.0).then(|| "`knee.within` is more than nought".to_owned())
    }

    fn problem_of_influence(&self) -> Option<String> {
        let influence = self.influence.as_ref()?;
        let within = |key: &str, value: u32, least: u32| {
            (!(least..=STARS_MAX).contains(&value))
                .then(|| format!("`influence.{key}` is {value}: from {least} to {STARS_MAX}"))
        };
        let samples_min = if influence.top == 0 { 0 } else { 2 };
        within("stars", influence.stars, 1)
            .or_else(|| within("top", influence.top, 0))
            .or_else(|| within("samples", influence.samples, samples_min))
    }

    /// The axes that the points vary: not one that a knee alone is sought along.
    pub fn varied(&self) -> impl Iterator<Item = &Axis> {
        let is_cube = self.design == Design::LatinHypercube;
        self.axes.iter().filter(move |axis| is_cube || axis.count() > 0)
    }
}

impl Keys {
    pub fn all(&self) -> &[String] {
        match self {
            Keys::One(key) => std::slice::from_ref(key),
            Keys::Several(keys) => keys,
        }
    }
}

impl Axis {
    fn problem(&self) -> Option<String> {
        if self.set.is_some() == self.scale.is_some() {
            return Some("it needs either `set`, a parameter, or `scale`, parameters to multiply".to_owned());
        }
        if self.set.as_ref().is_some_and(|keys| keys.all().is_empty()) {
            return Some("`set` names no parameter".to_owned());
        }
        let has_range = self.from.is_some() && self.to.is_some();
        if self.values.is_some() == has_range || self.from.is_some() != self.to.is_some() {
            return Some("it needs either `values`, or `from` and `to`".to_owned());
        }
        if let Some(values) = &self.values {
            let is_plain = |value: &toml::Value| text_of(value).is_some();
            if values.is_empty() || !values.iter().all(is_plain) {
                return Some("`values` are numbers, texts or `true` and `false`, at least one".to_owned());
            }
            if self.scale.is_some() && !values.iter().all(|value| number(value).is_some()) {
                return Some("`values` of `scale` are numbers to multiply by".to_owned());
            }
            if self.steps.is_some() {
                return Some("`steps` is for a range; there are as many `values` as there are".to_owned());
            }
            return None;
        }
        match self.range() {
            None => Some("`from` and `to` are numbers; what they are of is `unit`".to_owned()),
            Some((from, to)) if from >= to => Some("`from` is less than `to`".to_owned()),
            Some(_) if self.steps.is_some_and(|steps| steps < 2) => {
                Some("`steps` are two or more".to_owned())
            }
            Some(_) => None,
        }
    }

    /// How many values it has in a grid; none where a range has no steps.
    pub fn count(&self) -> usize {
        match &self.values {
            Some(values) => values.len(),
            None => self.steps.unwrap_or_default() as usize,
        }
    }

    /// The value at a place.
    pub fn nth(&self, place: usize) -> String {
        match &self.values {
            Some(values) => values.get(place).and_then(text_of).unwrap_or_default(),
            None => self.at(place as f64 / (self.count().max(2) - 1) as f64),
        }
    }

    /// The value so far along: a share of the range, or of the list.
    pub fn at(&self, share: f64) -> String {
        match (&self.values, self.range()) {
            (Some(values), _) => self.nth(((values.len() as f64 * share) as usize).min(values.len() - 1)),
            (None, Some((from, to))) => self.of_number(from + share * (to - from)),
            (None, None) => String::new(),
        }
    }

    /// The value that is this number, rounded where the ends are whole.
    pub fn of_number(&self, value: f64) -> String {
        let value = if self.is_whole() {
            value.round()
        } else {
            rounded(value)
        };
        format!("{value}{}", self.unit)
    }

    pub fn is_whole(&self) -> bool {
        matches!(
            (&self.from, &self.to),
            (Some(toml::Value::Integer(_)), Some(toml::Value::Integer(_)))
        )
    }

    pub fn range(&self) -> Option<(f64, f64)> {
        Some((number(self.from.as_ref()?)?, number(self.to.as_ref()?)?))
    }
}

/// To nine decimals: 1.1 and not 1.1000000000000001.
fn rounded(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}

fn number(value: &toml::Value) -> Option<f64> {
    match value {
        toml::Value::Integer(value) => Some(*value as f64),
        toml::Value::Float(value) if value.is_finite() => Some(*value),
        _ => None,
    }
}

fn text_of(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(value) => Some(value.to_string()),
        toml::Value::Float(value) => Some(value.to_string()),
        toml::Value::Boolean(value) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn problem(more: &str) -> String {
        let text = format!("name = \"it\"\nscenario = \"s.toml\"\n{more}");
        let definition: Definition = toml::from_str(&text).unwrap();
        definition.problem().unwrap_or_else(|| "none".to_owned())
    }

    fn axis(more: &str) -> Axis {
        toml::from_str(&format!("name = \"x\"\nset = \"k\"\n{more}")).unwrap()
    }

    #[test]
    fn a_range_has_both_ends_and_what_is_between() {
        let values = |axis: &Axis| {
            (0..axis.count())
                .map(|n| axis.nth(n))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(values(&axis("from = 8\nto = 11\nsteps = 4")), "8 9 10 11");
        assert_eq!(values(&axis("from = 8\nto = 11\nsteps = 3")), "8 10 11");
        assert_eq!(
            values(&axis("from = 5.0\nto = 20.0\nsteps = 3\nunit = \"kbit/s\"")),
            "5kbit/s 12.5kbit/s 20kbit/s"
        );
        assert_eq!(values(&axis("values = [\"on\", \"off\"]")), "on off");
        assert_eq!(axis("values = [1, 2, 3]").at(0.99), "3");
        assert_eq!(axis("from = 1.0\nto = 3.0").at(0.05), "1.1");
    }

    #[test]
    fn mistakes_are_named() {
        let axes = "[[axes]]\nname = \"servers\"\nset = \"dsp.servers\"\n";
        let problems = [
            "",
            "seeds = 1",
            "headline = [\"requests.within_taget_share\"]",
            "headline = [\"alerts.delivered@nroth\"]",
            axes,
            &format!("{axes}values = []"),
            &format!("{axes}values = [1]\nscale = \"x\""),
            &format!("{axes}from = 3\nto = 1"),
            &format!("{axes}from = 1\nto = 3"),
            &format!("{axes}values = [1]\n{axes}values = [2]"),
            &format!("points = 3\n{axes}values = [1]"),
            &format!("{axes}from = 1\nto = 9\nsteps = 20_000"),
            &format!(
                "{axes}values = [1]\n[knee]\naxis = \"server\"\nmeasure = \"requests.opened\"\nat_least = 1\nwithin = 1"
            ),
            &format!(
                "{axes}values = [1]\n[knee]\naxis = \"servers\"\nmeasure = \"requests.opened\"\nat_least = 1\nwithin = 1"
            ),
            &format!(
                "{axes}from = 1\nto = 3\n[knee]\naxis = \"servers\"\nmeasure = \"requests.opened\"\nwithin = 1"
            ),
            &format!(
                "{axes}from = 1\nto = 3\n[knee]\naxis = \"servers\"\nmeasure = \"requests.opened\"\nat_most = 1\nwithin = 1"
            ),
        ];
        let said: Vec<String> = problems.iter().map(|more| problem(more)).collect();
        expect![[r#"
            there are neither `[[axes]]` nor `[influence]`: what is to be varied?
            `seeds` is 1: from 2, without which there is no interval, to 1000
            `requests.within_taget_share` is no measure; did you mean `requests.within_target_share`? What nodes count is `network.counters.` and a name of `ledger.json`'s counters
            `alerts.delivered@nroth`: there is no region `nroth`; there are north, central, south, smets1
            axis `servers`: it needs either `values`, or `from` and `to`
            axis `servers`: `values` are numbers, texts or `true` and `false`, at least one
            axis `servers`: it needs either `set`, a parameter, or `scale`, parameters to multiply
            axis `servers`: `from` is less than `to`
            axis `servers`: a range needs `steps`, how many values of it there are to be
            there are two axes `servers`
            `points` is for `design = "latin_hypercube"`: others have as many as their values come to
            20000 points are more than the 10000 a study may have
            `knee.axis`: there is no axis `server`; there are `servers`
            `knee.axis`: a knee is sought in a range; give `servers` a `from` and a `to`
            `knee` needs either `at_least` or `at_most`, what is still good
            none"#]].assert_eq(&said.join("\n"));
    }
}
