//! Faults and planned cuts of the electricity network: which premises are without supply, and when.
//!
//! A fault is a block of neighbouring premises that lose their supply together and have it back together: 32 B, whatever their
//! number. Two faults that overlap make one cut of what they share.

use super::faults;
use super::selector::{Selector, narrow};
use crate::events::{EventKind, EventParams};
use crate::population::Population;
use secnet_engine::Draws;
use secnet_model::{PremisesId, SimTime, licence_areas};
use std::ops::Range;

/// Premises per entry of the index.
const BLOCK: u32 = 1_024;

/// All faults of a run, by their beginnings.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PowerCuts {
    faults: Vec<Fault>,
    /// Where each block's faults begin in `in_block`, and the end of the last. Empty without faults.
    block_starts: Vec<u32>,
    /// Numbers of faults, by their beginnings within each block.
    in_block: Vec<u32>,
}

/// Neighbouring premises without supply for a time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    pub first: u32,
    pub end: u32,
    pub begins: SimTime,
    pub ends: SimTime,
    /// Its event's place in the scenario.
    pub event: u32,
    /// The licence area all its premises are in, by its place in `licence_areas()`.
    pub area: u8,
}

/// A time that one premises is without supply.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cut {
    pub since: SimTime,
    /// "Never" where it does not end.
    pub until: SimTime,
    /// The number of the fault that began it.
    pub fault: u32,
    /// The number of the fault that ends it: another where faults overlap.
    pub last_fault: u32,
}

impl Fault {
    pub fn premises(&self) -> Range<u32> {
        self.first..self.end
    }
}

impl PowerCuts {
    pub(super) fn new(
        events: &[EventParams],
        draws: Draws,
        population: &Population,
        selector: impl Fn(usize, &EventParams) -> Selector,
    ) -> PowerCuts {
        let mut all = Vec::new();
        for (place, event) in events.iter().enumerate() {
            match event.kind {
                EventKind::PowerCut => faults::of_cut(
                    event,
                    place,
                    &of_areas(population, &selector(place, event)),
                    &mut all,
                ),
                EventKind::PowerFaults => {
                    let ranges = of_areas(population, &selector(place, event));
                    faults::at_random(event, place, &ranges, draws, &mut all);
                }
                EventKind::DspOutage
                | EventKind::CspOutage
                | EventKind::GatewayOutage
                | EventKind::CoverageLoss
                | EventKind::Maintenance
                | EventKind::DspCapacity
                | EventKind::UserDefault
                | EventKind::Takeover
                | EventKind::CplRemoval
                | EventKind::HubExchange
                | EventKind::Removal => {}
            }
        }
        PowerCuts::of(all, population.premises_count())
    }

