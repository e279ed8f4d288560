//! `runs/<name>/`: written whole or not at all, file by file, and read back.

use crate::traces::{Traces, TracesSummary};
use crate::{Kpis, LedgerReport, RunReport};
use secnet_topology::Timeline;
use secnet_topology::scenario::Scenario;
use secnet_topology::timeline::Event;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, BufRead, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, thread};

pub const SCENARIO: &str = "scenario.toml";
pub const MANIFEST: &str = "manifest.json";
pub const LEDGER: &str = "ledger.json";
pub const KPIS: &str = "kpis.json";
/// Only of a run that sampled any.
pub const TRACES: &str = "traces.jsonl";
/// Only while a live run goes on, or of one that was killed.
pub const LAUNCH: &str = "launch.json";
/// A folder: what processes or containers said.
pub const LOGS: &str = "logs";
/// Only of a run in containers.
pub const COMPOSE: &str = "compose.yaml";
/// Of an assessment: its results, its report, and the scenario on either side.
pub const ASSESSMENT: &str = "assessment.json";
pub const ASSESSMENT_REPORT: &str = "assessment.md";
pub const WITH: &str = "with.toml";
pub const WITHOUT: &str = "without.toml";

/// The facts about a run that another run of the same scenario does not share. None may enter a digest.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Manifest {
    pub secnet_version: String,
    /// The command line.
    pub command: Vec<String>,
    pub scenario: String,
    pub seed: u64,
    /// `live`, `attached`, `compose` or `virtual`.
    pub driver: String,
    pub threads: u32,
    /// Processes the nodes ran in.
    pub processes: u32,
    /// `max`, or emulated seconds per second.
    pub speed: String,
    pub machine: Machine,
    /// UTC date and time.
    pub started_at: String,
    pub wall_seconds: f64,
    pub emulated_seconds: f64,
    /// Whether emulated time reached the scenario's end.
    pub finished: bool,
    /// How far each node fell behind its pace at most, in seconds; empty when there was no pace to keep.
    pub lag_max_s: BTreeMap<String, f64>,
    /// Frames sent between processes, and how many of them had to be sent again.
    #[serde(default)]
    pub frames_sent: u64,
    #[serde(default)]
    pub frames_resent: u64,
    /// What became of the spans of sampled items.
    #[serde(default)]
    pub spans: SpanCounts,
    /// The scenario's timeline.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventFact>,
    /// Parameters of the scenario that stand on no public source.
    pub assumed_parameters: Vec<String>,
}

/// An event of the scenario's timeline, in microseconds since its epoch.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EventFact {
    pub name: String,
    pub kind: String,
    /// What it is about: `csp-north`, `OVO`.
    pub about: String,
    pub begins_us: u64,
    /// Absent where it lasts to the end of the run, or is a moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_us: Option<u64>,
    /// The whole in one line.
    pub text: String,
}

impl EventFact {
    pub fn all_of(timeline: &Timeline) -> Vec<EventFact> {
        let fact = |event: &Event| EventFact {
            name: event.name.clone(),
            kind: event.kind.to_owned(),
            about: event.about.clone(),
            begins_us: event.begins.as_micros(),
            ends_us: (!event.ends.is_never()).then(|| event.ends.as_micros()),
            text: event.to_string(),
        };
        timeline.events().iter().map(fact).collect()
    }
}

/// Spans of sampled items. Those dropped are missing from traces; no result depends on them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct SpanCounts {
    /// In `traces.jsonl`.
    pub kept: u64,
    /// Did not fit `tracing.spans_max`.
    pub dropped: u64,
    /// Handed to the OTLP endpoint, where one was named.
    pub exported: u64,
    /// Meant for it and dropped: it was down, slow or gone.
    pub not_exported: u64,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Machine {
    pub os: String,
    pub architecture: String,
    pub processor: String,
    pub cores: usize,
    pub memory_bytes: u64,
}

