//! Schedules: daily readings the DSP starts by itself (SRV 5.1–5.3).
//!
//! *Bulk* schedules come from the scenario and cover a User's portfolio; each is a position in a walk over it, whatever
//! the number of premises. *Single* ones Users create and delete while the run goes on; they are read at a time of day
//! drawn for each within the window after midnight.
//!
//! A reading is started only where the records still let its owner have it: after a change of Supplier the old one's
//! schedules read nothing of what it lost. A Supplier's bulk schedules reach what it gained from when it is told of it: they walk
//! the losing Supplier's portfolio too, and read what is theirs by now, so that a gained premises costs no memory. The
//! losing Supplier hears that its schedules are removed (N17) when its credentials on the device are replaced.
//!
//! Not here: weekly and longer frequencies (DUIS has them; daily reads make the load).

mod bulk;
mod share;

use bulk::{BulkSchedule, Position};
use secnet_accounts::Part;
use secnet_engine::deadlines::Deadlines;
use secnet_engine::draw::{Draws, Stream};
use secnet_model::{Calendar, DeviceId, Eui64, RequestId, SimTime, Srv, UserId};
use secnet_topology::{UserKind, World};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::Bound;

use crate::records::Records;

const DAY_MICROS: u64 = 86_400_000_000;
/// The time of day of single schedules lies within this long after midnight. Assumed, as the bulk schedules' default.
const SINGLE_WINDOW_MICROS: u64 = 6 * 3_600_000_000;
const TIME_OF_DAY: Stream = Stream::named("dsp-schedule-time-of-day");

/// A reading to be started now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ScheduledRead {
    pub id: RequestId,
    pub srv: Srv,
    pub device: DeviceId,
    pub at: SimTime,
}

/// A single schedule, by the time of day of its readings.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
struct SingleSchedule {
    micros_after_midnight: u64,
    target: Eui64,
    owner: UserId,
    srv: Srv,
}

/// Names a schedule: its owner, the device and what is read.
type Whose = (UserId, Eui64, Srv);

impl SingleSchedule {
    /// Its reading at `at`.
    fn read(self, at: SimTime) -> Option<ScheduledRead> {
        let id = RequestId {
            originator: self.owner,
            target: self.target,
            counter: scheduled_counter((at.0 / DAY_MICROS) as u32, 0, self.srv),
        };
        Some(ScheduledRead {
            id,
            srv: self.srv,
            device: self.target.device()?,
            at,
        })
    }
}

/// Everything about schedules that changes.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct SchedulesState {
    bulk: Vec<Position>,
    /// What 5.3 took out of bulk schedules.
    excepted: BTreeSet<(Eui64, UserId, Srv)>,
    single: BTreeSet<SingleSchedule>,
    single_next: Option<(SimTime, SingleSchedule)>,
}

#[derive(Clone, Debug)]
pub struct Schedules {
    draws: Draws,
    calendar: Calendar,
    horizon: SimTime,
    bulk: Vec<BulkSchedule>,
    /// The bulk positions' moments.
    deadlines: Deadlines,
    state: SchedulesState,
}

impl Part for Schedules {
    /// When the next reading is to be started; none is at or after the horizon.
    #[inline]
    fn next_deadline(&self, _world: &World) -> SimTime {
        let single = self.state.single_next.map_or(SimTime::NEVER, |(at, _)| at);
        let next = single.min(self.deadlines.earliest());
        if next < self.horizon { next } else { SimTime::NEVER }
    }
}

impl Schedules {
    /// The scenario's schedules, in force from the start.
    pub fn new(world: &World, records: &Records) -> Schedules {
        let mut bulk = Vec::new();
        for (number, params) in world.scenario.schedules.iter().enumerate() {
            let owners = world.users.iter().filter(|user| user.is_meant_by(&params.from));
            for owner in owners {
                let losers = match owner.kind {
                    UserKind::Supplier => world.timeline.takeovers().losers_to(owner.id),
                    UserKind::Dno | UserKind::OtherUser => Vec::new(),
                };
                let walks = std::iter::once(owner.id).chain(losers);
                bulk.extend(
                    walks.filter_map(|walks| BulkSchedule::new(world, owner, walks, number as u16, params)),
                );
            }
        }
        let positions = bulk
            .iter()
            .map(|schedule| schedule.eligible(world, records, schedule.first_of_all(world)))
            .collect();
        let state = SchedulesState {
            bulk: positions,
            ..SchedulesState::default()
        };
        Schedules::with_state(world, bulk, state)
    }

    /// As saved; `None` when the state is of another scenario.
    pub fn restore(world: &World, records: &Records, state: SchedulesState) -> Option<Schedules> {
        let fresh = Schedules::new(world, records);
        (fresh.bulk.len() == state.bulk.len()).then(|| Schedules::with_state(world, fresh.bulk, state))
    }

