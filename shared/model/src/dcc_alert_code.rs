//! The codes of alerts the DCC raises itself.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The DCC alerts emulated, of those in domain.md §2.5.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum DccAlertCode {
    /// A schedule was removed.
    N17,
    /// The command of a scheduled read could not be delivered.
    N12,
    /// No response to the command of a scheduled read.
    N13,
    /// A request is quarantined: above a limit of the User's.
    N46,
    /// A request is quarantined: above a limit for all Users together.
    N47,
    /// A request is quarantined: a value in it is beyond its limit.
    N48,
    /// A firmware image was delivered to a device's hub (domain.md §9).
    N60,
    /// A firmware image could not be delivered to a device's hub.
    N61,
    /// The version a device runs is off the Central Products List: it is suspended (domain.md §9: N49 to N52; which is whose is assumed).
    N49,
}

impl DccAlertCode {
    /// Every code, in the order of their places.
    pub const ALL: [DccAlertCode; 9] = [
        DccAlertCode::N17,
        DccAlertCode::N12,
        DccAlertCode::N13,
        DccAlertCode::N46,
        DccAlertCode::N47,
        DccAlertCode::N48,
        DccAlertCode::N60,
        DccAlertCode::N61,
        DccAlertCode::N49,
    ];

    /// Its place in [`DccAlertCode::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// As DUIS and the reports write it: `N46`.
    pub const fn code(self) -> &'static str {
        match self {
            DccAlertCode::N17 => "N17",
            DccAlertCode::N12 => "N12",
            DccAlertCode::N13 => "N13",
            DccAlertCode::N46 => "N46",
            DccAlertCode::N47 => "N47",
            DccAlertCode::N48 => "N48",
            DccAlertCode::N60 => "N60",
            DccAlertCode::N61 => "N61",
            DccAlertCode::N49 => "N49",
        }
    }
}

impl fmt::Display for DccAlertCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stands_at_its_place() {
        let places: Vec<usize> = DccAlertCode::ALL.iter().map(|code| code.index()).collect();
        assert_eq!(places, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    }
}
