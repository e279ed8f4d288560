//! The first screen: what came of it, in verdicts, figures and sentences that follow from figures.

use crate::page::Section;
use crate::source::Source;
use crate::table::{self, table};
use crate::words::{NONE, grouped, percent, plain};
use maud::{Markup, html};
use secnet_results::kpis::ServiceKpi;
use secnet_results::{LoadedRun, compare};

pub(crate) fn section(source: &Source<'_>, other: Option<&LoadedRun>) -> Option<Section> {
    let run = source.run;
    let (kpis, ledger) = (&run.kpis, &run.ledger);
    let is_sound = ledger.complete && ledger.balanced;
    let body = html! {
        @if !is_sound { p.warning role="alert" {
            @if !ledger.complete { "The run is incomplete: it did not reach its end with every participant. " }
            @if !ledger.balanced { "The ledger does not balance: this is a fault in secnet." }
        } }
        @if !kpis.verdicts.is_empty() { ul.verdicts { @for verdict in &kpis.verdicts {
            @let (class, word) = match (verdict.met, verdict.open) { (true, _) => ("good", "met"), (false, None) => ("bad", "missed"), _ => ("open", "open") };
            li { span class={"mark " (class)} { (word) } " " (verdict.text) ": "
                @if verdict.at_most { "at most " } @else { "at least " } (percent(Some(verdict.threshold)))
                ", measured " strong { (percent(verdict.measured)) } }
        } } }
        ul.sentences { @for sentence in sentences(source) { li { (sentence) } } }
        (headline(run, other))
        p.validity {
            @if is_sound { "Every one of the requests and alerts that entered the network is accounted for. " }
            "The scenario stands on " strong { (run.manifest.assumed_parameters.len()) } " parameters that no public source gives: "
            a href="#method" { "they are listed below" } "."
            @if run.manifest.spans.dropped > 0 { " " strong { (grouped(run.manifest.spans.dropped)) " steps of sampled items were dropped" } ": slowest requests are of those kept." }
        }
        @for remark in &kpis.remarks { p.remark { (remark) } }
    };
    Some(Section {
        id: "answer",
        title: "The answer",
        body,
    })
}

/// The measures that matter most, of this run alone or beside another's.
fn headline(run: &LoadedRun, other: Option<&LoadedRun>) -> Markup {
    let against = other.unwrap_or(run);
    let comparison = compare(against, run);
    let rows = comparison.headline.iter().map(|row| {
        let words = |value: Option<f64>| value.map_or(NONE.to_owned(), |value| row.amount(value));
        let of_run = table::figure(words(row.b), row.b);
        let name = table::text(row.measure);
        match other {
            None => vec![name, of_run],
            Some(_) => {
                let difference = row.a.zip(row.b).map(|(a, b)| b - a);
                let words_of = |difference: f64| row.signed(difference);
                vec![
                    name,
                    table::figure(words(row.a), row.a),
                    of_run,
                    table::figure(difference.map_or(NONE.to_owned(), words_of), difference),
                ]
            }
        }
    });
    let rows: Vec<Vec<_>> = rows.collect();
    let Some(other) = other else {
        return table("Headline", &["", "measured"], rows);
    };
    let changed = &comparison.scenario;
    let list = html! { ul { @for difference in changed { li {
        code { (difference.key) } ": " (difference.a.as_deref().unwrap_or(NONE)) " → " (difference.b.as_deref().unwrap_or(NONE))
    } } } };
    html! {
        (table("Headline", &["", "the other", "this run", "difference"], rows))
        p { "The other is " code { (other.path.display()) } ", seed " (other.manifest.seed) ". "
            @if changed.is_empty() { "The scenarios are the same." } @else { "From it to this one the scenario differs in " (changed.len()) " values"
                @if changed.len() > SHOWN { "." } @else { ":" } } }
        @if changed.len() > SHOWN { details { summary { "What differs" } (list) } } @else { (list) }
    }
}

/// Differences that are shown at once.
const SHOWN: usize = 8;

fn sentences(source: &Source<'_>) -> Vec<String> {
    let kpis = &source.run.kpis;
    let all = &kpis.service.overall;
    let mut sentences = vec![format!(
        "Of {} requests and scheduled reads {} were completed; of those that a response was owed {} had it within their target response time.",
        grouped(all.opened),
        percent(all.completed_share),
        percent(all.within_target_share)
    )];
    if let Some(worst) = worst(&kpis.service.by_srv) {
        sentences.push(format!(
            "The lowest share within target is that of SRV {} {}: {} of {}.",
            worst.key.srv.as_deref().unwrap_or(NONE),
            worst.key.mode.map(|mode| plain(mode.name())).unwrap_or_default(),
            percent(worst.within_target_share),
            grouped(worst.owed_a_response)
        ));
    }
    if let Some(fullest) = kpis.load.resources.first() {
        let room = fullest.headroom.map_or(String::new(), |room| {
            format!(", room for {room:.1} times as much")
        });
        let broke = match kpis.load.firsts.first() {
            Some(first) => format!("What broke first: {}.", first.words()),
            None => "Nothing was turned away for want of capacity.".to_owned(),
        };
        sentences.push(format!(
            "Nearest to its limit was {} {}, busy to {} in its fullest five minutes{room}. {broke}",
            fullest.of,
            fullest.what,
            percent(fullest.peak_share)
        ));
    }
    if let Some(raised) = kpis.alerts.overall.raised.filter(|raised| *raised > 0) {
        sentences.push(format!(
            "{} device alerts were raised; of those due {} reached their User within 60 s.",
            grouped(raised),
            percent(kpis.alerts.overall.within_target_share)
        ));
    }
    sentences
}

/// A handful says nothing.
const WORTH_NAMING: u64 = 20;

fn worst(rows: &[ServiceKpi]) -> Option<&ServiceKpi> {
    let rows = rows.iter().filter(|row| row.owed_a_response >= WORTH_NAMING);
    let with = rows.filter_map(|row| Some((row.within_target_share?, row)));
    let lowest = with.min_by(|(a, _), (b, _)| a.total_cmp(b));
    lowest.map(|(_, row)| row)
}
