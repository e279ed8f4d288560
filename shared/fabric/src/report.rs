//! What the processes of a live run tell the director, and the director them.

use crate::belonging::Belonging;
use secnet_accounts::Account;
use secnet_engine::trace::TraceBook;
use secnet_engine::{ItemKind, Ledger, NodeIndex, Pace, Violations};
use secnet_model::{SimDuration, SimTime};
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
pub struct ProcessNews {
    pub status: ProcessStatus,
    /// By node, on some of the news: what is known of their accounts should the process be lost.
    pub ledgers: Vec<(String, Ledger)>,
}

/// How a process is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ProcessStatus {
    pub belonging: Belonging,
    pub process: String,
    pub pid: u32,
    pub nodes: Vec<NodeStatus>,
}

/// How far a node has got. Written as its word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Phase {
    /// Links are coming up; emulated time has not started.
    Linking,
    Running,
    /// It has reached the end, or the run was halted.
    Finished,
}

impl Phase {
    pub const ALL: [Phase; 3] = [Phase::Linking, Phase::Running, Phase::Finished];

    pub const fn word(self) -> &'static str {
        match self {
            Phase::Linking => "linking",
            Phase::Running => "running",
            Phase::Finished => "finished",
        }
    }
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.word())
    }
}

impl From<Phase> for String {
    fn from(phase: Phase) -> String {
        phase.word().to_owned()
    }
}

impl TryFrom<String> for Phase {
    type Error = String;

    fn try_from(word: String) -> Result<Phase, String> {
        let found = Phase::ALL.into_iter().find(|phase| phase.word() == word);
        found.ok_or_else(|| {
            let known = Phase::ALL.map(Phase::word).join(", ");
            format!("a node has no phase `{word}`; there are {known}")
        })
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct NodeStatus {
    pub name: String,
    pub phase: Phase,
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
    pub belonging: Belonging,
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

impl NodeReport {
    /// Of a node that has reached its end and did nothing on the way.
    pub fn blank(name: &str, index: NodeIndex) -> NodeReport {
        NodeReport {
            name: name.to_owned(),
            index,
            reached_end: true,
            now: SimTime::ZERO,
            handled: 0,
            undelivered: 0,
            carried: [0; ItemKind::COUNT],
            violations: Violations::default(),
            lag_max_us: 0,
            turns_without_credit: 0,
            links: Vec::new(),
            requests_taken: Vec::new(),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use secnet_wire::codec::{CONTROL_BYTES_MAX, decode_value, encode_value};

    #[test]
    fn a_phase_is_written_as_its_word_and_read_back() {
        for phase in Phase::ALL {
            let word = encode_value("a word", &phase.word(), CONTROL_BYTES_MAX).unwrap();
            let bytes = encode_value("a phase", &phase, CONTROL_BYTES_MAX).unwrap();
            assert_eq!(bytes, word);
            assert_eq!(decode_value("a phase", &bytes, CONTROL_BYTES_MAX), Ok(phase));
            assert_eq!(
                serde_json::to_value(phase).unwrap(),
                serde_json::json!(phase.word())
            );
        }
        assert_eq!(format!("{:>9}", Phase::Running), "  running");
    }

    #[test]
    fn an_unknown_phase_is_refused_with_those_there_are() {
        let bytes = encode_value("a word", &"dreaming", CONTROL_BYTES_MAX).unwrap();
        let error = decode_value::<Phase>("a phase", &bytes, CONTROL_BYTES_MAX).unwrap_err();
        let expected = "a node has no phase `dreaming`; there are linking, running, finished";
        assert!(error.to_string().contains(expected), "{error}");
        let error = serde_json::from_str::<Phase>("\"dreaming\"").unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}
