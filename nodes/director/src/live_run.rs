//! Runs a network live: starts each of the scenario's processes, or attaches to those that somebody else has started,
//! holds them at the barrier until every link is up, starts emulated time, watches, and collects what they leave behind.
//! A process that dies is named at once.

use crate::cancellation::Cancellation;
use crate::exit::bad_input;
use crate::network;
use crate::progress::{Progress, Traffic};
use crate::run_facts::RunFacts;
use crate::runtime::on_a_runtime;
use anyhow::{Context, anyhow};
use secnet_engine::trace::TraceBook;
use secnet_engine::{ItemKind, Ledger, Pace, Violations};
use secnet_fabric::control::{DirectorControl, Event};
use secnet_fabric::report::{
    Command, NodeStatus, Phase, ProcessNews, ProcessResult, ProcessStatus, RunStatus,
};
use secnet_fabric::session::Attachment;
use secnet_fabric::{Endpoints, Launch};
use secnet_model::{Region, SimDuration, SimTime};
use secnet_results::run_outcome::LostNode;
use secnet_results::{Account, RunFolder, RunOutcome, Traces};
use secnet_topology::live_requests::parse_request;
use secnet_topology::{Layout, ProcessSpec, World};
use std::collections::BTreeMap;
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::process::Child;
use tokio::sync::mpsc::UnboundedReceiver;

/// While the processes come and their links come up, something must have moved on within this.
const BARRIER_STILL: Duration = Duration::from_secs(15);
/// The same for processes that somebody else starts, perhaps on other machines.
const BARRIER_STILL_ATTACHED: Duration = Duration::from_secs(60);
/// A process whose liveliness token is gone this long without its end being seen counts as lost.
const GONE_BOUND: Duration = Duration::from_secs(5);
/// After a halt the processes still there have this long to report.
const COLLECT_BOUND: Duration = Duration::from_secs(15);
const TICK: Duration = Duration::from_millis(50);
/// Commands are repeated at this interval until their effect shows.
const REPEAT: Duration = Duration::from_millis(250);
/// A process silent for longer is shown as such; it is not lost for that.
const SILENT: Duration = Duration::from_secs(2);

/// The file in the run folder that tells `secnet status` where the run answers.
pub const LAUNCH_FILE: &str = "launch.json";

/// What a live driver runs, and how.
#[derive(Clone, Copy)]
pub struct Network<'a> {
    pub world: &'a World,
    pub layout: &'a Layout,
    pub pace: Pace,
    /// Users take requests while the run goes on, and promise no further ahead than this.
    pub ready: Option<SimDuration>,
    pub folder: &'a RunFolder,
    pub progress: &'a Progress,
    /// Halts the run.
    pub cancellation: &'a Cancellation,
}

/// Starts the network's processes on this machine and runs it. Their programs are in the folder `programs`, or else in this
/// program's own.
pub fn run(network: Network<'_>, programs: Option<&Path>) -> anyhow::Result<(RunOutcome, RunFacts)> {
    // Told here once instead of by each process.
    secnet_telemetry::check_environment().map_err(|error| bad_input(format!("{error:#}")))?;
    on_a_runtime(async {
        let launch = launch(&network)?;
        let router = Attachment::Router(launch.endpoints.control.clone());
        let (control, events) = DirectorControl::open(&router, &launch.run).await?;
        let launch_file = LaunchFile::store(&launch, network.folder)?;
        let processes = start_processes(network.layout, programs, &launch_file.0, network.folder.path())?;
        let run = LiveRun::new(network, processes, control, launch.run);
        run.conduct(events).await
    })
}

/// Runs a network whose processes somebody else has started, and whose control service made that offer.
pub fn attach(network: Network<'_>, launch: &Launch) -> anyhow::Result<(RunOutcome, RunFacts)> {
    on_a_runtime(async {
        let client = Attachment::Client(launch.endpoints.control.clone());
        let (control, events) = DirectorControl::open(&client, &launch.run).await?;
        let _launch_file = LaunchFile::store(launch, network.folder)?;
        let specs = network.layout.processes.iter();
        let processes = specs.map(|spec| Process::new(spec, None)).collect();
        let run = LiveRun::new(network, processes, control, launch.run.clone());
        run.conduct(events).await
    })
}

