//! The page of an assessment: what a change does, with intervals.

use crate::dots::{Dots, Row};
use crate::page::{self, Section};
use crate::table::{self, Cell, table};
use crate::words::{NONE, percent};
use maud::html;
use secnet_results::AssessmentFacts;
use secnet_results::assessment::rendering::{amount, interval, label, signed};
use secnet_results::assessment::{Assessment, Comparison, Effect};

/// The page of an assessment, that opens offline like a run's.
pub fn of_assessment(assessment: &Assessment, facts: &AssessmentFacts) -> String {
    let title = format!("{} in {}", assessment.change.name, assessment.scenario);
    let sections = [
        answer(assessment),
        thresholds(assessment),
        differences(assessment),
        Some(method(assessment, facts)),
    ];
    page::page(&title, sections.into_iter().flatten().collect()).into_string()
}

fn answer(assessment: &Assessment) -> Option<Section> {
    let effect = match assessment.effect {
        Effect::Identical => "The change does nothing: the runs are identical.",
        Effect::SameService => "Users get the same with it and without it.",
        Effect::NotMeasurable => "No difference can be told from chance.",
        Effect::Measurable => "The change makes a difference that can be told from chance.",
    };
    let rows = assessment
        .headline
        .iter()
        .map(|row| (&row.comparison, Some(row.stands)));
    let forest = assessment
        .headline
        .iter()
        .filter_map(|row| effect_of(&row.comparison, row.stands));
    let forest: Vec<Row> = forest.collect();
    let body = html! {
        p { strong { (effect) } " The same " (assessment.seeds.len()) " seeds without and with it, pair by pair." }
        ul.sentences { @for sentence in &assessment.sentences { li { (sentence) } } }
        @if !forest.is_empty() {
            h3 { "Differences, with their " (percent(Some(assessment.confidence))) " confidence intervals" }
            p { "Each row has a scale of its own; the upright line is no difference. Full circles stand together at 95 % (Holm's correction over the headline), open ones do not. "
                "Measures that are the same in each pair are left out; the table has them." }
            (Dots { rows: forest }.render())
        }
        (table("Headline: measures that were fixed before any run", &TITLES, rows.map(|(row, stands)| cells(row, stands)).collect()))
        p.validity { "Everything here is of the emulated network, under " strong { (assessment.assumptions.len()) } " parameters that no public source gives: " a href="#method" { "they are listed below" } "." }
    };
    Some(Section {
        id: "answer",
        title: "The answer",
        body,
    })
}

const TITLES: [&str; 7] = [
    "",
    "without",
    "with",
    "difference",
    "interval",
    "zero excluded",
    "stands",
];

fn cells(row: &Comparison, stands: Option<bool>) -> Vec<Cell> {
    let words = |value: Option<f64>| {
        table::figure(
            value.map_or(NONE.to_owned(), |value| amount(row.unit, value)),
            value,
        )
    };
    let said = |is_so: bool| if is_so { "yes" } else { "no" };
    vec![
        table::text(label(row)),
        words(row.without),
        words(row.with),
        table::figure(
            row.difference
                .map_or(NONE.to_owned(), |value| signed(row.unit, value)),
            row.difference,
        ),
        table::text(
            row.interval
                .map_or(NONE.to_owned(), |spread| interval(row.unit, spread)),
        ),
        table::text(said(row.excludes_zero)),
        table::text(stands.map_or(NONE, said)),
    ]
}

/// A row of the forest; none of what has no interval, or is the same in each pair.
fn effect_of(row: &Comparison, stands: bool) -> Option<Row> {
    let (difference, spread) = (row.difference?, row.interval?);
    if (spread.low, spread.high) == (0.0, 0.0) {
        return None;
    }
    let far = [spread.low, spread.high, difference]
        .map(f64::abs)
        .into_iter()
        .fold(0.0, f64::max);
    let place = |value: f64| if far > 0.0 { 0.5 + 0.48 * value / far } else { 0.5 };
    Some(Row {
        name: label(row),
        from: place(spread.low),
        until: place(spread.high),
        also: None,
        dot: place(difference),
        is_full: stands,
        mark: Some(0.5),
        words: format!(
            "{} ({})",
            signed(row.unit, difference),
            interval(row.unit, spread)
        ),
    })
}

