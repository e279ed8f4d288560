//! `secnet study`: a scenario at many points, with the same seeds at each, in virtual time, and where a measure breaks.
//!
//! Not here: the statistics and the wording (`secnet_results::study`).

pub mod definition;
mod influencing;
pub mod parts;
pub mod points;
mod searching;

use crate::console;
use crate::exit::{Exit, bad_input};
use crate::live_network::RUNS;
use crate::reports::{self, Beginning, Document};
use crate::side_by_side::{self, Job};
use clap::Args;
use definition::Definition;
use influencing::{Numbers, Planned};
use parts::Folder;
use points::{AS_IT_IS, Base, Setting};
use secnet_model::SimDuration;
use secnet_results::assessment::{AssessmentFacts, RunFigures};
use secnet_results::study::rendering::{markdown, summary};
use secnet_results::study::{Part, Point, Question, StudyReport};
use secnet_topology::{Scenario, assumptions, grouped};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const STUDY: &str = "study.json";
const STUDY_REPORT: &str = "study.md";
pub const STUDY_PAGE: &str = "study.html";

#[derive(Args, Clone, Debug)]
pub struct StudyArguments {
    /// The study: a scenario, axes, and what is looked at (docs/studies.md).
    pub study: PathBuf,
    /// Overrides one parameter of the scenario at every point; may be given again.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// Overrides how many seeds there are at each point. More can be added later: what has been run is not run again.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=1_000))]
    pub seeds: Option<u32>,
    /// Runs side by side; as many as there are cores otherwise.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub threads: Option<u16>,
    /// Runs only its share, the I-th of N; whoever is called without it puts all together.
    #[arg(long, value_name = "I/N", value_parser = parse_share)]
    pub part: Option<Share>,
    /// Says which points and runs there are, how many are done and about how long the others take; runs nothing.
    #[arg(long, conflicts_with = "part")]
    pub dry_run: bool,
    /// The study's folder, with its parts and its report; `runs/study-<its name>/` otherwise. A folder that is not a study's is refused.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print no summary.
    #[arg(long, short)]
    pub quiet: bool,
}

/// One of several that divide the runs among them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Share {
    /// From 0.
    place: usize,
    of: usize,
}

fn parse_share(text: &str) -> Result<Share, String> {
    let numbers = text.split_once('/').and_then(|(place, of)| {
        let (place, of) = (place.parse::<usize>().ok()?, of.parse::<usize>().ok()?);
        (1..=of).contains(&place).then(|| Share { place: place - 1, of })
    });
    numbers.ok_or_else(|| "as in 2/4, the second of four".to_owned())
}

/// A study as it is to be run.
struct Study<'a> {
    arguments: &'a StudyArguments,
    definition: Definition,
    scenario: Scenario,
    base: Base,
    /// Where their influence is asked for.
    numbers: Option<Numbers>,
    folder: Folder,
}

/// A run, by the name of its part.
struct Run {
    part: String,
    job: Job,
}

pub fn run(arguments: &StudyArguments) -> anyhow::Result<Exit> {
    let beginning = Beginning::now();
    let study = Study::load(arguments)?;
    let points = points::points(&study.definition, &study.base).map_err(bad_input)?;
    let settings: Vec<Setting> = std::iter::once(study.as_it_is()).chain(points).collect();
    let by_point = settings
        .iter()
        .map(|setting| study.runs(setting))
        .collect::<anyhow::Result<Vec<Vec<Run>>>>()?;
    let screening = study.screening()?;
    let of_stars = screening.iter().flat_map(Planned::runs);
    let all: Vec<&Run> = by_point.iter().flatten().chain(of_stars).collect();
    if arguments.dry_run {
        return study.tell_what_there_is(&settings[1..], &all);
    }
    let Some(()) = study.make(&all, arguments.part)? else {
        return Ok(study.stopped(&all));
    };
    let done = study.done(&all);
    if done < parts_of(&all) {
        console::print(&format!(
            "{done} of {} runs are done; without --part, secnet study puts them together once all are\n",
            parts_of(&all)
        ));
        return Ok(Exit::Good);
    }
    if arguments.part.is_some() {
        console::print("all runs are done; without --part, secnet study puts them together\n");
        return Ok(Exit::Good);
    }
    let Some(knee) = searching::knee(&study)? else {
        return Ok(study.stopped(&all));
    };
    let influence = match (&study.numbers, &study.definition.influence) {
        (Some(numbers), Some(asked)) => {
            let Some(found) = numbers.influence(&study, asked, &screening)? else {
                return Ok(study.stopped(&all));
            };
            Some(found)
        }
        _ => None,
    };
    let found = settings.iter().zip(&by_point);
    let found = found
        .map(|(setting, runs)| study.point(setting, runs))
        .collect::<anyhow::Result<Vec<Point>>>()?;
    // The scenario as it is comes first.
    let report = StudyReport::new(&study.question(), &found[0], &found[1..], knee, influence);
    let facts = beginning.facts(side_by_side::threads(arguments.threads, all.len()));
    study.write(&report, &facts)?;
    Ok(match (report.all_balanced(), report.all_complete()) {
        (false, _) => Exit::Unbalanced,
        (true, false) => Exit::Incomplete,
        (true, true) => Exit::Good,
    })
}

