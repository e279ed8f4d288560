//! Requests sent one by one, each at its time: the scenario's, and those that come from outside while a run goes on.

use crate::desk::Desk;
use crate::request_form::{RequestForm, Subject, Unsendable, Wishes};
use crate::retries::RetryPolicy;
use secnet_accounts::Part;
use secnet_engine::Outcome;
use secnet_model::{DeviceType, Eui64, PremisesId, RequestId, ResponseCode, Role, SimDuration, SimTime, Srv};
use secnet_topology::live_requests::{EndedRequest, TakenRequest};
use secnet_topology::scenario::RequestParams;
use secnet_topology::{Span, UserEntry, World};
use secnet_wire::Timing;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The place of a workload that single requests have.
pub(crate) const NO_WORKLOAD: u16 = u16::MAX;

#[derive(Clone, Debug)]
pub(crate) struct SingleRequests {
    /// In the order of their times.
    requests: Vec<SingleRequest>,
    pub retry_policy: RetryPolicy,
}

#[derive(Clone, Debug)]
pub(crate) struct SingleRequest {
    pub at: SimTime,
    pub form: Result<RequestForm, Unsendable>,
    pub premises: Option<PremisesId>,
    pub timing: Timing,
    /// Of which campaign it lists the next devices.
    pub campaign: Option<u16>,
    /// Its place among those taken from outside; `None` for the scenario's.
    pub taken: Option<u32>,
}

/// What a request is about: a [`RequestParams`] without its sender.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Wanted {
    at: SimTime,
    srv: Srv,
    premises: Option<PremisesId>,
    device: Option<DeviceType>,
    future_dated_by: Option<SimDuration>,
    campaign: Option<u16>,
}

/// How many of them have been sent, and what became of those that are not the scenario's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Singles {
    sent: u64,
    /// When the next is sent; "never" past the last. Follows from the rest and the plan.
    next_at: SimTime,
    pub taken: TakenRequests,
}

/// The requests that came from outside while the run went on, and what became of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct TakenRequests {
    /// In the order in which they came.
    requests: Vec<Taken>,
    /// By the counter of those sent and open: the place in `requests`.
    open: BTreeMap<u64, u32>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Taken {
    wanted: Wanted,
    id: Option<RequestId>,
    ended: Option<Ended>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Ended {
    at: SimTime,
    outcome: Outcome,
    code: ResponseCode,
    attempts: u32,
}

impl Wanted {
    /// `None` where there is no such SRV.
    pub(crate) fn new(world: &World, params: &RequestParams) -> Option<Wanted> {
        let campaign = params.campaign.as_ref();
        let campaign = campaign.and_then(|name| world.scenario.campaign_number(name));
        Some(Wanted {
            at: SimTime::ZERO + params.at.as_duration(),
            srv: Srv::from_number(&params.srv)?,
            premises: params.premises.map(PremisesId),
            device: params.device,
            future_dated_by: params.future_dated_by.map(Span::as_duration),
            campaign,
        })
    }

    pub(crate) fn request<D: Desk>(&self, user: &UserEntry) -> SingleRequest {
        let wishes = Wishes {
            target: self.device,
            future_dated: self.future_dated_by.is_some(),
            mistake: None,
        };
        SingleRequest {
            at: self.at,
            form: RequestForm::new::<D>(self.srv, user.roles, wishes),
            premises: self.premises,
            timing: match self.future_dated_by {
                Some(span) => Timing::at(self.at + span),
                None => Timing::Now,
            },
            campaign: self.campaign,
            taken: None,
        }
    }

    fn params(&self, world: &World, from: &str) -> RequestParams {
        let name = |campaign: u16| {
            let campaign = world.scenario.campaigns.get(usize::from(campaign))?;
            Some(campaign.name.clone())
        };
        RequestParams {
            from: from.to_owned(),
            at: self.at.since(SimTime::ZERO).into(),
            srv: self.srv.number().to_owned(),
            premises: self.premises.map(|premises| premises.0),
            device: self.device,
            future_dated_by: self.future_dated_by.map(Span::from),
            campaign: self.campaign.and_then(name),
        }
    }
}

impl SingleRequests {
    pub(crate) fn of_scenario<D: Desk>(world: &World, user: Option<&UserEntry>) -> SingleRequests {
        let scenario = &world.scenario;
        let mut single = SingleRequests {
            requests: Vec::new(),
            retry_policy: RetryPolicy::of_user(&scenario.user),
        };
        let Some(user) = user else {
            return single;
        };
        let of_user = scenario.requests.iter().filter(|params| params.from == user.name);
        for wanted in of_user.filter_map(|params| Wanted::new(world, params)) {
            single.insert(wanted.request::<D>(user));
        }
        single
    }

    /// Those taken while the run went on, before its state was saved.
    pub(crate) fn insert_taken<D: Desk>(&mut self, user: Option<&UserEntry>, taken: &TakenRequests) {
        let Some(user) = user else { return };
        for (place, taken) in taken.requests.iter().enumerate() {
            self.insert(SingleRequest {
                taken: Some(place as u32),
                ..taken.wanted.request::<D>(user)
            });
        }
    }

    /// Of two at one time the one that was there first goes first, as in a scenario that lists them in that order.
    pub(crate) fn insert(&mut self, request: SingleRequest) {
        let place = self.requests.partition_point(|known| known.at <= request.at);
        self.requests.insert(place, request);
    }

    /// When the request with that number, from 0, is sent.
    fn at(&self, number: u64) -> SimTime {
        self.requests
            .get(number as usize)
            .map_or(SimTime::NEVER, |request| request.at)
    }
}

impl Singles {
    pub(crate) fn new(plan: &SingleRequests) -> Singles {
        Singles {
            sent: 0,
            next_at: plan.at(0),
            taken: TakenRequests::default(),
        }
    }

    /// The next one, which is sent now.
    pub(crate) fn take_next<'a>(&mut self, plan: &'a SingleRequests) -> Option<&'a SingleRequest> {
        let next = plan.requests.get(self.sent as usize);
        self.sent += 1;
        self.next_at = plan.at(self.sent);
        next
    }

    /// One more was taken, which is in the plan already.
    pub(crate) fn add(&mut self, wanted: Wanted, plan: &SingleRequests) {
        self.taken.add(wanted);
        self.next_at = plan.at(self.sent);
    }
}

