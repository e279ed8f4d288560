//! The population: what stands in each premises, as a function of (seed, index). Nothing is stored per premises.
//!
//! Premises are numbered region by region (north, central, south, SMETS1) and area by area, so neighbours have
//! neighbouring indices. The SMETS1 premises of an area are apart from its others: a second range. Suppliers are spread over them by a permutation: Supplier k owns a contiguous range of permuted
//! *positions*, so its i-th premises and a premises' Supplier are both arithmetic.
//!
//! Not here: anything that changes during a run.

use crate::apportion::{apportion, part_of};
use crate::scenario::{PopulationParams, Scenario, SupplierParams};
use crate::supply::Supply;
use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_model::{
    DeviceId, DeviceStatus, DeviceType, LicenceArea, PremisesId, Region, UserId, licence_areas,
};
use std::ops::Range;
use std::sync::Arc;

const AREAS: usize = 14;
const ENROLLED: Stream = Stream::named("population-enrolled");
const PREPAYMENT: Stream = Stream::named("population-prepayment");
const WAN_COVERAGE: Stream = Stream::named("population-wan-coverage");
const FOUR_G: Stream = Stream::named("population-4g-coverage");
const PPMID: Stream = Stream::named("population-ppmid");
const METER_STATUS: Stream = Stream::named("population-meter-status");

/// Premises per block. Shards begin at whole blocks, counted from the region's first premises, so that what a
/// block's premises share is never split.
pub const BLOCK_PREMISES: u32 = 64;

#[derive(Clone, Debug)]
pub struct Population {
    draws: Draws,
    premises_count: u32,
    /// First premises of each region, and the end of the last.
    region_starts: [u32; Region::ALL.len() + 1],
    /// The emulated areas, by index in `licence_areas()`, in the order of their premises; each twice where some are SMETS1.
    area_order: Vec<usize>,
    /// First premises of each of them, and the end of the last.
    area_starts: Vec<u32>,
    cell_premises: [u32; Region::ALL.len()],
    enrolled: Threshold,
    prepayment: SupplierShares,
    no_wan: SupplierShares,
    no_4g: Threshold,
    ppmid: Threshold,
    not_commissioned: Threshold,
    not_commissioned_or_suspended: Threshold,
    supply: Arc<Supply>,
    dno_by_area: [Option<UserId>; AREAS],
    suppliers: u16,
    suppliers_and_dnos: u16,
    users: u16,
}

/// A User's premises by number. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Portfolio {
    len: u32,
    members: Members,
}

#[derive(Clone, Debug)]
enum Members {
    Electricity {
        supply: Arc<Supply>,
        supplier: usize,
    },
    Gas {
        supply: Arc<Supply>,
        supplier: usize,
    },
    /// Ranges of premises, each with the number of members before it.
    Areas(Vec<(u32, Range<u32>)>),
    All,
    Listed(Arc<[PremisesId]>),
}

/// The emulated areas in the order of their premises.
struct AreaLayout {
    order: Vec<usize>,
    starts: Vec<u32>,
    region_starts: [u32; Region::ALL.len() + 1],
}

/// A share as a bound on 64 random bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Threshold(u64);

impl Threshold {
    fn of(share: f64) -> Threshold {
        // 2^64 as a float; the cast saturates, so that a share of 1 misses one draw in 2^64.
        Threshold((share * 18_446_744_073_709_551_616.0) as u64)
    }

    #[inline]
    fn holds(self, bits: u64) -> bool {
        bits < self.0 || self.0 == u64::MAX
    }
}

/// A share of the premises that may differ by their electricity's first Supplier.
#[derive(Clone, Debug)]
struct SupplierShares {
    of_most: Threshold,
    /// By Supplier; empty where none has a share of its own.
    by_supplier: Arc<[Threshold]>,
}

impl SupplierShares {
    fn of(scenario: &Scenario, of_most: f64, own: impl Fn(&SupplierParams) -> Option<f64>) -> SupplierShares {
        let suppliers = &scenario.suppliers;
        let by_supplier = match suppliers.iter().any(|supplier| own(supplier).is_some()) {
            true => suppliers
                .iter()
                .map(|supplier| Threshold::of(own(supplier).unwrap_or(of_most)))
                .collect(),
            false => Arc::default(),
        };
        SupplierShares {
            of_most: Threshold::of(of_most),
            by_supplier,
        }
    }

