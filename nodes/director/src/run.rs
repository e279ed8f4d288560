//! `secnet run`: from a scenario to a run folder, a summary and an exit code.

use crate::compose_run;
use crate::exit::{Exit, bad_input};
use crate::live_run::{self, Network};
use crate::progress::Progress;
use crate::scenario_arguments::ScenarioArguments;
use crate::signals::stop_at_first;
use crate::topology_command::IMAGE;
use crate::virtual_run::{self, RunFacts};
use clap::{Args, ValueEnum};
use secnet_engine::{Pace, Watch};
use secnet_results::{EventFact, Machine, Manifest, RunFolder, RunOutcome, summary};
use secnet_telemetry::SpanExport;
use secnet_topology::{Scenario, Span, World, assumptions};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[derive(Args, Clone, Debug)]
pub struct RunArguments {
    #[command(flatten)]
    pub scenario: ScenarioArguments,
    /// Each participant a process of its own over zenoh, all of them in this process, or each a container.
    #[arg(long, value_enum, default_value_t = Driver::Live)]
    pub driver: Driver,
    /// Threads of the virtual driver; regions run side by side.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub threads: u16,
    /// The image of the containers.
    #[arg(long, value_name = "NAME", default_value = IMAGE)]
    pub image: String,
    #[command(flatten)]
    pub conduct: ConductArguments,
}

/// What every way to run has in common: at which pace, and what is made of the results.
#[derive(Args, Clone, Debug)]
pub struct ConductArguments {
    /// Emulated seconds per second, or `max`: as fast as it goes.
    #[arg(long, value_name = "N|max", default_value = "max", value_parser = parse_pace)]
    pub speed: Pace,
    /// Keep Users ready for requests that come while the run goes on (`secnet request`): never further than this ahead of the
    /// others.
    #[arg(
        long,
        value_name = "SPAN|off",
        num_args = 0..=1,
        require_equals = true,
        default_value = "off",
        default_missing_value = "1s",
        value_parser = parse_ready
    )]
    pub interactive: Ready,
    /// Run folder; `runs/<scenario's name>` otherwise. What an earlier run left there is replaced.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// A paced run that fell further behind the wall clock than this counts as incomplete: `500ms`, `5s`.
    #[arg(long, value_name = "SPAN")]
    pub max_lag: Option<Span>,
    /// Print no summary.
    #[arg(long, short)]
    pub quiet: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Driver {
    Live,
    Virtual,
    Compose,
}

/// How far ahead of the others Users may be that take requests while the run goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ready(pub Option<Span>);

fn parse_ready(text: &str) -> Result<Ready, String> {
    match text.parse() {
        _ if text == "off" => Ok(Ready(None)),
        Ok(span) if span > Span::default() => Ok(Ready(Some(span))),
        _ => Err("give a span of emulated time such as 500ms, or off".to_owned()),
    }
}

fn parse_pace(text: &str) -> Result<Pace, String> {
    if text == "max" {
        return Ok(Pace::Max);
    }
    match text.parse::<f64>() {
        Ok(speed) if speed.is_finite() && speed > 0.0 => Ok(Pace::WallTimes(speed)),
        _ => Err("give a positive number of emulated seconds per second, or max".to_owned()),
    }
}

fn pace_text(pace: Pace) -> String {
    match pace {
        Pace::Max => "max".to_owned(),
        Pace::WallTimes(speed) => speed.to_string(),
    }
}

pub fn run(arguments: RunArguments) -> anyhow::Result<Exit> {
    let scenario = arguments.scenario.load(&[])?;
    let name = match arguments.driver {
        Driver::Live => "live",
        Driver::Virtual => "virtual",
        Driver::Compose => "compose",
    };
    let threads = usize::from(arguments.threads);
    if arguments.driver == Driver::Virtual && arguments.conduct.interactive.0.is_some() {
        return Err(bad_input(
            "--interactive is for networks that others can reach while they run: --driver live or compose; \
             give requests to a run in virtual time with --set 'requests=[…]'",
        ));
    }
    conduct(
        scenario,
        &arguments.conduct,
        name,
        |world, network| match arguments.driver {
            Driver::Virtual => {
                let watch = Arc::new(Watch::default());
                let stopped = Arc::clone(&watch);
                stop_at_first(move || stopped.stop())?;
                let export = SpanExport::from_environment(world, network.layout)
                    .map_err(|error| bad_input(format!("{error:#}")))?;
                Ok(virtual_run::run(
                    world,
                    network.layout,
                    threads,
                    network.pace,
                    &watch,
                    network.progress,
                    export,
                ))
            }
            Driver::Compose => compose_run::run(network, &arguments.image),
            Driver::Live => live_run::run(network),
        },
    )
}

