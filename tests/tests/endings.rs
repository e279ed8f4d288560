//! However a command ends, it ends within a bound and with one of its exit codes, and what it leaves is whole.

#![allow(clippy::unwrap_used)]

use secnet_tests::programs::program;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

const SMALL: &str = r#"name = "small"
horizon = "20min"

[population]
premises = 200

[[suppliers]]
name = "Alba Energy"
share = 1.0

[[workloads]]
name = "reads"
from = "suppliers"
srvs = ["4.1.1"]
per_device_per_day = 50.0
"#;

/// A busy machine is given this much longer than the promise.
const GRACE: Duration = Duration::from_millis(1_500);

/// A folder with a scenario in it, gone in the end.
struct Desk(PathBuf);

impl Desk {
    fn new() -> Desk {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("secnet-endings-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("small.toml"), SMALL).unwrap();
        Desk(folder)
    }

    /// A shell script in which `$secnet` is the program; `with` are programs before the shell.
    fn script(&self, with: &[&str], script: &str) -> Output {
        let words = [with, &["sh", "-c", script]].concat();
        Command::new(words[0])
            .args(&words[1..])
            .current_dir(&self.0)
            .env("secnet", program("secnet"))
            .output()
            .unwrap()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A shell script with a disk of its own, `disk`: `run SEED` into it, the ledger's `digest`, and with `$one` and `$two` for those of an
/// old and a new run which of them is `left`. What it printed; `None`, told aloud, where nothing can be mounted.
fn script_with_a_disk(desk: &Desk, script: &str) -> Option<String> {
    const WITH: [&str; 2] = ["unshare", "-m"];
    const PRELUDE: &str = r#"
        run() { "$secnet" run small.toml --driver virtual --set tracing.requests=1 --out disk/run --replace --seed "$1"; }
        digest() { sed -n 's/^  "digest": "\(.*\)",/\1/p' disk/run/ledger.json 2>/dev/null; }
        left() { case $(digest) in "$one") echo old;; "$two") echo new;; *) echo none;; esac; }
        mount -t tmpfs -o size=16m none disk || exit 9
        "#;
    let mounts = desk.script(&WITH, "mkdir disk && mount -t tmpfs -o size=16m none disk");
    if !mounts.status.success() {
        let skipped = format!(
            "SKIPPED: no file system can be mounted here: {}\n",
            text(&mounts.stderr)
        );
        std::io::Write::write_all(&mut std::io::stderr(), skipped.as_bytes()).unwrap();
        return None;
    }
    let output = desk.script(&WITH, &format!("{PRELUDE}{script}"));
    assert!(output.status.success(), "{output:?}");
    Some(text(&output.stdout))
}

/// Whatever the disk's size: a run that says so is whole, and one that does not fit leaves the earlier one or its own ledger, prints
/// its summary and says what is missing.
#[test]
fn on_a_disk_of_any_size_a_run_is_whole_or_says_that_it_is_not() {
    let desk = Desk::new();
    let script = r#"
        run 1 >/dev/null || exit 8; one=$(digest); run 2 >/dev/null || exit 8; two=$(digest)
        umount disk
        for kib in $(seq 20 20 180) 250 400 700 1000 1500 2000 3000; do
            mount -t tmpfs -o size=${kib}k none disk || exit 9
            run 1 >/dev/null 2>&1; before=$?
            run 2 >said 2>complained; code=$?
            left=$(left)
            case $left in none) ;; *) "$secnet" compare disk/run disk/run >/dev/null || exit 7;; esac
            echo "$kib $before $code $left $(grep -c 'Ledger balanced' said) $(tr '\n' ' ' <complained)"
            umount disk
        done
        "#;
    let Some(out) = script_with_a_disk(&desk, script) else {
        return;
    };
    let mut endings = Vec::new();
    for line in out.lines() {
        let fields: Vec<&str> = line.splitn(6, ' ').collect();
        let [_, before, code, left, summaries, complaint] = fields[..] else {
            panic!("{line}")
        };
        let is_right = match (code, left) {
            ("0", "new") => summaries == "1" && complaint.is_empty(),
            // Whose ledger did not fit has no earlier one to leave.
            ("1", _) => {
                summaries == "1"
                    && complaint.contains("cannot write disk/run/")
                    && (left != "none" || before != "0")
            }
            // Before it began.
            ("2", "none") => summaries == "0" && complaint.contains("cannot write disk/run"),
            _ => false,
        };
        assert!(is_right, "{line}\n{out}");
        endings.push((code, left));
    }
    for expected in [("1", "none"), ("1", "new"), ("0", "new")] {
        assert!(endings.contains(&expected), "{expected:?}: {out}");
    }
}

