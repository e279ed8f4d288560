//! Exit code 0 means the digest of this scenario and seed. What would make it another's is refused and named.

#![allow(clippy::unwrap_used)]

use secnet_director::runtime::on_a_runtime;
use secnet_engine::trace::TraceBook;
use secnet_fabric::belonging::Belonging;
use secnet_fabric::control::ProcessControl;
use secnet_fabric::report::ProcessResult;
use secnet_fabric::{ControlPlane, Credentials, Launch};
use secnet_results::run_folder::LAUNCH;
use secnet_tests::live::{LiveRun, Programs};
use std::time::Duration;

const END_MAX: Duration = Duration::from_secs(60);

/// In a few seconds of wall time: long enough to interfere with.
const PACED: &[&str] = &["--for", "2min", "--speed", "500"];

fn replay(run: &LiveRun, forge: impl Fn(&Launch) -> Belonging) {
    let launch = Launch::load(&run.folder().join(LAUNCH)).unwrap();
    on_a_runtime(async {
        let folder = launch.credentials.as_deref().expect("credentials");
        let plane = ControlPlane {
            endpoint: launch.endpoints.control.clone(),
            credentials: Some(Credentials::of("dsp", folder)),
        };
        let (hostile, _commands) = ProcessControl::open(&plane, &launch.run, "dsp").await?;
        let result = ProcessControl::encode_result(ProcessResult {
            belonging: forge(&launch),
            process: "dsp".to_owned(),
            nodes: Vec::new(),
            traces: TraceBook::default(),
            spans_exported: 0,
            spans_not_exported: 0,
        })?;
        for _ in 0..20 {
            hostile.result(result.clone()).await?;
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_result_of_another_run_or_scenario_that_is_replayed_changes_nothing() {
    let programs = Programs::alone();
    let undisturbed = programs.run("demo.toml", &["--for", "2min", "--driver", "virtual"]);
    let mut run = programs.start("demo.toml", PACED);
    run.wait_until_past(20.0);
    replay(&run, |launch| Belonging {
        run: "r1-1-1".to_owned(),
        ..launch.belonging()
    });
    replay(&run, |launch| Belonging {
        scenario_hash: "0".repeat(64),
        ..launch.belonging()
    });
    let ended = run.wait(END_MAX);
    assert_eq!(ended.exit, Some(0), "{}", ended.stderr);
    assert_eq!(ended.report().ledger.digest, undisturbed.report().ledger.digest);
    for kind in ["a result of another run", "a result of another scenario or seed"] {
        let told = format!("refused what came as dsp's: {kind}");
        assert_eq!(ended.stderr.matches(&told).count(), 1, "{}", ended.stderr);
    }
}

#[test]
fn a_process_that_finds_another_scenario_in_the_folder_ends_the_run() {
    let programs = Programs::alone();
    let real = programs.folder().join("dsp");
    let script = format!(
        "#!/bin/sh\nfolder=$(dirname \"$2\")\nsed -i 's/^seed = .*/seed = 99/' \"$folder\"/*.toml\nexec {} \"$@\"\n",
        real.display()
    );
    let replaced = programs.with_replaced("dsp", &script);
    let mut run = LiveRun::start(&replaced.folder, "demo.toml", &["--for", "1min"]);
    let ended = run.wait(END_MAX);
    assert_eq!(ended.exit, Some(4), "{}", ended.stderr);
    // Whoever read it first ended the run; the others may not have got so far.
    let logs = std::fs::read_dir(run.folder().join("logs")).unwrap();
    let told = logs.flatten().any(|log| {
        let log = std::fs::read_to_string(log.path()).unwrap();
        log.contains("is not the one that run") && log.contains("start the run again")
    });
    assert!(told, "{}", ended.stderr);
}
