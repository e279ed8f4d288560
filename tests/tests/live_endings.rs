//! A live run that cannot reach its end says so, names who was lost, keeps its books and leaves no process behind.
#![allow(clippy::print_stdout, reason = "what a live run measures is worth reading")]

use secnet_engine::{ItemKind, Outcome};
use secnet_tests::live::{Ended, LiveRun, Programs, is_full};
use std::time::{Duration, Instant};

/// Long enough to be in the middle of when something happens: 50 emulated minutes in 20 s.
const IN_TWENTY_SECONDS: &[&str] = &["--for", "5min", "--speed", "150"];
const SCENARIO: &str = "demo.toml";
const INCOMPLETE: Option<i32> = Some(4);

/// The design's bound on the end of a run that lost a process.
const END_MAX: Duration = Duration::from_secs(30);

fn balanced_but_incomplete(ended: &Ended) {
    assert_eq!(ended.exit, INCOMPLETE, "{}", ended.stderr);
    let report = ended.report();
    let ledger = &report.ledger;
    assert!(ledger.balanced && !ledger.complete, "{ledger:?}");
    assert!(!report.manifest.finished);
    assert!(
        ledger.ended_at_us < 50 * 60 * 1_000_000,
        "not at the end: {}",
        ledger.ended_at_us
    );
    let requests = &ledger.outcomes[ItemKind::ServiceRequest.name()];
    assert!(
        requests.opened > 0 && requests.closed[Outcome::Completed.name()] > 0,
        "{requests:?}"
    );
    for kind in ledger.outcomes.values() {
        let closed: u64 = kind.closed.values().sum();
        assert_eq!(
            kind.opened + kind.opened_unrecorded,
            closed + kind.in_flight,
            "{kind:?}"
        );
    }
}

