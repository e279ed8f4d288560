//! Threshold anomaly detection and quarantine (domain.md §5.3), with SECMP0008's alert to the User.
//!
//! Counted are the requests that passed access control and would become commands: a critical one once, as its signed
//! pre-command; the DCC's own services never. What is above a limit is kept here until the User's people have had it
//! released or deleted. A released request goes on and is not counted again.
//!
//! Not here: values in requests, which the network does not model; the payload's size stands in for them.

use crate::modifications::{Due, Modification, Scrutiny};
use crate::records::Records;
use crate::service_process::Capacity;
use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::{Part, figures};
use secnet_engine::draw::Stream;
use secnet_model::{DccAlertCode, SimTime, UserId};
use secnet_topology::World;
use secnet_topology::modifications::meant;
use secnet_topology::modifications::secmp0008::DccLimit;
use secnet_wire::ServiceRequest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

figures! {
    /// What became of requests above a limit.
    struct Tally: "anomaly detection" in "dsp" {
        /// Requests quarantined.
        quarantined: sum "requests" says "requests quarantined" tells held_back,
        /// Requests that left quarantine for the device.
        quarantine_released: sum "requests",
        /// Requests that ended in quarantine.
        quarantine_deleted: sum "requests" says "requests deleted in quarantine",
        /// Requests in quarantine.
        quarantine_held: sum "requests",
    }
}

const DECISION: Stream = Stream::named("dsp-quarantine-decision");
const DECISION_DELAY: Stream = Stream::named("dsp-quarantine-delay");

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AnomalyDetection {
    window_micros: u64,
    window: u64,
    limits: Vec<Limit>,
    /// By the time of the decision, then in the order of arrival.
    quarantine: BTreeMap<(SimTime, u64), Quarantined>,
    next: SimTime,
    quarantined: u64,
    released: u64,
    deleted: u64,
}

/// The most requests in a window.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Limit {
    /// `None` for all Users together.
    user: Option<UserId>,
    /// By the variant's place in the catalogue; empty for all.
    srvs: Vec<bool>,
    requests_max: u64,
    /// In the current window.
    requests: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Quarantined {
    request: ServiceRequest,
    release: bool,
}

impl Modification for AnomalyDetection {
    fn new(world: &World) -> Option<AnomalyDetection> {
        let params = &world.scenario.parameters.secmp0008;
        Some(AnomalyDetection {
            window_micros: params.window.as_micros().max(1),
            window: 0,
            limits: limits(world),
            quarantine: BTreeMap::new(),
            next: SimTime::NEVER,
            quarantined: 0,
            released: 0,
            deleted: 0,
        })
    }

    fn command_accepted(&mut self, now: SimTime, world: &World, request: &ServiceRequest) -> Scrutiny {
        let Some(code) = self.breach(now, world, request) else {
            return Scrutiny::Pass;
        };
        let params = &world.scenario.parameters.secmp0008;
        let (min, mean) = (params.release_delay_min, params.release_delay_mean);
        let [key, n] = request.id.identity();
        let delay = world
            .draws
            .delay(min.as_duration(), mean.as_duration(), DECISION_DELAY, key, n);
        let decided_at = now + delay;
        let kept = Quarantined {
            request: *request,
            release: world.draws.unit(DECISION, key, n) < params.release_share,
        };
        self.quarantine.insert((decided_at, self.quarantined), kept);
        self.quarantined += 1;
        self.next = self.next.min(decided_at);
        Scrutiny::Quarantine(code)
    }

    fn due(&mut self, now: SimTime, _world: &World, _records: &Records, _capacity: Capacity) -> Option<Due> {
        if self.next > now {
            return None;
        }
        let (_, Quarantined { request, release }) = self.quarantine.pop_first()?;
        let first = self.quarantine.first_key_value();
        self.next = first.map_or(SimTime::NEVER, |((at, _), _)| *at);
        Some(if release {
            self.released += 1;
            Due::Release(request)
        } else {
            self.deleted += 1;
            Due::Delete {
                id: request.id,
                srv: request.srv,
            }
        })
    }
}

impl Part for AnomalyDetection {
    fn next_deadline(&self, _world: &World) -> SimTime {
        self.next
    }

    fn figures(&self, _world: &World, figures: &mut Figures) {
        let tally = Tally {
            quarantined: self.quarantined,
            quarantine_released: self.released,
            quarantine_deleted: self.deleted,
            quarantine_held: self.quarantine.len() as u64,
        };
        figures.put(Key::Whole, &tally);
    }
}

impl AnomalyDetection {
    /// The limit the request is above, by the code that tells of it; it counts against all its limits.
    fn breach(&mut self, now: SimTime, world: &World, request: &ServiceRequest) -> Option<DccAlertCode> {
        let window = now.as_micros() / self.window_micros;
        if window != self.window {
            self.window = window;
            self.limits.iter_mut().for_each(|limit| limit.requests = 0);
        }
        let mut breach = None;
        for limit in self.limits.iter_mut().filter(|limit| limit.is_for(request)) {
            limit.requests += 1;
            if limit.requests > limit.requests_max {
                breach = breach.or(Some(match limit.user {
                    Some(_) => DccAlertCode::N46,
                    None => DccAlertCode::N47,
                }));
            }
        }
        let payload_max = world.scenario.parameters.secmp0008.payload_max;
        let too_large = payload_max.is_some_and(|max| u64::from(request.bytes) > max.0);
        breach.or(too_large.then_some(DccAlertCode::N48))
    }
}

impl Limit {
    fn is_for(&self, request: &ServiceRequest) -> bool {
        let user = self.user.is_none_or(|user| user == request.id.originator);
        user && (self.srvs.is_empty() || self.srvs[usize::from(request.srv.index())])
    }
}

/// The Users' limits, then those for all of them.
fn limits(world: &World) -> Vec<Limit> {
    let params = &world.scenario.parameters.secmp0008;
    let limit = |user: Option<UserId>, srvs: &[String], premises: u32, per_premises: f64| Limit {
        user,
        srvs: if srvs.is_empty() { Vec::new() } else { meant(srvs) },
        requests_max: (f64::from(premises) * per_premises) as u64,
        requests: 0,
    };
    let mut limits = Vec::new();
    for of_user in &params.user_limits {
        for user in &world.users {
            if of_user.user.as_ref().is_none_or(|name| *name == user.name) {
                let premises = world.population.portfolio(user.id).len();
                limits.push(limit(
                    Some(user.id),
                    &of_user.srvs,
                    premises,
                    of_user.per_premises,
                ));
            }
        }
    }
    let premises = world.population.premises_count();
    let of_all = |all: &DccLimit| limit(None, &all.srvs, premises, all.per_premises);
    limits.extend(params.dcc_limits.iter().map(of_all));
    limits
}
