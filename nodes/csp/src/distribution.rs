//! Firmware images on the SM WAN.
//!
//! While a cell has an image to distribute, a share of its downlink is the image's and the rest everybody else's. Where the CSP broadcasts,
//! a round sends the whole image to all hubs of the cell that want it, and further rounds what any of them has missed; what is left then
//! goes to each hub by itself. Elsewhere all go by themselves, one after another. A hub that does not hear is tried again later, and goes on
//! where it was interrupted. Assumed, all of it (domain.md §8, §9).
//!
//! Not here: which blocks are lost ([`blocks`]), what other messages have of the downlink (`cells.rs`).

pub mod blocks;

use crate::cell::Channel;
use crate::loss::{Loss, Sending};
use blocks::{DEAF, Reception};
use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::{Part, figures};
use secnet_engine::{Bits, Draws};
use secnet_model::{PremisesId, Region, SimDuration, SimTime, UserId};
use secnet_topology::scenario::CspParams;
use secnet_topology::timeline::Windows;
use secnet_topology::{Reach, TimeOfDay, World};
use secnet_wire::{Direction, Image};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const DAY_SECONDS: u64 = 86_400;

/// What does not change during a run.
#[derive(Clone, Debug)]
pub struct Plan {
    world: Arc<World>,
    region: Region,
    /// What images have of a cell's downlink.
    channel: Channel,
    broadcasts: bool,
    /// When nothing is distributed.
    pub closed: Windows,
    /// By campaign.
    blocks: Vec<u32>,
    loss: Loss,
    reach: Reach,
}

/// Budget: a bit for each hub of a cell that has an image to distribute, for each image.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Distribution {
    region: Region,
    cells: BTreeMap<u32, CellWork>,
    due: BTreeSet<(SimTime, u32)>,
    counts: Counts,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct CellWork {
    /// In the order in which they came.
    wanted: Vec<Wanted>,
    sending: Option<Sent>,
    due: SimTime,
}

/// An image that hubs of a cell are to receive. Hubs are numbered within the cell.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Wanted {
    campaign: u16,
    user: UserId,
    hubs: Bits,
    stage: Stage,
    /// When the CSP reports failure for all that have not got it.
    until: SimTime,
    /// Beginning and end of the rounds that were broadcast.
    rounds: Vec<(SimTime, SimTime)>,
    /// Hubs that missed so much of the first round that they take no part in the others.
    apart: Bits,
    /// The hub after the last that was served by itself.
    next_hub: u32,
    /// Blocks that are still to be sent to a hub that was interrupted.
    interrupted: BTreeMap<u32, u32>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
enum Stage {
    /// Waits for others until then, to be broadcast.
    Gathering(SimTime),
    Broadcast,
    /// To each hub by itself, from then on.
    Alone(SimTime),
}

/// What a cell is sending, until `ends`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Sent {
    /// Its place among those wanted.
    wanted: usize,
    /// The hub it is for; `None` of a broadcast.
    hub: Option<u32>,
    starts: SimTime,
    ends: SimTime,
    /// Blocks for the hub that are left at the end, as it hears no more.
    left: u32,
}

/// What others have to know of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Told {
    /// A cell has done with an image.
    Over { image: Image, delivered: bool },
    /// A cell sends from now on, or no more.
    Sends { cell: u32, does: bool },
}

figures! {
    /// Firmware on the SM WAN.
    struct Counts: "CSPs' firmware" in "csp" {
        /// Images that came for a device.
        images: sum "images" as "firmware.images" if nonzero,
        /// Rounds broadcast in a cell.
        rounds: sum "rounds" as "firmware.rounds" if nonzero,
        /// Transfers to one hub.
        transfers: sum "transfers" as "firmware.transfers" if nonzero,
        /// Transfers that a hub did not hear to their end.
        interrupted: sum "transfers" as "firmware.transfers_interrupted" if nonzero,
        /// Blocks broadcast.
        broadcast_blocks: sum "blocks" as "firmware.broadcast_blocks" if nonzero,
        /// Blocks sent to one hub, those sent again included.
        alone_blocks: sum "blocks" as "firmware.alone_blocks" if nonzero,
        /// Octets of all those blocks.
        bytes: sum "B" as "firmware.bytes" if nonzero,
        /// Time for which cells were sending them, with a share of their downlink.
        sending_us: sum "µs" as "firmware.sending_us" if nonzero,
        /// Images that reached their hub.
        delivered: sum "images" as "firmware.delivered" if nonzero,
        /// Images that did not.
        given_up: sum "images" as "firmware.given_up" if nonzero,
        /// The most rounds it took a cell until all its hubs had an image, or were left to be served by themselves.
        rounds_max: max "rounds" as "firmware.rounds_max" if nonzero,
    }
}

