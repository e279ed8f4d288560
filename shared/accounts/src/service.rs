//! What Users got for their service requests, counted where the final answer arrives.

use crate::duration_histogram::DurationHistogram;
use crate::keyed::{DenseKey, Keyed};
use crate::mornings::{HOURS, MorningHours};
use crate::over_time::{ByWindow, ServiceCounts};
use secnet_engine::Outcome;
use secnet_model::catalogue::TargetResponseTime;
use secnet_model::{
    DeviceId, DeviceType, Region, ResponseCode, SimDuration, SimTime, Srv, UserId, licence_areas,
};
use secnet_topology::Population;
use serde::{Deserialize, Serialize};

/// Target response time of future-dated requests (domain.md §3: 24 h is among Appendix E's values; that it is
/// the one for all future-dated requests is assumed).
pub const FUTURE_DATED_TARGET: SimDuration = SimDuration::from_secs(24 * 3_600);

/// Target response time of the DSP's scheduled reads. Assumed: no source gives one; as for future-dated requests.
pub const SCHEDULED_TARGET: SimDuration = SimDuration::from_secs(24 * 3_600);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum ServiceMode {
    OnDemand,
    FutureDated,
    Scheduled,
    NonDevice,
}

impl ServiceMode {
    pub const ALL: [ServiceMode; 4] = [
        ServiceMode::OnDemand,
        ServiceMode::FutureDated,
        ServiceMode::Scheduled,
        ServiceMode::NonDevice,
    ];

    /// The name reports and files use.
    pub const fn name(self) -> &'static str {
        match self {
            ServiceMode::OnDemand => "on_demand",
            ServiceMode::FutureDated => "future_dated",
            ServiceMode::Scheduled => "scheduled",
            ServiceMode::NonDevice => "non_device",
        }
    }
}

impl std::fmt::Display for ServiceMode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ServiceKey {
    pub srv: Srv,
    pub mode: ServiceMode,
    pub user: UserId,
    /// `None` for non-device services and unknown devices.
    pub region: Option<Region>,
}

/// A target response time and whether a public source gives it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Target {
    pub time: SimDuration,
    pub sourced: bool,
}

impl Target {
    /// Of a request to a device of that type, where it goes to one: a gas meter, which sleeps, has a day for an update (domain.md §3,
    /// assumed).
    pub fn on(
        device_type: Option<DeviceType>,
        region: Option<Region>,
        srv: Srv,
        mode: ServiceMode,
    ) -> Target {
        let is_update = mode == ServiceMode::OnDemand && srv.entry().critical;
        match device_type {
            Some(DeviceType::Gsme) if is_update => Target {
                time: FUTURE_DATED_TARGET,
                sourced: false,
            },
            _ => Target::of(region, srv, mode),
        }
    }

    /// Of a request to any other device.
    pub fn of(region: Option<Region>, srv: Srv, mode: ServiceMode) -> Target {
        match mode {
            ServiceMode::OnDemand | ServiceMode::NonDevice => {
                let TargetResponseTime { time, sourced } = srv.entry().target_response_time(region);
                Target { time, sourced }
            }
            ServiceMode::FutureDated => Target {
                time: FUTURE_DATED_TARGET,
                sourced: false,
            },
            ServiceMode::Scheduled => Target {
                time: SCHEDULED_TARGET,
                sourced: false,
            },
        }
    }
}

const REGIONS: usize = Region::ALL.len() + 1;

impl DenseKey for ServiceKey {
    fn slots() -> usize {
        Srv::COUNT * ServiceMode::ALL.len() * REGIONS
    }

    #[inline]
    fn slot(self) -> usize {
        let region = self.region.map_or(0, |region| region.index() + 1);
        (usize::from(self.srv.index()) * ServiceMode::ALL.len() + self.mode as usize) * REGIONS + region
    }

    fn user(self) -> UserId {
        self.user
    }
}

