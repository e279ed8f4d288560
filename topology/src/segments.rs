//! The network's segments, which kinds of nodes have business on them, and what they are called where each is a network
//! of its own.
//!
//! Nobody has a place on a segment it has no business on: a Supplier reaches premises only through the DSP.

use crate::layout::{Layout, NodeKind, ProcessSpec};
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
    pub fn endpoint(self) -> String {
        format!("tcp/{}:{}", self.host(), self.port())
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
}

impl Layout {
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
