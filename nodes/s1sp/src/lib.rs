//! The SMETS1 Service Provider (S1SP), with the Dual Control Organisation (DCO) beside it: the way to the premises whose devices are of
//! the first generation.
//!
//! A request comes from the DSP, waits for the head end and is translated there, is checked by the DCO if it is critical, waits until
//! its communications hub has been woken by a short message, and goes to the hub over the cellular network. What comes from a hub,
//! which needs no waking for it, goes through the same head end to the DSP. Nothing has precedence there.
//!
//! All this is a function of the moment of arrival, of what is ahead in the head end, and of draws: when a message leaves is known when
//! it comes. Only what a hub has to send again needs a timer.
//!
//! Assumed: one S1SP for all SMETS1 devices; that nothing has precedence; that the devices hold what is future-dated as SMETS2+ ones do;
//! that they answer with GBCS's sizes, and raise the same alerts.
//!
//! Not here: what a request means (the premises), time-outs (the DSP), the latency from a hub (set by the premises), cells: what a mast
//! of a public network carries is not the S1SP's alone; SEC Modifications, none of which has a part in it yet.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

pub mod air;
pub mod head_end;
pub mod hubs;
pub mod node;
pub mod resending;

pub use node::{S1sp, S1spState};
