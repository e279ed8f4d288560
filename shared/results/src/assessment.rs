//! What a change, a SEC Modification or any other, does to a scenario: the same seeds without and with it, compared pair by pair.
//!
//! [`RunFigures`] is what is kept of a run. [`Assessment::new`] pairs them by seed and gives each figure's mean on both
//! sides, the mean difference and its confidence interval ([`paired`]), and says in plain sentences what
//! follows ([`sentences`]); [`markdown`](rendering::markdown) and [`summary`](rendering::summary) put it on paper.
//!
//! Which measures are the headline is fixed here, before any run: a board must be able to trust that they were not
//! picked for what they show.
//!
//! Not here: running anything, files, printing.

pub mod figures;
pub mod paired;
pub mod rendering;
pub mod sentences;

pub use figures::{About, FairShare, Measure, NodeFigure, RunFigures, Statistic, Subject, Unit, VEND};
pub use paired::{CONFIDENCE, Interval, Paired};

use crate::Machine;
use crate::campaigns::CampaignMeasure;
use crate::digest::digest;
use crate::power::PowerMeasure;
use figures::{mean_of, value};
use paired::holm;
use secnet_accounts::figures::Tells;
use secnet_topology::assumptions;
use secnet_topology::scenario::Scenario;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What is assessed, and how its runs are made again.
#[derive(Clone, Debug)]
pub struct Question {
    pub change: Change,
    /// As processed, with the change.
    pub scenario: Scenario,
    /// The command of one run, without its seed and the change.
    pub command: String,
}

/// What is otherwise on the second side.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Change {
    /// As sentences call it: `SECMP0067`, `dsp.servers=11`.
    pub name: String,
    /// The Modification that is on, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modification: Option<String>,
    /// Overrides of the side without it and of the side with it: `modifications.SECMP0067=off`, `dsp.servers=11`.
    pub without: Vec<String>,
    pub with: Vec<String>,
}

/// The two runs of a seed.
#[derive(Clone, Debug)]
pub struct Pair {
    pub without: RunFigures,
    pub with: RunFigures,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Assessment {
    /// Of the comparisons, the thresholds and the runs: equal for equal scenarios, seeds and version, whatever the machine.
    pub digest: String,
    pub change: Change,
    pub scenario: String,
    pub description: String,
    pub seeds: Vec<u64>,
    pub confidence: f64,
    pub effect: Effect,
    /// What follows from the figures.
    pub sentences: Vec<String>,
    pub headline: Vec<Headline>,
    pub thresholds: Vec<Threshold>,
    pub multiplicity: Multiplicity,
    pub comparisons: Vec<Comparison>,
    /// Modifications on in both sides.
    pub on_in_both: Vec<String>,
    /// The assessed Modification's parameters.
    #[serde(skip_serializing_if = "serde_json::Value::is_null")]
    pub parameters: serde_json::Value,
    pub runs: Vec<RunRecord>,
    /// Every parameter of the scenario that stands on no public source.
    pub assumptions: Vec<Assumed>,
    pub reproduce: Reproduce,
}

/// Whether the change made any difference that can be told from chance.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Each pair of runs has the same digests.
    Identical,
    /// Each pair of runs has the same KPIs; only the ledger or the counters differ.
    SameService,
    /// Nothing stands after Holm's correction.
    NotMeasurable,
    Measurable,
}

/// One figure without and with the change.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Comparison {
    #[serde(flatten)]
    pub subject: Subject,
    pub measure: Measure,
    pub unit: Unit,
    /// Seeds for which both sides have the figure.
    pub pairs: u32,
    /// Mean over those pairs; where there is none, over the runs of the side that have it.
    pub without: Option<f64>,
    pub with: Option<f64>,
    /// Mean of the paired differences, with less without.
    pub difference: Option<f64>,
    pub interval: Option<Interval>,
    pub p_value: Option<f64>,
    pub excludes_zero: bool,
    /// The interval excludes zero, and the difference is larger than what the histograms can tell apart.
    pub measurable: bool,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Headline {
    #[serde(flatten)]
    pub comparison: Comparison,
    /// Together with all other headline measures that stand, at 95 % (Holm).
    pub stands: bool,
}

/// One of the scenario's verdict thresholds.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Threshold {
    pub text: String,
    pub threshold: f64,
    /// It is the most, not the least.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub at_most: bool,
    /// Mean of what was measured.
    pub without: Option<f64>,
    pub with: Option<f64>,
    /// In how many of the seeds it was met.
    pub met_without: u32,
    pub met_with: u32,
}