    #[inline]
    fn of_premises(&self, supply: &Supply, premises: PremisesId) -> Threshold {
        match self.by_supplier.is_empty() {
            true => self.of_most,
            false => self.by_supplier[supply.electricity_supplier(premises).index()],
        }
    }
}

impl Population {
    /// The scenario must be valid.
    pub(crate) fn new(scenario: &Scenario, draws: Draws) -> Population {
        let params = &scenario.population;
        let areas = AreaLayout::new(params);
        let mut dno_by_area = [None; AREAS];
        for (k, dno) in scenario.dnos.iter().enumerate() {
            for (area, owner) in licence_areas().iter().zip(&mut dno_by_area) {
                if dno.areas.iter().any(|code| code == area.code) {
                    *owner = Some(UserId((scenario.suppliers.len() + k) as u16));
                }
            }
        }
        let suppliers = scenario.suppliers.len() as u16;
        let suppliers_and_dnos = suppliers + scenario.dnos.len() as u16;
        Population {
            draws,
            premises_count: params.premises,
            region_starts: areas.region_starts,
            area_order: areas.order,
            area_starts: areas.starts,
            cell_premises: Region::ALL.map(|region| scenario.cell_premises(region)),
            enrolled: Threshold::of(params.enrolled_share),
            prepayment: SupplierShares::of(scenario, params.prepayment_share, |supplier| {
                supplier.prepayment_share
            }),
            no_wan: SupplierShares::of(scenario, params.no_wan_share, |supplier| supplier.no_wan_share),
            no_4g: Threshold::of(params.no_4g_share),
            ppmid: Threshold::of(params.ppmid_share),
            not_commissioned: Threshold::of(params.not_commissioned_share),
            not_commissioned_or_suspended: Threshold::of(
                params.not_commissioned_share + params.suspended_share,
            ),
            supply: Arc::new(Supply::new(scenario, draws)),
            dno_by_area,
            suppliers,
            suppliers_and_dnos,
            users: suppliers_and_dnos + scenario.other_users.len() as u16,
        }
    }

    pub fn premises_count(&self) -> u32 {
        self.premises_count
    }

    #[inline]
    pub fn region_of(&self, premises: PremisesId) -> Region {
        if premises.0 < self.region_starts[1] {
            Region::North
        } else if premises.0 < self.region_starts[2] {
            Region::Central
        } else if premises.0 < self.region_starts[3] {
            Region::South
        } else {
            Region::Smets1
        }
    }

    /// Whether the premises' devices are SMETS1; those of no premises are not.
    #[inline]
    pub fn is_smets1(&self, premises: PremisesId) -> bool {
        self.region_range(Region::Smets1).contains(&premises.0)
    }

    pub fn region_range(&self, region: Region) -> Range<u32> {
        self.region_starts[region.index()]..self.region_starts[region.index() + 1]
    }

    /// How many premises each region has, enrolled or not.
    pub fn premises_by_region(&self) -> [u32; Region::ALL.len()] {
        Region::ALL.map(|region| self.region_range(region).len() as u32)
    }

    /// Index in `licence_areas()`.
    #[inline]
    pub fn area_of(&self, premises: PremisesId) -> usize {
        let inner_starts = &self.area_starts[1..self.area_order.len()];
        self.area_order[inner_starts.iter().filter(|&&start| start <= premises.0).count()]
    }

