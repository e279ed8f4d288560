//! The command line: which command, and which exit code.

use crate::assess::{self, AssessArguments};
use crate::attach::{self, AttachArguments, ControlArguments, HealthArguments};
use crate::bench::{self, BenchArguments};
use crate::commit::VERSION;
use crate::console::{complain, print, unprinted};
use crate::exit::{BadInput, Exit, bad_input};
use crate::items_command::{self, ItemsArguments};
use crate::outages_command::{self, OutagesArguments};
use crate::pki::{self, PkiArguments};
use crate::report_command::{self, ReportArguments};
use crate::request_command::{self, RequestArguments};
use crate::run_command::{self, RunArguments};
use crate::runs_command::{self, RunsArguments};
use crate::signals;
use crate::status::{self, StatusArguments};
use crate::study::{self, StudyArguments};
use crate::topology_command::{self, TopologyCommand};
use crate::trace_command::{self, TraceArguments};
use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use secnet_results::compare::InFull;
use secnet_results::{LoadedRun, compare};
use secnet_topology::mend;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;

/// Emulates the network the Smart Energy Code governs, from the Users' requests to the meters and back.
#[derive(Parser, Debug)]
#[command(name = "secnet", version = VERSION, arg_required_else_help = true, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 good, 1 internal error, 2 bad input, 3 a verdict threshold missed \
(assess: with the change; compare: the runs differ; request --wait: it was not completed), \
4 run incomplete (a node lost, stopped, or not at pace with --max-lag), 5 the ledger does not balance.";

#[derive(Subcommand, Debug)]
enum Command {
    /// Run a scenario, live or in virtual time.
    Run(Box<RunArguments>),
    /// Show how a live run that goes on is doing: emulated time, what is in flight, who waits for whom.
    Status(StatusArguments),
    /// Have a User of a live run send a request while the run goes on, and see what becomes of it.
    Request(RequestArguments),
    /// Run a network whose processes somebody else has started, in containers or on other machines.
    Attach(AttachArguments),
    /// Serve what is to be run to processes and to the director that attaches: launch and scenario.
    Control(Box<ControlArguments>),
    /// Make the passwords and certificates of a network's participants, for containers and several machines.
    Pki(PkiArguments),
    /// Ask a process of an attached network over the bus whether it is well; what a container's health check does.
    Health(HealthArguments),
    /// Assess a change, a SEC Modification or any other: a scenario without and with it over the same seeds, with confidence intervals.
    Assess(Box<AssessArguments>),
    /// Run a study: a scenario at many points, each with the same seeds, and where along an axis a measure breaks.
    Study(StudyArguments),
    /// List the sampled requests and alerts of a run, one a row: by User, service request, place, time and what came of them.
    Items(ItemsArguments),
    /// Show a sampled request's way through the network, step by step, from a run folder.
    Trace(TraceArguments),
    /// Say what the DNOs learned of the electricity network's faults in a run: when they knew, who told them, what the phone would have.
    Outages(OutagesArguments),
    /// List the runs there are: which of them may be relied on, and what each was of.
    Runs(RunsArguments),
    /// Make one HTML page of a run: the answer, how it went over time, load, services, places, failures, every number and the method.
    Report(ReportArguments),
    /// Say what differs between two runs.
    Compare(CompareArguments),
    /// Check, show and document scenarios.
    #[command(subcommand)]
    Topology(TopologyCommand),
    /// Measure this machine: round trips per second, live and virtual, and bytes per premises.
    Bench(BenchArguments),
    /// Print what has a shell complete secnet's commands and flags.
    Completions {
        /// Of which shell.
        shell: Shell,
    },
    /// Print a manual page, as roff: `secnet man run > secnet-run.1`.
    Man {
        /// Of which command; of secnet itself when left out.
        command: Option<String>,
    },
}

#[derive(Args, Debug)]
struct CompareArguments {
    /// Two run folders.
    first: PathBuf,
    second: PathBuf,
    /// Every difference there is; as many as fit a screen otherwise.
    #[arg(long, conflicts_with = "json")]
    all: bool,
    /// Everything as JSON.
    #[arg(long)]
    json: bool,
}

pub fn main() -> ExitCode {
    if let Err(error) = signals::install() {
        complain(&causes(&error));
        return Exit::Internal.into();
    }
    let cli = Cli::parse();
    secnet_telemetry::init_logs();
    // A panic has said where it was; its own exit code would say nothing.
    let exit = match catch_unwind(AssertUnwindSafe(|| carry_out(cli.command))) {
        Ok(Ok(exit)) => exit,
        Ok(Err(error)) => {
            complain(&causes(&error));
            match error.chain().any(|cause| cause.is::<BadInput>()) {
                true => Exit::BadInput,
                false => Exit::Internal,
            }
        }
        Err(_) => {
            complain("this is a fault in secnet: report it with what is said above");
            Exit::Internal
        }
    };
    match unprinted() {
        Some(problem) if exit == Exit::Good => {
            complain(&format!("cannot write to standard output: {problem}"));
            Exit::Internal.into()
        }
        _ => exit.into(),
    }
}

fn carry_out(command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Run(arguments) => run_command::run(*arguments),
        Command::Status(arguments) => status::run(&arguments),
        Command::Report(arguments) => report_command::run(&arguments),
        Command::Request(arguments) => request_command::run(&arguments),
        Command::Attach(arguments) => attach::attach(&arguments),
        Command::Control(arguments) => attach::control(&arguments),
        Command::Pki(arguments) => pki::run(&arguments),
        Command::Health(arguments) => attach::health(&arguments),
        Command::Assess(arguments) => assess::run(&arguments),
        Command::Study(arguments) => study::run(&arguments),
        Command::Items(arguments) => items_command::run(&arguments),
        Command::Trace(arguments) => trace_command::run(&arguments),
        Command::Outages(arguments) => outages_command::run(&arguments),
        Command::Runs(arguments) => runs_command::run(&arguments),
        Command::Compare(arguments) => compare_runs(&arguments),
        Command::Topology(command) => topology_command::run(&command),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Completions { shell } => completions(shell),
        Command::Man { command } => manual(command.as_deref()),
    }
}

fn completions(shell: Shell) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "secnet", &mut script);
    print(&String::from_utf8(script)?);
    Ok(Exit::Good)
}

fn manual(of: Option<&str>) -> anyhow::Result<Exit> {
    let mut all = Cli::command();
    all.build();
    let command = match of {
        None => all,
        Some(name) => {
            let names = all.get_subcommands().map(clap::Command::get_name);
            let mend = mend(name, names);
            let found = all.find_subcommand(name).cloned();
            found.ok_or_else(|| bad_input(format!("there is no command `{name}`{mend}")))?
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    print(&String::from_utf8(page)?);
    Ok(Exit::Good)
}

/// The error and its causes, each once: some name their cause themselves.
fn causes(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

fn compare_runs(arguments: &CompareArguments) -> anyhow::Result<Exit> {
    let load = |folder: &PathBuf| LoadedRun::load(folder).map_err(crate::exit::bad_input);
    let comparison = compare(&load(&arguments.first)?, &load(&arguments.second)?);
    let text = match (arguments.json, arguments.all) {
        (true, _) => serde_json::to_string_pretty(&comparison)? + "\n",
        (false, true) => InFull(&comparison).to_string(),
        (false, false) => comparison.to_string(),
    };
    print(&text);
    Ok(if comparison.is_same() {
        Exit::Good
    } else {
        Exit::VerdictMissed
    })
}
