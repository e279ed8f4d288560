//! What a live run tells about itself while it goes on and when it has ended: status, lag, pace.
#![allow(clippy::print_stdout, reason = "what a live run measures is worth reading")]

use secnet_fabric::report::Phase;
use secnet_tests::live::Programs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

const SCENARIO: &str = "demo.toml";

/// What a node's `/metrics` says, asked by hand.
fn metrics(port: u16) -> String {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).expect("an endpoint for metrics");
    let request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    connection.write_all(request.as_bytes()).expect("asked");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("answered");
    answer
}

/// The first of some neighbouring ports that are free. They lie below those the system gives to connections by itself, so that no other
/// test's connection takes one in the meantime.
fn free_ports(count: u16) -> u16 {
    let is_free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    (20_000..32_000)
        .step_by(usize::from(count))
        .find(|base| (*base..base + count).all(is_free))
        .expect("some ports are free")
}

#[test]
fn each_process_offers_its_metrics() {
    let programs = Programs::alone();
    let base = free_ports(17);
    let address = format!("127.0.0.1:{base}");
    let environment = [("SECNET_METRICS", address.as_str())];
    let mut run = programs.start_in(&environment, SCENARIO, &["--for", "5min", "--speed", "60"]);
    run.wait_until_past(90.0);
    std::thread::sleep(Duration::from_secs(1));
    let (dsp, supplier) = (metrics(base), metrics(base + 5));
    let value = |text: &str, name: &str| -> f64 {
        let line = text.lines().find(|line| line.starts_with(name));
        let line = line.unwrap_or_else(|| panic!("no {name} in {text}"));
        line.rsplit(' ')
            .next()
            .and_then(|value| value.parse().ok())
            .expect("a number")
    };
    assert!(value(&dsp, "secnet_emulated_seconds{node=\"dsp\"") > 60.0);
    assert!(value(&dsp, "secnet_events_total{node=\"dsp\"") > 1_000.0);
    assert!(
        dsp.contains("secnet_link_in_flight{") && dsp.contains("neighbour=\"csp-central\""),
        "{dsp}"
    );
    assert!(value(&supplier, "secnet_items_closed_total{kind=\"service_request\"") > 10.0);
    let ended = run.wait(Duration::from_secs(60));
    assert_eq!(ended.exit, Some(0), "{}", ended.stderr);
}

#[test]
fn the_status_shows_emulated_time_pace_traffic_and_who_holds_the_run_up() {
    let programs = Programs::alone();
    let mut run = programs.start(SCENARIO, &["--for", "5min", "--speed", "100"]);
    let status = run.wait_until_past(60.0);
    assert_eq!(status.processes.len(), 17);
    let nodes: Vec<_> = status
        .processes
        .iter()
        .flat_map(|process| &process.nodes)
        .collect();
    assert!(
        nodes
            .iter()
            .all(|node| node.phase == Phase::Running && node.links_up == node.links_total)
    );
    assert!(
        nodes
            .iter()
            .flat_map(|node| &node.links)
            .any(|link| link.sent > 0)
    );

    let text = String::from_utf8(run.ask(&[]).stdout).expect("text");
    for part in [
        "demo: 00:0",
        "pace 100 × real time",
        "in flight per link",
        "who waits for whose promise",
    ] {
        assert!(text.contains(part), "{part:?} is missing in:\n{text}");
    }

    let stopped = run.process("csp-central");
    stopped.signal("STOP");
    let status = run.wait_until("the silence of a stopped process", |status| {
        status.silent.iter().any(|(process, _)| *process == stopped.name)
    });
    let waits_for_it = |node: &str| {
        let nodes = status.processes.iter().flat_map(|process| &process.nodes);
        let links = nodes.filter(|n| n.name == node).flat_map(|n| &n.links);
        links
            .filter(|link| link.neighbour == stopped.name)
            .any(|link| link.holds_us_up)
    };
    assert!(
        waits_for_it("dsp") && waits_for_it("premises-central-1"),
        "{status:?}"
    );
    let text = String::from_utf8(run.ask(&[]).stdout).expect("text");
    for part in [
        "dsp waits for csp-central: promised until 00:0",
        "held up by csp-central\n",
        "csp-central has said nothing for",
    ] {
        assert!(text.contains(part), "{part:?} is missing in:\n{text}");
    }
    let json = String::from_utf8(run.ask(&["--json"]).stdout).expect("text");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["held_up_by"], serde_json::json!(["csp-central"]));

    // What it owes is owed when it goes on, and the run says how far behind it fell.
    stopped.signal("CONT");
    let ended = run.wait(Duration::from_secs(60));
    assert_eq!(ended.exit, Some(0), "{}", ended.stderr);
    let lag = &ended.report().manifest.lag_max_s;
    assert_eq!(lag.len(), 17, "a lag for each node: {lag:?}");
    assert!(lag["csp-central"] > 1.0, "it was stopped for longer: {lag:?}");

    let after = run.ask(&[]);
    assert_eq!(
        after.status.code(),
        Some(2),
        "{}",
        String::from_utf8_lossy(&after.stderr)
    );
    assert!(String::from_utf8_lossy(&after.stderr).contains("no live run goes on"));
}

