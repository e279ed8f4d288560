//! `secnet trace`: a request's way through the network as a tree, from a run folder.

use crate::console;
use crate::exit::{Exit, bad_input};
use crate::items_command::{WhichArguments, sampled};
use clap::{ArgGroup, Args};
use secnet_results::traces::{Selection, render};
use std::path::PathBuf;

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
    #[command(flatten)]
    pub which: WhichArguments,
    /// The run's folder; the newest under `runs/` otherwise.
    #[arg(long, value_name = "DIR")]
    pub run: Option<PathBuf>,
}

pub fn run(arguments: &TraceArguments) -> anyhow::Result<Exit> {
    let (run, summary) = sampled(arguments.run.as_deref())?;
    let traces = arguments.which.of(&run, &arguments.which.wanted(&run)?)?;
    let selection = match (&arguments.request, arguments.slowest, arguments.failed) {
        (Some(request), _, _) => Selection::Named(request.clone()),
        (None, Some(count), _) => Selection::Slowest(count),
        (None, None, count) => Selection::Failed(count.unwrap_or(1)),
    };
    let text = render(&traces, &selection);
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
    let as_asked = match traces.trees().count() {
        all if all == summary.traces => String::new(),
        fitting => format!(", {fitting} of them as asked for"),
    };
    Err(bad_input(format!(
        "{} has {} traces{as_asked}: {what}",
        run.path.display(),
        summary.traces
    )))
}
