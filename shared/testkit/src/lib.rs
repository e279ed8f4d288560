//! A network under test: a topology's participants in containers, run by a director, disturbed by a test.
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! use secnet_testkit::{NetworkUnderTest, Setup};
//! use std::time::Duration;
//!
//! let engine = match secnet_testkit::engine("secnet:latest") {
//!     Ok(engine) => engine,
//!     Err(why) => return Ok(eprintln!("skipped: {why}")),
//! };
//! let setup = Setup::new("topology/demo.toml").with(&["horizon=2min"]);
//! let mut network = NetworkUnderTest::start(&engine, &setup)?;
//! network.wait_until_healthy(Duration::from_secs(60))?;
//! network.run(&["--speed", "20", "--interactive"])?;
//! network.wait_until("half a minute", |status| status.wall_seconds > 1.5)?;
//! let read = network.request(&["--from", "OVO", "--srv", "4.1.1", "--premises", "1274"])?;
//! network.pause("csp-north", Duration::from_secs(10))?;
//! let read = network.wait_for(&read, Duration::from_secs(60))?;
//! println!("{:?} after {:?}", read.ended, read.response_time());
//! let ended = network.wait(Duration::from_secs(120))?;
//! println!("exit {:?}, ledger {}", ended.exit, ended.report()?.ledger.digest);
//! # Ok(())
//! # }
//! ```
//!
//! The image is the one `docker/assemble` makes; the director is the program `secnet` on this machine. Everything a
//! network started is gone when it is dropped.
//!
//! A request a test has a User send, before the start ([`Setup::request`]) or while the network runs
//! ([`NetworkUnderTest::request`]), is part of the scenario the run leaves behind, so that it can be repeated to the last
//! digit.
//!
//! Not here: what is promised of a network.

use anyhow::{Context, bail, ensure};
use secnet_fabric::authority::{self, Wish};
use secnet_fabric::containers::{Containers, Engine};
use secnet_fabric::report::RunStatus;
use secnet_model::SimDuration;
use secnet_results::traces::SpanRecord;
use secnet_results::{LoadedRun, Traces};
use secnet_topology::compose::{Compose, CredentialsFrom, render};
pub use secnet_topology::live_requests::TakenRequest;
pub use secnet_topology::scenario::RequestParams;
use secnet_topology::{Bus, Layout, World};
use serde::de::DeserializeOwned;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The folder of credentials beside the compose file.
const CREDENTIALS: &str = "credentials";
/// How often a test looks again.
const LOOK: Duration = Duration::from_millis(200);

/// The engine, if there is one that has the image; what is missing otherwise. A test without it is to be skipped aloud.
pub fn engine(image: &str) -> anyhow::Result<Engine> {
    let engine = Engine::find()?;
    ensure!(
        engine.has_image(image),
        "there is no image {image}; docker/assemble makes it"
    );
    Ok(engine)
}

/// What is to be started.
#[derive(Clone, Debug)]
pub struct Setup {
    scenario: PathBuf,
    overrides: Vec<String>,
    requests: Vec<RequestParams>,
    image: String,
    /// The program `secnet`.
    director: PathBuf,
}

impl Setup {
    /// The scenario as its file has it, in `secnet:latest`, run by the `secnet` that is found.
    pub fn new(scenario: impl Into<PathBuf>) -> Setup {
        Setup {
            scenario: scenario.into(),
            overrides: Vec::new(),
            requests: Vec::new(),
            image: "secnet:latest".to_owned(),
            director: PathBuf::from("secnet"),
        }
    }

    /// `key=value`, as `--set` takes them.
    pub fn with(mut self, overrides: &[&str]) -> Setup {
        self.overrides
            .extend(overrides.iter().map(|text| (*text).to_owned()));
        self
    }

    /// Has a User send a request besides those of the scenario. Its premises is watched, so that
    /// [`Ended::steps_of`] can tell what became of it.
    pub fn request(mut self, request: RequestParams) -> Setup {
        self.requests.push(request);
        self
    }

    pub fn image(mut self, image: &str) -> Setup {
        image.clone_into(&mut self.image);
        self
    }

    pub fn director(mut self, program: impl Into<PathBuf>) -> Setup {
        self.director = program.into();
        self
    }
}

/// Containers that are up, and the director that runs them once it is started.
pub struct NetworkUnderTest {
    containers: Containers,
    layout: Layout,
    director_program: PathBuf,
    director: Option<Child>,
    folder: Folder,
}

/// Removed in the end, unless the test failed: then the logs can be read.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

/// What a run left.
#[derive(Debug)]
pub struct Ended {
    /// The director's exit code: 0 good, 3 a verdict missed, 4 incomplete, 5 unbalanced.
    pub exit: Option<i32>,
    pub stderr: String,
    report: Result<LoadedRun, String>,
    traces: Traces,
}

