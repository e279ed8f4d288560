//! From an event of the scenario to its faults.

use super::power_cuts::{AreaRange, Fault};
use crate::events::EventParams;
use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_model::{SimDuration, SimTime};

const GAP: Stream = Stream::named("power-fault-gap");
const KIND_OF_SIZE: Stream = Stream::named("power-fault-kind-of-size");
const SIZE: Stream = Stream::named("power-fault-size");
const PLACE: Stream = Stream::named("power-fault-place");
const BEGINS: Stream = Stream::named("power-fault-begins");
const OFF_FOR: Stream = Stream::named("power-fault-off-for");

pub(crate) const YEAR_MICROS: f64 = 365.25 * 86_400e6;

/// Low voltage faults of a home or a street, and a few of the high voltage network.
pub(crate) const DEFAULT_SIZES: &[(f64, f64)] = &[(1.0, 0.3), (30.0, 0.64), (600.0, 0.06)];

/// One for each range of neighbours selected.
pub(super) fn of_cut(event: &EventParams, place: usize, ranges: &[AreaRange], faults: &mut Vec<Fault>) {
    let during = event.during();
    faults.extend(ranges.iter().map(|range| Fault {
        first: range.premises.start,
        end: range.premises.end,
        begins: during.start,
        ends: during.end,
        event: place as u32,
        area: range.area,
    }));
}

pub(super) fn at_random(
    event: &EventParams,
    place: usize,
    ranges: &[AreaRange],
    draws: Draws,
    faults: &mut Vec<Fault>,
) {
    let generator = Generator { event, place, draws };
    match event.per_million_premises_per_year {
        Some(rate) => generator.by_rate(rate, ranges, faults),
        None => generator.by_share(event.share.unwrap_or(1.0), ranges, faults),
    }
}

/// How many premises a fault of the event takes off on average.
pub(crate) fn mean_size(event: &EventParams) -> f64 {
    let sizes = sizes(event);
    let (sum, weights) = sizes.iter().fold((0.0, 0.0), |(sum, weights), (mean, weight)| {
        (sum + mean * weight, weights + weight)
    });
    sum / weights
}

fn sizes(event: &EventParams) -> &[(f64, f64)] {
    match event.fault_sizes.is_empty() {
        true => DEFAULT_SIZES,
        false => &event.fault_sizes,
    }
}

struct Generator<'a> {
    event: &'a EventParams,
    place: usize,
    draws: Draws,
}

impl Generator<'_> {
    /// Blocks and gaps in turn along the premises selected: none is struck twice.
    fn by_share(&self, share: f64, ranges: &[AreaRange], faults: &mut Vec<Fault>) {
        if share <= 0.0 {
            return;
        }
        let mean_gap = mean_size(self.event) * (1.0 - share) / share;
        let mut number = 0;
        for range in ranges {
            let (start, range_end) = (range.premises.start, u64::from(range.premises.end));
            let mut first = u64::from(start);
            loop {
                let gap = geometric(mean_gap, self.draws.exponential(GAP, self.id(), number));
                first = first.saturating_add(gap);
                if first >= range_end {
                    break;
                }
                let end = first.saturating_add(self.size(number)).min(range_end);
                faults.push(self.fault(range, (first, end), self.begins(number), number));
                (first, number) = (end, number + 1);
            }
        }
    }

    /// A Poisson process in time; each fault anywhere in what is selected.
    fn by_rate(&self, per_million_per_year: f64, ranges: &[AreaRange], faults: &mut Vec<Fault>) {
        let lens = ranges.iter().map(|range| range.premises.len() as u64);
        let premises: u64 = lens.sum();
        let per_micro = per_million_per_year * premises as f64 / 1e6 / YEAR_MICROS;
        if per_micro <= 0.0 {
            return;
        }
        let window = self.event.during();
        let mut at = window.start;
        for number in 0.. {
            let gap = self.draws.exponential(BEGINS, self.id(), number) / per_micro;
            at += SimDuration((gap as u64).saturating_add(1));
            if at >= window.end {
                return;
            }
            let mut place = self.draws.below(premises, PLACE, self.id(), number);
            for range in ranges {
                let len = range.premises.len() as u64;
                if place < len {
                    let first = u64::from(range.premises.start) + place;
                    let end = first
                        .saturating_add(self.size(number))
                        .min(u64::from(range.premises.end));
                    faults.push(self.fault(range, (first, end), at, number));
                    break;
                }
                place -= len;
            }
        }
    }

    fn fault(&self, range: &AreaRange, (first, end): (u64, u64), begins: SimTime, number: u64) -> Fault {
        Fault {
            first: first as u32,
            end: end as u32,
            begins,
            ends: begins + self.off_for(number),
            event: self.place as u32,
            area: range.area,
        }
    }

    fn begins(&self, number: u64) -> SimTime {
        let window = self.event.during();
        let len = window.end.since(window.start).0;
        window.start + SimDuration(self.draws.below(len, BEGINS, self.id(), number))
    }

    fn size(&self, number: u64) -> u64 {
        let sizes = sizes(self.event);
        let all: f64 = sizes.iter().map(|(_, weight)| weight).sum();
        let mut at = all * self.draws.unit(KIND_OF_SIZE, self.id(), number);
        let mut mean = 1.0;
        for (of_kind, weight) in sizes {
            mean = *of_kind;
            if at < *weight {
                break;
            }
            at -= weight;
        }
        geometric(mean - 1.0, self.draws.exponential(SIZE, self.id(), number)).saturating_add(1)
    }

    fn off_for(&self, number: u64) -> SimDuration {
        let unit = self.draws.unit(OFF_FOR, self.id(), number);
        if let Some(curve) = self.event.restoration {
            return curve.off_for(1.0 - unit);
        }
        let least = self.event.off_at_least.map_or(SimDuration::ZERO, Into::into);
        let mean = self.event.off_mean.map_or(least, SimDuration::from);
        let tail = mean.0.saturating_sub(least.0) as f64;
        // The share of the tail that lies before its end.
        let before = self.event.off_at_most.filter(|_| tail > 0.0).map_or(1.0, |most| {
            let most = SimDuration::from(most).0.saturating_sub(least.0) as f64;
            1.0 - libm::exp(-most / tail)
        });
        least + SimDuration((-libm::log(1.0 - unit * before) * tail) as u64)
    }

    fn id(&self) -> u64 {
        self.place as u64
    }
}

/// Geometric from 0 on with that mean, of an exponential draw.
fn geometric(mean: f64, exponential: f64) -> u64 {
    match mean > 0.0 {
        true => (exponential / libm::log1p(1.0 / mean)) as u64,
        false => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_geometric_number_has_its_mean() {
        let draws = Draws::new(5);
        for mean in [0.0, 0.2, 1.0, 29.0, 599.0] {
            let n = 200_000;
            let sum: u64 = (0..n)
                .map(|i| geometric(mean, draws.exponential(GAP, 1, i)))
                .sum();
            let measured = sum as f64 / n as f64;
            assert!((measured - mean).abs() <= 0.01 * mean, "{measured} of {mean}");
        }
    }
}
