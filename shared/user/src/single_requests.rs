//! Single requests the scenario has the User send, each at its time.

use crate::duties::Duties;
use crate::request_form::{RequestForm, Subject, Unsendable, Wishes};
use crate::retries::RetryPolicy;
use secnet_model::{Eui64, PremisesId, Role, SimTime, Srv};
use secnet_topology::{UserEntry, World};

/// The place of a workload that single requests have.
pub const NO_WORKLOAD: u16 = u16::MAX;

#[derive(Clone, Debug)]
pub struct SingleRequests {
    /// In the order of their times.
    requests: Vec<SingleRequest>,
    pub retry_policy: RetryPolicy,
}

#[derive(Clone, Debug)]
pub struct SingleRequest {
    pub at: SimTime,
    pub form: Result<RequestForm, Unsendable>,
    pub premises: Option<PremisesId>,
    /// 0 for on demand.
    pub execute_at_s: u32,
}

impl SingleRequests {
    pub fn new(world: &World, user: Option<&UserEntry>, duties: &Duties) -> SingleRequests {
        let scenario = &world.scenario;
        let mut requests = Vec::new();
        if let Some(user) = user {
            for params in scenario.requests.iter().filter(|params| params.from == user.name) {
                let Some(srv) = Srv::from_number(&params.srv) else {
                    continue;
                };
                let wishes = Wishes {
                    target: params.device,
                    future_dated: params.future_dated_by.is_some(),
                    mistake: None,
                };
                let at = SimTime::ZERO + params.at.as_duration();
                let execute_at_s = params.future_dated_by.map_or(0, |span| {
                    let seconds = (at + span.as_duration()).as_micros().div_ceil(1_000_000);
                    u32::try_from(seconds.max(1)).unwrap_or(u32::MAX)
                });
                requests.push(SingleRequest {
                    at,
                    form: RequestForm::new(srv, duties, user.roles, wishes),
                    premises: params.premises.map(PremisesId),
                    execute_at_s,
                });
            }
        }
        // Stable: of two at one time the scenario's first goes first.
        requests.sort_by_key(|request| request.at);
        SingleRequests {
            requests,
            retry_policy: RetryPolicy::of_user(&scenario.user),
        }
    }

    /// When the request with that number, from 0, is sent; "never" past the last.
    #[inline]
    pub fn next_at(&self, number: usize) -> SimTime {
        self.requests
            .get(number)
            .map_or(SimTime::NEVER, |request| request.at)
    }

    pub fn get(&self, number: usize) -> Option<&SingleRequest> {
        self.requests.get(number)
    }
}

impl SingleRequest {
    /// Whom the request goes to and in which role.
    pub fn target(&self, world: &World, form: &RequestForm) -> Option<(Eui64, Role)> {
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
