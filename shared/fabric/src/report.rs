//! What the processes of a live run tell the director, and the director them.

use secnet_engine::trace::TraceBook;
use secnet_engine::{ItemKind, Ledger, NodeIndex, Pace, Violations};
use secnet_model::{SimDuration, SimTime};
use secnet_results::Account;
use secnet_wire::link::LinkStats;
use serde::{Deserialize, Serialize};

/// Director → processes. Sent again until the effect shows in the statuses.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Command {
    /// Emulated time zero is at this wall time. `ready`: Users take requests from outside and promise no further ahead.
    Start {
        wall_unix_us: u64,
        pace: Pace,
        ready: Option<SimDuration>,
    },
    /// Stop handling; count what is under way. The nodes named are gone.
    Halt { lost_nodes: Vec<String> },
    /// Every result has arrived; the process may end.
    Bye,
}

/// Process → director, a few times a second.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ProcessStatus {
    pub process: String,
    pub pid: u32,
    pub nodes: Vec<NodeStatus>,
    /// What is known of the nodes' accounts should the process be lost.
    pub ledgers: Vec<(String, Ledger)>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct NodeStatus {
    pub name: String,
    /// `linking`, `running`, `finished`.
    pub phase: String,
    pub links_up: u32,
    pub links_total: u32,
    /// Nothing about the node will change any more.
    pub settled: bool,
    pub now: SimTime,
    pub next_event: SimTime,
    pub horizon: SimTime,
    pub handled: u64,
    /// Envelopes that wait to be handled.
    pub queued: u64,
    pub lag_max_us: u64,
    /// Why the node cannot go on.
    pub problem: Option<String>,
    pub links: Vec<LinkStatus>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LinkStatus {
    pub neighbour: String,
    pub up: bool,
    /// Envelopes sent and not acknowledged, or waiting for credit.
    pub in_flight: u64,
    pub sent: u64,
    pub received: u64,
    /// Frames sent; how many of them carried envelopes and how many a bare promise is not told apart.
    pub frames: u64,
    pub resends: u64,
    pub promised_until: SimTime,
    /// The node's next event waits for this neighbour's promise.
    pub holds_us_up: bool,
    pub out_of_credit: bool,
}

/// Process → director, once everything in the process is settled, until `Bye`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ProcessResult {
    pub process: String,
    pub nodes: Vec<(NodeReport, Account)>,
    /// What the nodes told of sampled items.
    pub traces: TraceBook,
    /// Spans that went to the OTLP endpoint, and those it did not take.
    pub spans_exported: u64,
    pub spans_not_exported: u64,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct NodeReport {
    pub name: String,
    pub index: NodeIndex,
    pub reached_end: bool,
    pub now: SimTime,
    pub handled: u64,
    /// Envelopes that had arrived and were not handled.
    pub undelivered: u64,
    /// Items those envelopes carry.
    pub carried: [u64; ItemKind::COUNT],
    pub violations: Violations,
    pub lag_max_us: u64,
    pub turns_without_credit: u64,
    /// By neighbour.
    pub links: Vec<(String, LinkStats)>,
    /// What the node was given from outside, in that order: each a scenario's request, as JSON.
    pub requests_taken: Vec<String>,
}

/// Director → `secnet status`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RunStatus {
    pub run: String,
    pub scenario: String,
    pub pace: Pace,
    pub end: SimTime,
    pub wall_seconds: f64,
    pub processes: Vec<ProcessStatus>,
    /// Processes that have not reported yet or not for a while, with the seconds since.
    pub silent: Vec<(String, Option<f64>)>,
}
