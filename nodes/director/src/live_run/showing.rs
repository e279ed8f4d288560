//! What a live run shows while it goes on: the progress bar, and what `secnet status` is answered.

use super::assignment::Network;
use super::processes::Process;
use crate::progress::Traffic;
use secnet_engine::{ItemKind, Pace};
use secnet_fabric::report::{NodeStatus, Phase, RunStatus};
use std::time::Duration;

/// A process silent for longer is shown as such; it is not lost for that.
const SILENT: Duration = Duration::from_secs(2);

/// Who has come, and which links are up.
pub(super) fn show_barrier(network: &Network<'_>, processes: &[Process]) {
    let nodes = processes.iter().flat_map(Process::nodes);
    let (up, total) = nodes.fold((0, 0), |(up, total), node| {
        (up + node.links_up, total + node.links_total)
    });
    let here = processes
        .iter()
        .filter(|process| process.status.is_some())
        .count();
    network.progress.say(&format!(
        "{here} of {} processes, {up} of {total} ends of links",
        processes.len()
    ));
}

/// How far emulated time has got, and the traffic.
pub(super) fn show_running(network: &Network<'_>, processes: &[Process]) {
    let nodes = || processes.iter().flat_map(Process::nodes);
    let end = network.world.end;
    let reached = |node: &NodeStatus| match node.phase {
        Phase::Finished => end,
        Phase::Linking | Phase::Running => node.now.min(end),
    };
    let now = nodes().map(reached).max();
    let handled = nodes().map(|node| node.handled).sum();
    let ledgers = || processes.iter().flat_map(|process| process.ledgers.values());
    let kind = ItemKind::ServiceRequest;
    let requests = ledgers().map(|ledger| ledger.opened(kind)).sum();
    let closed: u64 = ledgers().map(|ledger| ledger.closed_total(kind)).sum();
    let traffic = Traffic {
        requests,
        in_flight: u64::saturating_sub(requests, closed),
    };
    let lag = nodes()
        .map(|node| node.lag_max_us)
        .max()
        .map(Duration::from_micros);
    let lag = lag.filter(|_| network.pace != Pace::Max);
    network
        .progress
        .show(now.unwrap_or_default(), handled, Some(traffic), lag);
}

/// `running_for` is the wall time since emulated time started.
pub(super) fn run_status(
    network: &Network<'_>,
    run: &str,
    running_for: Duration,
    processes: &[Process],
) -> RunStatus {
    let statuses = processes.iter().filter_map(|process| process.status.as_ref());
    RunStatus {
        run: run.to_owned(),
        scenario: network.world.scenario.name.clone(),
        pace: network.pace,
        end: network.world.end,
        wall_seconds: running_for.as_secs_f64(),
        processes: statuses.map(|(_, status)| status.clone()).collect(),
        silent: processes.iter().filter_map(silence).collect(),
    }
}

/// A process that has not reported yet, or not for a while, with the seconds since.
fn silence(process: &Process) -> Option<(String, Option<f64>)> {
    let name = process.spec.name.clone();
    match &process.status {
        None => Some((name, None)),
        Some((at, _)) if at.elapsed() > SILENT => Some((name, Some(at.elapsed().as_secs_f64()))),
        Some(_) => None,
    }
}
