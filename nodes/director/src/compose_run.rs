//! Runs a network in containers of this machine: brings them up from the scenario's compose file, attaches, and takes
//! them down.

use crate::control_offer::fetch;
use crate::exit::bad_input;
use crate::live_run::{self, Network, OwnCredentials};
use crate::run_facts::RunFacts;
use anyhow::anyhow;
use secnet_fabric::containers::Engine;
use secnet_fabric::{ControlPlane, Credentials};
use secnet_results::run_folder::LOGS;
use secnet_results::{RunOutcome, run_folder};
use secnet_topology::Bus;
use secnet_topology::compose::{Compose, CredentialsFrom, render};
use std::time::Duration;

/// The image the documentation builds.
pub const IMAGE: &str = "secnet:latest";
/// The containers are up: their control service answers soon or never.
const CONTROL_WAIT: Duration = Duration::from_secs(30);

pub fn run(network: Network<'_>, image: &str, bus: Bus) -> anyhow::Result<(RunOutcome, RunFacts)> {
    let engine = Engine::find().map_err(|error| {
        bad_input(format!(
            "{error:#}; --driver live runs the same network without containers"
        ))
    })?;
    if !engine.has_image(image) {
        return Err(bad_input(format!(
            "there is no image {image}; `docker/assemble` makes it of the programs as built, docs/containers.md says more"
        )));
    }
    let credentials = OwnCredentials::make(&network, bus)?;
    let mounted = format!("./{}", run_folder::CREDENTIALS);
    let text = render(
        network.layout,
        &Compose {
            heading: &format!("{}, for one run.", network.world.scenario.name),
            image,
            scenario: &format!("./{}", run_folder::LAUNCH_SCENARIO),
            flags: &[],
            director: None,
            bus,
            credentials: CredentialsFrom::Folder(&mounted),
            part: None,
        },
    );
    network.progress.say("bringing up containers");
    let containers = engine.up(&text, network.folder.path())?;
    if network.cancellation.is_stopped() {
        return Err(anyhow!("stopped by hand before the network was up"));
    }
    let folder = credentials.as_ref().map(|own| own.0.as_path());
    let plane = ControlPlane {
        endpoint: containers.control(bus.transport()),
        credentials: folder.map(Credentials::of_director),
    };
    let (launch, _) = fetch(&plane, folder, CONTROL_WAIT, network.cancellation)?;
    let result = live_run::attach(network, &launch);
    network.progress.say("taking down containers");
    containers.store_logs(&network.folder.path().join(LOGS))?;
    result
}
