//! Which premises and device a request goes to: keyed draws from the User's portfolio until one fits, then a bounded
//! walk on from the last one drawn.

use crate::customers::Customers;
use crate::request_form::Candidate;
use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_model::{PremisesId, Role};
use secnet_topology::Portfolio;

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
    pub customers: Customers<'a>,
    pub draws: Draws,
    /// Key of the workload's draws of premises, and the number of the arrival.
    pub stream: Stream,
    pub n: u64,
    pub prepayment_only: bool,
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
                    self.customers
                        .population
                        .has_device(premises, candidate.device_type)
                        && (implied(candidate.role)
                            || self.customers.is_responsible(candidate.role, premises))
                })
            },
        )
    }

    /// The premises with that number, where it has a fitting device.
    pub fn given(&self, portfolio: &Portfolio, number: u64, candidates: &[Candidate]) -> Option<Target> {
        let place = u32::try_from(number)
            .ok()
            .filter(|place| *place < portfolio.len())?;
        let premises = portfolio.get(place);
        let fits = |candidate: &Candidate| {
            self.customers
                .population
                .has_device(premises, candidate.device_type)
                && self.customers.is_responsible(candidate.role, premises)
        };
        let candidate = candidates.iter().copied().find(fits)?;
        Some(Target { premises, candidate })
    }

    /// The premises the search tries first.
    pub fn first(&self, portfolio: &Portfolio) -> Option<PremisesId> {
        (!portfolio.is_empty()).then(|| portfolio.get(self.draw(portfolio.len(), 0)))
    }

    #[inline]
    fn draw(&self, count: u32, k: u32) -> u32 {
        let n = self.n << 8 | u64::from(k);
        let user = u64::from(self.customers.user.0);
        self.draws.below(u64::from(count), self.stream, user, n) as u32
    }

    /// A premises somebody else is responsible for.
    pub fn foreign(&self, candidates: &[Candidate]) -> Option<Target> {
        self.find(
            self.customers.population.premises_count(),
            PremisesId,
            |premises| {
                candidates.iter().copied().find(|candidate| {
                    self.customers
                        .population
                        .has_device(premises, candidate.device_type)
                        && !self.customers.is_responsible(candidate.role, premises)
                })
            },
        )
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
            if self.prepayment_only && !self.customers.population.is_prepayment(premises) {
                return None;
            }
            fitting(premises).map(|candidate| Target { premises, candidate })
        };
        let mut last = 0;
        for k in 0..DRAWS_MAX {
            last = self.draw(count, k);
            if let Some(target) = try_at(last) {
                return Some(target);
            }
        }
        (1..=WALK_MAX.min(count)).find_map(|step| try_at((last + step) % count))
    }
}
