//! Each response code end to end: a scenario that provokes it, and the requests that were answered with it.

use secnet_engine::Outcome;
use secnet_model::ResponseCode;
use secnet_tests::in_virtual_time::{Run, run, scenario};
use std::collections::BTreeSet;

/// An hour of two Suppliers, a distributor and an adviser, in which nothing goes wrong by itself.
const BASE: &str = r#"
name = "codes"
horizon = "1h"
drain = "40min"
dnos = [{ name = "D", areas = ["EPN", "SPD"] }]
other_users = [{ name = "O" }]
suppliers = [{ name = "A", share = 0.6, export = true }, { name = "B", share = 0.4 }]
user = { retry_backoff = "1s" }
dsp = { timeout_min = "35min" }

[population]
premises = 400
areas = ["EPN", "SPD"]
no_wan_share = 0.0
not_commissioned_share = 0.0
suspended_share = 0.0

[csp]
north = { loss = 0.0 }
south = { loss = 0.0 }

[premises]
device_error_share = 0.0
alerts_per_premises_per_day = 0.0
"#;

/// A network slower than the DSP's patience.
const IMPATIENT_DSP: &[&str] = &[
    "dsp.timeout_min=1s",
    "dsp.timeout_in_target_response_times=1e-6",
    "csp.north.latency_min=1s",
    "csp.south.latency_min=1s",
    "csp.south.latency_mean=1s",
];

struct Row {
    code: ResponseCode,
    outcome: Outcome,
    /// Whether every request ends so.
    only: bool,
    /// What is added to the scenario.
    traffic: &'static str,
    overrides: &'static [&'static str],
}

const fn every(code: ResponseCode, outcome: Outcome, traffic: &'static str) -> Row {
    Row {
        code,
        outcome,
        only: true,
        traffic,
        overrides: &[],
    }
}

const fn with(row: Row, overrides: &'static [&'static str]) -> Row {
    Row { overrides, ..row }
}

const fn among_others(row: Row) -> Row {
    Row { only: false, ..row }
}

const READS: &str = r#"
workloads = [{ name = "w", from = "suppliers", srvs = ["4.1.1", "4.8.1"], per_device_per_day = 24.0 }]
"#;
const LATER_READS: &str = r#"
workloads = [{ name = "w", from = "suppliers", srvs = ["4.1.1"], per_device_per_day = 24.0, future_dated_by = "10min" }]
"#;
const DAILY_READS: &str = r#"
schedules = [{ from = "suppliers", srv = "4.6.1", starts_at = "22:10", window = "20min" }]
"#;

#[rustfmt::skip]
fn rows() -> Vec<Row> {
    use Outcome::*;
    use ResponseCode::*;
    vec![
        every(I0, Completed, READS),
        every(E1, Refused, r#"
workloads = [{ name = "w", from = "suppliers", srvs = ["4.1.1", "8.2"], per_device_per_day = 24.0, mistake = "role_not_held" }]
"#),
        every(E2, Refused, r#"
workloads = [{ name = "w", from = "A", srvs = ["1.1.2", "4.1.4"], per_device_per_day = 24.0, mistake = "role_not_allowed" }]
"#),
        with(every(E3, Refused, r#"
workloads = [{ name = "w", from = "A", srvs = ["4.1.1", "1.2.1", "8.2"], per_device_per_day = 24.0 }]
"#), &["suppliers.A.suspended=true"]),
        every(E4, Refused, r#"
workloads = [{ name = "w", from = "suppliers", srvs = ["4.1.1", "2.2"], per_device_per_day = 24.0, mistake = "not_responsible" }]
"#),
        with(every(E5, Refused, READS), &["population.not_commissioned_share=1.0"]),
        every(E11, Refused, r#"
workloads = [{ name = "w", from = "suppliers", srvs = ["4.1.1", "7.4"], per_device_per_day = 24.0, mistake = "wrong_device_type" }]
"#),
        every(E12, Refused, r#"
workloads = [{ name = "w", from = "suppliers", srvs = ["4.1.1", "1.2.1", "8.2"], per_device_per_day = 24.0, mistake = "wrong_variant" }]
"#),
        every(E13, Refused, r#"
workloads = [{ name = "w", from = "suppliers", srvs = ["4.1.1", "1.2.1", "8.2"], per_device_per_day = 24.0, mistake = "wrong_service" }]
"#),
        every(E17, Refused, r#"
workloads = [{ name = "w", from = "suppliers", srvs = ["5.1", "8.2"], per_device_per_day = 24.0, mistake = "not_local" }]
"#),
        every(E19, Refused, r#"
workloads = [{ name = "w", from = "dnos", srvs = ["4.10", "7.4"], per_device_per_day = 24.0, mistake = "unknown_device" }]
"#),
        with(every(E20, NotDelivered, READS), &["population.no_wan_share=1.0"]),
        with(every(E21, NoResponse, READS), IMPATIENT_DSP),
        with(every(E30, FutureDatedTimeOut, LATER_READS), IMPATIENT_DSP),
        with(every(E31, ScheduleTimeOut, DAILY_READS), IMPATIENT_DSP),
        among_others(with(every(Busy, GaveUpOverload, READS), &[
            "dsp.servers=1", "dsp.service_time=30s", "dsp.queue_limit=1", "user.attempts_max=2",
        ])),
    ]
}

/// The traffic stands before the first table.
fn run_row(row: &Row) -> Run {
    let run = run(&scenario(&format!("{}{BASE}", row.traffic), row.overrides), 1);
    run.keeps_the_laws()
        .unwrap_or_else(|problem| panic!("{}: {problem}", row.code));
    run
}

#[test]
fn each_code_has_a_scenario_that_provokes_it() {
    for row in rows() {
        let overall = run_row(&row).report.kpis.service.overall;
        let (code, outcome) = (row.code.code(), row.outcome.name());
        let answered = overall.codes.get(code).copied().unwrap_or(0);
        assert!(answered >= 100, "{code}: {answered} in {:?}", overall.codes);
        assert_eq!(
            overall.outcomes.get(outcome),
            Some(&answered),
            "{code}: {:?}",
            overall.outcomes
        );
        if row.only {
            assert_eq!(
                answered, overall.requests,
                "not {code} alone: {:?}",
                overall.codes
            );
        }
    }
}

/// I99 is an acknowledgement and no final answer: the DSP counts it.
#[test]
fn requests_that_pass_access_control_are_acknowledged_with_i99() {
    let run = run_row(&every(ResponseCode::I0, Outcome::Completed, READS));
    let (counters, requests) = (
        &run.report.ledger.counters,
        run.report.kpis.service.overall.requests,
    );
    assert_eq!(counters["dsp.answers.I99"], requests);
    assert!(!counters.keys().any(|name| name.starts_with("dsp.answers.E")));
}

#[test]
fn no_code_is_left_out() {
    let mut covered: BTreeSet<ResponseCode> = rows().into_iter().map(|row| row.code).collect();
    covered.insert(ResponseCode::I99);
    // SECMP0067's and the quarantine's own: the DSP's tests of traffic management and quarantine produce them.
    covered.extend([ResponseCode::Throttled, ResponseCode::Deleted]);
    assert_eq!(covered, BTreeSet::from(ResponseCode::ALL));
}