    fn with_state(world: &World, bulk: Vec<BulkSchedule>, state: SchedulesState) -> Schedules {
        let mut deadlines = Deadlines::new(bulk.len());
        for (index, position) in state.bulk.iter().enumerate() {
            deadlines.set(index, position.at);
        }
        Schedules {
            draws: world.draws,
            calendar: world.calendar,
            horizon: world.horizon,
            bulk,
            deadlines,
            state,
        }
    }

    pub fn state(&self) -> &SchedulesState {
        &self.state
    }

    /// The next reading that is due by `now` and may be had, if any is.
    pub fn take_due(&mut self, world: &World, records: &Records, now: SimTime) -> Option<ScheduledRead> {
        let horizon = self.horizon;
        let is_due = |at: SimTime| at <= now && at < horizon;
        let may =
            |read: &ScheduledRead| records.may_read(world, read.id.originator, read.srv, read.device, now);
        while is_due(self.deadlines.earliest()) {
            let read = self.take_bulk(world, records, self.deadlines.earliest_index());
            let key = (read.id.target, read.id.originator, read.srv);
            let is_excepted = !self.state.excepted.is_empty() && self.state.excepted.contains(&key);
            if !is_excepted && may(&read) {
                return Some(read);
            }
        }
        while let Some((at, single)) = self.state.single_next.filter(|(at, _)| is_due(*at)) {
            self.state.single_next = self.single_after(at, single);
            if let Some(read) = single.read(at).filter(|read| may(read)) {
                return Some(read);
            }
        }
        None
    }

    /// The reading at the schedule's position, which moves on.
    fn take_bulk(&mut self, world: &World, records: &Records, index: usize) -> ScheduledRead {
        let (schedule, position) = (&self.bulk[index], self.state.bulk[index]);
        let next = schedule.eligible(world, records, schedule.after(position));
        self.state.bulk[index] = next;
        self.deadlines.set(index, next.at);
        schedule.read(position)
    }

    /// 5.1. A schedule that is there already stays as it is.
    pub fn create(&mut self, world: &World, records: &Records, now: SimTime, (owner, target, srv): Whose) {
        if self.is_in_bulk(world, records, now, (owner, target, srv)) {
            self.state.excepted.remove(&(target, owner, srv));
            return;
        }
        let single = self.single(owner, target, srv);
        if !self.state.single.insert(single) {
            return;
        }
        let first = (self.first_occurrence_after(now, single), single);
        if self.state.single_next.is_none_or(|next| first < next) {
            self.state.single_next = Some(first);
        }
    }

    /// 5.3. Whether there was such a schedule.
    pub fn delete(&mut self, world: &World, records: &Records, now: SimTime, whose: Whose) -> bool {
        let (owner, target, srv) = whose;
        self.remove_single(whose)
            || self.is_in_bulk(world, records, now, whose) && self.state.excepted.insert((target, owner, srv))
    }

    /// Removes everybody's schedules of a device that is being decommissioned; whose they were, in order. Bulk
    /// schedules do without it by themselves, as it is no longer in service.
    pub fn remove_all_of(
        &mut self,
        world: &World,
        records: &Records,
        now: SimTime,
        target: Eui64,
    ) -> Vec<UserId> {
        let mut owners = Vec::new();
        for user in &world.users {
            for srv in schedulable() {
                let whose = (user.id, target, srv);
                if self.remove_single(whose) || self.is_read_in_bulk(world, records, now, whose) {
                    owners.push(user.id);
                }
            }
        }
        owners
    }

    /// Removes the schedules other Suppliers have for a device `winner` holds the credentials of; whose they were, in
    /// order. Those in bulk go when `replaced`'s credentials do: what they walk is no longer theirs by itself.
    pub fn remove_other_suppliers(
        &mut self,
        world: &World,
        records: &Records,
        now: SimTime,
        device: DeviceId,
        winner: UserId,
        replaced: Option<UserId>,
    ) -> Vec<UserId> {
        let mut owners = match replaced {
            Some(holder) => self.bulk_owners_since(world, records, now, device, holder),
            None => Vec::new(),
        };
        owners.retain(|owner| *owner != winner);
        owners.extend(self.remove_single_of_others(world, winner, device.eui64()));
        owners.sort_unstable();
        owners
    }

