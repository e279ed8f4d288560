//! The launch of a run: its name, its ports, and the file that tells others where it answers.

use super::assignment::Network;
use anyhow::Context;
use secnet_fabric::authority::{self, Wish};
use secnet_fabric::belonging::scenario_hash;
use secnet_fabric::{Endpoints, Launch};
use secnet_model::Region;
use secnet_results::RunFolder;
use secnet_results::run_folder::{CREDENTIALS, LAUNCH, LAUNCH_SCENARIO};
use secnet_topology::{Bus, Transport};
use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The file in the run folder that tells `secnet status` where the run answers.
/// Removed with its scenario when the run has ended, however it did.
pub(super) struct LaunchFile(pub(super) PathBuf);

impl LaunchFile {
    pub(super) fn store(launch: &Launch, folder: &RunFolder) -> anyhow::Result<LaunchFile> {
        let file = LaunchFile(folder.path().join(LAUNCH));
        launch.store(&file.0)?;
        Ok(file)
    }
}

impl Drop for LaunchFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
        let _ = std::fs::remove_file(self.0.with_file_name(LAUNCH_SCENARIO));
    }
}

/// Everybody's credentials for one run, in its folder. Gone when the run has ended, however it did.
pub struct OwnCredentials(pub(crate) PathBuf);

impl OwnCredentials {
    /// None where the bus is open to all.
    pub(crate) fn make(network: &Network<'_>, bus: Bus) -> anyhow::Result<Option<OwnCredentials>> {
        if bus == Bus::Open {
            return Ok(None);
        }
        let folder = std::path::absolute(network.folder.path().join(CREDENTIALS))?;
        let own = OwnCredentials(folder);
        authority::issue(network.layout, &own.0, &Wish::default())?;
        Ok(Some(own))
    }
}

impl Drop for OwnCredentials {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Whether a live run goes on in that folder.
pub fn goes_on_in(folder: &Path) -> bool {
    Launch::load(&folder.join(LAUNCH)).is_ok_and(|launch| launch.endpoints.is_control_open())
}

/// A new run of the network, on ports that are free.
pub(super) fn launch(
    network: &Network<'_>,
    transport: Transport,
    credentials: Option<&Path>,
) -> anyhow::Result<Launch> {
    let Network {
        world,
        layout,
        folder,
        ..
    } = network;
    // All ports are held until all are chosen, so that none is chosen twice.
    let mut held = Vec::new();
    let mut endpoint = || -> anyhow::Result<String> {
        let held_port = HeldPort::new(transport).context("no free port on the loopback interface")?;
        let address = held_port.address()?;
        let endpoint = transport.endpoint(&address.ip().to_string(), address.port());
        held.push(held_port);
        Ok(endpoint)
    };
    let regions = Region::ALL
        .into_iter()
        .filter(|region| layout.network.directory.providers[region.index()].is_some());
    let wan = regions
        .map(|region| Ok((region, endpoint()?)))
        .collect::<anyhow::Result<BTreeMap<_, _>>>()?;
    let endpoints = Endpoints {
        control: endpoint()?,
        gateway: endpoint()?,
        dsp_csp: endpoint()?,
        wan,
    };
    let scenario = std::path::absolute(folder.path().join(LAUNCH_SCENARIO))?;
    tracing::debug!(scenario = world.scenario.name, "launching");
    Ok(Launch {
        run: run_id(),
        scenario,
        scenario_hash: scenario_hash(&world.scenario)?,
        endpoints,
        credentials: credentials.map(Path::to_path_buf),
    })
}

/// A port that nobody else is given.
enum HeldPort {
    Tcp(TcpListener),
    Udp(UdpSocket),
}

impl HeldPort {
    fn new(transport: Transport) -> io::Result<HeldPort> {
        const ANY: &str = "127.0.0.1:0";
        Ok(match transport {
            Transport::Tcp => HeldPort::Tcp(TcpListener::bind(ANY)?),
            Transport::Quic => HeldPort::Udp(UdpSocket::bind(ANY)?),
        })
    }

    fn address(&self) -> io::Result<SocketAddr> {
        match self {
            HeldPort::Tcp(listener) => listener.local_addr(),
            HeldPort::Udp(socket) => socket.local_addr(),
        }
    }
}

/// A name no other run has.
pub fn run_id() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let unix_ms = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis();
    format!("r{}-{unix_ms}-{number}", std::process::id())
}
