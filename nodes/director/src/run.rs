//! Runs a scenario as a library call: from plain options to what came of it, whichever driver.
//!
//! Not here: flags, summaries and exit codes (`run_command.rs`), and how each driver does it.

use crate::cancellation::Cancellation;
use crate::commit::COMMIT;
use crate::compose_run;
use crate::exit::bad_input;
use crate::live_run::{self, Network};
use crate::progress::Progress;
use crate::run_facts::RunFacts;
use crate::virtual_run::{self, VirtualRun};
use anyhow::Context;
use secnet_engine::{Pace, Watch};
use secnet_fabric::Launch;
use secnet_model::SimTime;
use secnet_results::run_folder::Place;
use secnet_results::tables::Tables;
use secnet_results::{EventFact, Machine, Manifest, RunFolder, RunFolderError, RunOutcome, RunReport};
use secnet_telemetry::SpanExport;
use secnet_topology::{Bus, Layout, Scenario, Span, World, assumptions};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long emulated time may stand still unless told otherwise.
pub const STALL_MAX: Duration = Duration::from_secs(60);

/// How a scenario is run. What is run, shards and hosting included, the scenario says.
#[derive(Clone, Debug)]
pub struct RunOptions {
    pub driver: Driver,
    pub pace: Pace,
    /// Users take requests while the run goes on, and promise no further ahead than this. Not in virtual time.
    pub ready: Option<Span>,
    /// Emulated time of a run over the bus that does not move for longer, beyond what its pace or a paused process explains, ends
    /// the run: whoever is waited for is lost.
    pub stall_max: Duration,
    /// Where the run folder is to be. `None`: the run leaves no files, except that a run over the bus keeps a temporary folder with the
    /// logs when it fails or loses a node.
    pub out: Option<Place>,
    /// Whether the folder has tables too, of which `secnet report` and other programs read.
    pub writes_tables: bool,
    /// Draws a progress bar if standard error is a terminal.
    pub shows_progress: bool,
    /// Stops the run early; its books are in order all the same.
    pub cancellation: Cancellation,
}

/// Who runs the participants. The results are the same.
#[derive(Clone, Debug)]
pub enum Driver {
    /// This process, in virtual time, on so many threads at most.
    Virtual { threads: usize },
    /// Each participant is a process on this machine.
    Live {
        /// The folder of the participants' programs; this program's own otherwise.
        programs: Option<PathBuf>,
        bus: Bus,
    },
    /// Each participant is a container of that image.
    Compose { image: String, bus: Bus },
    /// Somebody else starts the participants. The launch and the scenario come from their control service
    /// ([`fetch`](crate::control_offer::fetch)).
    Attached { launch: Launch },
}

impl Driver {
    /// Its name in the manifest.
    pub const fn name(&self) -> &'static str {
        match self {
            Driver::Virtual { .. } => "virtual",
            Driver::Live { .. } => "live",
            Driver::Compose { .. } => "compose",
            Driver::Attached { .. } => "attached",
        }
    }
}

/// In virtual time on one thread, as fast as it goes, without files.
impl Default for RunOptions {
    fn default() -> RunOptions {
        RunOptions {
            driver: Driver::Virtual { threads: 1 },
            pace: Pace::Max,
            ready: None,
            stall_max: STALL_MAX,
            out: None,
            writes_tables: true,
            shows_progress: false,
            cancellation: Cancellation::default(),
        }
    }
}

/// A run that has ended, at its end or before.
#[derive(Clone, Debug)]
pub struct FinishedRun {
    pub outcome: RunOutcome,
    /// The ledger and the KPIs, each with its digest.
    pub report: RunReport,
    /// The facts of this run alone, as the run folder has them.
    pub manifest: Manifest,
    /// What the driver measured of itself.
    pub facts: RunFacts,
    /// When emulated time was to end.
    pub end: SimTime,
    /// Where its files are.
    pub folder: Option<PathBuf>,
}

/// The run folder asked for cannot be used.
#[derive(Debug)]
pub struct UnusableFolder(String);

impl std::fmt::Display for UnusableFolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UnusableFolder {}

/// A run that has ended, and whose files could not be written, or not all of them.
#[derive(Debug)]
pub struct UnwrittenRun {
    pub finished: Box<FinishedRun>,
    pub problem: RunFolderError,
}

impl std::fmt::Display for UnwrittenRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the run has ended, but {}", self.problem)
    }
}

impl std::error::Error for UnwrittenRun {}

