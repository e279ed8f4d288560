//! Requests that come while a live run goes on: sent, followed, and part of the scenario from then on.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stdout, reason = "what is skipped must be said")]

use secnet_tests::live::{LiveRun, Programs, scratch};
use secnet_tests::python;
use secnet_topology::live_requests::TakenRequest;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(120);

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Sends and, if asked to, waits; the exit code and what is known then.
fn sent(run: &LiveRun, arguments: &[&str]) -> (Option<i32>, TakenRequest) {
    let (exit, out, err) = said(&run.request(&[arguments, &["--json"]].concat()));
    let taken = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
    (exit, taken)
}

#[test]
fn a_run_with_requests_from_outside_can_be_run_again() {
    let programs = Programs::alone();
    // An image so large that nothing comes of it before the end.
    let campaign = "campaigns=[{name=\"by hand\", device=\"PPMID\", by_hand=true, image=\"10240kB\"}]";
    let traced = [
        "--set",
        "tracing.requests=1.0",
        "--set",
        "tracing.alerts=1.0",
        "--set",
        campaign,
    ];
    let flags = [
        "--for",
        "15min",
        "--set",
        "drain=10min",
        "--speed",
        "60",
        "--interactive",
    ];
    let mut run = programs.start("demo.toml", &[&flags[..], &traced].concat());
    run.wait_until_past(20.0);

    // Premises 3 is OVO's or it is not; either way there is an answer.
    let read = ["--from", "OVO", "--srv", "4.1.1", "--premises", "3", "--wait"];
    let (exit, first) = sent(&run, &read);
    let ended = first.ended.clone().unwrap();
    assert!(first.id.is_some() && !ended.code.is_empty(), "{first:?}");
    let expected = if ended.outcome == "completed" { 0 } else { 3 };
    assert_eq!(exit, Some(expected), "{first:?}");

    // From four Users, one on top of the other, at once and at a time of its own.
    let users = ["OVO", "British Gas", "UK Power Networks", "Octopus Energy"];
    for premises in ["10", "11", "12"] {
        for user in users {
            let (exit, taken) = sent(&run, &["--from", user, "--srv", "4.1.1", "--premises", premises]);
            assert_eq!((exit, taken.ended), (Some(0), None), "{user}");
        }
    }
    let price = ["--from", "British Gas", "--srv", "1.2.1", "--premises", "40"];
    let (_, timed) = sent(&run, &[&price[..], &["--at", "10min"]].concat());
    assert_eq!(timed.request.at.as_secs_f64(), 600.0);
    let dated = [
        "--from",
        "OVO",
        "--srv",
        "1.1.1",
        "--premises",
        "41",
        "--future-dated-by",
        "3min",
    ];
    assert_eq!(sent(&run, &dated).0, Some(0));

    let listing = [
        "--from",
        "OVO",
        "--srv",
        "11.4",
        "--campaign",
        "by hand",
        "--wait",
    ];
    let (exit, listed) = sent(&run, &listing);
    let ended = listed.ended.unwrap();
    assert_eq!(
        (exit, ended.outcome.as_str()),
        (Some(0), "completed"),
        "{ended:?}"
    );

    let (exit, out, _) = said(&run.request(&["--list", "--from", "OVO", "--json"]));
    let listed: Vec<TakenRequest> = serde_json::from_str(&out).unwrap();
    let numbers: Vec<u32> = listed.iter().map(|taken| taken.number).collect();
    assert_eq!((exit, numbers), (Some(0), vec![1, 2, 3, 4, 5, 6]));
    assert_eq!(listed[0].request, first.request);

    let live = run.wait(PATIENCE);
    let on_their_way = live.report().ledger.counters["dsp.firmware.devices"];
    assert!(on_their_way > 100, "{on_their_way}");
    let recorded = run.folder().join("scenario.toml");
    let again = programs.run(recorded.to_str().unwrap(), &["--driver", "virtual"]);
    assert_eq!(again.digests(), live.digests());
    let without = programs.run(
        "demo.toml",
        &[&["--driver", "virtual"], &flags[..4], &traced].concat(),
    );
    assert_ne!(without.digests().ledger, live.digests().ledger, "they counted");
    let ids = |ended: &secnet_tests::live::Ended| ended.traces().trees().count();
    assert_eq!(ids(&live), ids(&without) + 16, "each left a trace");
}

