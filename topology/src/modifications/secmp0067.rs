//! SECMP0067: service request traffic management (domain.md §5.1). The formula in force is not public: all numbers are assumed.

use super::default_priority;
use crate::units::Span;
use crate::users::UserKind;
use crate::world::World;
use schemars::JsonSchema;
use secnet_model::UserId;
use serde::{Deserialize, Serialize};

/// Inactive until the DSP receives requests at the operating threshold. Then each User above its allocation is held to the
/// greater of its allocation and its share of the threshold; what is above it is answered 503 with a time to wait.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Secmp0067Params {
    /// Maximum system capacity in requests per second. When absent half of what the DSP can serve, as a request is served
    /// once and its response once. Assumed.
    pub system_capacity: Option<f64>,
    /// Rate of requests from which on traffic is managed, as a share of the capacity. Assumed.
    pub operating_threshold: f64,
    /// Which requests count for that. Assumed.
    pub measured: Measured,
    /// Share of the capacity that is allocated to the Users, all together. Assumed.
    pub allocated_share: f64,
    /// How it is divided among them. Assumed.
    pub allocation: Allocation,
    /// Least part of what is allocated that any User gets, as a share. Assumed.
    pub allocation_floor: f64,
    /// The kinds' parts where `allocation` is `role`.
    pub roles: RoleWeights,
    /// Requests are counted in windows of this length, the first of which starts at the epoch. Assumed.
    pub monitoring_window: Span,
    /// What "the operating threshold" of the greater-of rule is.
    pub threshold_reading: ThresholdReading,
    /// Service request variants that are counted but never throttled; `7.x` means all that begin with `7.`, `6.2x` all
    /// that begin with `6.2`. Assumed.
    pub priority: Vec<String>,
    /// What a throttled User is asked to wait. Assumed.
    pub retry_after: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measured {
    /// What Users ask for, throttled requests and retries included: a window is managed as soon as it, or the one before it,
    /// has had the threshold's number. Users who come back soon keep the management active.
    #[default]
    Asked,
    /// What the system takes on: a window is managed as soon as the threshold's number was admitted in it. Users share what
    /// is below the threshold by who comes first, and are held to their limits above it.
    Admitted,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Allocation {
    /// In proportion to the meters a User is responsible for: a Supplier's, electricity and gas. DNOs and other Users are
    /// responsible for none and get the floor.
    #[default]
    EnrolledMeters,
    /// By kind of User (`roles`), in equal parts among the Users of a kind.
    Role,
    /// In equal parts.
    Equal,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ThresholdReading {
    /// The User's part of it, as large as its part of the allocations.
    #[default]
    PerUserShare,
    /// All of it, for each User: the rule then hardly ever bites (domain.md §5.1).
    WholeSystem,
}

/// Relative parts of the kinds of Users.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RoleWeights {
    /// All Suppliers together. Assumed.
    pub suppliers: f64,
    /// All DNOs together. Assumed.
    pub dnos: f64,
    /// All other Users together. Assumed.
    pub other_users: f64,
}

impl Default for Secmp0067Params {
    fn default() -> Self {
        Secmp0067Params {
            system_capacity: None,
            operating_threshold: 0.8,
            measured: Measured::Asked,
            allocated_share: 0.8,
            allocation: Allocation::EnrolledMeters,
            allocation_floor: 0.01,
            roles: RoleWeights::default(),
            monitoring_window: Span::from_secs(1),
            threshold_reading: ThresholdReading::PerUserShare,
            priority: default_priority(),
            retry_after: Span::from_secs(5),
        }
    }
}

impl Default for RoleWeights {
    fn default() -> Self {
        RoleWeights {
            suppliers: 0.8,
            dnos: 0.15,
            other_users: 0.05,
        }
    }
}

/// Rates in requests per second that follow from the parameters.
#[derive(Clone, PartialEq, Debug)]
pub struct TrafficLimits {
    pub capacity: f64,
    pub threshold: f64,
    /// What each User is held to while traffic is managed, by [`UserId`].
    pub by_user: Vec<f64>,
}

impl TrafficLimits {
    pub fn new(world: &World) -> TrafficLimits {
        let params = &world.scenario.parameters.secmp0067;
        let services = world
            .scenario
            .dsp
            .services_per_second(world.population.premises_count());
        let capacity = params.system_capacity.unwrap_or(services / 2.0);
        let threshold = capacity * params.operating_threshold;
        let limit = |part: f64| {
            let allocation = part * params.allocated_share * capacity;
            let of_threshold = match params.threshold_reading {
                ThresholdReading::PerUserShare => part * threshold,
                ThresholdReading::WholeSystem => threshold,
            };
            allocation.max(of_threshold)
        };
        TrafficLimits {
            capacity,
            threshold,
            by_user: parts(world, params).into_iter().map(limit).collect(),
        }
    }
}

/// Each User's part of what is allocated; together 1.
fn parts(world: &World, params: &Secmp0067Params) -> Vec<f64> {
    let weight = |user: UserId, kind: UserKind| match params.allocation {
        Allocation::Equal => 1.0,
        Allocation::Role => {
            let of_kind = match kind {
                UserKind::Supplier => params.roles.suppliers,
                UserKind::Dno => params.roles.dnos,
                UserKind::OtherUser => params.roles.other_users,
            };
            of_kind / world.users_of(kind).count() as f64
        }
        Allocation::EnrolledMeters => match kind {
            // Premises are enrolled at the same share in every portfolio.
            UserKind::Supplier => {
                let (electricity, gas) = (
                    world.population.portfolio(user),
                    world.population.gas_portfolio(user),
                );
                f64::from(electricity.len()) + f64::from(gas.len())
            }
            UserKind::Dno | UserKind::OtherUser => 0.0,
        },
    };
    let weights: Vec<f64> = world
        .users
        .iter()
        .map(|user| weight(user.id, user.kind))
        .collect();
    with_floor(&weights, params.allocation_floor)
}

/// In proportion to the weights, but none less than the floor: who would get less gets it, the rest is divided anew.
fn with_floor(weights: &[f64], floor: f64) -> Vec<f64> {
    let floor = floor.min(1.0 / weights.len().max(1) as f64);
    let mut at_floor = vec![false; weights.len()];
    loop {
        let floored = at_floor.iter().filter(|at_floor| **at_floor).count();
        let rest = 1.0 - floor * floored as f64;
        let above = || weights.iter().zip(&at_floor).filter(|(_, at_floor)| !**at_floor);
        let sum: f64 = above().map(|(weight, _)| weight).sum();
        let part = |weight: f64| if sum > 0.0 { weight / sum * rest } else { 0.0 };
        let sunk: Vec<usize> = (0..weights.len())
            .filter(|i| !at_floor[*i] && part(weights[*i]) < floor)
            .collect();
        if sunk.is_empty() {
            let parts = weights.iter().zip(&at_floor);
            return parts
                .map(|(weight, at_floor)| if *at_floor { floor } else { part(*weight) })
                .collect();
        }
        sunk.into_iter().for_each(|i| at_floor[i] = true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounded(parts: &[f64]) -> Vec<f64> {
        parts.iter().map(|part| (part * 1e6).round() / 1e6).collect()
    }

    #[test]
    fn parts_are_in_proportion_and_none_is_under_the_floor() {
        assert_eq!(rounded(&with_floor(&[2.0, 1.0, 1.0], 0.0)), [0.5, 0.25, 0.25]);
        assert_eq!(rounded(&with_floor(&[6.0, 2.0, 0.0], 0.2)), [0.6, 0.2, 0.2]);
        assert_eq!(rounded(&with_floor(&[0.0, 0.0], 0.1)), [0.1, 0.1]);
        assert_eq!(rounded(&with_floor(&[9.0, 1.0], 0.9)), [0.5, 0.5]);
        let parts = with_floor(&[90.0, 5.0, 4.0, 1.0], 0.05);
        assert!((parts.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{parts:?}");
        assert!(parts.iter().all(|part| *part >= 0.05 - 1e-12), "{parts:?}");
    }
}
