//! `secnet run`: from flags to options, and from what came of the run to a summary and an exit code.

use crate::cancellation::Cancellation;
use crate::compose_run::IMAGE;
use crate::console;
use crate::exit::{Exit, bad_input};
use crate::fitting;
use crate::live_network::RUNS;
use crate::run::{self, FinishedRun, RunOptions, UnusableFolder, UnwrittenRun};
use crate::scenario_arguments::ScenarioArguments;
use crate::signals::{on_each, stop_at_first, stop_in_order};
use anyhow::anyhow;
use clap::{Args, ValueEnum};
use secnet_engine::Pace;
use secnet_model::SimDuration;
use secnet_results::run_folder::Place;
use secnet_results::summary;
use secnet_topology::{Bus, Scenario, Span};
use std::path::{Path, PathBuf};

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
    /// Whom the bus takes: who proves by a password who it is (`authenticated`, what it is otherwise); with mutual TLS as well
    /// (`encrypted`, slower); or whoever reaches its ports (`open`).
    #[arg(long, value_name = "KIND", value_parser = parse_bus)]
    pub bus: Option<Bus>,
    /// Begin without asking also what is estimated to take more than a day in virtual time, or more memory than there is.
    #[arg(long)]
    pub yes: bool,
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
    /// Run folder; the next number in `runs/<scenario's name>/` otherwise, where `latest` is the newest. A folder with anything in it
    /// is refused.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Put the run in the place of the one in the folder that `--out` names, once it is whole.
    #[arg(long, requires = "out")]
    pub replace: bool,
    /// Leave out the run folder's tables: no file `secnet report` draws time series from.
    #[arg(long)]
    pub no_tables: bool,
    /// A paced run that fell further behind the wall clock than this counts as incomplete: `500ms`, `5s`.
    #[arg(long, value_name = "SPAN")]
    pub max_lag: Option<Span>,
    /// A run over the bus whose emulated time does not move for so long, beyond what the pace or a paused process explains, ends as
    /// incomplete, with the name of who is waited for.
    #[arg(long, value_name = "SPAN", default_value = "60s", value_parser = parse_stall)]
    pub max_stall: Span,
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

