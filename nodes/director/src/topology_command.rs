//! `secnet topology`: check a scenario, show it as processed, list its premises, render it for containers, print the
//! format's schema and reference.

use crate::compose_run::IMAGE;
use crate::console::print;
use crate::exit::{Exit, bad_input};
use crate::premises_command::{self, PremisesArguments};
use crate::run_command::parse_bus;
use crate::scenario_arguments::ScenarioArguments;
use clap::Subcommand;
use secnet_topology::compose::{Compose, CredentialsFrom, Machine, Part, render};
use secnet_topology::{Bus, Layout, World, json_schema, reference};
use std::path::{Path, PathBuf};

#[derive(Subcommand, Clone, Debug)]
pub enum TopologyCommand {
    /// Say whether a scenario can be run, or what is wrong with it and where.
    Check {
        scenario: PathBuf,
        #[arg(long = "set", value_name = "KEY=VALUE")]
        overrides: Vec<String>,
    },
    /// Print a scenario with every default filled in and every override applied, and what it makes: nodes and processes.
    Show {
        scenario: PathBuf,
        #[arg(long = "set", value_name = "KEY=VALUE")]
        overrides: Vec<String>,
    },
    /// Render a scenario's network as a compose file: a container per process, a network per segment.
    Compose {
        #[command(flatten)]
        scenario: ScenarioArguments,
        /// Write the file there; print it otherwise. Paths in it are relative to its folder.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// The image every service of secnet runs.
        #[arg(long, value_name = "NAME", default_value = IMAGE)]
        image: String,
        /// The folder of the network's credentials (`secnet pki`). On one machine the control service makes them otherwise; on several
        /// `SECNET_CREDENTIALS` names it when the file is used, `./credentials` if nothing does.
        #[arg(long, value_name = "DIR")]
        credentials: Option<PathBuf>,
        /// Whom the bus takes: who proves by a password who it is (`authenticated`, what it is on one machine otherwise); with mutual TLS
        /// as well (`encrypted`, on several); or whoever reaches its ports (`open`).
        #[arg(long, value_name = "KIND", value_parser = parse_bus)]
        bus: Option<Bus>,
        /// A machine of several, and what is on it: `192.0.2.7=control,dsp,supplier-*`; given once for each.
        #[arg(long = "machine", value_name = "ADDRESS=SERVICE,…", value_parser = parse_machine, requires = "on")]
        machines: Vec<Machine>,
        /// Which of the machines the file is for.
        #[arg(long, value_name = "ADDRESS", requires = "machines")]
        on: Option<String>,
    },
    /// List premises: what stands in them, and whose they are.
    Premises(PremisesArguments),
    /// Print the scenario format as JSON Schema.
    Schema,
    /// Print the scenario format's reference page as Markdown.
    Reference,
}

/// What the flags say of the bus.
struct BusFlags<'a> {
    credentials: Option<&'a Path>,
    bus: Option<Bus>,
}

/// The folder of credentials on each of several machines, unless a flag names it.
const CREDENTIALS: &str = "${SECNET_CREDENTIALS:-./credentials}";

/// The compose file of a scenario, to lie in the folder of `out`.
fn compose_file(
    scenario: &ScenarioArguments,
    image: &str,
    out: Option<&Path>,
    machines: &[Machine],
    on: Option<&str>,
    flags_of_bus: BusFlags<'_>,
) -> anyhow::Result<String> {
    let world = World::new(scenario.load(&[])?).map_err(bad_input)?;
    let layout = world.layout();
    let part = on.map(|on| part(&layout, machines, on)).transpose()?;
    let place = on
        .map(|on| format!(" --on {on}, of several machines"))
        .unwrap_or_default();
    let flags = scenario.flags();
    let file = &scenario.scenario;
    let folder = out.and_then(Path::parent).unwrap_or(Path::new(""));
    let named = match flags_of_bus.credentials {
        // Not a variable of compose's.
        Some(credentials) => Some(relative(credentials, folder)?.replace('$', "$$")),
        None => None,
    };
    let (usual, credentials) = match on {
        // Others may be between the machines.
        Some(_) => (Bus::Encrypted, CredentialsFrom::Folder(CREDENTIALS)),
        None => (Bus::Authenticated, CredentialsFrom::ControlService),
    };
    let flags_text: String = flags.iter().map(|flag| format!(" {flag}")).collect();
    let heading = format!(
        "{}: {} premises, {} processes.\nRendered by `secnet topology compose {}{flags_text}`{place}; see docs/containers.md.",
        world.scenario.name,
        world.population.premises_count(),
        layout.processes.len(),
        file.display(),
    );
    Ok(render(
        &layout,
        &Compose {
            heading: &heading,
            image,
            scenario: &relative(file, folder)?,
            flags: &flags,
            director: Some(&world.scenario.name),
            bus: flags_of_bus.bus.unwrap_or(usual),
            credentials: named.as_deref().map_or(credentials, CredentialsFrom::Folder),
            part,
        },
    ))
}

