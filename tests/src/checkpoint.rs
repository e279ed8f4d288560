//! A run that is written down in its middle and goes on from the bytes.

use secnet_accounts::Accountable;
use secnet_csp::Csp;
use secnet_director::network::build_all;
use secnet_dno::DnoDesk;
use secnet_dsp::Dsp;
use secnet_engine::{Carries, Envelope, ItemKind, Network, NodeIndex, Party};
use secnet_fabric::BoxedParticipant;
use secnet_model::SimTime;
use secnet_other_user::OtherUserDesk;
use secnet_premises::Premises;
use secnet_results::{RunOutcome, Traces};
use secnet_s1sp::S1sp;
use secnet_supplier::SupplierDesk;
use secnet_topology::{Layout, NodeKind, UserKind, World};
use secnet_user::User;
use secnet_wire::Message;
use secnet_wire::codec::{STATE_BYTES_MAX, decode_value, encode_value};
use std::sync::Arc;

/// A whole network in one party, to be stopped between any two events.
pub struct Stepped {
    world: Arc<World>,
    layout: Layout,
    network: Arc<Network>,
    party: Party<BoxedParticipant>,
}

/// Everything a run is at one moment, in bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// By node.
    pub nodes: Vec<Vec<u8>>,
    /// What is under way, in the order it will be handled.
    pub envelopes: Vec<u8>,
}

impl Stepped {
    pub fn new(world: World) -> Stepped {
        let world = Arc::new(world);
        let layout = world.layout();
        let nodes = build_all(&world, &layout);
        Stepped::with_nodes(world, layout, nodes)
    }

    fn with_nodes(world: Arc<World>, layout: Layout, nodes: Vec<BoxedParticipant>) -> Stepped {
        let network = Arc::new(layout.network.clone());
        let members = (0u16..).map(NodeIndex).zip(nodes).collect();
        let all_here = vec![0; layout.kinds.len()];
        let party = Party::new(Arc::clone(&network), &all_here, 0, members, world.end);
        Stepped {
            world,
            layout,
            network,
            party,
        }
    }

    /// Handles up to so many events; how many there were.
    pub fn step(&mut self, events: usize) -> usize {
        self.party.run(SimTime::NEVER, events, |_, envelope| {
            panic!("one party has no neighbours: {envelope:?}")
        })
    }

    pub fn now(&self) -> SimTime {
        self.party.now()
    }

    pub fn save(&self) -> Checkpoint {
        let mut under_way: Vec<Envelope<Message>> = self.party.undelivered().copied().collect();
        under_way.sort_by_key(Envelope::order);
        Checkpoint {
            nodes: self.party.nodes().map(|(_, node)| node.save().unwrap()).collect(),
            envelopes: encode_value("what is under way", &under_way, STATE_BYTES_MAX).unwrap(),
        }
    }

    /// A run that knows nothing but the scenario and the bytes.
    ///
    /// # Panics
    /// When they cannot be read back.
    pub fn restore(world: World, checkpoint: &Checkpoint) -> Stepped {
        let world = Arc::new(world);
        let layout = world.layout();
        let saved = layout.kinds.iter().zip(&checkpoint.nodes);
        let nodes = saved
            .map(|(kind, bytes)| restore_node(&world, *kind, bytes))
            .collect();
        let mut stepped = Stepped::with_nodes(world, layout, nodes);
        let under_way: Vec<Envelope<Message>> =
            decode_value("what is under way", &checkpoint.envelopes, STATE_BYTES_MAX).unwrap();
        under_way
            .into_iter()
            .for_each(|envelope| stepped.party.take_back(envelope));
        stepped
    }

    /// The run's outcome as it stands.
    pub fn outcome(&mut self) -> RunOutcome {
        let mut carried = [0; ItemKind::COUNT];
        let under_way = self.party.undelivered();
        for kind in under_way.filter_map(|envelope| envelope.message.carries()) {
            carried[kind as usize] += 1;
        }
        let finished = self.party.is_finished();
        let name = |index: NodeIndex| self.network.name(index).to_owned();
        let accounts = self.party.nodes();
        let ended_at = if finished {
            self.world.end
        } else {
            self.party.now()
        };
        RunOutcome {
            scenario: self.world.scenario.clone(),
            users: self.world.users.iter().map(|user| user.name.clone()).collect(),
            accounts: accounts
                .map(|(index, node)| (name(index), node.final_account(ended_at)))
                .collect(),
            carried,
            violations: self.party.violations(),
            lost_nodes: Vec::new(),
            finished,
            ended_at,
            traces: Traces::default(),
            faults: self.world.timeline.power_cuts().faults().to_vec(),
            premises: self.world.population.premises_by_region(),
        }
    }

    pub fn node_name(&self, index: usize) -> &str {
        &self.layout.network.nodes[index]
    }
}

/// The node of that kind from what it saved.
fn restore_node(world: &Arc<World>, kind: NodeKind, saved: &[u8]) -> BoxedParticipant {
    match kind {
        NodeKind::Dsp => Box::new(Dsp::restore(world, saved).unwrap()),
        NodeKind::Csp(region) => Box::new(Csp::restore(world, region, saved).unwrap()),
        NodeKind::S1sp => Box::new(S1sp::restore(world, saved).unwrap()),
        NodeKind::Premises { first, end, .. } => {
            Box::new(Premises::restore(world, first, end, saved).unwrap())
        }
        NodeKind::User(user) => match world.users[user.index()].kind {
            UserKind::Supplier => Box::new(User::<SupplierDesk>::restore(world, user, saved).unwrap()),
            UserKind::Dno => Box::new(User::<DnoDesk>::restore(world, user, saved).unwrap()),
            UserKind::OtherUser => Box::new(User::<OtherUserDesk>::restore(world, user, saved).unwrap()),
        },
    }
}
