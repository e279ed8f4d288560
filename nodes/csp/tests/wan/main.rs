//! What a CSP region promises, driven through `handle` in virtual time. One file per promise.
#![allow(clippy::unwrap_used)]

mod accounting;
mod contention;
mod coverage;
mod distribution;
mod events;
mod exchanges;
mod loss;
mod priority;
mod queueing_theory;
mod resuming;
mod rig;
mod speed;
