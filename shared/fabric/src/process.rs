//! The shell every participant's binary shares: learn which run it is, open the sessions, host the nodes, obey the director.

use crate::belonging::Belonging;
use crate::bus::{self, Inbox};
use crate::control::{self, ProcessControl, RequestQuery};
use crate::host::{
    AskLedger, AskReport, AskRequests, AskStatus, BoxedParticipant, Halt, Host, HostedLink, Leave, Start,
    TakeRequest, TakeTraces, Tracing,
};
use crate::launch::Launch;
use crate::report::{Command, ProcessNews, ProcessResult, ProcessStatus};
use crate::session;
use crate::telling::Telling;
use actix::{Actor, Addr};
use anyhow::{Context, anyhow, bail};
use clap::Parser;
use secnet_engine::draw::Stream;
use secnet_engine::trace::TraceBook;
use secnet_engine::{NodeIndex, Party};
use secnet_model::SimTime;
use secnet_telemetry::{ExportCounts, Logs, MetricsEndpoint, SpanExport};
use secnet_topology::{Layout, NodeKind, ProcessSpec, Scenario, Segment, World};
use secnet_wire::Keys;
use secnet_wire::link::{LinkConfig, LinkEnd, Tuning};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc::UnboundedReceiver;
use zenoh::Session;

/// How often a process says how it goes.
const STATUS_INTERVAL: Duration = Duration::from_millis(200);
/// Ledgers ride on every so many statuses.
const STATUSES_PER_LEDGER: u32 = 3;

/// A process that nobody started asks this often whether its control service is still there …
const CONTROL_INTERVAL: Duration = Duration::from_secs(5);
/// … and ends when so many questions in a row had no answer: longer than any pause or cut to be survived.
const CONTROL_MISSES_MAX: u32 = 24;
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
        let offer = control::fetch_offer(endpoint, CONTROL_WAIT).await?;
        let scenario = secnet_topology::parse("the control service's scenario", &offer.scenario, &[])
            .map_err(|error| anyhow!("{error}"))
            .with_context(|| format!("the control service at {endpoint} is not of this version of secnet"))?;
        let mut launch = offer.launch;
        // As it is reached from here.
        launch.endpoints.control.clone_from(endpoint);
        return Ok((launch, scenario));
    }
    let launch = Launch::load(arguments.launch.as_deref().unwrap_or(Path::new("")))?;
    let scenario = secnet_topology::load(&launch.scenario, &[])
        .map_err(|error| anyhow!("{error}"))
        .with_context(|| format!("cannot use the scenario {}", launch.scenario.display()))?;
    Ok((launch, scenario))
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
    let (control, commands) =
        ProcessControl::open(&launch.endpoints.control, &launch.run, &spec.name).await?;
    let sessions = open_sessions(&launch, &layout, spec).await?;
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

/// The segment a link lies on: the one both ends have business on.
fn segment_between(a: NodeKind, b: NodeKind) -> Option<Segment> {
    let of_b = b.segments();
    a.segments()
        .into_iter()
        .map(|(segment, _)| segment)
        .find(|s| of_b.iter().any(|(other, _)| other == s))
}

#[tracing::instrument(name = "open sessions", skip_all)]
async fn open_sessions(
    launch: &Launch,
    layout: &Layout,
    spec: &ProcessSpec,
) -> anyhow::Result<BTreeMap<Segment, Session>> {
    let mut sessions = BTreeMap::new();
    for (segment, owner) in layout.segments_of(spec) {
        let attachment = launch.endpoints.attachment(segment, owner)?;
        let session = session::open(&attachment)
            .await
            .map_err(|error| anyhow!("cannot take part in segment {segment} at {attachment:?}: {error}"))?;
        sessions.insert(segment, session);
    }
    Ok(sessions)
}

/// Who speaks, and in which run.
struct Identity {
    process: String,
    belonging: Belonging,
}

struct Hosted {
    name: String,
    is_user: bool,
    actor: Addr<Host>,
    inbox: Inbox,
}

/// What all nodes of a process have in common.
struct Stage<'a> {
    world: &'a World,
    layout: &'a Layout,
    launch: &'a Launch,
    config_text: &'a str,
    sessions: &'a BTreeMap<Segment, Session>,
    export: &'a Option<SpanExport>,
}

