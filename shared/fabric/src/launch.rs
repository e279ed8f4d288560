//! What a process is told at its start: which run, which of the scenario's processes it is, and where its segments are.

use crate::belonging::{Belonging, scenario_hash};
use anyhow::{Context, bail};
use secnet_model::Region;
use secnet_results::run_folder::read_bounded;
use secnet_topology::{Layout, Scenario, Segment, Transport};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::{TcpStream, ToSocketAddrs, UdpSocket};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A launch file is some hundred bytes long.
const LAUNCH_BYTES_MAX: u64 = 1 << 20;
/// How long a connection on the loopback interface may take.
const CONNECT_WAIT: Duration = Duration::from_secs(1);

/// The launch file: one per run, read by every process of it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Launch {
    /// Tells this run's messages from every other's.
    pub run: String,
    /// The processed scenario.
    pub scenario: PathBuf,
    /// What that file must hold: [`scenario_hash`].
    pub scenario_hash: String,
    pub endpoints: Endpoints,
    /// Everybody's credentials, in a folder each, or at least those of who reads this; none where the bus is open to all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<PathBuf>,
}

/// Where each segment's router listens, as zenoh locators.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoints {
    pub control: String,
    /// The DCC User Gateway, owned by the DSP.
    pub gateway: String,
    /// The DSP's links to the CSPs, owned by the DSP.
    pub dsp_csp: String,
    /// The SM WANs, each owned by its CSP.
    pub wan: BTreeMap<Region, String>,
}

/// What a control service hands to whoever asks: the launch, and the scenario itself, as they share no files.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    pub launch: Launch,
    /// The text of the processed scenario.
    pub scenario: String,
}

impl Launch {
    pub fn belonging(&self) -> Belonging {
        Belonging {
            run: self.run.clone(),
            scenario_hash: self.scenario_hash.clone(),
        }
    }

    /// Refuses a scenario that is not the one this launch is of.
    pub fn check_scenario(&self, scenario: &Scenario) -> anyhow::Result<()> {
        let found = scenario_hash(scenario)?;
        if found == self.scenario_hash {
            return Ok(());
        }
        bail!(
            "the scenario {} (seed {}) with the hash {found} is not the one that run {} was launched with, whose hash is {}: \
             start the run again, and let nobody write to its folder",
            scenario.name,
            scenario.seed,
            self.run,
            self.scenario_hash
        )
    }

    pub fn load(path: &Path) -> anyhow::Result<Launch> {
        let text = read_bounded(path, LAUNCH_BYTES_MAX)?;
        serde_json::from_slice(&text).with_context(|| format!("{} is not a launch file", path.display()))
    }

    pub fn store(&self, path: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}

impl Endpoints {
    /// Where each segment is a network with names, as in containers.
    pub fn by_name(layout: &Layout, transport: Transport, control: String) -> Endpoints {
        let wans = layout.segments().into_iter().filter_map(|segment| match segment {
            Segment::Wan(region) => Some((region, segment.endpoint(transport))),
            Segment::Gateway | Segment::DspCsp => None,
        });
        Endpoints {
            control,
            gateway: Segment::Gateway.endpoint(transport),
            dsp_csp: Segment::DspCsp.endpoint(transport),
            wan: wans.collect(),
        }
    }

    pub fn set(&mut self, segment: Segment, endpoint: String) {
        match segment {
            Segment::Gateway => self.gateway = endpoint,
            Segment::DspCsp => self.dsp_csp = endpoint,
            Segment::Wan(region) => {
                self.wan.insert(region, endpoint);
            }
        }
    }

    /// Whether anybody listens at the control plane: a run that was killed leaves its launch file behind.
    pub fn is_control_open(&self) -> bool {
        let Some((transport, address)) = Transport::of(&self.control) else {
            return false;
        };
        let mut addresses = address.to_socket_addrs().into_iter().flatten();
        addresses.any(|address| match transport {
            Transport::Tcp => TcpStream::connect_timeout(&address, CONNECT_WAIT).is_ok(),
            // Nobody listens where one could. What is on another machine cannot be told like this.
            Transport::Quic => UdpSocket::bind(address).is_err(),
        })
    }

    /// Where a segment's router listens.
    pub fn of(&self, segment: Segment) -> anyhow::Result<&str> {
        match segment {
            Segment::Gateway => Ok(&self.gateway),
            Segment::DspCsp => Ok(&self.dsp_csp),
            Segment::Wan(region) => self
                .wan
                .get(&region)
                .map(String::as_str)
                .with_context(|| format!("the launch file gives no WAN endpoint for {region}")),
        }
    }

    /// Every endpoint there is, the control plane's first.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        let segments = [&self.control, &self.gateway, &self.dsp_csp].into_iter();
        segments.chain(self.wan.values()).map(String::as_str)
    }
}
