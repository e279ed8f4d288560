//! The world every participant knows: the scenario, its calendar, its Users and its population.

use crate::local_time::LocalTime;
use crate::modifications::Releases;
use crate::population::{Population, Portfolio};
use crate::scenario::{Scenario, SupplierParams, WorkloadParams};
use crate::timeline::Timeline;
use crate::tracing::Sampler;
use crate::units::DateTime;
use crate::users::{UserEntry, UserKind};
use crate::validation::{Invalid, validate};
use secnet_engine::Draws;
use secnet_model::{Calendar, PremisesId, SimDuration, SimTime, Technology, UserId};

/// Shared by all participants as `Arc<World>`; nothing in it changes during a run.
#[derive(Clone, Debug)]
pub struct World {
    pub scenario: Scenario,
    pub draws: Draws,
    pub calendar: Calendar,
    pub local_time: LocalTime,
    /// No new items from here on.
    pub horizon: SimTime,
    /// The horizon and the drain after it.
    pub end: SimTime,
    pub population: Population,
    /// By `UserId`: Suppliers, DNOs, other Users, each in the scenario's order.
    pub users: Vec<UserEntry>,
    pub sampler: Sampler,
    /// When each SEC Modification goes live.
    pub releases: Releases,
    /// What happens to the network, and when.
    pub timeline: Timeline,
}

impl World {
    pub fn new(scenario: Scenario) -> Result<World, Invalid> {
        validate(&scenario)?;
        let draws = Draws::new(scenario.seed);
        let horizon = SimTime::ZERO + SimDuration::from(scenario.horizon);
        let population = Population::new(&scenario, draws);
        let users = scenario.users();
        let releases = scenario.releases();
        let calendar = Calendar {
            epoch_unix_seconds: scenario.epoch.unix_seconds(),
        };
        let local_time = LocalTime::new(calendar, scenario.end());
        let clocks = (calendar, &local_time);
        Ok(World {
            timeline: Timeline::new(&scenario, &releases, &users, &population, clocks, draws),
            releases,
            draws,
            calendar,
            local_time,
            horizon,
            end: scenario.end(),
            population,
            users,
            sampler: Sampler::new(&scenario.tracing, draws),
            scenario,
        })
    }

    /// The network that the premises' hub is of at that moment.
    #[inline]
    pub fn technology(&self, premises: PremisesId, at: SimTime) -> Technology {
        let exchanges = self.timeline.exchanges();
        exchanges.technology(&self.population, premises, at)
    }

    /// Whether an SM WAN reaches the premises at that moment, but for what events do to it.
    #[inline]
    pub fn has_wan(&self, premises: PremisesId, at: SimTime) -> bool {
        self.population.has_wan(premises) || self.technology(premises, at) == Technology::FourG
    }

    /// The beginning (UTC) of the first calendar month that begins after `time`; "never" after the year 9999.
    pub fn next_month(&self, time: SimTime) -> SimTime {
        let epoch = self.scenario.epoch.unix_seconds();
        let next = DateTime::from_unix_seconds(epoch + time.as_whole_secs()).next_month();
        next.map_or(SimTime::NEVER, |next| {
            SimTime::from_secs(next.unix_seconds() - epoch)
        })
    }

    /// A User's portfolio by one fuel. Only Suppliers have another for gas.
    pub fn portfolio(&self, kind: UserKind, user: UserId, by_gas: bool) -> Portfolio {
        match kind == UserKind::Supplier && by_gas {
            true => self.population.gas_portfolio(user),
            false => self.population.portfolio(user),
        }
    }

    /// Devices of the User's portfolio that the workload may be sent to, to be expected.
    pub fn expected_targets(&self, user: &UserEntry, workload: &WorkloadParams) -> f64 {
        let by_gas = user.kind == UserKind::Supplier && workload.is_for_gas_alone();
        let portfolio = self.portfolio(user.kind, user.id, by_gas);
        let in_prepayment = self.expected_prepayment_share(user.id, by_gas);
        f64::from(portfolio.len()) * workload.target_share(&self.scenario.population, by_gas, in_prepayment)
    }

    /// The share in prepayment mode of the premises a User begins with, or of those it supplies gas to: Suppliers may have their own.
    pub fn expected_prepayment_share(&self, user: UserId, by_gas: bool) -> f64 {
        let (population, suppliers) = (&self.scenario.population, &self.scenario.suppliers);
        if suppliers
            .iter()
            .all(|supplier| supplier.prepayment_share.is_none())
        {
            return population.prepayment_share;
        }
        let own =
            |supplier: &SupplierParams| supplier.prepayment_share.unwrap_or(population.prepayment_share);
        let mean_of = |suppliers: &mut dyn Iterator<Item = &SupplierParams>| {
            let (sum, weight) = suppliers.fold((0.0, 0.0), |(sum, weight), supplier| {
                (sum + supplier.share * own(supplier), weight + supplier.share)
            });
            if weight > 0.0 {
                sum / weight
            } else {
                population.prepayment_share
            }
        };
        match suppliers.get(user.index()) {
            None => mean_of(&mut suppliers.iter()),
            Some(supplier) if !by_gas => own(supplier),
            // It supplies gas to homes of other Suppliers' too.
            Some(supplier) => {
                let others = mean_of(&mut suppliers.iter().filter(|other| other.name != supplier.name));
                population.dual_fuel_share * own(supplier) + (1.0 - population.dual_fuel_share) * others
            }
        }
    }

    pub fn user(&self, user: UserId) -> Option<&UserEntry> {
        self.users.get(user.index())
    }

    pub fn user_by_name(&self, name: &str) -> Option<UserId> {
        self.users
            .iter()
            .find(|user| user.name == name)
            .map(|user| user.id)
    }

    pub fn users_of(&self, kind: UserKind) -> impl Iterator<Item = &UserEntry> {
        self.users.iter().filter(move |user| user.kind == kind)
    }
}
