//! The network in containers: the results of virtual time, segments that are apart, and what a pause, a cut and a kill do.
//!
//! Where no engine runs, or no base image can be made, each test says so and passes; with `SECNET_CONTAINERS=required`,
//! as continuous integration sets it where there is an engine, it fails.
#![allow(clippy::unwrap_used)]
#![allow(
    clippy::print_stdout,
    reason = "what is skipped must be said, and what is measured is worth reading"
)]

use anyhow::{Context, ensure};
use secnet_engine::ItemKind;
use secnet_fabric::containers::{Containers, Engine, containers_of};
use secnet_fabric::report::Phase;
use secnet_model::DeviceType;
use secnet_results::LoadedRun;
use secnet_testkit::{Ended, NetworkUnderTest, RequestParams, Setup};
use secnet_tests::live::{self, Digests, Programs, scratch, topology};
use secnet_tests::random_events;
use secnet_topology::timeline::EventKind;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

const IMAGE: &str = "secnet:test";
const BASE: &str = "debian:bookworm-slim";

/// One participant of each kind, in one region.
const SIX: &str = r#"name = "six"
horizon = "10min"
drain = "5min"

[population]
premises = 300
areas = ["NPgN", "NPgY"]

[[suppliers]]
name = "Alba Energy"
share = 1.0

[[dnos]]
name = "Northern Powergrid"
areas = ["NPgN", "NPgY"]

[[other_users]]
name = "Energy Insight"

[[workloads]]
name = "reads"
from = "suppliers"
srvs = ["4.1.1", "2.2"]
per_device_per_day = 300.0

[[workloads]]
name = "network-reads"
from = "dnos"
srvs = ["4.10"]
per_device_per_day = 100.0

[[workloads]]
name = "consumption-reads"
from = "other_users"
srvs = ["4.8.1"]
per_device_per_day = 100.0
"#;
const KINDS: [&str; 6] = ["dsp", "csp", "supplier", "dno", "other-user", "premises"];

/// Those that something happens to: with `SECNET_FULL=1` one of each kind, otherwise those that differ most.
fn victims() -> &'static [&'static str] {
    match live::is_full() {
        true => &KINDS,
        false => &["dsp", "supplier", "csp", "premises"],
    }
}

/// A machine with an engine and the image of today's programs, for as long as this lives.
struct Bench {
    programs: Programs,
    engine: Engine,
    started: Instant,
}

impl Bench {
    /// `None`: said to be skipped.
    fn new(test: &str) -> Option<Bench> {
        let programs = Programs::alone();
        static IMAGE_MADE: OnceLock<Result<(), String>> = OnceLock::new();
        let made = Engine::find().and_then(|engine| {
            let made = IMAGE_MADE.get_or_init(|| make_image(programs.folder()).map_err(|e| format!("{e:#}")));
            made.clone().map(|()| engine).map_err(anyhow::Error::msg)
        });
        match made {
            Ok(engine) => Some(Bench {
                programs,
                engine,
                started: Instant::now(),
            }),
            Err(why) => {
                let required = std::env::var("SECNET_CONTAINERS").is_ok_and(|value| value == "required");
                assert!(!required, "containers are required here: {why:#}");
                println!("skipped: {test}: {why:#}");
                None
            }
        }
    }

    fn setup(&self, folder: &Path) -> Setup {
        let scenario = folder.join("six.toml");
        fs::write(&scenario, SIX).unwrap();
        Setup::new(scenario)
            .image(IMAGE)
            .director(self.programs.folder().join("secnet"))
    }

    /// What a run of the six must give whatever happens to its containers.
    fn reference(&self, folder: &Path) -> (String, String) {
        let scenario = folder.join("six.toml");
        fs::write(&scenario, SIX).unwrap();
        let ended = self
            .programs
            .run(&scenario.display().to_string(), &["--driver", "virtual"]);
        let digests = ended.digests();
        (digests.ledger, digests.kpis)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        println!("{:.1?} with the machine", self.started.elapsed());
    }
}