fn thresholds(assessment: &Assessment) -> Option<Section> {
    if assessment.thresholds.is_empty() {
        return None;
    }
    let of = assessment.seeds.len();
    let rows = assessment.thresholds.iter().map(|row| {
        let met =
            |met: u32| table::figure(format!("{met} of {of}"), Some(met.into())).marked(met as usize == of);
        let bound = if row.at_most { "at most" } else { "at least" };
        vec![
            table::text(row.text.clone()),
            table::text(format!("{bound} {}", percent(Some(row.threshold)))),
            table::share(row.without),
            table::share(row.with),
            met(row.met_without),
            met(row.met_with),
        ]
    });
    let titles = ["", "asked for", "without", "with", "met without", "met with"];
    let body = table(
        "The scenario's thresholds, and for how many seeds they were met",
        &titles,
        rows.collect(),
    );
    Some(Section {
        id: "thresholds",
        title: "Thresholds",
        body,
    })
}

/// More rows are nobody's to read: the JSON has all.
const ROWS: usize = 400;

fn differences(assessment: &Assessment) -> Option<Section> {
    let mut rows: Vec<&Comparison> = assessment
        .comparisons
        .iter()
        .filter(|row| row.measurable)
        .collect();
    rows.sort_by(|a, b| a.p_value.unwrap_or(1.0).total_cmp(&b.p_value.unwrap_or(1.0)));
    let multiplicity = assessment.multiplicity;
    let more = rows.len().saturating_sub(ROWS);
    let body = html! {
        p { "Of " (multiplicity.comparisons) " figures compared " (multiplicity.excluding_zero) " have an interval that excludes no difference; by chance alone it would be "
            (format!("{:.0}", multiplicity.expected_by_chance)) ". " (multiplicity.standing) " stand together at 95 % when all are corrected for." }
        @if rows.is_empty() { p { "No figure differs measurably." } }
        @else { (table("Every figure that differs measurably, the surest first", &TITLES[..6], rows.iter().take(ROWS).map(|row| {
            let mut cells = cells(row, None);
            cells.truncate(6);
            cells
        }).collect())) }
        @if more > 0 { p { "… and " (more) " more; " code { "assessment.json" } " has them." } }
    };
    Some(Section {
        id: "differences",
        title: "Everything that differs",
        body,
    })
}

fn method(assessment: &Assessment, facts: &AssessmentFacts) -> Section {
    let seeds: Vec<String> = assessment.seeds.iter().map(u64::to_string).collect();
    let runs = assessment.runs.iter().map(|run| {
        vec![
            table::count(run.seed),
            table::text(if run.with { "with" } else { "without" }),
            table::text(short(&run.ledger_digest)),
            table::text(short(&run.kpis_digest)),
            table::text(if run.balanced { "balanced" } else { "NOT BALANCED" }).marked(run.balanced),
            table::text(format!("{} of {}", run.verdicts_met, run.verdicts)),
        ]
    });
    let assumed = assessment.assumptions.iter().map(|row| {
        vec![
            table::text(row.parameter.clone()),
            table::text(row.value.clone()),
            table::text(row.note.clone()),
        ]
    });
    let body = html! {
        p { "Runs of a pair have the same seed, and so the same premises, the same demand and the same luck, but for what the change touches. Each difference is the mean over the pairs, its interval Student's t." }
        p { "Each run is made again, digests and all, by these, with each seed for " code { "SEED" } ":" }
        pre tabindex="0" { code { (assessment.reproduce.without) "\n" (assessment.reproduce.with) } }
        dl {
            dt { "Seeds" } dd { (seeds.join(", ")) }
            dt { "Digest" } dd { (assessment.digest) }
            dt { "secnet" } dd { (facts.secnet_version) " " (facts.secnet_commit) }
            dt { "Begun" } dd { (facts.started_at) }
            dt { "Took" } dd { (format!("{:.1} s on {} threads", facts.wall_seconds, facts.threads)) }
            @if !assessment.on_in_both.is_empty() { dt { "On in both" } dd { (assessment.on_in_both.join(", ")) } }
        }
        (table("The runs", &["seed", "", "ledger", "KPIs", "the ledger", "thresholds met"], runs.collect()))
        (table("Parameters that stand on no public source", &["", "value", "why"], assumed.collect()))
    };
    Section {
        id: "method",
        title: "Method",
        body,
    }
}

fn short(digest: &str) -> String {
    digest.chars().take(16).collect()
}
