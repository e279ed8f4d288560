//! `secnet pki`: the credentials of a network whose processes somebody else starts, in containers or on several machines.

use crate::console;
use crate::exit::{Exit, bad_input};
use crate::scenario_arguments::ScenarioArguments;
use clap::Args;
use secnet_fabric::authority::{self, Wish};
use secnet_topology::{Layout, World};
use std::path::{Path, PathBuf};

#[derive(Args, Clone, Debug)]
pub struct PkiArguments {
    #[command(flatten)]
    pub scenario: ScenarioArguments,
    /// The folder they are written to, a folder for each identity in it.
    #[arg(long, value_name = "DIR", default_value = "credentials")]
    pub out: PathBuf,
    /// Another name or address by which routers are reached: that of a machine of several; may be given again.
    #[arg(long = "name", value_name = "HOST")]
    pub names: Vec<String>,
    /// How long the certificates are valid.
    #[arg(long, value_name = "N", default_value_t = Wish::default().valid_days, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub days: u32,
    /// Put them in the place of those that are in the folder.
    #[arg(long)]
    pub replace: bool,
}

pub fn run(arguments: &PkiArguments) -> anyhow::Result<Exit> {
    let layout = World::new(arguments.scenario.load(&[])?)
        .map_err(bad_input)?
        .layout();
    let folder = &arguments.out;
    if !arguments.replace && holds_anything(folder) {
        return Err(bad_input(format!(
            "{} is not empty; --replace puts new credentials in the place of those that are there",
            folder.display()
        )));
    }
    // Those above it are nobody's secret.
    if let Some(above) = folder.parent() {
        std::fs::create_dir_all(above)
            .map_err(|error| bad_input(format!("cannot make {}: {error}", above.display())))?;
    }
    let wish = Wish {
        names: arguments.names.clone(),
        valid_days: arguments.days,
    };
    authority::issue(&layout, folder, &wish).map_err(|error| bad_input(format!("{error:#}")))?;
    console::tell(&format!(
        "{}: passwords and certificates of {} processes, the director, an operator and the Users, valid for {} days. Give each only its own folder.",
        folder.display(),
        layout.processes.len(),
        arguments.days
    ));
    Ok(Exit::Good)
}

/// Makes everybody's credentials anew unless all of them are there.
pub fn complete(layout: &Layout, folder: &Path) -> anyhow::Result<()> {
    if authority::files(layout, folder).iter().all(|file| file.exists()) {
        return Ok(());
    }
    authority::issue(layout, folder, &Wish::default())
}

fn holds_anything(folder: &Path) -> bool {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_some(),
        // Not a folder, or not ours to read: writing says why.
        Err(_) => false,
    }
}
