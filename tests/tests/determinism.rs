//! What the results depend on, and what not.

#![allow(clippy::unwrap_used)]

use secnet_engine::ItemKind;
use secnet_tests::in_virtual_time::{Digests, run, scenario};

const NETWORK: &str = r#"
name = "network"
epoch = "2026-03-31T23:30:00Z"
horizon = "1h"
suppliers = [{ name = "A", share = 0.5, export = true }, { name = "B", share = 0.3 }, { name = "C", share = 0.2 }]
dnos = [{ name = "D", areas = ["EPN", "LPN"] }, { name = "E", areas = ["NPgY"] }]
other_users = [{ name = "O" }, { name = "P" }]
schedules = [{ from = "suppliers", srv = "4.6.1", window = "20min" }]

[population]
premises = 2000

[premises]
alerts_per_premises_per_day = 5.0

[[workloads]]
name = "reads"
from = "suppliers"
srvs = ["4.1.1", "4.8.1", "1.2.1", "8.2", "5.1"]
per_device_per_day = 20.0

[[workloads]]
name = "gas"
from = "suppliers"
srvs = ["1.2.1"]
target = "GSME"
per_device_per_day = 5.0

[[workloads]]
name = "network"
from = "dnos"
srvs = ["4.10", "7.4"]
per_device_per_day = 10.0

[[workloads]]
name = "later"
from = "suppliers"
srvs = ["1.2.1", "4.1.1"]
per_device_per_day = 5.0
future_dated_by = "10min"
"#;

fn digests(overrides: &[&str], threads: usize) -> Digests {
    let run = run(&scenario(NETWORK, overrides), threads);
    run.keeps_the_laws().unwrap();
    run.digests()
}

#[test]
fn the_same_seed_gives_the_same_digests_and_another_seed_others() {
    let first = digests(&[], 1);
    assert_eq!(digests(&[], 1), first);
    let other = digests(&["seed=2"], 1);
    assert_ne!(other.ledger, first.ledger);
    assert_ne!(other.kpis, first.kpis);
}

#[test]
fn hosting_and_threads_change_nothing() {
    let first = digests(&[], 1);
    let hostings: [&[&str]; 4] = [
        &["hosting.premises_shards=2"],
        &["hosting.premises_shards=5", "hosting.premises_processes=3"],
        &["hosting.users_per_process=100"],
        &[
            "hosting.premises_shards=4",
            "hosting.premises_processes=4",
            "hosting.users_per_process=2",
        ],
    ];
    for hosting in hostings {
        for threads in [1, 2, 4] {
            assert_eq!(
                digests(hosting, threads),
                first,
                "{hosting:?} on {threads} threads"
            );
        }
    }
}

/// What a person would change to see a difference makes one.
#[test]
fn parameters_of_the_network_do_change_the_results() {
    let first = digests(&[], 1);
    let changes = [
        "epoch=2026-03-31T23:30:01Z",
        "population.premises=2001",
        "population.prepayment_share=0.14",
        "suppliers.A.suspended=true",
        "dsp.service_time=3ms",
        "gateway.latency_mean=81ms",
        "csp.north.loss=0.02",
        "csp.south.downlink_rate=199kbit/s",
        "premises.gsme_poll_interval=29min",
        "workloads.reads.per_device_per_day=20.1",
    ];
    for change in changes {
        assert_ne!(digests(&[change], 1), first, "{change}");
    }
}

/// What a network without traffic costs is what its promises and timers cost.
#[test]
fn an_idle_day_has_hardly_an_event() {
    let overrides = [
        "horizon=1d",
        "premises.alerts_per_premises_per_day=0",
        "schedules=[]",
        "workloads=[]",
    ];
    for threads in [1, 2] {
        let run = run(&scenario(NETWORK, &overrides), threads);
        run.keeps_the_laws().unwrap();
        assert_eq!(run.events, 0, "on {threads} threads");
        let total = run.outcome.total();
        assert!(ItemKind::ALL.iter().all(|kind| total.ledger.opened(*kind) == 0));
    }
}

#[test]
fn a_quiet_day_has_the_events_of_its_traffic_and_no_more() {
    let overrides = [
        "horizon=1d",
        "premises.alerts_per_premises_per_day=0",
        "schedules=[]",
        r#"workloads=[{ name = "w", from = "A", srvs = ["4.1.1"], per_device_per_day = 0.01 }]"#,
    ];
    let run = run(&scenario(NETWORK, &overrides), 2);
    run.keeps_the_laws().unwrap();
    let requests = run.outcome.total().ledger.opened(ItemKind::ServiceRequest);
    assert!((5..40).contains(&requests), "{requests}");
    // An arrival, six hops and the acknowledgement; retransmissions and the User's look at what is unanswered.
    assert!(
        run.events < requests * 20,
        "{} events for {requests} requests",
        run.events
    );
}
