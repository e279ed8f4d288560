//! The vocabulary of the network the Smart Energy Code (SEC) governs: who takes part, what is
//! asked of whom, in which units, and the published catalogues of service requests, alerts and
//! response codes.
//!
//! Not here: behaviour, messages, configuration, randomness, IO. A type belongs here when two
//! participants must agree on it and neither owns it.

#![warn(missing_docs)]

pub mod address;
pub mod alerts;
pub mod area;
pub mod calendar;
pub mod catalogue;
pub mod command_variant;
pub mod csv;
pub mod dcc_alert_code;
pub mod device;
pub mod execution_alerts;
pub mod ids;
pub mod profile;
pub mod region;
pub mod response;
pub mod role;
pub mod technology;
pub mod time;

pub use address::Address;
pub use alerts::{AlertCode, AlertRecipient};
pub use area::{LicenceArea, licence_areas};
pub use calendar::Calendar;
pub use catalogue::{FutureDating, Srv, SrvEntry};
pub use command_variant::{CommandVariant, WebService};
pub use dcc_alert_code::DccAlertCode;
pub use device::{DeviceStatus, DeviceType};
pub use ids::{DeviceId, Eui64, PremisesId, RequestId, UserId};
pub use profile::ProfileSize;
pub use region::Region;
pub use response::ResponseCode;
pub use role::{Role, RoleSet};
pub use technology::Technology;
pub use time::{SimDuration, SimTime};