    /// Whom each bulk schedule of a device belonged to, `holder`'s and of all that supplied it after.
    fn bulk_owners_since(
        &self,
        world: &World,
        records: &Records,
        now: SimTime,
        device: DeviceId,
        holder: UserId,
    ) -> Vec<UserId> {
        let Some(first) = world.population.first_supplier(device) else {
            return Vec::new();
        };
        let takeovers = world.timeline.takeovers();
        let suppliers: Vec<UserId> = takeovers.suppliers_as_told(first, device.premises, now).collect();
        let since = suppliers
            .iter()
            .rposition(|supplier| *supplier == holder)
            .unwrap_or(0);
        let walked = world.population.electricity_supplier(device.premises);
        let read = |schedule: &&BulkSchedule| {
            schedule.walks == walked
                && schedule.device_type == device.device_type
                && suppliers[since..].contains(&schedule.owner)
                && schedule.covers_premises(world, records, device, now)
                && !self
                    .state
                    .excepted
                    .contains(&(device.eui64(), schedule.owner, schedule.srv))
        };
        self.bulk
            .iter()
            .filter(read)
            .map(|schedule| schedule.owner)
            .collect()
    }

    fn remove_single_of_others(&mut self, world: &World, winner: UserId, target: Eui64) -> Vec<UserId> {
        let mut owners = Vec::new();
        if self.state.single.is_empty() {
            return owners;
        }
        let others = world
            .users
            .iter()
            .filter(|user| user.kind == UserKind::Supplier && user.id != winner);
        for user in others {
            for srv in schedulable() {
                if self.remove_single((user.id, target, srv)) {
                    owners.push(user.id);
                }
            }
        }
        owners
    }

    fn remove_single(&mut self, (owner, target, srv): Whose) -> bool {
        let single = self.single(owner, target, srv);
        let removed = self.state.single.remove(&single);
        if removed && let Some((at, next)) = self.state.single_next.filter(|(_, next)| *next == single) {
            self.state.single_next = self.single_after(at, next);
        }
        removed
    }

    /// 5.2: how many schedules the User has for the device.
    pub fn count(&self, world: &World, records: &Records, now: SimTime, owner: UserId, target: Eui64) -> u32 {
        let has = |srv: &Srv| {
            self.state.single.contains(&self.single(owner, target, *srv))
                || self.is_read_in_bulk(world, records, now, (owner, target, *srv))
        };
        schedulable().filter(has).count() as u32
    }

    fn is_read_in_bulk(&self, world: &World, records: &Records, now: SimTime, whose: Whose) -> bool {
        let (owner, target, srv) = whose;
        self.is_in_bulk(world, records, now, whose) && !self.state.excepted.contains(&(target, owner, srv))
    }

    fn is_in_bulk(
        &self,
        world: &World,
        records: &Records,
        now: SimTime,
        (owner, target, srv): Whose,
    ) -> bool {
        let Some(device) = target.device() else {
            return false;
        };
        let mut bulk = self
            .bulk
            .iter()
            .filter(|schedule| schedule.owner == owner && schedule.srv == srv);
        bulk.any(|schedule| schedule.covers(world, records, now, device))
    }

    fn single(&self, owner: UserId, target: Eui64, srv: Srv) -> SingleSchedule {
        let n = u64::from(owner.0) << 8 | u64::from(srv.index());
        let micros_after_midnight = self.draws.below(SINGLE_WINDOW_MICROS, TIME_OF_DAY, target.0, n);
        SingleSchedule {
            micros_after_midnight,
            target,
            owner,
            srv,
        }
    }

    fn first_occurrence_after(&self, now: SimTime, single: SingleSchedule) -> SimTime {
        let micros_today = micros_after_midnight(self.calendar, now);
        let mut wait = (single.micros_after_midnight + DAY_MICROS - micros_today) % DAY_MICROS;
        if wait == 0 {
            wait = DAY_MICROS;
        }
        SimTime(now.0 + wait)
    }

    /// The occurrence that follows `single`'s at `at`, whether or not `single` itself is still there.
    fn single_after(&self, at: SimTime, single: SingleSchedule) -> Option<(SimTime, SingleSchedule)> {
        let later = (Bound::Excluded(single), Bound::Unbounded);
        let elapsed = |next: &SingleSchedule| next.micros_after_midnight - single.micros_after_midnight;
        if let Some(next) = self.state.single.range(later).next() {
            return Some((SimTime(at.0 + elapsed(next)), *next));
        }
        let first = self.state.single.first()?;
        let wait = DAY_MICROS + first.micros_after_midnight - single.micros_after_midnight;
        Some((SimTime(at.0 + wait), *first))
    }
}

fn schedulable() -> impl Iterator<Item = Srv> {
    Srv::all().filter(|srv| srv.entry().dsp_schedulable)
}

/// The DSP's counter of a scheduled read: a function of what is read on which day, so that it depends on nothing
/// else. `schedule` is 0 for single schedules.
fn scheduled_counter(day: u32, schedule: u16, srv: Srv) -> u64 {
    RequestId::DSP_COUNTER | u64::from(day) << 24 | u64::from(schedule) << 8 | u64::from(srv.index())
}

fn micros_after_midnight(calendar: Calendar, time: SimTime) -> u64 {
    calendar.second_of_day(time) * 1_000_000 + time.0 % 1_000_000
}
