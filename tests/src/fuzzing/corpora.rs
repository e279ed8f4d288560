//! What to begin with: of everything that is read something that is right.

use super::{CONFIG_HASH, PEER_SESSION, RUN};
use crate::in_virtual_time;
use crate::live::scratch;
use secnet_engine::trace::TraceBook;
use secnet_engine::{NodeIndex, Pace};
use secnet_fabric::belonging::Belonging;
use secnet_fabric::report::{Command, NodeReport, ProcessNews, ProcessResult, ProcessStatus, RunStatus};
use secnet_fabric::seat::{Ground, Seat};
use secnet_model::{SimDuration, SimTime};
use secnet_results::run_folder::{DIGESTS, KPIS, LEDGER, MANIFEST, Place, SCENARIO, TRACES};
use secnet_results::tables::Tables;
use secnet_results::{Manifest, RunFolder};
use secnet_topology::{Scenario, World};
use secnet_wire::codec::{CONTROL_BYTES_MAX, encode_value};
use secnet_wire::frame::{Hello, readdress, write_hello};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

/// A run folder's files, in the order in which a first byte names them.
pub(super) const FILES: [&str; 6] = [SCENARIO, MANIFEST, LEDGER, KPIS, TRACES, DIGESTS];

const SMALL: &str = r#"name = "small"
seed = 3
horizon = "5min"

[population]
premises = 40

[[suppliers]]
name = "Alba Energy"
share = 1.0

[[workloads]]
name = "reads"
from = "suppliers"
srvs = ["4.1.1"]
per_device_per_day = 20.0

[tracing]
requests = 0.2
"#;

const EVENTFUL: &str = r#"name = "eventful"
horizon = "1h"
drain = "10min"

[population]
premises = 500
smets1_share = 0.2

[[suppliers]]
name = "Alba Energy"
share = 0.6

[[suppliers]]
name = "Borealis"
share = 0.4

[[schedules]]
from = "suppliers"
srv = "4.8.1"
starts_at = "00:10"
window = "20min"
share = 0.5

[[requests]]
from = "Borealis"
srv = "4.1.1"
premises = 17
at = "10min"

[[events]]
name = "the DSP is out"
kind = "dsp_outage"
starts_after = "20min"
lasts = "5min"

[modifications]
SECMP0067 = "on"
"#;

/// Frames as they are pinned, each under its name.
const GOLDEN: &str = include_str!("../../../shared/wire/tests/golden_frames.txt");

/// By name, what the target of that name begins with.
///
/// # Panics
/// When there is no such target.
pub fn seeds(target: &str) -> BTreeMap<String, Vec<u8>> {
    match target {
        "frames" => frames(),
        "envelopes" => golden().into_iter().collect(),
        "control" => control(),
        "scenario" => BTreeMap::from([
            ("small".to_owned(), SMALL.into()),
            ("eventful".to_owned(), EVENTFUL.into()),
        ]),
        "run_folder" => run_folder(),
        other => panic!("no target {other}"),
    }
}

pub(super) fn small_scenario() -> Scenario {
    in_virtual_time::scenario(SMALL, &[])
}

fn golden() -> Vec<(String, Vec<u8>)> {
    let mut frames: Vec<(String, Vec<u8>)> = Vec::new();
    for line in GOLDEN.lines().filter(|line| !line.trim().is_empty()) {
        match (line.strip_prefix("  "), frames.last_mut()) {
            (Some(digits), Some((_, bytes))) => {
                let digit = |at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hexadecimal digits");
                bytes.extend((0..digits.len()).step_by(2).map(digit));
            }
            _ => frames.push((line.replace(' ', "-"), Vec::new())),
        }
    }
    frames
}

/// Where a frame has its number.
const SEQ: std::ops::Range<usize> = 12..20;

fn frames() -> BTreeMap<String, Vec<u8>> {
    let mut hello = Vec::new();
    let says = Hello {
        run: RUN.to_owned(),
        config_hash: CONFIG_HASH,
        is_up: false,
    };
    write_hello(&says, PEER_SESSION, 0, &mut hello);
    let mut seeds = BTreeMap::from([("first-hello".to_owned(), sequence(0, &[&hello]))]);
    for (name, mut frame) in golden() {
        // The first of its link, which acknowledges nothing.
        readdress(&mut frame, 1, 0);
        if frame[SEQ].iter().any(|byte| *byte != 0) {
            frame[SEQ].copy_from_slice(&1_u64.to_le_bytes());
        }
        seeds.insert(name, sequence(1, &[&frame, &hello, &frame]));
    }
    seeds
}

