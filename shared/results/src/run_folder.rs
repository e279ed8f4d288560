//! `runs/<name>/`: written whole or not at all, and read back if it is what the run wrote.

use crate::seal::{Seal, digest_of_bytes};
use crate::traces::{Traces, TracesSummary};
use crate::{Kpis, LedgerReport, RunReport};
use secnet_topology::Timeline;
use secnet_topology::scenario::Scenario;
use secnet_topology::timeline::Event;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, thread};

pub const SCENARIO: &str = "scenario.toml";
pub const MANIFEST: &str = "manifest.json";
pub const LEDGER: &str = "ledger.json";
pub const KPIS: &str = "kpis.json";
/// Only of a run that sampled any.
pub const TRACES: &str = "traces.jsonl";
/// The digest of each of the files above. It is written last.
pub const DIGESTS: &str = "digests.json";
/// Only while a live run goes on, or of one that was killed: where it answers, and the scenario its processes read.
pub const LAUNCH: &str = "launch.json";
pub const LAUNCH_SCENARIO: &str = "launch.toml";
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
    #[error(
        "{} is not what the run wrote: it has changed since; take a copy that is whole, or run {SCENARIO} again",
        path.display()
    )]
    Changed { path: PathBuf },
    #[error("{} is not the run's: take it out of the folder", path.display())]
    NotOfTheRun { path: PathBuf },
    #[error("{} is no file: a run folder holds files alone, no links, pipes or devices", path.display())]
    NotAFile { path: PathBuf },
    #[error("{} is larger than the {bytes_max} bytes that are read of such a file", path.display())]
    TooLarge { path: PathBuf, bytes_max: u64 },
    #[error(
        "{} has no {DIGESTS}, by which its files are checked: run its {SCENARIO} again",
        path.display()
    )]
    Unsealed { path: PathBuf },
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
const WRITTEN: [&str; 14] = [
    SCENARIO,
    MANIFEST,
    LEDGER,
    KPIS,
    TRACES,
    DIGESTS,
    LAUNCH,
    LAUNCH_SCENARIO,
    LOGS,
    COMPOSE,
    ASSESSMENT,
    ASSESSMENT_REPORT,
    WITH,
    WITHOUT,
];

/// Of every finished run.
const ALWAYS_WRITTEN: [&str; 4] = [SCENARIO, LEDGER, KPIS, MANIFEST];

