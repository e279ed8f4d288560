//! How supplies come back after a storm: the share of those cut that is still off, by the time since.

use schemars::JsonSchema;
use secnet_model::SimDuration;
use serde::{Deserialize, Serialize};

const HOUR_MICROS: f64 = 3_600e6;

/// A curve of restoration, by the storm it was seen in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Restoration {
    /// Storm Arwen, 26 November 2021: of a million homes 193,000 off after 48 h, 40,000 after three days, 4,000 after a week
    /// (domain.md §6).
    Arwen,
    /// Storm Darragh, 7 December 2024: the last of SSEN's 87,000 homes back after 64 h (domain.md §14); 20 % off after 24 h assumed.
    Darragh,
}

/// Hours since the cut and the share still off then; it begins with all off.
type Points = [(f64, f64)];

impl Restoration {
    const fn points(self) -> &'static Points {
        match self {
            Restoration::Arwen => &[(0.0, 1.0), (48.0, 0.193), (72.0, 0.04), (168.0, 0.004)],
            Restoration::Darragh => &[(0.0, 1.0), (24.0, 0.2), (64.0, 0.0)],
        }
    }

    /// The word scenarios and reports use.
    pub const fn name(self) -> &'static str {
        match self {
            Restoration::Arwen => "arwen",
            Restoration::Darragh => "darragh",
        }
    }

    /// After how long no more than this share, above 0 and at most 1, is still off. Between two points the share falls by a constant
    /// rate, to nought evenly; beyond the last by the last rate.
    pub fn off_for(self, still_off: f64) -> SimDuration {
        let points = self.points();
        let next = points.iter().position(|(_, share)| *share <= still_off);
        let next = next.unwrap_or(points.len() - 1).max(1);
        let ((from, before), (to, after)) = (points[next - 1], points[next]);
        let part = match after > 0.0 {
            true => libm::log(before / still_off) / libm::log(before / after),
            false => (before - still_off) / before,
        };
        SimDuration(((from + part * (to - from)) * HOUR_MICROS) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_goes_through_its_points_and_on_by_its_last_rate() {
        let hours = |curve: Restoration, share: f64| curve.off_for(share).as_secs_f64() / 3_600.0;
        for (curve, share, expected) in [
            (Restoration::Arwen, 1.0, 0.0),
            (Restoration::Arwen, 0.193, 48.0),
            (Restoration::Arwen, 0.04, 72.0),
            (Restoration::Arwen, 0.004, 168.0),
            (Restoration::Arwen, 0.000_4, 264.0),
            (Restoration::Darragh, 0.2, 24.0),
            (Restoration::Darragh, 0.1, 44.0),
        ] {
            let measured = hours(curve, share);
            assert!(
                (measured - expected).abs() < 1e-6,
                "{curve:?} {share}: {measured}"
            );
        }
        let shares = (1..=1_000).map(|i| f64::from(i) / 1_000.0);
        assert!(shares.is_sorted_by(|a, b| hours(Restoration::Arwen, *a) > hours(Restoration::Arwen, *b)));
    }
}
