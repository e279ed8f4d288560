//! Exit code 0 means the digest of this scenario and seed. What would make it another's is refused and named.

#![allow(clippy::unwrap_used)]

use secnet_accounts::Account;
use secnet_director::runtime::on_a_runtime;
use secnet_engine::trace::TraceBook;
use secnet_fabric::belonging::Belonging;
use secnet_fabric::control::ProcessControl;
use secnet_fabric::report::{NodeReport, ProcessResult};
use secnet_fabric::{ControlPlane, Credentials, Launch};
use secnet_results::run_folder::LAUNCH;
use secnet_tests::dice::Dice;
use secnet_tests::live::{LiveRun, Programs};
use secnet_topology::{Layout, World};
use std::time::Duration;

const END_MAX: Duration = Duration::from_secs(60);

/// In a few seconds of wall time: long enough to interfere with.
const PACED: &[&str] = &["--for", "2min", "--speed", "500"];

/// Whoever holds the DSP's credentials on the control plane.
struct Thief {
    launch: Launch,
    layout: Layout,
}

impl Thief {
    fn of(run: &LiveRun) -> Thief {
        let launch = Launch::load(&run.folder().join(LAUNCH)).unwrap();
        let scenario = secnet_topology::load(&launch.scenario, &[]).unwrap();
        let layout = World::new(scenario).unwrap().layout();
        Thief { launch, layout }
    }

    async fn enter(&self) -> anyhow::Result<ProcessControl> {
        let folder = self.launch.credentials.as_deref().expect("credentials");
        let plane = ControlPlane {
            endpoint: self.launch.endpoints.control.clone(),
            credentials: Some(Credentials::of("dsp", folder)),
        };
        Ok(ProcessControl::open(&plane, &self.launch.run, "dsp").await?.0)
    }

    /// A result as the DSP might have one, but for what it did.
    fn result(&self, belonging: Belonging) -> Vec<u8> {
        let dsp = self.layout.processes.iter().find(|process| process.name == "dsp");
        let nodes = dsp.unwrap().nodes.iter().map(|&index| {
            let report = NodeReport::blank(self.layout.network.name(index), index);
            (report, Account::default())
        });
        ProcessControl::encode_result(ProcessResult {
            belonging,
            process: "dsp".to_owned(),
            nodes: nodes.collect(),
            traces: TraceBook::default(),
            spans_exported: 0,
            spans_not_exported: 0,
        })
        .unwrap()
    }
}

fn replay(run: &LiveRun, forge: impl Fn(&Launch) -> Belonging) {
    let thief = Thief::of(run);
    let result = thief.result(forge(&thief.launch));
    on_a_runtime(async {
        let hostile = thief.enter().await?;
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
fn of_a_thousand_flipped_results_none_is_taken() {
    let programs = Programs::alone();
    let undisturbed = programs.run("demo.toml", &["--for", "2min", "--driver", "virtual"]);
    let mut run = programs.start("demo.toml", PACED);
    run.wait_until_past(20.0);
    let thief = Thief::of(&run);
    let good = thief.result(thief.launch.belonging());
    let mut dice = Dice::new(1, "flipped-results");
    on_a_runtime(async {
        let hostile = thief.enter().await?;
        for _ in 0..1_000 {
            let mut flipped = good.clone();
            let bit = dice.below(good.len() as u64 * 8) as usize;
            flipped[bit / 8] ^= 1 << (bit % 8);
            hostile.result(flipped).await?;
        }
        hostile.result(good.clone()).await
    })
    .unwrap();
    let ended = run.wait(END_MAX);
    assert_eq!(ended.exit, Some(0), "{}", ended.stderr);
    assert_eq!(ended.digests().ledger, undisturbed.digests().ledger);
    assert_eq!(ended.digests().kpis, undisturbed.digests().kpis);
    for kind in [
        "a result before its nodes had come to their end",
        "a result of another scenario or seed",
        "a result that is not about the nodes it hosts",
        "dropped from the control plane",
    ] {
        assert!(ended.stderr.contains(kind), "{kind}: {}", ended.stderr);
    }
    let log = ended.stderr.len();
    assert!(log < 100_000, "{log} bytes said");
}

#[test]
fn two_results_that_differ_end_the_run_by_name() {
    let programs = Programs::alone();
    let mut run = programs.start(
        "demo.toml",
        &["--for", "1min", "--set", "drain=1min", "--speed", "60"],
    );
    run.wait_until_past(5.0);
    let thief = Thief::of(&run);
    let forged = thief.result(thief.launch.belonging());
    on_a_runtime(async {
        let hostile = thief.enter().await?;
        // Until the DSP has said that it is through: from then on one of them would be taken.
        while run.goes_on() {
            hostile.result(forged.clone()).await?;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    })
    .unwrap();
    let ended = run.wait(END_MAX);
    assert_eq!(ended.exit, Some(4), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("lost dsp") && ended.stderr.contains("two results that differ came as its own"),
        "{}",
        ended.stderr
    );
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