#[test]
fn what_cannot_be_sent_is_said_and_changes_nothing() {
    let programs = Programs::alone();
    let mut run = programs.start(
        "demo.toml",
        &[
            "--for",
            "2min",
            "--set",
            "drain=1min",
            "--speed",
            "10",
            "--interactive",
        ],
    );
    run.wait_until_past(5.0);
    let rows: [(&[&str], &str); 6] = [
        (
            &["--from=OVOO", "--srv=4.1.1", "--premises=2000"],
            "secnet: --from: no User `OVOO`; did you mean `OVO`?\n\
             --premises: there is no premises 2000; they are numbered from 0 to 1999",
        ),
        (
            &["--from=OVO", "--srv=4.1.1", "--premises=3", "--at=2min"],
            "secnet: --at: 2min is not before the horizon, 2min",
        ),
        (
            &["--from=OVO", "--srv=4.1.1", "--premises=3", "--device=toaster"],
            "error: invalid value 'toaster' for '--device <TYPE>': there is no such device type; there are ESME, GSME, GPF, CHF, \
             PPMID, HCALCS, SAPC, IHD, CAD\n\nFor more information, try '--help'.",
        ),
        (
            &["--from=OVO", "--srv=5.1", "--premises=3"],
            "secnet: --srv: 5.1 is about a schedule, which only a workload can name",
        ),
        (
            &["--from=OVO", "--srv=8.2"],
            "secnet: --srv: 8.2 is about a device; name its `premises`",
        ),
        (
            &["--from=UK Power Networks", "--srv=1.1.1", "--premises=3"],
            "secnet: --srv: `UK Power Networks` may not send 1.1.1 (Update Import Tariff (Primary Element)): it holds ED, the \
             request is for IS, GS; a workload that means to be refused says so with `mistake`",
        ),
    ];
    for (arguments, expected) in rows {
        let (exit, out, err) = said(&run.request(arguments));
        assert_eq!((exit, out.as_str(), err.as_str()), (Some(2), "", expected));
    }
    let (exit, out, _) = said(&run.request(&["--list"]));
    assert_eq!((exit, out.as_str()), (Some(0), "no requests from outside so far"));
    let (exit, _, err) = said(&run.request(&["--list", "--from=OVOO"]));
    let expected = "secnet: --from: no User `OVOO`; there are Octopus Energy, ";
    assert!(exit == Some(2) && err.starts_with(expected), "{err}");
    let live = run.wait(PATIENCE);
    let plain = programs.run(
        "demo.toml",
        &["--driver", "virtual", "--for", "2min", "--set", "drain=1min"],
    );
    assert_eq!(plain.digests(), live.digests(), "readiness changes no result");

    let (exit, _, err) = said(&run.request(&["--list"]));
    let expected = format!("secnet: no live run goes on in {}", run.folder().display());
    assert_eq!((exit, err), (Some(2), expected));
}

#[test]
fn a_program_in_another_language_drives_a_run_over_zenoh() {
    let programs = Programs::alone();
    if !python::has("zenoh") {
        return println!("skipped: a program in Python: no zenoh for it");
    }
    let flags = [
        "--for",
        "5min",
        "--set",
        "drain=1min",
        "--speed",
        "30",
        "--interactive",
    ];
    let mut run = programs.start("demo.toml", &flags);
    run.wait_until_past(5.0);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/drive.py");
    let drive = |user: &str, premises: &str| {
        let mut command = python::command(&script);
        command.arg(run.folder().join("launch.json"));
        said(&command.args([user, "supplier-ovo", premises]).output().unwrap())
    };
    let (exit, out, err) = drive("OVO", "3");
    let answered = |line: &str| line.starts_with("90-B3-D5-") && line.contains(": sent at ");
    assert_eq!(exit, Some(0), "{err}");
    assert!(out.lines().count() == 3 && out.lines().all(answered), "{out}");
    let (exit, _, err) = drive("OVO", "2000");
    let expected = "refused: `premises`: there is no premises 2000; they are numbered from 0 to 1999";
    assert_eq!((exit, err.as_str()), (Some(1), expected));
    let (_, _, err) = drive("British Gas", "3");
    assert_eq!(err, "refused: `British Gas` is not played by this node");
    let ended = run.wait(PATIENCE);
    let recorded = run.folder().join("scenario.toml");
    let again = programs.run(recorded.to_str().unwrap(), &["--driver", "virtual"]);
    assert_eq!(again.digests(), ended.digests());
}

/// A User with nothing to do promises never to send anything, unless it is to stay ready.
const QUIET: &str = r#"name = "quiet"
horizon = "2min"
drain = "1min"

[population]
premises = 100

[premises]
alerts_per_premises_per_day = 0.0

[[suppliers]]
name = "Alba Energy"
share = 0.5

[[suppliers]]
name = "Borders Gas"
share = 0.5

[[workloads]]
name = "reads"
from = "Borders Gas"
srvs = ["4.1.1"]
per_device_per_day = 300.0
"#;

#[test]
fn a_user_that_stays_ready_can_be_asked_though_it_has_nothing_else_to_do() {
    let programs = Programs::alone();
    let folder = scratch("quiet");
    let file = folder.join("quiet.toml");
    std::fs::write(&file, QUIET).unwrap();
    let file = file.to_str().unwrap();
    let read = ["--from", "Alba Energy", "--srv", "4.1.1", "--premises", "3"];

    let mut closed = programs.start(file, &["--speed", "30"]);
    closed.wait_until("the start", |status| status.wall_seconds > 0.5);
    let (exit, _, err) = said(&closed.request(&read));
    let expected = "secnet: supplier-alba-energy has promised the others to send nothing any more; with `--interactive` it \
                    would not have";
    assert_eq!((exit, err.as_str()), (Some(2), expected));
    drop(closed);

    let mut open = programs.start(file, &["--speed", "30", "--interactive=500ms"]);
    let status = open.wait_until("the start", |status| status.wall_seconds > 0.5);
    let (_, taken) = sent(&open, &read);
    let (asked, at) = (status.wall_seconds * 30.0, taken.request.at.as_secs_f64());
    // Never before the clock had got there; after it by what a slow machine takes to ask.
    assert!(at > asked - 1.0 && at < asked + 100.0, "asked {asked}, sent {at}");
    let ended = open.wait(PATIENCE);
    assert_eq!(ended.exit, Some(0), "{}", ended.stderr);
    let again = programs.run(
        open.folder().join("scenario.toml").to_str().unwrap(),
        &["--driver", "virtual"],
    );
    assert_eq!(again.digests(), ended.digests());
    std::fs::remove_dir_all(folder).unwrap();
}
