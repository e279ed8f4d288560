//! What the S1SP promises, driven through `handle` in virtual time. One file per promise.
#![allow(clippy::unwrap_used)]

mod accounting;
mod events;
mod resuming;
mod rig;
mod times;
