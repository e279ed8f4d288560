//! Random access to a cell's uplink: how hubs that have an alert at once get in each other's way.
//!
//! The model is framed slotted ALOHA with geometric back-off. A frame has `slots` slots. In each frame that begins with an alert of its
//! own waiting, a hub asks for the channel with the chance `attempt_share`, in a slot drawn evenly. A slot with one request is granted. Of
//! several in one slot the strongest is granted with the chance `capture_share`, the others never. Who is granted joins the cell's
//! queue when the frame ends; the others go on in the next frame, until `frames_max` are over or the hub's energy is.
//!
//! Of `n` hubs, with `p = attempt_share / slots`, a frame grants on average
//! `n·slots·p·(1−p)^(n−1) + capture_share·slots·(1 − (1−p)^n − n·p·(1−p)^(n−1))`,
//! whose first term falls to nought as `n` grows past `slots / attempt_share`.
//!
//! Responses are not in it: a hub that was sent a command is given airtime for its answer. Assumed, as all of this is.

use crate::cell_map::CellMap;
use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::{Part, figures};
use secnet_engine::draw::Stream;
use secnet_engine::{Draws, ItemKind};
use secnet_model::{Region, SimDuration, SimTime, Technology};
use secnet_topology::scenario::ContentionParams;
use secnet_topology::timeline::Windows;
use secnet_topology::{Reach, World};
use secnet_wire::{DeviceAlert, Freight, Identity};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

const ATTEMPTS: Stream = Stream::named("csp-contention-attempt");
const SLOT: Stream = Stream::named("csp-contention-slot");
const CAPTURED: Stream = Stream::named("csp-contention-captured");
const STRONGEST: Stream = Stream::named("csp-contention-strongest");

/// What does not change.
#[derive(Clone, Debug)]
pub struct Channel {
    draws: Draws,
    cells: CellMap,
    slots: u64,
    frame: SimDuration,
    attempt_share: f64,
    capture_share: f64,
    frames_max: u16,
}

/// The alerts whose hubs ask for the channel, by the end of the frame they ask in, and by cell.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Contention {
    region: Region,
    technology: Technology,
    /// When a frame ends, and in which cell.
    due: BTreeSet<(SimTime, u32)>,
    by_cell: BTreeMap<u32, Vec<Contender>>,
    counts: Counts,
}

#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
struct Contender {
    alert: DeviceAlert,
    /// When it came to the cell.
    came: SimTime,
    /// Frames that are over in which it could ask.
    frames: u16,
    /// The first frame it can ask in begins then.
    from: SimTime,
}

/// How an alert leaves the contention.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    Granted,
    OutOfPower,
    /// It has asked in as many frames as it may.
    GivenUp,
}

figures! {
    /// What hubs' random access came to.
    struct Counts: "CSPs' random access" in "csp" {
        /// Requests for the channel.
        requests: sum "requests" as "access.requests" if nonzero,
        /// Requests that met others in their slot.
        collided: sum "requests" as "access.collided" if nonzero,
        /// Requests granted though they met others.
        captured: sum "requests" as "access.captured" if nonzero,
        /// Alerts granted the channel.
        granted: sum "alerts" as "access.granted" if nonzero,
        /// The most hubs that had an alert in one cell and frame.
        contenders_max: max "hubs" as "access.contenders_max" if nonzero,
    }
}

impl Channel {
    /// `None` where there is no contention.
    pub fn of(world: &World, cells: CellMap, params: Option<&ContentionParams>) -> Option<Channel> {
        let params = params?;
        Some(Channel {
            draws: world.draws,
            cells,
            slots: params.slots.into(),
            frame: SimDuration(SimDuration::from(params.slot).0 * u64::from(params.slots)),
            attempt_share: params.attempt_share,
            capture_share: params.capture_share,
            frames_max: params.frames_max as u16,
        })
    }

    /// The first frame that begins at `at` or later.
    fn frame_from(&self, at: SimTime) -> SimTime {
        SimTime(at.0.div_ceil(self.frame.0).saturating_mul(self.frame.0))
    }
}

impl Contention {
    pub fn new(region: Region, technology: Technology) -> Contention {
        Contention {
            region,
            technology,
            due: BTreeSet::new(),
            by_cell: BTreeMap::new(),
            counts: Counts::default(),
        }
    }

    /// An alert comes to its cell.
    pub fn join(&mut self, now: SimTime, channel: &Channel, cell: u32, alert: DeviceAlert) {
        let from = channel.frame_from(now);
        self.due.insert((from + channel.frame, cell));
        self.by_cell.entry(cell).or_default().push(Contender {
            alert,
            came: now,
            frames: 0,
            from,
        });
    }

