//! The director: the program `secnet`. It starts networks, watches them, collects what they leave behind and says
//! what it means.
//!
//! Not here: what a participant does, how results are computed (`secnet-results`), what a scenario may say
//! (`secnet-topology`). This is the only crate besides the tests that sees all participants.

pub mod assess;
pub mod attach;
pub mod bench;
pub mod cancellation;
pub mod cli;
pub mod commit;
pub mod compose_run;
pub mod console;
pub mod control_offer;
pub mod exit;
pub mod fitting;
pub mod items_command;
pub mod live_network;
pub mod live_run;
pub mod network;
pub mod outages_command;
pub mod pki;
pub mod premises_command;
pub mod progress;
pub mod report_command;
pub mod reports;
pub mod request_command;
pub mod run;
pub mod run_command;
pub mod run_facts;
pub mod runs_command;
pub mod runtime;
pub mod scenario_arguments;
pub mod side_by_side;
pub mod signals;
pub mod status;
pub mod study;
pub mod topology_command;
pub mod trace_command;
pub mod virtual_run;

pub use cancellation::Cancellation;
pub use run::{Driver, FinishedRun, RunOptions, run};
