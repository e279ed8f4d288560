//! A run as read back from its folder, if its files are what the run wrote.

use super::place::newest_of;
use super::{DIGESTS, KPIS, LEDGER, MANIFEST, Manifest, OUTAGES, RunFolderError, SCENARIO, TRACES};
use crate::seal::{Seal, digest_of_bytes};
use crate::tables::{Row, all_files, file_of, parquet_file};
use crate::traces::{Traces, TracesSummary};
use crate::{Kpis, LedgerReport, Outage};
use secnet_topology::scenario::Scenario;
use serde::de::DeserializeOwned;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A run as read back from its folder.
#[derive(Clone, Debug)]
pub struct LoadedRun {
    pub path: PathBuf,
    /// The digests of its files, and the root over them.
    pub seal: Seal,
    /// As it was written: a folder may be older than today's scenario format.
    pub scenario: toml::Table,
    pub manifest: Manifest,
    pub ledger: LedgerReport,
    pub kpis: Kpis,
    /// Of a run that sampled any.
    pub traces: Option<TracesSummary>,
    /// Faults of the electricity network.
    pub outages: Vec<Outage>,
}

/// Of every finished run.
const ALWAYS_WRITTEN: [&str; 4] = [SCENARIO, LEDGER, KPIS, MANIFEST];

/// More of a file is not read, in bytes: a national run's are below a hundredth of it.
const DOCUMENT_BYTES_MAX: u64 = 1 << 30;
const TRACES_BYTES_MAX: u64 = 16 << 30;
/// The first line of the traces.
const SUMMARY_BYTES_MAX: u64 = 4_096;

impl LoadedRun {
    /// Of a folder of numbered runs the newest.
    pub fn load(path: impl Into<PathBuf>) -> Result<LoadedRun, RunFolderError> {
        let path = path.into();
        if !path.is_dir() {
            return Err(RunFolderError::NoFolder { path });
        }
        let path = newest_of(&path).unwrap_or(path);
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
        let outages_path = path.join(OUTAGES);
        let outages = match seal.files.contains_key(OUTAGES) {
            true => {
                Outage::parse_lines(&read(OUTAGES)?).map_err(|problem| malformed(&outages_path, &problem))?
            }
            false if outages_path.exists() => return Err(RunFolderError::NotOfTheRun { path: outages_path }),
            false => Vec::new(),
        };
        for name in all_files() {
            let path = path.join(&name);
            match seal.files.get(&name) {
                Some(digest) => check_file(&path, digest)?,
                None if path.exists() => return Err(RunFolderError::NotOfTheRun { path }),
                None => {}
            }
        }
        Ok(LoadedRun {
            path,
            seal,
            scenario,
            manifest,
            ledger,
            kpis,
            traces,
            outages,
        })
    }

    /// The rows of a table; none where the run has no such table.
    pub fn load_table<R: Row>(&self) -> Result<Vec<R>, RunFolderError> {
        let name = file_of::<R>();
        if !self.seal.files.contains_key(&name) {
            return Ok(Vec::new());
        }
        let bytes = read_sealed(&self.path, &self.seal, &name)?;
        parquet_file::from_bytes(bytes).map_err(|problem| malformed(&self.path.join(name), &problem))
    }

    /// Its scenario, as far as today's format still has all of it.
    pub fn todays_scenario(&self) -> Result<Scenario, RunFolderError> {
        let scenario = self.scenario.clone().try_into();
        scenario.map_err(|problem: toml::de::Error| RunFolderError::OtherVersion {
            path: self.path.clone(),
            problem: problem.to_string(),
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
