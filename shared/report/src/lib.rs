//! One HTML page of a run, an assessment or a study, that opens offline, reads without script, on a telephone, on paper and by ear, and can be handed over.
//!
//! Every figure on it comes from the run folder's files, or from the assessment or study; the same gives the same page, byte for byte. Nothing is loaded from anywhere.

mod answer;
pub mod assessment;
mod chart;
mod dots;
mod failures;
mod load;
mod method;
mod numbers;
mod over_time;
mod page;
mod places;
mod power;
mod services;
mod source;
pub mod study;
mod table;
mod words;

pub use assessment::of_assessment;
pub use study::of_study;

use secnet_results::{LoadedRun, RunFolderError};
use source::Source;

/// The page of a run; with `other`, held against that one.
pub fn of_run(run: &LoadedRun, other: Option<&LoadedRun>) -> Result<String, RunFolderError> {
    let source = Source::load(run)?;
    let sections = [
        answer::section(&source, other),
        over_time::section(&source),
        load::section(&source),
        services::section(&source),
        places::section(&source),
        power::section(&source),
        failures::section(&source),
        numbers::section(&source),
        method::section(&source),
    ];
    let title = format!("{}, seed {}", run.manifest.scenario, run.manifest.seed);
    Ok(page::page(&title, sections.into_iter().flatten().collect()).into_string())
}
