//! The page of a study: its measures at each point, against the scenario as it is.

use crate::dots::{Dots, Row};
use crate::page::{self, Section};
use crate::table::{self, Cell, table};
use crate::words::NONE;
use maud::{Markup, html};
use secnet_results::AssessmentFacts;
use secnet_results::assessment::Unit;
use secnet_results::assessment::rendering::{amount, interval, signed};
use secnet_results::study::rendering::size;
use secnet_results::study::{Column, Influence, Row as PointRow, StudyReport};
use std::collections::BTreeSet;

/// Of the numbers that a measure hangs on, drawn; the table has all.
const DOTS_MAX: usize = 20;

/// The page of a study, that opens offline like a run's.
pub fn of_study(report: &StudyReport, facts: &AssessmentFacts) -> String {
    let mut sections = vec![answer(report), measures(report)];
    sections.extend(report.influence.as_ref().map(influence));
    sections.push(method(report, facts));
    page::page(&report.study, sections).into_string()
}

fn answer(report: &StudyReport) -> Section {
    let body = html! {
        @if !report.description.is_empty() { p { (report.description) } }
        ul.sentences { @for sentence in &report.sentences { li { (sentence) } } }
        p { (report.points.len()) " points of " code { (report.scenario) } " besides the scenario as it is, each with the same " (report.seeds.len()) " seeds. " (report.tested) " differences were tested together." }
        p.validity { "Everything here is of the emulated network, under " strong { (report.assumed) } " parameters that no public source gives." }
    };
    Section {
        id: "answer",
        title: "The answer",
        body,
    }
}

fn measures(report: &StudyReport) -> Section {
    let body = html! { @for (place, column) in report.headline.iter().enumerate() {
        h3 { (column.name) }
        @if let Some(unit) = column.unit {
            p { "Its mean over the seeds at each point, with the interval of its difference to the scenario as it is, which is the upright line. Full circles differ for certain, all taken together." }
            (Dots { rows: rows(report, place, unit) }.render())
            @if report.axes.len() == 2 { (grid(report, place, unit)) }
            (table(&format!("{} at each point", column.name), &["", "mean", "difference", "interval", "stands"],
                report.points.iter().map(|row| cells(report, row, place, unit)).collect()))
        } @else { p { "No run has anything of it." } }
    } };
    Section {
        id: "measures",
        title: "Measures",
        body,
    }
}

fn influence(influence: &Influence) -> Section {
    let unit = influence.unit;
    let farthest = influence.screened.first().map_or(0.0, |it| it.effect);
    let moving = &influence.screened[..influence.moving()];
    let dots = moving.iter().take(DOTS_MAX).map(|it| Row {
        name: it.of.name.clone(),
        from: 0.02,
        until: 0.02 + 0.96 * it.effect / farthest,
        also: None,
        dot: 0.02 + 0.96 * it.effect / farthest,
        is_full: true,
        mark: None,
        words: size(unit, it.effect),
    });
    let rows = moving.iter().map(|it| {
        let of = &it.of;
        let total = influence.total.iter().find(|total| total.name == of.name);
        vec![
            table::text(of.name.clone()),
            table::text(of.value.clone()),
            table::text(format!("{} to {}", of.low, of.high)),
            table::text(of.range_in_words()),
            table::figure(size(unit, it.effect), Some(it.effect)),
            table::figure(
                it.spread.map_or(NONE.to_owned(), |spread| size(unit, spread)),
                it.spread,
            ),
            table::figure(
                total.map_or(NONE.to_owned(), |total| format!("{:.0} %", total.index * 100.0)),
                total.map(|total| total.index),
            ),
        ]
    });
    let body = html! {
        p { "How far each assumed number moves " code { (influence.measure) } " over its range, on average over " (influence.stars) " places in the ranges of all. " (influence.screened.len() - moving.len()) " of " (influence.screened.len()) " do not move it at all." }
        @if !moving.is_empty() {
            (Dots { rows: dots.collect() }.render())
            (table("Assumed numbers by how far they move the measure", &["", "is", "range", "by", "moves it by", "spread", "of the variance"], rows.collect()))
        }
        @if !influence.not_varied.is_empty() {
            p { "Assumed as well and not varied, as they are no numbers, have no range or were refused wherever they were tried: " (influence.not_varied.join(", ")) "." }
        }
    };
    Section {
        id: "influence",
        title: "What it hangs on",
        body,
    }
}

/// `servers 8, threshold 0.9`
fn settings(report: &StudyReport, row: &PointRow) -> String {
    let pairs = report.axes.iter().zip(&row.settings);
    let texts: Vec<String> = pairs.map(|(axis, value)| format!("{axis} {value}")).collect();
    texts.join(", ")
}

