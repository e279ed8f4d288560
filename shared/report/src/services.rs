//! Response times of each service against its target.

use crate::dots::{Dots, Row};
use crate::page::Section;
use crate::source::Source;
use crate::words::{percent, plain, seconds};
use maud::html;
use secnet_model::Srv;
use secnet_results::kpis::ServiceKpi;

pub(crate) fn section(source: &Source<'_>) -> Option<Section> {
    let rows: Vec<Row> = source.run.kpis.service.by_srv.iter().filter_map(dots).collect();
    if rows.is_empty() {
        return None;
    }
    let body = html! {
        p { "Each service's median (open circle) and 99th percentile (full), as parts of its target response time, which is the upright line; each step is ten times as long." }
        (Dots { rows }.render())
    };
    Some(Section {
        id: "services",
        title: "Services",
        body,
    })
}

/// A hundred-thousandth of the target is at the left end, ten times the target at the right.
fn place(of_target: f64) -> f64 {
    (of_target.max(1e-6).log10() + 5.0) / 6.0
}

fn dots(row: &ServiceKpi) -> Option<Row> {
    let (times, target) = (row.response_time_s?, row.target_response_time.as_ref()?);
    let number = row.key.srv.as_deref().unwrap_or_default();
    let name = Srv::from_number(number).map_or("", |srv| srv.entry().name);
    let mode = row.key.mode.map(|mode| plain(mode.name())).unwrap_or_default();
    let (p50, p99) = (
        place(times.p50 / target.seconds),
        place(times.p99 / target.seconds),
    );
    Some(Row {
        name: format!("{number} {name}, {mode}"),
        from: p50,
        until: p99,
        also: Some(p50),
        dot: p99,
        is_full: true,
        mark: Some(place(1.0)),
        words: format!(
            "{} – {} of {}; {} within",
            seconds(Some(times.p50)),
            seconds(Some(times.p99)),
            seconds(Some(target.seconds)),
            percent(row.within_target_share)
        ),
    })
}
