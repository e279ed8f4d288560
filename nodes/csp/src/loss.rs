//! Whether a transmission on the SM WAN is lost.
//!
//! The model: each transmission is lost with a chance that depends on where and when it is sent: on whether the premises' coverage is
//! lastingly poor, and on whether the cell has a bad hour. Apart from that losses do not hang together. The sender knows nothing of it
//! until `retransmit_after` has passed since the transmission's end without an acknowledgement (acknowledgements themselves cost
//! nothing). It then puts the message at the end of its class's queue again, or gives it up after the last transmission. Assumed.

use crate::cell_map::CellMap;
use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_model::{PremisesId, SimDuration, SimTime};
use secnet_topology::scenario::CspParams;
use secnet_wire::{Direction, Identity};

const DOWNLINK_LOSS: Stream = Stream::named("csp-downlink-loss");
const UPLINK_LOSS: Stream = Stream::named("csp-uplink-loss");
const POOR_COVERAGE: Stream = Stream::named("csp-poor-coverage");
const BAD_HOUR: Stream = Stream::named("csp-bad-hour");

const HOUR_MICROS: u64 = 3_600_000_000;

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Loss {
    draws: Draws,
    cells: CellMap,
    /// Of a transmission nothing else is said of.
    probability: f64,
    /// Share of the premises, and the chance of loss there.
    poor_coverage: (f64, f64),
    /// Share of a cell's hours, and the chance of loss in them.
    bad_hours: (f64, f64),
    /// At least 1.
    pub transmissions_max: u16,
    pub retransmit_after: SimDuration,
}

/// Where and when a message is sent.
#[derive(Clone, Copy, Debug)]
pub struct Sending {
    pub direction: Direction,
    /// `None` where the message names no device.
    pub premises: Option<PremisesId>,
    /// By number in the region.
    pub cell: u32,
    pub at: SimTime,
}

impl Loss {
    pub fn new(draws: Draws, cells: CellMap, params: &CspParams) -> Loss {
        Loss {
            draws,
            cells,
            probability: params.loss,
            poor_coverage: (params.poor_coverage_share, params.poor_coverage_loss),
            bad_hours: (params.bad_hours_share, params.bad_hours_loss),
            transmissions_max: params.transmissions_max.clamp(1, 255) as u16,
            retransmit_after: params.retransmit_after.as_duration(),
        }
    }

    /// Whether a message's `transmission`-th transmission, counted from 1, is lost.
    #[inline]
    pub fn strikes(&self, sending: Sending, message: Identity, transmission: u16) -> bool {
        let probability = self.probability(sending);
        if probability <= 0.0 {
            return false;
        }
        let stream = match sending.direction {
            Direction::Downlink => DOWNLINK_LOSS,
            Direction::Uplink => UPLINK_LOSS,
        };
        self.draws.chance(
            probability,
            stream,
            message.id,
            message.n ^ u64::from(transmission) << 56,
        )
    }

    /// The worst of what there is to say of it.
    #[inline]
    pub fn probability(&self, sending: Sending) -> f64 {
        let mut probability = self.probability;
        let (share, loss) = self.poor_coverage;
        if share > 0.0
            && let Some(premises) = sending.premises
            && self.draws.chance(
                share,
                POOR_COVERAGE,
                u64::from(premises.0),
                self.cells.technology as u64,
            )
        {
            probability = probability.max(loss);
        }
        let (share, loss) = self.bad_hours;
        if share > 0.0 {
            let cell = self.cells.key(sending.cell);
            let hour = sending.at.0 / HOUR_MICROS;
            if self.draws.chance(share, BAD_HOUR, cell, hour) {
                probability = probability.max(loss);
            }
        }
        probability
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secnet_model::{Region, Technology};

    fn loss(poor_coverage: (f64, f64), bad_hours: (f64, f64)) -> Loss {
        let params = CspParams {
            loss: 0.01,
            poor_coverage_share: poor_coverage.0,
            poor_coverage_loss: poor_coverage.1,
            bad_hours_share: bad_hours.0,
            bad_hours_loss: bad_hours.1,
            ..CspParams::cellular()
        };
        Loss::new(
            Draws::new(7),
            CellMap::for_tests(Region::South, Technology::Legacy),
            &params,
        )
    }

    fn sending(premises: u32, hour: u64) -> Sending {
        Sending {
            direction: Direction::Uplink,
            premises: Some(PremisesId(premises)),
            cell: premises / 500,
            at: SimTime::from_secs(hour * 3_600 + 7),
        }
    }

    /// Lost of 200 transmissions from each of the premises in each of the hours.
    fn lost(loss: &Loss, premises: std::ops::Range<u32>, hours: std::ops::Range<u64>) -> f64 {
        let (mut lost, mut all) = (0.0, 0.0);
        for premises in premises {
            for hour in hours.clone() {
                for n in 0..200 {
                    let message = Identity {
                        id: u64::from(premises),
                        n: hour << 16 | n,
                    };
                    all += 1.0;
                    lost += f64::from(u8::from(loss.strikes(sending(premises, hour), message, 1)));
                }
            }
        }
        lost / all
    }

    #[test]
    fn as_many_are_lost_as_the_shares_and_their_chances_say() {
        let rows = [
            ((0.0, 0.4), (0.0, 0.2), 0.01),
            ((0.1, 0.4), (0.0, 0.2), 0.9 * 0.01 + 0.1 * 0.4),
            ((0.0, 0.4), (0.25, 0.2), 0.75 * 0.01 + 0.25 * 0.2),
            (
                (0.1, 0.4),
                (0.25, 0.2),
                0.1 * 0.4 + 0.9 * (0.75 * 0.01 + 0.25 * 0.2),
            ),
        ];
        for (poor_coverage, bad_hours, expected) in rows {
            // 600 cells' premises, one each, so that their hours are their own.
            let loss = loss(poor_coverage, bad_hours);
            let share: f64 = (0..600)
                .map(|cell| lost(&loss, cell * 500..cell * 500 + 1, 0..4))
                .sum::<f64>()
                / 600.0;
            assert!(
                (share - expected).abs() < 0.1 * expected + 0.002,
                "{poor_coverage:?}, {bad_hours:?}: {share} of {expected}"
            );
        }
    }

    #[test]
    fn coverage_is_poor_for_good_and_an_hour_is_bad_for_a_whole_cell() {
        let poor = loss((0.1, 1.0), (0.0, 0.0));
        let is_poor = |premises, hour| lost(&poor, premises..premises + 1, hour..hour + 1) == 1.0;
        let mut seen = 0;
        for premises in 0..200 {
            assert_eq!(is_poor(premises, 0), is_poor(premises, 9), "{premises}");
            seen += u32::from(is_poor(premises, 0));
        }
        assert!((8..35).contains(&seen), "{seen} of 200");

        let bad = loss((0.0, 0.0), (0.25, 1.0));
        let is_bad = |premises, hour| lost(&bad, premises..premises + 1, hour..hour + 1) == 1.0;
        for hour in 0..40 {
            assert_eq!(is_bad(0, hour), is_bad(499, hour), "one cell");
        }
        assert!(
            (0..40).any(|hour| is_bad(0, hour) != is_bad(500, hour)),
            "another"
        );
    }
}
