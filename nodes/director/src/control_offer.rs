//! What the control service of a network that somebody else starts has to run.

use crate::cancellation::Cancellation;
use crate::exit::bad_input;
use crate::runtime::on_a_runtime;
use secnet_fabric::{ControlPlane, Launch, control};
use secnet_topology::segments::CONTROL_PORT;
use secnet_topology::{Scenario, Transport};
use std::path::Path;
use std::time::Duration;

/// Asks the control service until it answers. The launch names that service as it is reached from here, and the credentials in
/// `folder`.
pub fn fetch(
    plane: &ControlPlane,
    folder: Option<&Path>,
    patience: Duration,
    cancellation: &Cancellation,
) -> anyhow::Result<(Launch, Scenario)> {
    let offer = on_a_runtime(async {
        tokio::select! {
            offer = control::fetch_offer(plane, patience) => offer,
            () = cancellation.stopped() => Err(anyhow::anyhow!("stopped before the control service came")),
        }
    });
    let offer = offer.map_err(|error| bad_input(format!("{error:#}")))?;
    let scenario = secnet_topology::parse("the control service's scenario", &offer.scenario, &[]);
    let mut launch = offer.launch;
    let endpoint = &plane.endpoint;
    launch.endpoints.control.clone_from(endpoint);
    // Whoever reads it in the run's folder may stand elsewhere.
    launch.credentials = folder.map(std::path::absolute).transpose()?;
    let scenario = scenario.map_err(bad_input)?;
    launch
        .check_scenario(&scenario)
        .map_err(|error| bad_input(format!("{endpoint}: {error:#}")))?;
    Ok((launch, scenario))
}

/// `tcp/HOST:PORT`, or `quic/HOST:PORT` where the bus is encrypted.
pub fn check_endpoint(text: &str) -> Result<String, String> {
    let port = Transport::of(text).and_then(|(_, address)| address.rsplit_once(':'));
    match port {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => Ok(text.to_owned()),
        _ => Err(format!(
            "`{text}` is no endpoint; write it like tcp/control:{CONTROL_PORT}"
        )),
    }
}
