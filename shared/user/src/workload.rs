//! A scenario's workload as one User sends it: everything about it that does not change, worked out once.

use crate::arrivals::ArrivalProcess;
use crate::asking_again::AskingAgain;
use crate::customers::{Customers, Gained, gained};
use crate::day_shape::hourly_rates;
use crate::desk::Desk;
use crate::request_form::{RequestForm, Unsendable, Wishes};
use crate::retries::RetryPolicy;
use secnet_engine::draw::Stream;
use secnet_model::{PremisesId, Role, SimDuration, SimTime, Srv};
use secnet_topology::scenario::{Mistake, WorkloadParams};
use secnet_topology::{ExecuteAt, Portfolio, UserEntry, UserKind, World};
use std::sync::Arc;

const ARRIVALS: Stream = Stream::named("user-arrivals");
const CHOICE_OF_SRV: Stream = Stream::named("user-choice-of-srv");
const CHOICE_OF_PREMISES: Stream = Stream::named("user-choice-of-premises");
const CHOICE_OF_SCHEDULE: Stream = Stream::named("user-choice-of-schedule");
const UNKNOWN_DEVICE: Stream = Stream::named("user-unknown-device");

/// Update Security Credentials (CoS).
const REPLACE_CREDENTIALS: &str = "6.23";

/// The workload's own streams of draws, told apart by its place in the scenario.
#[derive(Clone, Copy, Debug)]
pub struct Streams {
    pub arrivals: Stream,
    pub srv: Stream,
    pub premises: Stream,
    pub schedule: Stream,
    pub unknown_device: Stream,
}

impl Streams {
    fn new(place: u64) -> Streams {
        Streams {
            arrivals: ARRIVALS.variant(place),
            srv: CHOICE_OF_SRV.variant(place),
            premises: CHOICE_OF_PREMISES.variant(place),
            schedule: CHOICE_OF_SCHEDULE.variant(place),
            unknown_device: UNKNOWN_DEVICE.variant(place),
        }
    }
}

/// Which premises a workload draws from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// The User's portfolio: a Supplier's premises by electricity.
    Portfolio,
    /// A Supplier's premises by gas, for workloads that only deal with gas devices.
    Gas,
}

/// To when its requests are future-dated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dated {
    /// So long after each is sent.
    By(SimDuration),
    At(ExecuteAt),
}

#[derive(Clone, Debug)]
pub struct Workload {
    pub process: ArrivalProcess,
    pub streams: Streams,
    pub portfolio: Portfolio,
    pub reach: Reach,
    pub forms: Vec<Result<RequestForm, Unsendable>>,
    pub prepayment_only: bool,
    pub dated: Option<Dated>,
    pub mistake: Option<Mistake>,
    /// Each premises once, in the portfolio's order, rather than drawn.
    pub each_once: bool,
    /// Requests that arrive together.
    pub batch: u32,
    pub retry_policy: RetryPolicy,
    pub asking_again: AskingAgain,
}

impl Workload {
    /// All workloads of the scenario that the User sends, in the scenario's order.
    pub fn all_of<D: Desk>(world: &World, user: &UserEntry) -> Vec<Workload> {
        let of_scenario = world.scenario.workloads.iter().zip(0..);
        let its = of_scenario.filter(|(params, _)| user.is_meant_by(&params.from));
        let first = its
            .clone()
            .map(|(params, place)| Workload::new::<D>(world, user, params, place, None));
        let mut workloads: Vec<Workload> = first.collect();
        if world.timeline.takeovers().is_empty() || user.kind != UserKind::Supplier {
            return workloads;
        }
        for (gained, number) in gained(world, user.id).iter().zip(1..) {
            let place = |place: u64| place | number << 32;
            let more = its.clone().map(|(params, of_scenario)| {
                Workload::new::<D>(world, user, params, place(of_scenario), Some(gained))
            });
            workloads.extend(more);
            if let Some(within) = gained.credentials_within {
                workloads.push(Workload::credentials::<D>(
                    world,
                    user,
                    gained,
                    within,
                    place(u64::from(u32::MAX)),
                ));
            }
        }
        workloads
    }

