//! What happened when: counts by windows of emulated time.
//!
//! Windows are as wide as it takes for a run to have at most [`WINDOWS_MAX`]. A request or an alert counts in the window in which it came
//! up, whenever its fate is known: of what came up then, so many were answered, and so many never.

use secnet_model::{SimDuration, SimTime};
use serde::{Deserialize, Serialize};

/// Of each row of counts; two days by five minutes, six by quarters of an hour, twenty-four by hours.
pub const WINDOWS_MAX: usize = 576;

/// From the finest on; each is a multiple of the one before. The last is taken however many there are.
const WIDTHS: [SimDuration; 5] = [
    SimDuration::from_secs(300),
    SimDuration::from_secs(900),
    SimDuration::from_secs(3_600),
    SimDuration::from_secs(6 * 3_600),
    SimDuration::from_secs(24 * 3_600),
];

/// Something that is counted.
pub trait Counts: Clone + Default {
    fn add(&mut self, other: &Self);
}

/// Counts `C` by window. Budget: a `C` for each window up to the last that has any.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ByWindow<C> {
    /// Index in [`WIDTHS`].
    width: u8,
    cells: Vec<C>,
    /// When the window last counted in begins: most of what comes is in the same, and to divide takes longer than to compare.
    #[serde(skip)]
    last_us: u64,
    /// Its number; beyond all where there is none.
    #[serde(skip, default = "no_window")]
    last: usize,
}

const fn no_window() -> usize {
    usize::MAX
}

impl<C: PartialEq> PartialEq for ByWindow<C> {
    /// By what was counted, not by where last.
    fn eq(&self, other: &ByWindow<C>) -> bool {
        (self.width, &self.cells) == (other.width, &other.cells)
    }
}

impl<C> Default for ByWindow<C> {
    fn default() -> Self {
        ByWindow {
            width: 0,
            cells: Vec::new(),
            last_us: 0,
            last: no_window(),
        }
    }
}

/// How wide the windows of a run are that lasts so long.
pub fn width_for(lasts: SimDuration) -> SimDuration {
    WIDTHS[width_index(lasts.0.saturating_sub(1))]
}

/// The finest with which that moment is in one of the first [`WINDOWS_MAX`] windows.
fn width_index(micros: u64) -> usize {
    let fits = |width: &SimDuration| micros / width.0 < WINDOWS_MAX as u64;
    WIDTHS.iter().position(fits).unwrap_or(WIDTHS.len() - 1)
}

impl<C: Counts> ByWindow<C> {
    #[inline]
    pub fn at(&mut self, time: SimTime) -> &mut C {
        let is_same = time.0.wrapping_sub(self.last_us) < self.width().0 && self.last < self.cells.len();
        if is_same {
            return &mut self.cells[self.last];
        }
        self.found(time)
    }

    fn found(&mut self, time: SimTime) -> &mut C {
        let width = self.width().0;
        let index = (time.0 / width) as usize;
        if index >= self.cells.len() {
            return self.grown_to(time);
        }
        (self.last, self.last_us) = (index, index as u64 * width);
        &mut self.cells[index]
    }

    #[cold]
    fn grown_to(&mut self, time: SimTime) -> &mut C {
        self.widen(width_index(time.0));
        let index = (time.0 / self.width().0) as usize;
        if self.cells.len() <= index {
            self.cells.resize_with(index + 1, C::default);
        }
        &mut self.cells[index]
    }

    /// Makes of several windows one, if they are finer than that.
    fn widen(&mut self, width: usize) {
        let (own, wanted) = (usize::from(self.width), WIDTHS[width]);
        if own >= width {
            return;
        }
        let together = (wanted.0 / WIDTHS[own].0) as usize;
        let sum_of = |cells: &[C]| {
            let mut sum = C::default();
            cells.iter().for_each(|cell| sum.add(cell));
            sum
        };
        self.cells = self.cells.chunks(together).map(sum_of).collect();
        self.last = no_window();
        self.width = width as u8;
    }

