//! How it went, window by window: what was asked for and missed, response times against their targets, alerts.

use crate::chart::{Chart, Line, Unit};
use crate::page::Section;
use crate::source::Source;
use crate::words::{moment, plain};
use maud::html;
use secnet_model::Srv;
use secnet_results::tables::SeriesRow;
use std::collections::BTreeMap;

/// Service request variants that have a chart of their own: those of which most were owed a response.
const CHARTS: usize = 4;

pub(crate) fn section(source: &Source<'_>) -> Option<Section> {
    let width_s = source.series.first()?.width_s;
    let mut charts = vec![requests(source, width_s)];
    charts.extend(response_times(source, width_s));
    charts.extend(alerts(source));
    let events = &source.run.manifest.events;
    let body = html! {
        p { "By windows of " (moment(width_s * 1_000_000)) ". Each request counts in the window in which it was asked for, so that one that was never answered is missed there."
            @if !events.is_empty() { " Shaded, or marked where they last to the end: the events of the timeline, listed below." } }
        @for chart in &charts { (chart.render()) }
        @if !events.is_empty() { h3 { "Timeline" } ul.events { @for event in events.iter().take(EVENTS_MAX) { li { (event.text) } } }
            @if events.len() > EVENTS_MAX { p { "… and " (events.len() - EVENTS_MAX) " more; " code { "manifest.json" } " lists them." } } }
    };
    Some(Section {
        id: "over-time",
        title: "Over time",
        body,
    })
}

/// A scenario may have a year of them.
const EVENTS_MAX: usize = 40;

fn chart<'a>(source: &Source<'a>, id: &str, title: String, about: String, width_s: u64) -> Chart<'a> {
    Chart {
        id: id.to_owned(),
        title,
        about,
        unit: Unit::Count,
        is_logarithmic: false,
        width_us: width_s * 1_000_000,
        lines: Vec::new(),
        shaded: None,
        target: None,
        events: &source.run.manifest.events,
        ends_us: source.ends_us(),
    }
}

/// Sums by window; every window of the run has one, be it nought.
fn sums<R>(source: &Source<'_>, width_s: u64, rows: &[R], at: impl Fn(&R) -> (u64, u64)) -> Vec<Option<f64>> {
    let width_us = width_s * 1_000_000;
    let windows = source.ends_us().div_ceil(width_us) as usize;
    let mut sums = vec![0_u64; windows];
    for row in rows {
        let (begins_us, count) = at(row);
        if let Some(sum) = sums.get_mut((begins_us / width_us) as usize) {
            *sum += count;
        }
    }
    sums.into_iter().map(|sum| Some(sum as f64)).collect()
}

fn requests<'a>(source: &Source<'a>, width_s: u64) -> Chart<'a> {
    let sum =
        |of: fn(&SeriesRow) -> u64| sums(source, width_s, &source.series, |row| (row.begins_us, of(row)));
    let line = |name: &str, colour, values| Line {
        name: name.to_owned(),
        colour,
        values,
        down_to: None,
    };
    let about = "Requests asked for, those of which an answer was late or never came, and submissions with retries, over time".to_owned();
    let mut chart = chart(
        source,
        "chart-requests",
        "Requests and scheduled reads".to_owned(),
        about,
        width_s,
    );
    chart.lines = vec![
        line("asked for", 0, sum(|row| row.opened)),
        line("submitted, retries included", 3, sum(|row| row.attempts)),
        line(
            "late or never answered",
            1,
            sum(|row| row.owed_a_response - row.within_target),
        ),
    ];
    chart
}

fn response_times<'a>(source: &Source<'a>, width_s: u64) -> Vec<Chart<'a>> {
    let mut by_srv: BTreeMap<(&str, &str), (u64, Vec<&SeriesRow>)> = BTreeMap::new();
    for row in source.series.iter().filter(|row| *row.mode != *"scheduled") {
        let of = by_srv.entry((&row.srv, &row.mode)).or_default();
        of.0 += row.owed_a_response;
        of.1.push(row);
    }
    let mut by_srv: Vec<_> = by_srv.into_iter().collect();
    by_srv.sort_by_key(|(_, (owed, _))| std::cmp::Reverse(*owed));
    by_srv.truncate(CHARTS);
    let of_srv = |((srv, mode), (_, rows)): ((&str, &str), (u64, Vec<&SeriesRow>))| {
        let name = Srv::from_number(srv).map_or("", |srv| srv.entry().name);
        let title = format!("Response times: {srv} {name}, {}", plain(mode));
        let about = format!(
            "Response times of {srv} by region over time: half and 99 of a hundred were answered within, against the target"
        );
        let id = format!("chart-{}-{mode}", srv.replace('.', "-"));
        let mut chart = chart(source, &id, title, about, width_s);
        chart.unit = Unit::Seconds;
        chart.shaded = Some("p50 to p99");
        chart.is_logarithmic = true;
        let target = rows.iter().map(|row| row.target_s).fold(0.0, f64::max);
        chart.target = (target > 0.0).then(|| ("target response time".to_owned(), target));
        let mut by_region: BTreeMap<&str, Vec<&SeriesRow>> = BTreeMap::new();
        for row in rows {
            by_region
                .entry(row.region.as_deref().unwrap_or("no device"))
                .or_default()
                .push(row);
        }
        chart.lines = by_region
            .iter()
            .flat_map(|(region, rows)| {
                let colour = colour(region);
                let of = |quantile: fn(&SeriesRow) -> Option<f64>| {
                    let width_us = width_s * 1_000_000;
                    let mut values = vec![None; source.ends_us().div_ceil(width_us) as usize];
                    for row in rows {
                        if let Some(value) = values.get_mut((row.begins_us / width_us) as usize) {
                            *value = quantile(row);
                        }
                    }
                    values
                };
                let (p50, p90, p99) = (
                    of(|row| row.response_p50_s),
                    of(|row| row.response_p90_s),
                    of(|row| row.response_p99_s),
                );
                let band = Line {
                    name: format!("{region}, p50 to p99"),
                    colour,
                    values: p99,
                    down_to: Some(p50),
                };
                [
                    band,
                    Line {
                        name: format!("{region}, p90"),
                        colour,
                        values: p90,
                        down_to: None,
                    },
                ]
            })
            .collect();
        chart
    };
    by_srv.into_iter().map(of_srv).collect()
}

fn colour(region: &str) -> usize {
    match region {
        "north" => 0,
        "central" => 1,
        "south" => 2,
        "smets1" => 3,
        _ => 4,
    }
}

fn alerts<'a>(source: &Source<'a>) -> Option<Chart<'a>> {
    let width_s = source.alerts.first()?.width_s;
    let about = "Device alerts raised, delivered, and delivered within 60 seconds, over time".to_owned();
    let mut chart = chart(source, "chart-alerts", "Device alerts".to_owned(), about, width_s);
    let line = |name: &str, colour, of: fn(&secnet_results::tables::AlertRow) -> u64| Line {
        name: name.to_owned(),
        colour,
        values: sums(source, width_s, &source.alerts, |row| (row.begins_us, of(row))),
        down_to: None,
    };
    chart.lines = vec![
        line("raised", 0, |row| row.raised),
        line("delivered", 3, |row| row.delivered),
        line("delivered within 60 s", 2, |row| row.within_target),
    ];
    Some(chart)
}
