//! The safety net: the DSP always answers in the end (E20, E21, E30); a request it does not answer all the same is
//! given up. Open requests are looked through rarely, so that this costs a request nothing; one may be given up
//! [`CHECK_INTERVAL`] late.

use crate::request_book::{OpenRequest, RequestBook, Slot, Stage};
use secnet_accounts::service::FUTURE_DATED_TARGET;
use secnet_accounts::{Part, ServiceMode};
use secnet_model::{FutureDating, SimDuration, SimTime, Srv};
use secnet_topology::World;
use secnet_topology::scenario::Scenario;
use serde::{Deserialize, Serialize};

/// Unanswered requests are looked for at most this often.
pub const CHECK_INTERVAL: SimDuration = SimDuration::from_secs(60);

/// How long after its sending, or its execution time, each SRV's request is given up.
#[derive(Clone, Debug)]
pub struct Patience {
    by_srv: Vec<SimDuration>,
    /// For commands a device is to hold until their time.
    held_by_device: SimDuration,
    shortest: SimDuration,
}

impl Patience {
    /// The DSP's own time-out, and the User's patience on top.
    pub fn new(scenario: &Scenario) -> Patience {
        let (dsp, patience) = (&scenario.dsp, scenario.user.patience.as_duration());
        let by_srv: Vec<SimDuration> = Srv::all()
            .map(|srv| {
                // SMETS1 devices have no more.
                let target = srv.entry().target_response_time(None);
                dsp.timeout(target.time) + patience
            })
            .collect();
        let held_by_device = dsp.timeout(FUTURE_DATED_TARGET) + patience;
        let shortest = by_srv.iter().copied().min().unwrap_or(patience);
        Patience {
            by_srv,
            held_by_device,
            shortest: shortest.min(held_by_device),
        }
    }

    /// When a request is given up; `None` while it is the User's own turn, or that of the people it has to do with.
    pub fn ends_at(&self, open: &OpenRequest) -> Option<SimTime> {
        if matches!(
            open.stage,
            Stage::BackingOff | Stage::Signing | Stage::Quarantined | Stage::Kept
        ) {
            return None;
        }
        let srv = open.request.srv;
        let patience = self.by_srv[usize::from(srv.index())];
        let (due, patience) = match open.mode {
            ServiceMode::FutureDated => {
                let due = open.request.timing.execution().unwrap_or_default();
                match srv.entry().future_dated {
                    FutureDating::HeldByDevice | FutureDating::HeldByDspOrDevice => {
                        (due, self.held_by_device)
                    }
                    FutureDating::HeldByDsp | FutureDating::NotAllowed => (due, patience),
                }
            }
            ServiceMode::OnDemand | ServiceMode::Scheduled | ServiceMode::NonDevice => {
                (SimTime::ZERO, patience)
            }
        };
        Some(open.sent_at.max(due) + patience)
    }
}

/// When the open requests are looked through next; "never" while none is open.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct PatienceCheck {
    at: SimTime,
}

impl Default for PatienceCheck {
    fn default() -> PatienceCheck {
        PatienceCheck { at: SimTime::NEVER }
    }
}

impl PatienceCheck {
    /// A request was opened at `now`: from when on one could be unanswered.
    #[inline]
    pub(crate) fn note_opened(&mut self, now: SimTime, patience: &Patience) {
        if self.at.is_never() {
            self.at = now + patience.shortest;
        }
    }

    /// Those to be given up now; all of them are.
    pub(crate) fn take_unanswered(
        &mut self,
        now: SimTime,
        patience: &Patience,
        book: &RequestBook,
    ) -> Vec<Slot> {
        if self.at > now {
            return Vec::new();
        }
        let mut unanswered: Vec<Slot> = Vec::new();
        let mut earliest = SimTime::NEVER;
        for (slot, open) in book.iter() {
            match patience.ends_at(open) {
                Some(at) if at <= now => unanswered.push(slot),
                Some(at) => earliest = earliest.min(at),
                None => {}
            }
        }
        self.at = if unanswered.len() == book.len() {
            SimTime::NEVER
        } else {
            earliest
                .max(now + CHECK_INTERVAL)
                .min(now + patience.shortest.max(CHECK_INTERVAL))
        };
        unanswered
    }
}

