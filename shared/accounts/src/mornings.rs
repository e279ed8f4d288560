//! The morning a reading is for: a day's readings are wanted by its early hours, and not only some time within the day their target
//! response time allows.

use secnet_model::{SimDuration, SimTime};
use secnet_topology::World;
use serde::{Deserialize, Serialize};

/// How many hours of the morning readings are held against.
pub const HOURS: usize = 2;

/// Those hours, by the clocks. By 09:00 customers are shown the day before (domain.md §14); that settlement is to have it by 06:00
/// is assumed.
pub const READ_BY: [u8; HOURS] = [6, 9];

const HALF_A_DAY: SimDuration = SimDuration::from_secs(12 * 3_600);

/// Some of the hours of [`READ_BY`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct MorningHours {
    is_in: [bool; HOURS],
}

impl MorningHours {
    /// The hours a reading that starts at `started_at` is held against: those of its morning that come before the run ends. From noon
    /// on, readings are for the next morning.
    #[inline]
    pub fn due(world: &World, started_at: SimTime) -> MorningHours {
        MorningHours {
            is_in: wanted_by(world, started_at).map(|by| by <= world.end),
        }
    }

    /// Those of them by which a reading that arrives at `at` has been had.
    #[inline]
    pub fn met(world: &World, started_at: SimTime, at: SimTime) -> MorningHours {
        MorningHours {
            is_in: wanted_by(world, started_at).map(|by| at < by && by <= world.end),
        }
    }

    #[inline]
    pub(crate) fn count_into(self, counts: &mut [u64; HOURS]) {
        for (count, is_in) in counts.iter_mut().zip(self.is_in) {
            *count += u64::from(is_in);
        }
    }
}

/// In the night in which the clocks change, by those of the noon after.
#[inline]
fn wanted_by(world: &World, started_at: SimTime) -> [SimTime; HOURS] {
    let in_half_a_day = started_at + HALF_A_DAY;
    let since_noon = world.local_time.micros_of_day(in_half_a_day);
    READ_BY.map(|hour| {
        let by = in_half_a_day + SimDuration::from_secs(u64::from(hour) * 3_600);
        SimTime(by.as_micros().saturating_sub(since_noon))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use secnet_topology::parse;

    const H: u64 = 3_600;

    fn world(epoch: &str) -> World {
        let scenario = format!(
            "name = \"mornings\"\nepoch = \"{epoch}\"\nhorizon = \"30h\"\ndrain = \"0s\"\npopulation = {{ premises = 10 }}\n[[suppliers]]\nname = \"A\"\nshare = 1.0\n"
        );
        World::new(parse("test", &scenario, &[]).unwrap()).unwrap()
    }

    fn hours(hours: [bool; 2]) -> MorningHours {
        MorningHours { is_in: hours }
    }

    #[test]
    fn a_reading_is_for_the_morning_between_its_two_noons_by_the_clocks() {
        let winter = world("2026-01-10T00:00:00Z");
        let at = |hour: f64| SimTime::from_secs((hour * H as f64) as u64);
        for (started, arrived, met) in [
            (0.0, 5.99, [true, true]),
            (0.0, 6.0, [false, true]),
            (5.0, 8.99, [false, true]),
            (5.0, 9.0, [false, false]),
            (11.9, 11.95, [false, false]),
            // For the morning of the next day, whose 06:00 is when the run ends and whose 09:00 it does not see.
            (12.0, 12.1, [true, false]),
            (23.0, 29.9, [true, false]),
        ] {
            assert_eq!(
                MorningHours::met(&winter, at(started), at(arrived)),
                hours(met),
                "{started} to {arrived}"
            );
        }
        assert_eq!(MorningHours::due(&winter, at(11.9)), hours([true, true]));
        assert_eq!(MorningHours::due(&winter, at(12.0)), hours([true, false]));
        let (never, nothing) = (SimTime::NEVER, hours([false, false]));
        assert_eq!(
            MorningHours::met(&winter, never, at(0.0)),
            nothing,
            "whatever the bus says"
        );
        let summer = world("2026-07-10T00:00:00Z");
        assert_eq!(MorningHours::met(&summer, at(0.0), at(4.99)), hours([true, true]));
        assert_eq!(MorningHours::met(&summer, at(0.0), at(5.0)), hours([false, true]));
    }
}