fn make_image(programs: &Path) -> anyhow::Result<()> {
    let docker = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docker");
    for (script, arguments) in [
        ("local-base", vec![BASE.as_ref()]),
        ("assemble", vec![programs.as_os_str(), IMAGE.as_ref()]),
    ] {
        let output = Command::new(docker.join(script)).args(arguments).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "docker/{script}: {}", said.trim());
    }
    Ok(())
}

/// A bash in that process's place on the network: same interfaces, same names.
fn can_connect(containers: &Containers, from: &str, host: &str, port: u16) -> anyhow::Result<bool> {
    let network = format!("container:{}", containers.of(from)?.id);
    let script = format!("timeout 3 bash -c 'exec 3<>/dev/tcp/{host}/{port}'");
    let status = Command::new("docker")
        .args(["run", "--rm", "--network", &network, BASE, "bash", "-c", &script])
        .output()?
        .status;
    // Whatever else the engine says is no answer.
    ensure!(
        status.code().is_some_and(|code| code < 125),
        "no answer from {from}: {status}"
    );
    Ok(status.success())
}

/// Each address the container has.
fn addresses(containers: &Containers, of: &str) -> anyhow::Result<Vec<String>> {
    let format = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}";
    let output = Command::new("docker")
        .args(["inspect", "--format", format, &containers.of(of)?.id])
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    Ok(text.split_whitespace().map(str::to_owned).collect())
}

fn projects(begin: &str) -> String {
    let format = "{{.Label \"com.docker.compose.project\"}}";
    let output = Command::new("docker")
        .args(["ps", "--all", "--format", format])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().filter(|line| line.starts_with(begin)).collect()
}

/// Runs the scenario in containers, and compares it with virtual time.
fn has_the_results_of_virtual_time(
    bench: &Bench,
    scenario: &str,
    arguments: &[&str],
    processes: usize,
) -> live::Ended {
    let expected = bench
        .programs
        .run(scenario, &[arguments, &["--driver", "virtual"]].concat());
    let mut run = bench.programs.start(
        scenario,
        &[arguments, &["--driver", "compose", "--image", IMAGE]].concat(),
    );
    let director = run.director().pid;
    let status = run.wait_until("every process", |status| status.silent.is_empty());
    println!(
        "emulated time runs {:.1?} after the start",
        bench.started.elapsed()
    );
    assert_eq!(status.processes.len(), processes);
    let ended = run.wait(Duration::from_secs(120));
    assert_eq!(ended.digests(), expected.digests());
    assert_eq!(ended.report().manifest.driver, "compose");
    assert_eq!(projects(&format!("secnet-{director}-")), "", "left behind");
    ended
}

#[test]
fn the_demo_in_containers_has_the_results_of_virtual_time() {
    let Some(bench) = Bench::new("the demo in containers") else {
        return;
    };
    has_the_results_of_virtual_time(&bench, "demo.toml", &["--for", "2min"], 17);
}

#[test]
fn every_kind_of_event_in_containers_has_the_results_of_virtual_time() {
    let Some(bench) = Bench::new("every kind of event in containers") else {
        return;
    };
    // The last event begins after 160 minutes; a quarter of the premises takes a third of the time.
    let arguments = ["--for", "165min", "--set", "population.premises=500"];
    let ended = has_the_results_of_virtual_time(&bench, "bad-day.toml", &arguments, 16);
    let begun = ended.report().manifest.events.iter();
    let begun = begun.filter(|event| Duration::from_micros(event.begins_us) < Duration::from_mins(165));
    let kinds: BTreeSet<&str> = begun.map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, random_events::KINDS.map(EventKind::name).into());
}

