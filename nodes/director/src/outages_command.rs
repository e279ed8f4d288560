//! `secnet outages`: what the DNOs learned of the faults of a run, or of one of them.

use crate::console;
use crate::exit::{Exit, bad_input};
use clap::Args;
use secnet_model::{DeviceType, PremisesId, SimDuration, SimTime};
use secnet_results::{LoadedRun, Outage};
use secnet_topology::scenario::PowerParams;
use secnet_topology::{World, grouped};
use serde::Serialize;
use std::fmt::Write;
use std::path::PathBuf;

/// Calls the phone is told of by: the first, and when a control room would no longer doubt it.
const CALLS: [u64; 3] = [1, 5, 20];
/// Hubs named one by one.
const HUBS_SHOWN_MAX: usize = 20;

#[derive(Args, Clone, Debug)]
pub struct OutagesArguments {
    /// A run folder.
    pub folder: PathBuf,
    /// This fault alone, by its number: when its DNO first knew, how many of its meters told of it, when people would have rung, which hubs
    /// never came back.
    #[arg(long, value_name = "N")]
    pub fault: Option<u32>,
    /// Only faults in this licence area: `NPgN`.
    #[arg(long, value_name = "CODE")]
    pub area: Option<String>,
    /// Only faults of this event of the scenario.
    #[arg(long, value_name = "NAME")]
    pub event: Option<String>,
    /// Only faults that the DNO never knew of.
    #[arg(long)]
    pub unknown: bool,
    /// Only faults after which a hub never came back.
    #[arg(long)]
    pub never_back: bool,
    /// How many to print at most, those with most meters out first.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
    /// Print JSON: all that fit, in the order of their beginnings.
    #[arg(long)]
    pub json: bool,
}

/// A fault and what only the plan knows of it.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    outage: &'a Outage,
    /// From its beginning to the DNO's first alert.
    known_after_s: Option<f64>,
    calls: Vec<Call>,
    /// Premises whose hub did not work again.
    #[serde(skip_serializing_if = "Option::is_none")]
    hubs_never_back_at: Option<Vec<u32>>,
}

/// When people would have told.
#[derive(Serialize)]
struct Call {
    call: u64,
    /// From the fault's beginning; absent where fewer would ring.
    after_s: Option<f64>,
}

pub fn run(arguments: &OutagesArguments) -> anyhow::Result<Exit> {
    let run = LoadedRun::load(&arguments.folder).map_err(bad_input)?;
    let scenario = run.todays_scenario().map_err(bad_input)?;
    if run.outages.is_empty() {
        let message = "had no faults of the electricity network: its scenario has no event of the kinds power_cut and power_faults";
        return Err(bad_input(format!("{} {message}", run.path.display())));
    }
    let power = scenario.power.clone();
    if let Some(number) = arguments.fault {
        let outage = run.outages.iter().find(|outage| outage.fault == number);
        let outage = outage.ok_or_else(|| {
            let last = run.outages.len() - 1;
            bad_input(format!(
                "there is no fault {number}; they are numbered from 0 to {last}"
            ))
        })?;
        let world = World::new(scenario).map_err(bad_input)?;
        let told = Told {
            hubs_never_back_at: Some(never_back(&world, outage)),
            ..told(outage, &power)
        };
        console::print(&match arguments.json {
            true => serde_json::to_string_pretty(&told)? + "\n",
            false => one(&told),
        });
        return Ok(Exit::Good);
    }
    let fits = |outage: &&Outage| {
        arguments.area.as_ref().is_none_or(|area| *area == outage.area)
            && arguments
                .event
                .as_ref()
                .is_none_or(|event| *event == outage.event)
            && (!arguments.unknown || outage.meters_out > 0 && outage.first_known_us.is_none())
            && (!arguments.never_back || outage.hubs_never_back > 0)
    };
    let mut fitting: Vec<&Outage> = run.outages.iter().filter(fits).collect();
    console::print(&if arguments.json {
        let all: Vec<Told<'_>> = fitting.into_iter().map(|outage| told(outage, &power)).collect();
        serde_json::to_string_pretty(&all)? + "\n"
    } else {
        // A stable sort: of two as large the first to begin.
        fitting.sort_by_key(|outage| std::cmp::Reverse(outage.meters_out));
        table(&fitting, arguments.limit, &power)
    });
    Ok(Exit::Good)
}

fn told<'a>(outage: &'a Outage, power: &PowerParams) -> Told<'a> {
    let seconds = |micros: u64| SimDuration(micros).as_secs_f64();
    Told {
        outage,
        known_after_s: outage.known_after_us().map(seconds),
        calls: CALLS
            .map(|call| Call {
                call,
                after_s: power.nth_call(call, outage.homes()).map(SimDuration::as_secs_f64),
            })
            .into(),
        hubs_never_back_at: None,
    }
}

/// Premises whose hub was off for good after the fault.
fn never_back(world: &World, outage: &Outage) -> Vec<u32> {
    let population = &world.population;
    let is_dead = |premises: &u32| {
        let premises = PremisesId(*premises);
        let mut cuts = world.timeline.power_cuts().cuts(premises);
        let cut = cuts.find(|cut| cut.fault == outage.fault);
        population.has_device(premises, DeviceType::Chf)
            && !population.is_smets1(premises)
            && cut.is_some_and(|cut| cut.until < world.horizon && world.is_never_back(premises, &cut))
    };
    (outage.first_premises..=outage.last_premises)
        .filter(is_dead)
        .collect()
}

