//! How long device alerts took to reach their recipients, counted where they arrive.

use crate::duration_histogram::DurationHistogram;
use crate::keyed::{DenseKey, Keyed};
use secnet_model::{AlertCode, Region, SimDuration, UserId};
use serde::{Deserialize, Serialize};

/// An alert is to reach its recipient this long after it was raised (SEC H3.14(g); domain.md §3).
pub const ALERT_TARGET: SimDuration = SimDuration::from_secs(60);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct AlertKey {
    pub alert: AlertCode,
    pub user: UserId,
    pub region: Region,
}

impl DenseKey for AlertKey {
    fn slots() -> usize {
        AlertCode::all().count() * Region::ALL.len()
    }

    #[inline]
    fn slot(self) -> usize {
        usize::from(self.alert.index()) * Region::ALL.len() + self.region.index()
    }

    fn user(self) -> UserId {
        self.user
    }
}

/// The alerts of one class that were delivered.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct AlertLevel {
    /// From raising to arrival.
    pub delivery_times: DurationHistogram,
    /// Delivered within [`ALERT_TARGET`].
    pub within_target: u64,
    /// Consolidated alerts among them (SECMP0062).
    pub consolidated: u64,
    /// Alerts those speak for besides themselves.
    pub throttled: u64,
}

impl AlertLevel {
    #[inline]
    pub fn record(&mut self, delivery_time: SimDuration) {
        self.delivery_times.record(delivery_time);
        self.within_target += u64::from(delivery_time <= ALERT_TARGET);
    }

    pub fn add(&mut self, other: &AlertLevel) {
        self.delivery_times.add(&other.delivery_times);
        self.within_target += other.within_target;
        self.consolidated += other.consolidated;
        self.throttled += other.throttled;
    }

    pub fn delivered(&self) -> u64 {
        self.delivery_times.count()
    }
}

/// [`AlertLevel`]s by [`AlertKey`], part of a User's state.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AlertLevels {
    levels: Keyed<AlertKey, AlertLevel>,
}

impl AlertLevels {
    #[inline]
    pub fn record(&mut self, alert: AlertCode, user: UserId, region: Region, delivery_time: SimDuration) {
        self.levels
            .get_mut(AlertKey { alert, user, region })
            .record(delivery_time);
    }

    /// A delivered alert speaks for `throttled` others.
    pub fn record_consolidated(&mut self, alert: AlertCode, user: UserId, region: Region, throttled: u32) {
        let level = self.levels.get_mut(AlertKey { alert, user, region });
        level.consolidated += 1;
        level.throttled += u64::from(throttled);
    }

    pub fn add(&mut self, other: &AlertLevels) {
        for (key, level) in other.levels.iter() {
            self.levels.get_mut(key).add(level);
        }
    }

    pub fn get(&self, key: AlertKey) -> Option<&AlertLevel> {
        self.levels.get(key)
    }

    /// By alert, User and region, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (AlertKey, &AlertLevel)> {
        self.levels.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_counts_as_in_time_up_to_the_sixtieth_second() {
        let alert = AlertCode::future_dated_succeeded();
        let mut levels = AlertLevels::default();
        for micros in [59_000_000, 60_000_000, 60_000_001] {
            levels.record(
                alert,
                UserId(1),
                Region::Central,
                SimDuration::from_micros(micros),
            );
        }
        let level = levels
            .get(AlertKey {
                alert,
                user: UserId(1),
                region: Region::Central,
            })
            .unwrap();
        assert_eq!((level.delivered(), level.within_target), (3, 2));
    }

    #[test]
    fn every_alert_and_region_has_a_slot_of_its_own() {
        let mut seen = vec![false; AlertKey::slots()];
        for alert in AlertCode::all() {
            for region in Region::ALL {
                let slot = AlertKey {
                    alert,
                    user: UserId(0),
                    region,
                }
                .slot();
                assert!(!std::mem::replace(&mut seen[slot], true));
            }
        }
        assert!(seen.into_iter().all(|taken| taken));
    }
}
