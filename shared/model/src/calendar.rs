//! Emulated time against the clock on the wall of Great Britain's control rooms (UTC, as DUIS has it).

use crate::SimTime;
use serde::{Deserialize, Serialize};

/// Where the scenario's epoch lies, so that emulated times have a time of day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Calendar {
    /// The epoch, in seconds since 1970-01-01T00:00:00Z.
    pub epoch_unix_seconds: u64,
}

const DAY_SECONDS: u64 = 86_400;

impl Calendar {
    /// Seconds since the last midnight (UTC).
    pub const fn second_of_day(self, time: SimTime) -> u64 {
        (self.epoch_unix_seconds + time.as_whole_secs()) % DAY_SECONDS
    }

    /// The first midnight (UTC) at or after `time`.
    pub const fn next_midnight(self, time: SimTime) -> SimTime {
        let offset_micros = (self.epoch_unix_seconds % DAY_SECONDS) * 1_000_000;
        let day_micros = DAY_SECONDS * 1_000_000;
        let since_midnight = (offset_micros + time.0) % day_micros;
        if since_midnight == 0 {
            time
        } else {
            SimTime(time.0 + day_micros - since_midnight)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn midnight_is_found_from_an_epoch_in_the_evening() {
        let calendar = Calendar {
            epoch_unix_seconds: 22 * 3_600,
        };
        assert_eq!(
            calendar.next_midnight(SimTime::ZERO),
            SimTime::from_secs(2 * 3_600)
        );
        assert_eq!(calendar.second_of_day(SimTime::from_secs(2 * 3_600)), 0);
        let midnight = SimTime::from_secs(2 * 3_600);
        assert_eq!(calendar.next_midnight(midnight), midnight);
    }
}