/// Has a scenario run by a driver and makes of it a run folder, a summary and an exit code.
pub fn conduct(
    scenario: Scenario,
    arguments: &ConductArguments,
    driver: &str,
    run: impl FnOnce(&Arc<World>, Network<'_>) -> anyhow::Result<(RunOutcome, RunFacts)>,
) -> anyhow::Result<Exit> {
    let world = Arc::new(World::new(scenario).map_err(bad_input)?);
    let layout = world.layout();
    let out = arguments
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from("runs").join(&world.scenario.name));
    if live_run::goes_on_in(&out) {
        let folder = out.display();
        return Err(bad_input(format!(
            "a live run goes on in {folder}; choose another with --out"
        )));
    }
    let folder =
        RunFolder::create(out).map_err(|error| bad_input(format!("{error}; choose another with --out")))?;
    folder.write_scenario(&world.scenario)?;
    let started_at = jiff::Timestamp::now();
    let start = Instant::now();
    let progress = Progress::new(world.end);
    let network = Network {
        world: &world,
        layout: &layout,
        pace: arguments.speed,
        ready: arguments.interactive.0.map(Span::as_duration),
        folder: &folder,
        progress: &progress,
    };
    let (outcome, facts) = run(&world, network)?;
    let wall = start.elapsed();
    progress.finish();
    let manifest = manifest(arguments.speed, driver, &outcome, &facts, started_at, wall);
    let report = outcome.report();
    folder.write_traces(&outcome.traces)?;
    folder.write(&outcome.scenario, &manifest, &report)?;
    if !arguments.quiet {
        crate::console::print(&summary(&manifest, &report));
        crate::console::print(&format!("Run folder: {}\n", folder.path().display()));
    }
    let lag = facts.lag_max.values().max().copied().unwrap_or_default();
    let too_late = arguments
        .max_lag
        .filter(|bound| lag.as_micros() as u64 > secnet_model::SimDuration::from(*bound).0);
    if let Some(bound) = too_late {
        crate::console::complain(&format!(
            "not at pace: {lag:.1?} behind the wall clock at worst, --max-lag is {bound}"
        ));
    }
    for node in &outcome.lost_nodes {
        crate::console::complain(&format!("lost {}: {}", node.name, node.note));
    }
    if outcome.lost_nodes.is_empty() && !outcome.finished {
        crate::console::complain(&format!(
            "stopped by hand at {}, before the end at {}",
            outcome.ended_at, world.end
        ));
    }
    Ok(if !report.ledger.balanced || outcome.violations.total() > 0 {
        Exit::Unbalanced
    } else if !outcome.is_complete() || too_late.is_some() {
        Exit::Incomplete
    } else if !report.all_verdicts_met() {
        Exit::VerdictMissed
    } else {
        Exit::Good
    })
}

fn manifest(
    pace: Pace,
    driver: &str,
    outcome: &RunOutcome,
    facts: &RunFacts,
    started_at: jiff::Timestamp,
    wall: Duration,
) -> Manifest {
    Manifest {
        secnet_version: env!("CARGO_PKG_VERSION").to_owned(),
        command: std::env::args().collect(),
        scenario: outcome.scenario.name.clone(),
        seed: outcome.scenario.seed,
        driver: driver.to_owned(),
        threads: facts.threads,
        processes: facts.processes,
        speed: pace_text(pace),
        machine: Machine::here(),
        started_at: started_at.to_string(),
        wall_seconds: wall.as_secs_f64(),
        emulated_seconds: outcome.ended_at.as_secs_f64(),
        finished: outcome.finished,
        lag_max_s: facts
            .lag_max
            .iter()
            .map(|(node, lag)| (node.clone(), lag.as_secs_f64()))
            .collect(),
        frames_sent: facts.frames_sent,
        frames_resent: facts.frames_resent,
        spans: facts.spans,
        events: World::new(outcome.scenario.clone())
            .map(|world| EventFact::all_of(&world.timeline))
            .unwrap_or_default(),
        assumed_parameters: assumptions(&outcome.scenario)
            .into_iter()
            .map(|assumption| assumption.path)
            .collect(),
    }
}
