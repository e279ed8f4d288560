//! A message with its due time and its place in the total order.

use crate::ledger::ItemKind;
use secnet_model::{Address, SimTime};
use serde::{Deserialize, Serialize};

/// A message under way. `(due, from, seq)` is unique and orders everything a node handles.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Envelope<M> {
    /// When it reaches the receiver, set by the sender's network model.
    pub due: SimTime,
    /// Strictly increasing per sender address.
    pub seq: u64,
    /// Who sends it.
    pub from: Address,
    /// Who receives it.
    pub to: Address,
    /// What it says.
    pub message: M,
}

impl<M> Envelope<M> {
    /// Its place in the order in which a node handles its inputs.
    pub fn order(&self) -> (SimTime, Address, u64) {
        (self.due, self.from, self.seq)
    }
}

/// What the ledger needs to know of a message.
pub trait Carries {
    /// The item whose custody travels with the message: until it is handled, nobody else accounts for it.
    fn carries(&self) -> Option<ItemKind>;
}