/// What became of the requests of one class.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ServiceLevel {
    outcomes: [u64; Outcome::COUNT],
    codes: [u64; ResponseCode::ALL.len()],
    /// Of the answered requests, from first submission to the final answer.
    pub response_times: DurationHistogram,
    /// Answered within the target response time.
    pub within_target: u64,
    /// Completed without a retry.
    pub completed_at_first_attempt: u64,
    /// Submissions, retries included.
    pub attempts: u64,
    /// All that were asked for.
    pub opened: u64,
    /// Without an answer when emulated time ended, their target response time over.
    pub overdue: u64,
    /// Of the DSP's scheduled reads those held against each hour of [`READ_BY`](crate::mornings::READ_BY).
    pub wanted_by: [u64; HOURS],
    /// Of those the ones that had completed by then.
    pub read_by: [u64; HOURS],
}

/// How a request ended.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Ended {
    pub outcome: Outcome,
    pub code: ResponseCode,
    /// From when on an answer could be had: its first submission, or the execution of what the DSP held until then.
    pub asked_at: SimTime,
    /// From then to the final answer.
    pub response_time: SimDuration,
    /// Submissions, 1 without a retry.
    pub attempts: u32,
    /// Of a scheduled read: the hours by which it has been had, if it completed.
    pub in_time_for: MorningHours,
}

/// The outcomes that are an answer of the device or the DCC to what was asked, whose time is a response time.
/// Refusals are answers as well, but to a mistake: they come at once and would flatter the response times.
pub const fn is_answered(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Completed | Outcome::DeviceError)
}

/// Whether a service response was owed, and its absence or lateness therefore counts against the target. What its User had
/// deleted from quarantine is owed none.
pub const fn is_owed_a_response(outcome: Outcome) -> bool {
    !matches!(
        outcome,
        Outcome::Refused | Outcome::PreCommandMismatch | Outcome::QuarantinedDeleted
    )
}

impl ServiceLevel {
    #[inline]
    fn record(&mut self, target: SimDuration, ended: Ended) {
        let Ended {
            outcome,
            code,
            asked_at: _,
            response_time,
            attempts,
            in_time_for,
        } = ended;
        self.outcomes[outcome as usize] += 1;
        self.codes[code as usize] += 1;
        self.attempts += u64::from(attempts);
        if is_answered(outcome) {
            self.response_times.record(response_time);
            self.within_target += u64::from(response_time <= target);
        }
        if outcome == Outcome::Completed {
            self.completed_at_first_attempt += u64::from(attempts <= 1);
            in_time_for.count_into(&mut self.read_by);
        }
    }

    pub fn add(&mut self, other: &ServiceLevel) {
        for (sum, count) in self.outcomes.iter_mut().zip(&other.outcomes) {
            *sum += count;
        }
        for (sum, count) in self.codes.iter_mut().zip(&other.codes) {
            *sum += count;
        }
        self.response_times.add(&other.response_times);
        self.within_target += other.within_target;
        self.completed_at_first_attempt += other.completed_at_first_attempt;
        self.attempts += other.attempts;
        self.opened += other.opened;
        self.overdue += other.overdue;
        for (sum, count) in self.wanted_by.iter_mut().zip(other.wanted_by) {
            *sum += count;
        }
        for (sum, count) in self.read_by.iter_mut().zip(other.read_by) {
            *sum += count;
        }
    }

    pub fn outcome(&self, outcome: Outcome) -> u64 {
        self.outcomes[outcome as usize]
    }

    pub fn code(&self, code: ResponseCode) -> u64 {
        self.codes[code as usize]
    }

    /// All requests whose fate is known.
    pub fn requests(&self) -> u64 {
        self.outcomes.iter().sum()
    }

    pub fn completed(&self) -> u64 {
        self.outcome(Outcome::Completed)
    }

    /// Those answered, by the device or the DCC, whatever the answer.
    pub fn answered(&self) -> u64 {
        self.response_times.count()
    }

    /// Those whose success or failure can be told: their fate is known, or their target response time is over. A share of
    /// anything less would be one of the survivors.
    pub fn due(&self) -> u64 {
        self.requests() + self.overdue
    }

    /// Without an answer when emulated time ended, and not due yet.
    pub fn open(&self) -> u64 {
        self.opened.saturating_sub(self.due())
    }

