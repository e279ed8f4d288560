//! The live network a command means: the one at an endpoint, the one a run folder belongs to, or the newest under `runs/`.

use crate::cancellation::Cancellation;
use crate::control_offer::{check_endpoint, fetch};
use crate::exit::bad_input;
use secnet_fabric::{ControlPlane, Credentials, CredentialsArguments, Launch};
use secnet_results::run_folder::{LAUNCH, LAUNCH_SCENARIO};
use secnet_topology::{Scenario, Transport};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where runs are kept unless they are sent elsewhere.
pub const RUNS: &str = "runs";
/// How long an answer from a network may take.
pub const PATIENCE: Duration = Duration::from_secs(5);

pub struct LiveNetwork {
    pub launch: Launch,
    scenario: Source,
}

enum Source {
    File(PathBuf),
    Fetched(Box<Scenario>),
}

impl LiveNetwork {
    /// `run` is a run folder or where a control service listens, `tcp/127.0.0.1:7447`.
    pub fn find(run: Option<&Path>, credentials: &CredentialsArguments) -> anyhow::Result<LiveNetwork> {
        let given = credentials.credentials.as_deref();
        let endpoint = run
            .and_then(Path::to_str)
            .filter(|run| Transport::of(run).is_some());
        if let Some(endpoint) = endpoint {
            check_endpoint(endpoint).map_err(bad_input)?;
            let plane = ControlPlane {
                endpoint: endpoint.to_owned(),
                credentials: given.map(Credentials::of_anybody),
            };
            let (launch, scenario) = fetch(&plane, given, PATIENCE, &Cancellation::default())?;
            let scenario = Source::Fetched(Box::new(scenario));
            return Ok(LiveNetwork { launch, scenario });
        }
        let folder = match run {
            Some(folder) if folder.join(LAUNCH).exists() => folder.to_path_buf(),
            Some(folder) => newest(folder, LAUNCH).unwrap_or_else(|| folder.to_path_buf()),
            None => newest(Path::new(RUNS), LAUNCH)
                .ok_or_else(|| bad_input(format!("no live run goes on under {RUNS}/")))?,
        };
        let file = folder.join(LAUNCH);
        let here = folder.display();
        if !file.exists() {
            return Err(bad_input(format!("no live run goes on in {here}")));
        }
        // Whose credentials it takes the launch says, whatever the environment has for another network.
        let launch = Launch::load(&file).map_err(|error| bad_input(format!("{error:#}")))?;
        if !launch.endpoints.is_control_open() {
            return Err(bad_input(format!(
                "no live run goes on in {here}: the one that did was killed"
            )));
        }
        Ok(LiveNetwork {
            launch,
            scenario: Source::File(folder.join(LAUNCH_SCENARIO)),
        })
    }

    /// Its control plane, for whoever `identity` makes of a folder of credentials.
    pub fn plane(&self, identity: impl Fn(&Path) -> Credentials) -> ControlPlane {
        ControlPlane {
            endpoint: self.launch.endpoints.control.clone(),
            credentials: self.launch.credentials.as_deref().map(identity),
        }
    }

    /// What the network runs.
    pub fn scenario(&self) -> anyhow::Result<Scenario> {
        match &self.scenario {
            Source::File(file) => {
                let scenario = secnet_topology::load(file, &[]).map_err(bad_input)?;
                self.launch
                    .check_scenario(&scenario)
                    .map_err(|error| bad_input(format!("{}: {error:#}", file.display())))?;
                Ok(scenario)
            }
            Source::Fetched(scenario) => Ok((**scenario).clone()),
        }
    }
}

/// The folder under `runs`, or in a folder of numbered runs there, whose `file` is the newest.
pub fn newest(runs: &Path, file: &str) -> Option<PathBuf> {
    let folders = run_folders(runs)
        .into_iter()
        .filter(|folder| folder.join(file).exists());
    folders.max_by_key(|folder| {
        let metadata = folder.join(file).metadata();
        metadata.and_then(|metadata| metadata.modified()).ok()
    })
}

/// Where runs may be: that folder, those in it, and those in these, which may be folders of numbered runs.
pub fn run_folders(runs: &Path) -> Vec<PathBuf> {
    let inside = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        // The link to the newest is that one over again.
        let folders = entries
            .map(|entry| entry.path())
            .filter(|path| !path.is_symlink() && path.is_dir());
        folders.collect::<Vec<PathBuf>>()
    };
    let mut folders = vec![runs.to_owned()];
    for folder in inside(runs) {
        folders.extend(inside(&folder));
        folders.push(folder);
    }
    folders
}
