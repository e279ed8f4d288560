//! What each User is held to, as it follows from the parameters.

use secnet_model::UserId;
use secnet_topology::modifications::secmp0067::{Allocation, Counted, Secmp0067Params, ThresholdReading};
use secnet_topology::{UserKind, World};

/// Rates a second that follow from the parameters, in what [`Counted`] says.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct TrafficLimits {
    pub capacity: f64,
    pub threshold: f64,
    /// What each User is held to while traffic is managed, by [`UserId`].
    pub by_user: Vec<f64>,
}

impl TrafficLimits {
    pub(super) fn new(world: &World) -> TrafficLimits {
        let params = &world.scenario.parameters.secmp0067;
        let services = world
            .scenario
            .dsp
            .services_per_second(world.population.premises_count());
        let whole = match params.counts {
            Counted::Requests => services / 2.0,
            Counted::Services => services,
        };
        let capacity = params.system_capacity.unwrap_or(whole);
        let threshold = capacity * params.operating_threshold;
        let users = world.users.len().max(1) as f64;
        let limit = |part: f64| {
            let allocation = part * params.allocated_share * capacity;
            let of_threshold = match params.threshold_reading {
                ThresholdReading::PerUserShare => part * threshold,
                ThresholdReading::EqualShare => threshold / users,
                ThresholdReading::WholeSystem => threshold,
                // Beyond its allocation a User takes of what is left, as long as there is some.
                ThresholdReading::Headroom => 0.0,
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
        Allocation::Forecast => {
            // As if it had forecast exactly what its workloads come to.
            world
                .users
                .get(user.index())
                .map_or(0.0, |entry| world.expected_requests(entry))
        }
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
