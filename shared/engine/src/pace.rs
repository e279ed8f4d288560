//! The pace of a run: as fast as it goes, or tied to the wall clock. It decides when things happen on the wall,
//! never what happens.

use secnet_model::SimTime;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How fast emulated time may go.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// As fast as it can.
    Max,
    /// Emulated seconds per wall second.
    WallTimes(f64),
}

impl Pace {
    /// Emulated time may be handled up to, not including, this, so long after the start.
    pub fn limit(self, since_start: Duration) -> SimTime {
        match self {
            Pace::Max => SimTime::NEVER,
            Pace::WallTimes(speed) => SimTime((since_start.as_secs_f64() * speed * 1e6) as u64),
        }
    }

    /// How long after the start emulated time `time` may be handled.
    pub fn wall(self, time: SimTime) -> Duration {
        match self {
            Pace::Max => Duration::ZERO,
            Pace::WallTimes(speed) => {
                // A century is as good as never, and far from what an `Instant` overflows at.
                const NEVER_S: f64 = 3e9;
                let seconds = time.0.saturating_add(1) as f64 / 1e6 / speed;
                // A speed that is no positive number, which a stranger may have sent, never gets there.
                let seconds = if speed > 0.0 {
                    seconds.min(NEVER_S)
                } else {
                    NEVER_S
                };
                Duration::from_secs_f64(seconds)
            }
        }
    }

    /// How far behind the wall clock the handling of `time` was.
    pub fn lag(self, since_start: Duration, time: SimTime) -> Duration {
        match self {
            Pace::Max => Duration::ZERO,
            Pace::WallTimes(_) => since_start.saturating_sub(self.wall(time)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_that_is_none_never_gets_there() {
        for speed in [-1.0, 0.0, f64::NAN, f64::NEG_INFINITY] {
            let pace = Pace::WallTimes(speed);
            assert_eq!(
                pace.wall(SimTime::from_secs(1)),
                Duration::from_secs(3_000_000_000),
                "{speed}"
            );
            assert!(pace.limit(Duration::from_secs(1)) <= SimTime::ZERO, "{speed}");
        }
    }

    #[test]
    fn an_event_may_be_handled_once_the_wall_has_passed_it() {
        let pace = Pace::WallTimes(60.0);
        let event = SimTime::from_secs(120);
        assert!(pace.limit(Duration::from_secs(2)) <= event);
        assert!(pace.limit(pace.wall(event) + Duration::from_micros(1)) > event);
        assert_eq!(
            pace.lag(pace.wall(event) + Duration::from_millis(5), event),
            Duration::from_millis(5)
        );
        assert_eq!(pace.lag(Duration::ZERO, event), Duration::ZERO);
    }

    #[test]
    fn the_slowest_pace_overflows_nothing() {
        let pace = Pace::WallTimes(f64::MIN_POSITIVE);
        assert!(
            std::time::Instant::now()
                .checked_add(pace.wall(SimTime::NEVER))
                .is_some()
        );
        assert_eq!(pace.limit(Duration::from_secs(1)), SimTime::ZERO);
        assert_eq!(
            Pace::WallTimes(f64::MAX).limit(Duration::from_secs(1)),
            SimTime::NEVER
        );
    }
}
