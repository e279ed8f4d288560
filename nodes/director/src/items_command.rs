//! `secnet items`: the sampled requests and alerts of a run, one a row, by who, what, where, when and what came of them.

use crate::console;
use crate::exit::{Exit, bad_input};
use crate::live_network::{RUNS, newest};
use crate::scenario_arguments::parse_device;
use clap::Args;
use secnet_engine::Outcome;
use secnet_model::{AlertCode, DeviceType, PremisesId, Region, ResponseCode, SimTime, Srv, licence_areas};
use secnet_results::LoadedRun;
use secnet_results::run_folder::{MANIFEST, TRACES};
use secnet_results::traces::items::{OPEN, Wanted, csv, table};
use secnet_results::traces::{Traces, TracesSummary};
use secnet_topology::{Span, World, grouped, mend};
use std::path::{Path, PathBuf};

#[derive(Args, Clone, Debug)]
pub struct ItemsArguments {
    #[command(flatten)]
    pub which: WhichArguments,
    /// Those that failed.
    #[arg(long)]
    pub failed: bool,
    /// The N that took longest, those first; otherwise all, in the order of their beginnings.
    #[arg(long, value_name = "N")]
    pub slowest: Option<usize>,
    /// Print CSV.
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// The run's folder; the newest under `runs/` otherwise.
    #[arg(long, value_name = "DIR")]
    pub run: Option<PathBuf>,
}

/// Which items; all that are given must hold.
#[derive(Args, Clone, Debug, Default)]
pub struct WhichArguments {
    /// Those of this User, by name.
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// Requests and scheduled reads of this service request variant: `4.1.1`.
    #[arg(long, value_name = "SRV")]
    pub srv: Option<String>,
    /// Alerts of this code: `8F35`.
    #[arg(long, value_name = "CODE")]
    pub alert: Option<String>,
    /// Those of this CSP region: `north`, `central`, `south`, `smets1`.
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Those of premises in this licence area: `NPgN`.
    #[arg(long, value_name = "CODE")]
    pub area: Option<String>,
    /// Those of this premises, by number.
    #[arg(long, value_name = "N")]
    pub premises: Option<u32>,
    /// Those of devices of this type: `GSME`.
    #[arg(long, value_name = "TYPE", value_parser = parse_device)]
    pub device: Option<DeviceType>,
    /// Those that ended so: `completed`, `not_delivered`; `open` for those that had not.
    #[arg(long, value_name = "OUTCOME")]
    pub outcome: Option<String>,
    /// Those answered with this response code: `E20`.
    #[arg(long, value_name = "CODE")]
    pub code: Option<String>,
    /// Those that began so long after the epoch or later: `6h`.
    #[arg(long, value_name = "SPAN")]
    pub since: Option<Span>,
    /// Those that began sooner than so long after the epoch.
    #[arg(long, value_name = "SPAN")]
    pub until: Option<Span>,
}

pub fn run(arguments: &ItemsArguments) -> anyhow::Result<Exit> {
    let (run, summary) = sampled(arguments.run.as_deref())?;
    let wanted = Wanted {
        failed: arguments.failed,
        ..arguments.which.wanted(&run)?
    };
    let fitting = arguments.which.of(&run, &wanted)?;
    let items = fitting.items(arguments.slowest);
    console::print(&match (arguments.json, arguments.csv) {
        (true, _) => serde_json::to_string_pretty(&items)? + "\n",
        (_, true) => csv(&items),
        _ => table(&items) + &footer(&run, &summary, items.len()),
    });
    Ok(Exit::Good)
}

/// A run with traces, the newest where none is named. What it lacks is said aloud.
pub(crate) fn sampled(folder: Option<&Path>) -> anyhow::Result<(LoadedRun, TracesSummary)> {
    let folder = match folder {
        Some(folder) => folder.to_owned(),
        None => newest(Path::new(RUNS), MANIFEST)
            .ok_or_else(|| bad_input("no run that has ended under runs/; name one with --run"))?,
    };
    let run = LoadedRun::load(&folder).map_err(bad_input)?;
    let Some(summary) = run.traces.clone() else {
        return Err(bad_input(format!(
            "{} has no {TRACES}: nothing was sampled; run with --set tracing.requests=0.01, or 1 for all",
            folder.display()
        )));
    };
    if summary.dropped > 0 {
        console::complain(&format!(
            "INCOMPLETE: {} spans did not fit tracing.spans_max and are missing, whole items among them",
            grouped(summary.dropped)
        ));
    }
    Ok((run, summary))
}

