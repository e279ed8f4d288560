//! All cells of a region, both directions, and the moments at which one of them has something to do.

use crate::cell::{Channel, Server};
use crate::contention;
use crate::loss::{Loss, Sending};
use crate::priority::class_of;
use crate::waiting_room::{Parcel, WaitingRoom};
use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::load::{BusyParts, Resource, Use};
use secnet_accounts::{Part, figures};
use secnet_engine::{Bits, ItemKind};
use secnet_model::{Region, SimDuration, SimTime, Technology};
use secnet_topology::timeline::Windows;
use secnet_topology::{Reach, World};
use secnet_wire::{Direction, Freight, Identity};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What does not change during a run.
#[derive(Clone, Debug)]
pub struct WanParams {
    pub downlink: Channel,
    /// In a cell that distributes firmware.
    pub downlink_beside_firmware: Channel,
    pub uplink: Channel,
    /// Who may use the uplink for an alert.
    pub access: Option<contention::Channel>,
    /// Messages waiting per cell and direction beyond which the least urgent are refused.
    pub queue_limit: u32,
    /// How long a command is kept; for ever where there is none.
    pub command_time_to_live: Option<SimDuration>,
    pub loss: Loss,
    /// When no transmission starts; one under way ends.
    pub closed: Windows,
    /// When no firmware is distributed.
    pub firmware_closed: Windows,
    pub reach: Reach,
}

impl WanParams {
    #[inline]
    fn has_expired(&self, parcel: &Parcel, now: SimTime) -> bool {
        self.command_time_to_live.is_some_and(|kept| {
            matches!(parcel.freight, Freight::Command(_)) && now.since(parcel.came) > kept
        })
    }
}