    /// A premises' new Supplier replaces the old one's credentials (SRV 6.23).
    fn credentials<D: Desk>(
        world: &World,
        user: &UserEntry,
        gained: &Gained,
        within: SimDuration,
        place: u64,
    ) -> Workload {
        let premises = gained.enrolled(&world.population);
        let form = |srv| RequestForm::new::<D>(srv, user.roles, Wishes::default());
        let count = premises.len() as u64;
        Workload {
            process: ArrivalProcess::even(count, gained.told_at, within, world.horizon),
            streams: Streams::new(place),
            portfolio: Portfolio::listed(premises),
            reach: Reach::Portfolio,
            forms: Srv::from_number(REPLACE_CREDENTIALS)
                .map(form)
                .into_iter()
                .collect(),
            prepayment_only: false,
            dated: None,
            mistake: None,
            each_once: true,
            batch: 1,
            retry_policy: RetryPolicy::of_user(&world.scenario.user),
            asking_again: AskingAgain::never(),
        }
    }

    /// Whether the User knows by then that the premises is another Supplier's.
    pub fn has_lost(&self, customers: Customers, premises: PremisesId) -> bool {
        !self.each_once
            && match self.reach {
                Reach::Portfolio => !customers.has_by_electricity(premises),
                Reach::Gas => !customers.has_by_gas(premises),
            }
    }

    fn new<D: Desk>(
        world: &World,
        user: &UserEntry,
        params: &WorkloadParams,
        place: u64,
        gained: Option<&Gained>,
    ) -> Workload {
        let wishes = Wishes {
            target: params.target,
            future_dated: params.future_dated_by.is_some() || params.execute_at.is_some(),
            mistake: params.mistake,
        };
        let forms: Vec<_> = params
            .srvs
            .iter()
            .filter_map(|number| Srv::from_number(number))
            .map(|srv| RequestForm::new::<D>(srv, user.roles, wishes))
            .collect();
        let reach = reach_of(&forms);
        let portfolio = match (gained, reach) {
            (None, Reach::Portfolio) => world.population.portfolio(user.id),
            (None, Reach::Gas) => world.population.gas_portfolio(user.id),
            (Some(gained), Reach::Portfolio) => Portfolio::listed(Arc::clone(&gained.electricity)),
            (Some(gained), Reach::Gas) => Portfolio::listed(Arc::clone(&gained.gas)),
        };
        let after_epoch = |span: secnet_topology::Span| SimTime::ZERO + span.as_duration();
        let told_at = gained.map_or(SimTime::ZERO, |gained| gained.told_at);
        let starts_at = params
            .starts_after
            .map_or(SimTime::ZERO, after_epoch)
            .max(told_at);
        let ends_at = params
            .ends_after
            .map_or(world.horizon, after_epoch)
            .min(world.horizon);
        let per_day = if forms.is_empty() {
            0.0
        } else {
            let by_gas = reach == Reach::Gas;
            // What it gains is in the mode it was in.
            let first = gained.map_or(user.id, |gained| gained.from);
            let in_prepayment = world.expected_prepayment_share(first, by_gas);
            let share = params.target_share(&world.scenario.population, by_gas, in_prepayment);
            params.per_device_per_day * share * f64::from(portfolio.len())
        };
        Workload {
            process: ArrivalProcess::new(
                per_day / f64::from(params.batch.max(1)),
                hourly_rates(params.shape),
                world.scenario.ramp_of(params),
                world.local_time.clone(),
                starts_at,
                ends_at,
            ),
            streams: Streams::new(place),
            portfolio,
            reach,
            forms,
            prepayment_only: params.prepayment_only,
            dated: match (params.future_dated_by, params.execute_at) {
                (Some(span), _) => Some(Dated::By(span.as_duration())),
                (None, at) => at.map(Dated::At),
            },
            mistake: params.mistake,
            each_once: false,
            batch: params.batch.max(1),
            retry_policy: RetryPolicy::new(&world.scenario.user, params),
            asking_again: AskingAgain::new(params),
        }
    }

    /// Whether every premises it draws from is the User's own in that role.
    #[inline]
    pub fn implies(&self, role: Role) -> bool {
        (role == Role::GasSupplier) == (self.reach == Reach::Gas)
    }
}

fn reach_of(forms: &[Result<RequestForm, Unsendable>]) -> Reach {
    let mut candidates = forms
        .iter()
        .flatten()
        .flat_map(RequestForm::candidates)
        .peekable();
    if candidates.peek().is_some() && candidates.all(|candidate| candidate.role == Role::GasSupplier) {
        Reach::Gas
    } else {
        Reach::Portfolio
    }
}