impl<'a> Study<'a> {
    fn load(arguments: &'a StudyArguments) -> anyhow::Result<Study<'a>> {
        let mut definition = Definition::read(&arguments.study)?;
        definition.set.extend_from_slice(&arguments.overrides);
        definition.seeds = arguments.seeds.unwrap_or(definition.seeds);
        let scenario = secnet_topology::load(&definition.scenario, &definition.set).map_err(bad_input)?;
        let series = || Path::new(RUNS).join(format!("study-{}", definition.name));
        let path = arguments.out.clone().unwrap_or_else(series);
        let influence = definition.influence.as_ref();
        let numbers = influence.map(|influence| Numbers::of(influence, &scenario));
        Ok(Study {
            base: Base::new(&scenario)?,
            numbers: numbers.transpose().map_err(bad_input)?,
            folder: match arguments.dry_run {
                true => Folder::at(&path),
                false => Folder::open(&path)?,
            },
            arguments,
            definition,
            scenario,
        })
    }

    fn as_it_is(&self) -> Setting {
        Setting {
            settings: vec![AS_IT_IS.to_owned(); self.definition.axes.len()],
            overrides: Vec::new(),
        }
    }

    /// The runs of a point, one for each seed.
    fn runs(&self, setting: &Setting) -> anyhow::Result<Vec<Run>> {
        let scenario = self.scenario_with(&setting.overrides)?;
        if scenario.seed != self.scenario.seed {
            return Err(bad_input(
                "an axis cannot set `seed`: every point has the same seeds",
            ));
        }
        let what = self.in_words(setting);
        let seeds = (0..u64::from(self.definition.seeds)).map(|n| self.seed(n));
        seeds.map(|seed| self.run_of(&scenario, seed, &what)).collect()
    }

    /// The scenario with the study's overrides and these.
    fn scenario_with(&self, overrides: &[String]) -> anyhow::Result<Scenario> {
        let all = [self.definition.set.as_slice(), overrides].concat();
        secnet_topology::load(&self.definition.scenario, &all).map_err(bad_input)
    }

    /// Counted up from the scenario's.
    fn seed(&self, n: u64) -> u64 {
        self.scenario.seed.wrapping_add(n)
    }

    fn run_of(&self, scenario: &Scenario, seed: u64, what: &str) -> anyhow::Result<Run> {
        let scenario = Scenario {
            seed,
            ..scenario.clone()
        };
        let what = format!("{what}, seed {seed}");
        let part = self.folder.name_of(&scenario)?;
        Ok(Run {
            part,
            job: Job { scenario, what },
        })
    }

    /// The stars that say which assumed numbers move the measure, where that is asked for.
    fn screening(&self) -> anyhow::Result<Vec<Planned>> {
        match (&self.numbers, &self.definition.influence) {
            (Some(numbers), Some(asked)) => numbers.screening(self, asked),
            _ => Ok(Vec::new()),
        }
    }

    /// `servers 8, reads 2`
    fn in_words(&self, setting: &Setting) -> String {
        let pairs = self.definition.axes.iter().zip(&setting.settings);
        let varied = pairs.filter(|(_, value)| *value != AS_IT_IS);
        let texts: Vec<String> = varied
            .map(|(axis, value)| format!("{} {value}", axis.name))
            .collect();
        match texts.is_empty() {
            true => "as it is".to_owned(),
            false => texts.join(", "),
        }
    }

    /// Makes those of the runs that have not been made, or of them a share. `None` when it was stopped by hand.
    fn make(&self, runs: &[&Run], share: Option<Share>) -> anyhow::Result<Option<()>> {
        let missing = self.missing(runs, share.unwrap_or(Share { place: 0, of: 1 }));
        if missing.is_empty() {
            return Ok(Some(()));
        }
        let jobs: Vec<Job> = missing.iter().map(|run| run.job.clone()).collect();
        let threads = side_by_side::threads(self.arguments.threads, jobs.len());
        let made = side_by_side::run_all(&jobs, threads, |number, outcome, report, took| {
            let part = Part::new(&RunFigures::new(outcome, report), took.as_secs_f64());
            self.folder.write(&missing[number].part, &part)
        })?;
        Ok(made.map(|_| ()))
    }

    /// Those of a share that have no part yet, each once.
    fn missing<'r>(&self, runs: &[&'r Run], share: Share) -> Vec<&'r Run> {
        let mut seen = BTreeSet::new();
        let distinct = runs.iter().copied().filter(|run| seen.insert(&run.part));
        let own = distinct.enumerate().filter(|(n, _)| n % share.of == share.place);
        own.map(|(_, run)| run)
            .filter(|run| !self.folder.has(&run.part))
            .collect()
    }

    fn done(&self, runs: &[&Run]) -> usize {
        let parts: BTreeSet<&String> = runs.iter().map(|run| &run.part).collect();
        parts.into_iter().filter(|part| self.folder.has(part)).count()
    }

    fn stopped(&self, runs: &[&Run]) -> Exit {
        console::complain(&format!(
            "stopped by hand: {} of {} runs are done and kept; the same command goes on",
            self.done(runs),
            parts_of(runs)
        ));
        Exit::Incomplete
    }

    /// With what was found there.
    fn point(&self, setting: &Setting, runs: &[Run]) -> anyhow::Result<Point> {
        let parts = runs.iter().map(|run| self.folder.read(&run.part));
        Ok(Point {
            settings: setting.settings.clone(),
            overrides: setting.overrides.clone(),
            parts: parts.collect::<anyhow::Result<Vec<Part>>>()?,
        })
    }

    fn question(&self) -> Question {
        let definition = &self.definition;
        Question {
            name: definition.name.clone(),
            description: definition.description.clone(),
            scenario: self.scenario.name.clone(),
            axes: definition.axes.iter().map(|axis| axis.name.clone()).collect(),
            headline: definition.headline.clone(),
            command: reports::command(&definition.scenario, &[], &definition.set),
            assumed: assumptions(&self.scenario).len() as u32,
        }
    }

    fn tell_what_there_is(&self, points: &[Setting], all: &[&Run]) -> anyhow::Result<Exit> {
        let mut text = format!(
            "{}: {} points and the scenario as it is, {} seeds each: {} runs, of which {} are done\n",
            self.definition.name,
            grouped(points.len() as u64),
            self.definition.seeds,
            grouped(parts_of(all) as u64),
            grouped(self.done(all) as u64),
        );
        let missing = self.missing(all, Share { place: 0, of: 1 });
        let jobs: Vec<Job> = missing.iter().map(|run| run.job.clone()).collect();
        let estimates = side_by_side::estimates(&jobs)?;
        let seconds: f64 = estimates.iter().map(|estimate| estimate.seconds).sum();
        let memory = estimates
            .iter()
            .map(|estimate| estimate.memory_bytes)
            .fold(0.0, f64::max);
        let threads = side_by_side::threads(self.arguments.threads, jobs.len());
        if !jobs.is_empty() {
            text += &format!(
                "The rest takes some {} on {threads} threads, from a third of that to three times as much, and {:.0} MB at most\n",
                SimDuration::from_secs((seconds / threads as f64).ceil() as u64),
                memory * threads as f64 / 1e6
            );
        }
        if let Some(knee) = &self.definition.knee {
            text += &format!(
                "The knee along `{}` takes up to {} points more\n",
                knee.axis,
                searching::points_max(&self.definition, knee)
            );
        }
        if let (Some(numbers), Some(asked)) = (&self.numbers, &self.definition.influence) {
            text += &format!(
                "Among the runs are {} stars of the assumed numbers; those that `{}` hangs on most take up to {} runs more\n",
                asked.stars,
                asked.measure,
                numbers.runs_of_totals(asked)
            );
        }
        console::print(&text);
        for setting in points {
            console::print(&format!("  {}\n", self.in_words(setting)));
        }
        Ok(Exit::Good)
    }

    fn write(&self, report: &StudyReport, facts: &AssessmentFacts) -> anyhow::Result<()> {
        let document = serde_json::to_string_pretty(&Document {
            results: report,
            facts,
        })? + "\n";
        self.folder
            .write_result(STUDY_REPORT, markdown(report, facts).as_bytes())?;
        let page = secnet_report::of_study(report, facts);
        self.folder.write_result(STUDY_PAGE, page.as_bytes())?;
        self.folder.write_result(STUDY, document.as_bytes())?;
        if !self.arguments.quiet {
            console::print(&summary(report));
            let place = self.folder.path().join(STUDY_REPORT);
            console::print(&format!("Report: {}\n", place.display()));
        }
        Ok(())
    }
}

/// How many different runs there are: two points may be one.
fn parts_of(runs: &[&Run]) -> usize {
    runs.iter().map(|run| &run.part).collect::<BTreeSet<_>>().len()
}
