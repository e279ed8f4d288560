//! The three Communications Service Provider (CSP) regions.

use core::fmt;
use serde::{Deserialize, Serialize};

/// A CSP's region of Great Britain; `data/dno_licence_areas.csv` says which areas lie in it (domain.md §7.4).
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
}

impl Region {
    /// In the order of [`Region::index`].
    pub const ALL: [Region; 3] = [Region::North, Region::Central, Region::South];

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
