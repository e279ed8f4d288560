//! Which premises and device a request goes to: keyed draws from the User's portfolio until one fits, then a bounded
//! walk on from the last one drawn.

use crate::request_form::Candidate;
use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_model::{PremisesId, Role, UserId};
use secnet_topology::{Population, Portfolio};

/// Premises drawn before the walk begins. With a thirtieth of the portfolio fitting, two in three searches end here.
pub const DRAWS_MAX: u32 = 32;
/// Neighbours walked after that. The portfolio's order is itself a permutation, so the walk is as good as draws.
pub const WALK_MAX: u32 = 512;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Target {
    pub premises: PremisesId,
    pub candidate: Candidate,
}

/// What the search for a premises is bound to.
#[derive(Clone, Copy)]
pub struct Search<'a> {
    pub population: &'a Population,
    pub draws: Draws,
    pub user: UserId,
    /// Key of the workload's draws of premises, and the number of the arrival.
    pub stream: Stream,
    pub n: u64,
    pub prepayment_only: bool,
}

/// Whether the User is the one responsible for the premises in that role; DCC's E4 otherwise.
/// Agents, transporters and other Users act on appointment or consent, which the population does not model.
pub fn is_responsible(population: &Population, user: UserId, role: Role, premises: PremisesId) -> bool {
    match role {
        Role::ImportSupplier | Role::ExportSupplier => population.electricity_supplier(premises) == user,
        Role::GasSupplier => population.gas_supplier(premises) == Some(user),
        Role::ElectricityDistributor => population.dno(premises) == Some(user),
        Role::GasTransporter | Role::RegisteredSupplierAgent | Role::OtherUser => true,
    }
}

impl Search<'_> {
    /// A premises of the portfolio. `implied` roles are those every premises of the portfolio is the User's own in.
    #[inline]
    pub fn own(
        &self,
        portfolio: &Portfolio,
        implied: impl Fn(Role) -> bool,
        candidates: &[Candidate],
    ) -> Option<Target> {
        self.find(
            portfolio.len(),
            |i| portfolio.get(i),
            |premises| {
                candidates.iter().copied().find(|candidate| {
                    self.population.has_device(premises, candidate.device_type)
                        && (implied(candidate.role)
                            || is_responsible(self.population, self.user, candidate.role, premises))
                })
            },
        )
    }

    /// A premises somebody else is responsible for.
    pub fn foreign(&self, candidates: &[Candidate]) -> Option<Target> {
        self.find(self.population.premises_count(), PremisesId, |premises| {
            candidates.iter().copied().find(|candidate| {
                self.population.has_device(premises, candidate.device_type)
                    && !is_responsible(self.population, self.user, candidate.role, premises)
            })
        })
    }

    #[inline]
    fn find(
        &self,
        count: u32,
        premises_at: impl Fn(u32) -> PremisesId,
        fitting: impl Fn(PremisesId) -> Option<Candidate>,
    ) -> Option<Target> {
        if count == 0 {
            return None;
        }
        let try_at = |i: u32| {
            let premises = premises_at(i);
            if self.prepayment_only && !self.population.is_prepayment(premises) {
                return None;
            }
            fitting(premises).map(|candidate| Target { premises, candidate })
        };
        let mut last = 0;
        for k in 0..DRAWS_MAX {
            let n = self.n << 8 | u64::from(k);
            last = self
                .draws
                .below(u64::from(count), self.stream, u64::from(self.user.0), n) as u32;
            if let Some(target) = try_at(last) {
                return Some(target);
            }
        }
        (1..=WALK_MAX.min(count)).find_map(|step| try_at((last + step) % count))
    }
}
