//! KPIs and ledger once more, from the traces of every item alone.

use secnet_results::traces::SpanRecord;
use secnet_tests::in_virtual_time::{run, scenario};
use std::collections::BTreeMap;

const DEMO: &str = include_str!("../../../topology/demo.toml");

#[test]
fn the_kpis_and_the_ledger_are_those_of_the_traces() {
    let all = [
        "horizon=20min",
        "drain=4h",
        "tracing.requests=1",
        "tracing.alerts=1",
        "tracing.spans_max=100000000",
    ];
    let run = run(&scenario(DEMO, &all), 2);
    run.keeps_the_laws().unwrap();
    let roots: Vec<&SpanRecord> = run
        .outcome
        .traces
        .spans
        .iter()
        .filter(|span| span.is_root())
        .collect();

    // Each item's outcome, by kind.
    let mut outcomes = BTreeMap::<(bool, String), u64>::new();
    // By SRV and outcome, requests and readings together.
    let mut by_srv = BTreeMap::<(String, String), u64>::new();
    let mut codes = BTreeMap::<String, u64>::new();
    for root in &roots {
        let attributes = &root.attributes;
        let Some(outcome) = attributes
            .outcome
            .clone()
            .or_else(|| outcome_of_alert(&run.outcome.traces.spans, root))
        else {
            continue;
        };
        *outcomes
            .entry((attributes.srv.is_some(), outcome.clone()))
            .or_default() += 1;
        if let Some(srv) = &attributes.srv {
            *by_srv.entry((srv.clone(), outcome)).or_default() += 1;
            *codes
                .entry(attributes.response_code.clone().unwrap())
                .or_default() += 1;
        }
    }

    let mut reported = BTreeMap::<(String, String), u64>::new();
    let mut reported_codes = BTreeMap::<String, u64>::new();
    for row in &run.report.kpis.service.by_srv {
        for (outcome, count) in &row.outcomes {
            let key = (row.key.srv.clone().unwrap(), outcome.clone());
            *reported.entry(key).or_default() += count;
        }
        for (code, count) in &row.codes {
            *reported_codes.entry(code.clone()).or_default() += count;
        }
    }
    assert_eq!(by_srv, reported);
    assert_eq!(codes, reported_codes);

    let ledger = &run.report.ledger.outcomes;
    let closed = |kinds: &[&str]| {
        let mut closed = BTreeMap::<String, u64>::new();
        for (outcome, count) in kinds.iter().flat_map(|kind| &ledger[*kind].closed) {
            *closed.entry(outcome.clone()).or_default() += count;
        }
        closed.retain(|_, count| *count > 0);
        closed
    };
    let traced = |about_requests: bool| -> BTreeMap<String, u64> {
        let of_kind = outcomes
            .iter()
            .filter(|((is_request, _), _)| *is_request == about_requests);
        of_kind
            .map(|((_, outcome), count)| (outcome.clone(), *count))
            .collect()
    };
    assert_eq!(traced(true), closed(&["service_request", "scheduled_read"]));
    assert_eq!(traced(false), closed(&["device_alert", "dcc_alert"]));
}

/// An alert's outcome is said where it ended, which may be another step than the first.
fn outcome_of_alert(spans: &[SpanRecord], root: &SpanRecord) -> Option<String> {
    let mut of_trace = spans.iter().filter(|span| span.trace == root.trace);
    of_trace.find_map(|span| span.attributes.outcome.clone())
}