/// How a message leaves the cells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Passage {
    /// Its transmission ends then, and is received.
    Sent {
        starts: SimTime,
        ends: SimTime,
    },
    /// Every transmission was lost.
    Lost,
    QueueFull,
    /// A command that could not be sent for as long as it is kept.
    Expired,
    /// Its hub has no energy left to send it.
    OutOfPower,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Traffic {
    pub transmissions: u64,
    pub retransmissions: u64,
    /// Spent waiting in a queue before a transmission, over all transmissions.
    pub waiting: SimDuration,
    pub transmitting: SimDuration,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cells {
    region: Region,
    technology: Technology,
    /// Two per cell: downlink, uplink.
    servers: Vec<Server>,
    room: WaitingRoom,
    /// One for each server in whose queue something waits, one for each loss not yet noticed.
    due: BinaryHeap<Reverse<(SimTime, Event)>>,
    /// Cells that distribute firmware.
    firmware: Bits,
    pub downlink: Traffic,
    pub uplink: Traffic,
    busy_down: BusyParts,
    busy_up: BusyParts,
}

/// Of two at one moment a server sends on before what was lost rejoins the queue, as before what arrives at that moment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
enum Event {
    ServerFree(u32),
    LossNoticed(u32),
}

/// The server of a cell in that direction.
pub const fn server(cell: u32, direction: Direction) -> u32 {
    match direction {
        Direction::Downlink => cell * 2,
        Direction::Uplink => cell * 2 + 1,
    }
}

impl Parcel {
    /// A message that came to its cell at `came`, and joins what waits there now.
    #[inline]
    pub fn new(cell: u32, freight: Freight, came: SimTime, now: SimTime) -> Parcel {
        Parcel {
            server: server(cell, freight.direction()),
            class: class_of(&freight),
            freight,
            came,
            joined: now,
            transmissions: 0,
        }
    }

    /// By number in the region.
    pub fn cell(&self) -> u32 {
        self.server / 2
    }

    pub fn direction(&self) -> Direction {
        match self.server & 1 {
            0 => Direction::Downlink,
            _ => Direction::Uplink,
        }
    }
}

impl Cells {
    pub fn new(region: Region, technology: Technology, cells: u32) -> Cells {
        Cells {
            region,
            technology,
            servers: vec![Server::IDLE; cells as usize * 2],
            room: WaitingRoom::default(),
            due: BinaryHeap::new(),
            firmware: Bits::default(),
            downlink: Traffic::default(),
            uplink: Traffic::default(),
            busy_down: BusyParts::new(cells),
            busy_up: BusyParts::new(cells),
        }
    }

    pub fn count(&self) -> u32 {
        (self.servers.len() / 2) as u32
    }

    pub const fn region(&self) -> Region {
        self.region
    }

    pub fn waiting(&self) -> usize {
        self.room.len()
    }

    /// Whether the cell distributes firmware from now on.
    pub fn distributes(&mut self, cell: u32, does: bool) {
        match does {
            true => self.firmware.insert(cell),
            false => self.firmware.remove(cell),
        };
    }

    /// A message comes to its cell: it is sent at once, waits, or is refused.
    #[inline]
    pub fn offer(
        &mut self,
        now: SimTime,
        params: &WanParams,
        mut parcel: Parcel,
        leave: &mut impl FnMut(Parcel, Passage),
    ) {
        parcel.joined = now;
        if self.servers[parcel.server as usize].is_idle(now) && !params.closed.closed(now) {
            self.transmit(now, params, parcel, leave);
        } else {
            self.queue(now, params, parcel, leave);
        }
    }

    /// Does what is due at or before `now`, in order.
    pub fn wake(&mut self, now: SimTime, params: &WanParams, leave: &mut impl FnMut(Parcel, Passage)) {
        while let Some(Reverse((at, event))) = self.due.peek().copied()
            && at <= now
        {
            self.due.pop();
            match event {
                Event::ServerFree(server) => self.send_next(at, params, server, leave),
                Event::LossNoticed(place) => {
                    let parcel = self.room.remove(place);
                    if parcel.transmissions >= params.loss.transmissions_max {
                        leave(parcel, Passage::Lost);
                    } else if params.has_expired(&parcel, at) {
                        leave(parcel, Passage::Expired);
                    } else {
                        self.offer(at, params, parcel, leave);
                    }
                }
            }
        }
    }

    /// How busy the channels were, but with firmware.
    pub fn uses(&self) -> [(Resource, Use); 2] {
        [
            (
                Resource::downlink(self.region, self.technology),
                self.busy_down.in_all(),
            ),
            (
                Resource::uplink(self.region, self.technology),
                self.busy_up.in_all(),
            ),
        ]
    }

    fn queue(
        &mut self,
        now: SimTime,
        params: &WanParams,
        parcel: Parcel,
        leave: &mut impl FnMut(Parcel, Passage),
    ) {
        let server = &mut self.servers[parcel.server as usize];
        if server.waiting() >= params.queue_limit {
            let Some(place) = server.take_less_urgent(&mut self.room, parcel.class) else {
                return leave(parcel, Passage::QueueFull);
            };
            leave(self.room.remove(place), Passage::QueueFull);
        } else if server.waiting() == 0 {
            let free_at = params.closed.opens(server.free_at.max(now));
            self.due
                .push(Reverse((free_at, Event::ServerFree(parcel.server))));
        }
        let place = self.room.insert(parcel);
        server.join(&mut self.room, place, parcel.class);
    }

    fn send_next(
        &mut self,
        now: SimTime,
        params: &WanParams,
        server: u32,
        leave: &mut impl FnMut(Parcel, Passage),
    ) {
        let parcel = loop {
            let Some(place) = self.servers[server as usize].take_next(&mut self.room) else {
                return;
            };
            let parcel = self.room.remove(place);
            if !params.has_expired(&parcel, now) {
                break parcel;
            }
            leave(parcel, Passage::Expired);
        };
        self.transmit(now, params, parcel, leave);
        let server_state = &self.servers[server as usize];
        if server_state.waiting() > 0 {
            let free_at = params.closed.opens(server_state.free_at.max(now));
            self.due.push(Reverse((free_at, Event::ServerFree(server))));
        }
    }

    #[inline]
    fn transmit(
        &mut self,
        now: SimTime,
        params: &WanParams,
        mut parcel: Parcel,
        leave: &mut impl FnMut(Parcel, Passage),
    ) {
        let direction = parcel.direction();
        let premises = parcel.freight.premises();
        if direction == Direction::Uplink && !params.reach.can_send(premises, now) {
            return leave(parcel, Passage::OutOfPower);
        }
        let cell = parcel.cell();
        let (channel, whole, traffic, busy) = match direction {
            Direction::Downlink => {
                let beside_firmware = !self.firmware.is_empty()
                    && self.firmware.has(cell)
                    && !params.firmware_closed.closed(now);
                let channel = match beside_firmware {
                    true => params.downlink_beside_firmware,
                    false => params.downlink,
                };
                (channel, params.downlink, &mut self.downlink, &mut self.busy_down)
            }
            Direction::Uplink => (params.uplink, params.uplink, &mut self.uplink, &mut self.busy_up),
        };
        let takes = channel.transmission_time(parcel.freight.bytes());
        let ends = now + takes;
        busy.add(cell, now, channel.part_of(whole, takes));
        self.servers[parcel.server as usize].free_at = ends;
        traffic.transmissions += 1;
        traffic.retransmissions += u64::from(parcel.transmissions > 0);
        traffic.waiting += now.since(parcel.joined);
        traffic.transmitting += takes;
        parcel.transmissions += 1;
        let identity = Identity::of(&parcel.freight);
        let sending = Sending {
            direction,
            premises,
            cell,
            at: now,
        };
        let gets_there = match direction {
            Direction::Downlink => params.reach.hears(premises, ends),
            Direction::Uplink => params.reach.is_heard(premises, ends),
        };
        let lost = !gets_there || params.loss.strikes(sending, identity, parcel.transmissions);
        if lost {
            let place = self.room.insert(parcel);
            self.due.push(Reverse((
                ends + params.loss.retransmit_after,
                Event::LossNoticed(place),
            )));
        } else {
            leave(parcel, Passage::Sent { starts: now, ends });
        }
    }
}

figures! {
    /// What the radio did.
    struct Radio: "CSPs' radio" in "csp" {
        /// Transmissions to premises, repeated ones included.
        downlink_transmissions: sum "transmissions" as "downlink.transmissions",
        /// Repeated transmissions to premises.
        downlink_retransmissions: sum "transmissions" as "downlink.retransmissions",
        /// Time that messages to premises waited in a queue.
        downlink_waiting_us: sum "µs" as "downlink.waiting_us",
        /// Airtime of transmissions to premises.
        downlink_transmitting_us: sum "µs" as "downlink.transmitting_us",
        /// Transmissions from premises, repeated ones included.
        uplink_transmissions: sum "transmissions" as "uplink.transmissions",
        /// Repeated transmissions from premises.
        uplink_retransmissions: sum "transmissions" as "uplink.retransmissions",
        /// Time that messages from premises waited in a queue.
        uplink_waiting_us: sum "µs" as "uplink.waiting_us",
        /// Airtime of transmissions from premises.
        uplink_transmitting_us: sum "µs" as "uplink.transmitting_us",
        /// Repeated transmissions both ways.
        retransmissions: sum "transmissions",
    }
}

impl Part for Cells {
    /// The next moment a queue moves or a loss is noticed.
    #[inline]
    fn next_deadline(&self, _world: &World) -> SimTime {
        self.due.peek().map_or(SimTime::NEVER, |Reverse((at, _))| *at)
    }

    /// The alerts that wait. One that is being received already travels as an envelope.
    fn held(&self, kind: ItemKind) -> u64 {
        match kind {
            ItemKind::DeviceAlert => self.room.alerts(),
            ItemKind::ServiceRequest
            | ItemKind::ScheduledRead
            | ItemKind::DccAlert
            | ItemKind::FirmwareUpdate => 0,
        }
    }

    fn figures(&self, _world: &World, figures: &mut Figures) {
        let (down, up) = (&self.downlink, &self.uplink);
        let radio = Radio {
            downlink_transmissions: down.transmissions,
            downlink_retransmissions: down.retransmissions,
            downlink_waiting_us: down.waiting.0,
            downlink_transmitting_us: down.transmitting.0,
            uplink_transmissions: up.transmissions,
            uplink_retransmissions: up.retransmissions,
            uplink_waiting_us: up.waiting.0,
            uplink_transmitting_us: up.transmitting.0,
            retransmissions: down.retransmissions + up.retransmissions,
        };
        figures.put(Key::network(self.region, self.technology), &radio);
    }

    fn memory_bytes(&self) -> usize {
        self.servers.capacity() * size_of::<Server>()
            + self.room.memory_bytes()
            + self.due.capacity() * size_of::<Reverse<(SimTime, Event)>>()
            + self.busy_down.memory_bytes()
            + self.busy_up.memory_bytes()
    }
}
