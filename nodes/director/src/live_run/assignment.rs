//! What a live run has to do.

use crate::cancellation::Cancellation;
use crate::progress::Progress;
use secnet_engine::Pace;
use secnet_model::SimDuration;
use secnet_results::RunFolder;
use secnet_topology::{Layout, World};
use std::time::Duration;

/// What a live driver runs, and how.
#[derive(Clone, Copy)]
pub struct Network<'a> {
    pub world: &'a World,
    pub layout: &'a Layout,
    pub pace: Pace,
    /// Users take requests while the run goes on, and promise no further ahead than this.
    pub ready: Option<SimDuration>,
    /// Emulated time that stands still for longer, without a reason, ends the run.
    pub stall_max: Duration,
    pub folder: &'a RunFolder,
    pub progress: &'a Progress,
    /// Halts the run.
    pub cancellation: &'a Cancellation,
}