    pub fn add(&mut self, other: &ByWindow<C>) {
        self.widen(other.width.into());
        let together = (self.width().0 / other.width().0) as usize;
        let windows = other.cells.len().div_ceil(together);
        if self.cells.len() < windows {
            self.cells.resize_with(windows, C::default);
        }
        for (index, cell) in other.cells.iter().enumerate() {
            self.cells[index / together].add(cell);
        }
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut C> {
        self.cells.iter_mut()
    }

    fn width(&self) -> SimDuration {
        WIDTHS[usize::from(self.width)]
    }

    /// By windows of that width, which is none finer: when each begins, and what is counted in it.
    pub fn by(&self, width: SimDuration) -> Vec<(SimTime, C)> {
        let index = WIDTHS.iter().position(|of| *of == width);
        let mut wide = self.clone();
        wide.widen(index.unwrap_or(0));
        let width = wide.width();
        let begins = (0..).map(|window| SimTime(window * width.0));
        begins.zip(wide.cells).collect()
    }
}

/// What became of the service requests that came up in a window. `opened` is the sum of the five below it, and of those that had no answer
/// when the run ended and were not due yet.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ServiceCounts {
    pub opened: u32,
    pub completed: u32,
    pub device_errors: u32,
    /// No response was owed: refused, mistaken, or deleted at its User's wish.
    pub refused: u32,
    /// Without an answer, and there will be none.
    pub failed: u32,
    /// Without an answer when emulated time ended, its target response time over.
    pub overdue: u32,
    /// Answered within the target response time.
    pub within_target: u32,
    /// Submissions, retries included.
    pub attempts: u32,
    /// Of those answered.
    pub response_times: Times,
}

impl ServiceCounts {
    /// Whose fate is known.
    pub fn ended(&self) -> u32 {
        self.completed + self.device_errors + self.refused + self.failed
    }

    /// A response was owed, and whether there was one within the target can be told.
    pub fn owed_a_response(&self) -> u32 {
        self.completed + self.device_errors + self.failed + self.overdue
    }
}

impl Counts for ServiceCounts {
    fn add(&mut self, other: &ServiceCounts) {
        self.opened += other.opened;
        self.completed += other.completed;
        self.device_errors += other.device_errors;
        self.refused += other.refused;
        self.failed += other.failed;
        self.overdue += other.overdue;
        self.within_target += other.within_target;
        self.attempts += other.attempts;
        self.response_times.add(&other.response_times);
    }
}

/// What became of the device alerts that were raised in a window, where they arrived.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct AlertCounts {
    pub delivered: u32,
    pub within_target: u32,
    /// Alerts that consolidated ones speak for besides themselves (SECMP0062).
    pub spoken_for: u32,
    /// Of those delivered.
    pub delivery_times: Times,
}

impl Counts for AlertCounts {
    fn add(&mut self, other: &AlertCounts) {
        self.delivered += other.delivered;
        self.within_target += other.within_target;
        self.spoken_for += other.spoken_for;
        self.delivery_times.add(&other.delivery_times);
    }
}

impl Counts for u32 {
    fn add(&mut self, other: &u32) {
        *self += other;
    }
}

/// Durations in buckets of at most 1/16 of their value, for the many small counts that windows have: only buckets that have any take
/// memory, 8 B each.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Times {
    /// By number, ascending; how many are in it.
    buckets: Vec<(u16, u32)>,
}

/// Buckets by doubling, as a power of two.
const BITS: u32 = 4;

impl Times {
    #[inline]
    pub fn record(&mut self, duration: SimDuration) {
        *self.count(bucket(duration.0)) += 1;
    }

    #[inline]
    fn count(&mut self, bucket: u16) -> &mut u32 {
        let place = match self.buckets.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
            Ok(place) => place,
            Err(place) => {
                self.buckets.insert(place, (bucket, 0));
                place
            }
        };
        &mut self.buckets[place].1
    }

    pub fn add(&mut self, other: &Times) {
        if self.buckets.is_empty() {
            self.buckets.clone_from(&other.buckets);
            return;
        }
        for (bucket, count) in &other.buckets {
            *self.count(*bucket) += count;
        }
    }

    pub fn recorded(&self) -> u64 {
        self.buckets.iter().map(|(_, count)| u64::from(*count)).sum()
    }

    /// The upper end of the bucket the quantile falls into; `None` where there are no durations.
    pub fn quantile(&self, quantile: f64) -> Option<SimDuration> {
        let all = self.recorded();
        let rank = ((quantile * all as f64).ceil() as u64).clamp(1, all.max(1));
        let mut below = 0;
        let mut buckets = self.buckets.iter();
        let (bucket, _) = buckets.find(|(_, count)| {
            below += u64::from(*count);
            below >= rank
        })?;
        Some(SimDuration(upper_end(*bucket)))
    }
}

