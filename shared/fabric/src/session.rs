//! Zenoh sessions: one per process and segment. A segment's owner runs its router; everybody else is a client of it
//! and can reach nobody past it.

use serde::{Deserialize, Serialize};
use serde_json::json;
use zenoh::Wait;

/// How a process takes part in a segment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attachment {
    /// Owns the segment's router and listens there: `tcp/127.0.0.1:7447`.
    Router(String),
    /// Connects to the router there.
    Client(String),
}

/// A paused process must not lose its sessions: the transport's lease is far longer than any pause to be survived.
const LEASE_MS: u64 = 120_000;

/// Frames that wait for a transport, the most zenoh allows, and how long one more waits for room before it is dropped. A
/// busy machine lets the transport's thread wait for milliseconds; a frame dropped is sent again after a round trip.
const FRAMES_WAITING: usize = 16;
const WAIT_BEFORE_DROP_US: u64 = 5_000;

/// Opens a session. Must run on a multi-thread tokio runtime, as zenoh panics on others. A client goes on trying to
/// connect: the director's start barrier bounds how long.
pub async fn open(attachment: &Attachment) -> zenoh::Result<zenoh::Session> {
    let (mode, listen, connect) = match attachment {
        Attachment::Router(endpoint) => ("router", vec![endpoint], vec![]),
        Attachment::Client(endpoint) => ("client", vec![], vec![endpoint]),
    };
    let config = json!({
        "mode": mode,
        "listen": { "endpoints": listen, "exit_on_failure": true },
        "connect": {
            "endpoints": connect,
            "timeout_ms": -1,
            "retry": { "period_init_ms": 50, "period_max_ms": 500, "period_increase_factor": 1.5 },
        },
        "scouting": { "multicast": { "enabled": false }, "gossip": { "enabled": false } },
        "adminspace": { "enabled": false },
        "transport": { "link": { "tx": {
            "lease": LEASE_MS,
            "keep_alive": 24,
            "queue": {
                "size": { "data": FRAMES_WAITING },
                "congestion_control": { "drop": { "wait_before_drop": WAIT_BEFORE_DROP_US } },
            },
        } } },
    });
    let config = zenoh::Config::from_json5(&config.to_string())?;
    // Opening blocks its thread until the router is there: not one that has signals and time-outs to look after.
    tokio::task::spawn_blocking(move || zenoh::open(config).wait()).await?
}