fn rows(report: &StudyReport, place: usize, unit: Unit) -> Vec<Row> {
    let base = report.base.cells.get(place).and_then(|cell| cell.mean);
    let mut ends = (f64::INFINITY, f64::NEG_INFINITY);
    let mut reach = |value: f64| ends = (ends.0.min(value), ends.1.max(value));
    base.into_iter().for_each(&mut reach);
    for cell in report.points.iter().filter_map(|row| row.cells.get(place)) {
        cell.mean.into_iter().for_each(&mut reach);
        if let (Some(base), Some(spread)) = (base, cell.interval) {
            reach(base + spread.low);
            reach(base + spread.high);
        }
    }
    let (low, high) = ends;
    let at = |value: f64| {
        if high > low {
            0.02 + 0.96 * (value - low) / (high - low)
        } else {
            0.5
        }
    };
    let row = |row: &PointRow| {
        let cell = row.cells.get(place)?;
        let mean = cell.mean?;
        let spread = base.zip(cell.interval);
        Some(Row {
            name: settings(report, row),
            from: spread.map_or(at(mean), |(base, spread)| at(base + spread.low)),
            until: spread.map_or(at(mean), |(base, spread)| at(base + spread.high)),
            also: None,
            dot: at(mean),
            is_full: cell.stands,
            mark: base.map(at),
            words: amount(unit, mean),
        })
    };
    report.points.iter().filter_map(row).collect()
}

/// The one axis down, the other across.
fn grid(report: &StudyReport, place: usize, unit: Unit) -> Markup {
    let values = |axis: usize| -> Vec<String> {
        let mut seen = BTreeSet::new();
        let all = report.points.iter().filter_map(|row| row.settings.get(axis));
        all.filter(|value| seen.insert((*value).clone()))
            .cloned()
            .collect()
    };
    let (down, across) = (values(0), values(1));
    let of = |a: &str, b: &str| report.points.iter().find(|row| row.settings == [a, b]);
    let rows = down.iter().map(|a| {
        let mean = |b: &String| of(a, b).and_then(|row| row.cells.get(place)?.mean);
        let cells = across.iter().map(|b| {
            table::figure(
                mean(b).map_or(NONE.to_owned(), |value| amount(unit, value)),
                mean(b),
            )
        });
        let name = table::text(format!("{} {a}", report.axes[0]));
        std::iter::once(name).chain(cells).collect()
    });
    let rows: Vec<Vec<Cell>> = rows.collect();
    let titles: Vec<String> = std::iter::once(String::new())
        .chain(across.iter().map(|b| format!("{} {b}", report.axes[1])))
        .collect();
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    html! { (table("The mean, by both axes", &titles, rows)) }
}

fn cells(report: &StudyReport, row: &PointRow, place: usize, unit: Unit) -> Vec<Cell> {
    let cell = row.cells.get(place).copied().unwrap_or_default();
    vec![
        table::text(settings(report, row)),
        table::figure(
            cell.mean.map_or(NONE.to_owned(), |value| amount(unit, value)),
            cell.mean,
        ),
        table::figure(
            cell.difference
                .map_or(NONE.to_owned(), |value| signed(unit, value)),
            cell.difference,
        ),
        table::text(
            cell.interval
                .map_or(NONE.to_owned(), |spread| interval(unit, spread)),
        ),
        table::text(if cell.stands { "yes" } else { "no" }),
    ]
}

fn method(report: &StudyReport, facts: &AssessmentFacts) -> Section {
    let seeds: Vec<String> = report.seeds.iter().map(u64::to_string).collect();
    let headline: Vec<&str> = report
        .headline
        .iter()
        .map(|column: &Column| column.name.as_str())
        .collect();
    let body = html! {
        p { "The measures were fixed before any run. A point adds its overrides to this:" }
        pre tabindex="0" { code { (report.command) } }
        dl {
            dt { "Measures" } dd { (headline.join(", ")) }
            dt { "Seeds" } dd { (seeds.join(", ")) }
            dt { "Digest" } dd { (report.digest) }
            dt { "secnet" } dd { (facts.secnet_version) " " (facts.secnet_commit) }
            dt { "Begun" } dd { (facts.started_at) }
            dt { "Took" } dd { (format!("{:.1} s on {} threads", facts.wall_seconds, facts.threads)) }
        }
        @let points = report.points.iter().map(|row| vec![table::text(settings(report, row)), table::text(row.overrides.join(" "))]);
        (table("Overrides of each point", &["", "--set"], points.collect()))
    };
    Section {
        id: "method",
        title: "Method",
        body,
    }
}
