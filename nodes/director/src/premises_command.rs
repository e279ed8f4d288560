//! `secnet topology premises`: what stands in which premises, and whose it is.

use crate::console;
use crate::exit::{Exit, bad_input};
use crate::scenario_arguments::{ScenarioArguments, parse_device};
use clap::Args;
use secnet_model::{DeviceType, PremisesId, UserId, licence_areas};
use secnet_topology::{UserEntry, UserKind, World};
use serde::Serialize;
use std::fmt::Write;

#[derive(Args, Clone, Debug)]
pub struct PremisesArguments {
    #[command(flatten)]
    pub scenario: ScenarioArguments,
    /// Which premises, by number; otherwise the first enrolled ones that fit.
    pub numbers: Vec<u32>,
    /// Those of this User: a Supplier's customers for the fuel of `--device`, or for either; a distributor's areas.
    #[arg(long, value_name = "USER", conflicts_with = "numbers")]
    pub of: Option<String>,
    /// Those with a device of this type: `GSME`.
    #[arg(long, value_name = "TYPE", value_parser = parse_device, conflicts_with = "numbers")]
    pub device: Option<DeviceType>,
    /// Those with prepayment meters.
    #[arg(long, conflicts_with = "numbers")]
    pub prepayment: bool,
    /// How many to print at most.
    #[arg(long, value_name = "N", default_value_t = 10, conflicts_with = "numbers")]
    pub limit: usize,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// One premises, as the network knows it at the scenario's start.
#[derive(Serialize)]
struct Described<'a> {
    premises: u32,
    region: &'static str,
    area: &'static str,
    distributor: Option<&'a str>,
    electricity_supplier: &'a str,
    gas_supplier: Option<&'a str>,
    /// Empty where the premises is not enrolled.
    devices: Vec<&'static str>,
    prepayment: bool,
    wan: bool,
}

pub fn run(arguments: &PremisesArguments) -> anyhow::Result<Exit> {
    let world = World::new(arguments.scenario.load(&[])?).map_err(bad_input)?;
    let count = world.population.premises_count();
    let chosen: Vec<PremisesId> = if arguments.numbers.is_empty() {
        fitting(arguments, &world)?
    } else {
        if let Some(unknown) = arguments.numbers.iter().find(|number| **number >= count) {
            let last = count.saturating_sub(1);
            return Err(bad_input(format!(
                "there is no premises {unknown}; they are numbered from 0 to {last}"
            )));
        }
        arguments.numbers.iter().copied().map(PremisesId).collect()
    };
    let described: Vec<Described<'_>> = chosen
        .into_iter()
        .map(|premises| describe(&world, premises))
        .collect();
    console::print(&if arguments.json {
        format!("{}\n", serde_json::to_string_pretty(&described)?)
    } else {
        table(&described)
    });
    Ok(Exit::Good)
}

/// The first enrolled premises that are as the flags say.
fn fitting(arguments: &PremisesArguments, world: &World) -> anyhow::Result<Vec<PremisesId>> {
    let population = &world.population;
    let of = match &arguments.of {
        None => None,
        Some(name) => {
            let user = world.users.iter().find(|user| user.name == *name);
            Some(user.ok_or_else(|| {
                let names: Vec<&str> = world.users.iter().map(|user| user.name.as_str()).collect();
                bad_input(format!("--of: no User `{name}`; there are {}", names.join(", ")))
            })?)
        }
    };
    let is_of = |premises: PremisesId, user: &UserEntry| {
        let electricity =
            population.electricity_supplier(premises) == user.id || population.dno(premises) == Some(user.id);
        let gas = population.gas_supplier(premises) == Some(user.id);
        match arguments.device {
            _ if user.kind == UserKind::OtherUser => true,
            Some(DeviceType::Esme) => electricity,
            Some(device_type) if device_type.is_gas() => gas,
            _ => electricity || gas,
        }
    };
    let fits = |premises: &PremisesId| {
        population.is_enrolled(*premises)
            && of.is_none_or(|user| is_of(*premises, user))
            && arguments
                .device
                .is_none_or(|device| population.has_device(*premises, device))
            && (!arguments.prepayment || population.is_prepayment(*premises))
    };
    let all = (0..population.premises_count()).map(PremisesId);
    Ok(all.filter(fits).take(arguments.limit).collect())
}

fn describe(world: &World, premises: PremisesId) -> Described<'_> {
    let population = &world.population;
    let name = |user: UserId| world.user(user).map(|user| user.name.as_str());
    Described {
        premises: premises.0,
        region: population.region_of(premises).name(),
        area: licence_areas()[population.area_of(premises)].code,
        distributor: population.dno(premises).and_then(name),
        electricity_supplier: name(population.electricity_supplier(premises)).unwrap_or_default(),
        gas_supplier: population.gas_supplier(premises).and_then(name),
        devices: population.devices(premises).map(DeviceType::name).collect(),
        prepayment: population.is_prepayment(premises),
        wan: population.has_wan(premises),
    }
}

fn table(rows: &[Described<'_>]) -> String {
    if rows.is_empty() {
        return "no premises is like that\n".to_owned();
    }
    let width =
        |of: fn(&Described<'_>) -> usize, least: usize| rows.iter().map(of).max().unwrap_or(0).max(least);
    let distributors = width(|row| row.distributor.unwrap_or("-").chars().count(), 11);
    let electricity = width(|row| row.electricity_supplier.chars().count(), 11);
    let gas = width(|row| row.gas_supplier.unwrap_or("-").chars().count(), 3);
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "premises  region   area  {:<distributors$}  {:<electricity$}  {:<gas$}  devices",
        "distributor", "electricity", "gas"
    );
    for row in rows {
        let mut devices = row.devices.join(" ");
        if row.devices.is_empty() {
            devices.push_str("none: not enrolled");
        } else {
            devices.push_str(if row.prepayment { ", prepayment" } else { "" });
            devices.push_str(if row.wan { "" } else { ", no WAN" });
        }
        let _ = writeln!(
            text,
            "{:>8}  {:<7}  {:<4}  {:<distributors$}  {:<electricity$}  {:<gas$}  {devices}",
            row.premises,
            row.region,
            row.area,
            row.distributor.unwrap_or("-"),
            row.electricity_supplier,
            row.gas_supplier.unwrap_or("-"),
        );
    }
    text
}