/// How many intervals there are, and how many would exclude zero if nothing differed.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Multiplicity {
    /// Comparisons with an interval whose sides are not the same in every pair.
    pub comparisons: u32,
    pub excluding_zero: u32,
    pub expected_by_chance: f64,
    /// How many stand together at 95 % when all are corrected for (Holm).
    pub standing: u32,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct RunRecord {
    pub seed: u64,
    pub with: bool,
    pub ledger_digest: String,
    pub kpis_digest: String,
    pub balanced: bool,
    pub complete: bool,
    /// Contracts that were broken.
    pub violations: u64,
    pub verdicts_met: u32,
    pub verdicts: u32,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Assumed {
    pub parameter: String,
    pub value: String,
    pub note: String,
}

/// Commands; `SEED` stands for each of the seeds.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Reproduce {
    pub without: String,
    pub with: String,
}

/// Facts of the machine and the moment, which no digest covers.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct AssessmentFacts {
    pub secnet_version: String,
    /// What it was built of.
    pub secnet_commit: String,
    pub command: Vec<String>,
    pub machine: Machine,
    /// UTC date and time.
    pub started_at: String,
    pub wall_seconds: f64,
    /// Runs side by side.
    pub threads: u32,
}

/// What the digest covers.
#[derive(Serialize)]
struct Covered<'a> {
    change: &'a Change,
    comparisons: &'a [Comparison],
    thresholds: &'a [Threshold],
    runs: &'a [RunRecord],
}

impl Change {
    /// A Modification, off and on or live from a date, and what else is otherwise with it.
    pub fn modification(modification: &str, on: &str, also: &[String]) -> Change {
        let switch = |to: &str| format!("modifications.{modification}={to}");
        let mut with = vec![switch(on)];
        with.extend_from_slice(also);
        Change {
            name: match also {
                [] => modification.to_owned(),
                also => format!("{modification} and {}", also.join(" and ")),
            },
            modification: Some(modification.to_owned()),
            without: vec![switch("off")],
            with,
        }
    }

    /// Any parameters of the scenario.
    pub fn of(overrides: &[String]) -> Change {
        Change {
            name: overrides.join(" and "),
            modification: None,
            without: Vec::new(),
            with: overrides.to_vec(),
        }
    }

    /// Whether it has a say in the Modification.
    fn switches(&self, modification: &str) -> bool {
        let key = format!("modifications.{modification}");
        let mut overrides = self.without.iter().chain(&self.with);
        overrides.any(|text| text.split('=').next().is_some_and(|of| of.trim() == key))
    }
}

/// As a shell takes it for one word.
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./=:,+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

impl Pair {
    /// `None` for runs of different seeds: they would not be a pair.
    pub fn new(without: RunFigures, with: RunFigures) -> Option<Pair> {
        (without.seed == with.seed).then_some(Pair { without, with })
    }

    fn runs(&self) -> [(bool, &RunFigures); 2] {
        [(false, &self.without), (true, &self.with)]
    }
}

impl Assessment {
    pub fn new(question: &Question, mut pairs: Vec<Pair>) -> Assessment {
        pairs.sort_by_key(|pair| pair.without.seed);
        let comparisons = compare(&pairs);
        let runs: Vec<RunRecord> = pairs
            .iter()
            .flat_map(Pair::runs)
            .map(|(with, figures)| RunRecord::new(with, figures))
            .collect();
        let scenario = &question.scenario;
        let change = &question.change;
        let modification = change.modification.as_deref();
        let mut assessment = Assessment {
            digest: String::new(),
            change: change.clone(),
            scenario: scenario.name.clone(),
            description: scenario.description.clone(),
            seeds: pairs.iter().map(|pair| pair.without.seed).collect(),
            confidence: CONFIDENCE,
            effect: Effect::Identical,
            sentences: Vec::new(),
            headline: headline(&comparisons),
            thresholds: thresholds(&pairs),
            multiplicity: Multiplicity::of(&comparisons),
            comparisons,
            on_in_both: scenario
                .releases()
                .live()
                .map(|(other, _)| other.to_owned())
                .filter(|other| !change.switches(other))
                .collect(),
            parameters: serde_json::to_value(&scenario.parameters)
                .ok()
                .and_then(|mut parameters| Some(parameters.get_mut(modification?)?.take()))
                .unwrap_or_default(),
            runs,
            assumptions: assumptions(scenario)
                .into_iter()
                .map(|assumption| Assumed {
                    parameter: assumption.path,
                    value: assumption.value,
                    note: assumption.note,
                })
                .collect(),
            reproduce: Reproduce::new(question),
        };
        assessment.effect = assessment.effect_of(&pairs);
        assessment.sentences = sentences::sentences(&assessment);
        assessment.digest = digest(&Covered {
            change,
            comparisons: &assessment.comparisons,
            thresholds: &assessment.thresholds,
            runs: &assessment.runs,
        });
        assessment
    }

