//! `secnet assess`: a scenario without and with a change, a SEC Modification or any other, over the same seeds, in virtual time, and
//! what follows for Users.
//!
//! Not here: the statistics and the wording (`secnet_results::assessment`).

use crate::console;
use crate::exit::{Exit, bad_input};
use crate::live_network::RUNS;
use crate::reports::{self, Beginning, Document};
use crate::scenario_arguments::ScenarioArguments;
use crate::side_by_side::{self, Job};
use anyhow::Context;
use clap::Args;
use secnet_results::RunFolder;
use secnet_results::assessment::rendering::{markdown, summary};
use secnet_results::assessment::{Assessment, AssessmentFacts, Change, Pair, Question, RunFigures};
use secnet_results::run_folder::{ASSESSMENT, ASSESSMENT_PAGE, ASSESSMENT_REPORT, Place, WITH, WITHOUT};
use secnet_topology::modifications::{ModificationSwitches, Switch};
use secnet_topology::{Scenario, World};
use std::path::{Path, PathBuf};

#[derive(Args, Clone, Debug)]
#[command(allow_missing_positional = true)]
pub struct AssessArguments {
    /// The Modification, where it is one that is assessed: `SECMP0067`.
    pub modification: Option<String>,
    /// On both sides. Other Modifications the scenario has on stay on.
    #[command(flatten)]
    pub scenario: ScenarioArguments,
    /// What is otherwise with the change; may be given again, and all of them together are the change: `--change dsp.servers=11`.
    #[arg(long = "change", value_name = "KEY=VALUE")]
    pub changes: Vec<String>,
    /// What the report calls the change: "a DSP of eleven servers".
    #[arg(long, value_name = "NAME")]
    pub named: Option<String>,
    /// How many seeds, counted up from the scenario's. With fewer than 5 no test can tell a difference from chance; with fewer
    /// than 10 the intervals lean on an assumption, and the report says so.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(5..=1_000))]
    pub seeds: u32,
    /// Runs side by side; as many as there are cores otherwise.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub threads: Option<u16>,
    /// Folder for the report; the next number in `runs/assess-<Modification, or change>-<scenario's name>/` otherwise, where `latest` is the
    /// newest. A folder with anything in it is refused.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Put the report in the place of the one in the folder that `--out` names.
    #[arg(long, requires = "out")]
    pub replace: bool,
    /// Also writes the assessment as JSON to this file.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Print no summary.
    #[arg(long, short)]
    pub quiet: bool,
}

/// The scenario on both sides, equal but for the change.
struct Sides {
    change: Change,
    without: Scenario,
    with: Scenario,
}

pub fn run(arguments: &AssessArguments) -> anyhow::Result<Exit> {
    let sides = Sides::load(arguments)?;
    let folder = prepare_folder(arguments, &sides)?;
    let beginning = Beginning::now();
    let jobs = sides.jobs(arguments.seeds);
    let threads = side_by_side::threads(arguments.threads, jobs.len());
    let Some(pairs) = run_pairs(&jobs, threads)? else {
        console::complain("stopped by hand: nothing is assessed");
        return Ok(Exit::Incomplete);
    };
    let question = Question {
        change: sides.change.clone(),
        scenario: sides.with.clone(),
        command: command(arguments),
    };
    let assessment = Assessment::new(&question, pairs);
    let facts = beginning.facts(threads);
    write(arguments, &folder, &sides, &assessment, &facts)?;
    if !arguments.quiet {
        console::print(&summary(&assessment));
        let report = folder.path().join(ASSESSMENT_REPORT);
        console::print(&format!(
            "{:.1} s on {threads} threads. Report: {}\n",
            facts.wall_seconds,
            report.display()
        ));
    }
    Ok(exit(&assessment))
}

fn exit(assessment: &Assessment) -> Exit {
    if !assessment.all_balanced() {
        Exit::Unbalanced
    } else if !assessment.all_complete() {
        Exit::Incomplete
    } else if !assessment.all_thresholds_met_with() {
        Exit::VerdictMissed
    } else {
        Exit::Good
    }
}

