//! What is fixed of distribution: rates, times, who hears and what is lost.

use super::blocks::Reception;
use super::wanted::Wanted;
use crate::cell::Channel;
use crate::cell_map::CellMap;
use crate::loss::{Loss, Sending};
use secnet_engine::Draws;
use secnet_model::{PremisesId, Region, SimDuration, SimTime};
use secnet_topology::scenario::CspParams;
use secnet_topology::timeline::Windows;
use secnet_topology::{Reach, TimeOfDay, World};
use secnet_wire::{Direction, Image};
use std::ops::Range;
use std::sync::Arc;

const DAY_SECONDS: u64 = 86_400;

/// What does not change during a run.
#[derive(Clone, Debug)]
pub struct Plan {
    pub world: Arc<World>,
    pub cells: CellMap,
    /// What images have of a cell's downlink.
    channel: Channel,
    downlink_bits_per_second: u64,
    pub broadcasts: bool,
    /// When nothing is distributed.
    pub closed: Windows,
    /// By campaign.
    blocks: Vec<u32>,
    loss: Loss,
    pub reach: Reach,
}

impl Plan {
    pub fn new(world: &Arc<World>, region: Region, cells: CellMap, params: &CspParams) -> Plan {
        let (firmware, rate) = (&world.scenario.firmware, params.downlink_rate.bits_per_second());
        let campaigns = world.scenario.campaigns.iter();
        Plan {
            cells,
            channel: Channel {
                bits_per_second: part(rate, params.firmware_share),
                overhead_bytes: params.overhead.0 as u32,
            },
            downlink_bits_per_second: rate,
            broadcasts: params.firmware_broadcast,
            closed: closed(world, region),
            blocks: campaigns
                .map(|campaign| firmware.blocks(campaign.image))
                .collect(),
            loss: Loss::new(world.draws, cells, params),
            reach: Reach::of(world, cells.technology),
            world: Arc::clone(world),
        }
    }

    /// What other messages have of a cell's downlink meanwhile.
    pub fn rest(params: &CspParams) -> u64 {
        let rate = params.downlink_rate.bits_per_second();
        (rate - part(rate, params.firmware_share)).max(1)
    }

    pub fn blocks(&self, campaign: u16) -> u32 {
        self.blocks
            .get(usize::from(campaign))
            .copied()
            .unwrap_or_default()
    }

    pub fn airtime(&self, blocks: u32) -> SimDuration {
        let block = self.world.scenario.firmware.block.0 as u32;
        SimDuration(self.channel.transmission_time(block).0 * u64::from(blocks))
    }

    /// When something ends that starts then and is on air for so long: nothing is sent in between while the cell is closed.
    pub fn ends(&self, starts: SimTime, airtime: SimDuration) -> SimTime {
        let (mut at, mut left) = (self.closed.opens(starts), airtime);
        loop {
            let closes = self.closed.next_change(at);
            if at.is_never() || closes.is_never() || closes.since(at) >= left {
                return at + left;
            }
            left = SimDuration(left.0 - closes.since(at).0);
            at = self.closed.opens(closes);
        }
    }

    /// Calls `each` with the times within `during` in which something is sent.
    pub fn on_air(&self, during: Range<SimTime>, mut each: impl FnMut(SimTime, SimDuration)) {
        let mut at = self.closed.opens(during.start);
        while at < during.end {
            let until = self.closed.next_change(at).min(during.end);
            each(at, until.since(at));
            at = self.closed.opens(until);
        }
    }

    /// What a time on air is of the whole downlink, in microseconds of it.
    pub fn of_downlink(&self, on_air_us: u64) -> u64 {
        let of_whole = u128::from(on_air_us) * u128::from(self.channel.bits_per_second);
        (of_whole / u128::from(self.downlink_bits_per_second.max(1))) as u64
    }

    pub fn premises(&self, cell: u32, hub: u32) -> PremisesId {
        PremisesId(self.cells.first_of(cell) + hub)
    }

    /// The image as the DSP sent it for the device behind a hub; `None` for one that nobody could have sent.
    pub fn image(&self, cell: u32, hub: u32, wanted: &Wanted) -> Option<Image> {
        let campaign = wanted.campaign;
        let device_type = self.world.scenario.campaigns[usize::from(campaign)].device;
        let device = self.premises(cell, hub).device(device_type);
        // A campaign lists the premises a Supplier had at first.
        let of_first = || self.world.population.first_supplier(device);
        Some(Image {
            device,
            campaign,
            user: wanted.user.or_else(of_first)?,
        })
    }

    /// The chance that a block is lost to a hub: all are, to one that does not hear.
    pub fn loss(&self, cell: u32, hub: u32, starts: SimTime, ends: SimTime) -> f64 {
        let premises = Some(self.premises(cell, hub));
        if !(self.reach.hears(premises, starts) && self.reach.hears(premises, ends)) {
            return 1.0;
        }
        self.loss.probability(Sending {
            direction: Direction::Downlink,
            premises,
            cell,
            at: starts,
        })
    }

    pub fn reception(&self, cell: u32, hub: u32, campaign: u16) -> Reception {
        Reception {
            draws: self.draws(),
            premises: self.premises(cell, hub),
            campaign,
            blocks: self.blocks(campaign),
        }
    }

    pub fn draws(&self) -> Draws {
        self.world.draws
    }
}

/// Of a rate, a share of more than nothing.
fn part(rate: u64, share: f64) -> u64 {
    ((rate as f64 * share).round() as u64).max(1)
}

/// The CSP's own closures, and the hours of the day in which it distributes nothing.
fn closed(world: &World, region: Region) -> Windows {
    let params = &world.scenario.firmware;
    let (from, to): (TimeOfDay, TimeOfDay) = (params.not_before, params.not_after);
    let mut intervals: Vec<_> = world.timeline.csp(region).iter().cloned().collect();
    if from != to && !world.scenario.campaigns.is_empty() {
        let (opens, closes) = (from.second_of_day(), to.second_of_day());
        let shut_for = (opens + DAY_SECONDS - closes) % DAY_SECONDS;
        let into_the_day = world.calendar.epoch_unix_seconds % DAY_SECONDS;
        let days = world.end.as_whole_secs() / DAY_SECONDS + 2;
        // From the day before the epoch on, which may reach into it; seconds are counted from the midnight that begins it.
        let since_epoch = |second: u64| SimTime::from_secs(second.saturating_sub(DAY_SECONDS + into_the_day));
        intervals.extend((0..=days).map(|day| {
            let shuts = day * DAY_SECONDS + closes;
            since_epoch(shuts)..since_epoch(shuts + shut_for)
        }));
    }
    Windows::union(intervals)
}
