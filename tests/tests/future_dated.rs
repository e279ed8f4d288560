//! The night of a price change: what devices are told beforehand they all do at one moment, and say so once for each component.

#![allow(clippy::unwrap_used)]

use secnet_tests::in_virtual_time::{Run, run, scenario};

/// Midnight is six hours after the epoch. Nothing is lost, no device errs, every home has both meters in service.
const PRICE_CHANGE: &str = r#"
name = "price-change"
epoch = "2026-03-31T18:00:00Z"
horizon = "7h"
drain = "2h"
suppliers = [{ name = "A", share = 1.0 }]
dnos = [{ name = "D", areas = ["EPN"] }]

[population]
premises = 3_000
areas = ["EPN"]
gas_share = 1.0
enrolled_share = 1.0
no_wan_share = 0.0
not_commissioned_share = 0.0
suspended_share = 0.0

[tracing]
alerts = 1.0
spans_max = 10_000_000

[premises]
device_error_share = 0.0
future_dated_failure_share = 0.0
alerts_per_premises_per_day = 0.0

# All alerts arrive within the drain.
[csp.central]
loss = 0.0
queue_limit = 1_000_000
uplink_rate = "10Mbit/s"
"#;

fn price_change(srv: &str, target: &str, overrides: &[&str]) -> Run {
    let workload = format!(
        "{PRICE_CHANGE}\n[[workloads]]\nname = \"prices\"\nfrom = \"suppliers\"\nsrvs = [\"{srv}\"]\ntarget = \"{target}\"\n\
         per_device_per_day = 6.0\nends_after = \"4h\"\nexecute_at = \"00:00\"\n"
    );
    let run = run(&scenario(&workload, overrides), 1);
    run.keeps_the_laws().unwrap();
    run
}

fn counter(run: &Run, name: &str) -> u64 {
    run.report.ledger.counters.get(name).copied().unwrap_or(0)
}

/// When each alert 8F66 was raised, in seconds of emulated time.
fn executions_s(run: &Run) -> Vec<f64> {
    let spans = run.outcome.traces.spans.iter();
    spans
        .filter(|span| span.is_root() && span.attributes.alert.as_deref() == Some("8F66"))
        .map(|span| span.begin_us as f64 / 1e6)
        .collect()
}

#[test]
fn each_component_of_a_command_raises_an_alert_when_it_is_executed() {
    for (srv, target, components) in [
        ("1.2.1", "ESME", 2),
        ("1.2.1", "GSME", 2),
        ("1.1.1", "ESME", 6),
        ("1.1.1", "GSME", 5),
    ] {
        let run = price_change(srv, target, &[]);
        let executed = counter(&run, "premises.future_dated_executed");
        assert!(executed > 2_000, "{srv} {target}: {executed}");
        assert_eq!(
            counter(&run, "premises.alerts_raised"),
            components * executed,
            "{srv} {target}"
        );
        assert_eq!(
            executions_s(&run).len() as u64,
            components * executed,
            "{srv} {target}"
        );
        assert_eq!(
            counter(&run, "user.future_dated_executed"),
            components * executed,
            "{srv} {target}: all arrive"
        );
    }
}

#[test]
fn all_execute_at_the_moment_asked_for_by_clocks_that_are_ten_seconds_out_at_most() {
    let midnight_s = 6.0 * 3_600.0;
    let exact = executions_s(&price_change(
        "1.2.1",
        "ESME",
        &["premises.clock_error_max=\"0s\""],
    ));
    assert!(exact.iter().all(|at| *at == midnight_s), "{exact:?}");
    let spread = executions_s(&price_change("1.2.1", "ESME", &[]));
    let errors: Vec<f64> = spread.iter().map(|at| at - midnight_s).collect();
    assert!(errors.iter().all(|error| error.abs() <= 10.0));
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    let variance = errors.iter().map(|error| error * error).sum::<f64>() / errors.len() as f64;
    // Uniform over 20 s; half as many devices as alerts, and more.
    assert!(
        mean.abs() < 0.6 && (variance - 400.0 / 12.0).abs() < 3.0,
        "{mean} {variance}"
    );
}

/// A gas meter fetches what is for it every half hour; its mirror in the hub answers at once.
#[test]
fn a_read_of_the_gas_proxy_takes_seconds_and_one_of_the_gas_meter_waits_for_its_poll() {
    let times = |target: &str| {
        let workload = format!(
            "{PRICE_CHANGE}\n[[workloads]]\nname = \"reads\"\nfrom = \"suppliers\"\nsrvs = [\"4.6.1\"]\ntarget = \"{target}\"\n\
             per_device_per_day = 6.0\nends_after = \"4h\"\n"
        );
        let run = run(&scenario(&workload, &[]), 1);
        run.keeps_the_laws().unwrap();
        let mirrored = counter(&run, "premises.gpf_commands");
        let age_s = counter(&run, "premises.gpf_mirror_age_us") as f64 / 1e6;
        let row = run.report.kpis.service.overall.clone();
        (row.response_time_s.unwrap(), mirrored, age_s)
    };
    let ((proxy, mirrored, age_s), (meter, ..)) = (times("GPF"), times("GSME"));
    assert!(proxy.p99 < 30.0, "{proxy:?}");
    let mean_age_s = age_s / mirrored as f64;
    assert!(
        (mean_age_s - 900.0).abs() < 30.0,
        "what it says is {mean_age_s} s old"
    );
    // Uniform over the half hour, and some seconds.
    assert!(
        (meter.p50 - 900.0).abs() < 60.0 && meter.p99 < 1_850.0,
        "{meter:?}"
    );
}