impl Sides {
    fn load(arguments: &AssessArguments) -> anyhow::Result<Sides> {
        let change = change(arguments)?;
        let load = |overrides: &[String]| -> anyhow::Result<Scenario> {
            let scenario = arguments.scenario.load(overrides)?;
            World::new(scenario.clone()).map_err(bad_input)?;
            Ok(scenario)
        };
        let sides = Sides {
            without: load(&change.without)?,
            with: load(&change.with)?,
            change,
        };
        let (without, with) = (&sides.without, &sides.with);
        if without.seed != with.seed {
            return Err(bad_input(
                "--change seed: every pair of runs has the same seed; --seed says which is the first, --seeds how many there are",
            ));
        }
        if without == with {
            let changes = arguments.changes.join(" --change ");
            return Err(bad_input(format!(
                "--change {changes}: the scenario is that already, so that there is nothing to compare"
            )));
        }
        Ok(sides)
    }

    /// For each seed one run without and one with the change, in this order.
    fn jobs(&self, seeds: u32) -> Vec<Job> {
        let first = self.with.seed;
        let seeds = (0..u64::from(seeds)).map(|n| first.wrapping_add(n));
        let job = |side: &Scenario, seed: u64, name: &str| Job {
            scenario: Scenario { seed, ..side.clone() },
            what: format!("seed {seed} {name} it"),
        };
        seeds
            .flat_map(|seed| [job(&self.without, seed, "without"), job(&self.with, seed, "with")])
            .collect()
    }
}

/// What the command line asks for.
fn change(arguments: &AssessArguments) -> anyhow::Result<Change> {
    let changes = &arguments.changes;
    let mut change = match &arguments.modification {
        None if changes.is_empty() => {
            return Err(bad_input(
                "what is to be assessed? Name a Modification before the scenario, or say what is otherwise with --change KEY=VALUE",
            ));
        }
        None => Change::of(changes),
        Some(name) => {
            let modification = ModificationSwitches::find(name).map_err(bad_input)?;
            let switches = arguments.scenario.load(&[])?.modifications.by_name();
            // A date on which it goes live is the question asked.
            let on = match switches.get(modification.as_str()) {
                Some(Switch::From(date)) => date.to_string(),
                _ => Switch::On.to_string(),
            };
            Change::modification(&modification, &on, changes)
        }
    };
    if let Some(name) = &arguments.named {
        change.name.clone_from(name);
    }
    Ok(change)
}

fn prepare_folder(arguments: &AssessArguments, sides: &Sides) -> anyhow::Result<RunFolder> {
    let what = sides.change.modification.as_deref().unwrap_or("change");
    let series = || Path::new(RUNS).join(format!("assess-{what}-{}", sides.without.name));
    let place = Place::told(arguments.out.as_deref(), arguments.replace, series);
    RunFolder::create(&place).map_err(|error| bad_input(format!("{error}; choose another with --out")))
}

fn write(
    arguments: &AssessArguments,
    folder: &RunFolder,
    sides: &Sides,
    assessment: &Assessment,
    facts: &AssessmentFacts,
) -> anyhow::Result<()> {
    let document = Document {
        results: assessment,
        facts,
    };
    folder.write_together(&[
        (WITHOUT, sides.without.to_toml()?.into_bytes()),
        (WITH, sides.with.to_toml()?.into_bytes()),
        (ASSESSMENT_REPORT, markdown(assessment, facts).into_bytes()),
        (
            ASSESSMENT_PAGE,
            secnet_report::of_assessment(assessment, facts).into_bytes(),
        ),
        (ASSESSMENT, folder.json(ASSESSMENT, &document)?),
    ])?;
    folder.found_as_latest()?;
    if let Some(file) = &arguments.json {
        let text = serde_json::to_string_pretty(&document)?;
        std::fs::write(file, text + "\n").with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

/// The figures of the runs, two and two.
fn run_pairs(jobs: &[Job], threads: usize) -> anyhow::Result<Option<Vec<Pair>>> {
    let figures = side_by_side::run_all(jobs, threads, |_, outcome, report, _| {
        Ok(RunFigures::new(outcome, report))
    })?;
    Ok(figures.map(|figures| {
        let mut figures = figures.into_iter();
        let mut pairs = Vec::with_capacity(jobs.len() / 2);
        while let (Some(without), Some(with)) = (figures.next(), figures.next()) {
            pairs.extend(Pair::new(without, with));
        }
        pairs
    }))
}

/// How one of the runs is made again, without its seed and the change.
fn command(arguments: &AssessArguments) -> String {
    let scenario = &arguments.scenario;
    let horizon = scenario.horizon.iter().map(|span| format!("--for {span}"));
    reports::command(
        &scenario.scenario,
        &horizon.collect::<Vec<_>>(),
        &scenario.overrides,
    )
}
