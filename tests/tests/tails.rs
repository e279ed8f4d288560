//! What makes tails long: poor coverage, bad hours, jobs of many requests. The mean is the same each time; the tail is not.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stdout, reason = "the tails measured are worth reading")]

use secnet_results::measure::Quantiles;
use secnet_tests::in_virtual_time::{run, scenario};

const READS: &str = r#"
name = "tails"
horizon = "4h"
drain = "3h"
suppliers = [{ name = "A", share = 1.0 }]

[population]
premises = 4_000
areas = ["EPN"]
no_wan_share = 0.0

[premises]
alerts_per_premises_per_day = 0.0

# Many cells, so that a few of their hours are bad in every run.
[csp.central]
cell_premises = 50
loss = 0.02
transmissions_max = 9

[[workloads]]
name = "reads"
from = "suppliers"
srvs = ["4.1.1"]
target = "ESME"
per_device_per_day = 30.0
"#;

/// Response times and requests.
fn times(overrides: &[&str]) -> (Quantiles, u64) {
    let run = run(&scenario(READS, overrides), 1);
    run.keeps_the_laws().unwrap();
    let overall = &run.report.kpis.service.overall;
    (overall.response_time_s.unwrap(), overall.opened)
}

#[test]
fn the_same_losses_make_a_longer_tail_where_they_keep_to_some_premises_or_hours() {
    let (even, _) = times(&[]);
    // A twentieth at 0.35 and the others at 0.0026 lose as many.
    let (lasting, _) = times(&[
        "csp.central.loss=0.0026",
        "csp.central.poor_coverage_share=0.05",
        "csp.central.poor_coverage_loss=0.35",
    ]);
    let (hours, _) = times(&[
        "csp.central.loss=0.0026",
        "csp.central.bad_hours_share=0.05",
        "csp.central.bad_hours_loss=0.35",
    ]);
    println!("even {even:?}\nlasting {lasting:?}\nbad hours {hours:?}");
    for tail in [lasting, hours] {
        assert!(
            (tail.p50 / even.p50 - 1.0).abs() < 0.1,
            "the median does not notice"
        );
        assert!(tail.p99 > 1.15 * even.p99, "{tail:?}, {even:?}");
    }
}

#[test]
fn a_job_of_many_requests_waits_for_itself() {
    let (one_by_one, requests) = times(&["dsp.servers=1", "dsp.service_time=\"20ms\""]);
    let (jobs, in_jobs) = times(&[
        "dsp.servers=1",
        "dsp.service_time=\"20ms\"",
        "workloads.reads.batch=500",
    ]);
    println!("one by one {one_by_one:?}\njobs of 500 {jobs:?}");
    assert_eq!(in_jobs % 500, 0);
    // Forty jobs, and as many requests but for their number's chance.
    assert!(
        (in_jobs as f64 / requests as f64 - 1.0).abs() < 0.5,
        "{in_jobs}, {requests}"
    );
    // The last of a job is served ten seconds after the first.
    assert!(jobs.p50 > one_by_one.p50 + 3.0 && jobs.p99 > one_by_one.p99 + 5.0);
}
