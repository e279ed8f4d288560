//! What a node's servers and channels were busy with over time, and when each first turned something away.
//!
//! Time is cut into windows of [`WINDOW`] from the epoch on. Of many parts that are alike, as a region's cells, each window's sum is kept
//! and the one part that was ever busiest in a window.

use secnet_model::{Region, SimDuration, SimTime, Technology};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How fine the view is. What is busy all the time for as long has no room left; what comes in a burst of seconds does not show.
pub const WINDOW: SimDuration = SimDuration::from_secs(300);

/// What there is only so much of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Resource {
    /// The DSP's servers.
    Dsp,
    /// The servers of the S1SP's head end.
    S1sp,
    /// The cells of a CSP, towards their premises: airtime of all but firmware, as a part of the whole downlink.
    Downlink(Region),
    /// The cells of a CSP, from their premises.
    Uplink(Region),
    /// The cells of a CSP, towards their premises: the part of the downlink that firmware had.
    Firmware(Region),
    /// The cells of 4G in a region, as a CSP's.
    FourGDownlink(Region),
    FourGUplink(Region),
    FourGFirmware(Region),
}

impl Resource {
    /// Every one there may be.
    pub fn all() -> impl Iterator<Item = Resource> {
        let regions = [Region::North, Region::Central, Region::South].into_iter();
        let of_networks = Technology::ALL.into_iter().flat_map(move |technology| {
            regions.clone().flat_map(move |region| {
                [
                    Resource::downlink(region, technology),
                    Resource::uplink(region, technology),
                    Resource::firmware(region, technology),
                ]
            })
        });
        [Resource::Dsp, Resource::S1sp].into_iter().chain(of_networks)
    }

    pub const fn downlink(region: Region, technology: Technology) -> Resource {
        match technology {
            Technology::Legacy => Resource::Downlink(region),
            Technology::FourG => Resource::FourGDownlink(region),
        }
    }

    pub const fn uplink(region: Region, technology: Technology) -> Resource {
        match technology {
            Technology::Legacy => Resource::Uplink(region),
            Technology::FourG => Resource::FourGUplink(region),
        }
    }

    pub const fn firmware(region: Region, technology: Technology) -> Resource {
        match technology {
            Technology::Legacy => Resource::Firmware(region),
            Technology::FourG => Resource::FourGFirmware(region),
        }
    }
}

/// A way of turning something away for want of capacity, or to protect it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum First {
    /// A User was told that it is above its allocation (SECMP0067).
    Throttled,
    /// A request was answered Busy.
    Busy,
    /// A message found the queue full.
    QueueFull(Resource),
}

/// A node's part of it, and the whole.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Load {
    pub uses: BTreeMap<Resource, Use>,
    pub firsts: Firsts,
}

/// How long a resource was busy.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Use {
    /// All its parts together, window by window, in microseconds.
    pub busy_us: Vec<u64>,
    pub busiest: Option<Busiest>,
}

/// The part of a resource that was busiest in any window; of several the first in time, and of these that of the lowest number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Busiest {
    pub busy_us: u64,
    pub window: u32,
    pub part: u32,
}

/// When something first happened.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Firsts(BTreeMap<First, SimTime>);

impl Firsts {
    #[inline]
    pub fn note(&mut self, first: First, at: SimTime) {
        let known = self.0.entry(first).or_insert(at);
        *known = at.min(*known);
    }

    /// In the order of time.
    pub fn in_order(&self) -> Vec<(First, SimTime)> {
        let mut firsts: Vec<(First, SimTime)> = self.0.iter().map(|(first, at)| (*first, *at)).collect();
        firsts.sort_by_key(|(_, at)| *at);
        firsts
    }
}

impl Load {
    pub fn add(&mut self, other: &Load) {
        for (resource, other) in &other.uses {
            let own = self.uses.entry(*resource).or_default();
            if own.busy_us.len() < other.busy_us.len() {
                own.busy_us.resize(other.busy_us.len(), 0);
            }
            for (sum, busy) in own.busy_us.iter_mut().zip(&other.busy_us) {
                *sum += busy;
            }
            own.busiest = own
                .busiest
                .into_iter()
                .chain(other.busiest)
                .max_by_key(Busiest::rank);
        }
        for (first, at) in &other.firsts.0 {
            self.firsts.note(*first, *at);
        }
    }
}

impl Busiest {
    fn rank(&self) -> (u64, Reverse<(u32, u32)>) {
        (self.busy_us, Reverse((self.window, self.part)))
    }
}

/// Counts how long something is busy. Budget: 8 B a window.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Busy {
    windows: Vec<u64>,
    /// The window last counted in; most of what comes is in the same.
    last: u32,
}

impl Busy {
    #[inline]
    pub fn add(&mut self, from: SimTime, lasts: SimDuration) {
        let window = u64::from(self.last) * WINDOW.0;
        if from.0 >= window
            && from.0 + lasts.0 <= window + WINDOW.0
            && let Some(busy) = self.windows.get_mut(self.last as usize)
        {
            *busy += lasts.0;
            return;
        }
        self.add_across(from, lasts);
    }

    fn add_across(&mut self, from: SimTime, lasts: SimDuration) {
        by_window(from, lasts, |window, micros| {
            if self.windows.len() <= window as usize {
                self.windows.resize(window as usize + 1, 0);
            }
            self.windows[window as usize] += micros;
            self.last = window;
        });
    }

    pub fn in_all(&self) -> Use {
        Use {
            busy_us: self.windows.clone(),
            busiest: None,
        }
    }

