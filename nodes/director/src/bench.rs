//! `secnet bench`: what this machine does, measured in one run of the program.
//!
//! Not here: what must hold whatever the machine (the tests). A missed mark is said, not an error.

pub mod idle;
pub mod live;
pub mod memory;
pub mod raw_bus;
pub mod round_trips;
mod scenarios;
mod table;
pub mod tracing;

use crate::console;
use crate::exit::Exit;
use anyhow::Context;
use clap::Args;
use secnet_results::Machine;
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
    /// Be the receiving process of the raw bus measurement.
    #[arg(long, hide = true, value_name = "ENDPOINT")]
    raw_bus_receiver: Option<String>,
}

/// How long to measure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effort {
    Quick,
    Full,
}

/// All figures, as the JSON file has them.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    pub secnet_version: &'static str,
    pub machine: Machine,
    pub virtual_round_trips: Vec<round_trips::Figure>,
    pub raw_bus: Vec<raw_bus::Figure>,
    pub live_round_trips: live::Figure,
    pub tracing: Vec<tracing::Figure>,
    pub memory: memory::Figure,
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
    let figures = measure(if arguments.quick {
        Effort::Quick
    } else {
        Effort::Full
    })?;
    console::print(&table::render(&figures));
    if let Some(path) = &arguments.json {
        let mut text = serde_json::to_string_pretty(&figures)?;
        text.push('\n');
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(Exit::Good)
}

fn measure(effort: Effort) -> anyhow::Result<Figures> {
    // First, while nothing else has grown the process.
    console::tell("bytes per idle premises …");
    let memory = memory::measure()?;
    let mut virtual_round_trips = Vec::new();
    for in_flight in [10_000, 100_000] {
        for threads in [1, 2] {
            console::tell(&format!(
                "virtual round trips, {in_flight} in flight, {threads} thread(s) …"
            ));
            virtual_round_trips.push(round_trips::measure(in_flight, threads, effort, 0.0)?);
        }
    }
    console::tell("emulated time …");
    let mut emulated_time = idle::measure_virtual()?;
    console::tell("raw messages between two processes …");
    let raw_bus = raw_bus::measure(effort)?;
    console::tell("live round trips …");
    let live_round_trips = live::measure(effort, 0.0)?;
    console::tell("round trips with tracing …");
    let tracing = tracing::measure(effort)?;
    console::tell("emulated time, live …");
    emulated_time.extend(idle::measure_live()?);
    let mut marks = marks(&virtual_round_trips, &raw_bus, &live_round_trips, &memory);
    marks.extend(tracing.iter().filter_map(tracing::Figure::mark));
    Ok(Figures {
        secnet_version: env!("CARGO_PKG_VERSION"),
        machine: Machine::here(),
        virtual_round_trips,
        raw_bus,
        live_round_trips,
        tracing,
        memory,
        emulated_time,
        marks,
    })
}

fn marks(
    virtual_round_trips: &[round_trips::Figure],
    raw_bus: &[raw_bus::Figure],
    live: &live::Figure,
    memory: &memory::Figure,
) -> Vec<Mark> {
    let mut marks = Vec::new();
    for figure in virtual_round_trips.iter().filter(|figure| figure.threads == 1) {
        marks.push(Mark::at_least(
            format!(
                "virtual round trips/s, one thread, {} in flight",
                figure.in_flight_aimed_at
            ),
            figure.round_trips_per_second,
            VIRTUAL_MARK,
        ));
    }
    // The faster of the two ways to use the bus is the honest measure.
    let raw = raw_bus
        .iter()
        .map(|figure| figure.messages_per_second)
        .fold(0.0, f64::max);
    marks.push(Mark::at_least(
        "live round trips/s ÷ (raw messages/s ÷ 6)".to_owned(),
        live.round_trips_per_second / (raw / MESSAGES_PER_ROUND_TRIP),
        LIVE_MARK,
    ));
    marks.push(Mark {
        what: "bytes per idle premises".to_owned(),
        figure: memory.bytes_per_premises(),
        mark: MEMORY_MARK,
        met: memory.bytes_per_premises() <= MEMORY_MARK,
    });
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
