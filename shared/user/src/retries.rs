//! What a User does when the DSP throttles it or is overloaded: it waits and tries again, a few times, then it gives up.
//! Whether it does so at all, and whether the wait grows, is the workload's retry policy.

use secnet_engine::draw::Stream;
use secnet_model::SimDuration;
use secnet_topology::Span;
use secnet_topology::scenario::{Retry, UserParams, WorkloadParams};

pub const BACKOFF_JITTER: Stream = Stream::named("user-backoff-jitter");

/// When and how often requests that are throttled or refused for overload are tried again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RetryPolicy {
    pub retry: Retry,
    /// In all, the first time included.
    pub attempts_max: u32,
    pub backoff: SimDuration,
    pub backoff_max: SimDuration,
}

impl RetryPolicy {
    /// Of requests no workload speaks for.
    pub fn of_user(user: &UserParams) -> RetryPolicy {
        RetryPolicy {
            retry: user.retry,
            attempts_max: user.attempts_max,
            backoff: user.retry_backoff.as_duration(),
            backoff_max: user.retry_backoff_max.as_duration(),
        }
        .in_force()
    }

    pub fn new(user: &UserParams, workload: &WorkloadParams) -> RetryPolicy {
        let span = |own: Option<Span>, users: Span| own.unwrap_or(users).as_duration();
        RetryPolicy {
            retry: workload.retry.unwrap_or(user.retry),
            attempts_max: workload.attempts_max.unwrap_or(user.attempts_max),
            backoff: span(workload.retry_backoff, user.retry_backoff),
            backoff_max: span(workload.retry_backoff_max, user.retry_backoff_max),
        }
        .in_force()
    }

    fn in_force(mut self) -> RetryPolicy {
        if self.retry == Retry::None {
            self.attempts_max = 1;
        }
        self
    }

