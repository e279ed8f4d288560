//! Firmware images on the SM WAN.
//!
//! While a cell has an image to distribute, a share of its downlink is the image's and the rest everybody else's. Where the CSP broadcasts,
//! a round sends the whole image to all hubs of the cell that want it, and further rounds what any of them has missed; what is left then
//! goes to each hub by itself. Elsewhere all go by themselves, one after another. A hub that does not hear is tried again later, and goes on
//! where it was interrupted. Assumed, all of it (domain.md §8, §9).
//!
//! Here: which cells have something to do, and when. In the folder: [`blocks`] what a hub missed, `plan.rs` what is fixed, `wanted.rs` one image in one
//! cell. Not here: what other messages have of the downlink (`cells.rs`).

pub mod blocks;
pub mod counts;
pub mod plan;
pub mod wanted;

pub use plan::Plan;

use counts::Counts;
use secnet_accounts::Part;
use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::firmware_cells::FirmwareCell;
use secnet_accounts::load::{Busy, Resource, Use};
use secnet_model::{Region, SimTime, Technology};
use secnet_topology::World;
use secnet_wire::Image;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use wanted::{Sent, Stage, Wanted};

/// Budget: a bit for each hub of a cell that has an image to distribute, for each image; 68 B for each cell that ever had one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Distribution {
    region: Region,
    technology: Technology,
    cells: BTreeMap<u32, CellWork>,
    due: BTreeSet<(SimTime, u32)>,
    counts: Counts,
    /// What all this came to, cell by cell.
    by_cell: BTreeMap<u32, FirmwareCell>,
    on_air: Busy,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct CellWork {
    /// In the order in which they came.
    wanted: Vec<Wanted>,
    sending: Option<Sent>,
    due: SimTime,
}

/// What others have to know of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Told {
    /// A cell has done with an image.
    Over { image: Image, delivered: bool },
    /// A cell sends from now on, or no more.
    Sends { cell: u32, does: bool },
}

impl Distribution {
    pub fn new(region: Region, technology: Technology) -> Distribution {
        Distribution {
            region,
            technology,
            cells: BTreeMap::new(),
            due: BTreeSet::new(),
            counts: Counts::default(),
            by_cell: BTreeMap::new(),
            on_air: Busy::default(),
        }
    }

    /// An image comes for a device of the cell.
    pub fn want(&mut self, now: SimTime, plan: &Plan, cell: u32, image: Image) {
        let params = &plan.world.scenario.firmware;
        self.counts.images += 1;
        self.by_cell.entry(cell).or_default().images += 1;
        let hub = image.device.premises.0 - plan.cells.first_of(cell);
        let work = self.cells.entry(cell).or_insert_with(|| CellWork {
            due: SimTime::NEVER,
            ..CellWork::default()
        });
        let stage = match plan.broadcasts {
            true => Stage::Gathering(now + params.gather.as_duration()),
            false => Stage::Alone(now),
        };
        let until = now + params.keep.as_duration();
        let user = (!params.central_library).then_some(image.user);
        // One that is being broadcast is past taking others in.
        let open = work.wanted.iter_mut().find(|wanted| {
            let takes = !plan.broadcasts || matches!(wanted.stage, Stage::Gathering(_));
            takes && (wanted.campaign, wanted.user) == (image.campaign, user)
        });
        match open {
            Some(wanted) => {
                wanted.hubs.insert(hub);
                wanted.until = until;
                if let Stage::Alone(from) = &mut wanted.stage {
                    *from = now.min(*from);
                }
            }
            None => work
                .wanted
                .push(Wanted::new(image.campaign, user, hub, stage, until)),
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
                if let Some(image) = plan.image(cell, hub, wanted) {
                    tell(Told::Over { image, delivered });
                }
            };
            let before = self.counts;
            let counts = &mut self.counts;
            if let Some(sent) = work.sending.take() {
                work.wanted[sent.wanted].finish(plan, cell, sent, counts, &mut finished);
            }
            work.give_up(at, counts, &mut finished);
            work.start(at, plan, cell, counts);
            let came_to = self.counts.of_a_cell_since(&before);
            self.by_cell.entry(cell).or_default().add(&came_to);
            if let Some(sent) = &work.sending {
                plan.on_air(sent.starts..sent.ends, |from, lasts| self.on_air.add(from, lasts));
            }
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

    /// What it came to, cell by cell.
    pub fn cells(&self) -> impl Iterator<Item = ((Region, Technology, u32), FirmwareCell)> {
        let cells = self.by_cell.iter();
        cells.map(|(number, cell)| ((self.region, self.technology, *number), *cell))
    }

    /// What firmware had of the cells' downlinks.
    pub fn in_use(&self, plan: &Plan) -> (Resource, Use) {
        let mut in_use = self.on_air.in_all();
        in_use
            .busy_us
            .iter_mut()
            .for_each(|busy| *busy = plan.of_downlink(*busy));
        (Resource::firmware(self.region, self.technology), in_use)
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

impl Part for Distribution {
    #[inline]
    fn next_deadline(&self, _world: &World) -> SimTime {
        self.due.first().map_or(SimTime::NEVER, |(at, _)| *at)
    }

    fn figures(&self, _world: &World, figures: &mut Figures) {
        if self.counts != Counts::default() {
            figures.put(Key::network(self.region, self.technology), &self.counts);
        }
    }

    fn memory_bytes(&self) -> usize {
        let cells = self
            .cells
            .values()
            .flat_map(|work| &work.wanted)
            .map(Wanted::memory_bytes)
            .sum::<usize>();
        cells
            + self.by_cell.len() * size_of::<(u32, FirmwareCell)>()
            + self.cells.len() * size_of::<(u32, CellWork)>()
            + self.due.len() * size_of::<(SimTime, u32)>()
    }
}
