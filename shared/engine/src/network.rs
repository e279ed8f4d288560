//! Which nodes there are, who is linked to whom at which shortest delay, and which node answers to an address.

use secnet_model::address::Participant;
use secnet_model::{Address, PremisesId, Region, SimDuration};
use serde::{Deserialize, Serialize};

/// A node's place in [`Network::nodes`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct NodeIndex(pub u16);

impl NodeIndex {
    /// Its place in [`Network`]'s list of nodes.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// A pair of neighbours. The delays are the least the senders' network models ever set (their lookaheads); both are positive.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Link {
    /// One end.
    pub a: NodeIndex,
    /// The other end.
    pub b: NodeIndex,
    /// The shortest delay of a message from `a` to `b`.
    pub a_to_b_min: SimDuration,
    /// The shortest delay of a message from `b` to `a`.
    pub b_to_a_min: SimDuration,
}

/// The nodes and links of a run, and which node answers to an address.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Network {
    /// Names as commands and reports use them: `dsp`, `csp-north`, `premises-south-1`.
    pub nodes: Vec<String>,
    /// Every pair of neighbours, once.
    pub links: Vec<Link>,
    /// Which node answers to an address.
    pub directory: Directory,
}

/// Address → node.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Directory {
    /// The DSP's node, where there is one.
    pub dsp: Option<NodeIndex>,
    /// Who carries messages to each region's premises; `None` where the scenario has no premises.
    pub providers: [Option<NodeIndex>; Region::ALL.len()],
    /// By User.
    pub users: Vec<NodeIndex>,
    /// Shards by their first premises, ascending, from premises 0 without gaps.
    pub shards: Vec<(PremisesId, NodeIndex)>,
}

impl Network {
    /// A node's neighbours with the shortest delay to and from each, in the order of the links.
    pub fn neighbours(
        &self,
        node: NodeIndex,
    ) -> impl Iterator<Item = (NodeIndex, SimDuration, SimDuration)> + '_ {
        self.links.iter().filter_map(move |link| {
            if link.a == node {
                Some((link.b, link.a_to_b_min, link.b_to_a_min))
            } else if link.b == node {
                Some((link.a, link.b_to_a_min, link.a_to_b_min))
            } else {
                None
            }
        })
    }

    /// The node's name, unique in the network.
    pub fn name(&self, node: NodeIndex) -> &str {
        self.nodes.get(node.index()).map_or("?", String::as_str)
    }

    /// The node of that name.
    pub fn by_name(&self, name: &str) -> Option<NodeIndex> {
        self.nodes
            .iter()
            .position(|node| node == name)
            .map(|index| NodeIndex(index as u16))
    }
}

impl Directory {
    /// The node that answers to an address; `None` where nobody does.
    #[inline]
    pub fn node(&self, address: Address) -> Option<NodeIndex> {
        match address.participant() {
            Participant::Premises(premises) => {
                let after = self.shards.partition_point(|(first, _)| *first <= premises);
                self.shards.get(after.checked_sub(1)?).map(|(_, node)| *node)
            }
            Participant::User(user) => self.users.get(user.index()).copied(),
            Participant::Csp(region) => self.providers[region.index()],
            Participant::S1sp => self.providers[Region::Smets1.index()],
            Participant::Dsp => self.dsp,
        }
    }
}