impl Part for Singles {
    #[inline]
    fn next_deadline(&self, _: &World) -> SimTime {
        self.next_at
    }
}

impl SingleRequest {
    /// Whom the request goes to and in which role.
    pub(crate) fn target(&self, world: &World, form: &RequestForm) -> Option<(Eui64, Role)> {
        match (&form.subject, self.premises) {
            (Subject::Dcc(role), _) => Some((Eui64::DCC, *role)),
            (Subject::Device(candidates), Some(premises)) => {
                let has = |device_type| world.population.has_device(premises, device_type);
                let candidate = candidates
                    .iter()
                    .find(|candidate| has(candidate.device_type))
                    .or_else(|| candidates.first())?;
                Some((premises.device(candidate.device_type).eui64(), candidate.role))
            }
            (Subject::Device(_) | Subject::Schedule(_), _) => None,
        }
    }
}

impl TakenRequests {
    /// How many there are, and the place of the next.
    pub(crate) fn count(&self) -> u32 {
        self.requests.len() as u32
    }

    fn add(&mut self, wanted: Wanted) {
        self.requests.push(Taken {
            wanted,
            id: None,
            ended: None,
        });
    }

    /// The one at that place has been sent.
    pub(crate) fn sent(&mut self, place: u32, id: RequestId) {
        if let Some(taken) = self.requests.get_mut(place as usize) {
            taken.id = Some(id);
            self.open.insert(id.counter, place);
        }
    }

    /// A single request has ended; perhaps it is one of these.
    pub(crate) fn ended(
        &mut self,
        id: RequestId,
        at: SimTime,
        outcome: Outcome,
        code: ResponseCode,
        attempts: u32,
    ) {
        let place = self.open.remove(&id.counter);
        if let Some(taken) = place.and_then(|place| self.requests.get_mut(place as usize)) {
            taken.ended = Some(Ended {
                at,
                outcome,
                code,
                attempts,
            });
        }
    }