#[tracing::instrument(name = "host a node", skip_all, fields(node = stage.layout.network.name(node)))]
async fn host(stage: &Stage<'_>, node: NodeIndex, participant: BoxedParticipant) -> anyhow::Result<Hosted> {
    let Stage {
        world,
        layout,
        launch,
        config_text,
        sessions,
        export,
    } = *stage;
    let network = Arc::new(layout.network.clone());
    let each_its_own: Vec<usize> = (0..network.nodes.len()).collect();
    let party = Party::new(
        Arc::clone(&network),
        &each_its_own,
        node.index(),
        vec![(node, participant)],
        world.end,
    );
    let name = network.name(node).to_owned();
    let inbox = Inbox::default();
    let keys = Keys::new(&launch.run)?;
    let mut links = Vec::new();
    for (index, link) in secnet_engine::party::party_links(&network, &each_its_own, node.index())
        .into_iter()
        .enumerate()
    {
        let neighbour = NodeIndex(link.neighbour as u16);
        let neighbour_name = network.name(neighbour).to_owned();
        let session = segment_between(layout.kinds[node.index()], layout.kinds[neighbour.index()])
            .and_then(|segment| sessions.get(&segment))
            .with_context(|| format!("no segment joins {name} and {neighbour_name}"))?;
        let inward = keys.link(&neighbour_name, &name)?;
        bus::subscribe(session, inward, index, inbox.clone())
            .await
            .map_err(|e| anyhow!("cannot subscribe: {e}"))?;
        let outward = keys.link(&name, &neighbour_name)?;
        let publisher = bus::publisher(session, outward)
            .await
            .map_err(|e| anyhow!("cannot publish: {e}"))?;
        let end = LinkEnd::new(LinkConfig {
            run: launch.run.clone(),
            config_hash: Stream::named(config_text).0,
            session: 1,
            peer: neighbour_name.clone(),
            tuning: Tuning::default(),
        });
        links.push(HostedLink {
            neighbour: neighbour_name,
            end,
            sink: Box::new(publisher),
        });
    }
    let host_end = world.end;
    let host_name = name.clone();
    let tracing = Tracing {
        spans_max: world.scenario.tracing.spans_max as usize,
        export: export.clone(),
    };
    let (sender, receiver) = tokio::sync::oneshot::channel();
    // A thread and an actix system of its own for each node: actors of one process run side by side.
    std::thread::Builder::new()
        .name(name.clone())
        .spawn(move || {
            let system = actix::System::new();
            system.block_on(async move {
                let _ = sender.send(Host::new(host_name, node, party, links, host_end, tracing).start());
            });
            if let Err(error) = system.run() {
                tracing::error!(%error, "the actor system failed");
            }
        })
        .context("cannot start a thread")?;
    let actor = receiver.await.context("the actor's thread ended at once")?;
    inbox.open(actor.clone().recipient());
    Ok(Hosted {
        name,
        is_user: matches!(layout.kinds[node.index()], NodeKind::User(_)),
        actor,
        inbox,
    })
}

/// Does what the director says until it says goodbye.
async fn obey(
    control: &ProcessControl,
    mut commands: UnboundedReceiver<Command>,
    identity: &Identity,
    hosts: &[Hosted],
    horizon: SimTime,
    mut telling: Telling,
) -> anyhow::Result<()> {
    let mut tick = tokio::time::interval(STATUS_INTERVAL);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut ticks = 0u32;
    let mut result: Option<Vec<u8>> = None;
    loop {
        tokio::select! {
            command = commands.recv() => match command {
                Some(Command::Start { wall_unix_us, pace, ready }) => {
                    let start = instant_of(wall_unix_us);
                    for hosted in hosts {
                        let ready = ready.filter(|_| hosted.is_user).map(|every| (every, horizon));
                        hosted.actor.do_send(Start { start, pace, ready });
                    }
                }
                Some(Command::Halt { lost_nodes }) => {
                    hosts.iter().for_each(|hosted| hosted.actor.do_send(Halt { lost: lost_nodes.clone() }));
                }
                Some(Command::Bye) | None => return Ok(()),
            },
            _ = tick.tick() => {
                let with_ledgers = ticks.is_multiple_of(STATUSES_PER_LEDGER);
                ticks = ticks.wrapping_add(1);
                let news = news(identity, hosts, with_ledgers).await?;
                telling.tell(&news);
                let nodes = &news.status.nodes;
                control.pulse.beat(nodes.iter().find_map(|node| node.problem.clone()));
                control.news(&news).await?;
                let settled = nodes.iter().all(|node| node.settled);
                if settled && result.is_none() {
                    result = Some(gather_result(identity, hosts, telling.export.take()).await?);
                }
                if let Some(bytes) = &result {
                    control.result(bytes.clone()).await?;
                }
            }
        }
    }
}

