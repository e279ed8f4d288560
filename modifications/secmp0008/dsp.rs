//! Threshold anomaly detection and quarantine (domain.md §5.3), with SECMP0008's alert to the User.
//!
//! Counted are the requests that passed access control and would become commands: a critical one once, as its signed
//! pre-command; the DCC's own services never. What is above a limit is kept ([`quarantine`]) until the User's people have had it
//! released or deleted. A released request goes on and is not counted again.
//!
//! Not here: values in requests, which the network does not model; the payload's size stands in for them.

mod quarantine;

use self::quarantine::{Decision, EventKey, Quarantine};
use crate::modifications::{Due, Modification, Scrutiny};
use crate::records::Records;
use crate::service_process::Capacity;
use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::{Part, figures};
use secnet_engine::draw::Stream;
use secnet_model::{DccAlertCode, Region, SimTime, UserId};
use secnet_topology::World;
use secnet_topology::modifications::meant;
use secnet_topology::modifications::secmp0008::DccLimit;
use secnet_wire::ServiceRequest;
use serde::{Deserialize, Serialize};

figures! {
    /// What became of requests above a limit.
    struct Tally: "anomaly detection" in "dsp" {
        /// Requests quarantined.
        quarantined: sum "requests" says "requests quarantined" tells held_back,
        /// Events they were of.
        quarantine_events: sum "events",
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
    quarantine: Quarantine,
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

/// What a request is above.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Breach {
    /// The limit at this place.
    Limit(usize),
    /// The largest payload; whether the request is for a SMETS1 device.
    Payload { smets1: bool },
}

impl Modification for AnomalyDetection {
    fn new(world: &World) -> Option<AnomalyDetection> {
        let params = &world.scenario.parameters.secmp0008;
        Some(AnomalyDetection {
            window_micros: params.window.as_micros().max(1),
            window: 0,
            limits: limits(world),
            quarantine: Quarantine::new(params.batch, params.batch_every.into()),
            quarantined: 0,
            released: 0,
            deleted: 0,
        })
    }

    fn command_accepted(&mut self, now: SimTime, world: &World, request: &ServiceRequest) -> Scrutiny {
        let Some(breach) = self.breach(now, world, request) else {
            return Scrutiny::Pass;
        };
        let user = request.id.originator;
        let key = EventKey {
            user,
            breach: self.number_of(breach),
            window: self.window,
        };
        let decide = || decide(now, world, key, breach);
        self.quarantine.keep(now, key, decide, *request);
        self.quarantined += 1;
        Scrutiny::Quarantine(self.code_of(breach))
    }

    fn due(&mut self, now: SimTime, _world: &World, _records: &Records, _capacity: Capacity) -> Option<Due> {
        let (request, release) = self.quarantine.take_due(now)?;
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

/// What the User's people make of an event that begins now, and when.
fn decide(now: SimTime, world: &World, key: EventKey, breach: Breach) -> Decision {
    let params = &world.scenario.parameters.secmp0008;
    let (min, mean) = (params.release_delay_min, params.release_delay_mean);
    if breach == (Breach::Payload { smets1: true }) {
        return Decision {
            at: now + min.as_duration(),
            release: false,
        };
    }
    let drawn_by = u64::from(key.user.0) << 32 | u64::from(key.breach);
    let delay = world.draws.delay(
        min.as_duration(),
        mean.as_duration(),
        DECISION_DELAY,
        drawn_by,
        now.0,
    );
    Decision {
        at: now + delay,
        release: world.draws.unit(DECISION, drawn_by, now.0) < params.release_share,
    }
}

impl Part for AnomalyDetection {
    fn next_deadline(&self, _world: &World) -> SimTime {
        self.quarantine.next_at()
    }

    fn figures(&self, _world: &World, figures: &mut Figures) {
        let tally = Tally {
            quarantined: self.quarantined,
            quarantine_events: self.quarantine.events(),
            quarantine_released: self.released,
            quarantine_deleted: self.deleted,
            quarantine_held: self.quarantined - self.released - self.deleted,
        };
        figures.put(Key::Whole, &tally);
    }
}

impl AnomalyDetection {
    /// What the request is above first; it counts against all its limits.
    fn breach(&mut self, now: SimTime, world: &World, request: &ServiceRequest) -> Option<Breach> {
        let window = now.as_micros() / self.window_micros;
        if window != self.window {
            self.window = window;
            self.limits.iter_mut().for_each(|limit| limit.requests = 0);
        }
        let mut breach = None;
        for (place, limit) in self.limits.iter_mut().enumerate() {
            if limit.is_for(request) {
                limit.requests += 1;
                if limit.requests > limit.requests_max {
                    breach = breach.or(Some(Breach::Limit(place)));
                }
            }
        }
        let payload_max = world.scenario.parameters.secmp0008.payload_max;
        let too_large = payload_max.is_some_and(|max| u64::from(request.bytes) > max.0);
        breach.or_else(|| {
            let device = request.id.target.device();
            let region = device.map(|device| world.population.region_of(device.premises));
            too_large.then_some(Breach::Payload {
                smets1: region == Some(Region::Smets1),
            })
        })
    }

    /// The code that tells of it.
    fn code_of(&self, breach: Breach) -> DccAlertCode {
        match breach {
            Breach::Limit(place) if self.limits[place].user.is_some() => DccAlertCode::N46,
            Breach::Limit(_) => DccAlertCode::N47,
            Breach::Payload { .. } => DccAlertCode::N48,
        }
    }

    /// Another for each that is an event of its own.
    fn number_of(&self, breach: Breach) -> u32 {
        let limits = self.limits.len() as u32;
        match breach {
            Breach::Limit(place) => place as u32,
            Breach::Payload { smets1 } => limits + u32::from(smets1),
        }
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