/// How many of how many these are, and how many each stands for.
fn footer(run: &LoadedRun, summary: &TracesSummary, shown: usize) -> String {
    let share = |key: &str| {
        let tracing = run.scenario.get("tracing").and_then(|tracing| tracing.get(key));
        tracing.and_then(toml::Value::as_float).unwrap_or_default()
    };
    format!(
        "{} of {} items sampled: {} of all requests, {} of all alerts.\n`secnet trace` and the beginning of a trace's id show its way.\n",
        grouped(shown as u64),
        grouped(summary.traces as u64),
        percent(share("requests")),
        percent(share("alerts")),
    )
}

fn percent(share: f64) -> String {
    format!("{} %", (share * 1e6).round() / 1e4)
}

impl WhichArguments {
    /// Nothing that the run cannot have is looked for.
    pub(crate) fn wanted(&self, run: &LoadedRun) -> anyhow::Result<Wanted> {
        let groups = ["suppliers", "dnos", "other_users"].into_iter();
        let of_group = |group: &str| run.scenario.get(group).and_then(toml::Value::as_array);
        let users: Vec<&str> = groups
            .filter_map(of_group)
            .flatten()
            .filter_map(|user| user.get("name").and_then(toml::Value::as_str))
            .collect();
        let outcomes = Outcome::ALL.iter().map(|outcome| outcome.name()).chain([OPEN]);
        let codes = ResponseCode::ALL.iter().map(|code| code.code());
        let alerts: Vec<String> = AlertCode::all().map(|alert| alert.to_string()).collect();
        known("user", &self.user, users.into_iter())?;
        known("srv", &self.srv, Srv::all().map(Srv::number))?;
        known("alert", &self.alert, alerts.iter().map(String::as_str))?;
        known(
            "region",
            &self.region,
            Region::ALL.iter().map(|region| region.name()),
        )?;
        known("area", &self.area, licence_areas().iter().map(|area| area.code))?;
        known("outcome", &self.outcome, outcomes)?;
        known("code", &self.code, codes)?;
        let time = |span: Span| SimTime::ZERO + span.into();
        Ok(Wanted {
            user: self.user.clone(),
            srv: self.srv.clone(),
            alert: self.alert.clone(),
            region: self.region.clone(),
            premises: self.premises,
            device: self.device.map(|device| device.name().to_owned()),
            outcome: self.outcome.clone(),
            code: self.code.clone(),
            since: self.since.map(time),
            until: self.until.map(time),
            failed: false,
        })
    }

    /// The traces of the items wanted.
    pub(crate) fn of(&self, run: &LoadedRun, wanted: &Wanted) -> anyhow::Result<Traces> {
        let traces = run.load_traces().map_err(bad_input)?;
        let Some(code) = &self.area else {
            // Where all are wanted, so are those whose beginning was dropped.
            return Ok(match *wanted == Wanted::default() {
                true => traces,
                false => traces.of(wanted, |_| true),
            });
        };
        let scenario = run.todays_scenario().map_err(bad_input)?;
        let population = World::new(scenario).map_err(bad_input)?.population;
        // What is about no premises is in no area.
        let is_there = |premises: Option<u32>| {
            let known = premises.filter(|premises| *premises < population.premises_count());
            known.is_some_and(|premises| {
                licence_areas()[population.area_of(PremisesId(premises))].code == code
            })
        };
        Ok(traces.of(wanted, is_there))
    }
}

/// A name that there is none of would find nothing, and look like an answer.
fn known<'a>(flag: &str, name: &Option<String>, names: impl Iterator<Item = &'a str>) -> anyhow::Result<()> {
    let Some(name) = name else { return Ok(()) };
    let names: Vec<&str> = names.collect();
    match names.contains(&name.as_str()) {
        true => Ok(()),
        false => {
            let mend = mend(name, names.iter().copied());
            Err(bad_input(format!("--{flag}: there is no `{name}`{mend}")))
        }
    }
}
