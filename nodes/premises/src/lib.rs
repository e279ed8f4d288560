//! A shard of premises: in each a communications hub, an electricity meter, often a gas meter behind a gas proxy, often a
//! prepayment display.
//!
//! A command comes over the SM WAN to the hub, waits until its device fetches it, and is answered. A future-dated
//! command is kept by the device and executed at its time. Devices raise alerts of their own at a background rate.
//! What happens in a premises is decided when its command arrives; the response carries the delay in its due time.
//!
//! A device that was removed, or unjoined from the HAN, answers nothing and raises nothing: the DSP's time-out ends the
//! request. What commands change for good ([`changes`]) is kept where it differs from the plan.
//!
//! Which premises share a shard changes nothing: draws and counts are keyed by the premises, or by blocks of
//! premises every shard that holds a part of them follows alike.
//!
//! Not here: cells, loss and queues on the WAN (the CSP), who is entitled to ask (the DSP), meter readings: payloads are sizes.

#![warn(clippy::wildcard_enum_match_arm)]

pub mod alerts;
pub mod answer;
pub mod changes;
pub mod esme;
pub mod firmware;
pub mod future_dated;
pub mod gpf;
pub mod gsme;
pub mod hub;
pub mod modifications;
pub mod node;
pub mod noisy;
pub mod power;
pub mod ppmid;
pub mod store;
pub mod storms;
pub mod uplink;

pub use node::{Premises, PremisesShardState};
