//! Who supplies which premises: shares of a permutation, enumerable from both sides in constant time.
//!
//! A premises' *position* is its place under the permutation; a Supplier owns a range of positions. Within the range the
//! premises with gas, and among these the ones with both fuels from it, are spread evenly. The gas of the
//! rest comes from the other Suppliers ([`pairs`]).

mod pairs;

use crate::apportion::{apportion, part_of};
use crate::permutation::Permutation;
use crate::scenario::Scenario;
use pairs::Pairs;
use secnet_engine::Draws;
use secnet_model::{PremisesId, UserId};

const SUPPLIER_PERMUTATION: u64 = 1;

#[derive(Debug)]
pub(crate) struct Supply {
    positions: Permutation,
    suppliers: Vec<SupplierRange>,
    pairs: Pairs,
}

/// Who supplies gas to a home, and which of that Supplier's it is.
#[derive(Clone, Copy, Debug)]
enum Gas {
    /// The home's Supplier of electricity too; by its number among the homes with gas of that one.
    Same { supplier: usize, rank: u32 },
    /// Another; by its number among those that one has won.
    Other { supplier: usize, won: u32 },
}

#[derive(Clone, Copy, Debug)]
struct SupplierRange {
    /// First position.
    start: u32,
    len: u32,
    gas: u32,
    dual_fuel: u32,
}

impl SupplierRange {
    fn two_suppliers(&self) -> u32 {
        self.gas - self.dual_fuel
    }
}

impl Supply {
    pub(crate) fn new(scenario: &Scenario, draws: Draws) -> Supply {
        let params = &scenario.population;
        let shares: Vec<f64> = scenario.suppliers.iter().map(|supplier| supplier.share).collect();
        let mut start = 0;
        let mut suppliers = Vec::with_capacity(shares.len());
        for len in apportion(params.premises, &shares) {
            let gas = part_of(len, params.gas_share);
            let range = SupplierRange {
                start,
                len,
                gas,
                dual_fuel: part_of(gas, params.dual_fuel_share),
            };
            start += len;
            suppliers.push(range);
        }
        let with_two: Vec<u32> = suppliers.iter().map(SupplierRange::two_suppliers).collect();
        Supply {
            pairs: Pairs::new(&with_two),
            positions: Permutation::new(draws, SUPPLIER_PERMUTATION, params.premises),
            suppliers,
        }
    }

    pub(crate) fn supplies_electricity_to(&self, supplier: usize) -> u32 {
        self.suppliers.get(supplier).map_or(0, |range| range.len)
    }

    pub(crate) fn supplies_gas_to(&self, supplier: usize) -> u32 {
        self.suppliers.get(supplier).map_or(0, |range| range.gas)
    }

    #[inline]
    pub(crate) fn electricity_supplier(&self, premises: PremisesId) -> UserId {
        UserId(self.at_position(self.positions.invert(premises.0)) as u16)
    }

    #[inline]
    pub(crate) fn has_gas(&self, premises: PremisesId) -> bool {
        let position = self.positions.invert(premises.0);
        let range = &self.suppliers[self.at_position(position)];
        Spread::new(range.gas, range.len).is_chosen(position - range.start)
    }

    #[inline]
    pub(crate) fn gas_supplier(&self, premises: PremisesId) -> Option<UserId> {
        let (Gas::Same { supplier, .. } | Gas::Other { supplier, .. }) = self.gas(premises)?;
        Some(UserId(supplier as u16))
    }

    /// `None` where there is no gas.
    #[inline]
    fn gas(&self, premises: PremisesId) -> Option<Gas> {
        let position = self.positions.invert(premises.0);
        let electricity = self.at_position(position);
        let range = &self.suppliers[electricity];
        let (gas, index) = (Spread::new(range.gas, range.len), position - range.start);
        if !gas.is_chosen(index) {
            return None;
        }
        let rank = gas.chosen_before(index);
        let dual_fuel = Spread::new(range.dual_fuel, range.gas);
        if dual_fuel.is_chosen(rank) {
            let supplier = electricity;
            return Some(Gas::Same { supplier, rank });
        }
        let (supplier, won) = self.pairs.gas(electricity, rank - dual_fuel.chosen_before(rank));
        Some(Gas::Other { supplier, won })
    }