impl Plan {
    pub fn new(world: &Arc<World>, region: Region, params: &CspParams) -> Plan {
        let (firmware, rate) = (&world.scenario.firmware, params.downlink_rate.bits_per_second());
        let campaigns = world.scenario.campaigns.iter();
        Plan {
            region,
            channel: Channel {
                bits_per_second: part(rate, params.firmware_share),
                overhead_bytes: params.overhead.0 as u32,
            },
            broadcasts: params.firmware_broadcast,
            closed: closed(world, region),
            blocks: campaigns
                .map(|campaign| firmware.blocks(campaign.image))
                .collect(),
            loss: Loss::new(world.draws, region, params),
            reach: Reach::new(world),
            world: Arc::clone(world),
        }
    }

    /// What other messages have of a cell's downlink meanwhile.
    pub fn rest(params: &CspParams) -> u64 {
        let rate = params.downlink_rate.bits_per_second();
        (rate - part(rate, params.firmware_share)).max(1)
    }

    fn blocks(&self, campaign: u16) -> u32 {
        self.blocks
            .get(usize::from(campaign))
            .copied()
            .unwrap_or_default()
    }

    fn airtime(&self, blocks: u32) -> SimDuration {
        let block = self.world.scenario.firmware.block.0 as u32;
        SimDuration(self.channel.transmission_time(block).0 * u64::from(blocks))
    }

    /// When something ends that starts then and is on air for so long: nothing is sent in between while the cell is closed.
    fn ends(&self, starts: SimTime, airtime: SimDuration) -> SimTime {
        let (mut at, mut left) = (self.closed.opens(starts), airtime);
        loop {
            let closes = self.closed.next_change(at);
            if at.is_never() || closes.is_never() || closes.since(at) >= left {
                return at + left;
            }
            left = SimDuration(left.0 - closes.since(at).0);
            at = self.closed.opens(closes);
        }
    }

    fn premises(&self, cell: u32, hub: u32) -> PremisesId {
        PremisesId(self.world.population.cell_premises(self.region, cell, cell).start + hub)
    }

    /// The chance that a block is lost to a hub: all are, to one that does not hear.
    fn loss(&self, cell: u32, hub: u32, starts: SimTime, ends: SimTime) -> f64 {
        let premises = Some(self.premises(cell, hub));
        if !(self.reach.hears(premises, starts) && self.reach.hears(premises, ends)) {
            return 1.0;
        }
        self.loss.probability(Sending {
            direction: Direction::Downlink,
            premises,
            cell,
            at: starts,
        })
    }

    fn reception(&self, cell: u32, hub: u32, campaign: u16) -> Reception {
        Reception {
            draws: self.draws(),
            premises: self.premises(cell, hub),
            campaign,
            blocks: self.blocks(campaign),
        }
    }

    fn draws(&self) -> Draws {
        self.world.draws
    }
}

/// Of a rate, a share of more than nothing.
fn part(rate: u64, share: f64) -> u64 {
    ((rate as f64 * share).round() as u64).max(1)
}

