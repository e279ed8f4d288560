//! A network whose processes nobody starts for the director: they learn from the control service what to run, and the
//! director attaches. The same results as in virtual time, and the same endings.

#![allow(clippy::unwrap_used)]

use secnet_results::LoadedRun;
use secnet_tests::live::{Programs, scratch, topology};
use secnet_topology::{Segment, World};
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const SHORT: &[&str] = &["--for", "2min"];

/// Processes on the loopback interface, as containers would be started.
struct Network {
    programs: PathBuf,
    folder: PathBuf,
    control: String,
    processes: Vec<(String, Child)>,
}

impl Network {
    fn start(programs: &Programs, extra: &[&str]) -> Network {
        let programs = programs.folder().to_owned();
        let folder = scratch("attach");
        // Held until all are chosen.
        let ports: Vec<TcpListener> = (0..=Segment::ALL.len())
            .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
            .collect();
        let endpoint = |n: usize| format!("tcp/{}", ports[n].local_addr().unwrap());
        let control = endpoint(0);
        let segments: Vec<String> = (1..)
            .zip(Segment::ALL)
            .map(|(n, segment)| format!("{segment}={}", endpoint(n)))
            .collect();
        drop(ports);
        let mut network = Network {
            programs,
            folder,
            control,
            processes: Vec::new(),
        };
        let scenario = topology("demo.toml");
        let made = network.secnet(&["pki", scenario.to_str().unwrap()]);
        assert!(made.status.success(), "{}", text(&made.stderr));
        let overrides: Vec<String> = SHORT.iter().chain(extra).map(|s| (*s).to_owned()).collect();
        let loaded = secnet_topology::load(&scenario, &["horizon=2min".to_owned()]).unwrap();
        let mut arguments = vec!["control".to_owned(), scenario.display().to_string()];
        arguments.extend(overrides);
        arguments.extend(["--listen".to_owned(), network.control.clone()]);
        arguments.extend(segments.into_iter().flat_map(|s| ["--endpoint".to_owned(), s]));
        // The processes first: they wait for the control service.
        for process in World::new(loaded).unwrap().layout().processes {
            let arguments = [
                "--control".to_owned(),
                network.control.clone(),
                "--process".to_owned(),
            ];
            let arguments = [&arguments[..], std::slice::from_ref(&process.name)].concat();
            network.spawn(&process.name, process.binary, &arguments);
        }
        network.spawn("control", "secnet", &arguments);
        network
    }

