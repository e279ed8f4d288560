//! `secnet status`: how a live run that goes on is doing, asked from another terminal.

use crate::exit::Exit;
use crate::live_network::{LiveNetwork, PATIENCE};
use crate::runtime::on_a_runtime;
use clap::Args;
use secnet_engine::Pace;
use secnet_fabric::control::ask_status;
use secnet_fabric::report::{LinkStatus, NodeStatus, Phase, RunStatus};
use secnet_fabric::{Credentials, CredentialsArguments};
use secnet_model::{SimDuration, SimTime};
use serde::Serialize;
use std::fmt::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Args, Clone, Debug)]
pub struct StatusArguments {
    /// The run's folder, or where its control service listens: `tcp/127.0.0.1:7447`; the newest folder under `runs/` that
    /// a live run goes on in otherwise.
    pub run: Option<PathBuf>,
    /// Print the status as JSON.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub credentials: CredentialsArguments,
}

pub fn run(arguments: &StatusArguments) -> anyhow::Result<Exit> {
    let network = LiveNetwork::find(arguments.run.as_deref(), &arguments.credentials)?;
    let plane = network.plane(Credentials::of_operator);
    let status = on_a_runtime(ask_status(&plane, &network.launch.run, PATIENCE))?;
    if arguments.json {
        let described = Described {
            emulated: emulated(&status),
            held_up_by: held_up_by(&status),
            status: &status,
        };
        crate::console::print(&format!("{}\n", serde_json::to_string_pretty(&described)?));
    } else {
        crate::console::print(&describe(&status));
    }
    Ok(Exit::Good)
}

/// What `--json` prints: the status as the director has it, and what follows from it.
#[derive(Serialize)]
struct Described<'a> {
    emulated: SimTime,
    held_up_by: Vec<&'a str>,
    #[serde(flatten)]
    status: &'a RunStatus,
}

/// Emulated time, pace, a line per node, what is in flight, and who waits for whom.
pub fn describe(status: &RunStatus) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_overview(&mut text, status)
        .and_then(|()| write_nodes(&mut text, status))
        .and_then(|()| write_in_flight(&mut text, status))
        .and_then(|()| write_waits(&mut text, status));
    text
}

fn write_overview(text: &mut String, status: &RunStatus) -> fmt::Result {
    let emulated = emulated(status);
    let speed = emulated.as_secs_f64() / status.wall_seconds.max(1e-3);
    let pace = match status.pace {
        Pace::Max => "as fast as it goes".to_owned(),
        Pace::WallTimes(speed) => format!("pace {speed} × real time"),
    };
    writeln!(
        text,
        "{}: {emulated} of {} emulated in {:.1} s ({speed:.1} × real time), {pace}",
        status.scenario, status.end, status.wall_seconds
    )
}

fn write_nodes(text: &mut String, status: &RunStatus) -> fmt::Result {
    let is_paced = status.pace != Pace::Max;
    let width = nodes(status).map(|node| node.name.len()).max().unwrap_or(4);
    write!(
        text,
        "\n{:<width$} {:>9} {:>13} {:>13} {:>10} {:>8} {:>6}",
        "node", "phase", "now", "next event", "handled", "waiting", "links"
    )?;
    writeln!(text, "{}", if is_paced { "   lag max" } else { "" })?;
    for node in nodes(status) {
        write!(
            text,
            "{:<width$} {:>9} {:>13} {:>13} {:>10} {:>8} {:>6}",
            node.name,
            node.phase,
            node.now.min(status.end).to_string(),
            node.next_event.to_string(),
            node.handled,
            node.queued,
            format!("{}/{}", node.links_up, node.links_total),
        )?;
        if is_paced {
            write!(text, " {:>9}", SimDuration(node.lag_max_us).to_string())?;
        }
        writeln!(text)?;
    }
    Ok(())
}

fn write_in_flight(text: &mut String, status: &RunStatus) -> fmt::Result {
    writeln!(text, "\nin flight per link")?;
    let mut is_empty = true;
    for node in nodes(status) {
        let telling = |link: &&LinkStatus| link.in_flight > 0 || link.out_of_credit || !link.up;
        for link in node.links.iter().filter(telling) {
            is_empty = false;
            let state = match (link.up, link.out_of_credit) {
                (false, _) => ", not up",
                (true, true) => ", out of credit",
                (true, false) => "",
            };
            writeln!(
                text,
                "  {} → {}: {}{state}",
                node.name, link.neighbour, link.in_flight
            )?;
        }
    }
    if is_empty {
        writeln!(text, "  nothing")?;
    }
    Ok(())
}

fn write_waits(text: &mut String, status: &RunStatus) -> fmt::Result {
    writeln!(text, "\nwho waits for whose promise")?;
    let mut is_empty = true;
    for (node, link) in waits(status) {
        is_empty = false;
        writeln!(
            text,
            "  {} waits for {}: promised until {}, needed past {}",
            node.name,
            link.neighbour,
            link.promised_until,
            node.next_event.min(status.end)
        )?;
    }
    if is_empty {
        writeln!(text, "  nobody")?;
    }
    let held_up_by = held_up_by(status);
    if !held_up_by.is_empty() {
        writeln!(text, "held up by {}", held_up_by.join(", "))?;
    }
    for (process, since) in &status.silent {
        match since {
            Some(seconds) => writeln!(text, "{process} has said nothing for {seconds:.1} s")?,
            None => writeln!(text, "{process} has not reported yet")?,
        }
    }
    Ok(())
}

fn nodes(status: &RunStatus) -> impl Iterator<Item = &NodeStatus> {
    status.processes.iter().flat_map(|process| &process.nodes)
}

/// How far the run has got: the latest event handled anywhere.
fn emulated(status: &RunStatus) -> SimTime {
    let now = nodes(status).map(|node| node.now).max();
    now.unwrap_or_default().min(status.end)
}

/// Each node that waits, with the link it waits for; those that wait for the wall clock only are left out.
fn waits(status: &RunStatus) -> impl Iterator<Item = (&NodeStatus, &LinkStatus)> {
    let wall = Duration::try_from_secs_f64(status.wall_seconds).unwrap_or_default();
    let reached = status.pace.limit(wall).min(status.end);
    nodes(status)
        .filter(|node| node.phase == Phase::Running)
        .flat_map(|node| node.links.iter().map(move |link| (node, link)))
        .filter(move |(_, link)| link.holds_us_up && link.promised_until < reached)
}

/// Where the waiting begins: nodes others wait for that wait for nobody themselves, or whose process is silent.
fn held_up_by(status: &RunStatus) -> Vec<&str> {
    let is_silent = |name: &str| {
        let its_process = status
            .processes
            .iter()
            .find(|process| process.nodes.iter().any(|node| node.name == name));
        its_process.is_some_and(|process| status.silent.iter().any(|(silent, _)| *silent == process.process))
    };
    let mut held_up_by: Vec<&str> = waits(status)
        .map(|(_, link)| link.neighbour.as_str())
        .filter(|name| is_silent(name) || !waits(status).any(|(node, _)| node.name == *name))
        .collect();
    held_up_by.sort_unstable();
    held_up_by.dedup();
    held_up_by
}