/// The CSP's own closures, and the hours of the day in which it distributes nothing.
fn closed(world: &World, region: Region) -> Windows {
    let params = &world.scenario.firmware;
    let (from, to): (TimeOfDay, TimeOfDay) = (params.not_before, params.not_after);
    let mut intervals: Vec<_> = world.timeline.csp(region).iter().cloned().collect();
    if from != to && !world.scenario.campaigns.is_empty() {
        let (opens, closes) = (from.second_of_day(), to.second_of_day());
        let shut_for = (opens + DAY_SECONDS - closes) % DAY_SECONDS;
        let into_the_day = world.calendar.epoch_unix_seconds % DAY_SECONDS;
        let days = world.end.as_whole_secs() / DAY_SECONDS + 2;
        // From the day before the epoch on, which may reach into it; seconds are counted from the midnight that begins it.
        let since_epoch = |second: u64| SimTime::from_secs(second.saturating_sub(DAY_SECONDS + into_the_day));
        intervals.extend((0..=days).map(|day| {
            let shuts = day * DAY_SECONDS + closes;
            since_epoch(shuts)..since_epoch(shuts + shut_for)
        }));
    }
    Windows::union(intervals)
}

impl Distribution {
    pub fn new(region: Region) -> Distribution {
        Distribution {
            region,
            cells: BTreeMap::new(),
            due: BTreeSet::new(),
            counts: Counts::default(),
        }
    }

    /// An image comes for a device of the cell.
    pub fn want(&mut self, now: SimTime, plan: &Plan, cell: u32, image: Image) {
        let params = &plan.world.scenario.firmware;
        self.counts.images += 1;
        let first = plan.world.population.cell_premises(self.region, cell, cell).start;
        let hub = image.device.premises.0 - first;
        let work = self.cells.entry(cell).or_insert_with(|| CellWork {
            due: SimTime::NEVER,
            ..CellWork::default()
        });
        let stage = match plan.broadcasts {
            true => Stage::Gathering(now + params.gather.as_duration()),
            false => Stage::Alone(now),
        };
        let until = now + params.keep.as_duration();
        // One that is being broadcast is past taking others in.
        let open = work.wanted.iter_mut().find(|wanted| {
            let takes = !plan.broadcasts || matches!(wanted.stage, Stage::Gathering(_));
            takes && (wanted.campaign, wanted.user) == (image.campaign, image.user)
        });
        match open {
            Some(wanted) => {
                wanted.hubs.insert(hub);
                wanted.until = until;
                if let Stage::Alone(from) = &mut wanted.stage {
                    *from = now.min(*from);
                }
            }
            None => work.wanted.push(Wanted {
                campaign: image.campaign,
                user: image.user,
                hubs: Bits::from_iter([hub]),
                stage,
                until,
                rounds: Vec::new(),
                apart: Bits::default(),
                next_hub: 0,
                interrupted: BTreeMap::new(),
            }),
        }
        if work.sending.is_none() {
            let due = work.next_start(now, plan);
            self.set_due(cell, due);
        }
    }

    /// Does what is due at or before `now`.
    pub fn wake(&mut self, now: SimTime, plan: &Plan, tell: &mut impl FnMut(Told)) {
        while let Some((at, cell)) = self.due.first().copied()
            && at <= now
        {
            self.due.pop_first();
            let Some(mut work) = self.cells.remove(&cell) else {
                continue;
            };
            work.due = SimTime::NEVER;
            let did_send = work.sending.is_some();
            let mut finished = |wanted: &Wanted, hub: u32, delivered: bool| {
                let (campaign, user) = (wanted.campaign, wanted.user);
                let device_type = plan.world.scenario.campaigns[usize::from(campaign)].device;
                let device = plan.premises(cell, hub).device(device_type);
                let image = Image {
                    device,
                    campaign,
                    user,
                };
                tell(Told::Over { image, delivered });
            };
            let counts = &mut self.counts;
            if let Some(sent) = work.sending.take() {
                work.wanted[sent.wanted].finish(plan, cell, sent, counts, &mut finished);
            }
            work.give_up(at, counts, &mut finished);
            work.start(at, plan, cell, counts);
            let does = work.sending.is_some();
            if does != did_send {
                tell(Told::Sends { cell, does });
            }
            if work.wanted.is_empty() {
                continue;
            }
            let due = match work.sending {
                Some(sent) => sent.ends,
                None => work.next_start(at, plan),
            };
            self.cells.insert(cell, work);
            self.set_due(cell, due);
        }
    }

    fn set_due(&mut self, cell: u32, at: SimTime) {
        let Some(work) = self.cells.get_mut(&cell) else {
            return;
        };
        if work.due != at {
            self.due.remove(&(work.due, cell));
            work.due = at;
            self.due.insert((at, cell));
        }
    }
}

