//! What nodes count and hand over, and the parts a participant consists of.
//!
//! A participant's state is a list of parts ([`parts!`]); from it follow its deadlines, custody, saving and figures. Nodes count into
//! a [`ServiceTally`], an [`AlertTally`], tables of figures ([`figures!`]) and a ledger, and hand all over as an [`Account`].
//!
//! Not here: what is made of accounts when a run has ended: reports, statistics, files (`secnet-results`).

pub mod account;
pub mod alerts;
pub mod campaigns;
pub mod duration_histogram;
pub mod faults;
pub mod figures;
pub mod firmware_cells;
pub mod keyed;
pub mod load;
pub mod messages;
pub mod modifications;
pub mod mornings;
pub mod over_time;
pub mod part;
pub mod pm12;
pub mod service;
pub mod tally;
pub mod traffic_management;

pub use account::{Account, Accountable};
pub use alerts::{AlertKey, AlertLevel, AlertLevels};
pub use duration_histogram::DurationHistogram;
pub use messages::Messages;
pub use mornings::MorningHours;
pub use part::Part;
pub use service::{Ended, ServiceKey, ServiceLevel, ServiceLevels, ServiceMode};
pub use tally::{AlertTally, ServiceTally};
