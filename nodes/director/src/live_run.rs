//! Runs a network live: starts each of the scenario's processes, or attaches to those that somebody else has started,
//! holds them at the barrier until every link is up, starts emulated time, watches, and collects what they leave behind.
//! A process that dies is named at once.

mod assignment;
mod collecting;
mod launching;
mod open_files;
mod processes;
mod showing;
mod strangers;
mod watchdog;

pub use assignment::Network;
pub use collecting::Collection;
pub use launching::{OwnCredentials, goes_on_in, run_id};

use crate::exit::bad_input;
use crate::run_facts::RunFacts;
use crate::runtime::on_a_runtime;
use anyhow::anyhow;
use launching::{LaunchFile, launch};
use processes::{Process, start_processes};
use secnet_fabric::belonging::{Belonging, Stranger};
use secnet_fabric::control::{CONTROL, DirectorControl, Event, Events};
use secnet_fabric::report::{Command, ProcessNews};
use secnet_fabric::{ControlPlane, Credentials, Launch};
use secnet_results::RunOutcome;
use secnet_topology::Bus;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use strangers::Strangers;
use watchdog::Watchdog;

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

/// Starts the network's processes on this machine and runs it. Their programs are in the folder `programs`, or else in this
/// program's own.
pub fn run(
    network: Network<'_>,
    programs: Option<&Path>,
    bus: Bus,
) -> anyhow::Result<(RunOutcome, RunFacts)> {
    open_files::check(network.layout.processes.len())?;
    // Told here once instead of by each process.
    secnet_telemetry::check_environment().map_err(|error| bad_input(format!("{error:#}")))?;
    on_a_runtime(async {
        let credentials = OwnCredentials::make(&network, bus)?;
        let folder = credentials.as_ref().map(|own| own.0.as_path());
        let launch = launch(&network, bus.transport(), folder)?;
        let plane = ControlPlane {
            endpoint: launch.endpoints.control.clone(),
            credentials: folder.map(|folder| Credentials::of(CONTROL, folder)),
        };
        let (control, events) = DirectorControl::serve(&plane, network.layout, &launch.run).await?;
        let launch_file = LaunchFile::store(&launch, network.folder)?;
        let processes = start_processes(network.layout, programs, &launch_file.0, network.folder.path())?;
        let run = LiveRun::new(network, processes, control, launch.belonging());
        run.conduct(events).await
    })
}