    /// The premises of an area, by its index in `licence_areas()`: none, one range, or two where some are SMETS1.
    pub fn area_ranges(&self, area: usize) -> impl Iterator<Item = Range<u32>> + '_ {
        let places = self.area_order.iter().enumerate();
        places
            .filter(move |(_, of)| **of == area)
            .map(|(place, _)| self.area_starts[place]..self.area_starts[place + 1])
    }

    /// Index of the cell within its region.
    #[inline]
    pub fn cell_of(&self, premises: PremisesId) -> u32 {
        let region = self.region_of(premises).index();
        (premises.0 - self.region_starts[region]) / self.cell_premises[region]
    }

    /// The premises of a region's cells from `first` to `last`.
    pub fn cell_premises(&self, region: Region, first: u32, last: u32) -> Range<u32> {
        let range = self.region_range(region);
        let cell = u64::from(self.cell_premises[region.index()]);
        let edge = |cells: u64| (u64::from(range.start) + cells * cell).min(u64::from(range.end)) as u32;
        edge(u64::from(first))..edge(u64::from(last) + 1)
    }

    pub fn cell_count(&self, region: Region) -> u32 {
        let range = self.region_range(region);
        (range.end - range.start).div_ceil(self.cell_premises[region.index()])
    }

    /// Whether a smart metering system is enrolled. Supply, payment mode and coverage are the premises' own and do
    /// not depend on it; devices do.
    #[inline]
    pub fn is_enrolled(&self, premises: PremisesId) -> bool {
        self.enrolled
            .holds(self.draws.bits(ENROLLED, u64::from(premises.0), 0))
    }

    #[inline]
    pub fn has_gas(&self, premises: PremisesId) -> bool {
        self.supply.has_gas(premises)
    }

    #[inline]
    pub fn is_prepayment(&self, premises: PremisesId) -> bool {
        self.prepayment
            .of_premises(&self.supply, premises)
            .holds(self.draws.bits(PREPAYMENT, u64::from(premises.0), 0))
    }

    /// Whether 4G reaches the premises.
    pub fn has_4g(&self, premises: PremisesId) -> bool {
        !self
            .no_4g
            .holds(self.draws.bits(FOUR_G, u64::from(premises.0), 0))
    }

    /// Whether the SM WAN that its region was built with reaches the premises.
    #[inline]
    pub fn has_wan(&self, premises: PremisesId) -> bool {
        !self
            .no_wan
            .of_premises(&self.supply, premises)
            .holds(self.draws.bits(WAN_COVERAGE, u64::from(premises.0), 0))
    }

    #[inline]
    pub fn has_device(&self, premises: PremisesId, device_type: DeviceType) -> bool {
        premises.0 < self.premises_count
            && self.is_enrolled(premises)
            && match device_type {
                DeviceType::Esme | DeviceType::Chf => true,
                DeviceType::Gsme | DeviceType::Gpf => self.has_gas(premises),
                DeviceType::Ppmid => self.ppmid.holds(self.draws.bits(PPMID, u64::from(premises.0), 0)),
                DeviceType::Hcalcs | DeviceType::Sapc | DeviceType::Ihd | DeviceType::Cad => false,
            }
    }

    /// The status at the scenario's start; `None` for a device that is not in the inventory (E19).
    #[inline]
    pub fn device_status(&self, device: DeviceId) -> Option<DeviceStatus> {
        if !self.has_device(device.premises, device.device_type) {
            return None;
        }
        if !matches!(device.device_type, DeviceType::Esme | DeviceType::Gsme) {
            return Some(DeviceStatus::Commissioned);
        }
        let bits = self.draws.bits(METER_STATUS, u64::from(device.premises.0), 0);
        Some(if self.not_commissioned.holds(bits) {
            DeviceStatus::InstalledNotCommissioned
        } else if self.not_commissioned_or_suspended.holds(bits) {
            DeviceStatus::Suspended
        } else {
            DeviceStatus::Commissioned
        })
    }

    pub fn devices(&self, premises: PremisesId) -> impl Iterator<Item = DeviceType> + use<> {
        let present = DeviceType::ALL.map(|device_type| self.has_device(premises, device_type));
        DeviceType::ALL
            .into_iter()
            .filter(move |device_type| present[usize::from(device_type.index())])
    }

    #[inline]
    pub fn electricity_supplier(&self, premises: PremisesId) -> UserId {
        self.supply.electricity_supplier(premises)
    }

    /// `None` where there is no gas.
    #[inline]
    pub fn gas_supplier(&self, premises: PremisesId) -> Option<UserId> {
        self.supply.gas_supplier(premises)
    }

    /// Who supplied the device's fuel when the scenario began; `None` for gas where there is none, and for a premises that is none.
    pub fn first_supplier(&self, device: DeviceId) -> Option<UserId> {
        let premises = device.premises;
        if premises.0 >= self.premises_count() {
            return None;
        }
        match device.device_type.is_gas() {
            true => self.gas_supplier(premises),
            false => Some(self.electricity_supplier(premises)),
        }
    }

    /// The distributor of the premises' area, where the scenario has one.
    #[inline]
    pub fn dno(&self, premises: PremisesId) -> Option<UserId> {
        self.dno_by_area[self.area_of(premises)]
    }

    /// A User's premises: of a Supplier those it supplies electricity to, of a DNO its areas', of another User all.
    pub fn portfolio(&self, user: UserId) -> Portfolio {
        if user.0 < self.suppliers {
            let supplier = user.index();
            let members = Members::Electricity {
                supply: Arc::clone(&self.supply),
                supplier,
            };
            return Portfolio {
                len: self.supply.supplies_electricity_to(supplier),
                members,
            };
        }
        if user.0 < self.suppliers_and_dnos {
            let (mut len, mut ranges) = (0, Vec::new());
            let areas = self.area_order.iter().zip(self.area_starts.windows(2));
            for (_, bounds) in areas.filter(|(area, _)| self.dno_by_area[**area] == Some(user)) {
                let range = bounds[0]..bounds[1];
                ranges.push((len, range.clone()));
                len += range.end - range.start;
            }
            return Portfolio {
                len,
                members: Members::Areas(ranges),
            };
        }
        let len = if user.0 < self.users {
            self.premises_count
        } else {
            0
        };
        Portfolio {
            len,
            members: Members::All,
        }
    }

    /// The place of a premises in the portfolio of its Supplier of that fuel.
    #[inline]
    pub fn place_in_portfolio(&self, premises: PremisesId, by_gas: bool) -> Option<u32> {
        match by_gas {
            true => self.supply.gas_place(premises),
            false => Some(self.supply.electricity_place(premises)),
        }
    }

    /// The premises a Supplier supplies gas to; empty for other Users.
    pub fn gas_portfolio(&self, user: UserId) -> Portfolio {
        let supplier = user.index();
        let members = Members::Gas {
            supply: Arc::clone(&self.supply),
            supplier,
        };
        Portfolio {
            len: self.supply.supplies_gas_to(supplier),
            members,
        }
    }
}

