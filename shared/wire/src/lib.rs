//! What participants say to each other, and how it is written on the bus.
//!
//! Not here: what a participant does with a message (the nodes), and sockets (`secnet-fabric`). The link
//! protocol in this crate is a state machine without IO.

#![warn(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod codec;
pub mod direction;
pub mod frame;
pub mod freight;
pub mod identity;
pub mod keys;
pub mod link;
pub mod message;
#[cfg(test)]
mod samples;

pub use direction::Direction;
pub use freight::Freight;
pub use identity::Identity;
pub use keys::{Keys, NameError};
pub use link::{LinkConfig, LinkEnd, LinkError, LinkStats, Received, Tuning};
pub use message::{
    Acknowledgement, AlertCopy, Answer, Command, CommandOrigin, DccAlert, DeviceAlert, DeviceResponse,
    DeviceResult, Image, ImageReport, ImageWarning, Message, OfCommand, Pushed, ServiceRequest,
    ServiceResponse, ThrottledAlert, ThrottledDccAlert, Timing, Undeliverable, UndeliverableReason,
    WarningReason,
};
