//! Hubs that are exchanged for hubs of 4G, counted when the new one works.

use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::{Part, figures};
use secnet_model::{PremisesId, Region, SimTime};
use secnet_topology::World;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The visits to a region's premises, in order of time. Budget: 16 B for each hub that is exchanged during the run.
#[derive(Clone, Debug, Default)]
pub struct Visits(Vec<(SimTime, PremisesId)>);

/// How far engineers have come.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Exchanged {
    region: Region,
    done: usize,
    next: SimTime,
    counts: Counts,
}

figures! {
    /// Hubs exchanged for hubs of 4G.
    struct Counts: "Hubs exchanged for 4G" in "csp", in summary {
        /// Hubs exchanged that work by now.
        hubs: sum "hubs" as "exchanged.hubs" if nonzero,
        /// Those of them at premises that had no coverage before.
        gained_coverage: sum "hubs" as "exchanged.gained_coverage" if nonzero,
    }
}

impl Visits {
    pub fn of(world: &World, premises: &Range<u32>) -> Visits {
        let (exchanges, population) = (world.timeline.exchanges(), &world.population);
        if exchanges.is_empty() {
            return Visits::default();
        }
        let visit = |premises: PremisesId| {
            let visit = exchanges.visit(population, premises)?;
            let is_one = population.is_enrolled(premises) && visit.ends <= world.end;
            is_one.then_some((visit.ends, premises))
        };
        let mut visits: Vec<_> = premises.clone().map(PremisesId).filter_map(visit).collect();
        visits.sort_unstable();
        Visits(visits)
    }

    fn at(&self, number: usize) -> SimTime {
        self.0.get(number).map_or(SimTime::NEVER, |(at, _)| *at)
    }
}

impl Exchanged {
    pub fn none(region: Region, visits: &Visits) -> Exchanged {
        Exchanged {
            region,
            done: 0,
            next: visits.at(0),
            counts: Counts::default(),
        }
    }

    /// Hubs that work by `now`.
    pub fn wake(&mut self, now: SimTime, world: &World, visits: &Visits) {
        while self.next <= now {
            let (_, premises) = visits.0[self.done];
            self.counts.hubs += 1;
            self.counts.gained_coverage += u64::from(!world.population.has_wan(premises));
            self.done += 1;
            self.next = visits.at(self.done);
        }
    }
}

impl Part for Exchanged {
    #[inline]
    fn next_deadline(&self, _world: &World) -> SimTime {
        self.next
    }

    fn figures(&self, _world: &World, figures: &mut Figures) {
        if self.counts != Counts::default() {
            figures.put(Key::Region(self.region), &self.counts);
        }
    }
}
