//! Carries a plan out.

use super::plan::{Fault, FaultKind, Plan};
use crate::hostile::{Stolen, flood};
use crate::live::{ANOTHER_NETWORKS, Process, scratch, topology};
use secnet_director::runtime::on_a_runtime;
use secnet_results::{LoadedRun, Traces};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A run whose last trouble is over has ended by then.
const END_MAX: Duration = Duration::from_secs(60);
/// Participants have noticed by then that their director is gone.
const LEAVE_MAX: Duration = Duration::from_secs(10);

/// What this machine lets the nemesis do.
#[derive(Clone, Copy, Debug)]
pub struct Abilities {
    /// File systems and networks of a run's own.
    pub namespaces: bool,
    /// Connections of others can be reset.
    pub resets: bool,
}

impl Abilities {
    pub fn here() -> Abilities {
        let works = |program: &str, arguments: &[&str]| {
            let output = Command::new(program).args(arguments).output();
            output.is_ok_and(|output| {
                output.status.success() && !String::from_utf8_lossy(&output.stderr).contains("RTNETLINK")
            })
        };
        let namespaces = "ip link set lo up && iptables -L -n && mount -t tmpfs none /mnt";
        Abilities {
            namespaces: works("unshare", &["-n", "-m", "sh", "-c", namespaces]),
            // Nobody has a connection from the discard port.
            resets: works("ss", &["-tK", "state", "established", "sport = :9"]),
        }
    }

    /// Whether it can be done here.
    pub fn allow(self, kind: &FaultKind) -> bool {
        match kind {
            FaultKind::Reset { .. } => self.resets,
            FaultKind::Cut { .. } => self.namespaces,
            _ => true,
        }
    }
}

/// What there was to see when it was over.
#[derive(Debug)]
pub struct Aftermath {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub said: String,
    pub left: Result<(Traces, LoadedRun), String>,
    pub took: Duration,
    /// What was done, and to whom.
    pub done: Vec<String>,
    /// Whatever is wrong with how it ended.
    pub wrong: Vec<String>,
}

/// Runs it and does to it what the plan says.
///
/// # Errors
/// When it does not come to an end.
///
/// # Panics
/// When nothing can be started.
pub fn conduct(plan: &Plan, programs: &Path, abilities: Abilities) -> Result<Aftermath, String> {
    let mut run = Run::start(plan, programs, abilities);
    for fault in &plan.faults {
        let wait = fault.at.saturating_sub(run.started.elapsed());
        if run.has_ended_within(wait) {
            break;
        }
        if abilities.allow(&fault.kind) {
            run.befall(&fault.kind);
        }
    }
    if !run.has_ended_within(END_MAX) {
        let there: Vec<String> = run.processes().into_iter().map(|process| process.name).collect();
        return Err(format!(
            "no end {END_MAX:?} after its last trouble; there are {there:?}; {}",
            run.said()
        ));
    }
    Ok(run.aftermath())
}

struct Run {
    shell: Child,
    base: PathBuf,
    folder: PathBuf,
    started: Instant,
    took: Duration,
    done: Vec<String>,
}