impl Ended {
    pub fn report(&self) -> anyhow::Result<&LoadedRun> {
        self.report
            .as_ref()
            .map_err(|error| anyhow::anyhow!("{error}; exit {:?}: {}", self.exit, self.stderr))
    }

    /// A request's way through the network, its whole first; empty where the network has not seen it.
    pub fn steps_of(&self, request: &RequestParams) -> &[SpanRecord] {
        let at_us = SimDuration::from(request.at).as_micros();
        let is_it = |span: &SpanRecord| {
            let about = &span.attributes;
            span.is_root()
                && span.begin_us == at_us
                && about.srv.as_ref() == Some(&request.srv)
                && about.user.as_ref() == Some(&request.from)
                && about.premises == request.premises
        };
        let mut trees = self.traces.trees();
        trees.find(|tree| tree.iter().any(is_it)).unwrap_or_default()
    }

    /// What must be the same whatever happened to the containers: the digests of ledger and KPIs of a good run.
    pub fn digests(&self) -> anyhow::Result<(String, String)> {
        let report = self.report()?;
        ensure!(
            matches!(self.exit, Some(0 | 3)) && report.ledger.balanced && report.ledger.complete,
            "exit {:?}: {}",
            self.exit,
            self.stderr
        );
        Ok((report.ledger.digest.clone(), report.kpis.digest.clone()))
    }
}

impl NetworkUnderTest {
    /// Brings the containers up. They wait for a director.
    pub fn start(engine: &Engine, setup: &Setup) -> anyhow::Result<NetworkUnderTest> {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let folder =
            Folder(std::env::temp_dir().join(format!("secnet-network-{}-{number}", std::process::id())));
        fs::create_dir_all(&folder.0).with_context(|| format!("cannot make {}", folder.0.display()))?;
        let mut scenario = secnet_topology::load(&setup.scenario, &setup.overrides)?;
        let premises = setup.requests.iter().filter_map(|request| request.premises);
        scenario.tracing.watch.extend(premises);
        scenario.requests.extend(setup.requests.iter().cloned());
        fs::write(folder.0.join("scenario.toml"), scenario.to_toml()?)?;
        let layout = World::new(scenario)?.layout();
        authority::issue(&layout, &folder.0.join(CREDENTIALS), &Wish::default())?;
        let text = render(
            &layout,
            &Compose {
                heading: "A network under test.",
                image: &setup.image,
                scenario: "./scenario.toml",
                flags: &[],
                director: None,
                bus: Bus::default(),
                credentials: CredentialsFrom::Folder("./credentials"),
                part: None,
            },
        );
        Ok(NetworkUnderTest {
            containers: engine.up(&text, &folder.0)?,
            layout,
            director_program: setup.director.clone(),
            director: None,
            folder,
        })
    }

    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The containers themselves, for what is not here.
    pub fn containers(&self) -> &Containers {
        &self.containers
    }

    /// Where another director, or a participant of the test's own, finds the control service.
    pub fn control(&self) -> String {
        self.containers.control(Bus::default().transport())
    }

    /// Everybody's credentials, each identity's in a folder of its own, as `--credentials` takes them.
    pub fn credentials(&self) -> PathBuf {
        self.folder.0.join(CREDENTIALS)
    }

    /// Every health check has succeeded.
    pub fn wait_until_healthy(&self, at_most: Duration) -> anyhow::Result<()> {
        let deadline = Instant::now() + at_most;
        loop {
            let containers = self.containers.list()?;
            let sick: Vec<String> = containers
                .iter()
                .filter(|container| !container.state.contains("(healthy)"))
                .map(|container| format!("{}: {}", container.service, container.state))
                .collect();
            if sick.is_empty() {
                return Ok(());
            }
            ensure!(
                Instant::now() < deadline,
                "not healthy after {at_most:?}: {}",
                sick.join("; ")
            );
            std::thread::sleep(LOOK);
        }
    }

