//! `secnet trace`: a request's way through the network as a tree, from a run folder.

use crate::console;
use crate::exit::{Exit, bad_input};
use crate::live_network::{RUNS, newest};
use clap::{ArgGroup, Args};
use secnet_results::LoadedRun;
use secnet_results::run_folder::{MANIFEST, TRACES};
use secnet_results::traces::{Selection, render};
use std::path::{Path, PathBuf};

#[derive(Args, Clone, Debug)]
#[group(skip)]
#[command(group = ArgGroup::new("which").required(true).args(["request", "slowest", "failed"]))]
pub struct TraceArguments {
    /// A request's id, `originator:target:counter`, or the beginning of a trace's id.
    #[arg(value_name = "REQUEST_ID")]
    pub request: Option<String>,
    /// The N that took longest.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "1")]
    pub slowest: Option<usize>,
    /// Those that failed, at most N.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "10")]
    pub failed: Option<usize>,
    /// The run's folder; the newest under `runs/` otherwise.
    #[arg(long, value_name = "DIR")]
    pub run: Option<PathBuf>,
}

pub fn run(arguments: &TraceArguments) -> anyhow::Result<Exit> {
    let folder = match &arguments.run {
        Some(folder) => folder.clone(),
        None => newest(Path::new(RUNS), MANIFEST)
            .ok_or_else(|| bad_input("no run that has ended under runs/; name one with --run"))?,
    };
    let run = LoadedRun::load(&folder).map_err(bad_input)?;
    let Some(summary) = &run.traces else {
        return Err(bad_input(format!(
            "{} has no {TRACES}: nothing was sampled; run with --set tracing.requests=0.01, or 1 for all",
            folder.display()
        )));
    };
    let selection = match (&arguments.request, arguments.slowest, arguments.failed) {
        (Some(request), _, _) => Selection::Named(request.clone()),
        (None, Some(count), _) => Selection::Slowest(count),
        (None, None, count) => Selection::Failed(count.unwrap_or(1)),
    };
    let text = render(&run.load_traces().map_err(bad_input)?, &selection);
    if !text.is_empty() {
        console::print(&text);
        return Ok(Exit::Good);
    }
    let what = match selection {
        Selection::Named(name) => {
            format!("`{name}` is not among them; watch its premises with tracing.watch")
        }
        Selection::Failed(_) => "none of them failed".to_owned(),
        Selection::Slowest(_) => "none is to be shown".to_owned(),
    };
    Err(bad_input(format!(
        "{} has {} traces: {what}",
        folder.display(),
        summary.traces
    )))
}
