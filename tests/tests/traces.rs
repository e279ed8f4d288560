//! Traces: the same trees whatever the driver, whole at an OTLP endpoint, and no result hangs on the endpoint.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stdout, reason = "a test that was skipped says so")]

use expect_test::expect;
use secnet_model::Region;
use secnet_results::Traces;
use secnet_results::traces::{Selection, SpanRecord, render};
use secnet_tests::in_virtual_time::{run, scenario};
use secnet_tests::live::{Ended, Programs, RUN_MAX};
use secnet_tests::otlp_consumer::{ConsumedSpan, OtlpConsumer};
use secnet_tests::trace_trees::are_trees;
use std::collections::BTreeSet;

const DEMO: &str = include_str!("../../topology/demo.toml");
const TRACED: [&str; 4] = ["--set", "tracing.requests=0.3", "--set", "tracing.alerts=0.3"];

fn skip(test: &str) {
    println!("SKIPPED: {test}: python3 with opentelemetry-proto and grpcio is not there");
}

fn borrowed(environment: &[(String, String); 2]) -> [(&str, &str); 2] {
    environment
        .each_ref()
        .map(|(name, value)| (name.as_str(), value.as_str()))
}

/// The run's own traces as the endpoint should have had them.
fn expected(run: &Ended) -> Vec<ConsumedSpan> {
    let scenario: secnet_topology::Scenario = run.report().scenario.clone().try_into().unwrap();
    let epoch_ns = scenario.epoch.unix_seconds() * 1_000_000_000;
    let consumed = |span: &SpanRecord| ConsumedSpan {
        service: span.participant.clone(),
        namespace: Some("secnet".to_owned()),
        trace: span.trace.to_string(),
        span: span.span.to_string(),
        parent: span.parent.map(|parent| parent.to_string()).unwrap_or_default(),
        name: span.name.clone(),
        begin_ns: epoch_ns + span.begin_us * 1_000,
        end_ns: epoch_ns + span.end_us * 1_000,
        failed: span.failed,
        attributes: span
            .attributes
            .named()
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        links: span
            .link
            .iter()
            .map(|link| (link.trace.to_string(), link.span.to_string()))
            .collect(),
    };
    run.traces().spans.iter().map(consumed).collect()
}

/// What the network's participants sent, without the processes' own spans.
fn of_the_network(spans: Vec<ConsumedSpan>) -> Vec<ConsumedSpan> {
    spans
        .into_iter()
        .filter(|span| span.namespace.is_some())
        .collect()
}

fn assert_same(sent: &[ConsumedSpan], expected: &[ConsumedSpan]) {
    let differs = sent.iter().zip(expected).find(|(a, b)| a != b);
    assert!(differs.is_none(), "{differs:#?}");
    assert_eq!(sent.len(), expected.len());
}

fn finish(programs: &Programs, environment: &[(String, String); 2], arguments: &[&str]) -> Ended {
    let arguments = [&["--for", "5min"], &TRACED[..], arguments].concat();
    programs
        .start_in(&borrowed(environment), "demo.toml", &arguments)
        .wait(RUN_MAX)
}

#[test]
fn an_independent_consumer_gets_every_span_of_a_live_and_of_a_virtual_run() {
    let programs = Programs::alone();
    let (Some(over_grpc), Some(over_http)) = (OtlpConsumer::start(), OtlpConsumer::start()) else {
        return skip("an independent OTLP consumer");
    };
    let live = finish(&programs, &over_grpc.over_grpc(), &[]);
    let in_virtual_time = finish(&programs, &over_http.over_http(), &["--driver", "virtual"]);
    assert_eq!(
        live.digests(),
        in_virtual_time.digests(),
        "one set of trace trees"
    );

    let expected = expected(&live);
    let over_grpc = over_grpc.spans();
    let is_dsps_own = |span: &ConsumedSpan| span.service == "dsp" && span.name == "process";
    assert!(over_grpc.iter().any(is_dsps_own), "the processes' own spans");
    assert_same(&of_the_network(over_grpc), &expected);
    assert_same(&of_the_network(over_http.spans()), &expected);

    are_trees(live.traces()).unwrap();
    let counts = live.report().manifest.spans;
    assert_eq!(
        (counts.kept, counts.exported),
        (expected.len() as u64, expected.len() as u64)
    );
    assert_eq!((counts.dropped, counts.not_exported), (0, 0));
    assert_every_participant_is_in_its_requests_tree(live.traces());
}

/// A read that was answered went by the User, the DSP, a CSP and the premises, and each has its say.
fn assert_every_participant_is_in_its_requests_tree(traces: &Traces) {
    let mut answered = 0;
    for tree in traces.trees() {
        let Some(root) = tree.iter().find(|span| span.is_root()) else {
            continue;
        };
        let is_read = root.attributes.srv.as_deref() == Some("4.1.1");
        if !is_read || root.attributes.outcome.as_deref() != Some("completed") {
            continue;
        }
        answered += 1;
        let participants: BTreeSet<&str> = tree.iter().map(|span| span.participant.as_str()).collect();
        let region = root.attributes.region.as_deref().unwrap();
        let provider = Region::from_name(region).unwrap().provider();
        let premises = format!("premises-{region}");
        for participant in ["dsp", provider, &premises, &root.participant] {
            assert!(
                participants.contains(participant),
                "no {participant} in {tree:#?}"
            );
        }
    }
    assert!(answered > 10, "{answered} answered reads");
}

