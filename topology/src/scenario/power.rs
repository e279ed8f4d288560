//! Hubs and meters whose supply is cut.

use crate::check::Check;
use crate::units::Span;
use schemars::JsonSchema;
use secnet_model::{Region, SimDuration};
use serde::{Deserialize, Serialize};

/// What a premises does when it loses its electricity supply, and when that comes back. `[[events]]` of the kinds `power_cut` and
/// `power_faults` say when.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PowerParams {
    /// How long a hub waits before its loss of supply counts as an outage (AD1), and what parts 8F35 from 8F36: three minutes, for
    /// auto-reclose (seeds 004 DP096; domain.md §6).
    pub hold: Span,
    /// How long a hub's stored energy lasts from the loss of supply on: at least. It must outlast `hold`. Assumed, range 180 s to
    /// 10 min; no figure of a GB hub is public.
    pub hold_up_min: Span,
    /// How long a hub's stored energy lasts from the loss of supply on: on average. Assumed, range 180 s to 20 min.
    pub hold_up_mean: Span,
    /// Each hub in CSP North sends its AD1 at a random moment within this after `hold`. Assumed, range 0 to 152 s, which a module of
    /// the same maker has (domain.md §6, FLEXNET).
    pub spread_radio: Span,
    /// The same in CSP Central and South. Assumed, range 0 to 60 s.
    pub spread_cellular: Span,
    /// How long a meter, and a hub that had no energy left, takes from the return of supply to work again: at least. Assumed, range
    /// 1 to 60 s.
    pub restart_min: Span,
    /// How long that takes on average. Assumed, range 2 s to 5 min.
    pub restart_mean: Span,
    /// Share of cuts after which the hub never works again. Assumed, range 0 to 0.01.
    pub never_back_share: f64,
    /// Share of cuts of `hold` and longer in which the meter loses the time of day: it raises 81C6 when it works again. Assumed, range
    /// 0 to 0.05.
    pub clock_lost_share: f64,
    /// How many neighbouring premises a DNO takes for one feeder of its low-voltage network. Assumed, range 10 to 200.
    pub feeder_premises: u32,
    /// Outage alerts of neighbouring feeders within this after one another are one case to the DNO. Assumed, range 1 min to 1 h.
    pub case_within: Span,
    /// How often a DNO asks a meter for its supply status (SRV 7.4) at most, before it takes it for lost; 0 for never. Assumed, range 0
    /// to 10.
    pub pings_max: u32,
    /// How long after the only outage alert of a case the DNO asks that meter, before it sends a crew. Assumed, range 30 s to 30 min.
    pub ping_doubted_after: Span,
    /// How long after a neighbour's restoration alert the DNO asks a meter that has told of the outage and not of its end. Assumed, range
    /// 1 min to 4 h.
    pub ping_silent_after: Span,
    /// How long after no answer it asks again. Assumed, range 5 min to 1 d.
    pub ping_again_after: Span,
    /// Share of the homes a fault takes off whose people ring the DNO. Assumed, range 0.02 to 0.3.
    pub calls_share: f64,
    /// Of the calls about a fault those within five minutes: 20 to 40 % before the single number 105 (seeds 004 DP096).
    pub calls_by_5_min: f64,
    /// Of the calls about a fault those within ten minutes: 60 to 67 % (seeds 004 DP096). In between, and on to the last an hour after
    /// the first, they come evenly, which is assumed.
    pub calls_by_10_min: f64,
}

impl Default for PowerParams {
    fn default() -> PowerParams {
        PowerParams {
            hold: Span::from_secs(180),
            hold_up_min: Span::from_secs(210),
            hold_up_mean: Span::from_secs(300),
            spread_radio: Span::from_secs(60),
            spread_cellular: Span::from_secs(10),
            restart_min: Span::from_secs(5),
            restart_mean: Span::from_secs(15),
            never_back_share: 0.000_5,
            clock_lost_share: 0.002,
            feeder_premises: 50,
            case_within: Span::from_secs(600),
            pings_max: 3,
            ping_doubted_after: Span::from_secs(120),
            ping_silent_after: Span::from_secs(1_800),
            ping_again_after: Span::from_secs(7_200),
            calls_share: 0.1,
            calls_by_5_min: 0.3,
            calls_by_10_min: 0.635,
        }
    }
}

impl PowerParams {
    /// When the `n`-th call about a fault comes, counted from its beginning; `None` where so few ring.
    pub fn nth_call(&self, n: u64, homes: u64) -> Option<SimDuration> {
        let all = homes as f64 * self.calls_share;
        let share = n as f64 / all;
        if share.is_nan() || share > 1.0 {
            return None;
        }
        let (five, ten) = (self.calls_by_5_min, self.calls_by_10_min);
        let minutes = match share {
            share if share <= five => 5.0 * share / five,
            share if share <= ten => 5.0 + 5.0 * (share - five) / (ten - five),
            share => 10.0 + 50.0 * (share - ten) / (1.0 - ten),
        };
        Some(SimDuration((minutes * 60e6) as u64))
    }

    /// Over how long the hubs of a region spread their AD1s.
    pub fn spread(&self, region: Region) -> Span {
        match region {
            Region::North => self.spread_radio,
            Region::Central | Region::South | Region::Smets1 => self.spread_cellular,
        }
    }
}

impl Check<'_> {
    pub(crate) fn power(&mut self, params: &PowerParams) {
        self.positive("power.hold", params.hold);
        self.min_and_mean("power.hold_up_mean", params.hold_up_min, params.hold_up_mean);
        self.min_and_mean("power.restart_mean", params.restart_min, params.restart_mean);
        self.share("power.never_back_share", params.never_back_share);
        self.share("power.clock_lost_share", params.clock_lost_share);
        self.at_least_one("power.feeder_premises", params.feeder_premises);
        self.share("power.calls_share", params.calls_share);
        self.share("power.calls_by_10_min", params.calls_by_10_min);
        if !(0.0..=params.calls_by_10_min).contains(&params.calls_by_5_min) {
            let message = "must be nought or more, and no more than `calls_by_10_min`";
            self.wrong("power.calls_by_5_min", message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_come_as_the_ena_says() {
        let params = PowerParams::default();
        // 1,000 homes, of which 100 ring: 30 in five minutes, 63.5 in ten, all in an hour.
        let minutes = |n| {
            let at = params.nth_call(n, 1_000);
            at.map(|at| (at.as_secs_f64() / 6.0).round() / 10.0)
        };
        assert_eq!(
            [1, 30, 63, 100, 101].map(minutes),
            [Some(0.2), Some(5.0), Some(9.9), Some(60.0), None]
        );
        assert_eq!(params.nth_call(1, 9), None);
        assert_eq!(params.nth_call(1, 0), None);
    }
}
