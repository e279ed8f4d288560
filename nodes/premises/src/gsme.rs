//! The gas meter: battery-powered, asleep but for its polls. A command waits at the hub for the next of them
//! (domain.md §3, unverified: about every 30 minutes).

use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_model::{PremisesId, SimDuration, SimTime};

const POLL_PHASE: Stream = Stream::named("gsme-poll-phase");

/// The ordinary alerts a GSME raises (domain.md §4). It wakes to raise one.
pub const BACKGROUND_ALERTS: &[&str] = &[
    "8F0A", "8F0F", "810D", "810E", "8119", "8F75", "8F3F", "8F3D", "81C6", "8F1D", "8F1F",
];

/// When gas meters ask their hubs for commands: every `interval`, each meter at a phase of its own.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Polls {
    draws: Draws,
    interval: SimDuration,
}

impl Polls {
    /// An interval of zero is a meter that never sleeps.
    pub const fn new(draws: Draws, interval: SimDuration) -> Polls {
        Polls { draws, interval }
    }

    /// When the meter fetches a command that reaches its hub at `arrival`: the first poll at or after it.
    #[inline]
    pub fn fetches_at(self, arrival: SimTime, premises: PremisesId) -> SimTime {
        let interval = self.interval.0;
        if interval == 0 {
            return arrival;
        }
        let phase = self.phase(premises).0;
        let since_poll = (arrival.0 % interval + interval - phase) % interval;
        if since_poll == 0 {
            arrival
        } else {
            arrival + SimDuration(interval - since_poll)
        }
    }

    /// How long before `at` it asked last, when what the hub mirrors of it was read: its phase says when, before the epoch too.
    #[inline]
    pub fn since_last(self, at: SimTime, premises: PremisesId) -> SimDuration {
        let next = self.fetches_at(at, premises);
        match next == at {
            true => SimDuration::ZERO,
            false => SimDuration(self.interval.0 - next.since(at).0),
        }
    }

    /// The first poll after the epoch; uniform over the interval.
    #[inline]
    pub fn phase(self, premises: PremisesId) -> SimDuration {
        SimDuration(
            self.draws
                .below(self.interval.0, POLL_PHASE, u64::from(premises.0), 0),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: SimDuration = SimDuration::from_secs(1_800);

    #[test]
    fn a_command_waits_for_the_first_poll_at_or_after_its_arrival() {
        let polls = Polls::new(Draws::new(3), INTERVAL);
        for premises in (0..2_000).map(PremisesId) {
            let phase = polls.phase(premises);
            assert!(phase < INTERVAL);
            let poll = SimTime(3 * INTERVAL.0) + phase;
            assert_eq!(polls.fetches_at(poll, premises), poll, "at the poll itself");
            assert_eq!(polls.fetches_at(SimTime(poll.0 + 1), premises), poll + INTERVAL);
            assert_eq!(polls.fetches_at(SimTime(poll.0 - 1), premises), poll);
            assert_eq!(polls.fetches_at(SimTime::ZERO, premises), SimTime::ZERO + phase);
        }
    }

    #[test]
    fn the_mean_wait_is_half_the_interval() {
        let polls = Polls::new(Draws::new(3), INTERVAL);
        let arrival = SimTime::from_secs(5_000);
        let waits = (0..20_000).map(|p| {
            polls
                .fetches_at(arrival, PremisesId(p))
                .since(arrival)
                .as_secs_f64()
        });
        let mean = waits.sum::<f64>() / 20_000.0;
        assert!((mean - 900.0).abs() < 15.0, "{mean}");
    }

    #[test]
    fn a_meter_that_never_sleeps_fetches_at_once() {
        let polls = Polls::new(Draws::new(3), SimDuration::ZERO);
        assert_eq!(polls.fetches_at(SimTime(7), PremisesId(1)), SimTime(7));
    }
}
