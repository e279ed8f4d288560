//! The ways to the premises: three Communications Service Provider (CSP) regions, and the one of SMETS1.

use core::fmt;
use serde::{Deserialize, Serialize};

/// A CSP region as DUIS has them (domain.md §2.2). `data/dno_licence_areas.csv` says which licence areas lie in North, Central and South
/// (domain.md §7.4). SMETS1 lies in all of them: its devices are on no CSP's SM WAN but behind a SMETS1 Service Provider (S1SP).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Region {
    /// Scotland and northern England: licensed long-range radio.
    North,
    /// The middle of the country: cellular with mesh.
    Central,
    /// The south of the country: cellular with mesh.
    South,
    /// All over the country: cellular hubs of the first generation, which are woken by a short message.
    Smets1,
}

impl Region {
    /// In the order of [`Region::index`].
    pub const ALL: [Region; 4] = [Region::North, Region::Central, Region::South, Region::Smets1];

    /// Those with an SM WAN of their own.
    pub const CSPS: [Region; 3] = [Region::North, Region::Central, Region::South];

    /// Its place in [`Region::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// As scenarios spell it: `north`.
    pub const fn name(self) -> &'static str {
        match self {
            Region::North => "north",
            Region::Central => "central",
            Region::South => "south",
            Region::Smets1 => "smets1",
        }
    }

    /// Who carries messages there: `csp-north`, `s1sp`.
    pub const fn provider(self) -> &'static str {
        match self {
            Region::North => "csp-north",
            Region::Central => "csp-central",
            Region::South => "csp-south",
            Region::Smets1 => "s1sp",
        }
    }

    /// The region scenarios spell so.
    pub fn from_name(name: &str) -> Option<Region> {
        Region::ALL.into_iter().find(|region| region.name() == name)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
