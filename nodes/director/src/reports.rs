//! What the reports of many runs share: what they say of their making, and how a run of theirs is made again.

use crate::commit::COMMIT;
use jiff::Timestamp;
use secnet_results::Machine;
use secnet_results::assessment::{AssessmentFacts, quoted};
use serde::Serialize;
use std::path::Path;
use std::time::Instant;

/// Results as a file has them, with what no digest covers.
#[derive(Serialize)]
pub struct Document<'a, R> {
    #[serde(flatten)]
    pub results: &'a R,
    pub facts: &'a AssessmentFacts,
}

/// When a report was begun.
#[derive(Clone, Copy, Debug)]
pub struct Beginning {
    at: Timestamp,
    since: Instant,
}

impl Beginning {
    pub fn now() -> Beginning {
        Beginning {
            at: Timestamp::now(),
            since: Instant::now(),
        }
    }

    /// Up to here.
    pub fn facts(self, threads: usize) -> AssessmentFacts {
        AssessmentFacts {
            secnet_version: env!("CARGO_PKG_VERSION").to_owned(),
            secnet_commit: COMMIT.to_owned(),
            command: std::env::args().collect(),
            machine: Machine::here(),
            started_at: self.at.to_string(),
            wall_seconds: self.since.elapsed().as_secs_f64(),
            threads: threads as u32,
        }
    }
}

/// The command of a run in virtual time, as a shell takes it; `flags` are what stands before the overrides.
pub fn command(scenario: &Path, flags: &[String], overrides: &[String]) -> String {
    let mut words = vec![
        "secnet run".to_owned(),
        quoted(&scenario.display().to_string()),
        "--driver virtual".to_owned(),
    ];
    words.extend_from_slice(flags);
    words.extend(overrides.iter().map(|flag| format!("--set {}", quoted(flag))));
    words.join(" ")
}
