//! The live driver: each participant a process of its own, its nodes actix actors, the network zenoh.
//!
//! What decides results is not here: order and promises are the engine's, delivery the link protocol's (`secnet-wire`).
//! This crate adds sessions, mailboxes, the wall clock and the control plane, and sees to it that nobody takes part who has no
//! certificate for that, nor says what is another's to say.
//!
//! Not here: what a participant does; which processes a run needs (`secnet-topology`); starting them (the director).

pub mod access;
pub mod authority;
pub mod belonging;
pub mod bus;
pub mod containers;
pub mod control;
pub mod credentials;
pub mod host;
pub mod launch;
pub mod process;
pub mod report;
pub mod seat;
pub mod session;
mod telling;

pub use access::Rights;
pub use control::ControlPlane;
pub use credentials::{Credentials, CredentialsArguments};
pub use launch::{Endpoints, Launch, Offer};
pub use seat::{BoxedParticipant, Participant};
