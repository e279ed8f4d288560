//! SEC Modifications: which are on, and each one's parameters in a module of its own.

mod anomaly_detection;
mod by_name;
mod secmp0028;
mod secmp0062;
mod secmp0067;
mod srv_lists;

pub use anomaly_detection::*;
pub use secmp0028::*;
pub use secmp0062::*;
pub use secmp0067::*;
use srv_lists::default_priority;
pub use srv_lists::{is_meant, meant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which Modifications the network has. All are off unless a scenario says otherwise.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ModificationSwitches {
    /// Demand management by priority without throttling; an alternative to SECMP0067.
    #[serde(rename = "SECMP0028")]
    pub secmp0028: Switch,
    /// Northbound application traffic management: alert storm protection.
    #[serde(rename = "SECMP0062")]
    pub secmp0062: Switch,
    /// Service request traffic management.
    #[serde(rename = "SECMP0067")]
    pub secmp0067: Switch,
    /// Threshold anomaly detection and quarantine, with the DCC alert of SECMP0008.
    #[serde(rename = "SECMP0008")]
    pub secmp0008: Switch,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    #[default]
    Off,
    On,
}

impl Switch {
    pub fn is_on(self) -> bool {
        self == Switch::On
    }
}

/// The parameter tables, each named after its Modification.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ModificationParams {
    /// Demand management by priority.
    #[serde(rename = "SECMP0028")]
    pub secmp0028: Secmp0028Params,
    /// Alert storm protection.
    #[serde(rename = "SECMP0062")]
    pub secmp0062: Secmp0062Params,
    /// Service request traffic management.
    #[serde(rename = "SECMP0067")]
    pub secmp0067: Secmp0067Params,
    /// Threshold anomaly detection.
    #[serde(rename = "SECMP0008")]
    pub secmp0008: AnomalyDetectionParams,
}
