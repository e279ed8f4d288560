//! The moment at which future-dated requests are executed, all at once.

use super::{DateTime, TimeOfDay, written_as_text};
use core::fmt;
use core::str::FromStr;
use secnet_model::{Calendar, SimTime};

/// A date and time (UTC), or a time of day (UTC) that comes after the request: `2026-04-01T00:00:00Z`, `00:00`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExecuteAt {
    DateTime(DateTime),
    TimeOfDay(TimeOfDay),
}

impl ExecuteAt {
    /// When a request sent at `now` is executed. A date before the epoch is the epoch.
    pub fn of_request(self, calendar: Calendar, now: SimTime) -> SimTime {
        match self {
            ExecuteAt::DateTime(at) => {
                SimTime::from_secs(at.unix_seconds().saturating_sub(calendar.epoch_unix_seconds))
            }
            ExecuteAt::TimeOfDay(at) => {
                let since_midnight = calendar.second_of_day(now);
                let whole = SimTime::from_secs(now.as_whole_secs());
                let wait = (at.second_of_day() + 86_400 - since_midnight) % 86_400;
                let next = SimTime::from_secs(whole.as_whole_secs() + wait);
                if next > now {
                    next
                } else {
                    SimTime::from_secs(next.as_whole_secs() + 86_400)
                }
            }
        }
    }
}

impl FromStr for ExecuteAt {
    type Err = String;

    fn from_str(text: &str) -> Result<ExecuteAt, String> {
        let read = match text.contains('-') {
            true => text.parse().map(ExecuteAt::DateTime),
            false => text.parse().map(ExecuteAt::TimeOfDay),
        };
        read.map_err(|_: String| {
            format!(
                "`{text}` is neither a UTC time of day, as in \"00:00\", nor a UTC date and time, as in \"2026-04-01T00:00:00Z\""
            )
        })
    }
}

impl fmt::Display for ExecuteAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExecuteAt::DateTime(at) => at.fmt(f),
            ExecuteAt::TimeOfDay(at) => at.fmt(f),
        }
    }
}

pub(crate) const EXECUTE_AT_FORMAT: &str =
    "a UTC time of day such as \"00:00\", or date and time such as \"2026-04-01T00:00:00Z\"";

written_as_text!(
    ExecuteAt,
    EXECUTE_AT_FORMAT,
    r"^([0-2][0-9]:[0-5][0-9](:[0-5][0-9])?|[0-9]{4}-[0-9]{2}-[0-9]{2}T.*Z)$"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_the_next_one_and_a_date_is_that_date() {
        let evening = Calendar {
            epoch_unix_seconds: 86_400 * 365 + 18 * 3_600,
        };
        let of_request = |text: &str, now_s: u64| {
            let at: ExecuteAt = text.parse().unwrap();
            assert_eq!(at.to_string(), text);
            at.of_request(evening, SimTime::from_secs(now_s)).as_whole_secs()
        };
        let hour = 3_600;
        assert_eq!(of_request("00:00", 0), 6 * hour);
        assert_eq!(of_request("00:00", 6 * hour - 1), 6 * hour);
        assert_eq!(of_request("00:00", 6 * hour), 30 * hour);
        assert_eq!(of_request("18:00", 0), 24 * hour);
        assert_eq!(of_request("1971-01-02T06:00:00Z", 0), 12 * hour);
        assert_eq!(of_request("1970-01-02T06:00:00Z", 0), 0);
        for wrong in ["tomorrow", "24:00", "2026-04-01"] {
            assert!(wrong.parse::<ExecuteAt>().is_err(), "{wrong}");
        }
    }
}