/// Nothing the run started is left, at the latest after `at_most`.
fn leaves_nobody(run: &LiveRun, at_most: Duration) {
    let deadline = Instant::now() + at_most;
    while !run.alive().is_empty() {
        assert!(Instant::now() < deadline, "left behind: {:?}", run.alive());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_process_killed_in_the_middle_is_named_with_what_was_lost_and_ends_the_run() {
    let programs = Programs::alone();
    for (victim, extra) in [
        ("dsp", &[][..]),
        ("csp-central", &[]),
        ("supplier-octopus-energy", &[]),
        ("dno", &[]),
        ("other-user", &[]),
        ("premises-south", &[]),
        ("supplier-group-1", &["--set", "hosting.users_per_process=4"]),
    ] {
        let mut run = programs.start(SCENARIO, &[IN_TWENTY_SECONDS, extra].concat());
        run.wait_until_past(120.0);
        let process = run.process(victim);
        process.signal("KILL");
        let killed = Instant::now();
        let ended = run.wait(END_MAX);
        println!(
            "{victim}: the run ended {:.1?} after it was killed",
            killed.elapsed()
        );
        balanced_but_incomplete(&ended);
        leaves_nobody(&run, Duration::from_secs(1));
        let lost = ended
            .report()
            .ledger
            .lost
            .as_ref()
            .expect("the ledger says what was lost");
        let expected = if victim == "supplier-group-1" { 4 } else { 1 };
        assert_eq!(lost.nodes.len(), expected, "{victim}: {lost:?}");
        for node in &lost.nodes {
            let is_victim = node.name == process.name || process.name == "supplier-group-1";
            assert!(is_victim && node.note.contains("signal: 9"), "{victim}: {node:?}");
            assert!(node.last_heard_us > 0, "{victim}: {node:?}");
            assert!(
                ended.stderr.contains(&format!("lost {}", node.name)),
                "{}",
                ended.stderr
            );
        }
        if victim.starts_with("supplier") {
            assert!(
                lost.items[ItemKind::ServiceRequest.name()] > 0,
                "what the Supplier waited for: {lost:?}"
            );
        }
    }
}

#[test]
fn a_process_that_ends_at_once_is_named_at_once() {
    let programs = Programs::alone();
    let replaced = programs.with_replaced("premises", "#!/bin/sh\nexit 7\n");
    let mut run = LiveRun::start(&replaced.folder, SCENARIO, &[]);
    let ended = run.wait(Duration::from_secs(10));
    assert_eq!(ended.exit, INCOMPLETE, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("lost premises-") && ended.stderr.contains("exit status: 7"),
        "{}",
        ended.stderr
    );
    let report = ended.report();
    assert!(
        report
            .ledger
            .lost
            .as_ref()
            .is_some_and(|lost| lost.nodes.iter().all(|n| n.name.starts_with("premises")))
    );
    assert!(!report.ledger.complete && report.ledger.balanced);
}

#[test]
fn a_process_that_never_comes_is_named_and_no_other() {
    let programs = Programs::alone();
    // Users wait for the DSP's router for ever; still it is the DSP that is missing.
    for victim in if is_full() {
        &["dsp", "other-user"][..]
    } else {
        &["dsp"]
    } {
        let replaced = programs.with_replaced(victim, "#!/bin/sh\nexec sleep 600\n");
        let mut run = LiveRun::start(&replaced.folder, SCENARIO, &[]);
        let ended = run.wait(END_MAX);
        println!("{victim}: named after {:.1?}", ended.wall);
        assert_eq!(ended.exit, INCOMPLETE, "{}", ended.stderr);
        let lost = ended.report().ledger.lost.as_ref().expect("the ledger names it");
        assert_eq!(lost.nodes.len(), 1, "{lost:?}");
        assert!(
            lost.nodes[0].name.starts_with(victim) && lost.nodes[0].note.contains("never came"),
            "{lost:?}"
        );
        assert!(
            ended.stderr.contains(&format!("lost {}", lost.nodes[0].name)),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn a_process_killed_before_emulated_time_starts_is_named_at_once() {
    let programs = Programs::alone();
    // A Supplier that never comes holds the others at the barrier.
    let replaced = programs.with_replaced("supplier", "#!/bin/sh\nexec sleep 600\n");
    let mut run = LiveRun::start(&replaced.folder, SCENARIO, &[]);
    run.wait_until("the CSPs", |status| {
        status
            .processes
            .iter()
            .any(|process| process.process == "csp-north")
    });
    run.process("csp-north").signal("KILL");
    let ended = run.wait(Duration::from_secs(5));
    assert_eq!(ended.exit, INCOMPLETE);
    assert!(ended.stderr.contains("lost csp-north"), "{}", ended.stderr);
    leaves_nobody(&run, Duration::from_secs(1));
}

#[test]
fn every_process_ends_by_itself_when_its_director_is_killed() {
    let programs = Programs::alone();
    let mut run = programs.start(SCENARIO, IN_TWENTY_SECONDS);
    run.wait_until_past(60.0);
    assert!(run.alive().len() > 8, "{:?}", run.alive());
    run.director().signal("KILL");
    leaves_nobody(&run, Duration::from_secs(5));
}

#[test]
fn an_interrupted_run_ends_in_order_with_its_books_balanced() {
    let programs = Programs::alone();
    for signal in ["INT", "TERM"] {
        let mut run = programs.start(SCENARIO, IN_TWENTY_SECONDS);
        run.wait_until_past(120.0);
        run.director().signal(signal);
        let ended = run.wait(Duration::from_secs(10));
        balanced_but_incomplete(&ended);
        leaves_nobody(&run, Duration::from_secs(1));
        assert!(ended.stderr.contains("stopped by hand"), "{}", ended.stderr);
        let ledger = &ended.report().ledger;
        assert!(ledger.lost.is_none(), "{:?}", ledger.lost);
        assert!(
            ledger.outcomes[ItemKind::ServiceRequest.name()].in_flight > 0,
            "{:?}",
            ledger.outcomes
        );
    }
}

#[test]
fn an_interrupted_run_does_not_wait_for_a_process_that_is_stopped() {
    let programs = Programs::alone();
    let mut run = programs.start(SCENARIO, IN_TWENTY_SECONDS);
    run.wait_until_past(120.0);
    run.process("csp-south").signal("STOP");
    run.director().signal("INT");
    let ended = run.wait(END_MAX);
    balanced_but_incomplete(&ended);
    leaves_nobody(&run, Duration::from_secs(1));
    let lost = ended.report().ledger.lost.as_ref().expect("the ledger names it");
    assert!(lost.nodes.iter().any(|node| node.name == "csp-south"), "{lost:?}");
}
