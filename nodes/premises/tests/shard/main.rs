//! What a shard of premises promises, driven through `handle` in virtual time. One file per promise.
#![allow(clippy::unwrap_used)]

mod alert_storms;
mod answers;
mod background_alerts;
mod exchanges;
mod field;
mod future_dated;
mod power;
mod resuming;
mod rig;
mod sharding;
mod speed;