    fn spawn(&mut self, name: &str, program: &str, arguments: &[String]) {
        let log = File::create(self.folder.join(format!("{name}.log"))).unwrap();
        let child = Command::new(self.programs.join(program))
            .args(arguments)
            .env("SECNET_CREDENTIALS", self.folder.join("credentials"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.processes.push((name.to_owned(), child));
    }

    fn secnet(&self, arguments: &[&str]) -> Output {
        Command::new(self.programs.join("secnet"))
            .args(arguments)
            .env("SECNET_CREDENTIALS", self.folder.join("credentials"))
            .current_dir(&self.folder)
            .output()
            .unwrap()
    }

    fn process(&mut self, name: &str) -> &mut Child {
        let found = self.processes.iter_mut().find(|(process, _)| process == name);
        &mut found.unwrap_or_else(|| panic!("no process {name}")).1
    }

    /// Every process has ended by itself with this exit code.
    fn all_ended(&mut self, at_most: Duration) {
        let deadline = Instant::now() + at_most;
        for (name, child) in &mut self.processes {
            let exit = loop {
                if let Some(exit) = child.try_wait().unwrap() {
                    break exit;
                }
                assert!(Instant::now() < deadline, "{name} has not ended");
                std::thread::sleep(Duration::from_millis(20));
            };
            let log = fs::read_to_string(self.folder.join(format!("{name}.log"))).unwrap();
            assert!(exit.success(), "{name}: {exit}: {log}");
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for (_, child) in &mut self.processes {
            let _ = child.kill();
            let _ = child.wait();
        }
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn an_attached_director_has_the_results_of_virtual_time_and_everybody_goes_home() {
    let programs = Programs::alone();
    let reference = programs
        .run("demo.toml", &[SHORT, &["--driver", "virtual"]].concat())
        .digests();
    let mut network = Network::start(&programs, &[]);
    let control = network.control.clone();

    let health = ["health", "--control", &control, "--process"];
    let started = Instant::now();
    for process in ["control", "dsp", "premises-south-1"] {
        let asked = |network: &Network| network.secnet(&[&health[..], &[process]].concat());
        while !asked(&network).status.success() {
            let said = text(&asked(&network).stderr);
            assert!(started.elapsed() < Duration::from_secs(30), "{process}: {said}");
        }
    }
    let stranger = network.secnet(&[&health[..], &["csp-west"]].concat());
    assert_eq!(stranger.status.code(), Some(1));
    assert!(
        text(&stranger.stderr).contains("csp-west is not healthy"),
        "{}",
        text(&stranger.stderr)
    );
    let status = network.secnet(&["status", &control]);
    assert!(
        text(&status.stderr).contains("no director answers"),
        "{}",
        text(&status.stderr)
    );

    let attached = network.secnet(&["attach", &control, "--quiet", "--out", "run"]);
    assert_eq!(attached.status.code(), Some(0), "{}", text(&attached.stderr));
    network.all_ended(Duration::from_secs(10));
    let run = LoadedRun::load(network.folder.join("run")).unwrap();
    assert!(run.ledger.balanced && run.ledger.complete, "{:?}", run.ledger);
    assert_eq!(
        (run.ledger.digest, run.kpis.digest),
        (reference.ledger, reference.kpis)
    );
    assert_eq!(run.manifest.driver, "attached");
}

#[test]
fn a_process_that_dies_is_named_and_the_rest_go_home() {
    let programs = Programs::alone();
    let mut network = Network::start(&programs, &[]);
    let control = network.control.clone();
    let mut director = Command::new(network.programs.join("secnet"))
        .args(["attach", &control, "--speed", "100", "--quiet", "--out", "run"])
        .args(["--credentials", "credentials"])
        .current_dir(&network.folder)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !text(&network.secnet(&["status", "run", "--json"]).stdout).contains("\"running\"") {
        assert!(Instant::now() < deadline, "it does not run");
    }
    network.process("csp-north").kill().unwrap();
    network.process("csp-north").wait().unwrap();
    let exit = director.wait().unwrap();
    assert_eq!(exit.code(), Some(4));
    network.processes.retain(|(name, _)| name != "csp-north");
    network.all_ended(Duration::from_secs(10));
    let run = LoadedRun::load(network.folder.join("run")).unwrap();
    let lost = run.ledger.lost.expect("the ledger says what was lost");
    assert!(run.ledger.balanced && !run.ledger.complete);
    assert_eq!(lost.nodes.len(), 1);
    assert_eq!(lost.nodes[0].name, "csp-north");
    assert!(
        lost.nodes[0].note.contains("gone from the bus"),
        "{}",
        lost.nodes[0].note
    );
}

/// Before a process does, the signal ends it as it would any program.
fn catches_sigterm(pid: u32) -> bool {
    const SIGTERM: u32 = 15;
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    caught.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).unwrap() >> (SIGTERM - 1) & 1 == 1)
}

#[test]
fn a_process_ends_when_told_to_whatever_it_waits_for() {
    let programs = Programs::alone();
    let mut network = Network::start(&programs, &[]);
    let mut early = Command::new(network.programs.join("dsp"))
        .args(["--control", "tcp/127.0.0.1:9", "--process", "dsp"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut victims: Vec<&mut Child> = network.processes.iter_mut().map(|(_, child)| child).collect();
    victims.push(&mut early);
    let deadline = Instant::now() + Duration::from_secs(20);
    while !victims.iter().all(|child| catches_sigterm(child.id())) {
        assert!(Instant::now() < deadline, "a process that listens to no signal");
        std::thread::sleep(Duration::from_millis(10));
    }
    for child in &victims {
        let pid = child.id().to_string();
        Command::new("sh")
            .args(["-c", "kill -s TERM \"$0\"", &pid])
            .status()
            .unwrap();
    }
    let deadline = Instant::now() + Duration::from_secs(5);
    for child in victims {
        while child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "still there");
            std::thread::sleep(Duration::from_millis(10));
        }
        let exit = child.wait().unwrap();
        assert!(exit.success(), "{exit}");
    }
}
