//! The commands for a network that somebody else starts, in containers or on other machines: the service that hands out
//! what is to be run (`secnet control`), the director that attaches to it (`secnet attach`), and the health check
//! (`secnet health`).

use crate::cancellation::Cancellation;
use crate::control_offer::{check_endpoint, fetch};
use crate::exit::{Exit, bad_input};
use crate::live_run;
use crate::pki;
use crate::run::Driver;
use crate::run_command::{ConductArguments, conduct, parse_bus};
use crate::runtime::on_a_runtime;
use crate::scenario_arguments::ScenarioArguments;
use crate::signals::{on_each, stop_in_order};
use clap::Args;
use secnet_fabric::belonging::scenario_hash;
use secnet_fabric::control::{self, ControlService};
use secnet_fabric::{ControlPlane, Credentials, CredentialsArguments, Endpoints, Launch, Offer};
use secnet_topology::segments::CONTROL_PORT;
use secnet_topology::{Bus, Segment, Transport, World};
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
    /// `tcp/0.0.0.0:7447` otherwise, `quic/0.0.0.0:7447` for a bus that is encrypted.
    #[arg(long, value_name = "ENDPOINT", value_parser = check_endpoint)]
    pub listen: Option<String>,
    /// Where a segment's router is, if not at its name: `gateway=tcp/192.0.2.7:7448`; may be given again.
    #[arg(long = "endpoint", value_name = "SEGMENT=ENDPOINT", value_parser = parse_endpoint)]
    pub endpoints: Vec<(Segment, String)>,
    #[command(flatten)]
    pub credentials: CredentialsArguments,
    /// Make everybody's credentials in the folder that `--credentials` names, unless they are there.
    #[arg(long, requires = "credentials")]
    pub issue: bool,
    /// Whom the bus takes: who proves by a password who it is (`authenticated`); with mutual TLS as well (`encrypted`), where others
    /// can tap the network; or whoever reaches its ports (`open`).
    #[arg(long, value_name = "KIND", value_parser = parse_bus, default_value = Bus::default().word())]
    pub bus: Bus,
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

#[derive(Args, Clone, Debug)]
pub struct AttachArguments {
    /// Where the network's control service listens: `tcp/control:7447`.
    #[arg(value_name = "ENDPOINT", value_parser = check_endpoint)]
    pub endpoint: String,
    #[command(flatten)]
    pub credentials: CredentialsArguments,
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
    #[command(flatten)]
    pub credentials: CredentialsArguments,
}

/// Serves until a director has said goodbye, or a signal comes.
pub fn control(arguments: &ControlArguments) -> anyhow::Result<Exit> {
    let scenario = arguments.scenario.load(&[])?;
    let text = scenario.to_toml()?;
    let scenario_hash = scenario_hash(&scenario)?;
    let layout = World::new(scenario).map_err(bad_input)?.layout();
    let transport = arguments.bus.transport();
    let everywhere = || transport.endpoint("0.0.0.0", CONTROL_PORT);
    let listen = arguments.listen.clone().unwrap_or_else(everywhere);
    let mut endpoints = Endpoints::by_name(
        &layout,
        transport,
        transport.endpoint(control::CONTROL, CONTROL_PORT),
    );
    for (segment, endpoint) in &arguments.endpoints {
        endpoints.set(*segment, endpoint.clone());
    }
    for endpoint in endpoints.all().chain([listen.as_str()]) {
        if Transport::of(endpoint).is_none_or(|(found, _)| found != transport) {
            let (bus, prefix) = (arguments.bus.word(), transport.prefix());
            return Err(bad_input(format!(
                "{endpoint}: on a bus that is {bus} every endpoint begins with `{prefix}`"
            )));
        }
    }
    let folder = match (&arguments.credentials.credentials, arguments.bus) {
        (_, Bus::Open) => None,
        (Some(folder), _) => Some(folder.as_path()),
        (None, _) => {
            return Err(bad_input(
                "give the folder of the network's credentials with --credentials (`secnet pki` makes it), or --bus open",
            ));
        }
    };
    if let Some(folder) = folder.filter(|_| arguments.issue) {
        pki::complete(&layout, folder)?;
    }
    let offer = Offer {
        launch: Launch {
            run: live_run::run_id(),
            scenario: PathBuf::new(),
            scenario_hash,
            endpoints,
            credentials: None,
        },
        scenario: text,
    };
    let plane = ControlPlane {
        endpoint: listen.clone(),
        credentials: folder.map(|folder| Credentials::of(control::CONTROL, folder)),
    };
    let cancellation = Cancellation::default();
    let stopped = cancellation.clone();
    on_each(move || stopped.stop());
    on_a_runtime(async {
        let mut service = ControlService::open(&plane, &layout, &offer).await?;
        crate::console::tell(&format!(
            "control service of run {} at {}: {} processes are to come",
            offer.launch.run,
            listen,
            layout.processes.len()
        ));
        tokio::select! {
            _ = service.goodbye.recv() => tokio::time::sleep(LEAVE_WAIT).await,
            () = cancellation.stopped() => {}
        }
        service.close().await;
        Ok(Exit::Good)
    })
}

pub fn attach(arguments: &AttachArguments) -> anyhow::Result<Exit> {
    let cancellation = Cancellation::default();
    let stopped = cancellation.clone();
    stop_in_order(move || stopped.stop());
    let folder = arguments.credentials.credentials.as_deref();
    let plane = ControlPlane {
        endpoint: arguments.endpoint.clone(),
        credentials: folder.map(Credentials::of_director),
    };
    let (launch, scenario) = fetch(&plane, folder, CONTROL_WAIT, &cancellation)?;
    conduct(
        scenario,
        &arguments.conduct,
        Driver::Attached { launch },
        cancellation,
    )
}

pub fn health(arguments: &HealthArguments) -> anyhow::Result<Exit> {
    let folder = arguments.credentials.credentials.as_deref();
    let plane = ControlPlane {
        endpoint: arguments.control.clone(),
        credentials: folder.map(|folder| Credentials::of(&arguments.process, folder)),
    };
    on_a_runtime(control::check_health(&plane, &arguments.process, HEALTH_WAIT))?;
    Ok(Exit::Good)
}