fn one(told: &Told<'_>) -> String {
    let outage = told.outage;
    let mut text = String::new();
    let mut line = |label: &str, words: String| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{label:<26}{words}");
    };
    let ends = outage
        .ends_us
        .map_or("does not end".to_owned(), |at| SimTime(at).to_string());
    let lasted = outage
        .ends_us
        .map(|at| format!(", after {}", SimDuration(at - outage.begins_us)));
    line(
        "Fault",
        format!(
            "{} of “{}”{}",
            outage.fault,
            outage.event,
            outage
                .cause
                .as_ref()
                .map(|cause| format!(", {}", cause.replace('_', " ")))
                .unwrap_or_default()
        ),
    );
    line(
        "Where",
        format!(
            "premises {} to {}, {} homes, {} ({}), {}",
            outage.first_premises,
            outage.last_premises,
            grouped(outage.homes()),
            outage.area,
            outage.region,
            outage.dno.as_deref().unwrap_or("no DNO in this scenario")
        ),
    );
    line("Began", SimTime(outage.begins_us).to_string());
    line("Ended", format!("{ends}{}", lasted.unwrap_or_default()));
    line(
        "First known to the DNO",
        match outage.first_known_us {
            Some(at) => format!("{}, {} after it began", SimTime(at), after(told.known_after_s)),
            None if outage.meters_out == 0 => {
                "never: no meter with a hub was off for three minutes".to_owned()
            }
            None => "never".to_owned(),
        },
    );
    let phone: Vec<String> = told
        .calls
        .iter()
        .map(|call| format!("call {} after {}", call.call, after(call.after_s)))
        .collect();
    line("The phone (assumed)", phone.join(", "));
    line(
        "Told of the outage",
        format!(
            "{} of {} meters out; {} within 5 min of the beginning, {} within 60 s of the three minutes{}",
            outage.outage.delivered,
            outage.meters_out,
            outage.outage.within_5_min,
            outage.outage.within_60_s,
            lost(&outage.outage.lost)
        ),
    );
    line(
        "Told of its end",
        format!(
            "{} of {} meters restored, {} within 60 s{}",
            outage.restoration.delivered,
            outage.meters_restored,
            outage.restoration.within_60_s,
            lost(&outage.restoration.lost)
        ),
    );
    line(
        "Asked by the DNO",
        format!(
            "{} requests, {} answers; {} meters taken for lost",
            outage.pings, outage.pings_answered, outage.meters_silent
        ),
    );
    let hubs = told.hubs_never_back_at.as_deref().unwrap_or_default();
    let named: Vec<String> = hubs.iter().take(HUBS_SHOWN_MAX).map(u32::to_string).collect();
    line(
        "Hubs never back",
        match hubs.len() {
            0 => "none".to_owned(),
            count if count > HUBS_SHOWN_MAX => format!("{count}, the first at premises {}", named.join(", ")),
            count => format!("{count}, at premises {}", named.join(", ")),
        },
    );
    text
}

fn lost(ways: &std::collections::BTreeMap<String, u32>) -> String {
    if ways.is_empty() {
        return String::new();
    }
    let ways: Vec<String> = ways
        .iter()
        .map(|(way, count)| format!("{count} {}", way.replace('_', " ")))
        .collect();
    format!("; {}", ways.join(", "))
}

fn after(seconds: Option<f64>) -> String {
    seconds.map_or("–".to_owned(), |seconds| {
        SimDuration::from_secs_f64(seconds).to_string()
    })
}

/// Widths: 7 + 14 + 7 + 8 + 9 + 9 + 9 + 10 + 9 + 13 + 12 = 107.
fn table(outages: &[&Outage], limit: usize, power: &PowerParams) -> String {
    let mut text = format!(
        "{:<6} {:<13} {:<7}{:>8}{:>9}{:>9}{:>9}{:>10}{:>9}{:>13}{:>12}\n",
        "fault",
        "began",
        "area",
        "homes",
        "out",
        "told",
        "5 min",
        "restored",
        "told",
        "known after",
        "first call"
    );
    for outage in outages.iter().take(limit) {
        let told = told(outage, power);
        let first_call = told.calls.first().and_then(|call| call.after_s);
        let _ = writeln!(
            text,
            "{:<6} {:<13} {:<7}{:>8}{:>9}{:>9}{:>9}{:>10}{:>9}{:>13}{:>12}",
            outage.fault,
            SimTime(outage.begins_us).to_string(),
            outage.area,
            grouped(outage.homes()),
            grouped(outage.meters_out.into()),
            grouped(outage.outage.delivered.into()),
            grouped(outage.outage.within_5_min.into()),
            grouped(outage.meters_restored.into()),
            grouped(outage.restoration.delivered.into()),
            after(told.known_after_s),
            after(first_call),
        );
    }
    let more = outages.len().saturating_sub(limit);
    if more > 0 {
        let _ = writeln!(text, "… and {} more (--limit, --json)", grouped(more as u64));
    }
    text
}