    fn of(mut faults: Vec<Fault>, premises_count: u32) -> PowerCuts {
        faults.retain(|fault| fault.first < fault.end && fault.begins < fault.ends);
        faults.sort_by_key(|fault| (fault.begins, fault.first, fault.event));
        if faults.is_empty() {
            return PowerCuts::default();
        }
        let blocks_of = |fault: &Fault| fault.first / BLOCK..fault.end.div_ceil(BLOCK);
        let blocks = premises_count.div_ceil(BLOCK) as usize;
        let mut block_starts = vec![0u32; blocks + 1];
        for block in faults.iter().flat_map(blocks_of) {
            block_starts[block as usize + 1] += 1;
        }
        for block in 0..blocks {
            block_starts[block + 1] += block_starts[block];
        }
        let mut places = block_starts.clone();
        let mut in_block = vec![0u32; block_starts[blocks] as usize];
        for (number, fault) in (0..).zip(&faults) {
            for block in blocks_of(fault) {
                let place = &mut places[block as usize];
                in_block[*place as usize] = number;
                *place += 1;
            }
        }
        PowerCuts {
            faults,
            block_starts,
            in_block,
        }
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// By their beginnings; a fault's number is its place here.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The times at which the premises is without supply, in order; they neither overlap nor touch.
    pub fn cuts(&self, premises: PremisesId) -> impl Iterator<Item = Cut> {
        let block = (premises.0 / BLOCK) as usize;
        let numbers = match (self.block_starts.get(block), self.block_starts.get(block + 1)) {
            (Some(first), Some(end)) => &self.in_block[*first as usize..*end as usize],
            _ => &[],
        };
        let mut meeting = numbers
            .iter()
            .map(|number| (*number, &self.faults[*number as usize]))
            .filter(move |(_, fault)| fault.premises().contains(&premises.0))
            .peekable();
        std::iter::from_fn(move || {
            let (number, fault) = meeting.next()?;
            let mut cut = Cut {
                since: fault.begins,
                until: fault.ends,
                fault: number,
                last_fault: number,
            };
            while let Some((number, more)) = meeting.next_if(|(_, more)| more.begins <= cut.until) {
                if more.ends > cut.until {
                    (cut.until, cut.last_fault) = (more.ends, number);
                }
            }
            Some(cut)
        })
    }
}

/// The premises selected, area by area: a fault is one network's.
fn of_areas(population: &Population, selector: &Selector) -> Vec<AreaRange> {
    let in_area = |area: usize| {
        let of_area: Vec<Range<u32>> = population.area_ranges(area).collect();
        let mut ranges = selector.ranges().to_vec();
        narrow(&mut ranges, &of_area);
        ranges.into_iter().map(move |premises| AreaRange {
            premises,
            area: area as u8,
        })
    };
    let mut ranges: Vec<AreaRange> = (0..licence_areas().len()).flat_map(in_area).collect();
    ranges.sort_by_key(|range| range.premises.start);
    ranges
}

/// Neighbours in one licence area.
pub(super) struct AreaRange {
    pub premises: Range<u32>,
    pub area: u8,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(premises: Range<u32>, seconds: Range<u64>) -> Fault {
        Fault {
            first: premises.start,
            end: premises.end,
            begins: SimTime::from_secs(seconds.start),
            ends: SimTime::from_secs(seconds.end),
            event: 0,
            area: 0,
        }
    }

    #[test]
    fn a_fault_costs_32_bytes_whatever_the_number_of_its_premises() {
        assert_eq!(size_of::<Fault>(), 32);
    }

    #[test]
    fn overlapping_faults_make_one_cut_and_each_premises_has_those_of_its_own_blocks() {
        let cuts = PowerCuts::of(
            vec![
                fault(1_000..3_000, 50..60),
                fault(0..1_030, 10..20),
                fault(1_020..1_025, 15..30),
                fault(1_020..1_025, 30..40),
                fault(1_023..1_024, 12..14),
            ],
            4_000,
        );
        let of = |premises| -> Vec<(u64, u64, u32, u32)> {
            let cuts = cuts.cuts(PremisesId(premises));
            cuts.map(|cut| {
                let seconds = |at: SimTime| at.as_whole_secs();
                (seconds(cut.since), seconds(cut.until), cut.fault, cut.last_fault)
            })
            .collect()
        };
        assert_eq!(of(0), [(10, 20, 0, 0)]);
        assert_eq!(of(1_019), [(10, 20, 0, 0), (50, 60, 4, 4)]);
        assert_eq!(of(1_023), [(10, 40, 0, 3), (50, 60, 4, 4)]);
        assert_eq!(of(2_999), [(50, 60, 4, 4)]);
        assert_eq!(of(3_000), []);
        assert_eq!(of(u32::MAX), []);
        let is_cut = |premises, second| {
            let at = SimTime::from_secs(second);
            let mut of_it = cuts.cuts(PremisesId(premises));
            of_it.any(|cut| cut.since <= at && at < cut.until)
        };
        assert!(is_cut(1_023, 10) && is_cut(1_023, 39) && !is_cut(1_023, 40) && !is_cut(1_023, 9));
    }
}