pub(crate) fn parse_bus(text: &str) -> Result<Bus, String> {
    let found = Bus::ALL.into_iter().find(|bus| bus.word() == text);
    found.ok_or_else(|| format!("give one of {}", Bus::ALL.map(Bus::word).join(", ")))
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

fn parse_stall(text: &str) -> Result<Span, String> {
    match text.parse() {
        Ok(span) if span > Span::default() => Ok(span),
        _ => Err("give a span of wall time such as 60s".to_owned()),
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

pub fn run(arguments: RunArguments) -> anyhow::Result<Exit> {
    let scenario = arguments.scenario.load(&[])?;
    if arguments.driver == Driver::Virtual && arguments.conduct.interactive.0.is_some() {
        return Err(bad_input(
            "--interactive is for networks that others can reach while they run: --driver live or compose; \
             give requests to a run in virtual time with --set 'requests=[…]'",
        ));
    }
    if arguments.driver == Driver::Virtual && arguments.bus.is_some() {
        return Err(bad_input(
            "--bus is for --driver live or compose: in virtual time there is none",
        ));
    }
    fitting::fits_or_is_wanted(&scenario, arguments.yes)?;
    let cancellation = Cancellation::default();
    let stopped = cancellation.clone();
    let driver = match arguments.driver {
        Driver::Virtual => {
            stop_at_first(move || stopped.stop());
            run::Driver::Virtual {
                threads: usize::from(arguments.threads),
            }
        }
        Driver::Live => {
            stop_in_order(move || stopped.stop());
            run::Driver::Live {
                programs: None,
                bus: arguments.bus.unwrap_or_default(),
            }
        }
        // No signal may end the program while containers are up.
        Driver::Compose => {
            on_each(move || stopped.stop());
            run::Driver::Compose {
                image: arguments.image,
                bus: arguments.bus.unwrap_or_default(),
            }
        }
    };
    keep_source(&arguments.scenario.scenario, &scenario.name, &arguments.conduct)?;
    conduct(scenario, &arguments.conduct, driver, cancellation)
}

/// Refuses a run folder that holds the scenario given: the run would write over what it comes from.
fn keep_source(file: &Path, name: &str, arguments: &ConductArguments) -> anyhow::Result<()> {
    let out = place(arguments, name).path().to_owned();
    let folder = file
        .canonicalize()
        .ok()
        .and_then(|file| Some(file.parent()?.to_owned()));
    if folder.is_some() && folder == out.canonicalize().ok() {
        let message = format!(
            "{} is in {}, which the run would write over; give another folder with --out",
            file.display(),
            out.display()
        );
        return Err(bad_input(message));
    }
    Ok(())
}

fn place(arguments: &ConductArguments, name: &str) -> Place {
    let series = || Path::new(RUNS).join(name);
    Place::told(arguments.out.as_deref(), arguments.replace, series)
}

/// Runs a scenario and makes of what came of it a summary and an exit code.
pub fn conduct(
    scenario: Scenario,
    arguments: &ConductArguments,
    driver: run::Driver,
    cancellation: Cancellation,
) -> anyhow::Result<Exit> {
    let out = place(arguments, &scenario.name);
    let options = RunOptions {
        driver,
        pace: arguments.speed,
        ready: arguments.interactive.0,
        stall_max: std::time::Duration::from_micros(SimDuration::from(arguments.max_stall).0),
        out: Some(out),
        writes_tables: !arguments.no_tables,
        shows_progress: true,
        cancellation,
    };
    let (finished, unwritten) = match run::run(scenario, &options) {
        Ok(finished) => (finished, None),
        Err(error) => match error.downcast::<UnwrittenRun>() {
            Ok(run) => {
                let told = run.to_string();
                (*run.finished, Some(told))
            }
            Err(error) if error.is::<UnusableFolder>() => {
                return Err(bad_input(format!("{error}; choose another with --out")));
            }
            Err(error) => return Err(error),
        },
    };
    if !arguments.quiet {
        console::print(&summary(&finished.manifest, &finished.report));
    }
    if let Some(problem) = unwritten {
        judge(&finished, arguments.max_lag);
        return Err(anyhow!(problem));
    }
    if let Some(folder) = finished.folder.as_ref().filter(|_| !arguments.quiet) {
        console::print(&format!("Run folder: {}\n", folder.display()));
    }
    Ok(judge(&finished, arguments.max_lag))
}

/// What the exit code says of a run. Says on standard error what made it incomplete.
fn judge(finished: &FinishedRun, max_lag: Option<Span>) -> Exit {
    let FinishedRun { outcome, report, .. } = finished;
    let lag = finished.facts.lag_max.values().max().copied().unwrap_or_default();
    let too_late = max_lag.filter(|bound| lag.as_micros() as u64 > secnet_model::SimDuration::from(*bound).0);
    if let Some(bound) = too_late {
        console::complain(&format!(
            "not at pace: {lag:.1?} behind the wall clock at worst, --max-lag is {bound}"
        ));
    }
    for node in &outcome.lost_nodes {
        console::complain(&format!("lost {}: {}", node.name, node.note));
    }
    if outcome.lost_nodes.is_empty() && !outcome.finished {
        console::complain(&format!(
            "stopped by hand at {}, before the end at {}",
            outcome.ended_at, finished.end
        ));
    }
    if !report.ledger.balanced || outcome.violations.total() > 0 {
        Exit::Unbalanced
    } else if !outcome.is_complete() || too_late.is_some() {
        Exit::Incomplete
    } else if !report.all_verdicts_met() {
        Exit::VerdictMissed
    } else {
        Exit::Good
    }
}
