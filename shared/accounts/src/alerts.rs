//! How many device alerts were raised, counted where that happens, and how long they took to reach their recipients, counted
//! where they arrive.

use crate::Part;
use crate::duration_histogram::DurationHistogram;
use crate::keyed::{DenseKey, Keyed};
use crate::over_time::{AlertCounts, ByWindow};
use secnet_model::{AlertCode, Region, SimDuration, SimTime, UserId};
use secnet_topology::World;
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
        slot(self.alert, self.region)
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
    /// Of the consolidated ones, from the end of their period to arrival; [`AlertLevel::delivery_times`] has them from when
    /// the first of those they speak for was raised.
    pub since_consolidation: DurationHistogram,
    /// Delivered within the target, though raised too late to be due when the run ends.
    pub within_target_not_due: u64,
    /// Alerts that came to the User though they are another's first.
    pub copies: u64,
    /// Within [`ALERT_TARGET`] among those.
    pub copies_within_target: u64,
}

/// The alerts of one code that were raised in one region.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Raised {
    pub all: u64,
    /// Those raised less than [`ALERT_TARGET`] before the run's end.
    pub not_due: u64,
    /// Of the others those no User is there for.
    pub for_nobody: u64,
}

/// [`Raised`] by alert and region, part of a participant's state.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct RaisedAlerts {
    /// Empty until the first; then one for each key.
    counts: Vec<Raised>,
    /// Of each key, as long: how many in each window.
    over_time: Vec<ByWindow<u32>>,
}

/// Whether an alert raised then is held against its target: the run lasts until the target is over.
#[inline]
fn is_due(world: &World, raised_at: SimTime) -> bool {
    raised_at + ALERT_TARGET <= world.end
}

impl RaisedAlerts {
    #[inline]
    pub fn record(&mut self, world: &World, alert: AlertCode, region: Region, at: SimTime) {
        let raised = self.get_mut(alert, region);
        raised.all += 1;
        raised.not_due += u64::from(!is_due(world, at));
        *self.over_time[slot(alert, region)].at(at) += 1;
    }

    /// One that was raised somewhere at `raised_at` turns out to be for nobody.
    pub fn record_for_nobody(&mut self, world: &World, alert: AlertCode, region: Region, raised_at: SimTime) {
        self.get_mut(alert, region).for_nobody += u64::from(is_due(world, raised_at));
    }

    fn get_mut(&mut self, alert: AlertCode, region: Region) -> &mut Raised {
        if self.counts.is_empty() {
            self.counts.resize_with(AlertKey::slots(), Raised::default);
            self.over_time.resize_with(AlertKey::slots(), ByWindow::default);
        }
        &mut self.counts[slot(alert, region)]
    }

    pub fn add(&mut self, other: &RaisedAlerts) {
        for (alert, region, raised) in other.iter() {
            self.get_mut(alert, region).add(raised);
        }
        for (own, other) in self.over_time.iter_mut().zip(&other.over_time) {
            own.add(other);
        }
    }

    /// How many were raised when, by alert and region, ascending.
    pub fn over_time(&self) -> impl Iterator<Item = (AlertCode, Region, &ByWindow<u32>)> {
        self.iter()
            .filter_map(|(alert, region, _)| Some((alert, region, self.over_time.get(slot(alert, region))?)))
    }

    /// Those that were raised at all, by alert and region, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (AlertCode, Region, Raised)> {
        let keys = AlertCode::all().flat_map(|alert| Region::ALL.map(|region| (alert, region)));
        let of_key = |(alert, region)| Some((alert, region, *self.counts.get(slot(alert, region))?));
        keys.filter_map(of_key)
            .filter(|(_, _, raised)| *raised != Raised::default())
    }
}

/// Its counts are the account's own.
impl Part for RaisedAlerts {}

impl Raised {
    pub fn add(&mut self, other: Raised) {
        self.all += other.all;
        self.not_due += other.not_due;
        self.for_nobody += other.for_nobody;
    }

    /// Of [`Raised::due`] those that did.
    pub fn within_target(&self, delivered: &AlertLevel) -> u64 {
        delivered.within_target - delivered.within_target_not_due
    }

    /// Those that had to reach somebody: raised in time to be due, for a User that is there, and not spoken for by another
    /// that was delivered.
    pub fn due(&self, delivered: &AlertLevel) -> u64 {
        self.all
            .saturating_sub(self.not_due + self.for_nobody)
            .saturating_sub(delivered.throttled)
    }
}

/// A key's place among all of one User's.
#[inline]
fn slot(alert: AlertCode, region: Region) -> usize {
    usize::from(alert.index()) * Region::ALL.len() + region.index()
}

impl AlertLevel {
    pub fn add(&mut self, other: &AlertLevel) {
        self.delivery_times.add(&other.delivery_times);
        self.within_target += other.within_target;
        self.consolidated += other.consolidated;
        self.throttled += other.throttled;
        self.since_consolidation.add(&other.since_consolidation);
        self.within_target_not_due += other.within_target_not_due;
        self.copies += other.copies;
        self.copies_within_target += other.copies_within_target;
    }

    pub fn delivered(&self) -> u64 {
        self.delivery_times.count()
    }
}

