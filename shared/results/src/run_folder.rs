//! `runs/<name>/<number>/`: written whole or not at all, and read back if it is what the run wrote.

mod manifest;
mod place;
mod reading;
#[cfg(test)]
mod tests;
mod writing;

pub use manifest::{EventFact, Machine, Manifest, SpanCounts};
pub use place::{LATEST, Place};
pub use reading::{LoadedRun, read_bounded};
pub use writing::RunFolder;

use std::io;
use std::path::PathBuf;

pub const SCENARIO: &str = "scenario.toml";
pub const MANIFEST: &str = "manifest.json";
pub const LEDGER: &str = "ledger.json";
pub const KPIS: &str = "kpis.json";
/// Only of a run that sampled any.
pub const TRACES: &str = "traces.jsonl";
/// Only of a run with faults of the electricity network: each of them, one a line.
pub const OUTAGES: &str = "outages.jsonl";
/// The digest of each of the files above. It is written last.
pub const DIGESTS: &str = "digests.json";
/// Only while a live run goes on, or of one that was killed: where it answers, and the scenario its processes read.
pub const LAUNCH: &str = "launch.json";
pub const LAUNCH_SCENARIO: &str = "launch.toml";
/// Everybody's credentials, while a live run goes on.
pub const CREDENTIALS: &str = "launch.credentials";
/// A folder: what processes or containers said.
pub const LOGS: &str = "logs";
/// Only of a run in containers.
pub const COMPOSE: &str = "compose.yaml";
/// Of an assessment: its results, its report, and the scenario on either side.
pub const ASSESSMENT: &str = "assessment.json";
pub const ASSESSMENT_REPORT: &str = "assessment.md";
pub const ASSESSMENT_PAGE: &str = "assessment.html";
pub const WITH: &str = "with.toml";
pub const WITHOUT: &str = "without.toml";

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
    #[error("{} holds another run (--replace puts this one in its place)", path.display())]
    Occupied { path: PathBuf },
    #[error(
        "{} holds {name}, which no run of secnet wrote",
        path.display()
    )]
    Foreign { path: PathBuf, name: String },
    #[error("{} is a link", path.display())]
    Link { path: PathBuf },
    #[error("{}: its scenario is of another version of secnet: {problem}", path.display())]
    OtherVersion { path: PathBuf, problem: String },
}
