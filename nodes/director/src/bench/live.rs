//! Live runs: every participant a process of its own, at full speed.

use crate::bench::Effort;
use crate::bench::scenarios::{self, RESPONSE_TIME_S, RoundTrips};
use crate::run::{self, Driver, FinishedRun, RunOptions};
use crate::run_facts::RunFacts;
use anyhow::ensure;
use secnet_engine::{ItemKind, Outcome};
use secnet_results::RunOutcome;
use secnet_topology::{Bus, World};
use serde::Serialize;

const IN_FLIGHT: u32 = 10_000;
const PREMISES: u32 = 100_000;
const ROUND_TRIPS: f64 = 1_000_000.0;
const ROUND_TRIPS_QUICK: f64 = 200_000.0;

#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    pub round_trips_per_second: f64,
    pub processes: u32,
    /// Rate × mean response time, as the run's own ledger and response times have them.
    pub in_flight: f64,
    pub round_trips: u64,
    /// From the start of emulated time to the last process's end of it.
    pub wall_seconds: f64,
    pub emulated_seconds: f64,
    pub frames_per_round_trip: f64,
    pub frames_resent: u64,
}

/// `traced` is the share of the requests traced.
pub fn measure(effort: Effort, traced: f64, bus: Bus) -> anyhow::Result<Figure> {
    let round_trips = match effort {
        Effort::Quick => ROUND_TRIPS_QUICK,
        Effort::Full => ROUND_TRIPS,
    };
    let horizon_s = (round_trips * RESPONSE_TIME_S / f64::from(IN_FLIGHT)).ceil() as u64;
    // The areas of one region: one CSP. Two Suppliers, DSP, CSP, premises: five processes.
    let world = scenarios::round_trips(RoundTrips {
        in_flight: IN_FLIGHT,
        premises: PREMISES,
        suppliers: 2,
        areas: &["EPN", "EMID"],
        horizon_s,
        traced,
    })?;
    let (outcome, facts) = run(&world, bus)?;
    let account = outcome.total();
    let completed = account
        .ledger
        .closed(ItemKind::ServiceRequest, Outcome::Completed);
    ensure!(
        completed == account.ledger.opened(ItemKind::ServiceRequest),
        "not every request was a round trip: {:?}",
        account.ledger
    );
    let response_time_s: f64 = account
        .service
        .iter()
        .map(|(_, level)| level.response_times.mean().as_secs_f64() * level.response_times.count() as f64)
        .sum::<f64>()
        / completed as f64;
    let wall_seconds = facts.running.as_secs_f64();
    Ok(Figure {
        round_trips_per_second: completed as f64 / wall_seconds,
        processes: facts.processes,
        in_flight: completed as f64 / horizon_s as f64 * response_time_s,
        round_trips: completed,
        wall_seconds,
        emulated_seconds: world.end.as_secs_f64(),
        frames_per_round_trip: facts.frames_sent as f64 / completed as f64,
        frames_resent: facts.frames_resent,
    })
}

/// Runs a world live, without leaving files behind.
pub fn run(world: &World, bus: Bus) -> anyhow::Result<(RunOutcome, RunFacts)> {
    let options = RunOptions {
        driver: Driver::Live { programs: None, bus },
        shows_progress: true,
        ..RunOptions::default()
    };
    let FinishedRun { outcome, facts, .. } = run::run(world.scenario.clone(), &options)?;
    if let Some(lost) = outcome.lost_nodes.first() {
        anyhow::bail!("{} was lost: {}", lost.name, lost.note);
    }
    ensure!(outcome.is_complete(), "the run did not reach its end");
    ensure!(
        outcome.violations.total() == 0,
        "the engine's contract was broken: {:?}",
        outcome.violations
    );
    Ok((outcome, facts))
}
