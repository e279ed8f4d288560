//! Which nodes a scenario needs, how they are linked, and which process hosts them.
//!
//! The order of nodes and links is fixed: DSP, CSPs, S1SP, Suppliers, DNOs, other Users, premises. Shards and processes
//! are hosting alone: no result may depend on them.

use crate::population::BLOCK_PREMISES;
use crate::scenario::LinkParams;
use crate::users::UserKind;
use crate::world::World;
use secnet_engine::{Directory, Link, Network, NodeIndex};
use secnet_model::{PremisesId, Region, SimDuration, UserId};
use std::collections::BTreeSet;

#[derive(Clone, PartialEq, Debug)]
pub struct Layout {
    pub network: Network,
    /// By `NodeIndex`.
    pub kinds: Vec<NodeKind>,
    pub processes: Vec<ProcessSpec>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NodeKind {
    Dsp,
    Csp(Region),
    S1sp,
    User(UserId),
    Premises {
        region: Region,
        first: PremisesId,
        /// Exclusive.
        end: PremisesId,
    },
}

/// A process of a live run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProcessSpec {
    /// Its only node's name, or the binary's name and a number.
    pub name: String,
    /// `dsp`, `csp`, `s1sp`, `supplier`, `dno`, `other-user` or `premises`.
    pub binary: &'static str,
    pub nodes: Vec<NodeIndex>,
}

impl World {
    pub fn layout(&self) -> Layout {
        let mut builder = Builder::default();
        builder.add_data_centres(self);
        builder.add_users(self);
        builder.add_premises(self);
        Layout {
            network: Network {
                nodes: builder.names,
                links: builder.links,
                directory: builder.directory,
            },
            kinds: builder.kinds,
            processes: builder.processes,
        }
    }
}

#[derive(Default)]
struct Builder {
    names: Vec<String>,
    taken: BTreeSet<String>,
    kinds: Vec<NodeKind>,
    links: Vec<Link>,
    directory: Directory,
    processes: Vec<ProcessSpec>,
}

impl Builder {
    fn add_data_centres(&mut self, world: &World) {
        let dsp = self.node("dsp".to_owned(), NodeKind::Dsp);
        self.directory.dsp = Some(dsp);
        self.process("dsp", "dsp", vec![dsp], 1);
        for region in Region::ALL {
            if world.population.region_range(region).is_empty() {
                continue;
            }
            let (binary, kind) = match region {
                Region::North | Region::Central | Region::South => ("csp", NodeKind::Csp(region)),
                Region::Smets1 => ("s1sp", NodeKind::S1sp),
            };
            let provider = self.node(region.provider().to_owned(), kind);
            self.directory.providers[region.index()] = Some(provider);
            self.link(dsp, provider, &world.scenario.dsp_csp);
            self.process(binary, binary, vec![provider], 1);
        }
    }

    fn add_users(&mut self, world: &World) {
        let per_process = world.scenario.hosting.users_per_process.max(1) as usize;
        for kind in UserKind::ALL {
            let mut nodes = Vec::new();
            for user in world.users_of(kind) {
                let name = self.unused(format!("{}-{}", kind.binary(), slug(&user.name)));
                let node = self.node(name, NodeKind::User(user.id));
                self.directory.users.push(node);
                if let Some(dsp) = self.directory.dsp {
                    self.link(node, dsp, &world.scenario.gateway);
                }
                nodes.push(node);
            }
            for (number, hosted) in nodes.chunks(per_process).enumerate() {
                self.process(kind.binary(), kind.binary(), hosted.to_vec(), number + 1);
            }
        }
    }

    fn add_premises(&mut self, world: &World) {
        let hosting = &world.scenario.hosting;
        for region in Region::ALL {
            let range = world.population.region_range(region);
            let Some(provider) = self.directory.providers[region.index()] else {
                continue;
            };
            let blocks = (range.end - range.start).div_ceil(BLOCK_PREMISES);
            let shards = hosting.premises_shards.clamp(1, blocks.max(1));
            let edge = |shard: u32| {
                let block = u64::from(blocks) * u64::from(shard) / u64::from(shards);
                (range.start + block as u32 * BLOCK_PREMISES).min(range.end)
            };
            let shortest = world.scenario.wan_latency_min(region);
            let mut nodes = Vec::new();
            for shard in 0..shards {
                let (first, end) = (PremisesId(edge(shard)), PremisesId(edge(shard + 1)));
                let name = format!("premises-{region}-{}", shard + 1);
                let node = self.node(name, NodeKind::Premises { region, first, end });
                self.directory.shards.push((first, node));
                self.link_of(provider, node, shortest);
                nodes.push(node);
            }
            let processes = (hosting.premises_processes as usize).clamp(1, nodes.len());
            for process in 0..processes {
                let hosted =
                    &nodes[nodes.len() * process / processes..nodes.len() * (process + 1) / processes];
                self.process(
                    "premises",
                    &format!("premises-{region}"),
                    hosted.to_vec(),
                    process + 1,
                );
            }
        }
    }

    fn node(&mut self, name: String, kind: NodeKind) -> NodeIndex {
        let index = NodeIndex(self.names.len() as u16);
        self.taken.insert(name.clone());
        self.names.push(name);
        self.kinds.push(kind);
        index
    }

    fn link(&mut self, a: NodeIndex, b: NodeIndex, params: &LinkParams) {
        self.link_of(a, b, params.latency_min.into());
    }

    fn link_of(&mut self, a: NodeIndex, b: NodeIndex, shortest: SimDuration) {
        self.links.push(Link {
            a,
            b,
            a_to_b_min: shortest,
            b_to_a_min: shortest,
        });
    }

    /// `family` begins the process's name where it hosts several nodes.
    fn process(&mut self, binary: &'static str, family: &str, nodes: Vec<NodeIndex>, number: usize) {
        let name = match nodes.as_slice() {
            [] => return,
            [only] => self.names[only.index()].clone(),
            _ => self.unused(format!("{family}-group-{number}")),
        };
        self.taken.insert(name.clone());
        self.processes.push(ProcessSpec { name, binary, nodes });
    }

    /// `name`, or with a number behind it where that is taken.
    fn unused(&self, name: String) -> String {
        let numbered = (2u32..).map(|number| format!("{name}-{number}"));
        let mut candidates = std::iter::once(name.clone()).chain(numbered);
        candidates
            .find(|candidate| !self.taken.contains(candidate))
            .unwrap_or(name)
    }
}

/// `E.ON Next` → `e-on-next`.
fn slug(name: &str) -> String {
    let words = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let slug = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    if slug.is_empty() { "user".to_owned() } else { slug }
}