#[test]
fn a_consumer_killed_in_the_middle_changes_no_result_and_what_it_missed_is_counted() {
    let programs = Programs::alone();
    let Some(mut consumer) = OtlpConsumer::start() else {
        return skip("an OTLP consumer that is killed");
    };
    let arguments = [&["--for", "5min", "--speed", "60"], &TRACED[..]].concat();
    let mut live = programs.start_in(&borrowed(&consumer.over_grpc()), "demo.toml", &arguments);
    live.wait_until_past(120.0);
    consumer.kill();
    let ended = live.wait(RUN_MAX);
    let undisturbed = programs.run(
        "demo.toml",
        &[&["--for", "5min", "--driver", "virtual"], &TRACED[..]].concat(),
    );
    assert_eq!(ended.digests(), undisturbed.digests());
    let counts = ended.report().manifest.spans;
    assert!(counts.exported > 0 && counts.not_exported > 0, "{counts:?}");
    assert_eq!(counts.kept, counts.exported + counts.not_exported);
}

#[test]
fn an_endpoint_that_cannot_be_one_is_refused_before_the_run_starts() {
    let programs = Programs::alone();
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "not an address"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
    ];
    for driver in ["live", "virtual"] {
        let arguments = ["--for", "1min", "--driver", driver];
        let ended = programs
            .start_in(&environment, "demo.toml", &arguments)
            .wait(RUN_MAX);
        assert_eq!(ended.exit, Some(2), "{driver}: {}", ended.stderr);
        assert!(ended.stderr.contains("OTLP endpoint"), "{}", ended.stderr);
    }
}

#[test]
fn a_critical_request_s_tree_tells_its_whole_story() {
    let scenario = scenario(
        DEMO,
        &[
            "horizon=5min",
            "population.smets1_share=0",
            "tracing.requests=0",
            "tracing.srvs=[{srv=\"1.2.1\",share=1}]",
        ],
    );
    let traces = run(&scenario, 1).outcome.traces;
    are_trees(&traces).unwrap();
    let answered_by_an_electricity_meter = |tree: &&[SpanRecord]| {
        let root = tree.iter().find(|span| span.is_root());
        let at_once = !tree.iter().any(|span| span.name == "held by device");
        root.is_some_and(|root| {
            at_once
                && root.attributes.device_type.as_deref() == Some("ESME")
                && root.attributes.outcome.as_deref() == Some("completed")
        })
    };
    let tree = traces.trees().find(answered_by_an_electricity_meter).unwrap();
    let text = render(&traces, &Selection::Named(tree[0].trace.to_string()));
    expect![[r#"
        1.2.1 Update Price (Primary Element)  E.ON Next, south, ESME, premises 1884
          request 90-B3-D5-00-00-00-00-02:00-DB-12-00-00-00-75-C0:319
          trace 07cc3dafab4c615bfa11f6357316bf3b, began 00:04:50.579, took 4.27 s  completed, I0
          ├ submission                     +0 µs         115 ms       supplier-e-on-next  I0
          │ └ user to dsp                  +0 µs         51.7 ms      supplier-e-on-next  4252 B
          ├ access control                 +51.7 ms      2 ms         dsp  I0
          ├ acknowledgement                +53.7 ms      61.3 ms      dsp  I0
          ├ correlate and sign             +115 ms       337 ms       supplier-e-on-next  2472 B
          ├ submission                     +452 ms       119 ms       supplier-e-on-next  I99
          │ └ user to dsp                  +452 ms       76.3 ms      supplier-e-on-next  2472 B
          ├ access control                 +529 ms       2 ms         dsp  I99
          ├ acknowledgement                +531 ms       41.0 ms      dsp  I99
          ├ command                        +531 ms       3.66 s       dsp  I0
          │ ├ transform, dsp to csp        +531 ms       31.2 ms      dsp  354 B
          │ ├ downlink queue               +562 ms       0 µs         csp-south
          │ ├ downlink                     +562 ms       16.6 ms      csp-south  354 B
          │ ├ wan to hub                   +578 ms       1.75 s       csp-south
          │ ├ hub                          +2.32 s       0 µs         premises-south
          │ ├ han and device               +2.32 s       446 ms       premises-south
          │ ├ hub to wan                   +2.77 s       1.36 s       premises-south  133 B
          │ ├ uplink queue                 +4.13 s       0 µs         csp-south
          │ ├ uplink                       +4.13 s       15.4 ms      csp-south  133 B
          │ ├ csp to dsp                   +4.15 s       42.7 ms      csp-south
          │ └ correlation                  +4.19 s       2 ms         dsp
          └ delivery                       +4.19 s       78.9 ms      dsp  I0, 133 B
    "#]]
    .assert_eq(&text);
    // The signed pre-command is linked to the pre-command it answers.
    let submissions: Vec<&SpanRecord> = tree.iter().filter(|span| span.name == "submission").collect();
    assert_eq!(submissions.len(), 2);
    assert_eq!(submissions[1].link.unwrap().span, submissions[0].span);
}
