//! How the network is split into nodes and processes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which emulated parts share a process. Never changes a result.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HostingParams {
    /// Shards the premises of each region are split into.
    pub premises_shards: u32,
    /// Processes those shards are spread over, per region.
    pub premises_processes: u32,
    /// Most Users of one kind in one process.
    pub users_per_process: u32,
}

impl Default for HostingParams {
    fn default() -> Self {
        HostingParams {
            premises_shards: 1,
            premises_processes: 1,
            users_per_process: 1,
        }
    }
}