    /// The `i`-th premises the Supplier supplies electricity to; `i` must be below their number.
    #[inline]
    pub(crate) fn electricity_member(&self, supplier: usize, i: u32) -> PremisesId {
        debug_assert!(i < self.suppliers[supplier].len);
        PremisesId(self.positions.apply(self.suppliers[supplier].start + i))
    }

    /// The `i`-th premises the Supplier supplies gas to; `i` must be below their number.
    #[inline]
    pub(crate) fn gas_member(&self, supplier: usize, i: u32) -> PremisesId {
        let own = &self.suppliers[supplier];
        debug_assert!(i < own.gas);
        let dual_fuel = Spread::new(own.dual_fuel, own.gas);
        if dual_fuel.is_chosen(i) {
            return self.with_gas(own, dual_fuel.chosen(dual_fuel.chosen_before(i)));
        }
        let (electricity, home) = self.pairs.electricity(supplier, i - dual_fuel.chosen_before(i));
        let range = &self.suppliers[electricity];
        let rank = Spread::new(range.dual_fuel, range.gas).not_chosen(home);
        self.with_gas(range, rank)
    }

    /// The place of a premises among those its Supplier supplies electricity to: of which it is the [`Supply::electricity_member`].
    #[inline]
    pub(crate) fn electricity_place(&self, premises: PremisesId) -> u32 {
        let position = self.positions.invert(premises.0);
        position - self.suppliers[self.at_position(position)].start
    }

    /// The place of a premises among those its Supplier supplies gas to: of which it is the [`Supply::gas_member`].
    pub(crate) fn gas_place(&self, premises: PremisesId) -> Option<u32> {
        Some(match self.gas(premises)? {
            Gas::Same { rank, .. } => rank,
            Gas::Other { supplier, won } => {
                let range = &self.suppliers[supplier];
                Spread::new(range.dual_fuel, range.gas).not_chosen(won)
            }
        })
    }

    fn with_gas(&self, range: &SupplierRange, rank: u32) -> PremisesId {
        let index = Spread::new(range.gas, range.len).chosen(rank);
        PremisesId(self.positions.apply(range.start + index))
    }

    // Suppliers without a premises begin where the next one does; the last of those that begin is the owner.

    #[inline]
    fn at_position(&self, position: u32) -> usize {
        self.suppliers.partition_point(|range| range.start <= position) - 1
    }
}

/// `chosen` of `of` items, as evenly spread as whole numbers allow.
#[derive(Clone, Copy)]
struct Spread {
    chosen: u64,
    of: u64,
}

impl Spread {
    #[inline]
    fn new(chosen: u32, of: u32) -> Spread {
        Spread {
            chosen: u64::from(chosen),
            of: u64::from(of),
        }
    }

    #[inline]
    fn chosen_before(self, item: u32) -> u32 {
        (u64::from(item) * self.chosen / self.of) as u32
    }

    #[inline]
    fn is_chosen(self, item: u32) -> bool {
        // The same as chosen_before(item + 1) > chosen_before(item), with one division.
        u64::from(item) * self.chosen % self.of + self.chosen >= self.of
    }

    /// The `rank`-th item that is chosen.
    #[inline]
    fn chosen(self, rank: u32) -> u32 {
        (((u64::from(rank) + 1) * self.of).div_ceil(self.chosen) - 1) as u32
    }

    /// The `rank`-th item that is not.
    #[inline]
    fn not_chosen(self, rank: u32) -> u32 {
        (u64::from(rank) * self.of / (self.of - self.chosen)) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_ranks_the_items_it_chooses_and_those_it_does_not() {
        for of in 1..40 {
            for chosen in 0..=of {
                let spread = Spread::new(chosen, of);
                let (mut yes, mut no) = (0, 0);
                for item in 0..of {
                    assert_eq!(spread.chosen_before(item), yes);
                    if spread.is_chosen(item) {
                        assert_eq!(spread.chosen(yes), item);
                        yes += 1;
                    } else {
                        assert_eq!(spread.not_chosen(no), item);
                        no += 1;
                    }
                }
                assert_eq!((yes, no), (chosen, of - chosen));
            }
        }
    }
}
