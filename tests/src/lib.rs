//! The promises the project makes, tested where they are made.
//!
//! One file under `tests/` per behaviour; here is what they share.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

pub mod checkpoint;
pub mod desk;
pub mod dice;
pub mod disturbances;
pub mod fuzzing;
pub mod hostile;
pub mod in_virtual_time;
pub mod live;
pub mod nemesis;
pub mod numbered;
pub mod otlp_consumer;
pub mod programs;
pub mod python;
pub mod random_events;
mod random_firmware;
pub mod random_scenario;
pub mod simulated_bus;
pub mod trace_trees;
