//! The processes of a run: how they are started, and what is known of each.

use anyhow::Context;
use secnet_engine::Ledger;
use secnet_fabric::report::{NodeStatus, Phase, ProcessResult, ProcessStatus};
use secnet_results::run_folder::LOGS;
use secnet_topology::{Layout, ProcessSpec};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tokio::process::Child;

/// A process says how it is several times a second.
const SILENT: Duration = Duration::from_secs(2);

/// A process this director has started itself.
pub(super) struct Started {
    pub(super) child: Child,
    log: PathBuf,
}

/// What is known of a process of the run.
pub(super) struct Process {
    pub(super) spec: ProcessSpec,
    /// `None`: somebody else has started it, and whether it is there only the bus tells.
    pub(super) started: Option<Started>,
    pub(super) status: Option<(Instant, ProcessStatus)>,
    /// By node: the latest it reported.
    pub(super) ledgers: BTreeMap<String, Ledger>,
    pub(super) result: Option<ProcessResult>,
    contradicts_itself: bool,
    /// Its liveliness token was seen.
    pub(super) has_come: bool,
    pub(super) token_gone: Option<Instant>,
    /// Why it counts as lost.
    pub(super) lost: Option<String>,
}

impl Process {
    pub(super) fn new(spec: &ProcessSpec, started: Option<Started>) -> Process {
        Process {
            spec: spec.clone(),
            started,
            status: None,
            ledgers: BTreeMap::new(),
            result: None,
            contradicts_itself: false,
            has_come: false,
            token_gone: None,
            lost: None,
        }
    }

    /// Its nodes as it last told of them.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &NodeStatus> {
        self.status.iter().flat_map(|(_, status)| &status.nodes)
    }

    /// How it ended, as far as that can be seen from here.
    pub(super) fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        Ok(match &mut self.started {
            Some(started) => started.child.try_wait()?,
            None => None,
        })
    }

    /// Stopped by a signal or silent for a while: what it waits for, or makes others wait for, is no fault.
    /// One that somebody else started and that is silent may be paused; whether it is gone the bus tells.
    pub(super) fn is_paused(&self) -> bool {
        let is_silent = self.status.as_ref().is_some_and(|(at, _)| at.elapsed() > SILENT);
        match &self.started {
            Some(started) => started.child.id().is_some_and(is_stopped),
            None => is_silent,
        }
    }

    pub(super) fn log(&self) -> String {
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

    pub(super) fn is_linked(&self) -> bool {
        self.nodes_all(|node| node.links_up == node.links_total)
    }

    pub(super) fn is_settled(&self) -> bool {
        self.nodes_all(|node| node.settled)
    }

    /// The first is its result, and the same again says nothing new. Of two that differ nobody can tell which is true.
    pub(super) fn take_result(&mut self, result: ProcessResult) {
        match &self.result {
            _ if self.contradicts_itself => {}
            None => self.result = Some(result),
            Some(taken) if *taken == result => {}
            Some(_) => {
                self.contradicts_itself = true;
                self.result = None;
                self.lost = Some("two results that differ came as its own".to_owned());
            }
        }
    }

    pub(super) fn has_started(&self) -> bool {
        self.nodes_all(|node| node.phase != Phase::Linking)
    }
}

/// As after SIGSTOP.
fn is_stopped(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // 17 (the name) T 1 …
    let state = stat.rsplit_once(") ").map(|(_, rest)| rest);
    state.is_some_and(|state| state.starts_with(['T', 't']))
}

/// Starts each of the layout's processes, logging to a folder in `folder`.
pub(super) fn start_processes(
    layout: &Layout,
    programs: Option<&Path>,
    launch: &Path,
    folder: &Path,
) -> anyhow::Result<Vec<Process>> {
    let logs = folder.join(LOGS);
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
