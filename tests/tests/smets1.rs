//! SMETS1 in a whole network: a path of its own, without pre-commands, with its own target response times.
#![allow(clippy::unwrap_used)]

use secnet_results::kpis::ServiceKpi;
use secnet_tests::in_virtual_time::{Run, run, scenario};

/// Nothing is lost or refused, and all is answered.
const HOMES: &str = r#"
    name = "homes"
    horizon = "2h"
    drain = "1h"
    [population]
    premises = 2_000
    smets1_share = 0.375
    gas_share = 0.0
    no_wan_share = 0.0
    not_commissioned_share = 0.0
    suspended_share = 0.0
    [tracing]
    requests = 1.0
    [[suppliers]]
    name = "Bright"
    share = 1.0
    [[workloads]]
    name = "prices"
    from = "suppliers"
    srvs = ["1.2.1"]
    per_device_per_day = 12.0
    [[workloads]]
    name = "reads"
    from = "suppliers"
    srvs = ["4.1.1"]
    per_device_per_day = 12.0
    [csp.north]
    loss = 0.0
    [csp.central]
    loss = 0.0
    [csp.south]
    loss = 0.0
    [s1sp]
    loss = 0.0
    wake_up_loss = 0.0
    [premises]
    device_error_share = 0.0
    alerts_per_premises_per_day = 0.0
"#;

fn homes(overrides: &[&str]) -> Run {
    let run = run(&scenario(HOMES, overrides), 2);
    run.keeps_the_laws().unwrap();
    run
}

fn rows<'a>(run: &'a Run, srv: &'a str, smets1: bool) -> impl Iterator<Item = &'a ServiceKpi> {
    let classes = run.report.kpis.service.classes.iter();
    classes.filter(move |row| {
        row.key.srv.as_deref() == Some(srv) && (row.key.region.as_deref() == Some("smets1")) == smets1
    })
}

fn opened(run: &Run, srv: &str, smets1: bool) -> u64 {
    rows(run, srv, smets1).map(|row| row.opened).sum()
}

#[test]
fn a_critical_request_to_smets1_has_no_pre_command_and_is_checked_by_the_dco() {
    let run = homes(&[]);
    let (reads, prices) = (opened(&run, "4.1.1", true), opened(&run, "1.2.1", true));
    let (others_reads, others_prices) = (opened(&run, "4.1.1", false), opened(&run, "1.2.1", false));
    let share = (reads + prices) as f64 / (reads + prices + others_reads + others_prices) as f64;
    assert!((share - 0.375).abs() < 0.03, "{share}");
    assert_eq!(run.report.kpis.service.overall.completed_share, Some(1.0));
    // Two messages each, but for SMETS2+ updates, which are four.
    let messages = 2 * (reads + prices + others_reads) + 4 * others_prices;
    assert_eq!(run.report.kpis.messages.messages, messages);
    let counters = &run.report.ledger.counters;
    assert_eq!(counters["s1sp.dual_controlled"], prices);
    assert_eq!(counters["s1sp.commands_delivered"], reads + prices);
    let slept = counters["s1sp.commands"] - counters["s1sp.commands_to_hubs_awake"];
    assert_eq!(counters["s1sp.wake_ups"], slept, "one short message each");
}

#[test]
fn smets1_has_the_target_response_times_of_smets1() {
    // Awake after 17 s: later than the 16 s of SMETS1 and earlier than the 30 s of SMETS2+. Few find a hub that is being woken already.
    let slow = homes(&[
        "s1sp.wake_up_min=17s",
        "s1sp.wake_up_mean=17s",
        "s1sp.awake_for=0s",
    ]);
    for (srv, smets1, target_s, met) in [
        ("4.1.1", true, 16.0, false),
        ("4.1.1", false, 30.0, true),
        // An update's is 30 s with either.
        ("1.2.1", true, 30.0, true),
    ] {
        for row in rows(&slow, srv, smets1) {
            let target = row.target_response_time.as_ref().unwrap();
            assert_eq!((target.seconds, target.smets1_seconds), (target_s, None), "{srv}");
            let share = row.within_target_share.unwrap();
            assert!(
                if met { share > 0.9 } else { share < 0.05 },
                "{srv} {smets1}: {share}"
            );
        }
    }
    let of_all = slow.report.kpis.service.by_srv.iter();
    let targets: Vec<_> = of_all
        .map(|row| {
            (
                row.key.srv.as_deref().unwrap(),
                row.target_response_time.as_ref().unwrap(),
            )
        })
        .map(|(srv, target)| (srv, target.seconds, target.smets1_seconds))
        .collect();
    assert_eq!(targets, [("1.2.1", 30.0, None), ("4.1.1", 30.0, Some(16.0))]);
}

#[test]
fn a_trace_tells_of_the_wake_up_and_the_dual_control() {
    let run = homes(&["horizon=10min"]);
    let spans = &run.outcome.traces.spans;
    let named = |name: &str| spans.iter().filter(|span| span.name == name).count() as u64;
    assert_eq!(named("dual control"), opened(&run, "1.2.1", true));
    let counters = &run.report.ledger.counters;
    assert_eq!(
        named("wake-up"),
        counters["s1sp.commands"] - counters["s1sp.commands_to_hubs_awake"]
    );
}