    pub(crate) fn describe(&self, world: &World, from: &str) -> impl Iterator<Item = TakenRequest> {
        self.requests
            .iter()
            .zip(1..)
            .map(move |(taken, number)| TakenRequest {
                number,
                request: taken.wanted.params(world, from),
                id: taken.id.map(|id| id.to_string()),
                ended: taken.ended.map(|ended| EndedRequest {
                    at: ended.at.since(SimTime::ZERO).into(),
                    outcome: ended.outcome.name().to_owned(),
                    code: ended.code.to_string(),
                    attempts: ended.attempts,
                }),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{FIRST_SUPPLIER, Harness, SupplierDesk, world};
    use crate::user::User;
    use secnet_topology::TakesRequests;
    use secnet_wire::Answer;

    fn read(at_s: u64, premises: u32) -> RequestParams {
        RequestParams {
            from: "A".to_owned(),
            at: Span::from_secs(at_s),
            srv: "4.1.1".to_owned(),
            premises: Some(premises),
            device: Some(DeviceType::Esme),
            future_dated_by: None,
            campaign: None,
        }
    }

    fn scenario(requests: &[(u64, u32)]) -> String {
        let table = |(at_s, premises): &(u64, u32)| {
            format!(
                "[[requests]]\nfrom = \"A\"\nat = \"{at_s}s\"\nsrv = \"4.1.1\"\npremises = {premises}\ndevice = \"ESME\"\n"
            )
        };
        requests.iter().map(table).collect()
    }

    #[test]
    fn requests_from_outside_take_their_turn_as_if_the_scenario_had_them() {
        let mut driven = Harness::supplier(&world(&scenario(&[(10, 1), (20, 2)])));
        let earliest = SimTime::from_secs(5);
        for (request, at_s) in [(read(0, 3), 5), (read(10, 4), 10), (read(3, 5), 5)] {
            let taken = driven.user.take_request(request, earliest).unwrap();
            assert_eq!(taken.request.at, Span::from_secs(at_s));
        }
        let end = SimTime::from_secs(60);
        let sent = driven.run_to(end);
        let order: Vec<_> = sent
            .iter()
            .map(|(at, request)| (at.as_whole_secs(), request.id.target.device().unwrap().premises.0))
            .collect();
        assert_eq!(order, [(5, 3), (5, 5), (10, 1), (10, 4), (20, 2)]);

        let recorded: Vec<_> = driven.user.requests_taken();
        let of_scenario = [(10, 1), (20, 2)].into_iter();
        let all: Vec<(u64, u32)> = of_scenario
            .chain(recorded.iter().map(|taken| {
                let request = &taken.request;
                (request.at.as_micros() / 1_000_000, request.premises.unwrap())
            }))
            .collect();
        assert_eq!(Harness::supplier(&world(&scenario(&all))).run_to(end), sent);
    }

    #[test]
    fn what_became_of_one_is_known_and_goes_into_a_checkpoint() {
        let world = world("");
        let mut harness = Harness::supplier(&world);
        harness
            .user
            .take_request(read(0, 3), SimTime::from_secs(5))
            .unwrap();
        harness
            .user
            .take_request(read(9, 4), SimTime::from_secs(5))
            .unwrap();
        let request = harness.next_request();
        harness.acknowledge(request, Answer::Refused(ResponseCode::E4));
        let [first, second] = &harness.user.requests_taken()[..] else {
            panic!("two were taken");
        };
        assert_eq!(first.id.as_deref(), Some(request.id.to_string().as_str()));
        let ended = first.ended.as_ref().unwrap();
        assert_eq!(
            (ended.outcome.as_str(), ended.code.as_str(), ended.attempts),
            ("refused", "E4", 1)
        );
        assert_eq!((second.id.as_ref(), second.ended.as_ref()), (None, None));

        let saved = secnet_accounts::Accountable::save(&harness.user).unwrap();
        let restored = User::<SupplierDesk>::restore(&world, FIRST_SUPPLIER, &saved).unwrap();
        assert_eq!(restored.requests_taken(), harness.user.requests_taken());
        let end = SimTime::from_secs(60);
        assert_eq!(Harness::of(restored).run_to(end), harness.run_to(end));
    }

    #[test]
    fn another_users_request_is_not_taken() {
        let mut harness = Harness::supplier(&world(""));
        let foreign = RequestParams {
            from: "B".to_owned(),
            ..read(1, 3)
        };
        let refused = harness.user.take_request(foreign, SimTime::ZERO);
        assert_eq!(refused.unwrap_err(), "`B` is not played by this node");
        let late = harness.user.take_request(read(1, 3), SimTime::from_secs(86_400));
        assert_eq!(late.unwrap_err(), "`at`: 1d is not before the horizon, 1d");
        assert_eq!(harness.user.requests_taken(), []);
    }
}