fn parse_machine(text: &str) -> Result<Machine, String> {
    let parts = text
        .split_once('=')
        .filter(|(address, services)| !address.is_empty() && !services.is_empty());
    let (address, services) =
        parts.ok_or("give an address and what is there: 192.0.2.7=control,dsp,supplier-*")?;
    Ok(Machine {
        address: address.to_owned(),
        services: services.split(',').map(str::to_owned).collect(),
    })
}

fn part<'a>(layout: &Layout, machines: &'a [Machine], on: &str) -> anyhow::Result<Part<'a>> {
    let here = machines
        .iter()
        .position(|machine| machine.address == on)
        .ok_or_else(|| {
            let known: Vec<&str> = machines.iter().map(|machine| machine.address.as_str()).collect();
            bad_input(format!(
                "--on {on}: no --machine is there; there are {}",
                known.join(", ")
            ))
        })?;
    let part = Part { machines, here };
    let without_place = part.without_place(layout);
    if !without_place.is_empty() {
        return Err(bad_input(format!(
            "no --machine has {}; name them, or let `*` on the last take the rest",
            without_place.join(", ")
        )));
    }
    Ok(part)
}

/// `file` as a compose file in `folder` names it.
fn relative(file: &Path, folder: &Path) -> anyhow::Result<String> {
    let file = std::path::absolute(file)?;
    let folder = std::env::current_dir()?.join(folder);
    let shared = file
        .components()
        .zip(folder.components())
        .take_while(|(a, b)| a == b)
        .count();
    let up = folder.components().count() - shared;
    let down: PathBuf = file.components().skip(shared).collect();
    let prefix = if up == 0 {
        "./".to_owned()
    } else {
        "../".repeat(up)
    };
    Ok(format!("{prefix}{}", down.display()))
}

pub fn run(command: &TopologyCommand) -> anyhow::Result<Exit> {
    match command {
        TopologyCommand::Schema => print(&format!("{}\n", serde_json::to_string_pretty(&json_schema())?)),
        TopologyCommand::Compose {
            scenario,
            out,
            image,
            credentials,
            bus,
            machines,
            on,
        } => {
            let bus = BusFlags {
                credentials: credentials.as_deref(),
                bus: *bus,
            };
            let text = compose_file(scenario, image, out.as_deref(), machines, on.as_deref(), bus)?;
            match out {
                None => print(&text),
                Some(file) => std::fs::write(file, text)
                    .map_err(|error| bad_input(format!("cannot write {}: {error}", file.display())))?,
            }
        }
        TopologyCommand::Premises(arguments) => return premises_command::run(arguments),
        TopologyCommand::Reference => print(&reference()),
        TopologyCommand::Check { scenario, overrides } => {
            let loaded = secnet_topology::load(scenario, overrides).map_err(bad_input)?;
            let world = World::new(loaded).map_err(bad_input)?;
            let layout = world.layout();
            let users = match world.users.len() {
                1 => "1 User".to_owned(),
                count => format!("{count} Users"),
            };
            print(&format!(
                "{}: good. {} premises, {users}, {} nodes in {} processes.\n",
                scenario.display(),
                world.population.premises_count(),
                layout.kinds.len(),
                layout.processes.len()
            ));
            print(&format!("It comes to {}.\n", world.estimate()));
            for remark in world.scenario.remarks() {
                print(&format!("{remark}\n"));
            }
        }
        TopologyCommand::Show { scenario, overrides } => {
            let loaded = secnet_topology::load(scenario, overrides).map_err(bad_input)?;
            print(&loaded.to_toml()?);
            let world = World::new(loaded).map_err(bad_input)?;
            if !world.timeline.is_empty() {
                print("\n# The timeline:\n");
            }
            for event in world.timeline.events() {
                print(&format!("# {event}\n"));
            }
            let layout = world.layout();
            print("\n# The processes of a live run, with their nodes:\n");
            for process in &layout.processes {
                let nodes: Vec<&str> = process
                    .nodes
                    .iter()
                    .map(|node| layout.network.name(*node))
                    .collect();
                print(&format!(
                    "# {} ({}): {}\n",
                    process.name,
                    process.binary,
                    nodes.join(", ")
                ));
            }
        }
    }
    Ok(Exit::Good)
}