    pub fn find(&self, subject: &Subject, measure: &Measure) -> Option<&Comparison> {
        self.comparisons
            .iter()
            .find(|comparison| comparison.subject == *subject && comparison.measure == *measure)
    }

    /// Whether every run's ledger balances and no contract was broken.
    pub fn all_balanced(&self) -> bool {
        self.runs.iter().all(|run| run.balanced && run.violations == 0)
    }

    pub fn all_complete(&self) -> bool {
        self.runs.iter().all(|run| run.complete)
    }

    /// Whether every threshold is met with the change, for every seed.
    pub fn all_thresholds_met_with(&self) -> bool {
        let seeds = self.seeds.len() as u32;
        self.thresholds
            .iter()
            .all(|threshold| threshold.met_with == seeds)
    }

    fn effect_of(&self, pairs: &[Pair]) -> Effect {
        let same_kpis = pairs
            .iter()
            .all(|pair| pair.without.kpis_digest == pair.with.kpis_digest);
        let same_ledger = pairs
            .iter()
            .all(|pair| pair.without.ledger_digest == pair.with.ledger_digest);
        match (same_kpis, same_ledger) {
            (true, true) => Effect::Identical,
            (true, false) => Effect::SameService,
            _ if self.multiplicity.standing > 0 || self.headline.iter().any(|row| row.stands) => {
                Effect::Measurable
            }
            _ => Effect::NotMeasurable,
        }
    }
}

/// Every figure of any run.
fn compare(pairs: &[Pair]) -> Vec<Comparison> {
    let keys: BTreeSet<&(Subject, Measure)> = pairs
        .iter()
        .flat_map(Pair::runs)
        .flat_map(|(_, run)| run.values.keys())
        .collect();
    keys.into_iter().map(|key| Comparison::new(pairs, key)).collect()
}

impl Comparison {
    fn new(pairs: &[Pair], key: &(Subject, Measure)) -> Comparison {
        let both: Vec<(f64, f64)> = pairs
            .iter()
            .filter_map(|pair| Some((value(&pair.without, key)?, value(&pair.with, key)?)))
            .collect();
        let paired = Paired::new(&both);
        let side = |of: fn(&Pair) -> &RunFigures| mean_of(&pairs.iter().map(of).collect::<Vec<_>>(), key);
        let excludes_zero = paired
            .and_then(|paired| paired.interval)
            .is_some_and(|interval| interval.excludes_zero());
        let told_apart = |paired: Paired| {
            let larger = paired.without.abs().max(paired.with.abs());
            paired.difference.abs() > key.1.resolution() * larger
        };
        Comparison {
            subject: key.0.clone(),
            unit: key.1.unit(),
            measure: key.1.clone(),
            pairs: both.len() as u32,
            without: paired.map_or_else(|| side(|pair| &pair.without), |paired| Some(paired.without)),
            with: paired.map_or_else(|| side(|pair| &pair.with), |paired| Some(paired.with)),
            difference: paired.map(|paired| paired.difference),
            interval: paired.and_then(|paired| paired.interval),
            p_value: paired.and_then(|paired| paired.p_value),
            excludes_zero,
            measurable: excludes_zero && paired.is_some_and(told_apart),
        }
    }

    /// Whether the sides are the same in every pair, so that there is nothing to test.
    fn never_varies(&self) -> bool {
        self.difference == Some(0.0)
            && self
                .interval
                .is_none_or(|interval| interval.low == 0.0 && interval.high == 0.0)
    }
}

/// The measures that count, whatever they turn out to show; with them the figures that [tell of overload](Tells::Overload).
fn headline_measures() -> Vec<(Subject, Measure)> {
    let requests = [
        Measure::WithinTarget,
        Measure::Completed,
        Measure::FirstAttempt,
        Measure::ResponseTime(Statistic::Mean),
        Measure::ResponseTime(Statistic::P99),
        Measure::Fairness(FairShare::WithinTarget),
    ];
    let vends = [
        Measure::WithinTarget,
        Measure::Completed,
        Measure::ResponseTime(Statistic::P99),
    ];
    let alerts = [
        Measure::Delivered,
        Measure::DeliveredWithinTarget,
        Measure::DeliveryTime(Statistic::P99),
    ];
    let faults = [
        PowerMeasure::OutagesWithin60s,
        PowerMeasure::OutagesWithin5Min,
        PowerMeasure::FaultsKnownWithin5Min,
        PowerMeasure::RestorationsWithin60s,
    ]
    .map(Measure::Power);
    let of = |subject: Subject| move |measure| (subject.clone(), measure);
    vends
        .into_iter()
        .map(of(Subject::vends()))
        .chain(requests.into_iter().map(of(Subject::all(About::Requests))))
        .chain(alerts.into_iter().map(of(Subject::all(About::Alerts))))
        .chain(faults.into_iter().map(of(Subject::all(About::Faults))))
        .collect()
}