#[test]
fn requests_a_test_has_a_user_send_before_and_while_the_network_runs_are_answered() {
    let Some(bench) = Bench::new("requests of a test's own") else {
        return;
    };
    let folder = scratch("request");
    let read = RequestParams {
        from: "Alba Energy".to_owned(),
        at: "100s".parse().unwrap(),
        srv: "4.1.1".to_owned(),
        premises: Some(17),
        device: Some(DeviceType::Esme),
        future_dated_by: None,
        campaign: None,
    };
    let setup = bench.setup(&folder).request(read.clone());
    let mut network = NetworkUnderTest::start(&bench.engine, &setup).unwrap();
    network.wait_until_healthy(Duration::from_secs(90)).unwrap();
    network.run(&["--speed", "60", "--interactive"]).unwrap();
    let started = network.wait_until("the start", |status| status.wall_seconds > 0.5);
    started.unwrap();
    let asked = ["--from", "Alba Energy", "--srv", "4.1.1", "--premises", "17"];
    let sent = network.request(&asked).unwrap();
    let answered = network.wait_for(&sent, Duration::from_secs(60)).unwrap();
    assert_eq!(
        answered.ended.as_ref().map(|ended| ended.code.as_str()),
        Some("I0"),
        "{answered:?}"
    );
    let refused = network.request(&["--from", "Alba Energy", "--srv", "4.1.1", "--premises", "300"]);
    let expected = "secnet: --premises: there is no premises 300; they are numbered from 0 to 299";
    assert_eq!(refused.unwrap_err().to_string(), expected);
    let ended = network.wait(Duration::from_secs(120)).unwrap();
    assert_eq!(ended.exit, Some(0), "{}", ended.stderr);
    let recorded = network.run_folder().join("scenario.toml");
    let again = bench
        .programs
        .run(recorded.to_str().unwrap(), &["--driver", "virtual"])
        .digests();
    assert_eq!(ended.digests().unwrap(), (again.ledger, again.kpis));
    let steps = ended.steps_of(&read);
    let root = steps.iter().find(|step| step.is_root()).unwrap();
    assert_eq!(root.attributes.response_code.as_deref(), Some("I0"), "{steps:#?}");
    for participant in ["supplier-alba-energy", "dsp", "csp-north", "premises-north"] {
        let tells = steps.iter().any(|step| step.participant == participant);
        assert!(tells, "nothing of {participant} in {steps:#?}");
    }
}

