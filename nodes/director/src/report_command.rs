//! `secnet report`: a run as one HTML page that can be handed over.

use crate::console;
use crate::exit::{Exit, bad_input};
use crate::live_network::{RUNS, newest};
use crate::study::STUDY_PAGE;
use anyhow::Context;
use clap::Args;
use secnet_results::LoadedRun;
use secnet_results::run_folder::{ASSESSMENT_PAGE, LATEST, MANIFEST};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

#[derive(Args, Clone, Debug)]
pub struct ReportArguments {
    /// The run's folder; the newest under `runs/` otherwise.
    pub run: Option<PathBuf>,
    /// Another run's folder, to hold it against: what differs in the scenario, and the headline side by side.
    #[arg(long, value_name = "DIR")]
    pub beside: Option<PathBuf>,
    /// The page to write; `SCENARIO-RUN.html` in this folder otherwise.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write over a page that is there.
    #[arg(long)]
    pub replace: bool,
}

pub fn run(arguments: &ReportArguments) -> anyhow::Result<Exit> {
    let folder = match &arguments.run {
        Some(run) => run.clone(),
        None => newest(Path::new(RUNS), MANIFEST)
            .ok_or_else(|| bad_input(format!("no run in {RUNS}/: name its folder")))?,
    };
    has_its_own(&folder)?;
    let run = LoadedRun::load(folder).map_err(bad_input)?;
    let other = arguments.beside.as_ref().map(LoadedRun::load).transpose();
    let other = other.map_err(bad_input)?;
    let page = secnet_report::of_run(&run, other.as_ref()).map_err(bad_input)?;
    let out = arguments.out.clone().unwrap_or_else(|| default_out(&run));
    let mut file = open(&out, arguments.replace)?;
    file.write_all(page.as_bytes())
        .and_then(|()| file.sync_all())
        .with_context(|| format!("cannot write {}", out.display()))?;
    console::print(&format!("Report: {}\n", out.display()));
    Ok(Exit::Good)
}

/// Assessments and studies leave their page beside their results.
fn has_its_own(folder: &Path) -> anyhow::Result<()> {
    let newest = folder.join(LATEST);
    let places = [folder, newest.as_path()].into_iter();
    let pages = places.flat_map(|place| [ASSESSMENT_PAGE, STUDY_PAGE].map(|page| place.join(page)));
    match pages.into_iter().find(|page| page.is_file()) {
        Some(page) => Err(bad_input(format!(
            "its page is there already: {}",
            page.display()
        ))),
        None => Ok(()),
    }
}

/// Of the scenario's name and the folder's, whatever characters they have.
fn default_out(run: &LoadedRun) -> PathBuf {
    let folder = run
        .path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let name = match folder {
        Some(folder) if folder != run.manifest.scenario => format!("{}-{folder}", run.manifest.scenario),
        _ => run.manifest.scenario.clone(),
    };
    let plain = |letter: char| {
        if letter.is_alphanumeric() || "-_.".contains(letter) {
            letter
        } else {
            '-'
        }
    };
    let name: String = name.chars().map(plain).collect();
    PathBuf::from(format!("{}.html", name.trim_start_matches('.')))
}

fn open(out: &Path, replaces: bool) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    match replaces {
        true => options.write(true).create(true).truncate(true),
        false => options.write(true).create_new(true),
    };
    options.open(out).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => bad_input(format!(
            "{} is there already: --replace writes over it, --out names another",
            out.display()
        )),
        _ => bad_input(format!("cannot write {}: {error}", out.display())),
    })
}
