//! What happens to the network during a run, end to end: truth and records disagree where they should, with the exact codes, and
//! an evening in which everything happens has one result whatever the threads and shards.

#![allow(clippy::unwrap_used)]

use secnet_tests::in_virtual_time::{Run, run, scenario};
use secnet_tests::random_scenario::split_otherwise;
use secnet_topology::scenario::Scenario;
use std::collections::{BTreeMap, BTreeSet};

const BAD_DAY: &str = include_str!("../../topology/bad-day.toml");

/// Reads all day; nothing is lost, no device errs, every meter is in service.
const READS: &str = r#"
name = "reads"
epoch = "2026-04-01T08:00:00Z"
horizon = "2h"
drain = "2h"
suppliers = [{ name = "A", share = 0.5 }, { name = "B", share = 0.5 }]
dnos = [{ name = "D", areas = ["EPN", "NPgY"] }]

[population]
premises = 400
no_wan_share = 0.0
not_commissioned_share = 0.0
suspended_share = 0.0

[premises]
device_error_share = 0.0
alerts_per_premises_per_day = 10.0

[csp]
north = { loss = 0.0 }
central = { loss = 0.0 }
south = { loss = 0.0 }

[[workloads]]
name = "reads"
from = "suppliers"
srvs = ["4.1.1"]
per_device_per_day = 40.0
"#;

fn reads(events: &str, overrides: &[&str]) -> Run {
    let run = run(&scenario(&format!("{READS}\n{events}"), overrides), 1);
    run.keeps_the_laws().unwrap();
    run
}

/// How the User's requests ended, by response code.
fn codes(run: &Run, user: &str) -> BTreeMap<String, u64> {
    let rows = &run.report.kpis.service.by_user;
    let row = rows.iter().find(|row| row.key.user.as_deref() == Some(user));
    row.map(|row| row.codes.clone()).unwrap_or_default()
}

fn code(run: &Run, user: &str, code: &str) -> u64 {
    codes(run, user).get(code).copied().unwrap_or_default()
}

#[test]
fn an_evening_in_which_everything_happens_has_one_result() {
    let bad_day: Scenario = scenario(BAD_DAY, &[]);
    let one = run(&bad_day, 1);
    one.keeps_the_laws().unwrap();
    assert_eq!(one.digests(), run(&bad_day, 2).digests());
    assert_eq!(one.digests(), run(&split_otherwise(&bad_day), 2).digests());
    let ledger = &one.report.ledger;
    for counter in [
        "dsp.kept_for_users",
        "premises.commands_to_gone_devices",
        "premises.supplies_off",
        "user.kept_by_gateway",
    ] {
        assert!(
            ledger.counters.get(counter).is_some_and(|count| *count > 0),
            "{counter}"
        );
    }
    for (user, expected) in [("Small supplier", "E3"), ("British Gas", "E4")] {
        assert!(code(&one, user, expected) > 0, "{user}: {:?}", codes(&one, user));
    }
}

#[test]
fn a_trace_names_the_events_its_item_met() {
    let bad_day = scenario(BAD_DAY, &["tracing.requests=1.0", "tracing.alerts=1.0"]);
    let run = run(&bad_day, 1);
    let traces = &run.outcome.traces;
    assert_eq!(traces.dropped, 0);
    let mut steps_by_event = BTreeMap::<&str, BTreeSet<&str>>::new();
    for span in &traces.spans {
        for event in &span.attributes.events {
            steps_by_event.entry(event).or_default().insert(&span.name);
        }
    }
    let names: BTreeSet<&str> = bad_day.events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(steps_by_event.keys().copied().collect::<BTreeSet<_>>(), names);
    let kept = BTreeSet::from(["kept"]);
    assert_eq!(steps_by_event["Octopus Energy's gateway"], kept);
    let control = BTreeSet::from(["access control"]);
    for event in [
        "Small supplier fails",
        "OVO is Supplier of Last Resort",
        "customers switch",
    ] {
        assert_eq!(steps_by_event[event], control, "{event}");
    }
    // The gateway is closed from 80 to 105 minutes after the beginning.
    let (closes_us, opens_us) = (80 * 60_000_000, 105 * 60_000_000);
    let kept = traces.spans.iter().filter(|span| span.name == "kept");
    for at_user in kept.filter(|span| span.participant != "dsp") {
        assert!(
            (closes_us..opens_us).contains(&at_user.begin_us) && at_user.end_us == opens_us,
            "{at_user:?}"
        );
        assert_eq!(at_user.attributes.events, ["Octopus Energy's gateway"]);
    }
}

