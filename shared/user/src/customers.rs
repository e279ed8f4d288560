//! Which customers the User believes it has: those the population gave it, and what it has learnt of takeovers since. The
//! registration data may be ahead of it; E4 is how it then hears.

use secnet_model::{PremisesId, Role, SimDuration, SimTime, UserId};
use secnet_topology::timeline::Takeovers;
use secnet_topology::{Population, Portfolio, World};
use std::sync::Arc;

/// What a User believes at a moment.
#[derive(Clone, Copy)]
pub struct Customers<'a> {
    pub population: &'a Population,
    takeovers: &'a Takeovers,
    pub user: UserId,
    now: SimTime,
}

/// Premises a Supplier learnt at one moment to have gained, each for the first time: four bytes for each and fuel.
#[derive(Clone, Debug)]
pub struct Gained {
    pub told_at: SimTime,
    /// Whose they were; of several at that moment the first.
    pub from: UserId,
    /// By electricity.
    pub electricity: Arc<[PremisesId]>,
    pub gas: Arc<[PremisesId]>,
    /// Over how long it replaces their credentials.
    pub credentials_within: Option<SimDuration>,
}

impl<'a> Customers<'a> {
    pub fn new(world: &'a World, user: UserId, now: SimTime) -> Customers<'a> {
        Customers {
            population: &world.population,
            takeovers: world.timeline.takeovers(),
            user,
            now,
        }
    }

    /// Whether nothing has come or gone.
    #[inline]
    pub fn are_the_first(&self) -> bool {
        self.takeovers.is_empty()
    }

    /// Whether the User believes that it is responsible for the premises in that role; where it is not, the DCC answers E4.
    /// Agents, transporters and other Users act on appointment or consent, which the population does not model.
    pub fn is_responsible(&self, role: Role, premises: PremisesId) -> bool {
        match role {
            Role::ImportSupplier | Role::ExportSupplier => self.has_by_electricity(premises),
            Role::GasSupplier => self.has_by_gas(premises),
            Role::ElectricityDistributor => self.population.dno(premises) == Some(self.user),
            Role::GasTransporter | Role::RegisteredSupplierAgent | Role::OtherUser => true,
        }
    }

    pub fn has_by_electricity(&self, premises: PremisesId) -> bool {
        self.is_its(self.population.electricity_supplier(premises), premises)
    }

    pub fn has_by_gas(&self, premises: PremisesId) -> bool {
        let first = self.population.gas_supplier(premises);
        first.is_some_and(|first| self.is_its(first, premises))
    }

    /// What `first` supplied when the scenario began.
    #[inline]
    fn is_its(&self, first: UserId, premises: PremisesId) -> bool {
        self.takeovers.supplier_as_told(first, premises, self.now) == self.user
    }
}

/// What the User gains in the course of the scenario, in order of time.
pub fn gained(world: &World, user: UserId) -> Vec<Gained> {
    let takeovers = world.timeline.takeovers();
    let mut moments: Vec<SimTime> = takeovers.iter().map(|takeover| takeover.told_at).collect();
    moments.sort_unstable();
    moments.dedup();
    let mut losing: Vec<UserId> = takeovers.iter().map(|takeover| takeover.from).collect();
    losing.sort_unstable();
    losing.dedup();
    losing.retain(|loser| *loser != user);
    let believed: Vec<Customers> = moments
        .iter()
        .map(|moment| Customers::new(world, user, *moment))
        .collect();
    let newly = |portfolio: fn(&Population, UserId) -> Portfolio, moment: usize| -> Arc<[PremisesId]> {
        let is_new = |loser: UserId, premises| {
            let (then, before) = (&believed[moment], &believed[..moment]);
            then.is_its(loser, premises) && !before.iter().any(|earlier| earlier.is_its(loser, premises))
        };
        let of = |loser: &UserId| (portfolio(&world.population, *loser), *loser);
        losing
            .iter()
            .map(of)
            .flat_map(|(portfolio, loser)| {
                let premises = (0..portfolio.len()).map(move |i| portfolio.get(i));
                premises.filter(move |premises| is_new(loser, *premises))
            })
            .collect()
    };
    let gained = moments.iter().enumerate().filter_map(|(place, &told_at)| {
        let takes = |takeover: &&secnet_topology::timeline::Takeover| {
            takeover.to == user && takeover.told_at == told_at
        };
        let takeover = takeovers.iter().find(takes)?;
        Some(Gained {
            told_at,
            from: takeover.from,
            electricity: newly(Population::portfolio, place),
            gas: newly(Population::gas_portfolio, place),
            credentials_within: takeover.credentials_within,
        })
    });
    gained.collect()
}

impl Gained {
    /// The premises with meters, each once whatever the fuel.
    pub fn enrolled(&self, population: &Population) -> Arc<[PremisesId]> {
        let both = self.electricity.iter().chain(self.gas.iter()).copied();
        let mut premises: Vec<PremisesId> = both
            .filter(|premises| population.is_enrolled(*premises))
            .collect();
        premises.sort_unstable();
        premises.dedup();
        premises.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{FIRST_SUPPLIER, Harness, world};
    use secnet_engine::Node;
    use std::collections::BTreeSet;

    const LOSING: UserId = UserId(1);
    const TAKEN_AT: SimTime = SimTime::from_secs(6 * 3_600);
    const TOLD_AT: SimTime = SimTime::from_secs(12 * 3_600);

    /// A takes over half of B's premises at 6:00; both learn of it at noon.
    fn takeover(more: &str) -> Arc<World> {
        world(&format!(
            "[[workloads]]\nname = \"reads\"\nfrom = \"suppliers\"\nsrvs = [\"4.1.1\"]\nper_device_per_day = 4.0\n\
             [[workloads]]\nname = \"gas\"\nfrom = \"suppliers\"\nsrvs = [\"4.1.4\"]\nper_device_per_day = 4.0\n\
             [[events]]\nname = \"takeover\"\nkind = \"takeover\"\nstarts_after = \"6h\"\ntold_after = \"6h\"\n\
             from = \"B\"\nto = \"A\"\nshare = 0.5\n{more}"
        ))
    }

    /// The premises and SRVs asked for in a day, with the times.
    fn asked(world: &Arc<World>, user: UserId) -> Vec<(SimTime, &'static str, PremisesId)> {
        let mut harness: Harness = Harness::new(world, user);
        let mut sent = Vec::new();
        let day = SimTime::from_secs(24 * 3_600 - 1);
        for (at, request) in harness.run_to(day) {
            sent.push((
                at,
                request.srv.number(),
                request.id.target.device().unwrap().premises,
            ));
        }
        assert!(harness.user.next_deadline() > day);
        sent
    }

    #[test]
    fn a_supplier_reads_what_it_lost_until_it_learns_of_it_and_the_other_reads_it_from_then_on() {
        let world = takeover("");
        let population = &world.population;
        let takeover = world.timeline.takeovers().iter().next().unwrap();
        for srv in ["4.1.1", "4.1.4"] {
            let taken = |premises: PremisesId| {
                let first = match srv {
                    "4.1.1" => Some(population.electricity_supplier(premises)),
                    _ => population.gas_supplier(premises),
                };
                first == Some(LOSING) && takeover.takes(premises)
            };
            // Requests for premises that went over and for others, before and after both were told.
            let counts = |user| {
                let (mut before, mut after) = ([0; 2], [0; 2]);
                for (at, _, premises) in asked(&world, user)
                    .into_iter()
                    .filter(|(_, asked, _)| *asked == srv)
                {
                    let counts = if at < TOLD_AT { &mut before } else { &mut after };
                    counts[usize::from(taken(premises))] += 1;
                }
                (before, after)
            };
            let close = |a: i32, b: i32| f64::from((a - b).abs()) < 5.0 * f64::from(a.max(b)).sqrt();
            let (before, after) = counts(LOSING);
            assert!(
                close(before[0], before[1]) && before[1] > 100,
                "{srv}: {before:?}"
            );
            assert!(
                after[1] == 0 && close(after[0], before[0]),
                "{srv}: {before:?} {after:?}"
            );
            let lost = before[1];
            let (before, after) = counts(FIRST_SUPPLIER);
            assert_eq!(before[1], 0, "{srv}");
            assert!(close(after[1], lost), "{srv}: {after:?} for {lost}");
            assert!(close(after[0], before[0]), "{srv}: {before:?} {after:?}");
        }
    }

    #[test]
    fn the_gaining_supplier_replaces_the_credentials_of_each_premises_once() {
        let world = takeover("credentials_within = \"2h\"");
        let population = &world.population;
        let takeover = world.timeline.takeovers().iter().next().unwrap();
        let gained: BTreeSet<PremisesId> = (0..population.premises_count())
            .map(PremisesId)
            .filter(|premises| population.is_enrolled(*premises) && takeover.takes(*premises))
            .filter(|premises| {
                population.electricity_supplier(*premises) == LOSING
                    || population.gas_supplier(*premises) == Some(LOSING)
            })
            .collect();
        let asked = asked(&world, FIRST_SUPPLIER);
        let replaced = || asked.iter().filter(|(_, srv, _)| *srv == "6.23");
        assert_eq!(replaced().count(), gained.len());
        assert_eq!(
            replaced()
                .map(|(_, _, premises)| *premises)
                .collect::<BTreeSet<_>>(),
            gained
        );
        assert!(replaced().all(|(at, ..)| (TOLD_AT..TOLD_AT + SimDuration::from_secs(7_200)).contains(at)));
    }

    #[test]
    fn a_premises_that_comes_back_is_its_first_suppliers_again_and_nobody_has_it_twice() {
        let world = takeover(
            "[[events]]\nname = \"back\"\nkind = \"takeover\"\nstarts_after = \"18h\"\nfrom = \"A\"\nto = \"B\"\n",
        );
        let gained = |user| {
            gained(&world, user)
                .iter()
                .map(|gained| gained.electricity.len())
                .collect::<Vec<_>>()
        };
        let first = |user| world.population.portfolio(user).len() as usize;
        assert_eq!(
            gained(LOSING),
            [first(FIRST_SUPPLIER)],
            "what it had itself is not gained"
        );
        assert_eq!(gained(FIRST_SUPPLIER).len(), 1);
        let has = |user, at| {
            let customers = Customers::new(&world, user, at);
            let premises = (0..world.population.premises_count()).map(PremisesId);
            premises
                .filter(|premises| customers.has_by_electricity(*premises))
                .count()
        };
        assert_eq!(has(LOSING, TAKEN_AT), first(LOSING));
        assert_eq!(
            has(FIRST_SUPPLIER, TOLD_AT),
            first(FIRST_SUPPLIER) + gained(FIRST_SUPPLIER)[0]
        );
        assert_eq!(has(LOSING, SimTime::from_secs(18 * 3_600)), 3_000);
    }
}