    /// Of those due the ones that a response is owed for.
    pub fn owed_a_response(&self) -> u64 {
        let answered_or_failed: u64 = Outcome::ALL
            .iter()
            .filter(|outcome| is_owed_a_response(**outcome))
            .map(|o| self.outcome(*o))
            .sum();
        answered_or_failed + self.overdue
    }
}

impl ServiceCounts {
    #[inline]
    fn record(&mut self, target: SimDuration, ended: Ended) {
        *self.of(ended.outcome) += 1;
        self.attempts += ended.attempts;
        if is_answered(ended.outcome) {
            self.response_times.record(ended.response_time);
            self.within_target += u32::from(ended.response_time <= target);
        }
    }

    /// Where a request of that outcome counts.
    #[inline]
    fn of(&mut self, outcome: Outcome) -> &mut u32 {
        match outcome {
            Outcome::Completed => &mut self.completed,
            Outcome::DeviceError => &mut self.device_errors,
            other if !is_owed_a_response(other) => &mut self.refused,
            _ => &mut self.failed,
        }
    }
}

/// Where a request goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Place {
    /// Index in `licence_areas()`.
    pub area: u8,
    pub device_type: DeviceType,
}

impl Place {
    #[inline]
    pub fn of(population: &Population, device: DeviceId) -> Place {
        Place {
            area: population.area_of(device.premises) as u8,
            device_type: device.device_type,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct PlaceKey {
    pub place: Place,
    pub mode: ServiceMode,
    pub user: UserId,
}

impl DenseKey for PlaceKey {
    fn slots() -> usize {
        licence_areas().len() * DeviceType::ALL.len() * ServiceMode::ALL.len()
    }

    #[inline]
    fn slot(self) -> usize {
        let device = usize::from(self.place.area) * DeviceType::ALL.len()
            + usize::from(self.place.device_type.index());
        device * ServiceMode::ALL.len() + self.mode as usize
    }

    fn user(self) -> UserId {
        self.user
    }
}

/// [`ServiceLevel`]s by [`ServiceKey`] and again by [`PlaceKey`].
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ServiceLevels {
    levels: Keyed<ServiceKey, Row>,
    /// Of requests to devices that exist.
    places: Keyed<PlaceKey, ServiceLevel>,
}

/// All of one key, and by when it was asked for.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
struct Row {
    level: ServiceLevel,
    over_time: ByWindow<ServiceCounts>,
}

impl ServiceLevels {
    /// Counts one request's final answer.
    #[inline]
    pub fn ended(&mut self, key: ServiceKey, place: Option<Place>, ended: Ended) {
        let target = target(key, place);
        let row = self.levels.get_mut(key);
        row.level.record(target, ended);
        row.over_time.at(ended.asked_at).record(target, ended);
        self.at_place(key, place, |level| level.record(target, ended));
    }

    /// Counts one more that was asked for at `at`, and is wanted by some hours of its morning.
    #[inline]
    pub fn opened(&mut self, key: ServiceKey, place: Option<Place>, at: SimTime, wanted_by: MorningHours) {
        let count = |level: &mut ServiceLevel| {
            level.opened += 1;
            wanted_by.count_into(&mut level.wanted_by);
        };
        let row = self.levels.get_mut(key);
        count(&mut row.level);
        row.over_time.at(at).opened += 1;
        self.at_place(key, place, count);
    }

    /// Counts one that has no answer at `at`, though asked for at `since`; it is counted as opened elsewhere.
    pub fn unanswered(&mut self, key: ServiceKey, place: Option<Place>, since: SimTime, at: SimTime) {
        if at.since(since) <= target(key, place) {
            return;
        }
        let row = self.levels.get_mut(key);
        row.level.overdue += 1;
        row.over_time.at(since).overdue += 1;
        self.at_place(key, place, |level| level.overdue += 1);
    }

    #[inline]
    fn at_place(&mut self, key: ServiceKey, place: Option<Place>, then: impl FnOnce(&mut ServiceLevel)) {
        if let Some(place) = place {
            let (mode, user) = (key.mode, key.user);
            then(self.places.get_mut(PlaceKey { place, mode, user }));
        }
    }

    /// Where openings are not counted one by one, in all modes `but` one: what has ended had been asked for.
    pub fn ended_were_opened(&mut self, but: ServiceMode) {
        for (_, row) in self.levels.iter_mut().filter(|(key, _)| key.mode != but) {
            row.level.opened += row.level.requests();
            let windows = row.over_time.iter_mut();
            windows.for_each(|counts| counts.opened += counts.ended());
        }
        let places = self.places.iter_mut().filter(|(key, _)| key.mode != but);
        places.for_each(|(_, level)| level.opened += level.requests());
    }

    pub fn add(&mut self, other: &ServiceLevels) {
        for (key, other) in other.levels.iter() {
            let row = self.levels.get_mut(key);
            row.level.add(&other.level);
            row.over_time.add(&other.over_time);
        }
        for (key, level) in other.places.iter() {
            self.places.get_mut(key).add(level);
        }
    }

    pub fn get(&self, key: ServiceKey) -> Option<&ServiceLevel> {
        self.levels.get(key).map(|row| &row.level)
    }

    /// By SRV, mode, User and region, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (ServiceKey, &ServiceLevel)> {
        self.levels.iter().map(|(key, row)| (key, &row.level))
    }

    /// The same by when it was asked for.
    pub fn over_time(&self) -> impl Iterator<Item = (ServiceKey, &ByWindow<ServiceCounts>)> {
        self.levels.iter().map(|(key, row)| (key, &row.over_time))
    }

    /// By licence area, type of device, mode and User, ascending.
    pub fn places(&self) -> impl Iterator<Item = (PlaceKey, &ServiceLevel)> {
        self.places.iter()
    }
}

#[inline]
fn target(key: ServiceKey, place: Option<Place>) -> SimDuration {
    let device_type = place.map(|place| place.device_type);
    Target::on(device_type, key.region, key.srv, key.mode).time
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(srv: &str, mode: ServiceMode, user: u16, region: Option<Region>) -> ServiceKey {
        ServiceKey {
            srv: Srv::from_number(srv).unwrap(),
            mode,
            user: UserId(user),
            region,
        }
    }

    fn ended(outcome: Outcome, code: ResponseCode, response_time: SimDuration, attempts: u32) -> Ended {
        Ended {
            outcome,
            code,
            asked_at: SimTime::ZERO,
            response_time,
            attempts,
            in_time_for: MorningHours::default(),
        }
    }

    fn seconds(seconds: u64) -> SimDuration {
        SimDuration::from_secs(seconds)
    }

    #[test]
    fn every_key_has_a_slot_of_its_own() {
        let mut seen = vec![false; ServiceKey::slots()];
        for srv in Srv::all() {
            for mode in ServiceMode::ALL {
                for region in [
                    None,
                    Some(Region::North),
                    Some(Region::Central),
                    Some(Region::South),
                    Some(Region::Smets1),
                ] {
                    let slot = ServiceKey {
                        srv,
                        mode,
                        user: UserId(0),
                        region,
                    }
                    .slot();
                    assert!(!std::mem::replace(&mut seen[slot], true));
                }
            }
        }
        assert!(seen.into_iter().all(|taken| taken));
    }

    #[test]
    fn answers_are_counted_against_the_target_of_their_mode() {
        let mut levels = ServiceLevels::default();
        let on_demand = key("4.1.1", ServiceMode::OnDemand, 3, Some(Region::South));
        let scheduled = key("4.1.1", ServiceMode::Scheduled, 3, Some(Region::South));
        for took in [seconds(30), seconds(31)] {
            levels.ended(
                on_demand,
                None,
                ended(Outcome::Completed, ResponseCode::I0, took, 1),
            );
            levels.ended(
                scheduled,
                None,
                ended(Outcome::Completed, ResponseCode::I0, took, 1),
            );
        }
        assert_eq!(levels.get(on_demand).unwrap().within_target, 1);
        assert_eq!(levels.get(scheduled).unwrap().within_target, 2);
        assert_eq!(
            Target::of(on_demand.region, on_demand.srv, ServiceMode::OnDemand),
            Target {
                time: seconds(30),
                sourced: true
            }
        );
        assert!(!Target::of(None, on_demand.srv, ServiceMode::FutureDated).sourced);
    }

    #[test]
    fn a_gas_meter_has_a_day_for_an_update_and_no_more_than_others_for_a_read() {
        let target = |region, number, device_type| {
            let srv = Srv::from_number(number).unwrap();
            Target::on(Some(device_type), region, srv, ServiceMode::OnDemand).time
        };
        for region in [None, Some(Region::South), Some(Region::Smets1)] {
            assert_eq!(target(region, "1.2.1", DeviceType::Gsme), seconds(86_400));
            assert_eq!(target(region, "1.2.1", DeviceType::Esme), seconds(30));
        }
        for (region, read) in [(Some(Region::South), 30), (Some(Region::Smets1), 16)] {
            assert_eq!(target(region, "4.6.1", DeviceType::Gsme), seconds(read));
            assert_eq!(target(region, "4.1.1", DeviceType::Gpf), seconds(read));
        }
    }

    #[test]
    fn only_what_was_owed_an_answer_counts_against_the_target_and_only_answers_have_a_response_time() {
        let mut levels = ServiceLevels::default();
        let key = key("4.1.1", ServiceMode::OnDemand, 0, Some(Region::North));
        levels.ended(
            key,
            None,
            ended(Outcome::Completed, ResponseCode::I0, seconds(5), 1),
        );
        levels.ended(
            key,
            None,
            ended(Outcome::Completed, ResponseCode::I0, seconds(6), 3),
        );
        levels.ended(
            key,
            None,
            ended(Outcome::DeviceError, ResponseCode::I0, seconds(4), 1),
        );
        levels.ended(
            key,
            None,
            ended(Outcome::Refused, ResponseCode::E4, seconds(1), 1),
        );
        levels.ended(
            key,
            None,
            ended(Outcome::NoResponse, ResponseCode::E21, seconds(3_600), 1),
        );
        levels.ended(
            key,
            None,
            ended(Outcome::GaveUpOverload, ResponseCode::Busy, seconds(60), 5),
        );
        let level = levels.get(key).unwrap();
        assert_eq!(
            (level.requests(), level.owed_a_response(), level.within_target),
            (6, 5, 3)
        );
        assert_eq!(
            (
                level.completed(),
                level.completed_at_first_attempt,
                level.attempts
            ),
            (2, 1, 12)
        );
        assert_eq!(
            (level.response_times.count(), level.response_times.max()),
            (3, seconds(6))
        );
        assert_eq!(
            (level.code(ResponseCode::I0), level.code(ResponseCode::Busy)),
            (3, 1)
        );
    }

    #[test]
    fn levels_merge_alike_in_any_order_and_come_back_from_storage() {
        let level = |user: u16, took: u64| {
            let mut levels = ServiceLevels::default();
            for (srv, region) in [
                ("8.2", None),
                ("4.1.1", Some(Region::North)),
                ("1.1.1", Some(Region::South)),
            ] {
                let key = key(srv, ServiceMode::OnDemand, user, region);
                levels.ended(
                    key,
                    None,
                    ended(Outcome::Completed, ResponseCode::I0, seconds(took), 1),
                );
            }
            levels
        };
        let parts = [level(2, 1), level(0, 40), level(2, 7), level(1, 90)];
        let (mut forward, mut backward) = (ServiceLevels::default(), ServiceLevels::default());
        parts.iter().for_each(|part| forward.add(part));
        parts.iter().rev().for_each(|part| backward.add(part));
        assert_eq!(forward, backward);
        let text = serde_json::to_string(&forward).unwrap();
        assert_eq!(text, serde_json::to_string(&backward).unwrap());
        assert_eq!(serde_json::from_str::<ServiceLevels>(&text).unwrap(), forward);
        let keys: Vec<ServiceKey> = forward.iter().map(|(key, _)| key).collect();
        assert!(keys.is_sorted() && keys.len() == 9);
    }
}
