//! Which premises share a cell of a network.

use secnet_model::{PremisesId, Region, Technology};
use secnet_topology::World;
use secnet_topology::scenario::CspParams;

/// The cells of a region's network: so many neighbouring premises each, whichever network their hubs are of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CellMap {
    region: Region,
    pub technology: Technology,
    first: u32,
    end: u32,
    premises: u32,
}

impl CellMap {
    pub fn new(world: &World, region: Region, technology: Technology, params: &CspParams) -> CellMap {
        let range = world.population.region_range(region);
        CellMap {
            region,
            technology,
            first: range.start,
            end: range.end,
            premises: params.cell_premises.max(1),
        }
    }

    #[cfg(test)]
    pub fn for_tests(region: Region, technology: Technology) -> CellMap {
        CellMap {
            region,
            technology,
            first: 0,
            end: 1_000_000,
            premises: 500,
        }
    }

    pub fn count(&self) -> u32 {
        (self.end - self.first).div_ceil(self.premises)
    }

    /// The number of a premises' cell in the region.
    #[inline]
    pub fn cell_of(&self, premises: PremisesId) -> u32 {
        (premises.0 - self.first) / self.premises
    }

    /// The first premises of a cell.
    #[inline]
    pub fn first_of(&self, cell: u32) -> u32 {
        self.first + cell * self.premises
    }

    /// A number that no cell of another region or network has, for draws.
    #[inline]
    pub fn key(&self, cell: u32) -> u64 {
        let networks_before = match self.technology {
            Technology::Legacy => 0,
            Technology::FourG => Region::ALL.len(),
        };
        ((networks_before + self.region.index()) as u64) << 32 | u64::from(cell)
    }
}