impl Machine {
    /// The machine this runs on, as far as it says.
    pub fn here() -> Machine {
        let line = |file: &str, key: &str| {
            let text = fs::read_to_string(file).unwrap_or_default();
            let line = text.lines().find(|line| line.starts_with(key))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let memory_kib = line("/proc/meminfo", "MemTotal").unwrap_or_default();
        Machine {
            os: std::env::consts::OS.to_owned(),
            architecture: std::env::consts::ARCH.to_owned(),
            processor: line("/proc/cpuinfo", "model name").unwrap_or_default(),
            cores: thread::available_parallelism().map_or(1, |cores| cores.get()),
            memory_bytes: memory_kib.trim_end_matches(" kB").parse().unwrap_or(0) * 1_024,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum RunFolderError {
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is not what secnet writes there: {problem}", path.display())]
    Malformed { path: PathBuf, problem: String },
    #[error("{} holds no finished run: it has no {MANIFEST}", path.display())]
    NoRun { path: PathBuf },
    #[error("there is no folder {}", path.display())]
    NoFolder { path: PathBuf },
    #[error("another run is writing to {}", path.display())]
    InUse { path: PathBuf },
    #[error(
        "{} holds {name}, which no run of secnet wrote",
        path.display()
    )]
    Foreign { path: PathBuf, name: String },
    #[error("{} is a link", path.display())]
    Link { path: PathBuf },
}

/// What the first line of a processed scenario says, so that a user's own is told from it.
const WRITTEN_BY_US: &str =
    "# The scenario as it ran, written by secnet: every default filled in, every override applied.\n\n";

/// What runs, studies and their containers leave in a folder.
const WRITTEN: [&str; 12] = [
    SCENARIO,
    MANIFEST,
    LEDGER,
    KPIS,
    TRACES,
    LAUNCH,
    LOGS,
    COMPOSE,
    ASSESSMENT,
    ASSESSMENT_REPORT,
    WITH,
    WITHOUT,
];

/// A folder to write a run's files to, which nobody else writes to until it is dropped.
#[derive(Clone, Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// Locked for this run alone.
    _claim: Arc<fs::File>,
}

/// A run as read back from its folder.
#[derive(Clone, Debug)]
pub struct LoadedRun {
    pub path: PathBuf,
    /// As it was written: a folder may be older than today's scenario format.
    pub scenario: toml::Table,
    pub manifest: Manifest,
    pub ledger: LedgerReport,
    pub kpis: Kpis,
    /// Of a run that sampled any.
    pub traces: Option<TracesSummary>,
}

impl RunFolder {
    /// Makes the folder where needed, and claims it: while this run has it no other gets it. A folder with anything in it that
    /// no run wrote is refused. An earlier run's manifest and traces are removed, as the folder no longer holds that run.
    pub fn create(path: impl Into<PathBuf>) -> Result<RunFolder, RunFolderError> {
        let path = path.into();
        let failed = |path: &Path, source| RunFolderError::Write {
            path: path.to_owned(),
            source,
        };
        if path.is_symlink() {
            return Err(RunFolderError::Link { path });
        }
        fs::create_dir_all(&path).map_err(|source| failed(&path, source))?;
        let claim = fs::File::open(&path).map_err(|source| failed(&path, source))?;
        match claim.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(RunFolderError::InUse { path }),
            Err(fs::TryLockError::Error(source)) => return Err(failed(&path, source)),
        }
        if let Some(name) = foreign(&path).map_err(|source| failed(&path, source))? {
            return Err(RunFolderError::Foreign { path, name });
        }
        for stale in [MANIFEST, TRACES].map(|name| path.join(name)) {
            match fs::remove_file(&stale) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(failed(&stale, source));
                }
                _ => {}
            }
        }
        Ok(RunFolder {
            path,
            _claim: Arc::new(claim),
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a run that has ended. The manifest comes last: a folder that has one is complete.
    pub fn write(
        &self,
        scenario: &Scenario,
        manifest: &Manifest,
        report: &RunReport,
    ) -> Result<(), RunFolderError> {
        self.write_scenario(scenario)?;
        self.write_json(LEDGER, &report.ledger)?;
        self.write_json(KPIS, &report.kpis)?;
        self.write_json(MANIFEST, manifest)
    }

    /// The traces, where there are any; before [`RunFolder::write`], as the manifest comes last.
    pub fn write_traces(&self, traces: &Traces) -> Result<(), RunFolderError> {
        if traces.is_empty() {
            return Ok(());
        }
        let lines = traces
            .to_lines()
            .map_err(|problem| self.malformed(TRACES, &problem))?;
        self.write_file(TRACES, lines.as_bytes())
    }

    /// The processed scenario alone: it is known before the run starts.
    pub fn write_scenario(&self, scenario: &Scenario) -> Result<(), RunFolderError> {
        let text = toml::to_string_pretty(scenario).map_err(|problem| self.malformed(SCENARIO, &problem))?;
        self.write_file(SCENARIO, format!("{WRITTEN_BY_US}{text}").as_bytes())
    }

    pub fn write_json(&self, name: &str, content: &impl Serialize) -> Result<(), RunFolderError> {
        let mut text =
            serde_json::to_vec_pretty(content).map_err(|problem| self.malformed(name, &problem))?;
        text.push(b'\n');
        self.write_file(name, &text)
    }

    /// Writes beside the file, then puts it in its place, so that no reader meets half of it.
    pub fn write_file(&self, name: &str, content: &[u8]) -> Result<(), RunFolderError> {
        let (path, temporary) = (self.path.join(name), self.path.join(format!(".{name}.part")));
        let write = || -> io::Result<()> {
            let mut file = fs::File::create(&temporary)?;
            file.write_all(content)?;
            file.sync_all()?;
            fs::rename(&temporary, &path)
        };
        write().map_err(|source| {
            // What is left of a failed attempt may be what fills the disk.
            let _ = fs::remove_file(&temporary);
            RunFolderError::Write { path, source }
        })
    }

    fn malformed(&self, name: &str, problem: &dyn std::fmt::Display) -> RunFolderError {
        RunFolderError::Malformed {
            path: self.path.join(name),
            problem: problem.to_string(),
        }
    }
}

/// The first thing in the folder, by name, that no run wrote: also a scenario that is the user's own, and a link.
fn foreign(folder: &Path) -> io::Result<Option<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let written = name
            .strip_prefix('.')
            .and_then(|name| name.strip_suffix(".part"))
            .unwrap_or(&name);
        let is_ours = WRITTEN.contains(&written) && !entry.file_type()?.is_symlink();
        let is_users_scenario =
            name == SCENARIO && !folder.join(MANIFEST).exists() && !is_processed(&entry.path())?;
        if !is_ours || is_users_scenario {
            names.push(name);
        }
    }
    Ok(names.into_iter().min())
}