impl CellWork {
    /// When the cell next starts something, or gives something up, were nobody to come.
    fn next_start(&self, now: SimTime, plan: &Plan) -> SimTime {
        let next = self.wanted.iter().map(|wanted| {
            let starts = match wanted.stage {
                Stage::Gathering(until) => until,
                Stage::Broadcast => now,
                Stage::Alone(from) => from,
            };
            plan.closed.opens(starts.max(now)).min(wanted.until)
        });
        next.min().unwrap_or(SimTime::NEVER)
    }

    fn give_up(&mut self, now: SimTime, counts: &mut Counts, finished: &mut impl FnMut(&Wanted, u32, bool)) {
        for wanted in self.wanted.iter_mut().filter(|wanted| wanted.until <= now) {
            for hub in wanted.hubs.iter() {
                counts.given_up += 1;
                finished(wanted, hub, false);
            }
            wanted.hubs.clear();
        }
        self.wanted.retain(|wanted| !wanted.hubs.is_empty());
    }

    /// Starts the first of those wanted that can be sent.
    fn start(&mut self, now: SimTime, plan: &Plan, cell: u32, counts: &mut Counts) {
        if plan.closed.closed(now) {
            return;
        }
        for (place, wanted) in self.wanted.iter_mut().enumerate() {
            if let Some(sent) = wanted.start(now, plan, cell, place, counts) {
                self.sending = Some(sent);
                return;
            }
        }
    }
}

impl Wanted {
    fn start(
        &mut self,
        now: SimTime,
        plan: &Plan,
        cell: u32,
        place: usize,
        counts: &mut Counts,
    ) -> Option<Sent> {
        match self.stage {
            Stage::Gathering(until) if until > now => None,
            Stage::Gathering(_) => {
                self.stage = Stage::Broadcast;
                Some(self.round(now, plan, place, plan.blocks(self.campaign), counts))
            }
            Stage::Broadcast => {
                let union = self.missing_of_all(plan, cell);
                Some(self.round(now, plan, place, union.len(), counts))
            }
            Stage::Alone(from) if from > now => None,
            Stage::Alone(_) => {
                let sent = self.alone(now, plan, cell, place, counts);
                if sent.is_none() {
                    self.stage = Stage::Alone(now + plan.world.scenario.firmware.again_after.as_duration());
                }
                sent
            }
        }
    }

    fn round(&mut self, now: SimTime, plan: &Plan, place: usize, blocks: u32, counts: &mut Counts) -> Sent {
        let airtime = plan.airtime(blocks);
        counts.rounds += 1;
        counts.broadcast_blocks += u64::from(blocks);
        counts.bytes += u64::from(blocks) * plan.world.scenario.firmware.block.0;
        counts.sending_us += airtime.0;
        Sent {
            wanted: place,
            hub: None,
            starts: now,
            ends: plan.ends(now, airtime),
            left: 0,
        }
    }

    /// What a hub has missed of the rounds it took part in.
    fn missing(&self, plan: &Plan, cell: u32, hub: u32) -> Vec<u32> {
        let rounds = match self.apart.has(hub) {
            true => &self.rounds[..1],
            false => &self.rounds[..],
        };
        let losses = rounds
            .iter()
            .map(|(starts, ends)| plan.loss(cell, hub, *starts, *ends));
        plan.reception(cell, hub, self.campaign).missing(losses)
    }

    /// What any hub has missed that takes part in the rounds.
    fn missing_of_all(&self, plan: &Plan, cell: u32) -> Bits {
        let hubs = self.hubs.iter().filter(|hub| !self.apart.has(*hub));
        hubs.flat_map(|hub| self.missing(plan, cell, hub)).collect()
    }

