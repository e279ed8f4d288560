//! Zenoh sessions: one per process and segment. A segment's owner runs its router; everybody else is a client of it
//! and can reach nobody past it.

use crate::access::{ProvedBy, Rights};
use crate::credentials::{Credentials, Presented};
use anyhow::{Context, bail};
use secnet_topology::Transport;
use serde_json::{Value, json};
use zenoh::Wait;

/// How a process takes part in a part of the bus.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attachment {
    endpoint: String,
    role: Role,
    presented: Option<Presented>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Role {
    /// Owns the router and listens.
    Router(Rights),
    /// Connects to the router.
    Client,
}

impl Attachment {
    /// Owns the router at `endpoint`, for `part` of the bus: `control`, or a segment's name. With credentials it takes only those
    /// who have some, and only what each has the right to say.
    pub fn router(
        part: &str,
        endpoint: &str,
        credentials: Option<&Credentials>,
        rights: Rights,
    ) -> anyhow::Result<Attachment> {
        Attachment::new(part, endpoint, credentials, Role::Router(rights))
    }

    /// Connects to the router at `endpoint`.
    pub fn client(
        part: &str,
        endpoint: &str,
        credentials: Option<&Credentials>,
    ) -> anyhow::Result<Attachment> {
        Attachment::new(part, endpoint, credentials, Role::Client)
    }

    fn new(
        part: &str,
        endpoint: &str,
        credentials: Option<&Credentials>,
        role: Role,
    ) -> anyhow::Result<Attachment> {
        let presented = match (Transport::of(endpoint), credentials) {
            (Some(_), Some(credentials)) => Some(credentials.on(part)?),
            (Some((Transport::Tcp, _)), None) => None,
            (Some((Transport::Quic, _)), None) => bail!(
                "{endpoint} is for those who present a certificate: name the folder of your own with --credentials or \
                 SECNET_CREDENTIALS; `secnet pki` makes them"
            ),
            (None, _) => bail!("`{endpoint}` is no endpoint; write it like tcp/127.0.0.1:7447"),
        };
        Ok(Attachment {
            endpoint: endpoint.to_owned(),
            role,
            presented,
        })
    }

    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }
}

/// A paused process must not lose its sessions: the transport's lease is far longer than any pause to be survived.
const LEASE_MS: u64 = 120_000;

/// Frames that wait for a transport, the most zenoh allows, and how long one more waits for room before it is dropped. A
/// busy machine lets the transport's thread wait for milliseconds; a frame dropped is sent again after a round trip.
const FRAMES_WAITING: usize = 16;
const WAIT_BEFORE_DROP_US: u64 = 5_000;

/// Opens a session. Must run on a multi-thread tokio runtime, as zenoh panics on others. A client goes on trying to
/// connect: the director's start barrier bounds how long.
pub async fn open(attachment: &Attachment) -> anyhow::Result<zenoh::Session> {
    let config = zenoh::Config::from_json5(&config(attachment)?.to_string())
        .map_err(|error| anyhow::anyhow!("the configuration of {}: {error}", attachment.endpoint))?;
    // Opening blocks its thread until the router is there: not one that has signals and time-outs to look after.
    tokio::task::spawn_blocking(move || zenoh::open(config).wait())
        .await
        .context("the session's thread ended")?
        .map_err(|error| anyhow::anyhow!("{error}"))
}

fn config(attachment: &Attachment) -> anyhow::Result<Value> {
    let endpoint = &attachment.endpoint;
    let (mode, listen, connect) = match attachment.role {
        Role::Router(_) => ("router", vec![endpoint], vec![]),
        Role::Client => ("client", vec![], vec![endpoint]),
    };
    let mut config = json!({
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
    let Some(presented) = &attachment.presented else {
        return Ok(config);
    };
    let is_router = matches!(attachment.role, Role::Router(_));
    let proved_by = match Transport::of(endpoint) {
        Some((Transport::Quic, _)) => {
            config["transport"]["link"]["tls"] = presented.certificates();
            ProvedBy::Certificate
        }
        _ => {
            config["transport"]["auth"]["usrpwd"] = presented.password(is_router)?;
            ProvedBy::Password
        }
    };
    if let Role::Router(rights) = &attachment.role {
        config["access_control"] = rights.to_config(proved_by);
    }
    Ok(config)
}
