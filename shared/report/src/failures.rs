//! What ended otherwise than it should, and the slowest requests step by step.

use crate::page::Section;
use crate::source::Source;
use crate::table::{self, Cell, table};
use crate::words::{grouped, moment, plain, seconds};
use maud::{Markup, html};
use secnet_model::{ResponseCode, SimDuration};
use secnet_results::traces::items::{Item, OPEN};

/// Shown as waterfalls.
const SLOWEST: usize = 5;
/// Steps of one shown.
const STEPS_MAX: usize = 40;

pub(crate) fn section(source: &Source<'_>) -> Option<Section> {
    let mut slowest = source.traces.items(None);
    slowest.retain(|item| item.srv.is_some() && item.outcome != OPEN);
    slowest.sort_by_key(|item| std::cmp::Reverse(item.took_us));
    slowest.truncate(SLOWEST);
    let body = html! {
        (table("How everything that entered the network ended", &["", "opened", "ended as", "how many"], outcomes(source)))
        (table("Response codes of the final answers", &["", "meaning", "how many"], codes(source)))
        @if !slowest.is_empty() {
            h3 { "The slowest of the requests sampled" }
            p { "Each bar is a step; " code { "secnet trace" } " shows any of them, and Jaeger those that were exported." }
            @for item in &slowest { (waterfall(source, item)) }
        }
    };
    Some(Section {
        id: "failures",
        title: "Failures, and what was slow",
        body,
    })
}

fn outcomes(source: &Source<'_>) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    for (kind, report) in &source.run.ledger.outcomes {
        let ended = report.closed.iter().filter(|(_, count)| **count > 0);
        let in_flight =
            (report.in_flight > 0).then(|| ("in flight when the run ended".to_owned(), report.in_flight));
        let ended = ended.map(|(outcome, count)| (plain(outcome), *count));
        for (outcome, count) in ended.chain(in_flight) {
            let is_good = ["completed", "delivered"].contains(&outcome.as_str());
            rows.push(vec![
                table::text(plain(kind)),
                table::count(report.opened),
                table::text(outcome).marked(is_good),
                table::count(count),
            ]);
        }
    }
    rows
}

fn codes(source: &Source<'_>) -> Vec<Vec<Cell>> {
    let codes = source.run.kpis.service.overall.codes.iter();
    let some = codes.filter(|(_, count)| **count > 0);
    let words = |code: &str| {
        let of = ResponseCode::ALL.into_iter().find(|of| of.code() == code);
        of.map_or("", ResponseCode::words)
    };
    some.map(|(code, count)| {
        vec![
            table::text(code.clone()),
            table::text(words(code)),
            table::count(*count),
        ]
    })
    .collect()
}

fn waterfall(source: &Source<'_>, item: &Item) -> Markup {
    let tree = source
        .traces
        .trees()
        .find(|tree| tree[0].trace.to_string() == item.trace);
    let steps = tree.unwrap_or_default();
    let (begin, end) = steps.iter().fold((u64::MAX, 0), |(begin, end), span| {
        (begin.min(span.begin_us), end.max(span.end_us))
    });
    let whole = end.saturating_sub(begin).max(1) as f64;
    let place = |micros: u64| format!("{:.2}", micros.saturating_sub(begin) as f64 / whole * 100.0);
    let took = |micros: u64| seconds(Some(SimDuration(micros).as_secs_f64()));
    html! { details.waterfall {
        summary { (item.what) ", " (item.user.as_deref().unwrap_or("a User")) ": " strong { (took(item.took_us)) } ", "
            (plain(&item.outcome)) @if let Some(code) = &item.code { " (" (code) ")" } ", from " (moment(item.began_us)) }
        div.scroll tabindex="0" role="region" aria-label={"Steps of " (item.what) ", trace " (item.trace)} { table {
            thead { tr { th scope="col" { "step" } th scope="col" { "whose" } th scope="col" { "took" } th scope="col" { "when" } } }
            tbody { @for span in steps.iter().take(STEPS_MAX) { tr class=[span.failed.then_some("failed")] {
                th scope="row" { (span.name) } td { (span.participant) } td { (took(span.end_us.saturating_sub(span.begin_us))) }
                td.bars { span aria-hidden="true" style={"margin-left:" (place(span.begin_us)) "%;width:max(2px," (place(begin + span.end_us.saturating_sub(span.begin_us))) "%)"} {}
                    span.said { "after " (took(span.begin_us.saturating_sub(begin))) } }
            } } }
        } }
        @if steps.len() > STEPS_MAX { p { "… and " (grouped((steps.len() - STEPS_MAX) as u64)) " more steps." } }
        p { code { "secnet trace " (item.trace.get(..8).unwrap_or(&item.trace)) " --run " (source.run.path.display()) } }
    } }
}
