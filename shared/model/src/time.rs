//! Emulated time: microseconds since the scenario's epoch.

use core::fmt;
use core::ops::{Add, AddAssign, Sub};
use serde::{Deserialize, Serialize};

/// A moment of emulated time, in microseconds since the scenario's epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct SimTime(pub u64);

/// A length of emulated time, in microseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct SimDuration(pub u64);

impl SimTime {
    /// When the scenario begins: its epoch.
    pub const ZERO: SimTime = SimTime(0);
    /// Later than anything that happens: "never", "no bound".
    pub const NEVER: SimTime = SimTime(u64::MAX);

    /// So many seconds after the epoch.
    pub const fn from_secs(seconds: u64) -> SimTime {
        SimTime(seconds * 1_000_000)
    }

    /// Microseconds since the epoch.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Seconds since the epoch, with their fraction.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn as_whole_secs(self) -> u64 {
        self.0 / 1_000_000
    }

    /// Whether it is the moment that does not come.
    pub const fn is_never(self) -> bool {
        self.0 == u64::MAX
    }

    /// Time elapsed since `earlier`; zero when `earlier` is in fact later.
    pub const fn since(self, earlier: SimTime) -> SimDuration {
        SimDuration(self.0.saturating_sub(earlier.0))
    }

    /// `self - duration`, not before the epoch; "never" stays "never".
    pub const fn saturating_sub(self, duration: SimDuration) -> SimTime {
        if self.is_never() {
            self
        } else {
            SimTime(self.0.saturating_sub(duration.0))
        }
    }
}

impl SimDuration {
    /// No time at all.
    pub const ZERO: SimDuration = SimDuration(0);

    /// So many microseconds.
    pub const fn from_micros(micros: u64) -> SimDuration {
        SimDuration(micros)
    }

    /// So many milliseconds.
    pub const fn from_millis(millis: u64) -> SimDuration {
        SimDuration(millis * 1_000)
    }

    /// So many seconds.
    pub const fn from_secs(seconds: u64) -> SimDuration {
        SimDuration(seconds * 1_000_000)
    }

    /// Nearest microsecond; negative and non-finite lengths become zero.
    pub fn from_secs_f64(seconds: f64) -> SimDuration {
        SimDuration((seconds * 1e6 + 0.5) as u64)
    }

    /// In microseconds.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// In seconds, with their fraction.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

impl Add<SimDuration> for SimTime {
    type Output = SimTime;
    fn add(self, duration: SimDuration) -> SimTime {
        SimTime(self.0.saturating_add(duration.0))
    }
}

impl AddAssign<SimDuration> for SimTime {
    fn add_assign(&mut self, duration: SimDuration) {
        *self = *self + duration;
    }
}

impl Add for SimDuration {
    type Output = SimDuration;
    fn add(self, other: SimDuration) -> SimDuration {
        SimDuration(self.0.saturating_add(other.0))
    }
}

impl AddAssign for SimDuration {
    fn add_assign(&mut self, other: SimDuration) {
        *self = *self + other;
    }
}

impl Sub for SimDuration {
    type Output = SimDuration;
    fn sub(self, other: SimDuration) -> SimDuration {
        SimDuration(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for SimTime {
    /// `1d 02:03:04.567` – days are left out while there are none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_never() {
            return f.write_str("never");
        }
        let (seconds, millis) = (self.0 / 1_000_000, self.0 / 1_000 % 1_000);
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
        if days > 0 {
            write!(f, "{days}d ")?;
        }
        write!(f, "{hours:02}:{minutes:02}:{:02}.{millis:03}", seconds % 60)
    }
}

impl fmt::Debug for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t={self}")
    }
}

impl fmt::Display for SimDuration {
    /// The largest unit that keeps three significant figures: `750 ms`, `30 s`, `1.56 h`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0 as f64;
        let (value, unit) = match self.0 {
            0..1_000 => (micros, "µs"),
            1_000..1_000_000 => (micros / 1e3, "ms"),
            1_000_000..120_000_000 => (micros / 1e6, "s"),
            120_000_000..7_200_000_000 => (micros / 6e7, "min"),
            _ => (micros / 3.6e9, "h"),
        };
        let decimals = if value >= 100.0 || value.fract() == 0.0 {
            0
        } else if value >= 10.0 {
            1
        } else {
            2
        };
        write!(f, "{value:.decimals$} {unit}")
    }
}

impl fmt::Debug for SimDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_durations_read_as_a_person_would_write_them() {
        assert_eq!(SimTime(93_784_567_000).to_string(), "1d 02:03:04.567");
        assert_eq!(SimTime::from_secs(61).to_string(), "00:01:01.000");
        assert_eq!(SimTime::NEVER.to_string(), "never");
        assert_eq!(SimDuration::from_millis(750).to_string(), "750 ms");
        assert_eq!(SimDuration::from_secs(30).to_string(), "30 s");
        assert_eq!(SimDuration::from_secs(5_600).to_string(), "93.3 min");
    }

    #[test]
    fn never_absorbs_durations() {
        assert!((SimTime::NEVER + SimDuration::from_secs(1)).is_never());
        assert!(
            SimTime::NEVER
                .saturating_sub(SimDuration::from_secs(1))
                .is_never()
        );
    }
}
