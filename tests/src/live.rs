//! Live runs under test: start `secnet` and its processes, ask how they are, disturb them, and read what they leave.
//!
//! Everything a test starts it ends, by its process id. One test at a time has the machine: [`Programs::alone`] takes
//! a lock that other test binaries wait for.
//!
//! Not here: what is promised of a run (`tests/live_*.rs`).

use crate::programs::programs;
use secnet_fabric::report::RunStatus;
use secnet_results::tables::TABLES;
use secnet_results::{LoadedRun, Traces};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Whoever has a network elsewhere may have this in the environment: a run on this machine has credentials of its own.
pub const ANOTHER_NETWORKS: &str = "/nowhere";

/// What a live run is made of; `secnet` looks for the others in its own folder.
const PROGRAMS: [&str; 8] = [
    "secnet",
    "dsp",
    "csp",
    "s1sp",
    "supplier",
    "dno",
    "other-user",
    "premises",
];

/// The folder of the programs under test and, for as long as this lives, the machine to itself.
pub struct Programs {
    folder: PathBuf,
    _machine: File,
}

/// `SECNET_FULL=1`: the whole test matrix over whole hours instead of what fits a run of continuous integration.
pub fn is_full() -> bool {
    std::env::var("SECNET_FULL").is_ok_and(|value| value == "1")
}

impl Programs {
    /// The programs as built, and the machine once no other test has it.
    pub fn alone() -> Programs {
        let lock = std::env::temp_dir().join("secnet-live-tests.lock");
        let machine = File::create(&lock).expect("a lock file");
        machine.lock().expect("the machine to itself");
        Programs {
            folder: programs().to_owned(),
            _machine: machine,
        }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The same programs but for `name`, in whose place a shell script is started.
    pub fn with_replaced(&self, name: &str, script: &str) -> ReplacedPrograms {
        let folder = scratch("programs");
        for program in PROGRAMS {
            // `secnet` finds its folder through its own file, so a symbolic link will not do.
            fs::copy(self.folder.join(program), folder.join(program)).expect("a copy of a program");
        }
        // Written over the copy, which may be executed already.
        fs::write(folder.join(name), script).expect("a program in its place");
        ReplacedPrograms { folder }
    }

    /// Starts a live run.
    pub fn start(&self, scenario: &str, arguments: &[&str]) -> LiveRun {
        LiveRun::start(&self.folder, scenario, arguments)
    }

    /// Starts a live run with variables of the environment of its own.
    pub fn start_in(&self, environment: &[(&str, &str)], scenario: &str, arguments: &[&str]) -> LiveRun {
        LiveRun::start_in(&self.folder, environment, scenario, arguments)
    }

    /// Runs to the end, live unless the arguments say otherwise.
    pub fn run(&self, scenario: &str, arguments: &[&str]) -> Ended {
        self.start(scenario, arguments).wait(RUN_MAX)
    }
}

/// Copies of the programs, removed in the end.
pub struct ReplacedPrograms {
    pub folder: PathBuf,
}

impl Drop for ReplacedPrograms {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// No run under test takes longer: one that does is taken to hang.
pub const RUN_MAX: Duration = Duration::from_secs(1_800);

/// A `secnet run` that goes on. Dropped, it is ended with all its processes.
pub struct LiveRun {
    director: Child,
    programs: PathBuf,
    folder: PathBuf,
    stderr: PathBuf,
    started: Instant,
    /// Processes of the run seen so far, with their ids.
    seen: Vec<(String, u32)>,
}

/// What a run left.
#[derive(Debug)]
pub struct Ended {
    pub exit: Option<i32>,
    pub stderr: String,
    pub wall: Duration,
    report: Result<(Traces, LoadedRun), String>,
}

impl LiveRun {
    pub fn start(programs: &Path, scenario: &str, arguments: &[&str]) -> LiveRun {
        LiveRun::start_in(programs, &[], scenario, arguments)
    }

    fn start_in(
        programs: &Path,
        environment: &[(&str, &str)],
        scenario: &str,
        arguments: &[&str],
    ) -> LiveRun {
        let folder = scratch("run");
        // Beside it: a run folder holds nothing else.
        let stderr = folder.with_extension("stderr");
        let director = Command::new(programs.join("secnet"))
            .arg("run")
            .arg(topology(scenario))
            .args(arguments)
            .arg("--quiet")
            .arg("--out")
            .arg(&folder)
            .env("SECNET_CREDENTIALS", ANOTHER_NETWORKS)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&stderr).expect("a file for what is said"))
            .spawn()
            .expect("secnet starts");
        LiveRun {
            director,
            programs: programs.to_owned(),
            folder,
            stderr,
            started: Instant::now(),
            seen: Vec::new(),
        }
    }

