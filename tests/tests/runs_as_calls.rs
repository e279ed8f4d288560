//! What a program may rely on that runs scenarios itself instead of through the command line.

use secnet_director::{Cancellation, Driver, FinishedRun, RunOptions, run};
use secnet_engine::Pace;
use secnet_results::LoadedRun;
use secnet_results::run_folder::Place;
use secnet_tests::in_virtual_time::scenario;
use secnet_tests::live::Programs;
use secnet_topology::{Bus, Scenario};
use std::path::PathBuf;
use std::time::Duration;

const DEMO: &str = include_str!("../../topology/demo.toml");

fn demo_for(horizon: &str) -> Scenario {
    scenario(DEMO, &[&format!("horizon={horizon}")])
}

fn digests(finished: &FinishedRun) -> (&str, &str) {
    (&finished.report.ledger.digest, &finished.report.kpis.digest)
}

#[test]
fn a_live_run_without_a_folder_gives_what_one_in_virtual_time_gives_and_leaves_no_files() {
    let programs = Programs::alone();
    let live = Driver::Live {
        programs: Some(programs.folder().to_owned()),
        bus: Bus::default(),
    };
    let options = RunOptions {
        driver: live,
        ..RunOptions::default()
    };
    let live = run(demo_for("1min"), &options).unwrap_or_else(|error| panic!("{error:#}"));
    let in_virtual_time =
        run(demo_for("1min"), &RunOptions::default()).unwrap_or_else(|error| panic!("{error:#}"));
    assert!(live.outcome.is_complete() && live.report.ledger.balanced);
    assert_eq!(digests(&live), digests(&in_virtual_time));
    assert_eq!(
        (live.manifest.driver.as_str(), live.facts.processes),
        ("live", 17)
    );
    assert_eq!(live.folder, None);
    let ours = format!("secnet-r{}-", std::process::id());
    let temporary = std::fs::read_dir(std::env::temp_dir()).expect("a folder");
    let left = temporary
        .flatten()
        .find(|entry| entry.file_name().to_string_lossy().starts_with(&ours));
    assert!(left.is_none(), "{left:?}");
}

#[test]
fn a_run_with_a_folder_leaves_there_what_the_call_returns() {
    let folder = std::env::temp_dir().join(format!("secnet-call-{}", std::process::id()));
    let options = RunOptions {
        driver: Driver::Virtual { threads: 2 },
        out: Some(Place::New(folder.clone())),
        ..RunOptions::default()
    };
    let finished = run(demo_for("5min"), &options).unwrap_or_else(|error| panic!("{error:#}"));
    assert_eq!(finished.folder.as_ref(), Some(&folder));
    let loaded = LoadedRun::load(&folder).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(loaded.ledger, finished.report.ledger);
    assert_eq!(loaded.kpis.digest, finished.report.kpis.digest);
    assert_eq!(loaded.manifest.started_at, finished.manifest.started_at);
    assert_eq!(loaded.manifest.threads, finished.facts.threads);
    std::fs::remove_dir_all(folder).expect("removed");
}

#[test]
fn a_run_that_is_cancelled_stops_with_its_books_in_order() {
    let cancellation = Cancellation::default();
    // At this pace it would take an hour.
    let options = RunOptions {
        pace: Pace::WallTimes(1.0),
        cancellation: cancellation.clone(),
        ..RunOptions::default()
    };
    let stopping = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(2));
        cancellation.stop();
    });
    let finished = run(demo_for("1h"), &options).unwrap_or_else(|error| panic!("{error:#}"));
    stopping.join().expect("stopped");
    assert!(!finished.outcome.finished && finished.report.ledger.balanced);
    assert!(finished.outcome.ended_at < finished.end);
    assert!(finished.manifest.wall_seconds < 10.0);
}

#[test]
fn options_that_cannot_be_kept_are_refused() {
    let refused = |options: RunOptions| match run(demo_for("1min"), &options) {
        Ok(_) => panic!("{options:?} was accepted"),
        Err(error) => format!("{error:#}"),
    };
    let ready = RunOptions {
        ready: Some("1s".parse().expect("a span")),
        ..RunOptions::default()
    };
    assert!(refused(ready).starts_with("a run in virtual time takes no requests"));
    let out = RunOptions {
        out: Some(Place::New(PathBuf::from("/proc/run"))),
        ..RunOptions::default()
    };
    assert!(refused(out).starts_with("cannot write /proc/run"));
    let folder = std::env::temp_dir().join(format!("secnet-no-programs-{}", std::process::id()));
    let live = RunOptions {
        driver: Driver::Live {
            programs: Some(PathBuf::from("/nowhere")),
            bus: Bus::default(),
        },
        out: Some(Place::New(folder.clone())),
        ..RunOptions::default()
    };
    let said = refused(live);
    std::fs::remove_dir_all(folder).expect("removed");
    assert!(said.contains("cannot start /nowhere/"), "{said}");
}
