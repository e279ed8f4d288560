//! One result: whatever the driver, the pace, the hosting, the sharding and the machine's mood, the same digests.
//!
//! The matrix is data. `SECNET_FULL=1` runs all of it: five seeds, whole hours, at the paces of the design.
#![allow(clippy::print_stdout, reason = "what a live run measures is worth reading")]

use secnet_tests::live::{BusyCores, Digests, Programs, RUN_MAX, is_full};
use std::fmt::Write;
use std::time::Duration;

struct Scenario {
    file: &'static str,
    seeds: &'static [u64],
    /// For every run of it.
    arguments: &'static [&'static str],
    /// Run for the first seed alone …
    once: &'static [Case],
    /// … and for each.
    each: &'static [Case],
}

struct Case {
    name: &'static str,
    arguments: &'static [&'static str],
    disturbance: Disturbance,
}

#[derive(Clone, Copy)]
enum Disturbance {
    None,
    /// A busy thread for each of two cores.
    BusyCores,
    /// This process is stopped for ten seconds in the middle.
    Pause(&'static str),
}
use Disturbance::{BusyCores as Busy, None as Calm, Pause};

const fn case(name: &'static str, arguments: &'static [&'static str], disturbance: Disturbance) -> Case {
    Case {
        name,
        arguments,
        disturbance,
    }
}

const SHARDS: &[&str] = &[
    "--set",
    "hosting.premises_shards=3",
    "--set",
    "hosting.premises_processes=2",
];
const GROUPS: &[&str] = &["--set", "hosting.users_per_process=4"];

/// The digests every other run of the scenario and seed must have.
const REFERENCE: &[&str] = &["--driver", "virtual"];

const SHORT: &[Scenario] = &[
    Scenario {
        file: "demo.toml",
        seeds: &[1, 2],
        arguments: &["--for", "5min"],
        each: &[
            case(
                "virtual, 2 threads",
                &["--driver", "virtual", "--threads", "2"],
                Calm,
            ),
            case("live", &[], Calm),
        ],
        once: &[
            case("live, 3 shards in 2 processes a region", SHARDS, Calm),
            case("live, 4 Users in a process", GROUPS, Calm),
            case("live, paced", &["--speed", "600"], Calm),
            case("live, both cores busy", &[], Busy),
            case(
                "live, a CSP stopped for 10 s",
                &["--speed", "600"],
                Pause("csp-central"),
            ),
        ],
    },
    // Every kind of event that begins within the time.
    Scenario {
        file: "bad-day.toml",
        seeds: &[1],
        arguments: &["--for", "165min"],
        each: &[case("live, 3 shards in 2 processes a region", SHARDS, Calm)],
        once: &[],
    },
    Scenario {
        file: "demo-100k.toml",
        seeds: &[3],
        arguments: &["--for", "2min"],
        each: &[
            case(
                "virtual, 2 threads",
                &["--driver", "virtual", "--threads", "2"],
                Calm,
            ),
            case("live", &[], Calm),
        ],
        once: &[],
    },
];

const FULL_EACH: &[Case] = &[
    case(
        "virtual, 2 threads",
        &["--driver", "virtual", "--threads", "2"],
        Calm,
    ),
    case("live, max", &["--speed", "max"], Calm),
    case("live, 60", &["--speed", "60"], Calm),
    case("live, 3 shards in 2 processes a region", SHARDS, Calm),
    case("live, 4 Users in a process", GROUPS, Calm),
];

const FULL_ONCE: &[Case] = &[
    case("live, max, both cores busy", &[], Busy),
    case("live, 60, both cores busy", &["--speed", "60"], Busy),
    case("live, max, the DSP stopped for 10 s", &[], Pause("dsp")),
    case("live, max, a CSP stopped for 10 s", &[], Pause("csp-central")),
    case("live, max, a Supplier stopped for 10 s", &[], Pause("supplier")),
    case(
        "live, max, premises stopped for 10 s",
        &[],
        Pause("premises-north"),
    ),
    case(
        "live, 60, premises stopped for 10 s",
        &["--speed", "60"],
        Pause("premises-north"),
    ),
];

const FULL: &[Scenario] = &[
    Scenario {
        file: "demo.toml",
        seeds: &[1, 2, 3, 4, 5],
        arguments: &[],
        each: FULL_EACH,
        once: FULL_ONCE,
    },
    Scenario {
        file: "demo-100k.toml",
        seeds: &[1, 2, 3, 4, 5],
        arguments: &[],
        each: FULL_EACH,
        once: FULL_ONCE,
    },
];

#[test]
fn every_way_to_run_a_scenario_gives_the_same_digests() {
    let programs = Programs::alone();
    let mut differing = String::new();
    for scenario in if is_full() { FULL } else { SHORT } {
        for seed in scenario.seeds {
            let reference = run(
                &programs,
                scenario,
                *seed,
                &case("virtual, 1 thread", REFERENCE, Calm),
            );
            let once = if *seed == scenario.seeds[0] {
                scenario.once
            } else {
                &[]
            };
            for case in scenario.each.iter().chain(once) {
                let digests = run(&programs, scenario, *seed, case);
                if digests != reference {
                    let file = scenario.file;
                    let _ = writeln!(
                        differing,
                        "{file}, seed {seed}, {}: {digests:?}, not {reference:?}",
                        case.name
                    );
                }
            }
        }
    }
    assert!(differing.is_empty(), "{differing}");
}

fn run(programs: &Programs, scenario: &Scenario, seed: u64, case: &Case) -> Digests {
    let _busy = matches!(case.disturbance, Busy).then(|| BusyCores::start(2));
    let seed_text = seed.to_string();
    let arguments = [scenario.arguments, case.arguments, &["--seed", &seed_text]].concat();
    let mut run = programs.start(scenario.file, &arguments);
    if let Pause(process) = case.disturbance {
        run.wait_until_past(60.0);
        let process = run.process(process);
        process.signal("STOP");
        std::thread::sleep(Duration::from_secs(10));
        assert!(run.goes_on(), "{} was not stopped in the middle", process.name);
        process.signal("CONT");
    }
    let ended = run.wait(RUN_MAX);
    let digests = ended.digests();
    let manifest = &ended.report().manifest;
    let lag = manifest.lag_max_s.values().copied().fold(0.0, f64::max);
    println!(
        "{:<14} seed {seed}  {:<38} {:.16} {:.16} {:>6.1} s  lag {lag:.3} s  {} of {} frames sent again",
        scenario.file,
        case.name,
        digests.ledger,
        digests.kpis,
        ended.wall.as_secs_f64(),
        manifest.frames_resent,
        manifest.frames_sent
    );
    digests
}