#[test]
fn the_compose_file_alone_runs_the_demo_and_gives_the_runs_exit_code() {
    let Some(bench) = Bench::new("the compose file alone") else {
        return;
    };
    let folder = scratch("compose");
    let file = folder.join("compose.yaml");
    let secnet = bench.programs.folder().join("secnet");
    let rendered = Command::new(&secnet)
        .args(["topology", "compose"])
        .arg(topology("demo.toml"))
        .args(["--for", "2min", "--image", IMAGE, "--out"])
        .arg(&file)
        .output()
        .unwrap();
    assert!(
        rendered.status.success(),
        "{}",
        String::from_utf8_lossy(&rendered.stderr)
    );
    let project = format!("secnet-compose-file-{}", std::process::id());
    let compose = |arguments: &[&str]| {
        let mut command = bench.engine.compose();
        command
            .arg("-f")
            .arg(&file)
            .args(["-p", &project])
            .args(arguments);
        // The engine chooses a port.
        command.env("SECNET_CONTROL_PORT", "0").output().unwrap()
    };
    let up = compose(&["up", "--exit-code-from", "director"]);
    let mut said = String::from_utf8_lossy(&up.stdout).into_owned() + &String::from_utf8_lossy(&up.stderr);
    let containers = containers_of(&project).unwrap();
    let director = containers
        .iter()
        .find(|container| container.service == "director")
        .unwrap();
    // Compose stops following the logs when the first participant ends, and so may miss the director's last words.
    let logs = Command::new("docker")
        .args(["logs", &director.id])
        .output()
        .unwrap();
    said += &String::from_utf8_lossy(&logs.stdout);
    said += &String::from_utf8_lossy(&logs.stderr);
    let copied = Command::new("docker")
        .args(["cp", &format!("{}:/runs/demo", director.id), "."])
        .current_dir(&folder)
        .output()
        .unwrap();
    compose(&["down", "--volumes", "--timeout", "2"]);
    assert_eq!(up.status.code(), Some(0), "{said}");
    assert!(said.contains("Ledger balanced"), "{said}");
    assert!(
        copied.status.success(),
        "{}",
        String::from_utf8_lossy(&copied.stderr)
    );
    let run = LoadedRun::load(folder.join("demo")).unwrap();
    let expected = bench
        .programs
        .run("demo.toml", &["--for", "2min", "--driver", "virtual"])
        .digests();
    assert_eq!(Digests::of(&run), expected);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn segments_are_apart() -> anyhow::Result<()> {
    let Some(bench) = Bench::new("segments are apart") else {
        return Ok(());
    };
    let folder = scratch("segments");
    let network = NetworkUnderTest::start(&bench.engine, &bench.setup(&folder))?;
    network.wait_until_healthy(Duration::from_secs(60))?;
    let containers = network.containers();
    let at = |from: &str, host: &str, port| can_connect(containers, from, host, port);
    let (supplier, csp) = (network.process("supplier")?, network.process("csp")?);
    let premises = network.process("premises")?;

    // What each has business with.
    assert!(at(supplier, "dsp.gateway", 7448)? && at(supplier, "control", 7447)?);
    assert!(at(csp, "dsp.dsp-csp", 7449)? && at(premises, "csp-north.wan-north", 7450)?);
    // By no name, and at no address.
    for (from, host, port) in [
        (supplier, "csp-north.dsp-csp", 7450),
        (supplier, "csp-north", 7450),
        (supplier, premises, 7450),
        (supplier, "dsp.dsp-csp", 7449),
        (premises, "dsp.dsp-csp", 7449),
        (premises, "dsp", 7448),
        (csp, "dsp.gateway", 7448),
    ] {
        assert!(!at(from, host, port)?, "{from} reaches {host}");
    }
    for address in addresses(containers, csp)? {
        assert!(
            !at(supplier, &address, 7450)?,
            "a Supplier reaches {csp} at {address}"
        );
    }
    for address in addresses(containers, premises)? {
        assert!(
            !at(supplier, &address, 9464)?,
            "a Supplier reaches {premises} at {address}"
        );
    }
    fs::remove_dir_all(&folder)?;
    Ok(())
}

/// A run of the six, slow enough for what is done to it in the meantime.
fn disturbed(
    bench: &Bench,
    what: &str,
    speed: &str,
    disturb: impl FnOnce(&mut NetworkUnderTest) -> anyhow::Result<()>,
) -> anyhow::Result<Ended> {
    let folder = scratch(what);
    let mut network = NetworkUnderTest::start(&bench.engine, &bench.setup(&folder))?;
    network.run(&["--speed", speed])?;
    network.wait_until("emulated time", |status| status.wall_seconds > 1.0)?;
    disturb(&mut network)?;
    let ended = network.wait(Duration::from_secs(120));
    fs::remove_dir_all(&folder)?;
    ended
}

/// A run of the six that is disturbed gives what one gives that is not.
fn changes_nothing(
    what: &str,
    speed: &str,
    disturb: impl FnOnce(&mut NetworkUnderTest) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let Some(bench) = Bench::new(what) else {
        return Ok(());
    };
    let folder = scratch("reference");
    let expected = bench.reference(&folder);
    let ended = disturbed(&bench, what, speed, disturb)?;
    assert_eq!(ended.digests()?, expected);
    fs::remove_dir_all(&folder)?;
    Ok(())
}

/// Has not ended yet, so that what is done next is done to a run.
fn goes_on(network: &NetworkUnderTest) -> anyhow::Result<()> {
    let status = network.status().context("the run does not answer")?;
    let mut nodes = status.processes.iter().flat_map(|p| &p.nodes);
    ensure!(
        nodes.any(|node| node.phase == Phase::Running),
        "the run has ended too early: {:?}",
        status.wall_seconds
    );
    Ok(())
}

#[test]
fn a_pause_of_ten_seconds_changes_nothing_whoever_pauses() -> anyhow::Result<()> {
    changes_nothing("pauses", "18", |network| {
        // One upon the other: each stands still for ten seconds, and never is all of it still.
        for pair in [["dsp", "premises"], ["csp", "supplier"], ["dno", "other-user"]] {
            goes_on(network)?;
            let [first, second] = [network.process(pair[0])?, network.process(pair[1])?];
            network.containers().pause(first)?;
            std::thread::sleep(Duration::from_secs(3));
            network.containers().pause(second)?;
            std::thread::sleep(Duration::from_secs(7));
            network.containers().resume(first)?;
            std::thread::sleep(Duration::from_secs(3));
            network.containers().resume(second)?;
        }
        goes_on(network)
    })
}

#[test]
fn a_cut_of_ten_seconds_changes_nothing_whoever_is_cut_off() -> anyhow::Result<()> {
    // Emulated time goes on for as long as there are victims.
    let speed = (66 / victims().len()).to_string();
    changes_nothing("cuts", &speed, |network| {
        for victim in victims() {
            goes_on(network)?;
            let started = Instant::now();
            let victim = network.process(victim)?.to_owned();
            let places = network.containers().cut(&victim)?;
            std::thread::sleep(Duration::from_secs(9));
            let status = network.status().context("the run does not answer")?;
            let is_silent = status.silent.iter().any(|(name, _)| *name == victim);
            ensure!(is_silent, "{victim} is heard of though it is cut off");
            std::thread::sleep(Duration::from_secs(1));
            network.containers().join(&places)?;
            // Its statuses come again.
            network.wait_until("word of it", |status| {
                !status.silent.iter().any(|(name, _)| *name == victim)
            })?;
            println!(
                "{victim}: heard of {:.1?} after it was cut off",
                started.elapsed()
            );
        }
        goes_on(network)
    })
}

#[test]
fn whoever_is_killed_is_named_and_what_was_lost_with_it_stated() -> anyhow::Result<()> {
    let Some(bench) = Bench::new("kills") else {
        return Ok(());
    };
    let kill = |victim: &str| -> anyhow::Result<()> {
        let mut name = String::new();
        let ended = disturbed(&bench, victim, "30", |network| {
            network.process(victim)?.clone_into(&mut name);
            goes_on(network)?;
            network.kill(&name)
        })?;
        assert_eq!(ended.exit, Some(4), "{victim}: {}", ended.stderr);
        assert!(ended.stderr.contains(&format!("lost {name}")), "{}", ended.stderr);
        let ledger = &ended.report()?.ledger;
        assert!(ledger.balanced && !ledger.complete, "{victim}: {ledger:?}");
        let lost = ledger
            .lost
            .as_ref()
            .context("the ledger says nothing of the loss")?;
        let nodes: Vec<&str> = lost.nodes.iter().map(|node| node.name.as_str()).collect();
        assert_eq!(nodes, [name.as_str()], "{victim}");
        assert!(lost.nodes[0].last_heard_us > 0, "{victim}: {lost:?}");
        if victim == "supplier" {
            // What it waited for; the others hold nothing that somebody else does not know of.
            let requests = lost.items.get(ItemKind::ServiceRequest.name());
            assert!(requests.is_some_and(|count| *count > 0), "{victim}: {lost:?}");
        }
        Ok(())
    };
    // Two networks at a time: they mostly wait.
    for pair in victims().chunks(2) {
        std::thread::scope(|scope| {
            let kills: Vec<_> = pair.iter().map(|victim| scope.spawn(|| kill(victim))).collect();
            kills.into_iter().try_for_each(|kill| kill.join().unwrap())
        })?;
    }
    Ok(())
}
