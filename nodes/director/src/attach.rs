//! A network that somebody else starts, in containers or on other machines: the service that hands out what is to be
//! run (`secnet control`), the director that attaches to it (`secnet attach`), and the health check (`secnet health`).

use crate::exit::{Exit, bad_input};
use crate::live_run;
use crate::run::{ConductArguments, conduct};
use crate::scenario_arguments::ScenarioArguments;
use crate::signals::interrupted;
use clap::Args;
use secnet_fabric::control::{self, ControlService};
use secnet_fabric::{Endpoints, Launch, Offer};
use secnet_topology::segments::CONTROL_PORT;
use secnet_topology::{Scenario, Segment, World};
use std::path::PathBuf;
use std::time::Duration;

/// How long an attaching director waits for the control service.
const CONTROL_WAIT: Duration = Duration::from_secs(60);
/// A health check that takes longer has failed.
const HEALTH_WAIT: Duration = Duration::from_secs(3);
/// After the goodbye the processes still need the router to take leave.
const LEAVE_WAIT: Duration = Duration::from_secs(2);

#[derive(Args, Clone, Debug)]
pub struct ControlArguments {
    #[command(flatten)]
    pub scenario: ScenarioArguments,
    /// Where the control segment's router listens.
    #[arg(long, value_name = "ENDPOINT", default_value_t = format!("tcp/0.0.0.0:{CONTROL_PORT}"))]
    pub listen: String,
    /// Where a segment's router is, if not at its name: `gateway=tcp/192.0.2.7:7448`; may be given again.
    #[arg(long = "endpoint", value_name = "SEGMENT=ENDPOINT", value_parser = parse_endpoint)]
    pub endpoints: Vec<(Segment, String)>,
}

fn parse_endpoint(text: &str) -> Result<(Segment, String), String> {
    let (name, endpoint) = text
        .split_once('=')
        .ok_or("give a segment and where it is: gateway=tcp/192.0.2.7:7448")?;
    let segment = Segment::from_name(name).ok_or_else(|| {
        let known = Segment::ALL.map(Segment::name).join(", ");
        format!("there is no segment {name}; there are {known}")
    })?;
    check_endpoint(endpoint).map(|endpoint| (segment, endpoint))
}

/// `tcp/HOST:PORT`, the only kind of place the fabric has.
pub fn check_endpoint(text: &str) -> Result<String, String> {
    let port = text
        .strip_prefix("tcp/")
        .and_then(|address| address.rsplit_once(':'));
    match port {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => Ok(text.to_owned()),
        _ => Err(format!(
            "`{text}` is no endpoint; write it like tcp/control:{CONTROL_PORT}"
        )),
    }
}

#[derive(Args, Clone, Debug)]
pub struct AttachArguments {
    /// Where the network's control service listens: `tcp/control:7447`.
    #[arg(value_name = "ENDPOINT", value_parser = check_endpoint)]
    pub endpoint: String,
    #[command(flatten)]
    pub conduct: ConductArguments,
}

#[derive(Args, Clone, Debug)]
pub struct HealthArguments {
    /// Where the network's control service listens.
    #[arg(long, value_name = "ENDPOINT", value_parser = check_endpoint, default_value_t = format!("tcp/control:{CONTROL_PORT}"))]
    pub control: String,
    /// Which of the scenario's processes, or `control` for the service itself.
    #[arg(long, value_name = "NAME", default_value = control::CONTROL)]
    pub process: String,
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
}

/// Serves until a director has said goodbye, or a signal comes.
pub fn control(arguments: &ControlArguments) -> anyhow::Result<Exit> {
    check_endpoint(&arguments.listen).map_err(|problem| bad_input(format!("--listen: {problem}")))?;
    let scenario = arguments.scenario.load(&[])?;
    let text = scenario.to_toml()?;
    let layout = World::new(scenario).map_err(bad_input)?.layout();
    let mut endpoints = Endpoints::by_name(&layout, format!("tcp/{}:{CONTROL_PORT}", control::CONTROL));
    for (segment, endpoint) in &arguments.endpoints {
        endpoints.set(*segment, endpoint.clone());
    }
    let offer = Offer {
        launch: Launch {
            run: live_run::run_id(),
            scenario: PathBuf::new(),
            endpoints,
        },
        scenario: text,
    };
    let runtime = runtime()?;
    let result = runtime.block_on(async {
        let mut service = ControlService::open(&arguments.listen, &offer).await?;
        crate::console::tell(&format!(
            "control service of run {} at {}: {} processes are to come",
            offer.launch.run,
            arguments.listen,
            layout.processes.len()
        ));
        tokio::select! {
            _ = service.goodbye.recv() => tokio::time::sleep(LEAVE_WAIT).await,
            () = interrupted() => {}
        }
        service.close().await;
        Ok(Exit::Good)
    });
    runtime.shutdown_timeout(Duration::from_millis(500));
    result
}

pub fn attach(arguments: &AttachArguments) -> anyhow::Result<Exit> {
    let (launch, scenario) = fetch(&arguments.endpoint, CONTROL_WAIT)?;
    conduct(scenario, &arguments.conduct, "attached", |_, network| {
        live_run::attach(network, &launch)
    })
}

/// What the control service there has to run, with that service's place as it is reached from here.
pub fn fetch(endpoint: &str, patience: Duration) -> anyhow::Result<(Launch, Scenario)> {
    let runtime = runtime()?;
    let offer = runtime.block_on(async {
        tokio::select! {
            offer = control::fetch_offer(endpoint, patience) => offer,
            () = interrupted() => Err(anyhow::anyhow!("stopped before the control service came")),
        }
    });
    runtime.shutdown_timeout(Duration::from_millis(200));
    let offer = offer.map_err(|error| bad_input(format!("{error:#}")))?;
    let scenario = secnet_topology::parse("the control service's scenario", &offer.scenario, &[]);
    let mut launch = offer.launch;
    endpoint.clone_into(&mut launch.endpoints.control);
    Ok((launch, scenario.map_err(bad_input)?))
}

pub fn health(arguments: &HealthArguments) -> anyhow::Result<Exit> {
    let runtime = runtime()?;
    let result = runtime.block_on(control::check_health(
        &arguments.control,
        &arguments.process,
        HEALTH_WAIT,
    ));
    runtime.shutdown_timeout(Duration::from_millis(200));
    result.map(|()| Exit::Good)
}
