//! `secnet request`: has a User of a live run send a request while the run goes on, and says what becomes of it.

use crate::console;
use crate::exit::{Exit, bad_input};
use crate::live_network::{LiveNetwork, PATIENCE};
use crate::runtime::on_a_runtime;
use crate::scenario_arguments::parse_device;
use anyhow::Context;
use clap::{ArgGroup, Args};
use secnet_fabric::control::{Refused, RequestClient};
use secnet_fabric::{Credentials, CredentialsArguments};
use secnet_model::{DeviceType, SimTime, Srv};
use secnet_topology::live_requests::{TakenRequest, parse_request};
use secnet_topology::scenario::RequestParams;
use secnet_topology::validation::validate_request;
use secnet_topology::{Layout, NodeKind, Span, World};
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;

/// How often a request that is waited for is looked at.
const LOOK: Duration = Duration::from_millis(100);

#[derive(Args, Clone, Debug)]
#[group(skip)]
#[command(group = ArgGroup::new("what").required(true).args(["srv", "list"]))]
pub struct RequestArguments {
    /// The run's folder, or where its control service listens: `tcp/127.0.0.1:7447`; the newest folder under `runs/` that
    /// a live run goes on in otherwise.
    pub run: Option<PathBuf>,
    /// The User that is to send it, by name.
    #[arg(long, value_name = "USER", required_unless_present = "list")]
    pub from: Option<String>,
    /// The service request variant: `4.1.1`.
    #[arg(long, value_name = "SRV")]
    pub srv: Option<String>,
    /// The premises it goes to, by number.
    #[arg(long, value_name = "N")]
    pub premises: Option<u32>,
    /// The device type it goes to; the first the premises has of those the SRV is for otherwise.
    #[arg(long, value_name = "TYPE", value_parser = parse_device)]
    pub device: Option<DeviceType>,
    /// When it is sent, after the epoch; as soon as it can be otherwise, or if that is later.
    #[arg(long, value_name = "SPAN")]
    pub at: Option<Span>,
    /// Future-dated this long after it is sent; on demand otherwise.
    #[arg(long, value_name = "SPAN")]
    pub future_dated_by: Option<Span>,
    /// Of 11.1 or 11.4: the campaign of the User's, one that is `by_hand`, whose next devices it lists.
    #[arg(long, value_name = "NAME")]
    pub campaign: Option<String>,
    /// Wait until it has ended; exit with 3 if it has not been completed.
    #[arg(long, conflicts_with = "list")]
    pub wait: bool,
    /// Show what has been sent like this in the run so far, by one User or all, and what became of it.
    #[arg(long, conflicts_with_all = ["premises", "device", "at", "future_dated_by", "campaign"])]
    pub list: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Requests go with the credentials of their User.
    #[command(flatten)]
    pub credentials: CredentialsArguments,
}

pub fn run(arguments: &RequestArguments) -> anyhow::Result<Exit> {
    let network = LiveNetwork::find(arguments.run.as_deref(), &arguments.credentials)?;
    let world = World::new(network.scenario()?).map_err(bad_input)?;
    on_a_runtime(async {
        match arguments.list {
            true => list(arguments, &world, &network).await,
            false => send(arguments, &world, &network).await,
        }
    })
}

/// A client with the credentials of the User that `node` plays.
async fn client_of(node: &str, network: &LiveNetwork) -> anyhow::Result<RequestClient> {
    let plane = network.plane(|folder| Credentials::of_user(node, folder));
    RequestClient::open(&plane, &network.launch.run, PATIENCE).await
}

async fn send(arguments: &RequestArguments, world: &World, network: &LiveNetwork) -> anyhow::Result<Exit> {
    let request = wanted(arguments, world)?;
    let node = node_of(&world.layout(), world, &request.from)
        .with_context(|| format!("no node plays {}", request.from))?;
    let client = client_of(&node, network).await?;
    let exit = send_by(&client, &node, &request, arguments).await;
    client.close().await;
    exit
}

