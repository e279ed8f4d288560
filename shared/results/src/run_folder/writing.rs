//! A folder that is one run's: its files are put there whole or not at all.

use super::place::{self, Place};
use super::{
    ASSESSMENT, ASSESSMENT_PAGE, ASSESSMENT_REPORT, COMPOSE, CREDENTIALS, DIGESTS, KPIS, LAUNCH,
    LAUNCH_SCENARIO, LEDGER, LOGS, MANIFEST, Manifest, OUTAGES, RunFolderError, SCENARIO, TRACES, WITH,
    WITHOUT,
};
use crate::seal::{Seal, digest_of_bytes};
use crate::tables::{TABLES, Tables, all_files};
use crate::traces::Traces;
use crate::{Outage, RunReport};
use secnet_topology::scenario::Scenario;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A folder to write a run's files to, which nobody else writes to until it is dropped.
#[derive(Clone, Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// Whether it is one of a numbered series.
    is_numbered: bool,
    /// Locked for this run alone.
    _claim: Arc<fs::File>,
}

/// What the first line of a processed scenario says, so that a user's own is told from it.
const WRITTEN_BY_US: &str =
    "# The scenario as it ran, written by secnet: every default filled in, every override applied.\n\n";

/// What runs, studies and their containers leave in a folder.
const WRITTEN: [&str; 18] = [
    SCENARIO,
    MANIFEST,
    LEDGER,
    KPIS,
    OUTAGES,
    TRACES,
    TABLES,
    DIGESTS,
    LAUNCH,
    LAUNCH_SCENARIO,
    CREDENTIALS,
    LOGS,
    COMPOSE,
    ASSESSMENT,
    ASSESSMENT_REPORT,
    ASSESSMENT_PAGE,
    WITH,
    WITHOUT,
];

