//! The first law's proof: a participant's state is plain data. A run whose every node is written down in the middle
//! and made again from the bytes, with what was under way, goes on as if nothing had happened.

#![allow(clippy::unwrap_used)]

use secnet_tests::checkpoint::{Checkpoint, Stepped};
use secnet_tests::in_virtual_time::{Digests, run, scenario};
use secnet_tests::random_scenario::random_scenario;
use secnet_topology::{Scenario, World};

const SCENARIOS: u64 = 40;
/// Checkpoints per run, spread over its events.
const CHECKPOINTS: u64 = 7;

fn world(scenario: &Scenario) -> World {
    World::new(scenario.clone()).unwrap()
}

/// The run's digests, and how many checkpoints it went through.
fn digests_with_checkpoints_every(events: usize, scenario: &Scenario) -> (Digests, u64) {
    let mut run = Stepped::new(world(scenario));
    let mut checkpoints = 0;
    while run.step(events) == events {
        let checkpoint = run.save();
        run = Stepped::restore(world(scenario), &checkpoint);
        assert_same(&run, &checkpoint);
        checkpoints += 1;
    }
    let outcome = run.outcome();
    let report = outcome.report();
    assert!(report.ledger.complete && report.ledger.violations.total() == 0);
    (Digests::of(&outcome, &report), checkpoints)
}

/// What was restored writes itself down as it was written.
fn assert_same(restored: &Stepped, checkpoint: &Checkpoint) {
    let again = restored.save();
    for (index, (before, after)) in checkpoint.nodes.iter().zip(&again.nodes).enumerate() {
        assert!(
            before == after,
            "at {} {} is not what it was: {} bytes, now {}",
            restored.now(),
            restored.node_name(index),
            before.len(),
            after.len()
        );
    }
    assert!(again == *checkpoint, "what is under way has changed");
}

#[test]
fn a_run_written_down_in_the_middle_goes_on_to_the_same_digest() {
    let mut checkpoints_in_all = 0;
    for number in 0..SCENARIOS {
        let scenario = random_scenario(number);
        let whole = run(&scenario, 1);
        let stride = (whole.events / (CHECKPOINTS + 1)).max(1) as usize;
        let (digests, checkpoints) = digests_with_checkpoints_every(stride, &scenario);
        assert_eq!(digests, whole.digests(), "random scenario {number}");
        checkpoints_in_all += checkpoints;
    }
    assert!(
        checkpoints_in_all > SCENARIOS * CHECKPOINTS / 2,
        "{checkpoints_in_all}"
    );
}

/// Between any two events, not only at some: nothing lives outside the state for even one step.
#[test]
fn a_run_written_down_after_every_event_goes_on_to_the_same_digest() {
    let scenario = scenario(SMALL, &[]);
    let whole = run(&scenario, 1);
    let (digests, checkpoints) = digests_with_checkpoints_every(1, &scenario);
    assert_eq!(digests, whole.digests());
    assert_eq!(checkpoints, whole.events);
}

#[test]
fn the_books_of_a_run_that_stands_still_balance_between_any_two_events() {
    for number in 0..SCENARIOS {
        let scenario = random_scenario(number);
        let mut run = Stepped::new(world(&scenario));
        // A prime, so that it falls in step with nothing.
        while run.step(199) > 0 {
            let outcome = run.outcome();
            let report = outcome.report();
            assert!(
                report.ledger.balanced,
                "random scenario {number} at {}: {:#?}",
                outcome.ended_at, report.ledger.outcomes
            );
        }
    }
}

const SMALL: &str = r#"
name = "small"
epoch = "2026-03-31T23:50:00Z"
horizon = "20min"
population = { premises = 40 }
suppliers = [{ name = "A", share = 0.5, export = true }, { name = "B", share = 0.5 }]
dnos = [{ name = "D", areas = ["EPN", "NPgY"] }]
other_users = [{ name = "O" }]
schedules = [{ from = "A", srv = "4.6.1", window = "5min" }]
dsp = { servers = 1, service_time = "400ms", queue_limit = 2 }

[csp.north]
cell_premises = 10
loss = 0.2

[premises]
alerts_per_premises_per_day = 40.0

[[workloads]]
name = "all sorts"
from = "suppliers"
srvs = ["4.1.1", "1.1.1", "2.2", "5.1", "5.3", "8.2"]
per_device_per_day = 150.0

[[workloads]]
name = "later"
from = "suppliers"
srvs = ["1.2.1", "4.1.1"]
per_device_per_day = 40.0
future_dated_by = "3min"

[[workloads]]
name = "network"
from = "dnos"
srvs = ["4.10", "7.4"]
per_device_per_day = 40.0
"#;
