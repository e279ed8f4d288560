//! What is still under way when a run ends counts: a share is of all that was due, never of those that happened to be
//! answered in time to be counted.
#![allow(clippy::unwrap_used)]

use secnet_results::kpis::ServiceKpi;
use secnet_tests::in_virtual_time::{Run, run, scenario};

/// One Supplier reads meters over a WAN that loses much and tries twice: one request in twenty-five is lost on its way back,
/// which the DSP notices after its time-out of an hour.
const LOSSY: &str = r#"
name = "lossy"
horizon = "30min"

[population]
premises = 4000
no_wan_share = 0.0
not_commissioned_share = 0.0

[premises]
device_error_share = 0.0

[[suppliers]]
name = "Alba Energy"
share = 1.0

[[workloads]]
name = "reads"
from = "suppliers"
srvs = ["4.1.1"]
per_device_per_day = 24.0

[csp.north]
loss = 0.2
transmissions_max = 2

[csp.central]
loss = 0.2
transmissions_max = 2

[csp.south]
loss = 0.2
transmissions_max = 2

[[verdicts]]
completed_share_min = 0.9
"#;

fn with_drain(drain: &str) -> Run {
    let run = run(&scenario(LOSSY, &[&format!("drain={drain}")]), 1);
    run.keeps_the_laws().unwrap();
    run
}

fn overall(run: &Run) -> &ServiceKpi {
    &run.report.kpis.service.overall
}

fn assert_everything_opened_is_somewhere(run: &Run) {
    let service = &run.report.kpis.service;
    let rows = [
        &service.by_srv,
        &service.by_user,
        &service.by_region,
        &service.classes,
    ];
    for row in rows.into_iter().flatten().chain([&service.overall]) {
        assert_eq!(row.opened, row.requests + row.overdue + row.open, "{}", row.key);
    }
    for rows in [&service.by_area, &service.by_device, &service.places] {
        let sum: u64 = rows.iter().map(|row| row.opened).sum();
        assert_eq!(sum, service.overall.opened, "all go to devices that exist");
    }
}

#[test]
fn beyond_the_time_outs_a_longer_drain_changes_nothing() {
    let (just, long) = (with_drain("65min"), with_drain("3h"));
    assert_eq!(just.report.kpis.service, long.report.kpis.service);
    assert_eq!(just.report.kpis.verdicts, long.report.kpis.verdicts);
    assert_eq!((overall(&just).overdue, overall(&just).open), (0, 0));
    assert_everything_opened_is_somewhere(&just);
}

/// With a drain of ten minutes a share of those whose fate is known would be four points more than with one of three hours.
#[test]
fn a_short_drain_flatters_no_share_and_decides_no_verdict_it_cannot_decide() {
    let (short, long) = (with_drain("10min"), with_drain("3h"));
    let (s, l) = (overall(&short), overall(&long));
    assert_everything_opened_is_somewhere(&short);
    assert_eq!(s.opened, l.opened);
    assert!(s.overdue > 50, "{s:?}");
    assert_eq!(s.overdue + s.requests, l.requests, "all are due");
    assert_eq!(s.within_target_share, l.within_target_share);
    assert_eq!(s.completed_share, l.completed_share);
    let answered_share = s.answered_share.unwrap();
    assert!(
        answered_share < 0.95,
        "the response times' share is said: {answered_share}"
    );
}

/// (1 − 0.2²)² of the requests are answered where each way has two attempts.
#[test]
fn the_share_completed_is_that_of_two_attempts_each_way() {
    let run = with_drain("10min");
    let (expected, row) = ((1.0 - 0.04_f64).powi(2), overall(&run));
    let measured = row.completed_share.unwrap();
    let sigma = (expected * (1.0 - expected) / row.opened as f64).sqrt();
    assert!(
        (measured - expected).abs() < 4.0 * sigma,
        "{measured} for {expected} ± {sigma}"
    );
}

#[test]
fn what_is_not_due_yet_is_open_and_in_no_share() {
    let overrides = [
        "drain=0s",
        "horizon=10min",
        "csp.north.loss=0",
        "csp.central.loss=0",
        "csp.south.loss=0",
    ];
    let run = run(&scenario(LOSSY, &overrides), 1);
    assert_everything_opened_is_somewhere(&run);
    let row = overall(&run);
    assert!(row.open > 0 && row.overdue == 0, "{row:?}");
    assert!(row.completed_share.unwrap() > 0.99, "{row:?}");
    assert!(row.answered_share.unwrap() < 1.0);
}