/// Runs a network whose processes somebody else has started, and whose control service made that offer: of this scenario, or the
/// run is refused.
pub fn attach(network: Network<'_>, launch: &Launch) -> anyhow::Result<(RunOutcome, RunFacts)> {
    launch
        .check_scenario(&network.world.scenario)
        .map_err(|error| bad_input(format!("{error:#}")))?;
    on_a_runtime(async {
        let plane = ControlPlane {
            endpoint: launch.endpoints.control.clone(),
            credentials: launch.credentials.as_deref().map(Credentials::of_director),
        };
        let (control, events) = DirectorControl::attach(&plane, &launch.run).await?;
        let _launch_file = LaunchFile::store(launch, network.folder)?;
        let specs = network.layout.processes.iter();
        let processes = specs.map(|spec| Process::new(spec, None)).collect();
        let run = LiveRun::new(network, processes, control, launch.belonging());
        run.conduct(events).await
    })
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
    belonging: Belonging,
    strangers: Strangers,
    watchdog: Watchdog,
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
        belonging: Belonging,
    ) -> LiveRun<'a> {
        let is_attached = processes.iter().all(|process| process.started.is_none());
        LiveRun {
            network,
            processes,
            control,
            belonging,
            strangers: Strangers::default(),
            watchdog: Watchdog::new(network.stall_max),
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
    async fn conduct(mut self, mut events: Events) -> anyhow::Result<(RunOutcome, RunFacts)> {
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

    async fn drive(&mut self, events: &mut Events) -> anyhow::Result<()> {
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
                match self.belonging.check(&status.belonging) {
                    Ok(()) => {}
                    Err(Stranger::OtherRun) => {
                        self.strangers.tell(&status.process, "a status of another run");
                        return;
                    }
                    Err(Stranger::OtherScenario) => {
                        let note = "it runs another scenario or seed than this run's: start the run again";
                        process.lost.get_or_insert_with(|| note.to_owned());
                        return;
                    }
                }
                process.ledgers.extend(ledgers);
                if let Some(problem) = status.nodes.iter().find_map(|node| node.problem.clone())
                    && process.lost.is_none()
                {
                    process.lost = Some(problem);
                }
                process.status = Some((Instant::now(), status));
            }
            Event::Result(result) => {
                let can_come = matches!(self.stage, Stage::Running | Stage::Collecting);
                let Some(index) = by_name(&mut self.processes, &result.process) else {
                    return;
                };
                let process = &mut self.processes[index];
                let problem =
                    match strangers::judge(&self.belonging, &process.spec, self.network.layout, &result) {
                        Err(problem) => problem,
                        Ok(()) if !can_come => "a result before the run began".to_owned(),
                        Ok(()) if !process.is_settled() => {
                            "a result before its nodes had come to their end".to_owned()
                        }
                        Ok(()) => {
                            process.take_result(*result);
                            return;
                        }
                    };
                self.strangers.tell(&result.process, &problem);
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
                } else {
                    self.look_for_a_stall();
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

    /// Names who is waited for where emulated time has not moved for too long: the run is halted for it.
    fn look_for_a_stall(&mut self) {
        let now = Instant::now();
        let running_for = self
            .running_since
            .map_or(Duration::ZERO, |(start, _)| now.saturating_duration_since(start));
        let nodes = || self.processes.iter().flat_map(Process::nodes);
        let is_explained = self.processes.iter().any(Process::is_paused)
            || watchdog::is_at_pace(nodes(), self.network.pace, running_for);
        if !self.watchdog.look(now, nodes(), is_explained) {
            return;
        }
        let names = watchdog::waited_for(nodes());
        let stall_max = self.network.stall_max;
        for process in self.processes.iter_mut().filter(|p| p.result.is_none()) {
            if process.nodes().any(|node| names.contains(&node.name)) {
                let log = process.log();
                process.lost.get_or_insert_with(|| {
                    format!("emulated time has not moved for {stall_max:?}, and others wait for it; {log}")
                });
            }
        }
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
        let nodes = self.processes.iter().flat_map(Process::nodes);
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
            let nodes = process.nodes();
            let down = nodes.flat_map(|node| node.links.iter().filter(|link| !link.up));
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

    async fn say_goodbye(&mut self, events: &mut Events) -> anyhow::Result<()> {
        if self.running_since.is_none() {
            return Ok(());
        }
        let deadline = Instant::now() + Duration::from_secs(3);
        loop {
            self.control.command(&Command::Bye).await?;
            while let Some(event) = events.try_recv() {
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

    fn show(&self) {
        match self.stage {
            Stage::Barrier => showing::show_barrier(&self.network, &self.processes),
            Stage::Running | Stage::Done => showing::show_running(&self.network, &self.processes),
            Stage::Collecting => self.network.progress.say("collecting the ledgers"),
        }
        let running_for = self.running_since.map(|(start, _)| start.elapsed());
        self.control.set_status(showing::run_status(
            &self.network,
            &self.belonging.run,
            running_for.unwrap_or_default(),
            &self.processes,
        ));
    }

    /// After the last stage: what became of the run.
    fn outcome(&self) -> anyhow::Result<(RunOutcome, RunFacts)> {
        let running_since = self.running_since;
        let ran_for = running_since.map(|(start, _)| self.since.saturating_duration_since(start));
        collecting::outcome(&self.network, &self.processes, ran_for)
    }
}
