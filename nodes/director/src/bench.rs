//! `secnet bench`: what this machine does, measured in one run of the program.
//!
//! Not here: what must hold whatever the machine (the tests). A missed mark is said, not an error.

pub mod idle;
pub mod live;
pub mod memory;
pub mod raw_bus;
pub mod round_trips;
mod scenarios;
pub mod security;
mod table;
pub mod tracing;

use crate::commit::COMMIT;
use crate::console;
use crate::exit::Exit;
use anyhow::Context;
use clap::{Args, ValueEnum};
use secnet_results::Machine;
use secnet_topology::Bus;
use serde::Serialize;
use std::path::PathBuf;

/// Round trips per second in virtual time, on one thread.
const VIRTUAL_MARK: f64 = 500_000.0;
/// Live round trips per second, as a share of what the bus could carry if it did nothing else: a round trip is six messages.
const LIVE_MARK: f64 = 0.5;
const MESSAGES_PER_ROUND_TRIP: f64 = 6.0;
/// Bytes per idle premises.
const MEMORY_MARK: f64 = 32.0;

#[derive(Args, Clone, Debug)]
pub struct BenchArguments {
    /// Also write the figures to this file, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Measure for a shorter time: rougher figures.
    #[arg(long)]
    quick: bool,
    /// Measure only this; may be given again.
    #[arg(long, value_name = "PART", value_enum)]
    only: Vec<Part>,
    /// Be the receiving process of the raw bus measurement.
    #[arg(long, hide = true, value_name = "ENDPOINT")]
    raw_bus_receiver: Option<String>,
}

/// What can be measured for itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Part {
    /// Bytes per idle premises.
    Memory,
    /// Round trips in virtual time.
    Virtual,
    /// Live round trips, and raw messages over the same bus.
    Live,
    /// What tracing costs either.
    Tracing,
    /// What passwords and encryption cost live round trips.
    Security,
    /// How fast emulated time goes where little happens.
    Time,
}

/// How long to measure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effort {
    Quick,
    Full,
}

/// All figures, as the JSON file has them; what was not measured is empty.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    pub secnet_version: &'static str,
    pub secnet_commit: &'static str,
    pub machine: Machine,
    pub virtual_round_trips: Vec<round_trips::Figure>,
    pub raw_bus: Vec<raw_bus::Figure>,
    pub live_round_trips: Option<live::Figure>,
    pub tracing: Vec<tracing::Figure>,
    pub security: Vec<security::Figure>,
    pub memory: Option<memory::Figure>,
    pub emulated_time: Vec<idle::Figure>,
    pub marks: Vec<Mark>,
}

/// What a figure is to reach.
#[derive(Clone, Debug, Serialize)]
pub struct Mark {
    pub what: String,
    pub figure: f64,
    pub mark: f64,
    pub met: bool,
}

pub fn run(arguments: &BenchArguments) -> anyhow::Result<Exit> {
    if let Some(endpoint) = &arguments.raw_bus_receiver {
        raw_bus::receive(endpoint)?;
        return Ok(Exit::Good);
    }
    let effort = if arguments.quick {
        Effort::Quick
    } else {
        Effort::Full
    };
    let wanted = |part| arguments.only.is_empty() || arguments.only.contains(&part);
    let figures = measure(effort, wanted)?;
    console::print(&table::render(&figures));
    if let Some(path) = &arguments.json {
        let mut text = serde_json::to_string_pretty(&figures)?;
        text.push('\n');
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(Exit::Good)
}

fn measure(effort: Effort, wanted: impl Fn(Part) -> bool) -> anyhow::Result<Figures> {
    let mut figures = Figures {
        secnet_version: env!("CARGO_PKG_VERSION"),
        secnet_commit: COMMIT,
        machine: Machine::here(),
        virtual_round_trips: Vec::new(),
        raw_bus: Vec::new(),
        live_round_trips: None,
        tracing: Vec::new(),
        security: Vec::new(),
        memory: None,
        emulated_time: Vec::new(),
        marks: Vec::new(),
    };
    // First, while nothing else has grown the process.
    if wanted(Part::Memory) {
        console::tell("bytes per idle premises …");
        figures.memory = Some(memory::measure()?);
    }
    if wanted(Part::Virtual) {
        for (in_flight, threads) in [(10_000, 1), (10_000, 2), (100_000, 1), (100_000, 2)] {
            console::tell(&format!(
                "virtual round trips, {in_flight} in flight, {threads} thread(s) …"
            ));
            let figure = round_trips::measure(in_flight, threads, effort)?;
            figures.virtual_round_trips.push(figure);
        }
    }
    if wanted(Part::Time) {
        console::tell("emulated time …");
        figures.emulated_time = idle::measure_virtual()?;
    }
    if wanted(Part::Live) {
        console::tell("raw messages between two processes …");
        figures.raw_bus = raw_bus::measure(effort)?;
        console::tell("live round trips …");
        figures.live_round_trips = Some(live::measure(effort, 0.0, Bus::default())?);
    }
    if wanted(Part::Tracing) {
        console::tell("round trips with tracing …");
        figures.tracing = tracing::measure(effort)?;
    }
    if wanted(Part::Security) {
        console::tell("live round trips on a bus that is open, authenticated and encrypted …");
        figures.security = security::measure(effort)?;
    }
    if wanted(Part::Time) {
        console::tell("emulated time, live …");
        figures.emulated_time.extend(idle::measure_live()?);
    }
    figures.marks = marks(&figures);
    Ok(figures)
}

fn marks(figures: &Figures) -> Vec<Mark> {
    let mut marks = Vec::new();
    let on_one_thread = figures
        .virtual_round_trips
        .iter()
        .filter(|figure| figure.threads == 1);
    for figure in on_one_thread {
        marks.push(Mark::at_least(
            format!(
                "virtual round trips/s, one thread, {} in flight",
                figure.in_flight_aimed_at
            ),
            figure.round_trips_per_second,
            VIRTUAL_MARK,
        ));
    }
    if let Some(live) = &figures.live_round_trips {
        // The faster of the two ways to use the bus is the honest measure.
        let raw = figures
            .raw_bus
            .iter()
            .map(|figure| figure.messages_per_second)
            .fold(0.0, f64::max);
        marks.push(Mark::at_least(
            "live round trips/s ÷ (raw messages/s ÷ 6)".to_owned(),
            live.round_trips_per_second / (raw / MESSAGES_PER_ROUND_TRIP),
            LIVE_MARK,
        ));
    }
    if let Some(memory) = &figures.memory {
        marks.push(Mark {
            what: "bytes per idle premises".to_owned(),
            figure: memory.bytes_per_premises(),
            mark: MEMORY_MARK,
            met: memory.bytes_per_premises() <= MEMORY_MARK,
        });
    }
    marks.extend(figures.security.iter().filter_map(security::Figure::mark));
    marks.extend(figures.tracing.iter().filter_map(tracing::Figure::mark));
    marks
}

impl Mark {
    fn at_least(what: String, figure: f64, mark: f64) -> Mark {
        Mark {
            what,
            figure,
            mark,
            met: figure >= mark,
        }
    }
}
