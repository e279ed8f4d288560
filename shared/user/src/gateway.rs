//! The User's connection to the DCC, the DCC User Gateway: while it is closed nothing is submitted, and what came in just before
//! may come in once more when it opens, since its acknowledgement was lost (domain.md §14). Such a copy is counted, and that is all.

use secnet_accounts::Part;
use secnet_model::{SimDuration, SimTime, UserId};
use secnet_topology::World;
use secnet_topology::timeline::Windows;
use secnet_wire::{AlertCopy, DccAlert, DeviceAlert, Pushed, ServiceResponse};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What the plan says of the gateway.
#[derive(Clone, Debug)]
pub struct Gateway {
    closed: Windows,
    /// What came in this long before it closes may not have been acknowledged.
    remembered_before: SimDuration,
}

impl Gateway {
    pub fn new(world: &World, user: UserId) -> Gateway {
        Gateway {
            closed: world.timeline.gateway(user).clone(),
            remembered_before: world.scenario.user.remembered_before_closing.as_duration(),
        }
    }

    /// When what is ready at `now` can be sent: at once, or when the gateway opens.
    #[inline]
    pub fn opens(&self, now: SimTime) -> SimTime {
        if self.closed.is_empty() {
            return now;
        }
        self.closed.opens(now)
    }

    /// When the gateway closes, if what comes in at `now` may then not have been acknowledged.
    fn closing(&self, now: SimTime) -> Option<SimTime> {
        let next = self.closed.iter().find(|window| window.end > now)?;
        (next.start <= now + self.remembered_before).then_some(next.start)
    }
}

/// What tells a message the DSP pushes from every other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum PushedId {
    Response { id: [u64; 2], started_at: SimTime },
    DeviceAlert { id: [u64; 2] },
    DccAlert { id: [u64; 2] },
    AlertCopy { id: [u64; 2] },
}

impl From<&ServiceResponse> for PushedId {
    fn from(response: &ServiceResponse) -> PushedId {
        PushedId::Response {
            id: response.id.identity(),
            started_at: response.started_at,
        }
    }
}

impl From<&DeviceAlert> for PushedId {
    fn from(alert: &DeviceAlert) -> PushedId {
        PushedId::DeviceAlert { id: alert.identity() }
    }
}

impl From<&DccAlert> for PushedId {
    fn from(alert: &DccAlert) -> PushedId {
        PushedId::DccAlert { id: alert.identity() }
    }
}

impl From<&AlertCopy> for PushedId {
    fn from(AlertCopy(alert): &AlertCopy) -> PushedId {
        PushedId::AlertCopy { id: alert.identity() }
    }
}

impl From<&Pushed> for PushedId {
    fn from(pushed: &Pushed) -> PushedId {
        match pushed {
            Pushed::Response(response) => response.into(),
            Pushed::DeviceAlert(alert) => alert.into(),
            Pushed::DccAlert(alert) => alert.into(),
            Pushed::AlertCopy(copy) => copy.into(),
        }
    }
}

/// What came in just before the gateway closed, or when it had closed already; kept until it is about to close again.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Received {
    closing: Option<SimTime>,
    known: BTreeSet<PushedId>,
}

impl Received {
    /// What comes in is remembered where the plan says that it may come in again.
    #[inline]
    pub fn note(&mut self, gateway: &Gateway, now: SimTime, pushed: impl Into<PushedId>) {
        if !gateway.closed.is_empty()
            && let Some(closing) = gateway.closing(now)
        {
            self.remember(closing, pushed.into());
        }
    }

    fn remember(&mut self, closing: SimTime, pushed: PushedId) {
        if self.closing != Some(closing) {
            self.known.clear();
            self.closing = Some(closing);
        }
        self.known.insert(pushed);
    }

    pub(crate) fn knows(&self, pushed: &Pushed) -> bool {
        self.known.contains(&pushed.into())
    }
}

impl Part for Received {
    fn memory_bytes(&self) -> usize {
        self.known.len() * size_of::<PushedId>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Harness, response_to, world_with};
    use secnet_engine::{ItemKind, Node};
    use secnet_model::{AlertCode, DccAlertCode, DeviceType, PremisesId, ResponseCode, Srv};
    use secnet_wire::{Answer, CommandOrigin, DeviceResult, Message};

    /// Closed for an hour from noon.
    const CLOSED: &str = "[[events]]\nname = \"down\"\nkind = \"gateway_outage\"\nstarts_after = \"12h\"\nlasts = \"1h\"\n\
                          user = \"A\"\n[user]\nretry_backoff = \"2s\"\nsigning_time_min = \"5s\"\nsigning_time_mean = \"5s\"";
    const NOON: SimTime = SimTime::from_secs(12 * 3_600);
    const ONE: SimTime = SimTime::from_secs(13 * 3_600);