#[inline]
fn bucket(micros: u64) -> u16 {
    let doublings = (63 - (micros | 1).leading_zeros()).saturating_sub(BITS);
    ((u64::from(doublings) << BITS) + (micros >> doublings)) as u16
}

/// The longest duration in it, in microseconds.
fn upper_end(bucket: u16) -> u64 {
    let bucket = u64::from(bucket);
    let doublings = (bucket >> BITS).saturating_sub(1);
    let leading = bucket - (doublings << BITS);
    let next = (u128::from(leading) + 1) << doublings;
    u64::try_from(next - 1).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600;

    fn s(seconds: u64) -> SimTime {
        SimTime::from_secs(seconds)
    }

    #[test]
    fn a_row_is_as_wide_as_its_last_moment_asks_for() {
        let widths_h = |hours: u64| width_for(SimDuration::from_secs(hours * HOUR)).0 / 60_000_000;
        assert_eq!(
            [1, 48, 49, 144, 145, 576, 577, 3_456, 8_760].map(widths_h),
            [5, 5, 15, 15, 60, 60, 360, 360, 1_440]
        );
        let mut row = ByWindow::<u32>::default();
        for at in [0, 299, 300, 48 * HOUR - 1] {
            *row.at(s(at)) += 1;
        }
        let counted = |row: &ByWindow<u32>, width: u64| -> Vec<(u64, u32)> {
            let cells = row.by(SimDuration::from_secs(width)).into_iter();
            let some = cells.filter(|(_, count)| *count > 0);
            some.map(|(at, count)| (at.0 / 1_000_000, count)).collect()
        };
        assert_eq!(counted(&row, 300), [(0, 2), (300, 1), (48 * HOUR - 300, 1)]);
        *row.at(s(48 * HOUR)) += 1;
        let wide = [(0, 3), (48 * HOUR - 900, 1), (48 * HOUR, 1)];
        assert_eq!(counted(&row, 900), wide);
        assert_eq!(counted(&row, HOUR), [(0, 3), (47 * HOUR, 1), (48 * HOUR, 1)]);
    }

    #[test]
    fn rows_of_any_widths_add_up_alike_in_any_order() {
        let row = |times: &[u64]| {
            let mut row = ByWindow::<u32>::default();
            times.iter().for_each(|at| *row.at(s(*at)) += 1);
            row
        };
        let parts = [
            row(&[1, 700, 4_000]),
            row(&[]),
            row(&[400 * 24 * HOUR]),
            row(&[60 * HOUR, 4_001]),
        ];
        let (mut forward, mut backward) = (ByWindow::default(), ByWindow::default());
        parts.iter().for_each(|part| forward.add(part));
        parts.iter().rev().for_each(|part| backward.add(part));
        let at_once = row(&[1, 700, 4_000, 400 * 24 * HOUR, 60 * HOUR, 4_001]);
        assert_eq!((&forward, &backward), (&at_once, &at_once));
    }

    #[test]
    fn every_bucket_has_its_own_durations_and_is_narrow() {
        let mut next = 0;
        for number in 0..=bucket(u64::MAX) {
            let end = upper_end(number);
            assert_eq!((bucket(next), bucket(end)), (number, number));
            assert!(end - next <= end >> BITS, "{number}: {next} to {end}");
            next = end.wrapping_add(1);
        }
        assert_eq!(next, 0, "the last ends with the longest there can be");
    }

    #[test]
    fn quantiles_are_never_below_the_exact_ones_nor_far_above() {
        let micros: Vec<u64> = (1..=1_000_u64).map(|i| i * i * 37).collect();
        let mut times = [Times::default(), Times::default(), Times::default()];
        for (number, micros) in micros.iter().rev().enumerate() {
            times[number % 3].record(SimDuration(*micros));
        }
        let mut sum = Times::default();
        times.iter().for_each(|part| sum.add(part));
        assert_eq!((sum.recorded(), Times::default().quantile(0.5)), (1_000, None));
        for (quantile, exact) in [
            (0.0, micros[0]),
            (0.5, micros[499]),
            (0.99, micros[989]),
            (1.0, micros[999]),
        ] {
            let told = sum.quantile(quantile).unwrap().0;
            assert!(
                told >= exact && told - exact <= exact / 15,
                "{quantile}: {told}, {exact}"
            );
        }
        sum.add(&Times::default());
        assert_eq!(sum.recorded(), 1_000);
    }
}