    /// The next hub that hears, after the last one served.
    fn alone(
        &mut self,
        now: SimTime,
        plan: &Plan,
        cell: u32,
        place: usize,
        counts: &mut Counts,
    ) -> Option<Sent> {
        let later = self.hubs.from(self.next_hub);
        let mut hubs = later.chain(self.hubs.iter().take_while(|hub| *hub < self.next_hub));
        let hub = hubs.find(|hub| plan.loss(cell, *hub, now, now) < DEAF)?;
        let reception = plan.reception(cell, hub, self.campaign);
        let blocks = match self.interrupted.remove(&hub) {
            Some(left) => left,
            None => {
                let missing = self.missing(plan, cell, hub).len() as u32;
                let round = self.rounds.len() as u32 + 1;
                reception.attempts(round, plan.loss(cell, hub, now, now), missing)
            }
        };
        let hears = |sent: u32| {
            let ends = plan.ends(now, plan.airtime(sent));
            plan.reach.hears(Some(reception.premises), ends)
        };
        let heard = match hears(blocks) {
            true => blocks,
            // It hears the first of them and not the last: where that changes.
            false => {
                let (mut heard, mut unheard) = (0, blocks);
                while unheard - heard > 1 {
                    let middle = heard + (unheard - heard) / 2;
                    match hears(middle) {
                        true => heard = middle,
                        false => unheard = middle,
                    }
                }
                heard
            }
        };
        let left = blocks - heard;
        // The block that is not acknowledged is sent too.
        let sent = heard + u32::from(left > 0);
        let airtime = plan.airtime(sent);
        self.next_hub = hub + 1;
        counts.transfers += 1;
        counts.alone_blocks += u64::from(sent);
        counts.bytes += u64::from(sent) * plan.world.scenario.firmware.block.0;
        counts.sending_us += airtime.0;
        Some(Sent {
            wanted: place,
            hub: Some(hub),
            starts: now,
            ends: plan.ends(now, airtime),
            left,
        })
    }

    fn finish(
        &mut self,
        plan: &Plan,
        cell: u32,
        sent: Sent,
        counts: &mut Counts,
        finished: &mut impl FnMut(&Wanted, u32, bool),
    ) {
        let Some(hub) = sent.hub else {
            return self.finish_round(plan, cell, sent, counts, finished);
        };
        if sent.left > 0 {
            counts.interrupted += 1;
            self.interrupted.insert(hub, sent.left);
        } else {
            self.hubs.remove(hub);
            counts.delivered += 1;
            finished(self, hub, true);
        }
    }

    fn finish_round(
        &mut self,
        plan: &Plan,
        cell: u32,
        sent: Sent,
        counts: &mut Counts,
        finished: &mut impl FnMut(&Wanted, u32, bool),
    ) {
        let params = &plan.world.scenario.firmware;
        self.rounds.push((sent.starts, sent.ends));
        let alone_above = f64::from(plan.blocks(self.campaign)) * params.alone_above_share;
        let mut someone_misses = false;
        let hubs: Vec<u32> = self.hubs.iter().filter(|hub| !self.apart.has(*hub)).collect();
        for hub in hubs {
            let missing = self.missing(plan, cell, hub).len();
            if missing == 0 {
                self.hubs.remove(hub);
                counts.delivered += 1;
                finished(self, hub, true);
            } else if self.rounds.len() == 1 && missing as f64 > alone_above {
                self.apart.insert(hub);
            } else {
                someone_misses = true;
            }
        }
        if !someone_misses || self.rounds.len() as u32 >= params.rounds_max {
            counts.rounds_max = counts.rounds_max.max(self.rounds.len() as u64);
            self.stage = Stage::Alone(sent.ends);
        }
    }
}

impl Part for Distribution {
    #[inline]
    fn next_deadline(&self, _world: &World) -> SimTime {
        self.due.first().map_or(SimTime::NEVER, |(at, _)| *at)
    }

    fn figures(&self, _world: &World, figures: &mut Figures) {
        if self.counts != Counts::default() {
            figures.put(Key::Region(self.region), &self.counts);
        }
    }

    fn memory_bytes(&self) -> usize {
        let of = |wanted: &Wanted| {
            wanted.hubs.memory_bytes()
                + wanted.apart.memory_bytes()
                + wanted.interrupted.len() * 8
                + size_of::<Wanted>()
        };
        let cells = self
            .cells
            .values()
            .flat_map(|work| &work.wanted)
            .map(of)
            .sum::<usize>();
        cells + self.cells.len() * size_of::<(u32, CellWork)>() + self.due.len() * size_of::<(SimTime, u32)>()
    }
}
