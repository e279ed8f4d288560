//! What a run says of itself besides its results: nothing of it may enter a digest.

use secnet_topology::Timeline;
use secnet_topology::timeline::Event;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::{fs, thread};

/// The facts about a run that another run of the same scenario does not share. None may enter a digest.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Manifest {
    pub secnet_version: String,
    /// What it was built of: `685e26918f0c`, with ` with changes` where the sources were not that commit's.
    #[serde(default)]
    pub secnet_commit: String,
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
        Machine {
            os: std::env::consts::OS.to_owned(),
            architecture: std::env::consts::ARCH.to_owned(),
            processor: line("/proc/cpuinfo", "model name").unwrap_or_default(),
            cores: thread::available_parallelism().map_or(1, |cores| cores.get()),
            memory_bytes: memory("MemTotal").unwrap_or(0),
        }
    }

    /// What the kernel says a program can have without swapping.
    pub fn available_memory_bytes() -> Option<u64> {
        memory("MemAvailable")
    }
}

fn memory(key: &str) -> Option<u64> {
    let kib: u64 = line("/proc/meminfo", key)?.trim_end_matches(" kB").parse().ok()?;
    Some(kib * 1_024)
}

/// What one of the kernel's tables says of a key.
fn line(file: &str, key: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
