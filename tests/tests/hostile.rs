//! A client that wishes the run ill: without credentials it gets no session, with another's it can say only what that one may,
//! and what it floods the bus with changes neither the results nor the logs nor the memory by much.

#![allow(clippy::unwrap_used)]

use secnet_director::runtime::on_a_runtime;
use secnet_fabric::report::Command;
use secnet_results::run_folder::LOGS;
use secnet_tests::hostile::{Stolen, Way, flood, session};
use secnet_tests::live::{LiveRun, Programs, is_full};
use secnet_topology::Segment;
use secnet_wire::codec::{CONTROL_BYTES_MAX, encode_value};
use std::fs;
use std::time::Duration;

const END_MAX: Duration = Duration::from_secs(120);

/// Whom each of these ways lets in, tried side by side.
async fn let_in(ways: Vec<(String, Way)>) -> Vec<bool> {
    let tried = ways
        .into_iter()
        .map(|(endpoint, way)| tokio::spawn(async move { session(&endpoint, way).await.is_some() }));
    let tried: Vec<_> = tried.collect();
    let mut let_in = Vec::new();
    for one in tried {
        let_in.push(one.await.unwrap());
    }
    let_in
}

/// The most memory a process has had resident.
fn resident_bytes(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

fn log_bytes(run: &LiveRun) -> u64 {
    let logs = fs::read_dir(run.folder().join(LOGS)).unwrap();
    logs.flatten().map(|log| log.metadata().unwrap().len()).sum()
}

async fn strangers_get_no_session(stolen: &Stolen) {
    let endpoints = &stolen.launch.endpoints;
    let guess = Way::Password {
        identity: "dsp".to_owned(),
        password: "0".repeat(64),
    };
    let of_each = |way: &Way| -> Vec<(String, Way)> {
        let all = endpoints.all();
        all.map(|endpoint| (endpoint.to_owned(), way.clone())).collect()
    };
    assert!(!let_in(of_each(&Way::Nothing)).await.contains(&true));
    assert!(!let_in(of_each(&guess)).await.contains(&true));
    // A Supplier is let in at the gateway and nowhere else on the way to the premises.
    let supplier = stolen.way("supplier-ovo", "gateway");
    let at = |segment: Segment| (endpoints.of(segment).unwrap().to_owned(), supplier.clone());
    assert_eq!(
        let_in(Segment::ALL.map(at).to_vec()).await,
        Segment::ALL.map(|segment| segment == Segment::Gateway)
    );
}

async fn a_users_credentials_are_for_its_own_requests(stolen: &Stolen) {
    let Stolen { launch, keys } = stolen;
    let user = stolen
        .enter(&launch.endpoints.control, "user-supplier-ovo", "control")
        .await
        .expect("a User is let in");
    let halt = Command::Halt {
        lost_nodes: Vec::new(),
    };
    let halt = encode_value("a command", &halt, CONTROL_BYTES_MAX).unwrap();
    user.put(keys.command(), halt).await.unwrap();
    user.put(keys.result("dsp").unwrap(), vec![1, 2, 3])
        .await
        .unwrap();
    let asked = async |node: &str| {
        let key = keys.requests(node).unwrap();
        let replies = user.get(key).timeout(Duration::from_secs(1)).await.unwrap();
        let reply = replies.recv_async().await;
        reply.is_ok_and(|reply| reply.result().is_ok())
    };
    assert!(asked("supplier-ovo").await);
    assert!(!asked("supplier-british-gas").await);
}

#[test]
fn who_has_no_credentials_or_anothers_changes_nothing() {
    let span = Duration::from_secs(if is_full() { 60 } else { 5 });
    let horizon = if is_full() { "60min" } else { "12min" };
    let programs = Programs::alone();
    let flags = ["--for", horizon, "--set", "drain=1min"];
    let undisturbed = programs
        .run("demo.toml", &[&flags[..], &["--driver", "virtual"]].concat())
        .digests();
    let mut run = programs.start("demo.toml", &[&flags[..], &["--speed", "45"]].concat());
    run.wait_until_past(5.0);
    let stolen = Stolen::of(run.folder()).unwrap();
    let watched = [run.process("dsp").pid, run.director().pid];
    let put = on_a_runtime(async {
        strangers_get_no_session(&stolen).await;
        a_users_credentials_are_for_its_own_requests(&stolen).await;
        let before = watched.map(resident_bytes);
        let put = flood(&stolen, span).await.expect("a Supplier is let in");
        for (pid, before) in watched.into_iter().zip(before) {
            let more = resident_bytes(pid).saturating_sub(before);
            assert!(more < 100 << 20, "{more} bytes more in the DSP or the director");
        }
        Ok(put)
    })
    .unwrap();
    assert!(put > 1_000, "{put} is no flood");
    let ended = run.wait(END_MAX);
    assert_eq!(ended.exit, Some(0), "{}", ended.stderr);
    assert_eq!(ended.digests(), undisturbed);
    assert!(log_bytes(&run) < 1 << 20 && ended.stderr.len() < 1 << 20);
    assert!(
        !run.folder().join("launch.credentials").exists(),
        "credentials of a run that has ended"
    );
}

#[test]
fn an_encrypted_bus_has_the_same_results_and_takes_only_certificates_of_the_part() {
    let programs = Programs::alone();
    let flags = ["--for", "2min", "--set", "drain=1min"];
    let undisturbed = programs
        .run("demo.toml", &[&flags[..], &["--driver", "virtual"]].concat())
        .digests();
    let mut run = programs.start(
        "demo.toml",
        &[&flags[..], &["--speed", "20", "--bus", "encrypted"]].concat(),
    );
    run.wait_until_past(5.0);
    let stolen = Stolen::of(run.folder()).unwrap();
    on_a_runtime(async {
        let endpoints = &stolen.launch.endpoints;
        assert!(endpoints.all().all(|endpoint| endpoint.starts_with("quic/")));
        let supplier = stolen.way("supplier-ovo", "gateway");
        let with = |way: Way| Segment::ALL.map(|s| (endpoints.of(s).unwrap().to_owned(), way.clone()));
        assert!(!let_in(with(Way::Nothing).to_vec()).await.contains(&true));
        assert_eq!(
            let_in(with(supplier).to_vec()).await,
            Segment::ALL.map(|segment| segment == Segment::Gateway)
        );
        Ok(())
    })
    .unwrap();
    let ended = run.wait(END_MAX);
    assert_eq!(ended.exit, Some(0), "{}", ended.stderr);
    assert_eq!(ended.digests(), undisturbed);
}
