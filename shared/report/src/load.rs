//! What was how full, and what was first turned away.

use crate::chart::{Chart, Line, Unit};
use crate::page::Section;
use crate::source::Source;
use crate::table::{self, table};
use crate::words::{NONE, moment, percent};
use maud::html;
use secnet_results::load::ResourceKpi;
use std::collections::BTreeMap;

/// Resources that are drawn: more lines cannot be told apart.
const LINES: usize = 5;

pub(crate) fn section(source: &Source<'_>) -> Option<Section> {
    let load = &source.run.kpis.load;
    if load.resources.is_empty() {
        return None;
    }
    let rows = load.resources.iter().map(row).collect();
    let titles = [
        "",
        "servers or cells",
        "busy on average",
        "in its fullest five minutes",
        "which began at",
        "busiest cell",
        "room for so many times as much",
    ];
    let body = html! {
        @for first in &load.firsts { p { "First of its sort: " (first.words()) "." } }
        @if load.firsts.is_empty() { p { "Nothing was turned away for want of capacity: no User throttled, no request answered Busy, no queue full." } }
        @if let Some(chart) = chart(source) { (chart.render()) }
        (table("How full servers and channels were, the fullest first", &titles, rows))
    };
    Some(Section {
        id: "load",
        title: "Load",
        body,
    })
}

fn row(row: &ResourceKpi) -> Vec<table::Cell> {
    let cell = row.busiest_cell;
    vec![
        table::text(format!("{} {}", row.of, row.what)),
        table::count(row.count.into()),
        table::share(row.mean_share),
        table::share(row.peak_share),
        table::figure(moment(row.peak_at_s * 1_000_000), Some(row.peak_at_s as f64)),
        table::figure(
            cell.map_or(NONE.to_owned(), |cell| {
                format!(
                    "{}: {} at {}",
                    cell.cell,
                    percent(Some(cell.share)),
                    moment(cell.at_s * 1_000_000)
                )
            }),
            cell.map(|cell| cell.share),
        ),
        table::figure(
            row.headroom.map_or(NONE.to_owned(), |room| format!("{room:.1}")),
            row.headroom,
        ),
    ]
}

fn chart<'a>(source: &Source<'a>) -> Option<Chart<'a>> {
    let width_us = source.run.kpis.load.window_s.max(1) * 1_000_000;
    let mut by_name: BTreeMap<String, Vec<Option<f64>>> = BTreeMap::new();
    let windows = source.ends_us().div_ceil(width_us) as usize;
    for row in &source.links {
        let values = by_name
            .entry(format!("{} {}", row.of, row.what))
            .or_insert_with(|| vec![None; windows]);
        if let Some(value) = values.get_mut((row.begins_us / width_us) as usize) {
            *value = row.busy_share;
        }
    }
    let fullest = source.run.kpis.load.resources.iter().take(LINES);
    let lines: Vec<Line> = (0..)
        .zip(fullest)
        .filter_map(|(colour, resource)| {
            let name = format!("{} {}", resource.of, resource.what);
            Some(Line {
                values: by_name.remove(&name)?,
                name,
                colour,
                down_to: None,
            })
        })
        .collect();
    // A table of a year by five minutes is nobody's: the file has it.
    (!lines.is_empty() && windows <= WINDOWS_MAX).then(|| Chart {
        id: "chart-load".to_owned(),
        title: "Busy, of all there is".to_owned(),
        about: "How full the fullest servers and channels were over time".to_owned(),
        unit: Unit::Share,
        is_logarithmic: false,
        width_us,
        lines,
        shaded: None,
        target: None,
        events: &source.run.manifest.events,
        ends_us: source.ends_us(),
    })
}

const WINDOWS_MAX: usize = 2_016;