fn is_processed(scenario: &Path) -> io::Result<bool> {
    let mut line = String::new();
    let file = io::BufReader::new(fs::File::open(scenario)?);
    file.take(WRITTEN_BY_US.len() as u64).read_to_string(&mut line)?;
    Ok(line == WRITTEN_BY_US)
}

impl LoadedRun {
    pub fn load(path: impl Into<PathBuf>) -> Result<LoadedRun, RunFolderError> {
        let path = path.into();
        if !path.is_dir() {
            return Err(RunFolderError::NoFolder { path });
        }
        if !path.join(MANIFEST).exists() {
            return Err(RunFolderError::NoRun { path });
        }
        let manifest = read_json(path.join(MANIFEST))?;
        let scenario_path = path.join(SCENARIO);
        let scenario = read(&scenario_path)?
            .parse()
            .map_err(|problem: toml::de::Error| RunFolderError::Malformed {
                path: scenario_path,
                problem: problem.to_string(),
            })?;
        let (ledger, kpis): (LedgerReport, Kpis) =
            (read_json(path.join(LEDGER))?, read_json(path.join(KPIS))?);
        check_digest(path.join(LEDGER), &ledger.digest, ledger.digest_of_content())?;
        check_digest(path.join(KPIS), &kpis.digest, kpis.digest_of_content())?;
        let traces = match path.join(TRACES) {
            file if file.exists() => Some(read_summary(&file)?),
            _ => None,
        };
        Ok(LoadedRun {
            path,
            scenario,
            manifest,
            ledger,
            kpis,
            traces,
        })
    }

    /// All spans; none where the run sampled nothing.
    pub fn load_traces(&self) -> Result<Traces, RunFolderError> {
        if self.traces.is_none() {
            return Ok(Traces::default());
        }
        let path = self.path.join(TRACES);
        Traces::parse(&read(&path)?).map_err(|problem| RunFolderError::Malformed {
            path,
            problem: problem.to_string(),
        })
    }
}

/// The first line alone: the rest may be long.
fn read_summary(path: &Path) -> Result<TracesSummary, RunFolderError> {
    let read = || -> io::Result<String> {
        let mut line = String::new();
        io::BufReader::new(fs::File::open(path)?).read_line(&mut line)?;
        Ok(line)
    };
    let line = read().map_err(|source| RunFolderError::Read {
        path: path.to_owned(),
        source,
    })?;
    serde_json::from_str(&line).map_err(|problem| RunFolderError::Malformed {
        path: path.to_owned(),
        problem: problem.to_string(),
    })
}

fn read(path: &Path) -> Result<String, RunFolderError> {
    fs::read_to_string(path).map_err(|source| RunFolderError::Read {
        path: path.to_owned(),
        source,
    })
}

fn read_json<T: DeserializeOwned>(path: PathBuf) -> Result<T, RunFolderError> {
    let text = read(&path)?;
    serde_json::from_str(&text).map_err(|problem| RunFolderError::Malformed {
        path,
        problem: problem.to_string(),
    })
}

