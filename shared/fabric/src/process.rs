//! The shell every participant's binary shares: learn which run it is, open the sessions, host the nodes, obey the director.

mod hosting;
mod obeying;

use crate::control::{self, ControlPlane, ProcessControl};
use crate::credentials::{Credentials, CredentialsArguments};
use crate::host::Leave;
use crate::launch::Launch;
use crate::seat::BoxedParticipant;
use crate::telling::Telling;
use anyhow::{Context, anyhow, bail};
use clap::Parser;
use hosting::{Stage, host, open_sessions};
use obeying::{Identity, control_gone, obey, stdin_closed, take_requests, terminated};
use secnet_telemetry::{Logs, MetricsEndpoint, SpanExport};
use secnet_topology::{NodeKind, Scenario, World};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// How long it waits for the control service to come.
const CONTROL_WAIT: Duration = Duration::from_secs(600);

/// What one participant's binary adds to the shell.
pub struct Program {
    /// Its name in the layout: `dsp`, `csp` …
    pub binary: &'static str,
    pub about: &'static str,
    /// Makes the node of that kind; `None` for kinds it does not play.
    pub build: fn(&Arc<World>, NodeKind) -> Option<BoxedParticipant>,
}

#[derive(Parser, Debug)]
#[command(version, arg_required_else_help = true)]
struct Arguments {
    /// The run's launch file, written by `secnet run`.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "control",
        required_unless_present = "control"
    )]
    launch: Option<PathBuf>,
    /// Where a control service (`secnet control`) has launch and scenario: `tcp/control:7447`.
    #[arg(long, value_name = "ENDPOINT")]
    control: Option<String>,
    /// Which of the scenario's processes this one is.
    #[arg(long, value_name = "NAME")]
    process: String,
    #[command(flatten)]
    credentials: CredentialsArguments,
    /// End when standard input closes: whoever started the process has gone.
    #[arg(long)]
    until_stdin_closes: bool,
}

/// The `main` of a participant's binary.
pub fn main(program: Program) -> ExitCode {
    let command = <Arguments as clap::CommandFactory>::command()
        .name(program.binary)
        .about(program.about);
    let arguments = match <Arguments as clap::FromArgMatches>::from_arg_matches(&command.get_matches()) {
        Ok(arguments) => arguments,
        Err(error) => error.exit(),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            secnet_telemetry::init_logs();
            tracing::error!(%error, "cannot start the runtime");
            return ExitCode::from(1);
        }
    };
    let process = arguments.process.clone();
    let (result, logs) = runtime.block_on(async {
        // Before anything that takes time.
        let terminated = terminated();
        let logs = Logs::init_process(&process);
        let orphaned = stdin_closed(arguments.until_stdin_closes);
        // From the first moment: a session waits for ever for a router that never comes.
        let result = tokio::select! {
            result = run(&program, arguments) => result,
            () = orphaned => Err(anyhow!("the director has gone")),
            () = terminated => {
                tracing::warn!("told to end by a signal");
                Ok(())
            }
        };
        (result, logs)
    });
    if let Err(error) = &result {
        tracing::error!("{error:#}");
    }
    logs.finish();
    runtime.shutdown_timeout(Duration::from_millis(500));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(1),
    }
}

/// Which run it is, and its scenario.
async fn learn(arguments: &Arguments) -> anyhow::Result<(Launch, Scenario)> {
    if let Some(endpoint) = &arguments.control {
        let folder = arguments.credentials.credentials.clone();
        let plane = plane(endpoint, folder.as_deref(), &arguments.process);
        let offer = control::fetch_offer(&plane, CONTROL_WAIT).await?;
        let scenario = secnet_topology::parse("the control service's scenario", &offer.scenario, &[])
            .map_err(|error| anyhow!("{error}"))
            .with_context(|| format!("the control service at {endpoint} is not of this version of secnet"))?;
        let mut launch = offer.launch;
        // As it is reached from here.
        launch.endpoints.control.clone_from(endpoint);
        launch.credentials = folder;
        return Ok((launch, scenario));
    }
    let launch = Launch::load(arguments.launch.as_deref().unwrap_or(Path::new("")))?;
    let scenario = secnet_topology::load(&launch.scenario, &[])
        .map_err(|error| anyhow!("{error}"))
        .with_context(|| format!("cannot use the scenario {}", launch.scenario.display()))?;
    Ok((launch, scenario))
}

/// The control plane at that endpoint, as one of the run's processes knows it.
fn plane(endpoint: &str, credentials: Option<&Path>, process: &str) -> ControlPlane {
    ControlPlane {
        endpoint: endpoint.to_owned(),
        credentials: credentials.map(|folder| Credentials::of(process, folder)),
    }
}

#[tracing::instrument(name = "process", skip_all, fields(process = arguments.process))]
async fn run(program: &Program, arguments: Arguments) -> anyhow::Result<()> {
    let (launch, scenario) = learn(&arguments).await?;
    launch.check_scenario(&scenario)?;
    let config_text = scenario.to_toml()?;
    let world = Arc::new(World::new(scenario).map_err(|error| anyhow!("{error}"))?);
    let layout = world.layout();
    let Some(spec) = layout
        .processes
        .iter()
        .find(|process| process.name == arguments.process)
    else {
        let known: Vec<&str> = layout
            .processes
            .iter()
            .map(|process| process.name.as_str())
            .collect();
        bail!(
            "the scenario has no process {}; it has {}",
            arguments.process,
            known.join(", ")
        );
    };
    if spec.binary != program.binary {
        bail!(
            "process {} is played by the program {}, this is {}",
            spec.name,
            spec.binary,
            program.binary
        );
    }
    let plane = plane(
        &launch.endpoints.control,
        launch.credentials.as_deref(),
        &spec.name,
    );
    let (control, commands) = ProcessControl::open(&plane, &launch.run, &spec.name).await?;
    let sessions = open_sessions(&launch, plane.credentials.as_ref(), &layout, spec).await?;
    let export = SpanExport::from_environment(&world, &layout)?;
    let stage = Stage {
        world: &world,
        layout: &layout,
        launch: &launch,
        config_text: &config_text,
        sessions: &sessions,
        export: &export,
    };
    let mut hosts = Vec::new();
    for &node in &spec.nodes {
        let kind = layout.kinds[node.index()];
        let participant = (program.build)(&world, kind)
            .with_context(|| format!("{} cannot play {kind:?}", program.binary))?;
        hosts.push(host(&stage, node, participant).await?);
    }
    let telling = Telling {
        export,
        metrics: MetricsEndpoint::from_environment().await?,
    };
    let users = hosts.iter().filter(|hosted| hosted.is_user);
    let requests = control
        .offer_requests(users.map(|hosted| hosted.name.as_str()))
        .await?;
    let identity = Identity {
        process: spec.name.clone(),
        belonging: launch.belonging(),
    };
    let outcome = tokio::select! {
        outcome = obey(&control, commands, &identity, &hosts, world.horizon, telling) => outcome,
        () = take_requests(requests, &hosts) => Ok(()),
        () = control_gone(&control, arguments.control.is_some()) => {
            Err(anyhow!("the control service at {} has gone", launch.endpoints.control))
        }
    };
    for hosted in &hosts {
        hosted.actor.do_send(Leave);
    }
    for (_, session) in sessions {
        let _ = session.close().await;
    }
    control.close().await;
    outcome
}