const SWITCH: &str = r#"
[[events]]
name = "switch"
kind = "takeover"
from = "A"
to = "B"
share = 0.25
starts_after = "30min"
told_after = "1h"
"#;

#[test]
fn a_supplier_that_has_lost_customers_reads_them_until_it_is_told_and_is_refused_with_e4() {
    let before = reads(SWITCH, &["horizon=\"30min\""]);
    assert_eq!(code(&before, "A", "E4"), 0, "they are its own until then");
    let until_told = reads(SWITCH, &["horizon=\"90min\""]);
    let after = reads(SWITCH, &[]);
    let refused = code(&until_told, "A", "E4");
    // 200 premises, 40 reads a day, an hour, a quarter of them: 83.
    assert!((50..120).contains(&refused), "{refused}");
    assert!(
        code(&after, "A", "E4") <= refused + 1,
        "once told it asks no more: {} and {refused}",
        code(&after, "A", "E4")
    );
    assert_eq!(
        code(&after, "B", "E4"),
        0,
        "the gaining Supplier is the one responsible"
    );
    let alone = reads("", &[]);
    assert!(
        code(&after, "B", "I0") > code(&alone, "B", "I0"),
        "it reads what it has gained"
    );
}

#[test]
fn meters_taken_out_are_still_in_the_inventory_and_their_requests_end_with_e21() {
    let removal = |device: &str| {
        format!("[[events]]\nname = \"out\"\nkind = \"removal\"\nstarts_after = \"1h\"\n{device}")
    };
    let meters = reads(&removal("device = \"ESME\""), &[]);
    let codes_of_a = codes(&meters, "A");
    assert!(codes_of_a["E21"] > 100, "{codes_of_a:?}");
    assert_eq!(
        codes_of_a.keys().collect::<Vec<_>>(),
        ["E21", "I0"],
        "neither unknown, nor of the wrong status, nor out of reach"
    );
    // Without its hub a premises is out of the radio's reach: every transmission is lost.
    let hubs = reads(&removal(""), &[]);
    assert!(code(&hubs, "A", "E20") > 100, "{:?}", codes(&hubs, "A"));
    assert_eq!(code(&hubs, "A", "E5") + code(&hubs, "A", "E19"), 0);
}

#[test]
fn a_default_refuses_the_first_request_after_it_and_none_before() {
    let default = "[[events]]\nname = \"d\"\nkind = \"user_default\"\nstarts_after = \"1h\"\nuser = \"A\"";
    let before = reads(default, &["horizon=\"1h\""]);
    let after = reads(default, &[]);
    let alone = reads("", &[]);
    assert_eq!(code(&before, "A", "E3"), 0);
    let all: u64 = codes(&alone, "A").values().sum();
    let until: u64 = codes(&before, "A").values().sum();
    // A request on its way at that moment may still be refused: the DSP looks at the moment it serves it.
    let refused = code(&after, "A", "E3");
    assert!(
        (all - until..=all - until + 2).contains(&refused),
        "{refused} of {all} and {until}"
    );
    assert_eq!(codes(&after, "B"), codes(&alone, "B"), "nobody else is touched");
}