fn sequence(first: u8, frames: &[&[u8]]) -> Vec<u8> {
    let mut bytes = vec![first];
    for frame in frames {
        bytes.extend((frame.len() as u16).to_le_bytes());
        bytes.extend(*frame);
    }
    bytes
}

fn control() -> BTreeMap<String, Vec<u8>> {
    let text = |kind: u8, text: &str| [&[kind], text.as_bytes()].concat();
    let belonging = Belonging {
        run: RUN.to_owned(),
        scenario_hash: "0".repeat(64),
    };
    let scenario = small_scenario();
    let world = Arc::new(World::new(scenario.clone()).unwrap_or_else(|error| panic!("{error}")));
    let layout = world.layout();
    let dsp = NodeIndex(0);
    let ground = Ground {
        world: &world,
        layout: &layout,
        run: RUN,
        scenario: SMALL,
    };
    let participant = secnet_director::network::build(&world, layout.kinds[0]);
    let mut seat = Seat::new(ground, dsp, participant, Vec::new(), None);
    let status = ProcessStatus {
        belonging: belonging.clone(),
        process: "dsp".to_owned(),
        pid: 4_711,
        nodes: vec![seat.status()],
    };
    let run = in_virtual_time::run(&scenario, 1);
    let (name, account) = &run.outcome.accounts[0];
    let report = NodeReport {
        now: SimTime::from_secs(300),
        handled: 1_000,
        lag_max_us: 7,
        turns_without_credit: 1,
        requests_taken: vec!["{}".to_owned()],
        ..NodeReport::blank(name, dsp)
    };
    let start = Command::Start {
        wall_unix_us: 1_790_000_000_000_000,
        pace: Pace::WallTimes(60.0),
        ready: Some(SimDuration::from_secs(1)),
    };
    let result = ProcessResult {
        belonging,
        process: "dsp".to_owned(),
        nodes: vec![(report, account.clone())],
        traces: TraceBook::default(),
        spans_exported: 0,
        spans_not_exported: 0,
    };
    let run_status = RunStatus {
        run: RUN.to_owned(),
        scenario: "small".to_owned(),
        pace: Pace::Max,
        end: world.end,
        wall_seconds: 1.5,
        processes: vec![status.clone()],
        silent: vec![("s1sp".to_owned(), None)],
    };
    let news = ProcessNews {
        status,
        ledgers: vec![(name.clone(), account.ledger.clone())],
    };
    BTreeMap::from([
        ("start".to_owned(), of(0, &start)),
        (
            "halt".to_owned(),
            of(
                0,
                &Command::Halt {
                    lost_nodes: vec!["dsp".to_owned()],
                },
            ),
        ),
        ("bye".to_owned(), of(0, &Command::Bye)),
        ("news".to_owned(), of(1, &news)),
        ("result".to_owned(), of(2, &result)),
        ("status".to_owned(), of(3, &run_status)),
        (
            "request".to_owned(),
            text(
                4,
                r#"{"from": "OVO", "srv": "4.1.1", "premises": 1274, "at": "5min"}"#,
            ),
        ),
        ("key".to_owned(), text(5, "secnet/demo-1/control/status/dsp")),
    ])
}

/// A value behind the byte that says which kind it is.
fn of<T: Serialize>(kind: u8, value: &T) -> Vec<u8> {
    let bytes = encode_value("a seed", value, CONTROL_BYTES_MAX).unwrap_or_else(|error| panic!("{error}"));
    [&[kind], bytes.as_slice()].concat()
}

fn run_folder() -> BTreeMap<String, Vec<u8>> {
    let files = small_run();
    let seed = |(number, name): (usize, &&str)| {
        let bytes = [&[number as u8], files[name].as_slice()].concat();
        ((*name).to_owned(), bytes)
    };
    FILES.iter().enumerate().map(seed).collect()
}

/// What a small run leaves, by file.
pub(super) fn small_run() -> BTreeMap<&'static str, Vec<u8>> {
    let run = in_virtual_time::run(&small_scenario(), 1);
    let folder = scratch("small-run");
    let manifest = Manifest {
        scenario: "small".to_owned(),
        finished: true,
        ..Manifest::default()
    };
    let written = RunFolder::create(&Place::Replace(folder.clone())).expect("a run folder");
    written
        .write(
            &run.outcome.scenario,
            &manifest,
            &run.report,
            &run.outcome.traces,
            &Tables::default(),
        )
        .expect("a run");
    let files = FILES.map(|name| (name, fs::read(folder.join(name)).expect("a file of a run")));
    drop(written);
    let _ = fs::remove_dir_all(&folder);
    files.into_iter().collect()
}
