//! What had no answer is asked for again, by a person or by a batch job: a later request of its own, with a counter of its own.
//!
//! Not here: trying again when the DSP is overloaded (`retries`), which repeats the same request.

use secnet_accounts::Part;
use secnet_engine::draw::Stream;
use secnet_model::{Eui64, ResponseCode, Role, SimDuration, SimTime, Srv};
use secnet_topology::World;
use secnet_topology::scenario::{NoAnswer, WorkloadParams};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

pub(crate) const PERSONS_DELAY: Stream = Stream::named("user-asking-again");

/// Which requests of a workload are asked for again, how often and when.
#[derive(Clone, Debug)]
pub struct AskingAgain {
    on: Vec<NoAnswer>,
    after: SimDuration,
    times_max: u8,
}

impl AskingAgain {
    pub fn new(params: &WorkloadParams) -> AskingAgain {
        AskingAgain {
            on: params.ask_again_on.clone(),
            after: params.ask_again_after.as_duration(),
            times_max: params.ask_again_max,
        }
    }

    /// Requests nobody asks for again.
    pub const fn never() -> AskingAgain {
        AskingAgain {
            on: Vec::new(),
            after: SimDuration::ZERO,
            times_max: 0,
        }
    }

    /// How long after it ended with that code a request that was asked for so often before is asked for again: `after` and up to half
    /// as much again (`jitter` in [0, 1)), for people are not clocks. `None` where it is left alone.
    #[inline]
    pub(crate) fn wait(
        &self,
        code: ResponseCode,
        times_before: u8,
        jitter: impl FnOnce() -> f64,
    ) -> Option<SimDuration> {
        if times_before >= self.times_max || !self.on.iter().any(|no_answer| no_answer.code() == code) {
            return None;
        }
        let more = SimDuration((self.after.0 as f64 * 0.5 * jitter()) as u64);
        // Not in the moment that ended it: a node is rid of what is due before it goes on.
        Some((self.after + more).max(SimDuration(1)))
    }
}

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) struct Again {
    pub workload: u16,
    pub srv: Srv,
    pub target: Eui64,
    pub role: Role,
    /// How often it was asked for before.
    pub times_before: u8,
}

/// What will be asked for again, by time; of those with one time the one that failed with the lowest counter comes first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ToAskAgain {
    queue: BinaryHeap<Reverse<(SimTime, u64, Again)>>,
}

impl ToAskAgain {
    /// `counter` is that of the request that had no answer.
    pub(crate) fn push(&mut self, at: SimTime, counter: u64, again: Again) {
        self.queue.push(Reverse((at, counter, again)));
    }

    /// The next whose moment has come.
    pub(crate) fn take_due(&mut self, now: SimTime) -> Option<Again> {
        let Reverse((due, ..)) = self.queue.peek()?;
        if *due > now {
            return None;
        }
        self.queue.pop().map(|Reverse((_, _, again))| again)
    }
}

impl Part for ToAskAgain {
    #[inline]
    fn next_deadline(&self, _: &World) -> SimTime {
        self.queue
            .peek()
            .map_or(SimTime::NEVER, |Reverse((due, ..))| *due)
    }

    fn memory_bytes(&self) -> usize {
        self.queue.capacity() * size_of::<Reverse<(SimTime, u64, Again)>>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Harness, world_with};
    use secnet_engine::{ItemKind, Outcome};
    use secnet_wire::{Answer, DeviceResult, ServiceRequest};

    const AGAIN: &str = "ends_after = \"2h\"\nask_again_max = 2\nask_again_after = \"10min\"";

    /// Requests to the first one's device, each failed with the code a second after it was sent.
    fn requests(code: ResponseCode, more: &str) -> (Harness, Vec<(SimTime, ServiceRequest)>) {
        let mut harness = Harness::supplier(&world_with("4.1.1", 0.02, more));
        let mut sent = Vec::new();
        let mut waiting: Vec<(SimTime, ServiceRequest)> = Vec::new();
        for minute in 0..6 * 60 {
            let until = SimTime::from_secs(minute * 60);
            for (at, request) in harness.run_to(until) {
                sent.push((at, request));
                waiting.push((at, request));
            }
            for (_, request) in waiting.drain(..) {
                harness.acknowledge(request, Answer::Accepted);
                harness.respond(until, request, code, DeviceResult::Error);
            }
        }
        (harness, sent)
    }

    #[test]
    fn what_had_no_answer_is_asked_for_again_as_often_as_said_each_time_as_a_request_of_its_own() {
        let (harness, sent) = requests(ResponseCode::E20, AGAIN);
        let first = sent[0].1;
        let same: Vec<&(SimTime, ServiceRequest)> = sent
            .iter()
            .filter(|(_, request)| request.id.target == first.id.target)
            .collect();
        assert_eq!(same.len(), 3, "once, and twice again");
        for pair in same.windows(2) {
            let ((earlier, one), (later, next)) = (pair[0], pair[1]);
            // It failed up to a minute after it was sent.
            let wait = later.since(*earlier).as_secs_f64();
            assert!((600.0..=900.0 + 60.0).contains(&wait), "{wait}");
            assert!(one.id.counter < next.id.counter);
            assert_eq!(
                (one.srv, one.role, one.variant),
                (next.srv, next.role, next.variant)
            );
        }
        let ledger = harness.account().ledger;
        assert_eq!(ledger.opened(ItemKind::ServiceRequest), sent.len() as u64);
        assert_eq!(
            ledger.closed(ItemKind::ServiceRequest, Outcome::NotDelivered),
            sent.len() as u64
        );
        let again = harness.account().counters()["user.asked_again"];
        assert_eq!(
            again * 3,
            sent.len() as u64 * 2,
            "of three two are asked for again"
        );
    }

    #[test]
    fn only_the_codes_said_are_and_nothing_without_being_told() {
        for (code, more) in [
            (ResponseCode::E30, AGAIN),
            (ResponseCode::E21, "ends_after = \"2h\""),
            (
                ResponseCode::E21,
                "ends_after = \"2h\"\nask_again_max = 2\nask_again_on = [\"E20\"]",
            ),
        ] {
            let (harness, _) = requests(code, more);
            assert!(
                !harness.account().counters().contains_key("user.asked_again"),
                "{more}"
            );
        }
    }

    #[test]
    fn nothing_is_asked_for_again_at_or_after_the_horizon() {
        let late = "ask_again_max = 1\nask_again_after = \"23h\"";
        let (mut harness, sent) = requests(ResponseCode::E21, late);
        let more = harness.run_to(SimTime::from_secs(3 * 86_400));
        let horizon = SimTime::from_secs(86_400);
        assert!(!sent.is_empty() && more.iter().all(|(at, _)| *at < horizon));
    }
}