fn check_digest(path: PathBuf, written: &str, of_content: String) -> Result<(), RunFolderError> {
    if written == of_content {
        return Ok(());
    }
    let problem = format!("its content has the digest {of_content}, not the {written} it states");
    Err(RunFolderError::Malformed { path, problem })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    /// A folder of its own for each test, gone at its end.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Scratch {
            let path = std::env::temp_dir().join(format!("secnet-results-{}-{name}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            Scratch(path)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn written(scratch: &Scratch) -> RunFolder {
        let folder = RunFolder::create(scratch.0.join("tiny")).unwrap();
        let manifest = Manifest {
            scenario: "tiny".to_owned(),
            machine: Machine::here(),
            ..Manifest::default()
        };
        folder
            .write(&sample::scenario(), &manifest, &sample::run().report())
            .unwrap();
        folder
    }

    fn error(path: &Path) -> String {
        LoadedRun::load(path).map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn a_run_is_read_back_as_it_was_written() {
        let scratch = Scratch::new("read-back");
        let folder = written(&scratch);
        let (loaded, report) = (LoadedRun::load(folder.path()).unwrap(), sample::run().report());
        assert_eq!((loaded.ledger, loaded.kpis), (report.ledger, report.kpis));
        assert_eq!(loaded.manifest.machine, Machine::here());
        assert_eq!(
            loaded.scenario.try_into::<Scenario>().unwrap(),
            sample::scenario()
        );
        let mut files: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        files.sort();
        assert_eq!(files, [KPIS, LEDGER, MANIFEST, SCENARIO]);
    }

    #[test]
    fn a_folder_without_a_manifest_is_no_run_and_a_reused_folder_is_none_until_written() {
        let scratch = Scratch::new("no-run");
        let path = written(&scratch).path().to_owned();
        let folder = RunFolder::create(path).unwrap();
        assert!(error(folder.path()).ends_with("holds no finished run: it has no manifest.json"));
    }

    #[test]
    fn a_folder_is_one_runs_at_a_time() {
        let scratch = Scratch::new("claimed");
        let first = written(&scratch);
        let problem = RunFolder::create(first.path()).unwrap_err().to_string();
        assert!(problem.starts_with("another run is writing to "), "{problem}");
        assert!(LoadedRun::load(first.path()).is_ok(), "nothing of it is touched");
        let path = first.path().to_owned();
        drop(first);
        RunFolder::create(path).unwrap();
    }

    #[test]
    fn what_no_run_wrote_is_not_written_over() {
        let scratch = Scratch::new("foreign");
        let refused = |name: &str| {
            let problem = RunFolder::create(&scratch.0).unwrap_err().to_string();
            assert!(
                problem.contains(&format!(" holds {name}, which no run")),
                "{problem}"
            );
        };
        fs::create_dir_all(&scratch.0).unwrap();
        fs::write(scratch.0.join("thesis.odt"), "years of work").unwrap();
        refused("thesis.odt");
        fs::remove_file(scratch.0.join("thesis.odt")).unwrap();
        // A scenario that is the user's own has the name of ours.
        let own = toml::to_string(&sample::scenario()).unwrap();
        fs::write(scratch.0.join(SCENARIO), &own).unwrap();
        refused(SCENARIO);
        assert_eq!(fs::read_to_string(scratch.0.join(SCENARIO)).unwrap(), own);
        fs::remove_file(scratch.0.join(SCENARIO)).unwrap();
        // What a run that was cut off leaves is.
        RunFolder::create(&scratch.0)
            .unwrap()
            .write_scenario(&sample::scenario())
            .unwrap();
        RunFolder::create(&scratch.0).unwrap();
        let elsewhere = Scratch::new("foreign-target");
        fs::create_dir_all(&elsewhere.0).unwrap();
        std::os::unix::fs::symlink(&elsewhere.0, scratch.0.join("logs")).unwrap();
        refused("logs");
        let link = scratch.0.with_extension("link");
        let _ = fs::remove_file(&link);
        std::os::unix::fs::symlink(&elsewhere.0, &link).unwrap();
        let problem = RunFolder::create(&link).unwrap_err().to_string();
        fs::remove_file(&link).unwrap();
        assert!(problem.contains(" is a link"), "{problem}");
    }

    #[test]
    fn a_changed_file_is_told_by_its_digest() {
        let scratch = Scratch::new("changed");
        let folder = written(&scratch);
        let path = folder.path().join(LEDGER);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("\"delivered\": 4", "\"delivered\": 5")).unwrap();
        assert!(
            error(folder.path()).contains("ledger.json is not what secnet writes there: its content has")
        );
        fs::write(&path, "{").unwrap();
        assert!(error(folder.path()).contains("ledger.json is not what secnet writes there: EOF"));
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let scratch = Scratch::new("unwritable");
        let folder = written(&scratch);
        fs::create_dir(folder.path().join("taken")).unwrap();
        let problem = folder.write_file("taken", b"x").unwrap_err().to_string();
        assert!(
            problem.starts_with("cannot write ") && problem.contains("taken: "),
            "{problem}"
        );
        assert!(!folder.path().join(".taken.part").exists());
        let below_a_file = folder.path().join(LEDGER).join("below");
        let problem = RunFolder::create(below_a_file).unwrap_err().to_string();
        assert!(problem.contains("ledger.json/below: "), "{problem}");
    }
}