impl Run {
    fn start(plan: &Plan, programs: &Path, abilities: Abilities) -> Run {
        let base = scratch("nemesis");
        let folder = base.join("disk/run");
        fs::create_dir_all(base.join("disk")).expect("a folder for a disk");
        let is_cut = |fault: &Fault| matches!(fault.kind, FaultKind::Cut { .. });
        let own_network = abilities.namespaces && plan.faults.iter().any(is_cut);
        let disk = plan.disk_kib.filter(|_| abilities.namespaces);
        let mut words = Vec::new();
        if own_network || disk.is_some() {
            words.push("unshare");
            words.extend(own_network.then_some("-n"));
            words.extend(disk.is_some().then_some("-m"));
        }
        // What is left on a disk of its own is looked at from outside once it is over.
        let mount = disk.map_or(String::new(), |kib| {
            format!("mount -t tmpfs -o size={kib}k none disk;")
        });
        let copy = if disk.is_some() {
            "cp -r disk/run left 2>/dev/null;"
        } else {
            ""
        };
        let network = if own_network { "ip link set lo up;" } else { "" };
        let script = format!("{network} {mount} \"$@\"; code=$?; {copy} exit $code");
        words.extend(["sh", "-c", &script, "sh"]);
        let shell = Command::new(words[0])
            .args(&words[1..])
            .arg(programs.join("secnet"))
            .arg("run")
            .arg(topology(plan.setting.scenario))
            .args(plan.setting.flags())
            .args(&plan.flags)
            .args(["--quiet", "--out"])
            .arg(&folder)
            .current_dir(&base)
            .env("SECNET_CREDENTIALS", ANOTHER_NETWORKS)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(base.join("stderr")).expect("a file for what is said"))
            .spawn()
            .expect("a shell starts");
        let started = Instant::now();
        Run {
            shell,
            base,
            folder,
            started,
            took: Duration::ZERO,
            done: Vec::new(),
        }
    }

    fn has_ended_within(&mut self, wait: Duration) -> bool {
        let deadline = Instant::now() + wait;
        loop {
            if self.shell.try_wait().expect("the shell's state").is_some() {
                if self.took.is_zero() {
                    self.took = self.started.elapsed();
                }
                return true;
            }
            if Instant::now() >= deadline {
                return false;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The run's processes that are there, by name; the director is `secnet`.
    fn processes(&self) -> Vec<Process> {
        let mut found: Vec<Process> = fs::read_dir("/proc")
            .expect("a list of processes")
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
            .filter_map(|pid| {
                let command = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
                let words: Vec<String> = command
                    .split(|byte| *byte == 0)
                    .map(|word| String::from_utf8_lossy(word).into_owned())
                    .collect();
                let program = Path::new(words.first()?).file_name()?.to_str()?.to_owned();
                let is_ours = words.iter().any(|word| Path::new(word).starts_with(&self.folder));
                if !is_ours || ["sh", "unshare"].contains(&program.as_str()) {
                    return None;
                }
                let named = words.iter().position(|word| word == "--process");
                let name = named.and_then(|at| words.get(at + 1).cloned()).unwrap_or(program);
                Some(Process { name, pid })
            })
            .collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    fn director(&self) -> Option<Process> {
        self.processes()
            .into_iter()
            .find(|process| process.name == "secnet")
    }

    fn victim(&self, number: u64, with_director: bool) -> Option<Process> {
        let mut there = self.processes();
        there.retain(|process| with_director || process.name != "secnet");
        let index = number % there.len().max(1) as u64;
        there.into_iter().nth(index as usize)
    }

    fn befall(&mut self, kind: &FaultKind) {
        let at = self.started.elapsed();
        let did = match kind {
            FaultKind::Stop { process, lasts } => self.victim(*process, true).map(|victim| {
                victim.signal("STOP");
                std::thread::sleep(*lasts);
                victim.signal("CONT");
                format!("{} stood still for {lasts:.1?}", victim.name)
            }),
            FaultKind::Kill { process } => self.victim(*process, false).map(|victim| {
                victim.signal("KILL");
                format!("{} was killed", victim.name)
            }),
            FaultKind::Signal(signal) => self.director().map(|director| {
                director.signal(signal);
                format!("the director was sent {signal}")
            }),
            FaultKind::KillDirector => self.director().map(|director| {
                director.signal("KILL");
                "the director was killed".to_owned()
            }),
            FaultKind::Reset { process } => self.victim(*process, true).map(|victim| {
                let count = reset(victim.pid);
                format!("{count} connections of {} were reset", victim.name)
            }),
            FaultKind::Cut { lasts } => self.director().map(|director| {
                let rule = |what: &str| within(director.pid, &["iptables", what, "INPUT", "-j", "DROP"]);
                let cut = rule("-A");
                std::thread::sleep(*lasts);
                rule("-D");
                format!("nothing got through for {lasts:.1?}: {}", cut.status)
            }),
            FaultKind::Flood { lasts } => self.flood(*lasts),
        };
        self.done.extend(did.map(|did| format!("after {at:.1?} {did}")));
    }

    fn flood(&self, lasts: Duration) -> Option<String> {
        // Before the launch there is nothing to be stolen.
        let stolen = Stolen::of(&self.folder)?;
        stolen.launch.credentials.as_ref()?;
        let put = on_a_runtime(async { Ok(flood(&stolen, lasts).await) }).ok()??;
        Some(format!(
            "a Supplier's credentials flooded the bus with {put} messages"
        ))
    }

    fn said(&self) -> String {
        fs::read_to_string(self.base.join("stderr")).unwrap_or_default()
    }

    fn aftermath(&mut self) -> Aftermath {
        let status = self.shell.wait().expect("the shell has ended");
        // A shell says of a signal that it is 128 more.
        let (code, signal) = match status.code() {
            Some(code) if code > 128 => (None, Some(code - 128)),
            other => (other, status.signal()),
        };
        let mut wrong = Vec::new();
        let deadline = Instant::now() + LEAVE_MAX;
        loop {
            let there: Vec<String> = self.processes().into_iter().map(|process| process.name).collect();
            if there.is_empty() {
                break;
            }
            if Instant::now() > deadline {
                wrong.push(format!("left behind: {there:?}"));
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let copied = self.base.join("left");
        let left = if copied.exists() {
            copied
        } else {
            self.folder.clone()
        };
        let mut texts = vec![("standard error".to_owned(), self.said())];
        for log in fs::read_dir(left.join("logs")).into_iter().flatten().flatten() {
            let text = fs::read(log.path()).unwrap_or_default();
            texts.push((
                log.path().display().to_string(),
                String::from_utf8_lossy(&text).into_owned(),
            ));
        }
        for (place, text) in texts {
            if let Some(line) = text.lines().find(|line| line.contains("panicked")) {
                wrong.push(format!("{place}: {line}"));
            }
        }
        Aftermath {
            code,
            signal,
            said: self.said(),
            left: LoadedRun::load(&left)
                .and_then(|run| Ok((run.load_traces()?, run)))
                .map_err(|error| error.to_string()),
            took: self.took,
            done: std::mem::take(&mut self.done),
            wrong,
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        for process in self.processes() {
            process.signal("KILL");
        }
        let _ = self.shell.kill();
        let _ = self.shell.wait();
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.base);
        }
    }
}

/// Runs a program in the network of that process.
fn within(pid: u32, words: &[&str]) -> Output {
    let pid = pid.to_string();
    let output = Command::new("nsenter")
        .args(["-t", &pid, "-n"])
        .args(words)
        .output();
    output.expect("nsenter starts")
}

/// Resets every TCP connection of the process; how many there were.
fn reset(pid: u32) -> usize {
    let listed = within(pid, &["ss", "-tnpH", "state", "established"]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let own = format!("pid={pid},");
    let ports: Vec<&str> = listed
        .lines()
        .filter(|line| line.contains(&own))
        .filter_map(|line| line.split_whitespace().nth(2)?.rsplit(':').next())
        .collect();
    for port in &ports {
        within(
            pid,
            &[
                "ss",
                "-tK",
                "state",
                "established",
                &format!("( sport = :{port} or dport = :{port} )"),
            ],
        );
    }
    ports.len()
}
