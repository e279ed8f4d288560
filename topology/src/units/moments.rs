//! Dates and times of day, all UTC.

use super::written_as_text;
use core::fmt;
use core::str::FromStr;

/// A time of day (UTC): `00:30`, `23:59:30`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct TimeOfDay {
    second: u32,
}

/// A UTC date and time, to the second: `2026-04-01T00:00:00Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct DateTime {
    unix_seconds: u64,
}

/// A date (UTC), which begins at midnight: `2021-06-30`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Date {
    days_since_1970: u32,
}

impl TimeOfDay {
    /// `None` from midnight to midnight on.
    pub const fn from_second_of_day(second: u32) -> Option<TimeOfDay> {
        if second < 86_400 {
            Some(TimeOfDay { second })
        } else {
            None
        }
    }

    /// The beginning of this hour of the day, modulo 24.
    pub const fn from_hour(hour: u32) -> TimeOfDay {
        TimeOfDay {
            second: hour % 24 * 3_600,
        }
    }

    pub const fn second_of_day(self) -> u64 {
        self.second as u64
    }
}

impl DateTime {
    pub const fn from_unix_seconds(unix_seconds: u64) -> DateTime {
        DateTime { unix_seconds }
    }

    pub const fn unix_seconds(self) -> u64 {
        self.unix_seconds
    }

    /// The first midnight of the next calendar month; `None` after the year 9999.
    pub fn next_month(self) -> Option<DateTime> {
        let days = jiff::Span::new().days(self.date().days_since_1970);
        let first = UNIX_EPOCH.checked_add(days).ok()?.first_of_month();
        let next = first.checked_add(jiff::Span::new().months(1)).ok()?;
        let date = Date::new(next.year(), next.month(), next.day())?;
        Some(DateTime::from_unix_seconds(date.unix_seconds()))
    }

    pub const fn date(self) -> Date {
        Date {
            days_since_1970: (self.unix_seconds / 86_400) as u32,
        }
    }
}

impl Date {
    /// `None` before 1970, after 9999, and where the month has no such day.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Date> {
        let date = jiff::civil::Date::new(year, month, day).ok()?;
        let since_1970 = date.since(UNIX_EPOCH).ok()?;
        let days_since_1970 = u32::try_from(since_1970.get_days()).ok()?;
        Some(Date { days_since_1970 })
    }

    /// Of its first second.
    pub const fn unix_seconds(self) -> u64 {
        self.days_since_1970 as u64 * 86_400
    }

    /// The next day.
    pub const fn tomorrow(self) -> Date {
        Date {
            days_since_1970: self.days_since_1970 + 1,
        }
    }
}

const UNIX_EPOCH: jiff::civil::Date = jiff::civil::date(1970, 1, 1);

impl FromStr for TimeOfDay {
    type Err = String;
    fn from_str(text: &str) -> Result<TimeOfDay, String> {
        let wrong = || {
            format!(
                "`{text}` is not a time of day: write hours and minutes, as in \"00:30\", from 00:00 to 23:59"
            )
        };
        let mut parts = [0u32; 3];
        let fields: Vec<&str> = text.trim().split(':').collect();
        if !(2..=3).contains(&fields.len()) {
            return Err(wrong());
        }
        for (part, field) in parts.iter_mut().zip(&fields) {
            let two_digits = field.len() == 2 && field.bytes().all(|b| b.is_ascii_digit());
            *part = field.parse().ok().filter(|_| two_digits).ok_or_else(wrong)?;
        }
        let [hour, minute, second] = parts;
        if hour > 23 || minute > 59 || second > 59 {
            return Err(wrong());
        }
        Ok(TimeOfDay {
            second: hour * 3_600 + minute * 60 + second,
        })
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.second / 3_600, self.second / 60 % 60)?;
        if !self.second.is_multiple_of(60) {
            write!(f, ":{:02}", self.second % 60)?;
        }
        Ok(())
    }
}

impl FromStr for DateTime {
    type Err = String;
    fn from_str(text: &str) -> Result<DateTime, String> {
        let wrong = || {
            format!(
                "`{text}` is not a UTC date and time to the second, from 1970 on, as in \"2026-04-01T00:00:00Z\""
            )
        };
        let timestamp: jiff::Timestamp = text.trim().parse().map_err(|_| wrong())?;
        let seconds = u64::try_from(timestamp.as_second()).map_err(|_| wrong())?;
        if timestamp.subsec_nanosecond() != 0 {
            return Err(wrong());
        }
        Ok(DateTime {
            unix_seconds: seconds,
        })
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = i64::try_from(self.unix_seconds).unwrap_or(i64::MAX);
        match jiff::Timestamp::from_second(seconds) {
            Ok(timestamp) => write!(f, "{timestamp}"),
            Err(_) => write!(f, "{}", jiff::Timestamp::MAX),
        }
    }
}

impl FromStr for Date {
    type Err = String;
    fn from_str(text: &str) -> Result<Date, String> {
        let wrong = || format!("`{text}` is not a date from 1970 on, as in \"2021-06-30\"");
        let date: jiff::civil::Date = text.trim().parse().map_err(|_| wrong())?;
        let written = Date::new(date.year(), date.month(), date.day()).ok_or_else(wrong)?;
        // A date and time would be read too, without its time.
        if written.to_string() == text.trim() {
            Ok(written)
        } else {
            Err(wrong())
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since_1970 = jiff::Span::new().days(self.days_since_1970);
        match UNIX_EPOCH.checked_add(since_1970) {
            Ok(date) => write!(f, "{date}"),
            Err(_) => write!(f, "{}", jiff::civil::Date::MAX),
        }
    }
}

pub(super) const TIME_OF_DAY_FORMAT: &str = "a UTC time of day such as \"00:30\"";
pub(super) const DATE_FORMAT: &str = "a date such as \"2021-06-30\"";
pub(super) const DATE_TIME_FORMAT: &str = "a UTC date and time such as \"2026-04-01T00:00:00Z\"";

written_as_text!(
    TimeOfDay,
    TIME_OF_DAY_FORMAT,
    r"^[0-2][0-9]:[0-5][0-9](:[0-5][0-9])?$"
);
written_as_text!(Date, DATE_FORMAT, r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$");
written_as_text!(DateTime, DATE_TIME_FORMAT, r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T.*Z$");