impl Part for PatienceCheck {
    #[inline]
    fn next_deadline(&self, _: &World) -> SimTime {
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Harness, world_with};
    use secnet_engine::Outcome;
    use secnet_model::{DccAlertCode, ResponseCode};
    use secnet_wire::{Answer, DccAlert, DeviceResult, Message};

    const TIMES: &str = "[dsp]\ntimeout_min = \"10min\"\n[user]\npatience = \"1min\"";

    /// The moment the first request is given up, and how long after its sending that is.
    fn given_up_after(srv: &str, accepted: bool, more: &str) -> SimDuration {
        let world = world_with(srv, 0.003, &format!("{more}\n{TIMES}"));
        let mut harness = Harness::supplier(&world);
        let request = harness.next_request();
        let sent_at = harness.now;
        if accepted {
            harness.acknowledge(request, Answer::Accepted);
        }
        while harness.closed(Outcome::NoResponse) == 0 {
            harness.wake();
        }
        harness.now.since(sent_at)
    }

    #[test]
    fn a_request_without_an_answer_is_given_up_when_patience_ends() {
        let rows = [
            ("4.1.1", true, "", 600 + 60),
            ("4.1.1", false, "", 600 + 60),
            // Twice the target response time.
            ("4.8.1", true, "", 2 * 5_600 + 60),
            ("4.1.1", true, "future_dated_by = \"1h\"", 3_600 + 600 + 60),
            ("1.6", true, "", 600 + 60),
            // The device holds it, and has twice a day.
            ("1.6", true, "future_dated_by = \"1h\"", 3_600 + 2 * 86_400 + 60),
        ];
        for (srv, accepted, more, expected) in rows {
            let after = given_up_after(srv, accepted, more);
            let expected = SimDuration::from_secs(expected);
            assert!(
                (expected..=expected + CHECK_INTERVAL).contains(&after),
                "{srv} {more}: {after}"
            );
        }
    }

    #[test]
    fn a_quarantined_request_stays_open_until_people_have_decided() {
        let world = world_with("4.1.1", 0.003, TIMES);
        for acknowledged_first in [true, false] {
            let mut harness = Harness::supplier(&world);
            let request = harness.next_request();
            let alert = Message::DccAlert(DccAlert {
                code: DccAlertCode::N46,
                about: request.id.target,
                request: request.id.counter,
                number: 1,
                raised_at: harness.now,
                throttled: None,
            });
            if acknowledged_first {
                harness.acknowledge(request, Answer::Accepted);
                harness.tell(harness.now, alert);
            } else {
                harness.tell(harness.now, alert);
                harness.acknowledge(request, Answer::Accepted);
            }
            let hours_later = harness.now + SimDuration::from_secs(5 * 3_600);
            harness.run_to(hours_later);
            let open = |harness: &Harness| harness.user.state().book.find(request.id.counter).is_some();
            assert!(open(&harness));
            harness.respond(hours_later, request, ResponseCode::Deleted, DeviceResult::Error);
            assert!(!open(&harness));
            assert_eq!(harness.closed(Outcome::QuarantinedDeleted), 1);
            let counters = harness.account().counters();
            assert_eq!(
                (
                    counters["user.dcc_alerts.n46"],
                    counters["user.duplicate_answers"]
                ),
                (1, 0)
            );
        }
    }

    #[test]
    fn an_answer_after_giving_up_is_a_duplicate() {
        let world = world_with("4.1.1", 0.003, TIMES);
        let mut harness = Harness::supplier(&world);
        let request = harness.next_request();
        while harness.closed(Outcome::NoResponse) == 0 {
            harness.wake();
        }
        harness.acknowledge(request, Answer::Accepted);
        assert_eq!(harness.account().counters()["user.duplicate_answers"], 1);
        assert_eq!(harness.closed(Outcome::NoResponse), 1);
    }
}
