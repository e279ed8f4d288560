//! A Communications Service Provider region: the SM WAN between the DSP and the premises.
//!
//! A command comes from the DSP, waits in its cell's downlink queue, is transmitted (more than once if it is lost), and
//! reaches the premises. A response or an alert comes from the premises, goes through the cell's uplink the same way,
//! and on to the DSP. A message that finds its cell idle is sent on within the same `handle`; only a queue or a loss
//! needs a timer.
//!
//! Where hubs are exchanged for hubs of 4G, a region has two networks with cells of their own ([`networks`]).
//!
//! Firmware has a share of a cell's downlink of its own ([`distribution`]).
//!
//! Not here: what a command means, the delay inside the premises, time-outs of unanswered commands (the DSP), the
//! latency from the premises to the cell (set by the premises, whose message it is).

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

pub mod cell;
pub mod cell_map;
pub mod cells;
pub mod contention;
pub mod distribution;
pub mod exchanges;
pub mod latency;
pub mod loss;
pub mod modifications;
pub mod networks;
pub mod node;
pub mod priority;
pub mod waiting_room;

pub use node::{Csp, CspState};
