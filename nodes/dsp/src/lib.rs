//! The DCC's Data Service Provider: the one place every service request, response and alert passes.
//!
//! Each message first waits its turn in the service process ([`service_process`]), which refuses requests when its
//! queue is full. A request then meets access control ([`access_control`]) and is answered at once: refused, done,
//! turned into a pre-command ([`transform`]) or accepted. Accepted commands go to the CSP of the device's region
//! ([`routing`]), at once or at their time ([`future_dated`]), and are remembered until the device's answer comes
//! ([`correlation`]) or their time runs out ([`timeouts`]). Schedules ([`schedules`]) start readings by themselves.
//! Device alerts go to the User the alert table names ([`alerts`]); what a User's gateway does not take is kept and
//! pushed again ([`delivery`]). Access control, alerts and schedules go by what the
//! DCC believes ([`records`]), which commands and the timeline change. SEC Modifications the scenario has switched on have
//! their say at named points in between ([`modifications`]): traffic management, priority, quarantine, alert storms.
//!
//! Not here: cells, loss and transmission times (the CSPs), what devices do (the premises), retries and signing (the
//! Users), consent for other Users' reads.

pub mod access_control;
pub mod alerts;
pub mod answers;
pub mod commands;
pub mod correlation;
pub mod delays;
pub mod delivery;
pub mod future_dated;
pub mod images;
pub mod inventory;
pub mod modifications;
pub mod node;
pub mod readings;
pub mod records;
pub mod routing;
pub mod schedules;
pub mod service_process;
pub mod services;
pub mod timeouts;
pub mod transform;
pub mod use_of_servers;

pub use access_control::{Accepted, Register, check};
pub use node::Dsp;
pub use records::Records;