/// Hands the Users' nodes what comes for them from outside, for as long as the process runs.
async fn take_requests(mut queries: UnboundedReceiver<RequestQuery>, hosts: &[Hosted]) {
    while let Some(query) = queries.recv().await {
        let answer = match hosts.iter().find(|hosted| hosted.name == query.node) {
            Some(hosted) => answer_request(&query, hosted).await,
            None => Err(format!("{} is not here", query.node)),
        };
        query.answer(answer).await;
    }
    std::future::pending().await
}

async fn answer_request(query: &RequestQuery, hosted: &Hosted) -> Result<Vec<u8>, String> {
    let ended = |_| format!("{} has ended", hosted.name);
    let json = match query.order() {
        Some(order) => {
            let taken = hosted.actor.send(TakeRequest(order?)).await.map_err(ended)??;
            serde_json::to_vec(&taken)
        }
        None => serde_json::to_vec(&hosted.actor.send(AskRequests).await.map_err(ended)?),
    };
    json.map_err(|error| error.to_string())
}

async fn stdin_closed(watch: bool) {
    if !watch {
        return std::future::pending().await;
    }
    let mut stdin = tokio::io::stdin();
    let mut buffer = [0; 64];
    while matches!(stdin.read(&mut buffer).await, Ok(count) if count > 0) {}
}

/// Resolves at SIGTERM. As the first process of a container nothing else would end it.
fn terminated() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = signal(SignalKind::terminate());
    async move {
        match terminate {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    }
}

/// Resolves when the control service of the run is gone for good, or serves another run.
async fn control_gone(control: &ProcessControl, watch: bool) {
    if !watch {
        return std::future::pending().await;
    }
    let mut misses = 0;
    // Counted, not timed: the process may have been paused itself.
    while misses < CONTROL_MISSES_MAX {
        tokio::time::sleep(CONTROL_INTERVAL).await;
        misses = if control.is_control_there().await {
            0
        } else {
            misses + 1
        };
    }
}

async fn news(identity: &Identity, hosts: &[Hosted], with_ledgers: bool) -> anyhow::Result<ProcessNews> {
    let mut status = ProcessStatus {
        belonging: identity.belonging.clone(),
        process: identity.process.clone(),
        pid: std::process::id(),
        nodes: Vec::new(),
    };
    let mut ledgers = Vec::new();
    for hosted in hosts {
        let asked = hosted.actor.send(AskStatus).await;
        status
            .nodes
            .push(asked.with_context(|| format!("the actor of {} has ended", hosted.name))?);
        if with_ledgers {
            let ledger = hosted.actor.send(AskLedger).await?;
            ledgers.push((hosted.name.clone(), ledger));
        }
    }
    Ok(ProcessNews { status, ledgers })
}

#[tracing::instrument(name = "gather the result", skip_all)]
async fn gather_result(
    identity: &Identity,
    hosts: &[Hosted],
    export: Option<SpanExport>,
) -> anyhow::Result<Vec<u8>> {
    let mut nodes = Vec::new();
    let mut traces = TraceBook::default();
    for hosted in hosts {
        let dropped = hosted.inbox.dropped();
        if dropped > 0 {
            tracing::info!(
                node = hosted.name,
                dropped,
                "frames did not fit the mailbox and were sent again"
            );
        }
        let (report, account) = hosted.actor.send(AskReport).await?;
        for (neighbour, stats) in report.links.iter().filter(|(_, stats)| stats.resends > 0) {
            tracing::info!(node = hosted.name, neighbour, ?stats, "frames were sent again");
        }
        nodes.push((report, account));
        traces.append(hosted.actor.send(TakeTraces).await?);
    }
    // The hosts have let go of their ends: the rest is exported, or given up, off this runtime's threads.
    let exported = match export {
        Some(export) => tokio::task::spawn_blocking(|| export.finish()).await?,
        None => ExportCounts::default(),
    };
    ProcessControl::encode_result(ProcessResult {
        belonging: identity.belonging.clone(),
        process: identity.process.clone(),
        nodes,
        traces,
        spans_exported: exported.exported,
        spans_not_exported: exported.dropped,
    })
}

fn instant_of(wall_unix_us: u64) -> Instant {
    let now_us = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_micros() as u64;
    let now = Instant::now();
    if wall_unix_us >= now_us {
        now + Duration::from_micros(wall_unix_us - now_us)
    } else {
        now.checked_sub(Duration::from_micros(now_us - wall_unix_us))
            .unwrap_or(now)
    }
}
