//! What a driver tells besides the outcome.

use secnet_results::SpanCounts;
use std::collections::BTreeMap;
use std::time::Duration;

/// Facts of one run alone. No result depends on them.
#[derive(Clone, Debug, Default)]
pub struct RunFacts {
    pub processes: u32,
    pub threads: u32,
    pub lag_max: BTreeMap<String, Duration>,
    pub events: u64,
    /// How long a live network ran, in wall time, without starting it and collecting its accounts.
    pub running: Duration,
    /// Frames between processes, and how many of them were sent again.
    pub frames_sent: u64,
    pub frames_resent: u64,
    /// What became of the spans of sampled items.
    pub spans: SpanCounts,
}