/// Removed when the run has ended, however it did.
struct LaunchFile(PathBuf);

impl LaunchFile {
    fn store(launch: &Launch, folder: &RunFolder) -> anyhow::Result<LaunchFile> {
        let file = LaunchFile(folder.path().join(LAUNCH_FILE));
        launch.store(&file.0)?;
        Ok(file)
    }
}

impl Drop for LaunchFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Whether a live run goes on in that folder.
pub fn goes_on_in(folder: &Path) -> bool {
    Launch::load(&folder.join(LAUNCH_FILE)).is_ok_and(|launch| launch.endpoints.is_control_open())
}

fn launch(network: &Network<'_>) -> anyhow::Result<Launch> {
    let Network {
        world,
        layout,
        folder,
        ..
    } = network;
    // All ports are held until all are chosen, so that none is chosen twice.
    let mut held = Vec::new();
    let mut endpoint = || -> anyhow::Result<String> {
        let listener = TcpListener::bind("127.0.0.1:0").context("no free port on the loopback interface")?;
        let endpoint = format!("tcp/{}", listener.local_addr()?);
        held.push(listener);
        Ok(endpoint)
    };
    let regions = Region::ALL
        .into_iter()
        .filter(|region| layout.network.directory.csps[region.index()].is_some());
    let wan = regions
        .map(|region| Ok((region, endpoint()?)))
        .collect::<anyhow::Result<BTreeMap<_, _>>>()?;
    let endpoints = Endpoints {
        control: endpoint()?,
        gateway: endpoint()?,
        dsp_csp: endpoint()?,
        wan,
    };
    let scenario = std::path::absolute(folder.path().join(secnet_results::run_folder::SCENARIO))?;
    tracing::debug!(scenario = world.scenario.name, "launching");
    Ok(Launch {
        run: run_id(),
        scenario,
        endpoints,
    })
}

/// A name no other run has.
pub fn run_id() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let unix_ms = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis();
    format!("r{}-{unix_ms}-{number}", std::process::id())
}

fn start_processes(
    layout: &Layout,
    programs: Option<&Path>,
    launch: &Path,
    folder: &Path,
) -> anyhow::Result<Vec<Process>> {
    let logs = folder.join("logs");
    std::fs::create_dir_all(&logs).with_context(|| format!("cannot make {}", logs.display()))?;
    let programs = match programs {
        Some(folder) => folder.to_path_buf(),
        None => {
            let own = std::env::current_exe().context("cannot find this program's own file")?;
            own.parent().map(Path::to_path_buf).unwrap_or_default()
        }
    };
    layout
        .processes
        .iter()
        .enumerate()
        .map(|(number, spec)| start_process(spec, number, &programs, launch, &logs))
        .collect()
}

fn start_process(
    spec: &ProcessSpec,
    number: usize,
    programs: &Path,
    launch: &Path,
    logs: &Path,
) -> anyhow::Result<Process> {
    let program = programs.join(spec.binary);
    let log = logs.join(format!("{}.log", spec.name));
    let log_file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    let child = tokio::process::Command::new(&program)
        .arg("--launch")
        .arg(launch)
        .args(["--process", &spec.name, "--until-stdin-closes"])
        .envs(secnet_telemetry::metrics_address_of(number)?)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(log_file)
        // A Ctrl-C in the terminal is the director's to handle.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| {
            format!(
                "cannot start {}: build the whole workspace, `cargo build --release`",
                program.display()
            )
        })?;
    Ok(Process::new(spec, Some(Started { child, log })))
}

/// A process this director has started itself.
struct Started {
    child: Child,
    log: PathBuf,
}

struct Process {
    spec: ProcessSpec,
    /// `None`: somebody else has started it, and whether it is there only the bus tells.
    started: Option<Started>,
    status: Option<(Instant, ProcessStatus)>,
    /// By node: the latest it reported.
    ledgers: BTreeMap<String, Ledger>,
    result: Option<ProcessResult>,
    /// Its liveliness token was seen.
    has_come: bool,
    token_gone: Option<Instant>,
    /// Why it counts as lost.
    lost: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    /// Waiting for every link to be up.
    Barrier,
    Running,
    /// Halted: waiting for what the processes still there report.
    Collecting,
    Done,
}