    /// What `secnet status RUN [--json]` prints.
    pub fn ask(&self, arguments: &[&str]) -> Output {
        self.secnet("status", arguments)
    }

    /// What `secnet request RUN …` prints, and its exit code.
    pub fn request(&self, arguments: &[&str]) -> Output {
        self.secnet("request", arguments)
    }

    fn secnet(&self, command: &str, arguments: &[&str]) -> Output {
        Command::new(self.programs.join("secnet"))
            .arg(command)
            .arg(&self.folder)
            .args(arguments)
            .env("SECNET_CREDENTIALS", ANOTHER_NETWORKS)
            .output()
            .expect("secnet starts")
    }

    /// Where the run leaves its files; gone with this value.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The run's status, if it answers.
    pub fn status(&mut self) -> Option<RunStatus> {
        let output = self.ask(&["--json"]);
        let status: RunStatus = output
            .status
            .success()
            .then(|| serde_json::from_slice(&output.stdout).expect("a status in JSON"))?;
        for process in &status.processes {
            let known = (process.process.clone(), process.pid);
            if !self.seen.contains(&known) {
                self.seen.push(known);
            }
        }
        Some(status)
    }

    /// A short run of the demo into the same folder.
    pub fn again(&self, arguments: &[&str]) -> Output {
        Command::new(self.programs.join("secnet"))
            .arg("run")
            .arg(topology("demo.toml"))
            .args(["--for", "1min", "--quiet", "--out"])
            .arg(&self.folder)
            .args(arguments)
            .output()
            .expect("secnet starts")
    }

    pub fn goes_on(&mut self) -> bool {
        self.director.try_wait().expect("the director's state").is_none()
    }

    /// Asks until the status is as wished.
    ///
    /// # Panics
    /// When the run ends before, or it takes more than two minutes.
    pub fn wait_until(&mut self, what: &str, mut wished: impl FnMut(&RunStatus) -> bool) -> RunStatus {
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            if let Some(status) = self.status()
                && wished(&status)
            {
                return status;
            }
            let ended = self.director.try_wait().expect("the director's state");
            assert!(
                ended.is_none(),
                "the run ended ({ended:?}) before {what}: {}",
                self.said()
            );
            assert!(Instant::now() < deadline, "no sign of {what}: {}", self.said());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until every process is there and emulated time has passed `seconds`.
    pub fn wait_until_past(&mut self, seconds: f64) -> RunStatus {
        self.wait_until(&format!("{seconds} emulated seconds"), |status| {
            let nodes = status.processes.iter().flat_map(|process| &process.nodes);
            let now = nodes.map(|node| node.now.as_secs_f64()).fold(0.0, f64::max);
            status.silent.is_empty() && now > seconds
        })
    }

    /// The id of the first process whose name begins so.
    pub fn process(&self, name: &str) -> Process {
        let found = self.seen.iter().find(|(process, _)| process.starts_with(name));
        let (name, pid) = found.unwrap_or_else(|| panic!("no process {name} in {:?}", self.seen));
        Process {
            name: name.clone(),
            pid: *pid,
        }
    }

    pub fn director(&self) -> Process {
        Process {
            name: "secnet".to_owned(),
            pid: self.director.id(),
        }
    }

    /// Waits for the end, at most so long.
    ///
    /// # Panics
    /// When it takes longer.
    pub fn wait(&mut self, at_most: Duration) -> Ended {
        let deadline = Instant::now() + at_most;
        let exit = loop {
            if let Some(exit) = self.director.try_wait().expect("the director's state") {
                break exit;
            }
            assert!(
                Instant::now() < deadline,
                "the run has not ended {at_most:?} later: {}",
                String::from_utf8_lossy(&self.ask(&[]).stdout)
            );
            std::thread::sleep(Duration::from_millis(20));
        };
        Ended {
            exit: exit.code(),
            stderr: self.said(),
            wall: self.started.elapsed(),
            report: LoadedRun::load(&self.folder)
                .and_then(|run| Ok((run.load_traces()?, run)))
                .map_err(|error| error.to_string()),
        }
    }

    /// The processes of the run that are still there.
    pub fn alive(&self) -> Vec<String> {
        let alive = self
            .seen
            .iter()
            .filter(|(_, pid)| is_process_of(*pid, &self.folder));
        alive.map(|(name, _)| name.clone()).collect()
    }

    fn said(&self) -> String {
        let mut said = String::new();
        let _ = File::open(&self.stderr).and_then(|mut file| file.read_to_string(&mut said));
        said
    }
}

impl Drop for LiveRun {
    fn drop(&mut self) {
        let _ = self.director.kill();
        let _ = self.director.wait();
        for (name, pid) in &self.seen {
            if is_process_of(*pid, &self.folder) {
                let process = Process {
                    name: name.clone(),
                    pid: *pid,
                };
                process.signal("KILL");
            }
        }
        // A failed test's logs can be read.
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.folder);
            let _ = fs::remove_file(&self.stderr);
        }
    }
}

