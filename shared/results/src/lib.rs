//! What a run leaves behind, from the nodes' accounts (`secnet-accounts`) to the run folder and the comparison of two.
//!
//! A driver hands all accounts over as a [`RunOutcome`]; its [`RunReport`] is the network's ledger and KPIs, each with a
//! digest that no driver, sharding or hosting may change. [`RunFolder`] writes and reads them,
//! [`summary`](summary::summary) and [`compare`](compare::compare) put them into words.
//!
//! Not here: what nodes count (`secnet-accounts`), wall-clock readings (the director puts them into the [`Manifest`]), printing, exit codes.

pub mod assessment;
pub mod back_pressure;
pub mod campaigns;
pub mod compare;
pub mod digest;
pub mod kpis;
pub mod ledger_report;
pub mod load;
pub mod measure;
pub mod messages;
pub mod outages;
pub mod power;
pub mod read_by;
pub mod run_folder;
pub mod run_outcome;
pub mod seal;
pub mod study;
pub mod summary;
pub mod tables;
pub mod traces;
pub mod verdicts;

#[cfg(test)]
mod sample;

pub use assessment::{Assessment, AssessmentFacts};
pub use back_pressure::BackPressureKpis;
pub use compare::{Comparison, compare};
pub use kpis::Kpis;
pub use ledger_report::LedgerReport;
pub use outages::Outage;
pub use power::PowerKpis;
pub use run_folder::{EventFact, LoadedRun, Machine, Manifest, RunFolder, RunFolderError, SpanCounts};
pub use run_outcome::{LostNode, RunOutcome, RunReport};
pub use summary::summary;
pub use traces::{Traces, TracesSummary};
pub use verdicts::Verdict;
