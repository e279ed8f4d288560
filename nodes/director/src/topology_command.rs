//! `secnet topology`: check a scenario, show it as processed, print the format's schema and reference.

use crate::console::print;
use crate::exit::{Exit, bad_input};
use clap::Subcommand;
use secnet_topology::{World, json_schema, reference};
use std::path::PathBuf;

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
    /// Print the scenario format as JSON Schema.
    Schema,
    /// Print the scenario format's reference page as Markdown.
    Reference,
}

pub fn run(command: &TopologyCommand) -> anyhow::Result<Exit> {
    match command {
        TopologyCommand::Schema => print(&format!("{}\n", serde_json::to_string_pretty(&json_schema())?)),
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
        }
        TopologyCommand::Show { scenario, overrides } => {
            let loaded = secnet_topology::load(scenario, overrides).map_err(bad_input)?;
            print(&loaded.to_toml()?);
            let world = World::new(loaded).map_err(bad_input)?;
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
