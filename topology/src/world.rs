//! The world every participant knows: the scenario, its calendar, its Users and its population.

use crate::local_time::LocalTime;
use crate::modifications::Releases;
use crate::population::Population;
use crate::scenario::{Scenario, WorkloadParams};
use crate::timeline::Timeline;
use crate::tracing::Sampler;
use crate::units::DateTime;
use crate::users::{UserEntry, UserKind};
use crate::validation::{Invalid, validate};
use secnet_engine::Draws;
use secnet_model::{Calendar, SimDuration, SimTime, UserId};

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
        Ok(World {
            timeline: Timeline::new(&scenario, &releases, &users, &population, draws),
            releases,
            draws,
            calendar,
            local_time: LocalTime::new(calendar, scenario.end()),
            horizon,
            end: scenario.end(),
            population,
            users,
            sampler: Sampler::new(&scenario.tracing, draws),
            scenario,
        })
    }

    /// The beginning (UTC) of the first calendar month that begins after `time`; "never" after the year 9999.
    pub fn next_month(&self, time: SimTime) -> SimTime {
        let epoch = self.scenario.epoch.unix_seconds();
        let next = DateTime::from_unix_seconds(epoch + time.as_whole_secs()).next_month();
        next.map_or(SimTime::NEVER, |next| {
            SimTime::from_secs(next.unix_seconds() - epoch)
        })
    }

    /// Devices of the User's portfolio that the workload may be sent to, to be expected.
    pub fn expected_targets(&self, user: &UserEntry, workload: &WorkloadParams) -> f64 {
        let by_gas = user.kind == UserKind::Supplier && workload.is_for_gas_alone();
        let portfolio = match by_gas {
            true => self.population.gas_portfolio(user.id),
            false => self.population.portfolio(user.id),
        };
        f64::from(portfolio.len()) * workload.target_share(&self.scenario.population, by_gas)
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
