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

use secnet_accounts::Part;
use secnet_engine::deadlines::Deadlines;
use secnet_engine::draw::{Draws, Stream};
use secnet_model::{
    Calendar, DeviceId, DeviceStatus, DeviceType, Eui64, PremisesId, RequestId, SimTime, Srv, UserId,
};
use secnet_topology::scenario::ScheduleParams;
use secnet_topology::{Portfolio, UserEntry, UserKind, World};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::Bound;

use crate::access_control::may_be_responsible;
use crate::records::{Records, first_supplier};

const DAY_MICROS: u64 = 86_400_000_000;
/// The time of day of single schedules lies within this long after midnight. Assumed, as the bulk schedules' default.
const SINGLE_WINDOW_MICROS: u64 = 6 * 3_600_000_000;
const COVERED: Stream = Stream::named("dsp-schedule-covered");
const PHASE: Stream = Stream::named("dsp-schedule-phase");
const TIME_OF_DAY: Stream = Stream::named("dsp-schedule-time-of-day");

/// A reading to be started now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ScheduledRead {
    pub id: RequestId,
    pub srv: Srv,
    pub device: DeviceId,
    pub at: SimTime,
}

/// One owner's bulk schedule: what never changes.
#[derive(Clone, Debug)]
struct BulkSchedule {
    owner: UserId,
    srv: Srv,
    device_type: DeviceType,
    /// Whose first premises it walks: the owner's, or those of a Supplier that loses some to the owner.
    walks: UserId,
    portfolio: Portfolio,
    share: f64,
    /// Place in the scenario's list.
    number: u16,
    /// How long before the epoch the first day's window starts.
    lead_micros: u64,
    window_micros: u64,
    /// Where between two readings it begins, in parts of a window, for whoever walks this portfolio: Suppliers of equal size do
    /// not read in step.
    phase_micros: u64,
}

/// The next reading of a bulk schedule: its moment, its day and its place in the portfolio.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Position {
    at: SimTime,
    day: u32,
    index: u32,
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
        let Some(first) = first_supplier(world, device) else {
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
                && schedule.covers_premises(world, records, device)
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

impl BulkSchedule {
    /// `None` where the User may not have such a schedule, or it covers nobody.
    fn new(
        world: &World,
        user: &UserEntry,
        walks: UserId,
        number: u16,
        params: &ScheduleParams,
    ) -> Option<BulkSchedule> {
        let srv = Srv::from_number(&params.srv)?;
        let entry = srv.entry();
        let device_type = *entry.targets.first()?;
        let roles = || user.roles.iter().filter(|role| entry.roles.contains(*role));
        let may_have = roles().any(|role| may_be_responsible(role, device_type));
        let portfolio = world.population.portfolio(walks);
        if !entry.dsp_schedulable
            || !may_have
            || user.suspended
            || params.share <= 0.0
            || portfolio.is_empty()
        {
            return None;
        }
        let since_midnight = micros_after_midnight(world.calendar, SimTime::ZERO);
        let starts_at = params.starts_at.second_of_day() * 1_000_000;
        let window_micros = params.window.as_micros().min(DAY_MICROS);
        Some(BulkSchedule {
            owner: user.id,
            srv,
            device_type,
            walks,
            portfolio,
            share: params.share,
            number,
            lead_micros: (since_midnight + DAY_MICROS - starts_at) % DAY_MICROS,
            window_micros,
            phase_micros: world
                .draws
                .below(window_micros, PHASE, walks.0.into(), number.into()),
        })
    }

    /// The i-th premises is read this long after the window's start.
    #[inline]
    fn offset(&self, index: u32) -> u64 {
        let windows = u128::from(index) * u128::from(self.window_micros) + u128::from(self.phase_micros);
        (windows / u128::from(self.portfolio.len())) as u64
    }

    /// `at` is the epoch for moments before it.
    #[inline]
    fn position(&self, day: u32, index: u32) -> Position {
        let after_first_start = u64::from(day) * DAY_MICROS + self.offset(index);
        Position {
            at: SimTime(after_first_start.saturating_sub(self.lead_micros)),
            day,
            index,
        }
    }

    /// Where it begins: with the scenario, or on the day its owner is told that it has gained premises.
    fn first_of_all(&self, world: &World) -> Position {
        let told_at = match self.walks == self.owner {
            true => SimTime::ZERO,
            false => world.timeline.takeovers().first_told(self.owner),
        };
        match told_at.0.saturating_add(self.lead_micros) / DAY_MICROS {
            0 => self.first_at_or_after_epoch(),
            day => self.position(u32::try_from(day).unwrap_or(u32::MAX), 0),
        }
    }

    /// The window under way when the scenario begins is entered in its middle.
    fn first_at_or_after_epoch(&self) -> Position {
        let (mut low, mut high) = (0, self.portfolio.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.offset(middle) < self.lead_micros {
                low = middle + 1
            } else {
                high = middle
            }
        }
        if low < self.portfolio.len() {
            self.position(0, low)
        } else {
            self.position(1, 0)
        }
    }

    #[inline]
    fn after(&self, position: Position) -> Position {
        if position.index + 1 < self.portfolio.len() {
            self.position(position.day, position.index + 1)
        } else {
            self.position(position.day + 1, 0)
        }
    }

    /// The first reading from `position` on of a premises that has the schedule; "never" past the horizon.
    #[inline]
    fn eligible(&self, world: &World, records: &Records, mut position: Position) -> Position {
        while position.at < world.horizon {
            let premises = self.portfolio.get(position.index);
            if self.covers_premises(world, records, premises.device(self.device_type))
                && self.has_by(world, premises, position.at)
            {
                return position;
            }
            position = self.after(position);
        }
        Position {
            at: SimTime::NEVER,
            ..position
        }
    }

    /// Whether a device of the portfolio has the schedule: one of the share, and in service.
    #[inline]
    fn covers_premises(&self, world: &World, records: &Records, device: DeviceId) -> bool {
        let stream = COVERED.variant(u64::from(self.number));
        let chosen = self.share >= 1.0
            || world.draws.chance(
                self.share,
                stream,
                u64::from(device.premises.0),
                u64::from(self.owner.0),
            );
        chosen && records.status(world, device) == Some(DeviceStatus::Commissioned)
    }

    /// Whether its owner has been told by then that one of the premises it walks is its own. What it had from the start,
    /// only the records take from it.
    #[inline]
    fn has_by(&self, world: &World, premises: PremisesId, at: SimTime) -> bool {
        self.walks == self.owner
            || world
                .timeline
                .takeovers()
                .supplier_as_told(self.walks, premises, at)
                == self.owner
    }

    fn covers(&self, world: &World, records: &Records, now: SimTime, device: DeviceId) -> bool {
        let is_in_portfolio = || match world.users[self.owner.index()].kind {
            UserKind::Supplier => {
                world.population.electricity_supplier(device.premises) == self.walks
                    && records.electricity_supplier(world, device.premises, now) == self.owner
                    && self.has_by(world, device.premises, now)
            }
            UserKind::Dno => records.dno(world, device.premises) == Some(self.owner),
            UserKind::OtherUser => true,
        };
        device.device_type == self.device_type
            && self.covers_premises(world, records, device)
            && is_in_portfolio()
    }

    fn read(&self, position: Position) -> ScheduledRead {
        let device = self.portfolio.get(position.index).device(self.device_type);
        let counter = scheduled_counter(position.day, self.number + 1, self.srv);
        let id = RequestId {
            originator: self.owner,
            target: device.eui64(),
            counter,
        };
        ScheduledRead {
            id,
            srv: self.srv,
            device,
            at: position.at,
        }
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