    /// The wait after the `attempts`-th attempt: half the doubled back-off plus up to as much again (`jitter` in [0, 1)),
    /// so that those refused together do not come back together. The DSP's Retry-After replaces the fixed half where it
    /// is longer. A fixed wait is always the same, and they do come back together.
    pub fn wait(&self, attempts: u32, retry_after: SimDuration, jitter: f64) -> SimDuration {
        if self.retry == Retry::Fixed {
            return self.backoff.max(retry_after);
        }
        let doublings = attempts.saturating_sub(1).min(32);
        let backoff = self
            .backoff
            .0
            .saturating_mul(1 << doublings)
            .min(self.backoff_max.0);
        let half = SimDuration(backoff / 2);
        half.max(retry_after) + SimDuration((half.0 as f64 * jitter) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{FIRST_SUPPLIER, Harness, world_with};
    use secnet_accounts::ServiceMode;
    use secnet_engine::{ItemKind, Outcome};
    use secnet_model::{ResponseCode, SimTime};
    use secnet_wire::DeviceResult;
    use secnet_wire::{Answer, ServiceRequest};

    const POLICY: RetryPolicy = RetryPolicy {
        retry: Retry::Exponential,
        attempts_max: 5,
        backoff: SimDuration::from_secs(2),
        backoff_max: SimDuration::from_secs(10),
    };

    #[test]
    fn waits_double_up_to_the_longest_and_never_undercut_retry_after() {
        let millis = |attempts, retry_after_ms, jitter| {
            POLICY
                .wait(attempts, SimDuration::from_millis(retry_after_ms), jitter)
                .as_micros()
                / 1_000
        };
        // attempts, Retry-After in ms, jitter → wait in ms
        let rows = [
            (1, 0, 0.0, 1_000),
            (1, 0, 0.5, 1_500),
            (2, 0, 0.0, 2_000),
            (3, 0, 0.0, 4_000),
            (4, 0, 0.0, 5_000),
            (4, 0, 0.999, 9_995),
            (90, 0, 0.0, 5_000),
            (1, 2_000, 0.0, 2_000),
            (1, 2_000, 0.5, 2_500),
            (4, 2_000, 0.5, 7_500),
        ];
        for (attempts, retry_after_ms, jitter, expected) in rows {
            let wait = millis(attempts, retry_after_ms, jitter);
            assert_eq!(
                wait, expected,
                "attempt {attempts}, Retry-After {retry_after_ms} ms, jitter {jitter}"
            );
        }
    }

    const BUSY: Answer = Answer::Busy {
        retry_after_ms: 2_000,
    };

    #[test]
    fn a_throttled_vend_is_retried_and_counted_once() {
        let world = world_with(
            "2.2",
            0.02,
            "prepayment_only = true\n[user]\nretry_backoff = \"2s\"",
        );
        let mut harness = Harness::supplier(&world);
        let vend = harness.next_request();
        let (opened_at, id) = (harness.now, vend.id);
        for attempt in 1..=2 {
            harness.acknowledge(vend, BUSY);
            let refused_at = harness.now;
            assert_eq!(harness.next_request(), vend, "the same request with the same id");
            let wait = harness.now.since(refused_at).as_micros();
            let spread = [2_000_000..=3_000_000, 2_000_000..=4_000_000];
            assert!(
                spread[attempt - 1].contains(&wait),
                "attempt {attempt}: {wait} µs"
            );
        }
        harness.acknowledge(vend, Answer::Accepted);
        let answered_at = harness.now + SimDuration::from_secs(7);
        harness.respond(answered_at, vend, ResponseCode::I0, DeviceResult::Success);

        let account = harness.account();
        assert_eq!(account.ledger.opened(ItemKind::ServiceRequest), 1);
        assert_eq!(harness.closed(Outcome::Completed), 1);
        assert_eq!(account.counters()["user.retries"], 2);
        let (key, level) = account.service.iter().next().unwrap();
        assert_eq!((key.srv, key.mode), (vend.srv, ServiceMode::OnDemand));
        assert_eq!((level.attempts, level.completed_at_first_attempt), (3, 0));
        assert_eq!(level.response_times.max(), answered_at.since(opened_at));
        assert_eq!(id.originator, FIRST_SUPPLIER);
    }

    #[test]
    fn a_user_gives_up_after_its_last_attempt_and_closes_the_request_once() {
        let world = world_with("4.1.1", 0.001, "[user]\nattempts_max = 3");
        let mut harness = Harness::supplier(&world);
        let request = harness.next_request();
        for _ in 0..2 {
            harness.acknowledge(request, BUSY);
            assert_eq!(harness.closed(Outcome::GaveUpOverload), 0);
            assert_eq!(harness.next_request(), request);
        }
        harness.acknowledge(request, BUSY);
        harness.acknowledge(request, BUSY);
        let account = harness.account();
        assert_eq!(harness.closed(Outcome::GaveUpOverload), 1);
        assert_eq!(account.held[ItemKind::ServiceRequest as usize], 0);
        assert_eq!(
            (
                account.counters()["user.retries"],
                account.counters()["user.duplicate_answers"]
            ),
            (2, 1)
        );
        let (_, level) = account.service.iter().next().unwrap();
        assert_eq!(level.attempts, 3);
    }

    const THROTTLED: Answer = Answer::Throttled {
        retry_after_ms: 5_000,
    };

    #[test]
    fn who_gives_up_after_having_been_throttled_says_so() {
        let world = world_with("4.1.1", 0.001, "attempts_max = 3\n[user]\nattempts_max = 9");
        let mut harness = Harness::supplier(&world);
        let request = harness.next_request();
        for answer in [THROTTLED, BUSY] {
            harness.acknowledge(request, answer);
            assert_eq!(harness.next_request(), request);
        }
        harness.acknowledge(request, THROTTLED);
        assert_eq!(harness.closed(Outcome::Throttled), 1);
        assert_eq!(harness.closed(Outcome::GaveUpOverload), 0);
        let account = harness.account();
        assert_eq!(account.counters()["user.throttled_answers"], 2);
        let (_, level) = account.service.iter().next().unwrap();
        assert_eq!((level.attempts, level.code(ResponseCode::Throttled)), (3, 1));
    }

    #[test]
    fn a_workload_that_does_not_retry_gives_up_at_once() {
        let mut harness = Harness::supplier(&world_with("4.1.1", 0.001, "retry = \"none\""));
        let request = harness.next_request();
        harness.acknowledge(request, THROTTLED);
        assert_eq!(harness.closed(Outcome::Throttled), 1);
        assert_eq!(harness.account().counters()["user.retries"], 0);
    }

    #[test]
    fn fixed_waits_are_all_alike() {
        let world = world_with(
            "4.1.1",
            0.001,
            "retry = \"fixed\"\n[user]\nretry_backoff = \"9s\"",
        );
        let mut harness = Harness::supplier(&world);
        let request = harness.next_request();
        for _ in 0..3 {
            let refused_at = harness.now;
            harness.acknowledge(request, THROTTLED);
            assert_eq!(harness.next_request(), request);
            assert_eq!(harness.now.since(refused_at), SimDuration::from_secs(9));
        }
    }

    #[test]
    fn those_refused_together_do_not_come_back_together() {
        let world = world_with("4.1.1", 1.0, "");
        let mut harness = Harness::supplier(&world);
        let requests: Vec<ServiceRequest> = (0..20).map(|_| harness.next_request()).collect();
        requests
            .iter()
            .for_each(|request| harness.acknowledge(*request, BUSY));
        let mut due: Vec<SimTime> = Vec::new();
        while due.len() < requests.len() {
            if requests.contains(&harness.next_request()) {
                due.push(harness.now);
            }
        }
        due.dedup();
        assert_eq!(due.len(), requests.len());
    }
}