struct LiveRun<'a> {
    network: Network<'a>,
    processes: Vec<Process>,
    control: DirectorControl,
    run: String,
    barrier_still: Duration,
    stage: Stage,
    /// When the stage began; in the barrier, when a process or link last came.
    since: Instant,
    /// How much had come when last looked.
    came: u64,
    running_since: Option<(Instant, u64)>,
    said: Option<Instant>,
}

impl<'a> LiveRun<'a> {
    fn new(
        network: Network<'a>,
        processes: Vec<Process>,
        control: DirectorControl,
        run: String,
    ) -> LiveRun<'a> {
        let is_attached = processes.iter().all(|process| process.started.is_none());
        LiveRun {
            network,
            processes,
            control,
            run,
            barrier_still: if is_attached {
                BARRIER_STILL_ATTACHED
            } else {
                BARRIER_STILL
            },
            stage: Stage::Barrier,
            since: Instant::now(),
            came: 0,
            running_since: None,
            said: None,
        }
    }

    /// The run from the barrier to the last goodbye.
    async fn conduct(
        mut self,
        mut events: UnboundedReceiver<Event>,
    ) -> anyhow::Result<(RunOutcome, RunFacts)> {
        let result = self.drive(&mut events).await;
        for started in self
            .processes
            .iter_mut()
            .filter_map(|process| process.started.as_mut())
        {
            let _ = started.child.kill().await;
        }
        let outcome = result.and_then(|()| self.outcome());
        self.control.close().await;
        outcome
    }

    async fn drive(&mut self, events: &mut UnboundedReceiver<Event>) -> anyhow::Result<()> {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let cancellation = self.network.cancellation;
        let cancelled = cancellation.stopped();
        tokio::pin!(cancelled);
        let mut was_cancelled = false;
        while self.stage != Stage::Done {
            tokio::select! {
                event = events.recv() => match event {
                    Some(event) => self.take(event),
                    None => return Err(anyhow!("the control plane has closed")),
                },
                _ = tick.tick() => {
                    self.look_after_processes()?;
                    self.step().await?;
                    self.show();
                }
                () = &mut cancelled, if !was_cancelled => {
                    was_cancelled = true;
                    self.halt();
                }
            }
        }
        self.say_goodbye(events).await
    }

    fn take(&mut self, event: Event) {
        let by_name =
            |processes: &mut Vec<Process>, name: &str| processes.iter().position(|p| p.spec.name == name);
        match event {
            Event::Alive { process } => {
                if let Some(index) = by_name(&mut self.processes, &process) {
                    self.processes[index].has_come = true;
                    self.processes[index].token_gone = None;
                }
            }
            Event::Gone { process } => {
                if let Some(index) = by_name(&mut self.processes, &process) {
                    self.processes[index].token_gone = Some(Instant::now());
                }
            }
            Event::News(news) => {
                let ProcessNews { status, ledgers } = *news;
                let Some(index) = by_name(&mut self.processes, &status.process) else {
                    return;
                };
                let process = &mut self.processes[index];
                process.ledgers.extend(ledgers);
                if let Some(problem) = status.nodes.iter().find_map(|node| node.problem.clone())
                    && process.lost.is_none()
                {
                    process.lost = Some(problem);
                }
                process.status = Some((Instant::now(), status));
            }
            Event::Result(result) => {
                if let Some(index) = by_name(&mut self.processes, &result.process) {
                    self.processes[index].result = Some(*result);
                }
            }
            Event::Unreadable(what) => tracing::error!(what, "dropped from the control plane"),
        }
    }

    /// Finds processes that have ended or lost their token, names them and halts the run.
    fn look_after_processes(&mut self) -> anyhow::Result<()> {
        for process in &mut self.processes {
            if process.lost.is_some() || process.result.is_some() {
                continue;
            }
            if let Some(status) = process.ended()? {
                process.lost = Some(format!("its process ended ({status}); {}", process.log()));
            } else if process
                .token_gone
                .is_some_and(|since| since.elapsed() > GONE_BOUND)
            {
                process.lost = Some(format!("gone from the bus for more than {GONE_BOUND:?}"));
            }
        }
        if self.processes.iter().any(|process| process.lost.is_some()) {
            self.halt();
        }
        Ok(())
    }

    fn halt(&mut self) {
        let next = match self.stage {
            // Nothing has happened yet that would have to be collected.
            Stage::Barrier => Stage::Done,
            Stage::Running => Stage::Collecting,
            Stage::Collecting | Stage::Done => return,
        };
        self.enter(next);
    }

    fn enter(&mut self, stage: Stage) {
        self.stage = stage;
        self.since = Instant::now();
        self.said = None;
    }

    fn lost_nodes(&self) -> Vec<String> {
        let lost = self.processes.iter().filter(|process| process.lost.is_some());
        lost.flat_map(|p| &p.spec.nodes)
            .map(|node| self.network.layout.network.name(*node).to_owned())
            .collect()
    }

    async fn step(&mut self) -> anyhow::Result<()> {
        let all_in = self
            .processes
            .iter()
            .all(|process| process.result.is_some() || process.lost.is_some());
        match self.stage {
            Stage::Barrier => {
                if self.processes.iter().all(Process::is_linked) {
                    let in_a_moment = Duration::from_millis(100);
                    let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + in_a_moment;
                    self.running_since = Some((Instant::now() + in_a_moment, unix.as_micros() as u64));
                    self.enter(Stage::Running);
                } else if self.has_come_closer() {
                    self.since = Instant::now();
                } else if self.since.elapsed() > self.barrier_still {
                    self.name_who_never_came();
                }
            }
            Stage::Running => {
                if let Some((_, wall_unix_us)) = self.running_since
                    && !self.processes.iter().all(Process::has_started)
                {
                    self.repeat(Command::Start {
                        wall_unix_us,
                        pace: self.network.pace,
                        ready: self.network.ready,
                    })
                    .await?;
                }
                if all_in {
                    self.enter(Stage::Done);
                }
            }
            Stage::Collecting => {
                if all_in {
                    self.enter(Stage::Done);
                } else if self.since.elapsed() > COLLECT_BOUND {
                    for process in self
                        .processes
                        .iter_mut()
                        .filter(|p| p.result.is_none() && p.lost.is_none())
                    {
                        process.lost = Some(format!("did not report within {COLLECT_BOUND:?} of the halt"));
                    }
                } else {
                    let lost_nodes = self.lost_nodes();
                    self.repeat(Command::Halt { lost_nodes }).await?;
                }
            }
            Stage::Done => {}
        }
        Ok(())
    }

    async fn repeat(&mut self, command: Command) -> anyhow::Result<()> {
        if self.said.is_some_and(|said| said.elapsed() < REPEAT) {
            return Ok(());
        }
        self.said = Some(Instant::now());
        self.control.command(&command).await
    }

    /// Whether a process has come or a link has come up since last asked.
    fn has_come_closer(&mut self) -> bool {
        let come = self.processes.iter().filter(|process| process.has_come).count() as u64;
        let statuses = self
            .processes
            .iter()
            .filter_map(|process| process.status.as_ref());
        let nodes = statuses.flat_map(|(_, status)| &status.nodes);
        let came = come + nodes.map(|node| 1 + u64::from(node.links_up)).sum::<u64>();
        std::mem::replace(&mut self.came, came) < came
    }

    /// Who never came is to blame for every link that is not up to it; where all came, each end without a link is.
    fn name_who_never_came(&mut self) {
        let still = self.barrier_still;
        let mut named = false;
        for process in self.processes.iter_mut().filter(|process| !process.has_come) {
            named = true;
            let log = process.log();
            process.lost = Some(format!("never came, {still:?} after the last that did; {log}"));
        }
        if named {
            return;
        }
        for process in self.processes.iter_mut().filter(|process| !process.is_linked()) {
            let statuses = process.status.iter().flat_map(|(_, status)| &status.nodes);
            let down = statuses.flat_map(|node| node.links.iter().filter(|link| !link.up));
            let down: Vec<&str> = down.map(|link| link.neighbour.as_str()).collect();
            let missing = if down.is_empty() {
                "a segment to take part in".to_owned()
            } else {
                format!("a link to {}", down.join(", "))
            };
            let log = process.log();
            process.lost = Some(format!("still lacks {missing} after {still:?}; {log}"));
        }
    }

    async fn say_goodbye(&mut self, events: &mut UnboundedReceiver<Event>) -> anyhow::Result<()> {
        if self.running_since.is_none() {
            return Ok(());
        }
        let deadline = Instant::now() + Duration::from_secs(3);
        loop {
            self.control.command(&Command::Bye).await?;
            while let Ok(event) = events.try_recv() {
                self.take(event);
            }
            let mut left = 0;
            for process in self.processes.iter_mut().filter(|process| process.lost.is_none()) {
                let has_left = match &process.started {
                    Some(_) => process.ended()?.is_some(),
                    None => process.token_gone.is_some(),
                };
                left += usize::from(!has_left);
            }
            if left == 0 || Instant::now() > deadline {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn show(&mut self) {
        let progress = self.network.progress;
        let nodes = || {
            self.processes
                .iter()
                .filter_map(|p| p.status.as_ref())
                .flat_map(|(_, s)| &s.nodes)
        };
        match self.stage {
            Stage::Barrier => {
                let (up, total) = nodes().fold((0, 0), |(up, total), node| {
                    (up + node.links_up, total + node.links_total)
                });
                let here = self
                    .processes
                    .iter()
                    .filter(|process| process.status.is_some())
                    .count();
                progress.say(&format!(
                    "{here} of {} processes, {up} of {total} ends of links",
                    self.processes.len()
                ));
            }
            Stage::Collecting => progress.say("collecting the ledgers"),
            Stage::Running | Stage::Done => {
                let end = self.network.world.end;
                let reached = |node: &NodeStatus| match node.phase {
                    Phase::Finished => end,
                    Phase::Linking | Phase::Running => node.now.min(end),
                };
                let now = nodes().map(reached).max();
                let handled = nodes().map(|node| node.handled).sum();
                let ledgers = || self.processes.iter().flat_map(|process| process.ledgers.values());
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
                let lag = lag.filter(|_| self.network.pace != Pace::Max);
                progress.show(now.unwrap_or_default(), handled, Some(traffic), lag);
            }
        }
        let silent = |process: &Process| match &process.status {
            None => Some((process.spec.name.clone(), None)),
            Some((at, _)) if at.elapsed() > SILENT => {
                Some((process.spec.name.clone(), Some(at.elapsed().as_secs_f64())))
            }
            Some(_) => None,
        };
        self.control.set_status(RunStatus {
            run: self.run.clone(),
            scenario: self.network.world.scenario.name.clone(),
            pace: self.network.pace,
            end: self.network.world.end,
            wall_seconds: self
                .running_since
                .map_or(0.0, |(start, _)| start.elapsed().as_secs_f64()),
            processes: self
                .processes
                .iter()
                .filter_map(|p| p.status.as_ref().map(|(_, s)| s.clone()))
                .collect(),
            silent: self.processes.iter().filter_map(silent).collect(),
        });
    }

    fn outcome(&self) -> anyhow::Result<(RunOutcome, RunFacts)> {
        let mut outcome = RunOutcome {
            scenario: self.network.world.scenario.clone(),
            users: self
                .network
                .world
                .users
                .iter()
                .map(|user| user.name.clone())
                .collect(),
            accounts: Vec::new(),
            carried: [0; ItemKind::COUNT],
            violations: Violations::default(),
            lost_nodes: Vec::new(),
            finished: self.running_since.is_some(),
            ended_at: SimTime::ZERO,
            traces: Traces::default(),
        };
        let mut traces = TraceBook::default();
        let mut facts = RunFacts {
            processes: self.processes.len() as u32,
            threads: self.network.layout.kinds.len() as u32,
            running: self.running_since.map_or(Duration::ZERO, |(start, _)| {
                self.since.saturating_duration_since(start)
            }),
            ..RunFacts::default()
        };
        // By node, not by process: reports list nodes in the order of the layout, whatever the hosting.
        let mut by_node = BTreeMap::new();
        let mut taken_requests = Vec::new();
        for process in &self.processes {
            if let Some(result) = &process.result {
                traces.append(result.traces.clone());
                facts.spans.exported += result.spans_exported;
                facts.spans.not_exported += result.spans_not_exported;
            }
            for (report, account) in process.result.iter().flat_map(|result| &result.nodes) {
                outcome.finished &= report.reached_end;
                outcome.violations.add(&report.violations);
                outcome.ended_at = outcome.ended_at.max(report.now.min(self.network.world.end));
                for (sum, carried) in outcome.carried.iter_mut().zip(report.carried) {
                    *sum += carried;
                }
                facts.events += report.handled;
                for (_, stats) in &report.links {
                    facts.frames_sent += stats.frames_sent;
                    facts.frames_resent += stats.resends;
                }
                if self.network.pace != Pace::Max {
                    facts
                        .lag_max
                        .insert(report.name.clone(), Duration::from_micros(report.lag_max_us));
                }
                let taken = report.requests_taken.iter();
                taken_requests.extend(taken.map(|text| (report.index, text.as_str())));
                by_node.insert(report.index, (report.name.clone(), account.clone()));
            }
            if process.result.is_none() && process.lost.is_some() {
                self.count_lost(process, &mut outcome, &mut by_node);
            }
        }
        outcome.accounts = by_node.into_values().collect();
        // What came from outside is the scenario's from now on: it can be run again.
        taken_requests.sort_by_key(|(node, _)| *node);
        for (_, text) in taken_requests {
            let request = parse_request(text.as_bytes());
            let request = request
                .map_err(|problem| anyhow!("a request that was taken cannot be recorded: {problem}"))?;
            outcome.scenario.requests.push(request);
        }
        (facts.spans.kept, facts.spans.dropped) = (traces.spans.len() as u64, traces.dropped);
        outcome.traces = Traces::new(self.network.world, self.network.layout, traces);
        if outcome.finished && outcome.lost_nodes.is_empty() {
            outcome.ended_at = self.network.world.end;
        }
        Ok((outcome, facts))
    }

    /// What is known of a lost process: the last ledger of each of its nodes.
    fn count_lost(
        &self,
        process: &Process,
        outcome: &mut RunOutcome,
        by_node: &mut BTreeMap<secnet_engine::NodeIndex, (String, Account)>,
    ) {
        outcome.finished = false;
        for &node in &process.spec.nodes {
            let name = self.network.layout.network.name(node).to_owned();
            let status = process
                .status
                .as_ref()
                .and_then(|(_, status)| status.nodes.iter().find(|n| n.name == name));
            outcome.lost_nodes.push(LostNode {
                name: name.clone(),
                participant: network::participant(self.network.layout, node),
                last_heard: status.map_or(SimTime::ZERO, |status| status.now),
                note: process
                    .lost
                    .clone()
                    .unwrap_or_else(|| "did not report".to_owned()),
            });
            if let Some(ledger) = process.ledgers.get(&name) {
                let account = Account {
                    ledger: ledger.clone(),
                    ..Account::default()
                };
                by_node.insert(node, (name, account));
            }
        }
    }
}

impl Process {
    fn new(spec: &ProcessSpec, started: Option<Started>) -> Process {
        Process {
            spec: spec.clone(),
            started,
            status: None,
            ledgers: BTreeMap::new(),
            result: None,
            has_come: false,
            token_gone: None,
            lost: None,
        }
    }

    /// How it ended, as far as that can be seen from here.
    fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        Ok(match &mut self.started {
            Some(started) => started.child.try_wait()?,
            None => None,
        })
    }

    fn log(&self) -> String {
        match &self.started {
            Some(started) => format!("its log: {}", started.log.display()),
            None => "its log is where it was started".to_owned(),
        }
    }

    fn nodes_all(&self, test: impl Fn(&NodeStatus) -> bool) -> bool {
        self.status
            .as_ref()
            .is_some_and(|(_, status)| !status.nodes.is_empty() && status.nodes.iter().all(test))
    }

    fn is_linked(&self) -> bool {
        self.nodes_all(|node| node.links_up == node.links_total)
    }

    fn has_started(&self) -> bool {
        self.nodes_all(|node| node.phase != Phase::Linking)
    }
}
