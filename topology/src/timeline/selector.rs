//! Which premises an event meets.

use crate::events::EventParams;
use crate::population::Population;
use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_model::{PremisesId, licence_areas};
use std::ops::Range;

const SELECTED: Stream = Stream::named("event-selects-premises");

/// Some premises: ranges of neighbours, or a share of them.
#[derive(Clone, PartialEq, Debug)]
pub struct Selector {
    /// Ascending and disjoint.
    ranges: Vec<Range<u32>>,
    draws: Draws,
    stream: Stream,
    /// Of the premises in the ranges; all at 1.
    share: f64,
}

impl Selector {
    /// `event` is the event's place in the scenario: its share is drawn for each event anew.
    pub(super) fn new(params: &EventParams, event: usize, population: &Population, draws: Draws) -> Selector {
        let everywhere = 0..population.premises_count();
        let mut ranges = vec![everywhere];
        if let Some(region) = params.region {
            narrow(&mut ranges, &[population.region_range(region)]);
            if let [first, last] = params.cells[..] {
                narrow(&mut ranges, &[population.cell_premises(region, first, last)]);
            }
        }
        if !params.areas.is_empty() {
            let named = |code: &str| params.areas.iter().any(|area| area == code);
            let mut areas: Vec<Range<u32>> = licence_areas()
                .iter()
                .enumerate()
                .filter(|(_, area)| named(area.code))
                .flat_map(|(index, _)| population.area_ranges(index))
                .collect();
            areas.sort_by_key(|range| range.start);
            narrow(&mut ranges, &areas);
        }
        if let [first, last] = params.premises[..] {
            let named = first..last.saturating_add(1);
            narrow(&mut ranges, std::slice::from_ref(&named));
        }
        Selector {
            ranges,
            draws,
            stream: SELECTED.variant(event as u64),
            share: params.share.unwrap_or(1.0),
        }
    }

    /// All premises that the places of an event name, whatever its share.
    pub(super) fn all_of(
        params: &EventParams,
        event: usize,
        population: &Population,
        draws: Draws,
    ) -> Selector {
        Selector {
            share: 1.0,
            ..Selector::new(params, event, population, draws)
        }
    }

    /// Leaves those in one of `within` as well, which are ascending and disjoint.
    pub(super) fn narrow(&mut self, within: &[Range<u32>]) {
        narrow(&mut self.ranges, within);
    }

    #[inline]
    pub fn selects(&self, premises: PremisesId) -> bool {
        self.ranges.iter().any(|range| range.contains(&premises.0)) && self.is_of_the_share(premises)
    }

    /// Ascending and disjoint.
    pub(super) fn ranges(&self) -> &[Range<u32>] {
        &self.ranges
    }

    #[inline]
    fn is_of_the_share(&self, premises: PremisesId) -> bool {
        self.share >= 1.0
            || self
                .draws
                .chance(self.share, self.stream, u64::from(premises.0), 0)
    }
}

/// Leaves what lies in one of `within` as well, which are ascending and disjoint.
pub(super) fn narrow(ranges: &mut Vec<Range<u32>>, within: &[Range<u32>]) {
    let common = |range: &Range<u32>| {
        let range = range.clone();
        within
            .iter()
            .map(move |other| range.start.max(other.start)..range.end.min(other.end))
            .filter(|common| !common.is_empty())
            .collect::<Vec<_>>()
    };
    *ranges = ranges.iter().flat_map(common).collect();
}
