//! The engine: what a participant is, in which order things happen, and how that order is kept
//! without a clock.
//!
//! A [`Node`] handles inputs in the order (due, sender, sequence) and sends due-timed envelopes.
//! [`Promises`] says how far a node may go before it must hear from its neighbours.
//! [`VirtualDriver`] runs a whole network in one process, on one or several threads;
//! the live driver (crate `secnet-fabric`) uses the same queue and the same promises.
//!
//! Not here: what the messages say, transports, the wall clock, files. Nothing in this crate can
//! fail at run time; a broken contract is counted in [`Violations`] and stops debug builds.

#![warn(missing_docs)]

pub mod bits;
pub mod consolidation;
pub mod deadlines;
pub mod draw;
pub mod envelope;
pub mod fingerprint;
pub mod ledger;
pub mod network;
pub mod node;
pub mod pace;
pub mod party;
pub mod promise;
pub mod queue;
pub mod repeats;
pub mod trace;
pub mod violations;
pub mod virtual_driver;

pub use bits::Bits;
pub use consolidation::Consolidation;
pub use draw::Draws;
pub use envelope::{Carries, Envelope};
pub use fingerprint::Fingerprint;
pub use ledger::{ItemKind, Ledger, Outcome};
pub use network::{Directory, Link, Network, NodeIndex};
pub use node::{Input, Node, Outbox};
pub use pace::Pace;
pub use party::Party;
pub use promise::{Promise, Promises};
pub use queue::EventQueue;
pub use repeats::Repeats;
pub use trace::{Span, Step, Subject, Trace};
pub use violations::Violations;
pub use virtual_driver::{VirtualDriver, Watch};
