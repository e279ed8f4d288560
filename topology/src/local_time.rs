//! The time people in Great Britain live by: UTC, and British Summer Time, an hour ahead, from the last Sunday of March to the last
//! of October (Summer Time Act 1972). What the SEC states, it states in UTC (domain.md §2.1); what people do follows their clocks.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use secnet_model::{Calendar, SimDuration, SimTime};

/// The rule as POSIX writes it. It changes at 01:00 UTC on both days.
const RULE: &str = "GMT0BST,M3.5.0/1,M10.5.0/2";
const DAY_MICROS: u64 = 86_400_000_000;

/// Local time during a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LocalTime {
    /// From when on, and how much of a day is over at the epoch by the clocks of then. By time; the first is from the epoch on.
    midnights: Vec<(SimTime, u64)>,
}

impl LocalTime {
    pub fn new(calendar: Calendar, end: SimTime) -> LocalTime {
        let epoch = calendar.epoch_unix_seconds;
        let at = |unix_seconds: u64| Timestamp::from_second(i64::try_from(unix_seconds).ok()?).ok();
        let of_day =
            |ahead_seconds: i32| (epoch + u64::try_from(ahead_seconds).unwrap_or(0)) % 86_400 * 1_000_000;
        let (Ok(zone), Some(begin)) = (TimeZone::posix(RULE), at(epoch)) else {
            return LocalTime {
                midnights: vec![(SimTime::ZERO, of_day(0))],
            };
        };
        let mut midnights = vec![(SimTime::ZERO, of_day(zone.to_offset(begin).seconds()))];
        for change in zone.following(begin) {
            let since_epoch = u64::try_from(change.timestamp().as_second())
                .unwrap_or(0)
                .saturating_sub(epoch);
            if since_epoch >= end.as_whole_secs() {
                break;
            }
            midnights.push((SimTime::from_secs(since_epoch), of_day(change.offset().seconds())));
        }
        LocalTime { midnights }
    }

    /// By how much the clocks are ahead of UTC.
    pub fn ahead_of_utc(&self, calendar: Calendar, at: SimTime) -> SimDuration {
        let epoch = calendar.epoch_unix_seconds % 86_400 * 1_000_000;
        let by_utc = (epoch + at.as_micros() % DAY_MICROS) % DAY_MICROS;
        SimDuration((self.micros_of_day(at) + DAY_MICROS - by_utc) % DAY_MICROS)
    }

    /// Microseconds since the last midnight by the clocks. They change on the hour, so that an hour of the day is never cut.
    #[inline]
    pub fn micros_of_day(&self, at: SimTime) -> u64 {
        let over = match &self.midnights[..] {
            [(_, only)] => *only,
            changes => {
                let next = changes.partition_point(|(from, _)| *from <= at);
                changes[next.saturating_sub(1)].1
            }
        };
        (at.as_micros() % DAY_MICROS + over) % DAY_MICROS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600;

    /// Hours of the day by the clocks, so many hours after the epoch.
    fn hours(epoch_unix_seconds: u64, end_h: u64, at_h: impl IntoIterator<Item = u64>) -> Vec<u64> {
        let local = LocalTime::new(Calendar { epoch_unix_seconds }, SimTime::from_secs(end_h * HOUR));
        let hour = |at_h: u64| local.micros_of_day(SimTime::from_secs(at_h * HOUR)) / 3_600_000_000;
        at_h.into_iter().map(hour).collect()
    }

    #[test]
    fn in_winter_it_is_utc_and_in_summer_an_hour_ahead() {
        let first_of_february_2026 = 1_769_904_000;
        assert_eq!(hours(first_of_february_2026, 24, [0, 17]), [0, 17]);
        let first_of_july_2026 = 1_782_864_000;
        assert_eq!(hours(first_of_july_2026, 24, [0, 17, 23]), [1, 18, 0]);
    }

    #[test]
    fn clocks_change_in_the_middle_of_a_run_at_one_in_the_morning_utc() {
        let evening_before_29_march_2026 = 1_774_720_800;
        assert_eq!(
            hours(evening_before_29_march_2026, 24, [0, 1, 2, 3, 4]),
            [18, 19, 20, 21, 22]
        );
        assert_eq!(hours(evening_before_29_march_2026, 24, 5..10), [23, 0, 2, 3, 4]);
        let evening_before_25_october_2026 = 1_792_864_800;
        assert_eq!(
            hours(evening_before_25_october_2026, 24, 3..10),
            [22, 23, 0, 1, 1, 2, 3]
        );
    }

    #[test]
    fn a_year_has_both_changes() {
        let new_year_2026 = 1_767_225_600;
        let noon_of = |day: u64| day * 24 + 12;
        assert_eq!(
            hours(new_year_2026, 365 * 24, [10, 150, 250, 330].map(noon_of)),
            [12, 13, 13, 12]
        );
    }
}