    /// The frames that have ended by `now`.
    pub fn wake(
        &mut self,
        now: SimTime,
        channel: &Channel,
        reach: &Reach,
        closed: &Windows,
        leave: &mut impl FnMut(SimTime, DeviceAlert, Access),
    ) {
        while let Some((at, cell)) = self.due.first().copied().filter(|(at, _)| *at <= now) {
            self.due.remove(&(at, cell));
            let mut contenders = self.by_cell.remove(&cell).unwrap_or_default();
            // While the network is out nobody hears them.
            match closed.closed(at) {
                true => {
                    contenders.retain(|it| still_powered(it, at, reach, leave));
                }
                false => self.frame(at, channel, cell, &mut contenders, reach, leave),
            }
            if let Some(from) = contenders.iter().map(|it| it.from.max(at)).min() {
                let opens = closed.opens(from);
                if !opens.is_never() {
                    self.due.insert((channel.frame_from(opens) + channel.frame, cell));
                }
                self.by_cell.insert(cell, contenders);
            }
        }
    }

    /// One frame of a cell ends. Who leaves is taken out.
    fn frame(
        &mut self,
        at: SimTime,
        channel: &Channel,
        cell: u32,
        contenders: &mut Vec<Contender>,
        reach: &Reach,
        leave: &mut impl FnMut(SimTime, DeviceAlert, Access),
    ) {
        let began = at.saturating_sub(channel.frame);
        let in_frame = contenders.iter().filter(|it| it.from <= began).count();
        self.counts.contenders_max = self.counts.contenders_max.max(in_frame as u64);
        let mut requests: Vec<(u64, usize)> = Vec::new();
        for (place, it) in contenders.iter().enumerate() {
            let identity = Identity::of(&Freight::Alert(it.alert));
            let n = identity.n ^ u64::from(it.frames) << 40;
            let asks = it.from <= began
                && channel
                    .draws
                    .chance(channel.attempt_share, ATTEMPTS, identity.id, n)
                && reach.can_send(Some(it.alert.device.premises), began);
            if asks {
                requests.push((channel.draws.below(channel.slots, SLOT, identity.id, n), place));
            }
        }
        requests.sort_unstable();
        let mut granted = BTreeSet::new();
        let of_region = channel.cells.key(cell);
        for in_slot in requests.chunk_by(|one, other| one.0 == other.0) {
            let met = in_slot.len() as u64;
            self.counts.requests += met;
            if met == 1 {
                granted.insert(in_slot[0].1);
                continue;
            }
            self.counts.collided += met;
            // Each slot has a number of its own.
            let n = (began.0 / channel.frame.0) * channel.slots + in_slot[0].0;
            if channel
                .draws
                .chance(channel.capture_share, CAPTURED, of_region, n)
            {
                let strongest = channel.draws.below(met, STRONGEST, of_region, n) as usize;
                granted.insert(in_slot[strongest].1);
                self.counts.captured += 1;
            }
        }
        self.counts.granted += granted.len() as u64;
        let mut place = 0;
        contenders.retain_mut(|it| {
            let is_granted = granted.contains(&place);
            place += 1;
            if is_granted {
                leave(it.came, it.alert, Access::Granted);
                return false;
            }
            it.frames += u16::from(it.from <= began);
            if it.frames >= channel.frames_max {
                leave(it.came, it.alert, Access::GivenUp);
                return false;
            }
            still_powered(it, at, reach, leave)
        });
    }
}

/// A hub without energy leaves.
fn still_powered(
    contender: &Contender,
    at: SimTime,
    reach: &Reach,
    leave: &mut impl FnMut(SimTime, DeviceAlert, Access),
) -> bool {
    let powered = reach.can_send(Some(contender.alert.device.premises), at);
    if !powered {
        leave(contender.came, contender.alert, Access::OutOfPower);
    }
    powered
}

impl Part for Contention {
    #[inline]
    fn next_deadline(&self, _world: &World) -> SimTime {
        self.due.first().map_or(SimTime::NEVER, |(at, _)| *at)
    }

    fn held(&self, kind: ItemKind) -> u64 {
        match kind {
            ItemKind::DeviceAlert => self.by_cell.values().map(|it| it.len() as u64).sum(),
            ItemKind::ServiceRequest
            | ItemKind::ScheduledRead
            | ItemKind::DccAlert
            | ItemKind::FirmwareUpdate => 0,
        }
    }

    fn figures(&self, _world: &World, figures: &mut Figures) {
        if self.counts != Counts::default() {
            figures.put(Key::network(self.region, self.technology), &self.counts);
        }
    }

    fn memory_bytes(&self) -> usize {
        let contenders: usize = self.by_cell.values().map(Vec::capacity).sum();
        contenders * size_of::<Contender>()
    }
}