impl RunFolder {
    /// Makes the folder where needed, and claims it: while this run has it no other gets it. A folder with anything in it that
    /// no run wrote is refused, and so is one with a run unless that is to be replaced: its files stay until those of this one are whole.
    pub fn create(place: &Place) -> Result<RunFolder, RunFolderError> {
        let path = match place {
            Place::New(path) | Place::Replace(path) => path.clone(),
            Place::Next(series) => place::make_next(series)?,
        };
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
        if matches!(place, Place::New(_)) && place::is_occupied(&path) {
            return Err(RunFolderError::Occupied { path });
        }
        let folder = RunFolder {
            path,
            is_numbered: matches!(place, Place::Next(_)),
            _claim: Arc::new(claim),
        };
        // What a run that was killed left may fill the disk.
        WRITTEN.iter().for_each(|name| folder.discard(name));
        all_files().for_each(|name| folder.discard(&name));
        // Better now than after the run.
        folder.stage(MANIFEST, b"")?;
        folder.discard(MANIFEST);
        Ok(folder)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the files of a run that has ended in the place of an earlier run's. An error other than of the tables and the
    /// traces leaves the earlier run as it was. What of those does not fit the disk is left out and the rest is written all the same, with an error.
    pub fn write(
        &self,
        scenario: &Scenario,
        manifest: &Manifest,
        report: &RunReport,
        traces: &Traces,
        tables: &Tables,
    ) -> Result<(), RunFolderError> {
        let mut documents = vec![
            (SCENARIO, self.scenario_text(scenario)?.into_bytes()),
            (LEDGER, self.json(LEDGER, &report.ledger)?),
            (KPIS, self.json(KPIS, &report.kpis)?),
            (MANIFEST, self.json(MANIFEST, manifest)?),
        ];
        if !report.outages.is_empty() {
            let lines = Outage::to_lines(&report.outages);
            documents.push((
                OUTAGES,
                lines.map_err(|problem| self.malformed(OUTAGES, &problem))?,
            ));
        }
        let mut extras: Vec<(&str, &[u8])> = Vec::new();
        let tables = tables.files.iter();
        extras.extend(tables.map(|(name, content)| (name.as_str(), content.as_slice())));
        let lines = match traces.is_empty() {
            true => String::new(),
            false => traces
                .to_lines()
                .map_err(|problem| self.malformed(TRACES, &problem))?,
        };
        if !traces.is_empty() {
            extras.push((TRACES, lines.as_bytes()));
        }
        let mut staged = BTreeMap::new();
        let result = self.stage_all(&documents, &extras, &mut staged);
        if !staged.contains_key(DIGESTS) {
            staged.keys().for_each(|name| self.discard(name));
            return result;
        }
        self.put_in_place(staged.keys().map(String::as_str))?;
        result.and_then(|()| self.found_as_latest())
    }

    /// It can be found as the latest of its series from now on.
    pub fn found_as_latest(&self) -> Result<(), RunFolderError> {
        if !self.is_numbered {
            return Ok(());
        }
        place::point_latest(&self.path).map_err(|source| RunFolderError::Write {
            path: self.path.with_file_name(place::LATEST),
            source,
        })
    }

    /// Writes all beside the files whose place they take. What is in `staged` afterwards belongs together, if the seal is in it.
    fn stage_all(
        &self,
        documents: &[(&str, Vec<u8>)],
        extras: &[(&str, &[u8])],
        staged: &mut BTreeMap<String, String>,
    ) -> Result<(), RunFolderError> {
        for (name, content) in documents {
            self.stage(name, content)?;
            staged.insert((*name).to_owned(), self.digest_of(name, content)?);
        }
        let mut result = Ok(());
        let mut with_extras = staged.clone();
        for (name, content) in extras {
            match self.stage(name, content) {
                Ok(()) => {
                    with_extras.insert((*name).to_owned(), self.digest_of(name, content)?);
                }
                Err(error) => result = Err(error),
            }
        }
        if let Err(error) = self.stage_seal(&with_extras) {
            // Without them there may be room.
            extras.iter().for_each(|(name, _)| self.discard(name));
            self.stage_seal(staged)?;
            result = Err(error);
        } else {
            *staged = with_extras;
        }
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
        let tables = all_files();
        let may_be_stale = [DIGESTS, TRACES, OUTAGES].map(str::to_owned);
        for stale in may_be_stale.into_iter().chain(tables) {
            match fs::remove_file(self.path.join(&stale)) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(failed(&stale, source));
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

    /// What a file of that name holds.
    pub fn json(&self, name: &str, content: &impl Serialize) -> Result<Vec<u8>, RunFolderError> {
        let mut text =
            serde_json::to_vec_pretty(content).map_err(|problem| self.malformed(name, &problem))?;
        text.push(b'\n');
        Ok(text)
    }

    /// Writes all beside the files whose place they take; those stay as they are unless there is room for all.
    pub fn write_together(&self, documents: &[(&str, Vec<u8>)]) -> Result<(), RunFolderError> {
        for (name, content) in documents {
            if let Err(error) = self.stage(name, content) {
                documents.iter().for_each(|(name, _)| self.discard(name));
                return Err(error);
            }
        }
        for (name, _) in documents {
            let path = self.path.join(name);
            fs::rename(self.part(name), &path).map_err(|source| RunFolderError::Write { path, source })?;
        }
        Ok(())
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
    pub(super) fn part(&self, name: &str) -> PathBuf {
        let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
        self.path.join(folder).join(format!(".{file}.part"))
    }

    fn discard(&self, name: &str) {
        let _ = fs::remove_file(self.part(name));
    }

    fn stage(&self, name: &str, content: &[u8]) -> Result<(), RunFolderError> {
        let write = || -> io::Result<()> {
            let part = self.part(name);
            if let Some(folder) = part.parent() {
                fs::create_dir_all(folder)?;
            }
            let mut file = fs::File::create(part)?;
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
        let sort = entry.file_type()?;
        let is_ours =
            WRITTEN.contains(&written) && !sort.is_symlink() && (written != TABLES || sort.is_dir());
        let is_users_scenario =
            name == SCENARIO && !folder.join(MANIFEST).exists() && !is_processed(&entry.path())?;
        if !is_ours || is_users_scenario {
            names.push(name);
        } else if written == TABLES {
            names.extend(foreign_table(folder)?);
        }
    }
    Ok(names.into_iter().min())
}

/// The same of the folder of tables: they are a run's where a run is.
fn foreign_table(folder: &Path) -> io::Result<Option<String>> {
    let is_a_runs = folder.join(MANIFEST).exists();
    let mut names = Vec::new();
    for entry in fs::read_dir(folder.join(TABLES))? {
        let entry = entry?;
        let name = format!("{TABLES}/{}", entry.file_name().to_string_lossy());
        let is_part = all_files().any(|file| {
            let (_, file) = file.rsplit_once('/').unwrap_or_default();
            name == format!("{TABLES}/.{file}.part")
        });
        let is_ours = is_part || is_a_runs && all_files().any(|file| file == name);
        if !is_ours || entry.file_type()?.is_symlink() {
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
