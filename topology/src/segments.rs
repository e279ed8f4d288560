//! The network's segments, which kinds of nodes have business on them, and what they are called where each is a network
//! of its own.
//!
//! Nobody has a place on a segment it has no business on: a Supplier reaches premises only through the DSP. Who may open a
//! session on a segment, and what it may say there, follows from the same table (`secnet-fabric`).

use crate::layout::{Layout, NodeKind, ProcessSpec};
use secnet_engine::NodeIndex;
use secnet_model::Region;
use std::fmt;

/// A part of the bus with a router of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Segment {
    /// The DCC User Gateway, owned by the DSP.
    Gateway,
    /// The DSP's links to the CSPs and the S1SP, owned by the DSP.
    DspCsp,
    /// A region's SM WAN, owned by its CSP; the S1SP's way to its hubs.
    Wan(Region),
}

/// The port of the control service.
pub const CONTROL_PORT: u16 = 7447;

/// Whom the bus takes, and who can read it. What else differs is speed alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Bus {
    /// Everybody proves by a password who it is and says only what is its to say. For networks that nobody else can tap: the loopback
    /// interface, and networks of the containers' own.
    #[default]
    Authenticated,
    /// Mutual TLS 1.3, over QUIC: both ends present certificates, and nobody between them can read or change anything.
    Encrypted,
    /// Everybody who reaches its ports may take part as anybody.
    Open,
}

impl Bus {
    pub const ALL: [Bus; 3] = [Bus::Authenticated, Bus::Encrypted, Bus::Open];

    pub const fn word(self) -> &'static str {
        match self {
            Bus::Authenticated => "authenticated",
            Bus::Encrypted => "encrypted",
            Bus::Open => "open",
        }
    }

    pub const fn transport(self) -> Transport {
        match self {
            Bus::Encrypted => Transport::Quic,
            Bus::Authenticated | Bus::Open => Transport::Tcp,
        }
    }
}

/// How the bus goes from one process to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transport {
    Tcp,
    /// Over UDP, with TLS 1.3.
    Quic,
}

impl Transport {
    /// As the bus names an endpoint: `tcp/dsp.gateway:7448`.
    pub fn endpoint(self, host: &str, port: u16) -> String {
        format!("{}{host}:{port}", self.prefix())
    }

    /// What each of its endpoints begins with.
    pub const fn prefix(self) -> &'static str {
        match self {
            Transport::Tcp => "tcp/",
            Transport::Quic => "quic/",
        }
    }

    /// The transport of an endpoint, and the rest of it; `None` for a kind that secnet has not.
    pub fn of(endpoint: &str) -> Option<(Transport, &str)> {
        let of = |transport: Transport| Some((transport, endpoint.strip_prefix(transport.prefix())?));
        of(Transport::Tcp).or_else(|| of(Transport::Quic))
    }
}

impl Segment {
    pub const ALL: [Segment; 6] = [
        Segment::Gateway,
        Segment::DspCsp,
        Segment::Wan(Region::North),
        Segment::Wan(Region::Central),
        Segment::Wan(Region::South),
        Segment::Wan(Region::Smets1),
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Segment::Gateway => "gateway",
            Segment::DspCsp => "dsp-csp",
            Segment::Wan(Region::North) => "wan-north",
            Segment::Wan(Region::Central) => "wan-central",
            Segment::Wan(Region::South) => "wan-south",
            Segment::Wan(Region::Smets1) => "wan-smets1",
        }
    }

    pub fn from_name(name: &str) -> Option<Segment> {
        Segment::ALL.into_iter().find(|segment| segment.name() == name)
    }

    /// Each its own, so that one machine can publish them all.
    pub const fn port(self) -> u16 {
        match self {
            Segment::Gateway => 7448,
            Segment::DspCsp => 7449,
            Segment::Wan(Region::North) => 7450,
            Segment::Wan(Region::Central) => 7451,
            Segment::Wan(Region::South) => 7452,
            Segment::Wan(Region::Smets1) => 7453,
        }
    }

    /// The node that runs the segment's router.
    pub fn owner(self) -> String {
        match self {
            Segment::Gateway | Segment::DspCsp => "dsp".to_owned(),
            Segment::Wan(region) => region.provider().to_owned(),
        }
    }

    /// What the owner of the segment is called on it, and on it alone: there the name is its own address.
    pub fn host(self) -> String {
        format!("{}.{}", self.owner(), self.name())
    }

    /// Where the segment's router listens if each segment is a network with names: `tcp/dsp.gateway:7448`.
    pub fn endpoint(self, transport: Transport) -> String {
        transport.endpoint(&self.host(), self.port())
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl NodeKind {
    /// The segments a node has business on, and whether it owns their routers.
    pub fn segments(self) -> Vec<(Segment, bool)> {
        match self {
            NodeKind::Dsp => vec![(Segment::Gateway, true), (Segment::DspCsp, true)],
            NodeKind::Csp(region) => vec![(Segment::Wan(region), true), (Segment::DspCsp, false)],
            NodeKind::S1sp => vec![(Segment::Wan(Region::Smets1), true), (Segment::DspCsp, false)],
            NodeKind::User(_) => vec![(Segment::Gateway, false)],
            NodeKind::Premises { region, .. } => vec![(Segment::Wan(region), false)],
        }
    }

    /// The segment a link between the two lies on: the one that both have business on.
    pub fn segment_with(self, other: NodeKind) -> Option<Segment> {
        let of_other = other.segments();
        let mut own = self.segments().into_iter().map(|(segment, _)| segment);
        own.find(|segment| of_other.iter().any(|(theirs, _)| theirs == segment))
    }
}

impl Layout {
    /// The links that lie on a segment, each in both directions: who sends to whom.
    pub fn directions_on(&self, segment: Segment) -> impl Iterator<Item = (NodeIndex, NodeIndex)> {
        let kind = |node: NodeIndex| self.kinds[node.index()];
        let links = self.network.links.iter();
        links
            .filter(move |link| kind(link.a).segment_with(kind(link.b)) == Some(segment))
            .flat_map(|link| [(link.a, link.b), (link.b, link.a)])
    }

    /// The process that hosts a node.
    pub fn process_of(&self, node: NodeIndex) -> Option<&ProcessSpec> {
        self.processes
            .iter()
            .find(|process| process.nodes.contains(&node))
    }

    /// The segments a process has business on.
    pub fn segments_of(&self, process: &ProcessSpec) -> Vec<(Segment, bool)> {
        let mut segments: Vec<(Segment, bool)> = Vec::new();
        for (segment, owner) in process
            .nodes
            .iter()
            .flat_map(|n| self.kinds[n.index()].segments())
        {
            if !segments.iter().any(|(known, _)| *known == segment) {
                segments.push((segment, owner));
            }
        }
        segments
    }

    /// The segments there are: a region without premises has no SM WAN.
    pub fn segments(&self) -> Vec<Segment> {
        let has_region = |region: Region| self.network.directory.providers[region.index()].is_some();
        let exists = |segment: &Segment| match segment {
            Segment::Gateway | Segment::DspCsp => true,
            Segment::Wan(region) => has_region(*region),
        };
        Segment::ALL.into_iter().filter(exists).collect()
    }
}
