//! All participants in one place: from a kind of node to the node.

use secnet_csp::Csp;
use secnet_dno::DnoDesk;
use secnet_dsp::Dsp;
use secnet_engine::NodeIndex;
use secnet_fabric::BoxedParticipant;
use secnet_model::Address;
use secnet_model::address::Participant;
use secnet_other_user::OtherUserDesk;
use secnet_premises::Premises;
use secnet_s1sp::S1sp;
use secnet_supplier::SupplierDesk;
use secnet_topology::{Layout, NodeKind, UserKind, World};
use secnet_user::User;
use std::sync::Arc;

/// The node of that kind.
pub fn build(world: &Arc<World>, kind: NodeKind) -> BoxedParticipant {
    match kind {
        NodeKind::Dsp => Box::new(Dsp::new(world)),
        NodeKind::Csp(region) => Box::new(Csp::new(world, region)),
        NodeKind::S1sp => Box::new(S1sp::new(world)),
        NodeKind::Premises { first, end, .. } => Box::new(Premises::new(world, first, end)),
        NodeKind::User(user) => {
            let kind = world.user(user).map(|entry| entry.kind);
            match kind.unwrap_or(UserKind::Supplier) {
                UserKind::Supplier => Box::new(User::<SupplierDesk>::new(world, user)),
                UserKind::Dno => Box::new(User::<DnoDesk>::new(world, user)),
                UserKind::OtherUser => Box::new(User::<OtherUserDesk>::new(world, user)),
            }
        }
    }
}

/// Every node of the layout, in its order.
pub fn build_all(world: &Arc<World>, layout: &Layout) -> Vec<BoxedParticipant> {
    layout.kinds.iter().map(|kind| build(world, *kind)).collect()
}

/// Who a node is on the emulated network.
pub fn participant(layout: &Layout, node: NodeIndex) -> Participant {
    match layout.kinds[node.index()] {
        NodeKind::Dsp => Address::DSP.participant(),
        NodeKind::Csp(region) => Participant::Csp(region),
        NodeKind::S1sp => Participant::S1sp,
        NodeKind::User(user) => Participant::User(user),
        NodeKind::Premises { first, .. } => Participant::Premises(first),
    }
}