/// Of a run with a full disk: either the old run is intact or the new one is there, but for its traces. The summary is printed.
#[test]
fn on_a_full_disk_the_summary_is_printed_and_one_run_is_whole() {
    let desk = Desk::new();
    let script = r#"
        run 2 >/dev/null || exit 8; two=$(digest)
        for free in 0 4 16 32 64 256 1024 8192; do
            rm -rf disk/*
            run 1 >/dev/null || exit 7; one=$(digest)
            kib=$(df -k --output=avail disk | tail -1)
            dd if=/dev/zero of=disk/full bs=1024 count=$((kib - free)) 2>/dev/null
            run 2 >said 2>complained; code=$?
            "$secnet" compare disk/run disk/run >/dev/null || exit 6
            whole=$(left)
            echo "$free $code $whole $(grep -c 'Ledger balanced' said) $(tr '\n' ' ' <complained)"
        done
        "#;
    let Some(out) = script_with_a_disk(&desk, script) else {
        return;
    };
    let mut endings = Vec::new();
    for line in out.lines() {
        let fields: Vec<&str> = line.splitn(5, ' ').collect();
        let [free, code, whole, summaries, complaint] = fields[..] else {
            panic!("{line}")
        };
        assert_eq!(summaries, "1", "{free} KiB: the summary is printed: {out}");
        match code {
            "0" => assert_eq!((whole, complaint), ("new", ""), "{out}"),
            "1" => assert!(
                whole != "none"
                    && complaint.contains("secnet: the run has ended, but cannot write disk/run/"),
                "{out}"
            ),
            _ => panic!("{out}"),
        }
        endings.push((code, whole));
    }
    assert_eq!(endings.len(), 8, "{out}");
    assert!(
        endings.contains(&("1", "old")) && endings.contains(&("0", "new")),
        "{out}"
    );
}

#[test]
fn standard_output_on_a_full_disk_is_named_and_a_reader_that_went_away_is_no_error() {
    let desk = Desk::new();
    for command in [
        "topology show small.toml",
        "run small.toml --driver virtual --out full",
    ] {
        let output = desk.script(&[], &format!("\"$secnet\" {command} >/dev/full"));
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{command}: {said}");
        assert!(
            said.contains("secnet: cannot write to standard output: No space left"),
            "{command}: {said}"
        );
    }
    assert!(
        desk.0.join("full/ledger.json").exists(),
        "the run's files are written"
    );
    let output = desk.script(
        &[],
        "{ \"$secnet\" topology schema; echo $? >code; } | true; sleep 0.2; cat code",
    );
    assert_eq!(text(&output.stdout), "0\n", "{}", text(&output.stderr));
    let output = desk.script(&[], "\"$secnet\" topology check nowhere.toml 2>/dev/full");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn limits_of_the_shell_are_named() {
    let desk = Desk::new();
    let output = desk.script(&[], "ulimit -n 64; \"$secnet\" run small.toml");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("at most 64 files may be open (ulimit -n), and a live run of 8 processes needs 96"),
        "{said}"
    );
    let output = desk.script(
        &[],
        "ulimit -n 64; \"$secnet\" run small.toml --driver virtual --quiet",
    );
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let output = desk.script(
        &[],
        "ulimit -f 1; \"$secnet\" run small.toml --driver virtual --out large",
    );
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("File too large"), "{said}");
    assert!(text(&output.stdout).contains("Ledger balanced"));
}

#[test]
fn a_folder_that_cannot_be_written_is_bad_input() {
    let desk = Desk::new();
    let output = desk.script(
        &[],
        "\"$secnet\" run small.toml --driver virtual --out /proc/none",
    );
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.starts_with("secnet: cannot write /proc/none: ")
            && said.ends_with("; choose another with --out\n"),
        "{said}"
    );
}

fn start(desk: &Desk, arguments: &str) -> Child {
    let child = Command::new(program("secnet"))
        .args(arguments.split(' '))
        .current_dir(&desk.0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Before the program's first instruction only the system can answer a signal.
    let status = format!("/proc/{}/status", child.id());
    let deadline = Instant::now() + Duration::from_secs(10);
    while !takes_signals(&fs::read_to_string(&status).unwrap()) {
        assert!(Instant::now() < deadline, "it takes no signals");
        std::thread::sleep(Duration::from_millis(1));
    }
    child
}

/// Whether handlers are there for SIGHUP, SIGINT and SIGTERM.
fn takes_signals(status: &str) -> bool {
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = u64::from_str_radix(caught.unwrap_or("0").trim(), 16).unwrap();
    [1, 2, 15].iter().all(|signal| mask & (1 << (signal - 1)) != 0)
}

#[test]
fn a_signal_at_any_moment_ends_a_run_within_two_seconds_as_incomplete() {
    let desk = Desk::new();
    let absurd = "run small.toml --driver virtual --out absurd --replace --for 10d --set workloads.reads.per_device_per_day=80000";
    let live = "run small.toml --out live --replace --for 1d --speed 1";
    for (arguments, signal, after_ms) in [
        (absurd, "INT", 0),
        (absurd, "HUP", 60),
        (absurd, "TERM", 700),
        (live, "INT", 0),
        (live, "HUP", 250),
        (live, "TERM", 2_000),
    ] {
        let child = start(&desk, arguments);
        std::thread::sleep(Duration::from_millis(after_ms));
        let sent = Instant::now();
        let killed = Command::new("sh")
            .args(["-c", "kill -s \"$0\" \"$1\"", signal, &child.id().to_string()])
            .status();
        assert!(killed.unwrap().success());
        let output = child.wait_with_output().unwrap();
        let (took, said) = (sent.elapsed(), text(&output.stderr));
        let what = format!("{arguments}, {signal} after {after_ms} ms: {took:?}: {said}");
        assert_eq!(output.status.code(), Some(4), "{what}");
        assert!(said.contains("stopped by hand"), "{what}");
        assert!(took < Duration::from_secs(2) + GRACE, "{what}");
    }
}