/// More of a file is not read, in bytes: a national run's are below a hundredth of it.
const DOCUMENT_BYTES_MAX: u64 = 1 << 30;
const TRACES_BYTES_MAX: u64 = 16 << 30;
/// The first line of the traces.
const SUMMARY_BYTES_MAX: u64 = 4_096;

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
    /// no run wrote is refused. An earlier run's files stay until those of this one are whole.
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
        let folder = RunFolder {
            path,
            _claim: Arc::new(claim),
        };
        // What a run that was killed left may fill the disk.
        WRITTEN.iter().for_each(|name| folder.discard(name));
        // Better now than after the run.
        folder.stage(MANIFEST, b"")?;
        folder.discard(MANIFEST);
        Ok(folder)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the files of a run that has ended in the place of an earlier run's. An error other than of the traces leaves the
    /// earlier run as it was. Traces that do not fit the disk are left out and the rest is written all the same, with an error.
    pub fn write(
        &self,
        scenario: &Scenario,
        manifest: &Manifest,
        report: &RunReport,
        traces: &Traces,
    ) -> Result<(), RunFolderError> {
        let documents = [
            (SCENARIO, self.scenario_text(scenario)?.into_bytes()),
            (LEDGER, self.json(LEDGER, &report.ledger)?),
            (KPIS, self.json(KPIS, &report.kpis)?),
            (MANIFEST, self.json(MANIFEST, manifest)?),
        ];
        let lines = match traces.is_empty() {
            true => None,
            false => Some(
                traces
                    .to_lines()
                    .map_err(|problem| self.malformed(TRACES, &problem))?,
            ),
        };
        let mut staged = BTreeMap::new();
        let result = self.stage_all(&documents, lines.as_deref(), &mut staged);
        if !staged.contains_key(DIGESTS) {
            staged.keys().for_each(|name| self.discard(name));
            return result;
        }
        self.put_in_place(staged.keys().map(String::as_str))?;
        result
    }

    /// Writes all beside the files whose place they take. What is in `staged` afterwards belongs together, if the seal is in it.
    fn stage_all(
        &self,
        documents: &[(&str, Vec<u8>)],
        traces: Option<&str>,
        staged: &mut BTreeMap<String, String>,
    ) -> Result<(), RunFolderError> {
        for (name, content) in documents {
            self.stage(name, content)?;
            staged.insert((*name).to_owned(), self.digest_of(name, content)?);
        }
        let mut result = Ok(());
        if let Some(traces) = traces {
            let mut with_traces = staged.clone();
            with_traces.insert(TRACES.to_owned(), self.digest_of(TRACES, traces.as_bytes())?);
            result = self
                .stage(TRACES, traces.as_bytes())
                .and_then(|()| self.stage_seal(&with_traces));
            if result.is_ok() {
                with_traces.insert(DIGESTS.to_owned(), String::new());
                *staged = with_traces;
                return Ok(());
            }
            self.discard(TRACES);
        }
        self.stage_seal(staged)?;
        staged.insert(DIGESTS.to_owned(), String::new());
        result
    }

    fn stage_seal(&self, digests: &BTreeMap<String, String>) -> Result<(), RunFolderError> {
        let seal = Seal::of(digests.clone()).to_bytes();
        self.stage(
            DIGESTS,
            &seal.map_err(|problem| self.malformed(DIGESTS, &problem))?,
        )
    }

    /// The seal goes first and comes last: in between the folder holds no run that can be read.
    fn put_in_place<'a>(&self, staged: impl Iterator<Item = &'a str>) -> Result<(), RunFolderError> {
        let failed = |name: &str, source| RunFolderError::Write {
            path: self.path.join(name),
            source,
        };
        let mut staged: Vec<&str> = staged.filter(|name| *name != DIGESTS).collect();
        for stale in [DIGESTS, TRACES] {
            match fs::remove_file(self.path.join(stale)) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(failed(stale, source));
                }
                _ => {}
            }
        }
        staged.push(DIGESTS);
        for name in staged {
            fs::rename(self.part(name), self.path.join(name)).map_err(|source| failed(name, source))?;
        }
        let folder = fs::File::open(&self.path).and_then(|folder| folder.sync_all());
        folder.map_err(|source| failed("", source))
    }

    /// The processed scenario for the processes of a run that is to begin. The one of an earlier run stays.
    pub fn write_launch_scenario(&self, scenario: &Scenario) -> Result<(), RunFolderError> {
        self.write_file(LAUNCH_SCENARIO, self.scenario_text(scenario)?.as_bytes())
    }

    fn scenario_text(&self, scenario: &Scenario) -> Result<String, RunFolderError> {
        let text = toml::to_string_pretty(scenario).map_err(|problem| self.malformed(SCENARIO, &problem))?;
        Ok(format!("{WRITTEN_BY_US}{text}"))
    }

    fn digest_of(&self, name: &str, content: &[u8]) -> Result<String, RunFolderError> {
        digest_of_bytes(content).map_err(|problem| self.malformed(name, &problem))
    }

    fn json(&self, name: &str, content: &impl Serialize) -> Result<Vec<u8>, RunFolderError> {
        let mut text =
            serde_json::to_vec_pretty(content).map_err(|problem| self.malformed(name, &problem))?;
        text.push(b'\n');
        Ok(text)
    }

    pub fn write_json(&self, name: &str, content: &impl Serialize) -> Result<(), RunFolderError> {
        self.write_file(name, &self.json(name, content)?)
    }

    /// Writes beside the file, then puts it in its place, so that no reader meets half of it.
    pub fn write_file(&self, name: &str, content: &[u8]) -> Result<(), RunFolderError> {
        self.stage(name, content)?;
        let path = self.path.join(name);
        fs::rename(self.part(name), &path).map_err(|source| {
            self.discard(name);
            RunFolderError::Write { path, source }
        })
    }

    /// Where a file is written before it is put in its place.
    fn part(&self, name: &str) -> PathBuf {
        self.path.join(format!(".{name}.part"))
    }

    fn discard(&self, name: &str) {
        let _ = fs::remove_file(self.part(name));
    }

    fn stage(&self, name: &str, content: &[u8]) -> Result<(), RunFolderError> {
        let write = || -> io::Result<()> {
            let mut file = fs::File::create(self.part(name))?;
            file.write_all(content)?;
            file.sync_all()
        };
        write().map_err(|source| {
            // What is left of a failed attempt may be what fills the disk.
            self.discard(name);
            RunFolderError::Write {
                path: self.path.join(name),
                source,
            }
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
        let seal_path = path.join(DIGESTS);
        if !seal_path.exists() {
            return Err(RunFolderError::Unsealed { path });
        }
        let seal = Seal::parse(&read_bounded(&seal_path, DOCUMENT_BYTES_MAX)?)
            .map_err(|problem| malformed(&seal_path, &problem))?;
        let read = |name: &str| read_sealed(&path, &seal, name);
        let [scenario, ledger, kpis, manifest] = ALWAYS_WRITTEN.map(read);
        let scenario = String::from_utf8_lossy(&scenario?)
            .parse()
            .map_err(|problem: toml::de::Error| malformed(&path.join(SCENARIO), &problem))?;
        let manifest = parse_json(&path.join(MANIFEST), &manifest?)?;
        let ledger: LedgerReport = parse_json(&path.join(LEDGER), &ledger?)?;
        let kpis: Kpis = parse_json(&path.join(KPIS), &kpis?)?;
        check_digest(path.join(LEDGER), &ledger.digest, ledger.digest_of_content())?;
        check_digest(path.join(KPIS), &kpis.digest, kpis.digest_of_content())?;
        let traces_path = path.join(TRACES);
        let traces = match seal.files.get(TRACES) {
            Some(digest) => {
                check_file(&traces_path, digest)?;
                Some(read_summary(&traces_path)?)
            }
            None if traces_path.exists() => return Err(RunFolderError::NotOfTheRun { path: traces_path }),
            None => None,
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
        let Some(summary) = &self.traces else {
            return Ok(Traces::default());
        };
        let path = self.path.join(TRACES);
        let text = read_bounded(&path, TRACES_BYTES_MAX)?;
        let traces =
            Traces::parse(&String::from_utf8_lossy(&text)).map_err(|problem| malformed(&path, &problem))?;
        if traces.summary() != *summary {
            return Err(RunFolderError::Changed { path });
        }
        Ok(traces)
    }
}

fn malformed(path: &Path, problem: &dyn std::fmt::Display) -> RunFolderError {
    RunFolderError::Malformed {
        path: path.to_owned(),
        problem: problem.to_string(),
    }
}

/// Opens a file, and nothing that never ends or waits for somebody, as links, pipes and devices may.
fn open_file(path: &Path, bytes_max: u64) -> Result<fs::File, RunFolderError> {
    let failed = |source| RunFolderError::Read {
        path: path.to_owned(),
        source,
    };
    let metadata = fs::symlink_metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        return Err(RunFolderError::NotAFile {
            path: path.to_owned(),
        });
    }
    if metadata.len() > bytes_max {
        return Err(RunFolderError::TooLarge {
            path: path.to_owned(),
            bytes_max,
        });
    }
    fs::File::open(path).map_err(failed)
}

/// What a file holds, at most so much.
pub fn read_bounded(path: &Path, bytes_max: u64) -> Result<Vec<u8>, RunFolderError> {
    let mut bytes = Vec::new();
    // It may grow while it is read.
    let mut file = open_file(path, bytes_max)?.take(bytes_max);
    file.read_to_end(&mut bytes)
        .map_err(|source| RunFolderError::Read {
            path: path.to_owned(),
            source,
        })?;
    Ok(bytes)
}

/// A file as the run wrote it.
fn read_sealed(folder: &Path, seal: &Seal, name: &str) -> Result<Vec<u8>, RunFolderError> {
    let path = folder.join(name);
    let Some(sealed) = seal.files.get(name) else {
        return Err(RunFolderError::NotOfTheRun { path });
    };
    let bytes = read_bounded(&path, DOCUMENT_BYTES_MAX)?;
    let found = digest_of_bytes(bytes.as_slice()).map_err(|problem| malformed(&path, &problem))?;
    match found == *sealed {
        true => Ok(bytes),
        false => Err(RunFolderError::Changed { path }),
    }
}

/// The same for a file that may be long.
fn check_file(path: &Path, sealed: &str) -> Result<(), RunFolderError> {
    let file = open_file(path, TRACES_BYTES_MAX)?.take(TRACES_BYTES_MAX);
    let found = digest_of_bytes(file).map_err(|source| RunFolderError::Read {
        path: path.to_owned(),
        source,
    })?;
    match found == sealed {
        true => Ok(()),
        false => Err(RunFolderError::Changed {
            path: path.to_owned(),
        }),
    }
}

/// The first line alone: the rest may be long.
fn read_summary(path: &Path) -> Result<TracesSummary, RunFolderError> {
    let mut line = Vec::new();
    let file = open_file(path, TRACES_BYTES_MAX)?.take(SUMMARY_BYTES_MAX);
    io::BufRead::read_until(&mut io::BufReader::new(file), b'\n', &mut line).map_err(|source| {
        RunFolderError::Read {
            path: path.to_owned(),
            source,
        }
    })?;
    parse_json(path, &line)
}

fn parse_json<T: DeserializeOwned>(path: &Path, text: &[u8]) -> Result<T, RunFolderError> {
    serde_json::from_slice(text).map_err(|problem| malformed(path, &problem))
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
    use crate::traces::{Attributes, SpanRecord};
    use secnet_engine::trace::{SpanId, TraceId};

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
            .write(
                &sample::scenario(),
                &manifest,
                &sample::run().report(),
                &Traces::default(),
            )
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
        assert_eq!(files, [DIGESTS, KPIS, LEDGER, MANIFEST, SCENARIO]);
    }

    #[test]
    fn an_earlier_run_stays_until_the_next_is_whole() {
        let scratch = Scratch::new("no-run");
        let path = scratch.0.join("tiny");
        let folder = RunFolder::create(&path).unwrap();
        assert!(error(&path).ends_with("holds no finished run: it has no manifest.json"));
        drop(folder);
        drop(written(&scratch));
        let folder = RunFolder::create(&path).unwrap();
        folder.write_launch_scenario(&sample::scenario()).unwrap();
        // Whatever of the next cannot be written: nothing of it is, or all but the traces.
        for (obstacle, is_replaced) in [(KPIS, false), (DIGESTS, false), (TRACES, true)] {
            let next = Manifest {
                scenario: format!("next to {obstacle}"),
                ..Manifest::default()
            };
            let traces = Traces {
                dropped: 1,
                ..Traces::default()
            };
            fs::create_dir(folder.part(obstacle)).unwrap();
            let written = folder.write(&sample::scenario(), &next, &sample::run().report(), &traces);
            fs::remove_dir(folder.part(obstacle)).unwrap();
            let problem = written.unwrap_err().to_string();
            assert!(
                problem.starts_with("cannot write ") && problem.contains(obstacle),
                "{problem}"
            );
            let kept = LoadedRun::load(&path).unwrap();
            assert_eq!(kept.manifest == next, is_replaced, "{obstacle}");
            assert_eq!(kept.traces, None);
        }
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
            .write_launch_scenario(&sample::scenario())
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

    fn with_traces(scratch: &Scratch) -> PathBuf {
        let folder = written(scratch);
        let span = SpanRecord {
            trace: TraceId(1),
            span: SpanId(2),
            parent: None,
            link: None,
            participant: "dsp".to_owned(),
            name: "4.1.1".to_owned(),
            begin_us: 1,
            end_us: 2,
            failed: false,
            attributes: Attributes::default(),
        };
        let traces = Traces {
            spans: vec![span; 20],
            dropped: 0,
        };
        folder
            .write(
                &sample::scenario(),
                &Manifest::default(),
                &sample::run().report(),
                &traces,
            )
            .unwrap();
        folder.path().to_owned()
    }

    #[test]
    fn a_byte_that_changed_in_any_file_is_found_and_the_file_is_named() {
        let scratch = Scratch::new("changed");
        let folder = with_traces(&scratch);
        assert_eq!(
            LoadedRun::load(&folder)
                .unwrap()
                .load_traces()
                .unwrap()
                .spans
                .len(),
            20
        );
        let mut random = 7_u64;
        for name in [DIGESTS, SCENARIO, MANIFEST, LEDGER, KPIS, TRACES] {
            let path = folder.join(name);
            let whole = fs::read(&path).unwrap();
            let is_small = whole.len() < 2_000;
            let positions = if is_small { whole.len() } else { 1_000 };
            for count in 0..positions {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let position = if is_small {
                    count
                } else {
                    (random >> 33) as usize % whole.len()
                };
                let mut changed = whole.clone();
                changed[position] ^= 1 << (random >> 61);
                fs::write(&path, &changed).unwrap();
                let problem = error(&folder);
                assert!(problem.contains(name), "byte {position} of {name}: {problem}");
            }
            fs::write(&path, &whole[..whole.len() - 1]).unwrap();
            assert!(error(&folder).contains(name), "{name} cut off");
            fs::write(&path, &whole).unwrap();
        }
        LoadedRun::load(&folder).unwrap();
    }

    #[test]
    fn what_is_missing_or_was_added_is_named_with_the_mend() {
        let scratch = Scratch::new("missing");
        let folder = with_traces(&scratch);
        for name in [SCENARIO, LEDGER, KPIS, TRACES] {
            let whole = fs::read(folder.join(name)).unwrap();
            fs::remove_file(folder.join(name)).unwrap();
            assert!(
                error(&folder).contains(&format!("{name}: No such file")),
                "{name}"
            );
            fs::write(folder.join(name), whole).unwrap();
        }
        let seal = fs::read(folder.join(DIGESTS)).unwrap();
        fs::remove_file(folder.join(DIGESTS)).unwrap();
        assert!(error(&folder).ends_with("by which its files are checked: run its scenario.toml again"));
        fs::write(folder.join(DIGESTS), seal).unwrap();
        drop(written(&scratch));
        fs::write(folder.join(TRACES), "{}").unwrap();
        assert!(error(&folder).ends_with("traces.jsonl is not the run's: take it out of the folder"));
    }

    #[test]
    fn what_never_ends_or_waits_for_a_writer_is_not_read() {
        let scratch = Scratch::new("endless");
        let folder = with_traces(&scratch);
        for name in [TRACES, LEDGER, DIGESTS] {
            let path = folder.join(name);
            let whole = fs::read(&path).unwrap();
            fs::remove_file(&path).unwrap();
            std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
            let told =
                format!("{name} is no file: a run folder holds files alone, no links, pipes or devices");
            assert!(error(&folder).ends_with(&told), "{}", error(&folder));
            fs::remove_file(&path).unwrap();
            let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
            assert!(made.success());
            assert!(error(&folder).ends_with(&told), "{}", error(&folder));
            fs::remove_file(&path).unwrap();
            fs::write(&path, whole).unwrap();
        }
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
