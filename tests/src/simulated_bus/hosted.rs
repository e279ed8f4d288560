//! A node of the simulated network: its seat, its mailbox, and where its frames go.

use secnet_director::network::build;
use secnet_engine::{Ledger, NodeIndex};
use secnet_fabric::bus::FrameSink;
use secnet_fabric::report::NodeStatus;
use secnet_fabric::seat::{BoxedSink, Ground, Seat, neighbours};
use secnet_topology::World;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A node, and what waits for it.
pub(super) struct Hosted {
    /// `None`: killed.
    pub(super) seat: Option<Seat>,
    pub(super) outgoing: Outgoing,
    /// By link: the neighbour, and which of its links this is.
    pub(super) links: Vec<(NodeIndex, usize)>,
    pub(super) mailbox: Vec<FrameOver>,
    pub(super) orders: Vec<Order>,
    /// It is in the middle of a turn, or paused.
    pub(super) stands_until: u64,
    pub(super) turn_at: Option<u64>,
    /// What the director has heard of it last.
    pub(super) heard: Option<(NodeStatus, Ledger)>,
}

#[derive(Clone, Debug)]
pub(super) enum Order {
    Start { at: u64 },
    Halt { lost: Vec<String> },
}

impl Hosted {
    /// As its process hosts it before the run begins.
    pub(super) fn new(ground: Ground<'_>, world: &Arc<World>, node: NodeIndex) -> Hosted {
        let network = &ground.layout.network;
        let outgoing = Outgoing::default();
        let links = neighbours(network, node).into_iter().map(|neighbour| {
            let its = neighbours(network, neighbour);
            let its_link = its.iter().position(|back| *back == node);
            (
                neighbour,
                its_link.unwrap_or_else(|| panic!("links have two ends")),
            )
        });
        let links: Vec<(NodeIndex, usize)> = links.collect();
        let sink = |link| {
            let outgoing = outgoing.clone();
            Box::new(Sink { link, outgoing }) as BoxedSink
        };
        let sinks = (0..links.len()).map(sink).collect();
        let participant = build(world, ground.layout.kinds[node.index()]);
        Hosted {
            seat: Some(Seat::new(ground, node, participant, sinks, None)),
            outgoing,
            links,
            mailbox: Vec::new(),
            orders: Vec::new(),
            stands_until: 0,
            turn_at: None,
            heard: None,
        }
    }
}

/// Frames a node has put on the bus in its turn, with the links they go over.
#[derive(Clone, Default)]
pub(super) struct Outgoing(Arc<Mutex<Vec<FrameOver>>>);

/// A frame with the link it goes over, or came over.
pub(super) type FrameOver = (usize, Vec<u8>);

struct Sink {
    link: usize,
    outgoing: Outgoing,
}

impl FrameSink for Sink {
    fn put(&self, frame: &[u8]) {
        self.outgoing.frames().push((self.link, frame.to_vec()));
    }
}

impl Outgoing {
    pub(super) fn frames(&self) -> MutexGuard<'_, Vec<FrameOver>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
