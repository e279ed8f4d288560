//! What every DCC User does alike: it starts service requests in an open arrival process, follows each through
//! acknowledgement, pre-command signing, retries and response, receives alerts, and accounts for all of them.
//! The node crates `secnet-supplier`, `secnet-dno` and `secnet-other-user` add what is particular to each ([`Desk`]).
//!
//! Not here: what the DSP checks and answers, schedules once created (the DSP owns them), IO of any kind.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

pub mod arrivals;
pub mod asking_again;
pub mod counts;
pub mod customers;
pub mod day_shape;
pub mod desk;
pub mod gateway;
pub mod mistakes;
pub mod modifications;
mod outcomes;
mod own_schedules;
pub mod patience;
pub mod payload;
pub mod request_book;
pub mod request_form;
pub mod retries;
pub mod signing;
mod single_requests;
pub mod targets;
pub mod user;
mod waiting;
pub mod workload;

pub use desk::{Ask, Desk, Pinged};
pub use secnet_accounts::Part;
pub use user::{User, UserState};

#[cfg(test)]
mod behaviour;
#[cfg(test)]
mod testing;