    pub fn memory_bytes(&self) -> usize {
        self.windows.capacity() * size_of::<u64>()
    }
}

/// Counts how long each of many is busy, one after another in time. Budget: 8 B each, and 8 B a window.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct BusyParts {
    all: Busy,
    /// Each one's last window, and how long it was busy in it.
    now: Vec<(u32, u32)>,
    busiest: Option<Busiest>,
}

impl BusyParts {
    pub fn new(parts: u32) -> BusyParts {
        BusyParts {
            all: Busy::default(),
            now: vec![(0, 0); parts as usize],
            busiest: None,
        }
    }

    /// What a part does begins no earlier than what it did before.
    #[inline]
    pub fn add(&mut self, part: u32, from: SimTime, lasts: SimDuration) {
        self.all.add(from, lasts);
        let Some((window, busy)) = self.now.get_mut(part as usize) else {
            return;
        };
        let start = u64::from(*window) * WINDOW.0;
        if from.0 >= start && from.0 + lasts.0 <= start + WINDOW.0 {
            *busy += lasts.0 as u32;
            return;
        }
        self.add_across(part, from, lasts);
    }

    fn add_across(&mut self, part: u32, from: SimTime, lasts: SimDuration) {
        let (mut now, mut busiest) = (self.now[part as usize], self.busiest);
        by_window(from, lasts, |window, micros| {
            if window != now.0 {
                busiest = with(busiest, part, now);
                now = (window, 0);
            }
            now.1 += micros as u32;
        });
        (self.now[part as usize], self.busiest) = (now, busiest);
    }

    pub fn in_all(&self) -> Use {
        let parts = (0..).zip(&self.now);
        Use {
            busiest: parts.fold(self.busiest, |busiest, (part, now)| with(busiest, part, *now)),
            ..self.all.in_all()
        }
    }

    pub fn memory_bytes(&self) -> usize {
        self.all.memory_bytes() + self.now.capacity() * size_of::<(u32, u32)>()
    }
}

/// The busier of the two.
fn with(busiest: Option<Busiest>, part: u32, (window, busy_us): (u32, u32)) -> Option<Busiest> {
    let candidate = Busiest {
        busy_us: busy_us.into(),
        window,
        part,
    };
    let candidate = (busy_us > 0).then_some(candidate);
    busiest.into_iter().chain(candidate).max_by_key(Busiest::rank)
}

/// Calls `each` with the windows that a time lies in, and how much of it lies in each.
fn by_window(from: SimTime, lasts: SimDuration, mut each: impl FnMut(u32, u64)) {
    let (mut at, ends) = (from.0, from.0.saturating_add(lasts.0));
    while at < ends {
        let window = at / WINDOW.0;
        let until = ends.min((window + 1) * WINDOW.0);
        each(window as u32, until - at);
        at = until;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> SimTime {
        SimTime::from_secs(seconds)
    }

    fn lasts(seconds: u64) -> SimDuration {
        SimDuration::from_secs(seconds)
    }

    #[test]
    fn time_is_counted_in_the_windows_it_lies_in() {
        let mut busy = Busy::default();
        busy.add(s(10), lasts(20));
        busy.add(s(290), lasts(20));
        busy.add(s(900), lasts(700));
        // Out of order, as what was reserved beforehand.
        busy.add(s(5), lasts(1));
        let seconds: Vec<u64> = busy.in_all().busy_us.iter().map(|us| us / 1_000_000).collect();
        assert_eq!(seconds, [20 + 10 + 1, 10, 0, 300, 300, 100]);
    }

    #[test]
    fn of_many_the_busiest_is_told_with_its_window_the_last_ones_included() {
        let mut cells = BusyParts::new(3);
        let busiest = |cells: &BusyParts| {
            let busiest = cells.in_all().busiest;
            busiest.map(|it| (it.part, it.window, it.busy_us / 1_000_000))
        };
        assert_eq!(busiest(&cells), None);
        cells.add(1, s(0), lasts(100));
        assert_eq!(busiest(&cells), Some((1, 0, 100)));
        cells.add(2, s(250), lasts(200));
        assert_eq!(busiest(&cells), Some((2, 1, 150)));
        cells.add(0, s(900), lasts(150));
        assert_eq!(busiest(&cells), Some((2, 1, 150)), "the first of equals");
        cells.add(0, s(1_100), lasts(90));
        assert_eq!(busiest(&cells), Some((0, 3, 240)));
        let seconds: Vec<u64> = cells.in_all().busy_us.iter().map(|us| us / 1_000_000).collect();
        assert_eq!(seconds, [150, 150, 0, 240]);
    }

    #[test]
    fn a_sum_has_each_window_the_busiest_of_all_and_the_earliest_firsts() {
        let load = |at: u64, part: u32| {
            let mut cells = BusyParts::new(9);
            cells.add(part, s(at), lasts(10));
            let mut load = Load::default();
            load.uses.insert(Resource::Uplink(Region::North), cells.in_all());
            load.firsts.note(First::Busy, s(at));
            load
        };
        let (mut sum, mut back) = (load(700, 1), load(5, 4));
        sum.add(&load(5, 4));
        back.add(&load(700, 1));
        assert_eq!(sum, back);
        let of = &sum.uses[&Resource::Uplink(Region::North)];
        assert_eq!(of.busy_us, [10_000_000, 0, 10_000_000]);
        assert_eq!(of.busiest.map(|it| it.part), Some(4));
        assert_eq!(sum.firsts.in_order(), [(First::Busy, s(5))]);
    }
}