/// An alert that arrives.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Arrived {
    pub raised_at: SimTime,
    pub delivery_time: SimDuration,
    /// Whether it is held against its target: raised [`ALERT_TARGET`] before the run's end, or earlier.
    pub is_due: bool,
}

impl Arrived {
    #[inline]
    pub fn new(world: &World, raised_at: SimTime, now: SimTime) -> Arrived {
        Arrived {
            raised_at,
            delivery_time: now.since(raised_at),
            is_due: is_due(world, raised_at),
        }
    }
}

/// [`AlertLevel`]s by [`AlertKey`], part of a User's state.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AlertLevels {
    levels: Keyed<AlertKey, Row>,
}

/// All of one key, and by when it was raised.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
struct Row {
    level: AlertLevel,
    over_time: ByWindow<AlertCounts>,
}

impl AlertLevels {
    /// An alert has arrived.
    #[inline]
    pub fn arrived(&mut self, key: AlertKey, arrived: Arrived) {
        let Arrived {
            raised_at,
            delivery_time,
            is_due,
        } = arrived;
        let Row { level, over_time } = self.levels.get_mut(key);
        let counts = over_time.at(raised_at);
        level.delivery_times.record(delivery_time);
        counts.delivered += 1;
        counts.delivery_times.record(delivery_time);
        if delivery_time <= ALERT_TARGET {
            counts.within_target += 1;
            level.within_target += 1;
            level.within_target_not_due += u64::from(!is_due);
        }
    }

    /// An alert that is another User's first arrives.
    pub fn record_copy(&mut self, key: AlertKey, raised_at: SimTime, now: SimTime) {
        let level = &mut self.levels.get_mut(key).level;
        level.copies += 1;
        level.copies_within_target += u64::from(now.since(raised_at) <= ALERT_TARGET);
    }

    /// What has arrived, raised at `raised_at`, was `consolidated_at` then, and speaks for `throttled` others.
    pub fn record_consolidated(
        &mut self,
        key: AlertKey,
        throttled: u32,
        raised_at: SimTime,
        consolidated_at: SimTime,
        now: SimTime,
    ) {
        let Row { level, over_time } = self.levels.get_mut(key);
        over_time.at(raised_at).spoken_for += throttled;
        level.consolidated += 1;
        level.throttled += u64::from(throttled);
        level.since_consolidation.record(now.since(consolidated_at));
    }

    pub fn add(&mut self, other: &AlertLevels) {
        for (key, other) in other.levels.iter() {
            let row = self.levels.get_mut(key);
            row.level.add(&other.level);
            row.over_time.add(&other.over_time);
        }
    }

    pub fn get(&self, key: AlertKey) -> Option<&AlertLevel> {
        self.levels.get(key).map(|row| &row.level)
    }

    /// By alert, User and region, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (AlertKey, &AlertLevel)> {
        self.levels.iter().map(|(key, row)| (key, &row.level))
    }

    /// The same by when they were raised.
    pub fn over_time(&self) -> impl Iterator<Item = (AlertKey, &ByWindow<AlertCounts>)> {
        self.levels.iter().map(|(key, row)| (key, &row.over_time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An hour.
    fn world() -> World {
        let scenario = "name = \"alerts\"\nhorizon = \"1h\"\npopulation = { premises = 100 }\nsuppliers = [{ name = \"A\", share = 1.0 }]";
        World::new(toml::from_str(scenario).unwrap()).unwrap()
    }

    #[test]
    fn an_alert_counts_as_in_time_up_to_the_sixtieth_second() {
        let alert = AlertCode::future_dated_succeeded();
        let (world, key) = (
            world(),
            AlertKey {
                alert,
                user: UserId(1),
                region: Region::Central,
            },
        );
        let mut levels = AlertLevels::default();
        for micros in [59_000_000, 60_000_000, 60_000_001] {
            levels.arrived(key, Arrived::new(&world, SimTime::ZERO, SimTime(micros)));
        }
        let level = levels.get(key).unwrap();
        assert_eq!((level.delivered(), level.within_target), (3, 2));
    }

    #[test]
    fn what_is_raised_in_the_last_minute_is_not_held_against_the_target() {
        let (world, alert) = (world(), AlertCode::future_dated_succeeded());
        let key = AlertKey {
            alert,
            user: UserId(1),
            region: Region::Central,
        };
        let due = world.end.saturating_sub(ALERT_TARGET);
        let (mut raised, mut levels) = (RaisedAlerts::default(), AlertLevels::default());
        for at in [SimTime::ZERO, due, SimTime(due.0 + 1), world.end] {
            raised.record(&world, alert, Region::Central, at);
        }
        for at in [due, SimTime(due.0 + 1)] {
            levels.arrived(key, Arrived::new(&world, at, at + SimDuration::from_secs(1)));
        }
        let level = levels.get(key).unwrap();
        let (_, _, raised) = raised.iter().next().unwrap();
        let expected = Raised {
            all: 4,
            not_due: 2,
            for_nobody: 0,
        };
        assert_eq!((raised, raised.due(level)), (expected, 2));
        assert_eq!((level.within_target, level.within_target_not_due), (2, 1));
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
