//! Alert storms: for a time, all devices of one model raise alerts of one code (`[[alert_storms]]`).
//!
//! As the background's, a storm's events are one Poisson process per block of premises. Each falls on any premises of
//! the block, and counts where a device of the model is: which premises have one is drawn per premises and storm.

use crate::alerts::{BLOCK, DAY_MICROS};
use secnet_accounts::Part;
use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_model::{AlertCode, DeviceId, DeviceType, PremisesId, Region, SimDuration, SimTime};
use secnet_topology::World;
use secnet_topology::population::Population;
use secnet_topology::scenario::AlertStormParams;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

const GAP: Stream = Stream::named("alert-storm-gap");
const PREMISES: Stream = Stream::named("alert-storm-premises");
const MODEL: Stream = Stream::named("alert-storm-model");

/// What does not change.
#[derive(Clone, Debug, Default)]
pub struct Storms {
    storms: Vec<Storm>,
}

#[derive(Clone, Debug)]
struct Storm {
    draws: Draws,
    number: u64,
    device_type: DeviceType,
    alert: AlertCode,
    device_share: f64,
    per_device_per_day: f64,
    size_factor: f64,
    starts: SimTime,
    /// None is raised at or after it.
    ends: SimTime,
}

/// When each block next has an event of each storm. Empty without storms; 24 B per block and storm otherwise.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct StormEvents {
    by_time: BinaryHeap<Reverse<StormEvent>>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
struct StormEvent {
    at: SimTime,
    /// The block's first premises.
    block: u32,
    storm: u16,
    /// Counts the block's events of the storm from 0.
    event: u32,
}

/// An alert a storm raises.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct StormAlert {
    pub device: DeviceId,
    pub alert: AlertCode,
    pub size_factor: f64,
}

impl Storms {
    /// The scenario's that strike devices of the region.
    pub fn of(world: &World, region: Region) -> Storms {
        let (draws, horizon) = (world.draws, world.horizon);
        let storm = |(number, params): (usize, &AlertStormParams)| {
            let starts = SimTime::ZERO + params.starts_after.into();
            Some(Storm {
                draws,
                number: number as u64,
                device_type: params.device,
                alert: AlertCode::from_code(&params.alert)?,
                device_share: params.device_share,
                per_device_per_day: params.per_device_per_hour * 24.0,
                size_factor: params.size_factor,
                starts,
                ends: (starts + params.lasts.into()).min(horizon),
            })
        };
        Storms {
            storms: world
                .scenario
                .alert_storms
                .iter()
                .enumerate()
                .filter(|(_, params)| params.region.is_none_or(|struck| struck == region))
                .filter_map(storm)
                .collect(),
        }
    }

    /// The first events of the blocks that begin at `blocks`.
    pub fn begin(&self, blocks: impl Iterator<Item = u32> + Clone, region: &Range<u32>) -> StormEvents {
        let first = |(number, storm): (usize, &Storm)| {
            let number = number as u16;
            let event = move |block| storm.event(number, block, 0, storm.starts, region);
            blocks.clone().filter_map(event).map(Reverse).collect::<Vec<_>>()
        };
        StormEvents {
            by_time: self.storms.iter().enumerate().flat_map(first).collect(),
        }
    }

    /// The alert of the earliest event, if the event falls on a device of the model in this shard. The block's next takes
    /// its place.
    pub fn take_next(
        &self,
        upcoming: &mut StormEvents,
        population: &Population,
        region: &Range<u32>,
        shard: &Range<u32>,
    ) -> Option<StormAlert> {
        let StormEvent {
            at,
            block,
            storm: number,
            event,
        } = upcoming.by_time.peek()?.0;
        let storm = &self.storms[usize::from(number)];
        match storm.event(number, block, event + 1, at, region) {
            Some(next) => {
                if let Some(mut top) = upcoming.by_time.peek_mut() {
                    top.0 = next;
                }
            }
            None => {
                upcoming.by_time.pop();
            }
        }
        let premises = storm.premises(block, event, region);
        let is_struck = shard.contains(&premises.0)
            && storm.strikes(premises)
            && population.has_device(premises, storm.device_type);
        is_struck.then(|| StormAlert {
            device: premises.device(storm.device_type),
            alert: storm.alert,
            size_factor: storm.size_factor,
        })
    }
}

impl Storm {
    /// A block's `event`-th event, an exponential gap after `since`.
    fn event(
        &self,
        number: u16,
        block: u32,
        event: u32,
        since: SimTime,
        region: &Range<u32>,
    ) -> Option<StormEvent> {
        let premises = BLOCK.min(region.end - block);
        let per_micro = self.per_device_per_day * f64::from(premises) / DAY_MICROS;
        if per_micro <= 0.0 || self.device_share <= 0.0 {
            return None;
        }
        let stream = GAP.variant(self.number);
        let gap = self.draws.exponential(stream, u64::from(block), u64::from(event)) / per_micro;
        let at = since + SimDuration((gap as u64).saturating_add(1));
        (at < self.ends).then_some(StormEvent {
            at,
            block,
            storm: number,
            event,
        })
    }

    fn premises(&self, block: u32, event: u32, region: &Range<u32>) -> PremisesId {
        let premises = u64::from(BLOCK.min(region.end - block));
        let stream = PREMISES.variant(self.number);
        let place = self
            .draws
            .below(premises, stream, u64::from(block), u64::from(event));
        PremisesId(block + place as u32)
    }

    /// Whether the premises' device is of the model.
    fn strikes(&self, premises: PremisesId) -> bool {
        let stream = MODEL.variant(self.number);
        self.draws
            .chance(self.device_share, stream, u64::from(premises.0), 0)
    }
}

impl StormEvents {}

impl Part for StormEvents {
    #[inline]
    fn next_deadline(&self, _world: &World) -> SimTime {
        self.by_time
            .peek()
            .map_or(SimTime::NEVER, |Reverse(next)| next.at)
    }

    fn memory_bytes(&self) -> usize {
        self.by_time.capacity() * size_of::<Reverse<StormEvent>>()
    }
}
