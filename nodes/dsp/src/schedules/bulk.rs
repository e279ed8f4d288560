//! Bulk schedules: a walk over a portfolio, day by day, in which the next reading is arithmetic over the last.

use super::share::Share;
use super::{DAY_MICROS, ScheduledRead, micros_after_midnight, scheduled_counter};
use crate::access_control::may_be_responsible;
use crate::records::Records;
use secnet_engine::draw::{Draws, Stream};
use secnet_model::{DeviceId, DeviceType, PremisesId, RequestId, SimTime, Srv, UserId};
use secnet_topology::scenario::ScheduleParams;
use secnet_topology::{Portfolio, UserEntry, UserKind, World};
use serde::{Deserialize, Serialize};

const COVERED: Stream = Stream::named("dsp-schedule-covered");
const PHASE: Stream = Stream::named("dsp-schedule-phase");
const JITTER: Stream = Stream::named("dsp-schedule-jitter");

/// One owner's bulk schedule: what never changes.
#[derive(Clone, Debug)]
pub(super) struct BulkSchedule {
    pub(super) owner: UserId,
    pub(super) srv: Srv,
    pub(super) device_type: DeviceType,
    /// Whose first premises it walks: the owner's, or those of a Supplier that loses some to the owner.
    pub(super) walks: UserId,
    portfolio: Portfolio,
    share: Share,
    /// Place in the scenario's list.
    number: u16,
    /// How long before the epoch the first day's window starts.
    lead_micros: u64,
    window_micros: u64,
    /// Where between two readings it begins, in parts of a window, for whoever walks this portfolio: Suppliers of equal size do
    /// not read in step.
    phase_micros: u64,
    /// How far each reading strays, likewise in parts of a window; `None` where none does.
    jitter: Option<Jitter>,
}

/// Readings stray within the time until the next, so that they keep their order.
#[derive(Clone, Copy, Debug)]
struct Jitter {
    draws: Draws,
    stream: Stream,
    max_micros: u64,
}

/// The next reading of a bulk schedule: its moment, its day and its place in the portfolio.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Position {
    pub(super) at: SimTime,
    day: u32,
    index: u32,
}

impl BulkSchedule {
    /// `None` where the User may not have such a schedule, or it covers nobody.
    pub(super) fn new(
        world: &World,
        user: &UserEntry,
        walks: UserId,
        number: u16,
        params: &ScheduleParams,
    ) -> Option<BulkSchedule> {
        let srv = Srv::from_number(&params.srv)?;
        let entry = srv.entry();
        let device_type = params.device_type(srv)?;
        let roles = || user.roles.iter().filter(|role| entry.roles.contains(*role));
        let may_have =
            entry.may_target(device_type) && roles().any(|role| may_be_responsible(role, device_type));
        let portfolio = world.portfolio(user.kind, walks, device_type.is_gas());
        let share = Share::of(world, user.kind, srv, device_type, params);
        if !entry.dsp_schedulable || !may_have || user.suspended || share.is_zero() || portfolio.is_empty() {
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
            share,
            number,
            lead_micros: (since_midnight + DAY_MICROS - starts_at) % DAY_MICROS,
            window_micros,
            phase_micros: world
                .draws
                .below(window_micros, PHASE, walks.0.into(), number.into()),
            jitter: Some(Jitter {
                draws: world.draws,
                stream: JITTER.variant(number.into()),
                max_micros: (window_micros as f64 * params.jitter) as u64,
            })
            .filter(|jitter| jitter.max_micros > 0),
        })
    }

    /// The i-th premises is read this long after the window's start.
    #[inline]
    fn offset(&self, day: u32, index: u32) -> u64 {
        let strays = self.jitter.map_or(0, |jitter| {
            let walk = u64::from(self.walks.0) << 32 | u64::from(index);
            jitter
                .draws
                .below(jitter.max_micros, jitter.stream, walk, day.into())
        });
        let evenly = u128::from(index) * u128::from(self.window_micros);
        let windows = evenly + u128::from(self.phase_micros) + u128::from(strays);
        (windows / u128::from(self.portfolio.len())) as u64
    }

    /// `at` is the epoch for moments before it.
    #[inline]
    fn position(&self, day: u32, index: u32) -> Position {
        let after_first_start = u64::from(day) * DAY_MICROS + self.offset(day, index);
        Position {
            at: SimTime(after_first_start.saturating_sub(self.lead_micros)),
            day,
            index,
        }
    }

    /// Where it begins: with the scenario, or on the day its owner is told that it has gained premises.
    pub(super) fn first_of_all(&self, world: &World) -> Position {
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
            if self.offset(0, middle) < self.lead_micros {
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
    pub(super) fn after(&self, position: Position) -> Position {
        if position.index + 1 < self.portfolio.len() {
            self.position(position.day, position.index + 1)
        } else {
            self.position(position.day + 1, 0)
        }
    }

    /// The first reading from `position` on of a premises that has the schedule; "never" past the horizon.
    #[inline]
    pub(super) fn eligible(&self, world: &World, records: &Records, mut position: Position) -> Position {
        while position.at < world.horizon {
            let premises = self.portfolio.get(position.index);
            if self.covers_premises(world, records, premises.device(self.device_type), position.at)
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

    /// Whether a device of the portfolio has the schedule then: one of the share, and in service. Whichever share it is, those of a
    /// smaller one are among those of a larger.
    #[inline]
    pub(super) fn covers_premises(
        &self,
        world: &World,
        records: &Records,
        device: DeviceId,
        at: SimTime,
    ) -> bool {
        let stream = COVERED.variant(u64::from(self.number));
        let share = self.share.at(at);
        let chosen = share >= 1.0
            || world.draws.chance(
                share,
                stream,
                u64::from(device.premises.0),
                u64::from(self.owner.0),
            );
        chosen && records.in_service(world, device)
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

    pub(super) fn covers(&self, world: &World, records: &Records, now: SimTime, device: DeviceId) -> bool {
        let is_in_portfolio = || match world.users[self.owner.index()].kind {
            UserKind::Supplier => {
                world.population.first_supplier(device) == Some(self.walks)
                    && records.supplier(world, device, now) == Some(self.owner)
                    && self.has_by(world, device.premises, now)
            }
            UserKind::Dno => records.dno(world, device.premises) == Some(self.owner),
            UserKind::OtherUser => true,
        };
        device.device_type == self.device_type
            && self.covers_premises(world, records, device, now)
            && is_in_portfolio()
    }

    pub(super) fn read(&self, position: Position) -> ScheduledRead {
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
