//! A study: variants of a scenario, its points, over the same seeds, each held against the scenario as it is.
//!
//! [`Part`] is what is kept of a run. [`StudyReport::new`] gives each measure's mean at each point, its mean difference to the base
//! over the seeds they have in common, and which of these stand together; [`knee`] says where a measure crosses a threshold, [`influence`]
//! which assumed numbers it hangs on.
//!
//! Not here: which points there are, running them, files (the director).

pub mod influence;
pub mod knee;
pub mod named;
pub mod rendering;

pub use influence::Influence;
pub use knee::Knee;
pub use named::{DEFAULT_HEADLINE, Figure, problem_of};

use crate::Verdict;
use crate::assessment::paired::{holm, mean};
use crate::assessment::{CONFIDENCE, Interval, Paired, RunFigures, Unit};
use crate::digest::digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is kept of a run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    pub seed: u64,
    pub ledger_digest: String,
    pub kpis_digest: String,
    pub balanced: bool,
    /// The run went to its end with every node.
    pub complete: bool,
    /// Contracts that were broken.
    pub violations: u64,
    pub verdicts: Vec<Verdict>,
    /// By their names; a count that is absent is nought.
    pub figures: BTreeMap<String, Figure>,
    /// How long it took, which no digest covers.
    pub wall_seconds: f64,
}

/// A point of a study with what was found there.
#[derive(Clone, PartialEq, Debug)]
pub struct Point {
    /// By axis, in the order of the study's.
    pub settings: Vec<String>,
    /// Of the scenario.
    pub overrides: Vec<String>,
    /// One for each seed, in their order.
    pub parts: Vec<Part>,
}

/// What is asked.
#[derive(Clone, PartialEq, Debug)]
pub struct Question {
    pub name: String,
    pub description: String,
    /// The scenario's name.
    pub scenario: String,
    pub axes: Vec<String>,
    /// Names of the measures, fixed before any run.
    pub headline: Vec<String>,
    /// How a run of the base is made again; a point adds its overrides.
    pub command: String,
    /// How many parameters of the scenario stand on no public source.
    pub assumed: u32,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StudyReport {
    /// Of the points, the runs, the knee and the influence: equal for equal studies, scenarios and version, whatever the machine and the parts.
    pub digest: String,
    pub study: String,
    pub description: String,
    pub scenario: String,
    pub seeds: Vec<u64>,
    pub confidence: f64,
    pub axes: Vec<String>,
    pub headline: Vec<Column>,
    /// What the scenario's verdicts ask for.
    pub thresholds: Vec<String>,
    /// The scenario as it is.
    pub base: Row,
    pub points: Vec<Row>,
    /// Differences that were tested together (Holm).
    pub tested: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub knee: Option<Knee>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub influence: Option<Influence>,
    pub sentences: Vec<String>,
    pub command: String,
    pub assumed: u32,
}

/// A measure.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Column {
    pub name: String,
    /// `None` where no run had it.
    pub unit: Option<Unit>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Row {
    pub settings: Vec<String>,
    pub overrides: Vec<String>,
    /// By measure.
    pub cells: Vec<Cell>,
    /// By threshold: for how many seeds it was met.
    pub met: Vec<u32>,
    /// Ledger and KPIs of each run, in the order of the seeds.
    pub digests: Vec<[String; 2]>,
    pub balanced: bool,
    pub complete: bool,
}

/// A measure at a point, and its difference to the base.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Cell {
    pub mean: Option<f64>,
    pub difference: Option<f64>,
    pub interval: Option<Interval>,
    pub p_value: Option<f64>,
    /// Together with all other differences of the study that do, at 95 % (Holm).
    pub stands: bool,
}

#[derive(Serialize)]
struct Covered<'a> {
    headline: &'a [Column],
    seeds: &'a [u64],
    base: &'a Row,
    points: &'a [Row],
    knee: &'a Option<Knee>,
    #[serde(skip_serializing_if = "Option::is_none")]
    influence: &'a Option<Influence>,
}

impl Part {
    pub fn new(run: &RunFigures, wall_seconds: f64) -> Part {
        Part {
            seed: run.seed,
            ledger_digest: run.ledger_digest.clone(),
            kpis_digest: run.kpis_digest.clone(),
            balanced: run.balanced && run.violations == 0,
            complete: run.complete,
            violations: run.violations,
            verdicts: run.verdicts.clone(),
            figures: named::figures(run),
            wall_seconds,
        }
    }

    /// A count it does not have is nought, in a study that has it elsewhere.
    fn value(&self, column: &Column) -> Option<f64> {
        let absent = (column.unit == Some(Unit::Count)).then_some(0.0);
        self.figures
            .get(&column.name)
            .map(|figure| figure.value)
            .or(absent)
    }
}