#[test]
fn a_folder_in_which_a_run_goes_on_is_left_to_it_until_that_is_killed() {
    let programs = Programs::alone();
    let mut run = programs.start(SCENARIO, &["--for", "1min", "--speed", "200"]);
    run.wait_until_past(60.0);
    let intruder = run.again(&["--driver", "virtual"]);
    assert_eq!(intruder.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&intruder.stderr).contains("a live run goes on in"));
    assert!(run.status().is_some());

    run.director().signal("KILL");
    run.wait(Duration::from_secs(5));
    let said = run.ask(&[]);
    assert_eq!(said.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&said.stderr).contains("was killed"));
    let successor = run.again(&["--driver", "virtual"]);
    assert_eq!(
        successor.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&successor.stderr)
    );
}

#[test]
fn a_run_that_fell_behind_its_bound_is_incomplete_and_its_results_are_written() {
    let programs = Programs::alone();
    let paced = ["--for", "1min", "--speed", "1000"];
    let within = programs.run(SCENARIO, &[&paced[..], &["--max-lag", "30s"]].concat());
    assert_eq!(within.exit, Some(0), "{}", within.stderr);
    let behind = programs.run(SCENARIO, &[&paced[..], &["--max-lag", "1us"]].concat());
    assert_eq!(behind.exit, Some(4), "{}", behind.stderr);
    assert!(behind.stderr.contains("not at pace"), "{}", behind.stderr);
    assert_eq!(behind.report().ledger.digest, within.report().ledger.digest);
    assert_eq!(behind.report().kpis.digest, within.report().kpis.digest);
}

#[test]
fn a_paced_run_takes_as_long_as_its_pace_says() {
    let programs = Programs::alone();
    let run = programs.run(SCENARIO, &["--for", "5min", "--speed", "300"]);
    assert_eq!(run.exit, Some(0), "{}", run.stderr);
    let manifest = &run.report().manifest;
    assert!(
        manifest.lag_max_s.values().all(|lag| *lag < 10.0),
        "{:?}",
        manifest.lag_max_s
    );
    println!("{:?}", manifest.lag_max_s);
}

#[test]
fn a_day_without_traffic_takes_seconds() {
    let programs = Programs::alone();
    let idle = [
        "--for",
        "1d",
        "--set",
        "workloads=[]",
        "--set",
        "schedules=[]",
        "--set",
        "premises.alerts_per_premises_per_day=0",
        "--set",
        "verdicts=[]",
    ];
    let live = programs.run(SCENARIO, &idle);
    let emulated = live.report().manifest.emulated_seconds;
    let wall = live.report().manifest.wall_seconds;
    println!(
        "{emulated} s emulated in {wall:.1} s, {:.0} a second",
        emulated / wall
    );
    assert_eq!(live.exit, Some(0), "{}", live.stderr);
    assert!(
        emulated >= 86_400.0 && wall < 10.0,
        "{emulated} s emulated in {wall} s"
    );
    let in_virtual_time = programs.run(SCENARIO, &[&idle[..], &["--driver", "virtual"]].concat());
    assert_eq!(live.digests(), in_virtual_time.digests());
}
