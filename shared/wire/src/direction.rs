//! Which way a message goes over the SM WAN.

/// Which way through a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// Towards the premises.
    Downlink,
    /// From the premises.
    Uplink,
}