impl Portfolio {
    /// These premises, in this order: four bytes for each.
    pub fn listed(premises: Arc<[PremisesId]>) -> Portfolio {
        Portfolio {
            len: premises.len() as u32,
            members: Members::Listed(premises),
        }
    }

    pub fn len(&self) -> u32 {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The `i`-th premises, each exactly once; `i` must be below `len`.
    #[inline]
    pub fn get(&self, i: u32) -> PremisesId {
        debug_assert!(i < self.len, "{i} of {}", self.len);
        match &self.members {
            Members::Electricity { supply, supplier } => supply.electricity_member(*supplier, i),
            Members::Gas { supply, supplier } => supply.gas_member(*supplier, i),
            Members::Areas(ranges) => {
                let place = ranges
                    .partition_point(|(before, _)| *before <= i)
                    .saturating_sub(1);
                let (before, range) = &ranges[place];
                PremisesId(range.start + (i - before))
            }
            Members::All => PremisesId(i),
            Members::Listed(premises) => premises[i as usize],
        }
    }
}

/// How many premises each region has.
pub(crate) fn regional_premises(params: &PopulationParams) -> [u32; Region::ALL.len()] {
    let starts = AreaLayout::new(params).region_starts;
    Region::ALL.map(|region| starts[region.index() + 1] - starts[region.index()])
}

impl AreaLayout {
    fn new(params: &PopulationParams) -> AreaLayout {
        let emulated =
            |area: &LicenceArea| params.areas.is_empty() || params.areas.iter().any(|code| code == area.code);
        let weights: Vec<f64> = licence_areas()
            .iter()
            .map(|area| {
                if emulated(area) {
                    area.customers_millions
                } else {
                    0.0
                }
            })
            .collect();
        let counts = apportion(params.premises, &weights);
        let (mut order, mut starts, mut region_starts) = (Vec::new(), vec![0], [0; Region::ALL.len() + 1]);
        let mut end = 0;
        let smets1: Vec<u32> = counts
            .iter()
            .map(|count| part_of(*count, params.smets1_share))
            .collect();
        for region in Region::ALL {
            for (area, entry) in licence_areas().iter().enumerate() {
                let premises = match region {
                    Region::Smets1 => smets1[area],
                    _ if entry.region == region => counts[area] - smets1[area],
                    Region::North | Region::Central | Region::South => continue,
                };
                if emulated(entry) && (premises > 0 || region != Region::Smets1) {
                    end += premises;
                    order.push(area);
                    starts.push(end);
                }
            }
            region_starts[region.index() + 1] = end;
        }
        AreaLayout {
            order,
            starts,
            region_starts,
        }
    }
}
