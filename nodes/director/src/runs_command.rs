//! `secnet runs`: the runs there are, which of them may be relied on, and what each was of.

use crate::console;
use crate::exit::{Exit, bad_input};
use crate::live_network::{RUNS, run_folders};
use crate::live_run::goes_on_in;
use clap::Args;
use secnet_results::LoadedRun;
use secnet_results::run_folder::{LAUNCH, MANIFEST};
use serde::Serialize;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// As many digits of a digest as the summary of a run shows.
const DIGITS: usize = 16;

#[derive(Args, Clone, Debug)]
pub struct RunsArguments {
    /// A folder of runs, of folders of numbered runs, or a run's own.
    #[arg(default_value = RUNS)]
    folder: PathBuf,
    /// As JSON: every run with its whole digests.
    #[arg(long)]
    json: bool,
}

/// What there is to say of one run.
#[derive(Serialize)]
struct Row {
    folder: String,
    /// `good`, `2 verdicts missed`, `incomplete`, `not balanced`, `changed`, `goes on`, `killed`.
    standing: String,
    /// Why it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    #[serde(flatten)]
    facts: Option<Facts>,
}

#[derive(Serialize)]
struct Facts {
    scenario: String,
    seed: u64,
    driver: String,
    started_at: String,
    emulated_seconds: f64,
    wall_seconds: f64,
    secnet_commit: String,
    /// Of the ledger and of all its files.
    ledger: String,
    root: String,
}

pub fn run(arguments: &RunsArguments) -> anyhow::Result<Exit> {
    let folder = &arguments.folder;
    if !folder.is_dir() && folder != Path::new(RUNS) {
        return Err(bad_input(format!("there is no folder {}", folder.display())));
    }
    let folders = run_folders(folder);
    let is_one = |folder: &PathBuf| folder.join(MANIFEST).exists() || folder.join(LAUNCH).exists();
    let mut rows: Vec<Row> = folders
        .iter()
        .filter(|folder| is_one(folder))
        .map(|folder| row(folder))
        .collect();
    rows.sort_by(|a, b| key(a).cmp(&key(b)));
    let text = match arguments.json {
        true => serde_json::to_string_pretty(&rows)? + "\n",
        false if rows.is_empty() => format!("No runs under {}\n", folder.display()),
        false => table(&rows),
    };
    console::print(&text);
    Ok(Exit::Good)
}

/// By when they were started; what cannot be read is last.
fn key(row: &Row) -> (bool, Option<&str>, &str) {
    let started_at = row.facts.as_ref().map(|facts| facts.started_at.as_str());
    (started_at.is_none(), started_at, &row.folder)
}

fn row(folder: &Path) -> Row {
    let named = |standing: &str, problem: Option<String>, facts: Option<Facts>| Row {
        folder: folder.display().to_string(),
        standing: standing.to_owned(),
        problem,
        facts,
    };
    if goes_on_in(folder) {
        return named("goes on", None, None);
    }
    if !folder.join(MANIFEST).exists() {
        return named("killed", None, None);
    }
    // All of it is read, the traces too: what is listed as good can be relied on.
    match LoadedRun::load(folder) {
        Ok(run) => named(&standing(&run), None, Some(facts(run))),
        Err(error) => named("changed", Some(error.to_string()), None),
    }
}

fn standing(run: &LoadedRun) -> String {
    let missed = run.kpis.verdicts.iter().filter(|verdict| !verdict.met).count();
    if !run.ledger.balanced || run.ledger.violations.total() > 0 {
        "not balanced".to_owned()
    } else if !run.ledger.complete {
        "incomplete".to_owned()
    } else if missed > 0 {
        format!("{missed} verdict{} missed", if missed == 1 { "" } else { "s" })
    } else {
        "good".to_owned()
    }
}

fn facts(run: LoadedRun) -> Facts {
    let manifest = run.manifest;
    Facts {
        scenario: manifest.scenario,
        seed: manifest.seed,
        driver: manifest.driver,
        started_at: manifest.started_at,
        emulated_seconds: manifest.emulated_seconds,
        wall_seconds: manifest.wall_seconds,
        secnet_commit: manifest.secnet_commit,
        ledger: run.ledger.digest,
        root: run.seal.root,
    }
}

fn table(rows: &[Row]) -> String {
    let widest = |of: &dyn Fn(&Row) -> usize, least: usize| rows.iter().map(of).max().unwrap_or(0).max(least);
    let folder = widest(&|row| row.folder.chars().count(), "Run".len());
    let standing = widest(&|row| row.standing.len(), "Standing".len());
    let mut text = format!(
        "{:<folder$}  {:<standing$}  {:>6}  {:<8}  {:>11}  {:>9}  {:<16}  Ledger\n",
        "Run", "Standing", "Seed", "Driver", "Emulated", "Wall", "Started (UTC)"
    );
    for row in rows {
        let _ = write!(text, "{:<folder$}  ", row.folder);
        match &row.facts {
            None => drop(writeln!(text, "{}", row.standing)),
            Some(facts) => {
                let started: String = facts.started_at.chars().take("2026-11-28T20:00".len()).collect();
                let ledger: String = facts.ledger.chars().take(DIGITS).collect();
                let _ = writeln!(
                    text,
                    "{:<standing$}  {:>6}  {:<8}  {:>9.0} s  {:>7.1} s  {:<16}  {ledger}",
                    row.standing,
                    facts.seed,
                    facts.driver,
                    facts.emulated_seconds,
                    facts.wall_seconds,
                    started.replace('T', " "),
                );
            }
        }
    }
    for problem in rows.iter().filter_map(|row| row.problem.as_ref()) {
        let _ = writeln!(text, "{problem}");
    }
    text
}