async fn send_by(
    client: &RequestClient,
    node: &str,
    request: &RequestParams,
    arguments: &RequestArguments,
) -> anyhow::Result<Exit> {
    let taken = client.send(node, request, PATIENCE).await.map_err(|error| {
        if error.is::<Refused>() {
            bad_input(error)
        } else {
            error
        }
    })?;
    if !arguments.wait {
        show(arguments, std::slice::from_ref(&taken))?;
        return Ok(Exit::Good);
    }
    if !arguments.json {
        console::tell(&describe(&taken));
    }
    let ended = loop {
        let known = match client.list(node, PATIENCE).await {
            Ok(known) => known,
            Err(error) => {
                console::complain(&format!("the run ended before the request did: {error:#}"));
                return Ok(Exit::Incomplete);
            }
        };
        match known.into_iter().find(|known| known.number == taken.number) {
            Some(known) if known.ended.is_some() => break known,
            _ => tokio::time::sleep(LOOK).await,
        }
    };
    show(arguments, std::slice::from_ref(&ended))?;
    let is_completed = ended.ended.is_some_and(|ended| ended.outcome == "completed");
    Ok(if is_completed {
        Exit::Good
    } else {
        Exit::VerdictMissed
    })
}

async fn list(arguments: &RequestArguments, world: &World, network: &LiveNetwork) -> anyhow::Result<Exit> {
    if let Some(from) = &arguments.from
        && world.user_by_name(from).is_none()
    {
        let names: Vec<&str> = world.users.iter().map(|user| user.name.as_str()).collect();
        return Err(bad_input(format!(
            "--from: no User `{from}`; there are {}",
            names.join(", ")
        )));
    }
    let layout = world.layout();
    let mut all = Vec::new();
    for user in &world.users {
        if arguments.from.as_ref().is_some_and(|from| *from != user.name) {
            continue;
        }
        if let Some(node) = node_of(&layout, world, &user.name) {
            let client = client_of(&node, network).await?;
            let known = client.list(&node, PATIENCE).await;
            client.close().await;
            all.extend(known?);
        }
    }
    show(arguments, &all)?;
    Ok(Exit::Good)
}

/// What the flags say, checked before anybody is asked.
fn wanted(arguments: &RequestArguments, world: &World) -> anyhow::Result<RequestParams> {
    let text = json!({
        "from": arguments.from,
        "srv": arguments.srv,
        "premises": arguments.premises,
        "device": arguments.device,
        "at": arguments.at,
        "future_dated_by": arguments.future_dated_by,
        "campaign": arguments.campaign,
    });
    let request = parse_request(text.to_string().as_bytes()).map_err(bad_input)?;
    let problems = validate_request(&world.scenario, &world.users, &request);
    if problems.is_empty() {
        return Ok(request);
    }
    let flag = |path: &str| path.replace('_', "-");
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| format!("--{}: {}", flag(&problem.path), problem.message))
        .collect();
    Err(bad_input(lines.join("\n")))
}

/// The node that plays the User of that name.
fn node_of(layout: &Layout, world: &World, name: &str) -> Option<String> {
    let user = world.user_by_name(name)?;
    let node = layout
        .kinds
        .iter()
        .position(|kind| *kind == NodeKind::User(user))?;
    layout.network.nodes.get(node).cloned()
}

fn show(arguments: &RequestArguments, requests: &[TakenRequest]) -> anyhow::Result<()> {
    let text = match (arguments.json, requests) {
        (true, [one]) if !arguments.list => serde_json::to_string_pretty(one)?,
        (true, _) => serde_json::to_string_pretty(requests)?,
        (false, []) => "no requests from outside so far".to_owned(),
        (false, _) => requests.iter().map(describe).collect::<Vec<_>>().join("\n"),
    };
    console::print(&format!("{text}\n"));
    Ok(())
}

fn describe(taken: &TakenRequest) -> String {
    let request = &taken.request;
    let name = Srv::from_number(&request.srv).map_or("", |srv| srv.entry().name);
    let premises = request
        .premises
        .map_or(String::new(), |number| format!(", premises {number}"));
    let campaign = request
        .campaign
        .as_ref()
        .map_or(String::new(), |name| format!(", campaign {name}"));
    let head = format!(
        "{} {}: {} {name}{premises}{campaign}",
        request.from, taken.number, request.srv
    );
    let at = SimTime::ZERO + request.at.as_duration();
    let state = match (&taken.ended, &taken.id) {
        (Some(ended), _) => {
            let span = taken.response_time().unwrap_or_default().as_duration();
            format!("sent at {at}, {} after {span}, {}", ended.outcome, ended.code)
        }
        (None, Some(_)) => format!("sent at {at}, under way"),
        (None, None) => format!("to be sent at {at}"),
    };
    let id = taken
        .id
        .as_ref()
        .map_or(String::new(), |id| format!("\n  request {id}"));
    format!("{head}\n  {state}{id}")
}