    /// Starts a director: `secnet attach`, with these arguments more.
    pub fn run(&mut self, arguments: &[&str]) -> anyhow::Result<()> {
        ensure!(self.director.is_none(), "a director runs this network already");
        let program = &self.director_program;
        let director = Command::new(program)
            .args(["attach", &self.control(), "--quiet", "--credentials"])
            .arg(self.credentials())
            .args(arguments)
            .arg("--out")
            .arg(self.run_folder())
            .arg("--replace")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(self.folder.0.join("director.log"))?)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        self.director = Some(director);
        Ok(())
    }

    /// Where the run leaves its files; gone with this value.
    pub fn run_folder(&self) -> PathBuf {
        self.folder.0.join("run")
    }

    /// How the run goes; `None` before it answers and when it has ended.
    pub fn status(&self) -> Option<RunStatus> {
        let Output { status, stdout, .. } = Command::new(&self.director_program)
            .arg("status")
            .arg(self.run_folder())
            .arg("--json")
            .output()
            .ok()?;
        status.success().then(|| serde_json::from_slice(&stdout).ok())?
    }

    /// Asks until the status is as wished; an error if the run ends before.
    pub fn wait_until(
        &mut self,
        what: &str,
        mut wished: impl FnMut(&RunStatus) -> bool,
    ) -> anyhow::Result<RunStatus> {
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            if let Some(status) = self.status().filter(|status| wished(status)) {
                return Ok(status);
            }
            let ended = match &mut self.director {
                Some(director) => director.try_wait()?,
                None => bail!("no director runs this network"),
            };
            if let Some(ended) = ended {
                bail!("the run ended ({ended}) before {what}: {}", self.said());
            }
            ensure!(Instant::now() < deadline, "no sign of {what}: {}", self.said());
            std::thread::sleep(LOOK);
        }
    }

    /// Has a User send a request now; `arguments` as `secnet request` takes them. Users that are to be ready for it need a run
    /// with `--interactive`.
    pub fn request(&self, arguments: &[&str]) -> anyhow::Result<TakenRequest> {
        self.ask_requests(arguments)
    }

    /// Waits until a request has ended.
    pub fn wait_for(&self, request: &TakenRequest, at_most: Duration) -> anyhow::Result<TakenRequest> {
        let deadline = Instant::now() + at_most;
        let from = &request.request.from;
        loop {
            let known: Vec<TakenRequest> = self.ask_requests(&["--list", "--from", from])?;
            let found = known.into_iter().find(|known| known.number == request.number);
            match found.with_context(|| format!("{from} knows of no request {}", request.number))? {
                ended if ended.ended.is_some() => return Ok(ended),
                open => ensure!(Instant::now() < deadline, "no answer after {at_most:?}: {open:?}"),
            }
            std::thread::sleep(LOOK);
        }
    }

    fn ask_requests<T: DeserializeOwned>(&self, arguments: &[&str]) -> anyhow::Result<T> {
        let Output {
            status,
            stdout,
            stderr,
        } = Command::new(&self.director_program)
            .arg("request")
            .arg(self.run_folder())
            .arg("--json")
            .args(arguments)
            .output()?;
        ensure!(status.success(), "{}", String::from_utf8_lossy(&stderr).trim());
        Ok(serde_json::from_slice(&stdout)?)
    }

    /// The first process whose name begins so.
    pub fn process(&self, name: &str) -> anyhow::Result<&str> {
        let mut names = self.layout.processes.iter().map(|process| process.name.as_str());
        names
            .find(|process| process.starts_with(name))
            .with_context(|| format!("no process's name begins with {name}"))
    }

    /// Stands still for so long.
    pub fn pause(&self, process: &str, span: Duration) -> anyhow::Result<()> {
        self.containers.pause(process)?;
        std::thread::sleep(span);
        self.containers.resume(process)
    }

    /// Off all its networks for so long.
    pub fn cut(&self, process: &str, span: Duration) -> anyhow::Result<()> {
        let places = self.containers.cut(process)?;
        std::thread::sleep(span);
        self.containers.join(&places)
    }

    pub fn kill(&self, process: &str) -> anyhow::Result<()> {
        self.containers.kill(process)
    }

    /// Waits for the end of the run.
    pub fn wait(&mut self, at_most: Duration) -> anyhow::Result<Ended> {
        let deadline = Instant::now() + at_most;
        loop {
            let director = self.director.as_mut().context("no director runs this network")?;
            if let Some(exit) = director.try_wait()? {
                self.director = None;
                let report = LoadedRun::load(self.run_folder());
                let traces = report.as_ref().ok().map(LoadedRun::load_traces).transpose()?;
                return Ok(Ended {
                    exit: exit.code(),
                    stderr: self.said(),
                    report: report.map_err(|error| error.to_string()),
                    traces: traces.unwrap_or_default(),
                });
            }
            ensure!(
                Instant::now() < deadline,
                "the run has not ended {at_most:?} later: {}",
                self.said()
            );
            std::thread::sleep(LOOK);
        }
    }

    fn said(&self) -> String {
        fs::read_to_string(self.folder.0.join("director.log")).unwrap_or_default()
    }

    /// Where scenario, compose file and logs are while the network is there.
    pub fn folder(&self) -> &Path {
        &self.folder.0
    }
}

impl Drop for NetworkUnderTest {
    fn drop(&mut self) {
        if let Some(director) = &mut self.director {
            let _ = director.kill();
            let _ = director.wait();
        }
        if std::thread::panicking() {
            let _ = self.containers.store_logs(&self.folder.0.join("logs"));
        }
    }
}
