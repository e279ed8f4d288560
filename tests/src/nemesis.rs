//! The nemesis: runs of the compiled programs that it stops, kills, cuts off, floods and starves of disk, each a function of its
//! number; and what must hold of them whatever it did.

mod conduct;
mod plan;

pub use conduct::{Abilities, Aftermath, conduct};
pub use plan::{Fault, FaultKind, Plan, Setting};