#[test]
fn a_closed_gateway_delays_and_loses_nothing() {
    let closed = "[[events]]\nname = \"g\"\nkind = \"gateway_outage\"\nstarts_after = \"30min\"\nlasts = \"1h\"\nuser = \"D\"\n\
                  [[events]]\nname = \"h\"\nkind = \"gateway_outage\"\nstarts_after = \"30min\"\nlasts = \"1h\"\nuser = \"B\"";
    let (with, without) = (reads(closed, &[]), reads("", &[]));
    for kind in ["device_alert", "service_request"] {
        let (with, without) = (
            &with.report.ledger.outcomes[kind],
            &without.report.ledger.outcomes[kind],
        );
        assert_eq!(with.opened, without.opened, "{kind}");
        assert_eq!(with.in_flight, 0, "{kind}");
        assert_eq!(with.closed, without.closed, "{kind}: the same ends, later");
    }
    let late = |run: &Run| run.report.kpis.alerts.overall.within_target;
    assert!(late(&with) < late(&without));
}

#[test]
fn what_a_closing_gateway_leaves_in_doubt_comes_in_twice_and_counts_once() {
    let closed = "[[events]]\nname = \"g\"\nkind = \"gateway_outage\"\nstarts_after = \"30min\"\nlasts = \"1h\"\nuser = \"B\"";
    let slow = &["gateway.latency_mean=30s", "user.remembered_before_closing=10min"];
    let (with, without) = (reads(closed, slow), reads("", slow));
    let counters = &with.report.ledger.counters;
    let (twice, seen) = (counters.get("dsp.pushed_twice"), counters.get("user.duplicates"));
    assert!(
        twice.is_some_and(|count| *count > 0) && twice == seen,
        "{counters:?}"
    );
    assert_eq!(counters.get("user.duplicates_not_recognised"), None);
    assert_eq!(
        with.report.ledger.outcomes["device_alert"].closed,
        without.report.ledger.outcomes["device_alert"].closed
    );
}

#[test]
fn an_outage_of_the_dsp_delays_everything_and_refuses_nothing_its_queue_has_room_for() {
    let out = "[[events]]\nname = \"o\"\nkind = \"dsp_outage\"\nstarts_after = \"30min\"\nlasts = \"10min\"";
    let (with, without) = (reads(out, &[]), reads("", &[]));
    assert_eq!(codes(&with, "A"), codes(&without, "A"));
    let max = |run: &Run| {
        run.report
            .kpis
            .service
            .overall
            .response_time_s
            .as_ref()
            .unwrap()
            .max
    };
    assert!(
        max(&with) > 590.0 && max(&without) < 60.0,
        "{} {}",
        max(&with),
        max(&without)
    );
    assert!(with.report.ledger.counters["dsp.queue_max"] > 50);
}

#[test]
fn what_the_dsp_held_for_a_supplier_that_lost_the_premises_ends_once_as_refused_with_e4() {
    let at_once = SWITCH.replace("told_after = \"1h\"", "");
    let held = |events: &str| {
        let run = reads(
            events,
            &[
                "workloads=[{ name = \"held\", from = \"suppliers\", srvs = [\"4.1.1\"], per_device_per_day = 40.0, \
                 future_dated_by = \"20min\" }]",
            ],
        );
        let counters = &run.report.ledger.counters;
        let refused = counters
            .get("dsp.future_dated_refused")
            .copied()
            .unwrap_or_default();
        let outcomes = &run.report.kpis.service.by_user;
        let of_a = outcomes
            .iter()
            .find(|row| row.key.user.as_deref() == Some("A"))
            .unwrap();
        (
            code(&run, "A", "E4"),
            refused,
            of_a.outcomes.get("refused").copied().unwrap_or_default(),
        )
    };
    let (e4, refused, outcomes) = held(&at_once);
    // 200 premises, 40 reads a day, a quarter of them, asked for in the twenty minutes before the switch: 28.
    assert!((15..45).contains(&e4), "{e4}");
    assert_eq!((refused, outcomes), (e4, e4));
    assert_eq!(held(""), (0, 0, 0));
}