fn headline(comparisons: &[Comparison]) -> Vec<Headline> {
    let by_key: BTreeMap<(&Subject, &Measure), &Comparison> = comparisons
        .iter()
        .map(|comparison| ((&comparison.subject, &comparison.measure), comparison))
        .collect();
    let network = Subject::all(About::Network);
    let tells_of_overload = |comparison: &&Comparison| match &comparison.measure {
        Measure::Figure(figure) => comparison.subject == network && figure.tells.contains(&Tells::Overload),
        _ => false,
    };
    let of_whole_campaigns = |comparison: &&Comparison| {
        let is_headline = matches!(
            comparison.measure,
            Measure::Campaign(
                CampaignMeasure::Devices
                    | CampaignMeasure::UpdatedShare
                    | CampaignMeasure::DaysTo50
                    | CampaignMeasure::DaysTo90
            )
        );
        is_headline && comparison.subject.key.region.is_none()
    };
    let named = headline_measures();
    let found: Vec<&Comparison> = named
        .iter()
        .filter_map(|(subject, measure)| by_key.get(&(subject, measure)).copied())
        .chain(comparisons.iter().filter(of_whole_campaigns))
        .chain(comparisons.iter().filter(tells_of_overload))
        .collect();
    let stands = standing(&found);
    found
        .into_iter()
        .zip(stands)
        .map(|(comparison, stands)| Headline {
            comparison: comparison.clone(),
            stands,
        })
        .collect()
}

/// Without an interval nothing stands.
fn standing(comparisons: &[&Comparison]) -> Vec<bool> {
    let p_values: Vec<f64> = comparisons
        .iter()
        .map(|comparison| comparison.p_value.unwrap_or(1.0))
        .collect();
    holm(&p_values)
        .into_iter()
        .zip(comparisons)
        .map(|(stands, comparison)| stands && comparison.measurable)
        .collect()
}

impl Multiplicity {
    fn of(comparisons: &[Comparison]) -> Multiplicity {
        let tested: Vec<&Comparison> = comparisons
            .iter()
            .filter(|comparison| comparison.interval.is_some() && !comparison.never_varies())
            .collect();
        let count = |of: usize| of as u32;
        Multiplicity {
            comparisons: count(tested.len()),
            excluding_zero: count(tested.iter().filter(|c| c.excludes_zero).count()),
            expected_by_chance: tested.len() as f64 * (1.0 - CONFIDENCE),
            standing: count(standing(&tested).into_iter().filter(|stands| *stands).count()),
        }
    }
}

/// In the scenario's order, which both sides share.
fn thresholds(pairs: &[Pair]) -> Vec<Threshold> {
    let Some(first) = pairs.first() else {
        return Vec::new();
    };
    let of_place = |place: usize, side: fn(&Pair) -> &RunFigures| {
        let verdicts = pairs.iter().filter_map(|pair| side(pair).verdicts.get(place));
        let met = verdicts.clone().filter(|verdict| verdict.met).count() as u32;
        (met, paired::mean(verdicts.filter_map(|verdict| verdict.measured)))
    };
    let thresholds = first.without.verdicts.iter().enumerate();
    thresholds
        .map(|(place, verdict)| {
            let (met_without, without) = of_place(place, |pair| &pair.without);
            let (met_with, with) = of_place(place, |pair| &pair.with);
            Threshold {
                text: verdict.text.clone(),
                threshold: verdict.threshold,
                at_most: verdict.at_most,
                without,
                with,
                met_without,
                met_with,
            }
        })
        .collect()
}

impl RunRecord {
    fn new(with: bool, figures: &RunFigures) -> RunRecord {
        RunRecord {
            seed: figures.seed,
            with,
            ledger_digest: figures.ledger_digest.clone(),
            kpis_digest: figures.kpis_digest.clone(),
            balanced: figures.balanced,
            complete: figures.complete,
            violations: figures.violations,
            verdicts_met: figures.verdicts.iter().filter(|verdict| verdict.met).count() as u32,
            verdicts: figures.verdicts.len() as u32,
        }
    }
}

impl Reproduce {
    fn new(question: &Question) -> Reproduce {
        let side = |overrides: &[String]| {
            let flags = overrides.iter().map(|flag| format!(" --set {}", quoted(flag)));
            format!("{}{} --seed SEED", question.command, flags.collect::<String>())
        };
        let Change { without, with, .. } = &question.change;
        Reproduce {
            without: side(without),
            with: side(with),
        }
    }
}

#[cfg(test)]
mod tests;
