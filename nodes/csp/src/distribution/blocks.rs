//! Which blocks of an image a hub has missed.
//!
//! The model: each block is lost on its way to each hub by itself, with the chance a transmission to that hub has at that time. What was
//! lost is worked out anew whenever it is asked for, from draws keyed by hub, campaign and round, so that nothing is kept of it.

use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_model::PremisesId;

const LOST: Stream = Stream::named("csp-firmware-block-loss");
/// Beyond this chance of loss a hub counts as not heard.
pub const DEAF: f64 = 0.95;

/// A hub, and the image it is to receive.
#[derive(Clone, Copy, Debug)]
pub struct Reception {
    pub draws: Draws,
    pub premises: PremisesId,
    pub campaign: u16,
    /// How many blocks it has.
    pub blocks: u32,
}

impl Reception {
    /// The blocks that are missing after rounds with these chances of loss, in ascending order: all of them before the first. A round
    /// brings what is missing before it.
    pub fn missing(&self, rounds: impl IntoIterator<Item = f64>) -> Vec<u32> {
        let mut missing: Vec<u32> = Vec::new();
        let mut rounds = (1..).zip(rounds);
        match rounds.next() {
            None => return (0..self.blocks).collect(),
            Some((round, loss)) => self.lost(round, loss, self.blocks, |place| missing.push(place)),
        }
        for (round, loss) in rounds {
            let before = std::mem::take(&mut missing);
            self.lost(round, loss, before.len() as u32, |place| {
                missing.push(before[place as usize])
            });
        }
        missing
    }

    /// How often blocks are sent until the hub has all of these, one hub by itself; `round` is the first. At least `blocks`.
    pub fn attempts(&self, round: u32, loss: f64, blocks: u32) -> u32 {
        let (mut missing, mut attempts) = (blocks, 0u32);
        for round in round.. {
            if missing == 0 {
                break;
            }
            attempts = attempts.saturating_add(missing);
            let mut lost = 0;
            self.lost(round, loss.min(DEAF), missing, |_| lost += 1);
            missing = lost;
        }
        attempts
    }

    /// Calls `each` with those of `0..count` that a round loses. From one to the next it skips as many as a geometric distribution says,
    /// so that it draws no more often than blocks are lost.
    fn lost(&self, round: u32, loss: f64, count: u32, mut each: impl FnMut(u32)) {
        if loss <= 0.0 {
            return;
        }
        if loss >= 1.0 {
            return (0..count).for_each(each);
        }
        let scale = -1.0 / libm::log1p(-loss);
        let mut place = 0u64;
        for n in 0.. {
            let key = u64::from(self.campaign) << 48 | u64::from(round) << 32 | n;
            let skipped = scale * self.draws.exponential(LOST, self.premises.0.into(), key);
            place += skipped as u64;
            if place >= u64::from(count) {
                return;
            }
            each(place as u32);
            place += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reception(premises: u32) -> Reception {
        Reception {
            draws: Draws::new(5),
            premises: PremisesId(premises),
            campaign: 3,
            blocks: 1_500,
        }
    }

    #[test]
    fn as_many_blocks_are_missing_after_each_round_as_independent_losses_leave() {
        for loss in [0.005, 0.05, 0.3] {
            for rounds in 1..4 {
                let missing: usize = (0..2_000)
                    .map(|hub| reception(hub).missing(vec![loss; rounds]).len())
                    .sum();
                let expected = 2_000.0 * 1_500.0 * f64::powi(loss, rounds as i32);
                let error = 5.0 * expected.sqrt() + 0.001 * expected;
                assert!(
                    (missing as f64 - expected).abs() < error,
                    "{loss} {rounds}: {missing} of {expected}"
                );
            }
        }
    }

    #[test]
    fn each_round_brings_only_what_was_missing_and_all_is_missing_before_the_first() {
        let hub = reception(7);
        assert_eq!(hub.missing([]).len(), 1_500);
        assert_eq!(hub.missing([1.0]), hub.missing([]));
        assert!(hub.missing([0.0]).is_empty());
        let (one, two) = (hub.missing([0.2]), hub.missing([0.2, 0.2]));
        assert!(two.iter().all(|block| one.contains(block)) && two.len() < one.len());
        assert!(one.is_sorted());
    }

    #[test]
    fn a_hub_by_itself_takes_as_many_attempts_as_losses_ask_for() {
        for loss in [0.0, 0.01, 0.2] {
            let attempts: u64 = (0..2_000)
                .map(|hub| u64::from(reception(hub).attempts(1, loss, 1_500)))
                .sum();
            let expected = 2_000.0 * 1_500.0 / (1.0 - loss);
            assert!(
                (attempts as f64 / expected - 1.0).abs() < 0.001,
                "{loss}: {attempts} of {expected}"
            );
        }
    }
}