impl StudyReport {
    pub fn new(
        question: &Question,
        base: &Point,
        points: &[Point],
        knee: Option<Knee>,
        influence: Option<Influence>,
    ) -> StudyReport {
        let everywhere = || std::iter::once(base).chain(points).flat_map(|point| &point.parts);
        let unit = |name: &String| everywhere().find_map(|part| Some(part.figures.get(name)?.unit));
        let headline: Vec<Column> = question
            .headline
            .iter()
            .map(|name| Column {
                name: name.clone(),
                unit: unit(name),
            })
            .collect();
        let mut rows: Vec<Row> = points
            .iter()
            .map(|point| Row::new(point, Some(base), &headline))
            .collect();
        let tested = mark_those_that_stand(&mut rows);
        let verdicts = base.parts.first().map(|part| part.verdicts.as_slice());
        let mut report = StudyReport {
            digest: String::new(),
            study: question.name.clone(),
            description: question.description.clone(),
            scenario: question.scenario.clone(),
            seeds: base.parts.iter().map(|part| part.seed).collect(),
            confidence: CONFIDENCE,
            axes: question.axes.clone(),
            thresholds: verdicts
                .unwrap_or_default()
                .iter()
                .map(|v| v.text.clone())
                .collect(),
            base: Row::new(base, None, &headline),
            headline,
            points: rows,
            tested,
            knee,
            influence,
            sentences: Vec::new(),
            command: question.command.clone(),
            assumed: question.assumed,
        };
        report.sentences = rendering::sentences(&report);
        report.digest = digest(&Covered {
            headline: &report.headline,
            seeds: &report.seeds,
            base: &report.base,
            points: &report.points,
            knee: &report.knee,
            influence: &report.influence,
        });
        report
    }

    fn rows(&self) -> impl Iterator<Item = &Row> {
        std::iter::once(&self.base).chain(&self.points)
    }

    /// Whether every run's ledger balances and no contract was broken.
    pub fn all_balanced(&self) -> bool {
        self.rows().all(|row| row.balanced) && self.influence.as_ref().is_none_or(|it| it.all_balanced)
    }

    pub fn all_complete(&self) -> bool {
        self.rows().all(|row| row.complete) && self.influence.as_ref().is_none_or(|it| it.all_complete)
    }
}

impl Row {
    /// `base` is left out of the base itself.
    fn new(point: &Point, base: Option<&Point>, headline: &[Column]) -> Row {
        let parts = &point.parts;
        let verdicts = parts.iter().map(|part| part.verdicts.len()).max().unwrap_or(0);
        let met = |place: usize| {
            let mut met = 0;
            for part in parts {
                met += u32::from(part.verdicts.get(place).is_some_and(|verdict| verdict.met));
            }
            met
        };
        Row {
            settings: point.settings.clone(),
            overrides: point.overrides.clone(),
            cells: headline
                .iter()
                .map(|column| Cell::new(point, base, column))
                .collect(),
            met: (0..verdicts).map(met).collect(),
            digests: parts
                .iter()
                .map(|part| [part.ledger_digest.clone(), part.kpis_digest.clone()])
                .collect(),
            balanced: parts.iter().all(|part| part.balanced),
            complete: parts.iter().all(|part| part.complete),
        }
    }
}

impl Cell {
    fn new(point: &Point, base: Option<&Point>, column: &Column) -> Cell {
        let value = |part: &Part| part.value(column);
        let own = mean(point.parts.iter().filter_map(value));
        let Some(base) = base else {
            return Cell {
                mean: own,
                ..Cell::default()
            };
        };
        let pairs = base.parts.iter().zip(&point.parts);
        let pairs: Vec<(f64, f64)> = pairs
            .filter(|(base, point)| base.seed == point.seed)
            .filter_map(|(base, point)| Some((value(base)?, value(point)?)))
            .collect();
        let paired = Paired::new(&pairs);
        Cell {
            mean: own,
            difference: paired.map(|paired| paired.difference),
            interval: paired.and_then(|paired| paired.interval),
            p_value: paired.and_then(|paired| paired.p_value),
            stands: false,
        }
    }
}

/// Over all points and measures together. How many were tested: what is the same in every pair is not.
fn mark_those_that_stand(rows: &mut [Row]) -> u32 {
    let cells = rows.iter_mut().flat_map(|row| &mut row.cells);
    let mut tested: Vec<&mut Cell> = cells
        .filter(|cell| cell.p_value.is_some() && cell.difference != Some(0.0))
        .collect();
    let p_values: Vec<f64> = tested.iter().filter_map(|cell| cell.p_value).collect();
    for (cell, stands) in tested.iter_mut().zip(holm(&p_values)) {
        cell.stands = stands;
    }
    tested.len() as u32
}

#[cfg(test)]
mod tests;