    #[test]
    fn what_a_closed_gateway_keeps_goes_out_when_it_opens_in_the_order_of_the_counters() {
        let mut harness = Harness::supplier(&world_with("4.1.1", 1.0, CLOSED));
        let before = harness.run_to(SimTime(NOON.0 - 1));
        assert!(
            harness.run_to(SimTime(ONE.0 - 1)).is_empty(),
            "nothing is sent while it is closed"
        );
        let mut kept = Vec::new();
        while harness.user.next_deadline() == ONE {
            kept.extend(harness.wake().into_iter().map(|envelope| match envelope.message {
                Message::ServiceRequest(request) => request.id.counter,
                other => panic!("{other:?} is no request"),
            }));
        }
        let first = before.last().unwrap().1.id.counter + 1;
        assert!(kept.len() > 20);
        assert_eq!(kept, (first..).take(kept.len()).collect::<Vec<_>>());
        let counters = harness.account().counters();
        assert_eq!(counters["user.kept_by_gateway"], kept.len() as u64);
        assert_eq!(counters["user.retries"], 0);
        for (_, open) in harness
            .user
            .state()
            .book
            .iter()
            .filter(|(_, open)| open.sent_at == ONE)
        {
            assert!(
                open.attempts == 1 && open.opened_at < ONE,
                "patience starts with the sending: {open:?}"
            );
        }
    }

    #[test]
    fn what_is_to_be_sent_again_or_signed_waits_for_the_gateway_too() {
        let pre_command = |number| Answer::PreCommand {
            srv: Srv::from_number(number).unwrap(),
            bytes: 300,
        };
        for (srv, answer, retries) in [
            (
                "4.1.1",
                Answer::Busy {
                    retry_after_ms: 5_000,
                },
                1,
            ),
            ("1.2.1", pre_command("1.2.1"), 0),
        ] {
            let mut harness = Harness::supplier(&world_with(srv, 1.0, CLOSED));
            let sent = harness.run_to(SimTime(NOON.0 - 1_000_000));
            let request = sent.last().unwrap().1;
            harness.acknowledge(request, answer);
            let again = harness.run_to(ONE);
            let again = again.iter().find(|(_, sent)| sent.id == request.id).unwrap();
            assert_eq!(again.0, ONE, "{srv}");
            assert_eq!(harness.account().counters()["user.retries"], retries, "{srv}");
        }
    }

    #[test]
    fn what_comes_in_again_after_the_gateway_was_closed_is_counted_and_closes_nothing() {
        let world = world_with("4.1.1", 0.05, CLOSED);
        let mut harness = Harness::supplier(&world);
        let sent = harness.run_to(SimTime(NOON.0 - 10_000_000));
        let [.., (_, read), (_, request)] = sent[..] else {
            panic!("two requests at least: {sent:?}");
        };
        let premises = PremisesId(7);
        let pushed = [
            Pushed::Response(response_to(
                request,
                CommandOrigin::OnDemand,
                ResponseCode::I0,
                DeviceResult::Success,
            )),
            Pushed::Response(response_to(
                read,
                CommandOrigin::Scheduled,
                ResponseCode::I0,
                DeviceResult::Success,
            )),
            Pushed::DeviceAlert(DeviceAlert {
                device: premises.device(DeviceType::Esme),
                alert: AlertCode::future_dated_succeeded(),
                number: 1,
                bytes: 100,
                raised_at: harness.now,
                command: None,
                throttled: None,
            }),
            Pushed::DccAlert(DccAlert {
                code: DccAlertCode::N13,
                about: premises.device(DeviceType::Esme).eui64(),
                request: 0,
                number: 1,
                raised_at: harness.now,
                throttled: None,
            }),
        ];
        let closed = |harness: &Harness| {
            let ledger = harness.account().ledger;
            let kinds = ItemKind::ALL.iter();
            kinds.map(|kind| ledger.closed_total(*kind)).sum::<u64>()
        };
        let tell_all = |harness: &mut Harness, message: fn(Pushed) -> Message| {
            let before = closed(harness);
            for pushed in pushed {
                harness.tell(harness.now, message(pushed));
            }
            let counters = harness.account().counters();
            let count = |name: &str| counters.get(name).copied();
            let duplicates = count("user.duplicates");
            (
                closed(harness) - before,
                duplicates,
                count("user.duplicates_not_recognised"),
            )
        };
        assert_eq!(tell_all(&mut harness, Message::from), (4, None, None));
        harness.run_to(ONE);
        assert_eq!(tell_all(&mut harness, Message::PushedAgain), (0, Some(4), None));
        let forgetful = format!("{CLOSED}\nremembered_before_closing = \"5s\"");
        let mut forgetful = Harness::supplier(&world_with("4.1.1", 0.05, &forgetful));
        forgetful.run_to(SimTime(NOON.0 - 10_000_000));
        tell_all(&mut forgetful, Message::from);
        forgetful.run_to(ONE);
        assert_eq!(tell_all(&mut forgetful, Message::PushedAgain), (0, None, Some(4)));
    }
}
