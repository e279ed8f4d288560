//! An image on its way to hubs of one cell: in rounds to all of them, or to one after another.

use super::blocks::DEAF;
use super::counts::Counts;
use super::plan::Plan;
use secnet_engine::Bits;
use secnet_model::{SimDuration, SimTime, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An image that hubs of a cell are to receive. Hubs are numbered within the cell.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Wanted {
    pub campaign: u16,
    /// Whose it is; `None` where an image of the central library is for the hubs of all Suppliers.
    pub user: Option<UserId>,
    pub hubs: Bits,
    pub stage: Stage,
    /// When the CSP reports failure for all that have not got it.
    pub until: SimTime,
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
pub enum Stage {
    /// Waits for others until then, to be broadcast.
    Gathering(SimTime),
    Broadcast,
    /// To each hub by itself, from then on.
    Alone(SimTime),
}

/// What a cell is sending, until `ends`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Sent {
    /// Its place among those wanted.
    pub wanted: usize,
    /// The hub it is for; `None` of a broadcast.
    hub: Option<u32>,
    pub starts: SimTime,
    pub ends: SimTime,
    /// Blocks for the hub that are left at the end, as it hears no more.
    left: u32,
}

impl Wanted {
    pub fn new(campaign: u16, user: Option<UserId>, hub: u32, stage: Stage, until: SimTime) -> Wanted {
        Wanted {
            campaign,
            user,
            hubs: Bits::from_iter([hub]),
            stage,
            until,
            rounds: Vec::new(),
            apart: Bits::default(),
            next_hub: 0,
            interrupted: BTreeMap::new(),
        }
    }

    /// With what it keeps on the heap.
    pub fn memory_bytes(&self) -> usize {
        size_of::<Wanted>()
            + self.hubs.memory_bytes()
            + self.apart.memory_bytes()
            + self.interrupted.len() * size_of::<(u32, u32)>()
    }

    pub fn start(
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
        let airtime = on_air(plan, blocks, counts);
        counts.rounds += 1;
        counts.broadcast_blocks += u64::from(blocks);
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
        let airtime = on_air(plan, sent, counts);
        self.next_hub = hub + 1;
        counts.transfers += 1;
        counts.alone_blocks += u64::from(sent);
        Some(Sent {
            wanted: place,
            hub: Some(hub),
            starts: now,
            ends: plan.ends(now, airtime),
            left,
        })
    }

    pub fn finish(
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

/// So many blocks are sent: how long that takes, which is counted with their octets.
fn on_air(plan: &Plan, blocks: u32, counts: &mut Counts) -> SimDuration {
    let airtime = plan.airtime(blocks);
    counts.bytes += u64::from(blocks) * plan.world.scenario.firmware.block.0;
    counts.sending_us += airtime.0;
    airtime
}
