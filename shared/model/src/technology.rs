//! Which of two networks a hub is on.

use serde::{Deserialize, Serialize};

/// The SM WAN of a hub: the one its region was built with, or 4G, whose hubs replace the others (domain.md §8).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Technology {
    /// Long-range radio in the North, cellular with mesh elsewhere; a head end for SMETS1.
    #[default]
    Legacy,
    /// 4G.
    FourG,
}

impl Technology {
    /// Both.
    pub const ALL: [Technology; 2] = [Technology::Legacy, Technology::FourG];
}
