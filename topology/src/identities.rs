//! Who has a place on which part of the bus, and what it is called there.
//!
//! Every part of the bus, the control plane and each segment, has passwords and an authority of its own. So a Supplier's credentials
//! are worth nothing on a SM WAN: they open no session there.
//!
//! Not here: the credentials, and what an identity may say (`secnet-fabric`).

use crate::layout::{Layout, NodeKind, ProcessSpec};
use secnet_engine::NodeIndex;

/// What the control plane's router is called, and the control plane among the parts of the bus.
pub const CONTROL: &str = "control";
/// What the director is called that attaches to a network somebody else has started.
pub const DIRECTOR: &str = "director";
/// Whoever asks a run how it goes.
pub const OPERATOR: &str = "operator";

/// A User's own people and programs, who have its node send requests while a run goes on.
pub fn user_identity(node: &str) -> String {
    format!("user-{node}")
}

/// An identity's place on a part of the bus.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Membership {
    pub identity: String,
    /// `control`, or a segment's name.
    pub part: String,
    /// What its router is called there, if it runs that; the others are clients.
    pub router_names: Vec<String>,
}

impl Membership {
    pub fn runs_router(&self) -> bool {
        !self.router_names.is_empty()
    }
}

/// The parts of the bus that a network has.
pub fn parts(layout: &Layout) -> Vec<String> {
    let segments = layout.segments().into_iter().map(|s| s.name().to_owned());
    std::iter::once(CONTROL.to_owned()).chain(segments).collect()
}

/// Everybody, each once.
pub fn identities(layout: &Layout) -> Vec<String> {
    let mut identities: Vec<String> = Vec::new();
    for Membership { identity, .. } in memberships(layout) {
        if !identities.contains(&identity) {
            identities.push(identity);
        }
    }
    identities
}

/// The identities that a process and those who use its nodes present.
pub fn identities_of(layout: &Layout, process: &ProcessSpec) -> Vec<String> {
    let users = user_nodes(layout).filter(|(node, _)| process.nodes.contains(node));
    std::iter::once(process.name.clone())
        .chain(users.map(|(_, name)| user_identity(name)))
        .collect()
}

/// Who is to have credentials, for what.
pub fn memberships(layout: &Layout) -> Vec<Membership> {
    let client = |identity: String| Membership {
        identity,
        part: CONTROL.to_owned(),
        router_names: Vec::new(),
    };
    let mut memberships = vec![Membership {
        router_names: vec![CONTROL.to_owned()],
        ..client(CONTROL.to_owned())
    }];
    memberships.extend([DIRECTOR, OPERATOR].map(|identity| client(identity.to_owned())));
    for (_, name) in user_nodes(layout) {
        memberships.push(client(user_identity(name)));
    }
    for process in &layout.processes {
        memberships.push(client(process.name.clone()));
        for (segment, owns) in layout.segments_of(process) {
            memberships.push(Membership {
                identity: process.name.clone(),
                part: segment.name().to_owned(),
                router_names: if owns { vec![segment.host()] } else { Vec::new() },
            });
        }
    }
    memberships
}

/// The nodes that play Users, with their names.
pub fn user_nodes(layout: &Layout) -> impl Iterator<Item = (NodeIndex, &str)> {
    let nodes = layout.network.nodes.iter().enumerate();
    nodes
        .filter(|(index, _)| matches!(layout.kinds[*index], NodeKind::User(_)))
        .map(|(index, name)| (NodeIndex(index as u16), name.as_str()))
}
