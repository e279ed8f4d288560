//! The networks of a region: the one it was built with, and 4G where hubs are ever exchanged.

use crate::cells::{Cells, WanParams};
use crate::contention::{self, Contention};
use crate::distribution::{Distribution, Plan};
use crate::latency::{Latencies, Latency};
use crate::loss::Loss;
use crate::{cell::Channel, cell_map::CellMap};
use secnet_accounts::figures::Figures;
use secnet_accounts::load::{Resource, Use};
use secnet_accounts::{Part, ServiceLevels, parts};
use secnet_engine::ItemKind;
use secnet_model::{Region, SimTime, Technology};
use secnet_topology::scenario::{CspParams, LinkParams};
use secnet_topology::{Reach, World};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Something of each network there is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ByNetwork<T> {
    legacy: T,
    four_g: Option<T>,
}

/// What does not change of a network.
#[derive(Clone, Debug)]
pub struct Wan {
    pub technology: Technology,
    pub cells: CellMap,
    pub params: WanParams,
    pub plan: Plan,
    pub latencies: Latencies,
}

parts! {
    /// Everything about a network that changes.
    pub struct Network {
        pub cells: Cells,
        pub contention: Contention,
        pub distribution: Distribution,
    }
}

impl<T> ByNetwork<T> {
    /// There is 4G where a scenario ever puts a hub there.
    pub fn new(world: &World, mut of: impl FnMut(Technology) -> T) -> ByNetwork<T> {
        let has_4g = !world.timeline.exchanges().is_empty();
        ByNetwork {
            legacy: of(Technology::Legacy),
            four_g: has_4g.then(|| of(Technology::FourG)),
        }
    }

    /// The first network's where there is no other.
    #[inline]
    pub fn get(&self, technology: Technology) -> &T {
        match (technology, &self.four_g) {
            (Technology::FourG, Some(four_g)) => four_g,
            _ => &self.legacy,
        }
    }

    #[inline]
    pub fn get_mut(&mut self, technology: Technology) -> &mut T {
        match (technology, &mut self.four_g) {
            (Technology::FourG, Some(four_g)) => four_g,
            _ => &mut self.legacy,
        }
    }

    /// The first network's, then that of 4G.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        std::iter::once(&self.legacy).chain(&self.four_g)
    }

    pub fn has_4g(&self) -> bool {
        self.four_g.is_some()
    }
}

impl<T: Part> Part for ByNetwork<T> {
    #[inline]
    fn next_deadline(&self, world: &World) -> SimTime {
        let legacy = self.legacy.next_deadline(world);
        match &self.four_g {
            None => legacy,
            Some(four_g) => legacy.min(four_g.next_deadline(world)),
        }
    }

    fn held(&self, kind: ItemKind) -> u64 {
        self.iter().map(|it| it.held(kind)).sum()
    }

    fn figures(&self, world: &World, figures: &mut Figures) {
        self.iter().for_each(|it| it.figures(world, figures));
    }

    fn unanswered(&self, world: &World, at: SimTime, levels: &mut ServiceLevels) {
        self.iter().for_each(|it| it.unanswered(world, at, levels));
    }

    fn memory_bytes(&self) -> usize {
        self.iter().map(Part::memory_bytes).sum()
    }
}

impl Wan {
    pub fn new(world: &Arc<World>, region: Region, technology: Technology) -> Wan {
        let csp = &world.scenario.csp;
        let params = match technology {
            Technology::Legacy => csp.get(region),
            Technology::FourG => Some(&csp.four_g),
        };
        let Some(params) = params else {
            unreachable!("the layout gives {region} no CSP");
        };
        let cells = CellMap::new(world, region, technology, params);
        let plan = Plan::new(world, region, cells, params);
        let latency = |link: &LinkParams| Latency {
            min: link.latency_min.as_duration(),
            mean: link.latency_mean.as_duration(),
        };
        Wan {
            technology,
            params: wan_params(world, region, cells, params, &plan),
            cells,
            plan,
            latencies: Latencies {
                draws: world.draws,
                wan: latency(&params.link()),
                dsp: latency(&world.scenario.dsp_csp),
            },
        }
    }
}

impl Network {
    pub fn new(wan: &Wan, region: Region) -> Network {
        Network {
            cells: Cells::new(region, wan.technology, wan.cells.count()),
            contention: Contention::new(region, wan.technology),
            distribution: Distribution::new(region, wan.technology),
        }
    }

    /// How busy its channels were; with firmware where there was any.
    pub fn uses(&self, wan: &Wan) -> impl Iterator<Item = (Resource, Use)> {
        let firmware = self.distribution.in_use(&wan.plan);
        let firmware = Some(firmware).filter(|(_, in_use)| !in_use.busy_us.is_empty());
        self.cells.uses().into_iter().chain(firmware)
    }
}

fn wan_params(
    world: &Arc<World>,
    region: Region,
    cells: CellMap,
    params: &CspParams,
    plan: &Plan,
) -> WanParams {
    let overhead_bytes = params.overhead.0 as u32;
    let channel = |bits_per_second: u64| Channel {
        bits_per_second,
        overhead_bytes,
    };
    WanParams {
        access: contention::Channel::of(world, cells, params.contention.as_ref()),
        downlink: channel(params.downlink_rate.bits_per_second()),
        downlink_beside_firmware: channel(Plan::rest(params)),
        uplink: channel(params.uplink_rate.bits_per_second()),
        queue_limit: params.queue_limit,
        command_time_to_live: params.command_time_to_live.map(Into::into),
        loss: Loss::new(world.draws, cells, params),
        closed: world.timeline.csp(region).clone(),
        firmware_closed: plan.closed.clone(),
        reach: Reach::of(world, cells.technology),
    }
}