impl Ended {
    /// The run's report.
    ///
    /// # Panics
    /// When there is none.
    pub fn report(&self) -> &LoadedRun {
        &self.left().1
    }

    /// The traces of what was sampled.
    ///
    /// # Panics
    /// When the run left nothing.
    pub fn traces(&self) -> &Traces {
        &self.left().0
    }

    fn left(&self) -> &(Traces, LoadedRun) {
        let left = self.report.as_ref();
        left.unwrap_or_else(|error| panic!("{error}; exit {:?}: {}", self.exit, self.stderr))
    }

    /// What must be the same whatever the driver, the pace, the hosting and the machine's mood.
    ///
    /// # Panics
    /// When the run was not good.
    pub fn digests(&self) -> Digests {
        let report = self.report();
        assert!(
            matches!(self.exit, Some(0 | 3)),
            "exit {:?}: {}",
            self.exit,
            self.stderr
        );
        assert!(
            report.ledger.balanced && report.ledger.complete,
            "{:?}",
            report.ledger
        );
        Digests::of(report)
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Digests {
    pub ledger: String,
    pub kpis: String,
    /// Of the items sampled.
    pub traces: Option<String>,
    /// Of the tables' files, by name.
    pub tables: BTreeMap<String, String>,
}

impl Digests {
    pub fn of(run: &LoadedRun) -> Digests {
        let files = run.seal.files.clone().into_iter();
        Digests {
            ledger: run.ledger.digest.clone(),
            kpis: run.kpis.digest.clone(),
            traces: run.traces.as_ref().map(|traces| traces.digest.clone()),
            tables: files.filter(|(name, _)| name.starts_with(TABLES)).collect(),
        }
    }
}

/// A process to send signals to.
#[derive(Clone, Debug)]
pub struct Process {
    pub name: String,
    pub pid: u32,
}

impl Process {
    /// Sends `STOP`, `CONT`, `INT` or `KILL`.
    pub fn signal(&self, signal: &str) {
        let pid = self.pid.to_string();
        let sent = Command::new("sh")
            .args(["-c", "kill -s \"$0\" \"$1\"", signal, &pid])
            .stderr(Stdio::null())
            .status();
        assert!(sent.is_ok(), "no shell to send signals with");
    }
}

/// Threads that do nothing but use up a core each, until dropped.
pub struct BusyCores {
    stop: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

impl BusyCores {
    pub fn start(threads: usize) -> BusyCores {
        let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        for _ in 0..threads {
            let stop = std::sync::Arc::clone(&stop);
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        BusyCores { stop }
    }
}

impl Drop for BusyCores {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// A shipped scenario, by its file's name.
pub fn topology(name: &str) -> PathBuf {
    let name = Path::new(name);
    if name.is_absolute() {
        return name.to_owned();
    }
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../topology")
        .join(name)
}

/// A new folder under the system's temporary one.
pub fn scratch(what: &str) -> PathBuf {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let base = std::env::temp_dir().join("secnet-live-tests");
    let folder = base.join(format!("{}-{number}-{what}", std::process::id()));
    fs::create_dir_all(&folder).expect("a scratch folder");
    folder
}

/// Whether `pid` is alive and a process of the run in `folder`: ids are used again.
fn is_process_of(pid: u32, folder: &Path) -> bool {
    // A process that has ended but was not waited for has no command line.
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&command).contains(&*folder.to_string_lossy())
}