/// Runs a scenario to its end, or until it is cancelled. A run that loses a node is no error: the outcome names the node.
///
/// Spans of sampled items go to the OTLP endpoint that the environment names, if it names one.
///
/// Blocks until the run has ended. Asynchronous programs call it on a thread for blocking work: the drivers that use the bus
/// start a runtime, which a thread of another runtime must not.
pub fn run(scenario: Scenario, options: &RunOptions) -> anyhow::Result<FinishedRun> {
    let world = Arc::new(World::new(scenario).map_err(bad_input)?);
    let layout = world.layout();
    let kept = match &options.out {
        Some(out) => Some(prepare_folder(out)?),
        None => None,
    };
    let started_at = jiff::Timestamp::now();
    let start = Instant::now();
    let progress = match options.shows_progress {
        true => Progress::new(world.end),
        false => Progress::hidden(world.end),
    };
    let staged = Staged {
        options,
        world: &world,
        layout: &layout,
        kept: kept.as_ref(),
        progress: &progress,
    };
    let result = staged.drive();
    progress.finish();
    let (outcome, facts) = result?;
    let manifest = manifest(options, &world, &outcome, &facts, started_at, start.elapsed());
    let total = outcome.total();
    let report = outcome.report_of(&total);
    let written = match &kept {
        Some(folder) => {
            let tables = match options.writes_tables {
                true => Tables::of(&outcome, &total, &report, &manifest).context("cannot make the tables")?,
                false => Tables::default(),
            };
            folder.write(&outcome.scenario, &manifest, &report, &outcome.traces, &tables)
        }
        None => Ok(()),
    };
    let finished = FinishedRun {
        outcome,
        report,
        manifest,
        facts,
        end: world.end,
        folder: kept.map(|folder| folder.path().to_owned()),
    };
    match written {
        Ok(()) => Ok(finished),
        Err(problem) => Err(UnwrittenRun {
            finished: Box::new(finished),
            problem,
        }
        .into()),
    }
}

fn prepare_folder(out: &Place) -> anyhow::Result<RunFolder> {
    if live_run::goes_on_in(out.path()) {
        let problem = format!("a live run goes on in {}", out.path().display());
        return Err(UnusableFolder(problem).into());
    }
    let folder = RunFolder::create(out).map_err(|error| UnusableFolder(error.to_string()))?;
    Ok(folder)
}

/// What every driver is given.
struct Staged<'a> {
    options: &'a RunOptions,
    world: &'a Arc<World>,
    layout: &'a Layout,
    kept: Option<&'a RunFolder>,
    progress: &'a Progress,
}

type Driven = anyhow::Result<(RunOutcome, RunFacts)>;

impl Staged<'_> {
    fn drive(&self) -> Driven {
        match &self.options.driver {
            Driver::Virtual { threads } => self.in_virtual_time(*threads),
            Driver::Live { programs, bus } => {
                self.over_the_bus(|network| live_run::run(network, programs.as_deref(), *bus))
            }
            Driver::Compose { image, bus } => {
                self.over_the_bus(|network| compose_run::run(network, image, *bus))
            }
            Driver::Attached { launch } => self.over_the_bus(|network| live_run::attach(network, launch)),
        }
    }

    fn in_virtual_time(&self, threads: usize) -> Driven {
        if self.options.ready.is_some() {
            return Err(bad_input(
                "a run in virtual time takes no requests while it goes on: choose another driver, \
                 or give it requests in the scenario",
            ));
        }
        let export = SpanExport::from_environment(self.world, self.layout)
            .map_err(|error| bad_input(format!("{error:#}")))?;
        Ok(virtual_run::run(VirtualRun {
            world: self.world,
            layout: self.layout,
            threads,
            pace: self.options.pace,
            watch: &Watch::default(),
            cancellation: &self.options.cancellation,
            progress: self.progress,
            export,
        }))
    }

    fn over_the_bus(&self, run: impl FnOnce(Network<'_>) -> Driven) -> Driven {
        let network = |folder| Network {
            world: self.world,
            layout: self.layout,
            pace: self.options.pace,
            ready: self.options.ready.map(Span::as_duration),
            stall_max: self.options.stall_max,
            folder,
            progress: self.progress,
            cancellation: &self.options.cancellation,
        };
        if let Some(folder) = self.kept {
            folder.write_launch_scenario(&self.world.scenario)?;
            return run(network(folder));
        }
        let scratch = scratch_folder(self.world)?;
        let (outcome, facts) = run(network(&scratch))?;
        if outcome.lost_nodes.is_empty()
            && let Err(error) = std::fs::remove_dir_all(scratch.path())
        {
            let folder = scratch.path().display();
            tracing::warn!(%folder, %error, "a temporary folder stays behind");
        }
        Ok((outcome, facts))
    }
}

/// Processes read the scenario from a folder and write their logs to it, also when nobody wants a run folder.
fn scratch_folder(world: &World) -> anyhow::Result<RunFolder> {
    let name = format!("secnet-{}", live_run::run_id());
    let folder = RunFolder::create(&Place::New(std::env::temp_dir().join(name)))?;
    folder.write_launch_scenario(&world.scenario)?;
    Ok(folder)
}

fn manifest(
    options: &RunOptions,
    world: &World,
    outcome: &RunOutcome,
    facts: &RunFacts,
    started_at: jiff::Timestamp,
    wall: Duration,
) -> Manifest {
    Manifest {
        secnet_version: env!("CARGO_PKG_VERSION").to_owned(),
        secnet_commit: COMMIT.to_owned(),
        command: std::env::args().collect(),
        scenario: outcome.scenario.name.clone(),
        seed: outcome.scenario.seed,
        driver: options.driver.name().to_owned(),
        threads: facts.threads,
        processes: facts.processes,
        speed: match options.pace {
            Pace::Max => "max".to_owned(),
            Pace::WallTimes(speed) => speed.to_string(),
        },
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
        events: EventFact::all_of(&world.timeline),
        assumed_parameters: assumptions(&outcome.scenario)
            .into_iter()
            .map(|assumption| assumption.path)
            .collect(),
    }
}
