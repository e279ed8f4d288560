//! The typed scenario and the population it describes.
//!
//! [`Scenario`] is file format, defaults, command-line overrides, JSON Schema and reference page at once; [`World`] is what the
//! participants are given of it; [`Population`] says what stands in each premises; [`Layout`] which nodes
//! and processes a run needs.
//!
//! Not here: behaviour of participants, anything that changes during a run, starting processes.

mod apportion;
pub mod assumed;
pub mod campaigns;
mod check;
pub mod compose;
mod conformance;
mod estimate;
pub mod events;
mod grouped;
pub mod identities;
pub mod layout;
pub mod live_requests;
pub mod loading;
mod local_time;
pub mod modifications;
pub mod permutation;
pub mod population;
pub mod power;
mod ranges;
pub mod reach;
pub mod reference;
mod remarks;
pub mod restoration;
pub mod scenario;
pub mod schema;
pub mod segments;
mod suggest;
mod supply;
pub mod timeline;
pub mod tracing;
pub mod units;
pub mod users;
pub mod validation;
mod versions;
mod words;
pub mod world;

pub use assumed::{Assumption, assumptions};

pub use campaigns::Campaign;
pub use estimate::Estimate;
pub use grouped::grouped;
pub use layout::{Layout, NodeKind, ProcessSpec};
pub use live_requests::TakesRequests;
pub use loading::{LoadError, load, parse};
pub use local_time::LocalTime;
pub use population::{BLOCK_PREMISES, Population, Portfolio};
pub use power::HubPower;
pub use ranges::AssumedRange;
pub use reach::Reach;
pub use reference::reference;
pub use scenario::Scenario;
pub use schema::json_schema;
pub use segments::{Bus, Segment, Transport};
pub use suggest::mend;
pub use timeline::{Timeline, Version};
pub use units::{BitRate, Bytes, Date, DateTime, ExecuteAt, Span, TimeOfDay};
pub use users::{UserEntry, UserKind};
pub use validation::{Invalid, Problem};
pub use world::World;
