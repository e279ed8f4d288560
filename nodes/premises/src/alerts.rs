//! Ordinary device alerts: what meters raise on a day when nothing is the matter, and what the few noisy ones do
//! every day ([`NoisyDevices`]).
//!
//! Each block of `BLOCK` premises, counted from the region's first, is one Poisson process; each of its events falls on
//! one premises of the block, and on none where that premises is not enrolled. A shard that holds a part of a
//! block follows the whole process and acts on its own part only, so where shards are cut changes nothing.

use crate::noisy::NoisyDevices;
use crate::{esme, gsme};
use secnet_accounts::Part;
use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_model::{AlertCode, DeviceId, DeviceType, PremisesId, SimDuration, SimTime};
use secnet_topology::World;
use secnet_topology::population::Population;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

/// Premises per process.
pub(crate) const BLOCK: u32 = 256;
pub(crate) const DAY_MICROS: f64 = 86_400e6;

const GAP: Stream = Stream::named("background-alert-gap");
const PREMISES: Stream = Stream::named("background-alert-premises");
const CODE: Stream = Stream::named("background-alert-code");
const NOISE: Stream = Stream::named("background-alert-noise");
const NOISY_CODE: Stream = Stream::named("noisy-device-code");
const SIZE: Stream = Stream::named("background-alert-size");

/// Alerts only a meter in prepayment mode raises.
const PREPAYMENT_ALERTS: &[&str] = &["8F0F", "810D", "810E", "8119"];

/// What does not change: the rate, the mix and the blocks.
#[derive(Clone, Debug)]
pub struct Background {
    draws: Draws,
    /// Without those of noisy devices.
    per_premises_per_day: f64,
    noisy: Option<NoisyDevices>,
    /// None is raised at or after it.
    horizon: SimTime,
    region: Range<u32>,
    shard: Range<u32>,
    /// By whether the premises has gas, and whether it is in prepayment mode.
    mixes: [[Mix; 2]; 2],
}

/// When each block of a shard next raises an alert. 16 B per block: 0.06 B per premises.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Upcoming {
    by_time: BinaryHeap<Reverse<BlockAlert>>,
}

/// A block's next event.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
struct BlockAlert {
    at: SimTime,
    /// The block's first premises.
    block: u32,
    /// Counts the block's events from 0.
    event: u32,
}

/// Which alert, from which device, at which weight.
#[derive(Clone, Debug, Default)]
struct Mix {
    choices: Vec<(AlertCode, DeviceType, u64)>,
    weight: u64,
}

impl Background {
    /// That of the premises `first..end`, which lie in one region.
    pub fn of_shard(world: &World, first: PremisesId, end: PremisesId) -> Background {
        let (params, population) = (&world.scenario.premises, &world.population);
        let all_per_day = params.alerts_per_premises_per_day;
        let region = population.region_of(first);
        let range = population.region_range(region);
        let (number, premises) = (region.index() as u64, range.end - range.start);
        let noisy = NoisyDevices::new(world.draws, &params.alerts_tail, all_per_day, number, premises);
        let per_premises_per_day = match noisy {
            Some(_) => all_per_day * (1.0 - params.alerts_tail.alert_share),
            None => all_per_day,
        };
        let mixes = [false, true].map(|gas| [false, true].map(|prepayment| Mix::of(gas, prepayment)));
        Background {
            draws: world.draws,
            per_premises_per_day,
            noisy,
            horizon: world.horizon,
            region: range,
            shard: first.0..end.0,
            mixes,
        }
    }

    /// The first event of each block that reaches into the shard.
    pub fn begin(&self) -> Upcoming {
        let first = |block| self.event(block, 0, SimTime::ZERO).map(Reverse);
        Upcoming {
            by_time: self.blocks().filter_map(first).collect(),
        }
    }

    /// The first premises of each block that reaches into the shard.
    pub fn blocks(&self) -> impl Iterator<Item = u32> + Clone + use<> {
        let into_block = self.shard.start.saturating_sub(self.region.start) % BLOCK;
        (self.shard.start - into_block..self.shard.end).step_by(BLOCK as usize)
    }

    /// The device and the alert of the earliest event, if the event falls on this shard's part of the block and on an
    /// enrolled premises. The block's next event takes its place.
    pub fn take_next(
        &self,
        upcoming: &mut Upcoming,
        population: &Population,
    ) -> Option<(DeviceId, AlertCode)> {
        let BlockAlert { at, block, event } = upcoming.by_time.peek()?.0;
        match self.event(block, event + 1, at) {
            Some(next) => {
                if let Some(mut top) = upcoming.by_time.peek_mut() {
                    top.0 = next;
                }
            }
            None => {
                upcoming.by_time.pop();
            }
        }
        let (id, n) = (u64::from(block), u64::from(event));
        let noisy = self.noisy.as_ref().and_then(|noisy| {
            let device = self.noisy_device(noisy, block, event)?;
            Some((noisy.place(device, self.block_len(block)), device))
        });
        let place = noisy.map_or_else(
            || {
                let premises = u64::from(self.block_len(block));
                self.draws.below(premises, PREMISES, id, n) as u32
            },
            |(place, _)| place,
        );
        let premises = PremisesId(block + place);
        if !self.shard.contains(&premises.0) || !population.has_device(premises, DeviceType::Esme) {
            return None;
        }
        let (gas, prepayment) = (population.has_gas(premises), population.is_prepayment(premises));
        let mix = &self.mixes[usize::from(gas)][usize::from(prepayment)];
        // A noisy device raises the same alert each time.
        let choice = match noisy {
            None => self.draws.below(mix.weight, CODE, id, n),
            Some((_, device)) => self
                .draws
                .below(mix.weight, NOISY_CODE, u64::from(premises.0), device),
        };
        let (alert, device_type) = mix.pick(choice)?;
        Some((premises.device(device_type), alert))
    }

    /// The noisy device that raises a block's `event`-th alert, if one does.
    fn noisy_device(&self, noisy: &NoisyDevices, block: u32, event: u32) -> Option<u64> {
        let devices = self.noisy_devices(noisy, block);
        let noise = noisy.per_day(devices.clone());
        let all = noise + self.per_premises_per_day * f64::from(self.block_len(block));
        let at = all * self.draws.unit(NOISE, u64::from(block), u64::from(event));
        (at < noise).then(|| noisy.pick(devices, at)).flatten()
    }

    fn noisy_devices(&self, noisy: &NoisyDevices, block: u32) -> Range<u64> {
        let first = block - self.region.start;
        noisy.among(first..first + self.block_len(block))
    }

    /// A block's `event`-th event, an exponential gap after `since`.
    fn event(&self, block: u32, event: u32, since: SimTime) -> Option<BlockAlert> {
        let mut per_day = self.per_premises_per_day * f64::from(self.block_len(block));
        if let Some(noisy) = &self.noisy {
            per_day += noisy.per_day(self.noisy_devices(noisy, block));
        }
        let per_micro = per_day / DAY_MICROS;
        if per_micro <= 0.0 {
            return None;
        }
        let gap = self.draws.exponential(GAP, u64::from(block), u64::from(event)) / per_micro;
        // One block never has two events in a microsecond.
        let at = since + SimDuration((gap as u64).saturating_add(1));
        (at < self.horizon).then_some(BlockAlert { at, block, event })
    }

    /// The region's last block may be short.
    fn block_len(&self, block: u32) -> u32 {
        BLOCK.min(self.region.end - block)
    }
}

impl Part for Upcoming {
    #[inline]
    fn next_deadline(&self, _world: &World) -> SimTime {
        self.by_time
            .peek()
            .map_or(SimTime::NEVER, |Reverse(next)| next.at)
    }

    fn memory_bytes(&self) -> usize {
        self.by_time.capacity() * size_of::<Reverse<BlockAlert>>()
    }
}

impl Mix {
    /// An alert both meters raise comes from either with equal chance.
    fn of(gas: bool, prepayment: bool) -> Mix {
        let mut mix = Mix::default();
        for alert in AlertCode::all() {
            let entry = alert.entry();
            if PREPAYMENT_ALERTS.contains(&entry.code) && !prepayment {
                continue;
            }
            let sources = [
                (DeviceType::Esme, esme::BACKGROUND_ALERTS.contains(&entry.code)),
                (
                    DeviceType::Gsme,
                    gas && gsme::BACKGROUND_ALERTS.contains(&entry.code),
                ),
            ];
            let raised_by = sources.iter().filter(|(_, raises)| *raises).count() as u64;
            for (device_type, _) in sources.into_iter().filter(|(_, raises)| *raises) {
                let weight = u64::from(entry.background_weight) * 2 / raised_by;
                if weight > 0 {
                    mix.choices.push((alert, device_type, weight));
                    mix.weight += weight;
                }
            }
        }
        mix
    }

    fn pick(&self, mut draw: u64) -> Option<(AlertCode, DeviceType)> {
        for &(alert, device_type, weight) in &self.choices {
            if draw < weight {
                return Some((alert, device_type));
            }
            draw -= weight;
        }
        None
    }
}

/// GBCS size of a device's `number`-th alert, `factor` times its ordinary one.
#[inline]
pub fn alert_bytes(draws: Draws, device: DeviceId, alert: AlertCode, number: u32, factor: f64) -> u16 {
    let entry = alert.entry();
    let range = secnet_model::catalogue::SizeRange {
        min: entry.bytes_min,
        max: entry.bytes_max,
    };
    let [device, number] = device.alert_identity(number);
    let ordinary = range.pick(draws.bits(SIZE, device, number));
    if factor == 1.0 {
        return ordinary as u16;
    }
    (f64::from(ordinary) * factor) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alert_of_the_background_mix_has_a_device_that_raises_it() {
        let mix = Mix::of(true, true);
        for alert in AlertCode::all() {
            let weight: u64 = mix.choices.iter().filter(|c| c.0 == alert).map(|c| c.2).sum();
            assert_eq!(weight, u64::from(alert.entry().background_weight) * 2, "{alert}");
        }
    }

    #[test]
    fn only_prepayment_meters_raise_credit_alerts_and_only_gas_meters_gas_alerts() {
        let codes = |mix: Mix| -> Vec<&str> { mix.choices.iter().map(|c| c.0.entry().code).collect() };
        let electricity = codes(Mix::of(false, false));
        assert!(PREPAYMENT_ALERTS.iter().all(|code| !electricity.contains(code)));
        assert!(!electricity.contains(&"8F1D"));
        assert!(codes(Mix::of(true, false)).contains(&"8F1D"));
        assert!(codes(Mix::of(false, true)).contains(&"810D"));
    }
}
