//! `secnet` as its users meet it: what it prints, what it leaves, and its exit codes.

#![allow(clippy::unwrap_used)]

use expect_test::{Expect, expect};
use secnet_tests::programs::program;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

const GOOD: i32 = 0;
const BAD_INPUT: i32 = 2;
const VERDICT_MISSED: i32 = 3;
const INCOMPLETE: i32 = 4;

const SMALL: &str = r#"name = "small"
horizon = "20min"

[population]
premises = 200

[[suppliers]]
name = "Alba Energy"
share = 0.75

[[suppliers]]
name = "Borders Gas"
share = 0.25

[[workloads]]
name = "reads"
from = "suppliers"
srvs = ["4.1.1"]
per_device_per_day = 50.0
"#;

/// A folder with a scenario in it, in which `secnet` is called. Gone in the end.
struct Desk {
    folder: PathBuf,
}

/// What a call came to.
struct Call {
    exit: Option<i32>,
    out: String,
    err: String,
}

impl Desk {
    fn new() -> Desk {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("secnet-cli-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let desk = Desk { folder };
        desk.write("small.toml", SMALL);
        desk
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.join(name), text).unwrap();
    }

    /// The small scenario with `old` replaced by `new`, as `wrong.toml`.
    fn write_wrong(&self, old: &str, new: &str) {
        assert!(SMALL.contains(old), "{old}");
        self.write("wrong.toml", &SMALL.replacen(old, new, 1));
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("secnet"));
        command.args(arguments).current_dir(&self.folder);
        command.stdin(Stdio::null()).env_remove("RUST_LOG");
        command
    }

    /// Arguments are separated by blanks.
    fn call(&self, arguments: &str) -> Call {
        self.call_with(&arguments.split(' ').collect::<Vec<_>>())
    }

    fn call_with(&self, arguments: &[&str]) -> Call {
        Call::of(&self.command(arguments).output().unwrap())
    }

    fn json(&self, path: &str) -> Value {
        serde_json::from_slice(&fs::read(self.folder.join(path)).unwrap()).unwrap()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Call {
    fn of(output: &Output) -> Call {
        Call {
            exit: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Ended so, having said nothing on standard error.
    fn assert_exit(&self, exit: i32) {
        assert_eq!((self.exit, self.err.as_str()), (Some(exit), ""), "{}", self.out);
    }

    /// Ended so, having printed nothing and said this on standard error.
    fn assert_refused(&self, expected: Expect) {
        assert_eq!(
            (self.exit, self.out.as_str()),
            (Some(BAD_INPUT), ""),
            "{}",
            self.err
        );
        expected.assert_eq(&self.err);
    }
}

// topology ------------------------------------------------------------------------------------------------------------

#[test]
fn a_good_scenario_is_called_good_with_what_it_makes() {
    let desk = Desk::new();
    let call = desk.call("topology check small.toml");
    call.assert_exit(GOOD);
    expect![[r#"
        small.toml: good. 200 premises, 2 Users, 9 nodes in 9 processes.
        It comes to about 140 requests, 0 scheduled reads and 1 device alerts: some 1 s on one thread of virtual time, 40 MB.
    "#]]
    .assert_eq(&call.out);
}

#[test]
fn a_modification_that_changes_nothing_in_a_scenario_is_remarked_on() {
    let desk = Desk::new();
    let on = "--set modifications.MHHS=on";
    let call = desk.call(&format!("topology check small.toml {on}"));
    call.assert_exit(GOOD);
    expect![[r#"
        small.toml: good. 200 premises, 2 Users, 9 nodes in 9 processes.
        It comes to about 140 requests, 0 scheduled reads and 1 device alerts: some 1 s on one thread of virtual time, 40 MB.
        MHHS is on and changes nothing here: it lets daily schedules grow, and the scenario has none of 4.8.1 of each ESME by `suppliers` with a share below 1.
    "#]]
    .assert_eq(&call.out);
    let half = r#"schedules = [{ from = "suppliers", srv = "4.8.1", share = 0.5 }]"#;
    desk.write("half.toml", &format!("{half}\n{SMALL}"));
    let call = desk.call(&format!("topology check half.toml {on}"));
    assert!(!call.out.contains("MHHS"), "{}", call.out);
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_mend() {
    let desk = Desk::new();
    desk.write_wrong("premises = 200", "premises = 200\nenroled_share = 1.0");
    desk.call("topology check wrong.toml").assert_refused(expect![[r#"
        secnet: error: unknown key `enroled_share` in `population`; did you mean `enrolled_share`?
         --> wrong.toml:6:1
          |
        6 | enroled_share = 1.0
          | ^^^^^^^^^^^^^
    "#]]);
}

#[test]
fn a_bad_unit_is_answered_with_the_units_there_are() {
    let desk = Desk::new();
    desk.write_wrong("\"20min\"", "\"20 minutes\"");
    desk.call("topology check wrong.toml").assert_refused(expect![[r#"
        secnet: error: `horizon`: `20 minutes` is not a length of time: write a number and one of us, ms, s, min, h, d, as in "50ms" or "1.5h"
         --> wrong.toml:2:11
          |
        2 | horizon = "20 minutes"
          |           ^^^^^^^^^^^^
    "#]]);
}

#[test]
fn impossible_shares_say_what_is_missing() {
    let desk = Desk::new();
    desk.write_wrong("share = 0.25", "share = 0.2");
    desk.call("topology check wrong.toml").assert_refused(expect![[r#"
        secnet: error: the Suppliers' shares sum to 0.95, not 1: 0.05 is missing
         --> wrong.toml:9:9
          |
        9 | share = 0.75
          |         ^^^^
    "#]]);
    desk.write_wrong("premises = 200", "premises = 200\nprepayment_share = 13.0");
    desk.call("topology check wrong.toml").assert_refused(expect![[r#"
        secnet: error: a share lies between 0 and 1; 13 does not
         --> wrong.toml:6:20
          |
        6 | prepayment_share = 13.0
          |                    ^^^^
    "#]]);
}

#[test]
fn the_schema_is_json_and_describes_the_keys() {
    let desk = Desk::new();
    let call = desk.call("topology schema");
    call.assert_exit(GOOD);
    let schema: Value = serde_json::from_str(&call.out).unwrap();
    assert!(
        schema["$schema"]
            .as_str()
            .is_some_and(|url| url.contains("json-schema.org"))
    );
    for key in ["name", "horizon", "population", "suppliers", "workloads", "csp"] {
        assert!(schema["properties"][key].is_object(), "{key}");
    }
}

#[test]
fn what_show_prints_is_a_scenario_that_runs_to_the_same_results() {
    let desk = Desk::new();
    let shown = desk.call("topology show small.toml --set csp.north.loss=0.1");
    shown.assert_exit(GOOD);
    desk.write("shown.toml", &shown.out);
    desk.call("run shown.toml --driver virtual --quiet --out shown")
        .assert_exit(GOOD);
    desk.call("run small.toml --driver virtual --quiet --out small --set csp.north.loss=0.1")
        .assert_exit(GOOD);
    desk.call("compare shown small").assert_exit(GOOD);
}

// run -----------------------------------------------------------------------------------------------------------------

#[test]
fn a_run_leaves_its_folder_and_says_where() {
    let desk = Desk::new();
    let call = desk.call("run small.toml --driver virtual");
    call.assert_exit(GOOD);
    assert!(call.out.ends_with("Run folder: runs/small/1\n"), "{}", call.out);
    assert!(call.out.contains("Ledger balanced\n"), "{}", call.out);

    let mut files: Vec<String> = fs::read_dir(desk.folder.join("runs/small/1"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(
        files,
        [
            "digests.json",
            "kpis.json",
            "ledger.json",
            "manifest.json",
            "scenario.toml",
            "tables"
        ]
    );
    let without = desk.call("run small.toml --driver virtual --quiet --no-tables");
    without.assert_exit(GOOD);
    assert!(desk.folder.join("runs/small/1/tables/series.parquet").exists());
    assert!(!desk.folder.join("runs/small/2/tables").exists());
    desk.call("compare runs/small/1 runs/small/2").assert_exit(GOOD);
    let (ledger, kpis) = (
        desk.json("runs/small/1/ledger.json"),
        desk.json("runs/small/1/kpis.json"),
    );
    let manifest = desk.json("runs/small/1/manifest.json");
    assert_eq!(ledger["balanced"], true);
    assert_eq!(ledger["complete"], true);
    let requests = &ledger["outcomes"]["service_request"];
    assert!(
        requests["opened"].as_u64().is_some_and(|opened| opened > 50),
        "{requests}"
    );
    assert_eq!(requests["opened"], kpis["service"]["overall"]["requests"]);
    for digest in [&ledger["digest"], &kpis["digest"]] {
        let digest = digest.as_str().unwrap();
        assert!(
            digest.len() == 64 && call.out.contains(&digest[..16]),
            "{}",
            call.out
        );
    }
    assert_eq!(manifest["driver"], "virtual");
    assert_eq!(manifest["finished"], true);
    assert_eq!(manifest["seed"], 1);
}

#[test]
fn quiet_prints_nothing() {
    let desk = Desk::new();
    let call = desk.call("run small.toml --driver virtual --quiet");
    call.assert_exit(GOOD);
    assert_eq!(call.out, "");
}

#[test]
fn flags_override_the_scenario_and_are_written_down() {
    let desk = Desk::new();
    desk.call("run small.toml --driver virtual --quiet --seed 7 --for 2min --set csp.north.cell_premises=10")
        .assert_exit(GOOD);
    let text = fs::read_to_string(desk.folder.join("runs/small/1/scenario.toml")).unwrap();
    for line in ["seed = 7", "horizon = \"2min\"", "cell_premises = 10"] {
        assert!(text.lines().any(|written| written == line), "{line} in\n{text}");
    }
    assert_eq!(desk.json("runs/small/1/manifest.json")["seed"], 7);
}

#[test]
fn a_missed_verdict_has_its_own_exit_code_and_is_named() {
    let desk = Desk::new();
    desk.write(
        "strict.toml",
        &format!("{SMALL}\n[[verdicts]]\nwithin_target_share_min = 1.0\n"),
    );
    let call = desk.call("run strict.toml --driver virtual --set csp.north.loss=0.9");
    call.assert_exit(VERDICT_MISSED);
    let verdict = call.out.lines().find(|line| line.contains("MISSED")).unwrap();
    assert!(
        verdict.contains("all requests answered within the target response time: at least 100 %"),
        "{verdict}"
    );
    assert_eq!(desk.json("runs/small/1/kpis.json")["verdicts"][0]["met"], false);
}

#[test]
fn what_would_take_more_than_a_day_is_begun_only_where_somebody_says_so() {
    let desk = Desk::new();
    let long = "--for 3650d --set workloads.reads.per_device_per_day=80000";
    desk.call(&format!("run small.toml --driver virtual {long}"))
        .assert_refused(expect![[r#"
            secnet: the run comes to about 58,000,000,000 requests, 0 scheduled reads and 370,000 device alerts: some 41 h on one thread of virtual time, 40 MB, which is more than a day; with --yes it begins all the same
        "#]]);
    assert!(!desk.folder.join("runs").exists(), "nothing is begun");
    let mut begun = desk.command(
        &format!("run small.toml --driver virtual --yes {long}")
            .split(' ')
            .collect::<Vec<_>>(),
    );
    let mut begun = begun.stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let since = Instant::now();
    while !desk.folder.join("runs/small/1").exists() && since.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(begun.try_wait().unwrap().is_none(), "it goes on");
    begun.kill().unwrap();
    begun.wait().unwrap();
}

#[test]
fn a_scenario_that_never_ends_is_not_read() {
    let desk = Desk::new();
    desk.call("run /dev/zero").assert_refused(expect![[r#"
        secnet: error: /dev/zero is larger than the 16 MiB a scenario may be
    "#]]);
}

#[test]
fn a_scenario_that_is_not_there_is_named() {
    let desk = Desk::new();
    for command in ["run nowhere.toml", "topology check nowhere.toml"] {
        desk.call(command).assert_refused(expect![[r#"
            secnet: error: cannot read nowhere.toml: No such file or directory (os error 2)
        "#]]);
    }
}

#[test]
fn an_override_that_is_wrong_is_shown_as_it_was_given() {
    let desk = Desk::new();
    desk.call("run small.toml --set csp.north.downlnk_rate=10kbit/s")
        .assert_refused(expect![[r#"
            secnet: error: unknown key `downlnk_rate` in `north`; did you mean `downlink_rate`?
             --> --set csp.north.downlnk_rate=10kbit/s
        "#]]);
    desk.call("run small.toml --set csp.north.loss")
        .assert_refused(expect![[r#"
        secnet: error: an override is written key=value, as in dsp.servers=32
         --> --set csp.north.loss
    "#]]);
}

#[test]
fn a_flag_that_cannot_be_says_what_can() {
    let desk = Desk::new();
    let rows = [
        (
            "--threads 0",
            expect![[r#"
            error: invalid value '0' for '--threads <N>': 0 is not in 1..=64
        "#]],
        ),
        (
            "--speed 0",
            expect![[r#"
            error: invalid value '0' for '--speed <N|max>': give a positive number of emulated seconds per second, or max
        "#]],
        ),
        (
            "--for soon",
            expect![[r#"
            error: invalid value 'soon' for '--for <SPAN>': `soon` is not a length of time: write a number and one of us, ms, s, min, h, d, as in "50ms" or "1.5h"
        "#]],
        ),
        (
            "--max-lag 5",
            expect![[r#"
            error: invalid value '5' for '--max-lag <SPAN>': `5` is not a length of time: write a number and one of us, ms, s, min, h, d, as in "50ms" or "1.5h"
        "#]],
        ),
        (
            "--seed 9223372036854775808",
            expect![[r#"
            error: invalid value '9223372036854775808' for '--seed <S>': 9223372036854775808 is not in 0..=9223372036854775807
        "#]],
        ),
        (
            "--driver real",
            expect![[r#"
            error: invalid value 'real' for '--driver <DRIVER>'
        "#]],
        ),
    ];
    for (flag, expected) in rows {
        let call = desk.call(&format!("run small.toml {flag}"));
        assert_eq!((call.exit, call.out.as_str()), (Some(BAD_INPUT), ""), "{flag}");
        expected.assert_eq(&format!("{}\n", call.err.lines().next().unwrap_or_default()));
    }
    assert!(!desk.folder.join("runs").exists());
}

#[test]
fn a_run_folder_that_cannot_be_made_is_named_before_anything_runs() {
    let desk = Desk::new();
    desk.call("run small.toml --driver virtual --out small.toml/run")
        .assert_refused(expect![[r#"
            secnet: cannot write small.toml/run: Not a directory (os error 20); choose another with --out
        "#]]);
    desk.call("run small.toml --driver virtual --out /proc/run")
        .assert_refused(expect![[r#"
            secnet: cannot write /proc/run: No such file or directory (os error 2); choose another with --out
        "#]]);
}

#[test]
fn a_run_writes_over_nothing_of_the_users_nor_over_what_it_comes_from() {
    let desk = Desk::new();
    let before = fs::read(desk.folder.join("small.toml")).unwrap();
    desk.call("run small.toml --driver virtual --out .")
        .assert_refused(expect![[r#"
            secnet: small.toml is in ., which the run would write over; give another folder with --out
        "#]]);
    fs::create_dir(desk.folder.join("mine")).unwrap();
    desk.write("mine/scenario.toml", SMALL);
    desk.call("run small.toml --driver virtual --out mine")
        .assert_refused(expect![[r#"
            secnet: mine holds scenario.toml, which no run of secnet wrote; choose another with --out
        "#]]);
    assert_eq!(
        fs::read_to_string(desk.folder.join("mine/scenario.toml")).unwrap(),
        SMALL
    );
    desk.call("run small.toml --driver virtual --quiet")
        .assert_exit(GOOD);
    desk.call("run runs/small/1/scenario.toml --driver virtual --out runs/small/1 --replace")
        .assert_refused(expect![[r#"
            secnet: runs/small/1/scenario.toml is in runs/small/1, which the run would write over; give another folder with --out
        "#]]);
    assert_eq!(fs::read(desk.folder.join("small.toml")).unwrap(), before);
}

#[test]
fn each_run_has_a_folder_of_its_own_and_an_earlier_one_is_replaced_only_where_asked() {
    let desk = Desk::new();
    let digest = |folder: &str| desk.json(&format!("{folder}/ledger.json"))["digest"].clone();
    for seed in [1, 2] {
        desk.call(&format!("run small.toml --driver virtual --quiet --seed {seed}"))
            .assert_exit(GOOD);
    }
    // An archived scenario is run again like any other.
    desk.call("run runs/small/1/scenario.toml --driver virtual --quiet")
        .assert_exit(GOOD);
    let digests = [1, 2, 3].map(|number| digest(&format!("runs/small/{number}")));
    assert_ne!(digests[0], digests[1]);
    assert_eq!(digests[0], digests[2]);
    assert_eq!(digest("runs/small/latest"), digests[2]);
    // The folder of them all stands for the newest.
    let call = desk.call("compare runs/small runs/small/1");
    call.assert_exit(GOOD);
    assert!(
        call.out.starts_with("A  runs/small/3\nB  runs/small/1\n"),
        "{}",
        call.out
    );

    desk.call("run small.toml --driver virtual --out runs/small/1 --seed 3")
        .assert_refused(expect![[r#"
            secnet: runs/small/1 holds another run (--replace puts this one in its place); choose another with --out
        "#]]);
    assert_eq!(digest("runs/small/1"), digests[0]);
    desk.call("run small.toml --driver virtual --quiet --out runs/small/1 --replace --seed 2")
        .assert_exit(GOOD);
    assert_eq!(digest("runs/small/1"), digests[1]);
    let alone = desk.call("run small.toml --driver virtual --replace");
    assert_eq!(alone.exit, Some(BAD_INPUT));
    assert!(alone.err.contains("--out <DIR>"), "{}", alone.err);
}

/// Whatever their distance in time: exit 0 means the digest of one's own seed.
#[test]
fn of_two_runs_into_one_folder_each_has_its_own_results_or_is_refused() {
    let desk = Desk::new();
    let alone = |seed: u64| {
        let out = format!("alone-{seed}");
        desk.call(&format!(
            "run small.toml --driver virtual --quiet --seed {seed} --out {out}"
        ))
        .assert_exit(GOOD);
        desk.json(&format!("{out}/ledger.json"))["digest"].clone()
    };
    let expected = [alone(1), alone(2)].map(|digest| digest.as_str().unwrap()[..16].to_owned());
    for gap_ms in [0, 20, 150] {
        let start = |seed: u64| {
            let arguments = format!("run small.toml --seed {seed} --out both --replace");
            let arguments: Vec<&str> = arguments.split(' ').collect();
            let mut command = desk.command(&arguments);
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().unwrap()
        };
        let first = start(1);
        std::thread::sleep(Duration::from_millis(gap_ms));
        let second = start(2);
        let ends = [first, second].map(|run| Call::of(&run.wait_with_output().unwrap()));
        let mut good = 0;
        for (end, digest) in ends.iter().zip(&expected) {
            match end.exit {
                Some(GOOD) => {
                    good += 1;
                    assert!(end.out.contains(&format!("ledger {digest}")), "{}", end.out);
                }
                Some(BAD_INPUT) => {
                    let is_named = ["another run is writing to both", "a live run goes on in both"]
                        .iter()
                        .any(|named| end.err.contains(named));
                    assert!(is_named, "{}", end.err);
                }
                other => panic!("{other:?}: {}", end.err),
            }
        }
        assert!(good >= 1, "one of them has the folder");
    }
}

#[test]
fn a_run_that_is_not_at_pace_counts_as_incomplete_only_where_asked() {
    let desk = Desk::new();
    // No machine keeps up with three years per second.
    let hopeless = "run small.toml --driver virtual --quiet --speed 100000000";
    desk.call(hopeless).assert_exit(GOOD);
    let asked = desk.call(&format!("{hopeless} --max-lag 1us"));
    assert_eq!(asked.exit, Some(INCOMPLETE), "{}", asked.err);
    assert!(
        asked.err.starts_with("secnet: not at pace: ") && asked.err.ends_with("at worst, --max-lag is 1us\n"),
        "{}",
        asked.err
    );
    // The results are the same all the same.
    desk.call("run small.toml --driver virtual --quiet --out unpaced")
        .assert_exit(GOOD);
    desk.call("compare runs/small unpaced").assert_exit(GOOD);
    // Nothing is late where there is no pace to keep.
    desk.call("run small.toml --driver virtual --quiet --max-lag 1us")
        .assert_exit(GOOD);
}

/// Interrupts a run at the speed of the wall clock, which would take half an hour.
fn interrupt(threads: &str, signal: &str) {
    let desk = Desk::new();
    let arguments = [
        "run",
        "small.toml",
        "--driver",
        "virtual",
        "--speed",
        "1",
        "--threads",
        threads,
        "--out",
        "stopped",
        "--set",
        "workloads.reads.per_device_per_day=50000",
    ];
    let mut run = desk
        .command(&arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The folder is made just before the run begins; a moment later it is under way.
    while !desk.folder.join("stopped").exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    let killed = Command::new("sh")
        .args(["-c", "kill -s \"$0\" \"$1\"", signal, &run.id().to_string()])
        .status();
    assert!(killed.unwrap().success());
    let mut said = String::new();
    for line in BufReader::new(run.stderr.take().unwrap()).lines() {
        said += &format!("{}\n", line.unwrap());
    }
    let output = run.wait_with_output().unwrap();
    let call = Call {
        err: said,
        ..Call::of(&output)
    };
    assert_eq!(call.exit, Some(INCOMPLETE), "{}{}", call.out, call.err);
    assert!(
        call.err.starts_with("secnet: stopped by hand at 00:00:0")
            && call.err.ends_with("before the end at 00:30:00.000\n"),
        "{}",
        call.err
    );
    assert!(call.out.contains("Ledger balanced"), "{}", call.out);
    let ledger = desk.json("stopped/ledger.json");
    assert_eq!(
        (&ledger["balanced"], &ledger["complete"]),
        (&Value::Bool(true), &Value::Bool(false))
    );
    let requests = &ledger["outcomes"]["service_request"];
    assert!(
        requests["in_flight"].as_u64().is_some_and(|count| count > 0),
        "{requests}"
    );
    assert_eq!(ledger["violations"]["time_went_back"], 0);
    assert_eq!(desk.json("stopped/manifest.json")["finished"], false);
}

#[test]
fn ctrl_c_ends_a_virtual_run_with_its_books_in_order() {
    interrupt("1", "INT");
}

#[test]
fn so_does_sigterm_on_several_threads() {
    interrupt("3", "TERM");
}

// compare -------------------------------------------------------------------------------------------------------------

#[test]
fn equal_runs_compare_as_equal_whatever_ran_them() {
    let desk = Desk::new();
    desk.call("run small.toml --driver virtual --quiet --out one")
        .assert_exit(GOOD);
    desk.call(
        "run small.toml --driver virtual --quiet --out two --threads 2 --set hosting.users_per_process=2",
    )
    .assert_exit(GOOD);
    let call = desk.call("compare one two");
    call.assert_exit(GOOD);
    assert!(
        call.out.contains("hosting.users_per_process  1 → 2"),
        "{}",
        call.out
    );
    assert!(
        call.out.ends_with("\nThe results are the same.\n"),
        "{}",
        call.out
    );
}

#[test]
fn different_runs_say_what_differs() {
    let desk = Desk::new();
    desk.call("run small.toml --driver virtual --quiet --out one")
        .assert_exit(GOOD);
    desk.call("run small.toml --driver virtual --quiet --out two --set csp.north.loss=0.4")
        .assert_exit(GOOD);
    let call = desk.call("compare one two");
    call.assert_exit(VERDICT_MISSED);
    for line in [
        "Ledger digest differs",
        "KPIs   digest differs",
        "  csp.north.loss  0.01 → 0.4",
        "counters.csp.north",
    ] {
        assert!(call.out.contains(line), "{line} in\n{}", call.out);
    }
    assert!(call.out.ends_with("\nThe results differ.\n"), "{}", call.out);
    // What counts comes first, and all of it fits a screen.
    let (headline, first) = (call.out.find("requests within target"), call.out.find("Scenario"));
    assert!(headline.is_some() && headline < first, "{}", call.out);
    assert!(call.out.lines().count() < 60, "{}", call.out);
    assert!(call.out.contains("more; --all shows them"), "{}", call.out);
    let all = desk.call("compare one two --all");
    assert!(
        !all.out.contains("--all") && all.out.lines().count() > 100,
        "{}",
        all.out
    );
    let json = desk.call("compare one two --json");
    assert_eq!(json.exit, Some(VERDICT_MISSED));
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let headline = json["headline"].as_array().unwrap();
    let within = headline
        .iter()
        .find(|row| row["measure"] == "requests within target")
        .unwrap();
    assert!(within["a"].as_f64() > within["b"].as_f64(), "{within}");
    assert!(json["kpis"].as_array().unwrap().len() > 40);
}

#[test]
fn what_is_no_run_cannot_be_compared() {
    let desk = Desk::new();
    desk.call("run small.toml --driver virtual --quiet --out one")
        .assert_exit(GOOD);
    desk.call("compare one nowhere").assert_refused(expect![[r#"
        secnet: there is no folder nowhere
    "#]]);
    fs::create_dir(desk.folder.join("empty")).unwrap();
    desk.call("compare one empty").assert_refused(expect![[r#"
        secnet: empty holds no finished run: it has no manifest.json
    "#]]);
    let kpis = desk.folder.join("one/kpis.json");
    let text = fs::read_to_string(&kpis).unwrap();
    fs::write(&kpis, text.replacen("\"requests\": ", "\"requests\": 1", 1)).unwrap();
    let call = desk.call("compare one one");
    assert_eq!(call.exit, Some(BAD_INPUT));
    assert!(
        call.err
            .starts_with("secnet: one/kpis.json is not what the run wrote: it has changed since; "),
        "{}",
        call.err
    );
}

// containers ----------------------------------------------------------------------------------------------------------

#[test]
fn a_compose_file_names_the_scenario_as_it_lies_and_passes_overrides_on() {
    let desk = Desk::new();
    fs::create_dir_all(desk.folder.join("deep/er")).unwrap();
    let call = desk.call(
        "topology compose small.toml --for 5min --seed 7 --set population.premises=100 --out deep/er/c.yaml",
    );
    call.assert_exit(GOOD);
    let text = fs::read_to_string(desk.folder.join("deep/er/c.yaml")).unwrap();
    for line in [
        "# small: 100 premises, 9 processes.",
        "    command: [secnet, control, /scenario.toml, \"--set\", \"population.premises=100\", \"--seed\", \"7\", \"--for\", \"5min\", --issue]",
        "      - \"../../small.toml:/scenario.toml:ro\"",
        "  supplier-alba-energy:",
        "    command: [secnet, attach, \"tcp/control:7447\", --out, \"/runs/small\", --replace, --speed, \"${SECNET_SPEED:-max}\", \"--interactive=${SECNET_INTERACTIVE:-off}\"]",
    ] {
        assert!(text.lines().any(|there| there == line), "{line}\nin\n{text}");
    }
    desk.call("topology compose small.toml --bus open --out open.yaml")
        .assert_exit(GOOD);
    let text = fs::read_to_string(desk.folder.join("open.yaml")).unwrap();
    assert!(
        text.contains("/scenario.toml, --bus, open]") && !text.contains("credentials"),
        "{text}"
    );
    let printed = desk.call("topology compose small.toml --image registry.example/secnet:1");
    printed.assert_exit(GOOD);
    assert!(
        printed
            .out
            .contains("image: ${SECNET_IMAGE:-registry.example/secnet:1}"),
        "{}",
        printed.out
    );
}

#[test]
fn a_place_that_cannot_be_is_answered_with_one_that_can() {
    let desk = Desk::new();
    let refused = |arguments: &str, said: &str| {
        let call = desk.call(arguments);
        assert_eq!(
            (call.exit, call.out.as_str()),
            (Some(BAD_INPUT), ""),
            "{}",
            call.err
        );
        assert!(call.err.contains(said), "{}", call.err);
    };
    refused(
        "attach localhost",
        "`localhost` is no endpoint; write it like tcp/control:7447",
    );
    refused(
        "status tcp/nowhere",
        "`tcp/nowhere` is no endpoint; write it like tcp/control:7447",
    );
    refused(
        "control small.toml --endpoint wan-west=tcp/127.0.0.1:1",
        "there is no segment wan-west; there are gateway, dsp-csp, wan-north, wan-central, wan-south",
    );
    refused("status tcp/127.0.0.1:1", "nobody answers at tcp/127.0.0.1:1");
    refused(
        "control small.toml",
        "give the folder of the network's credentials with --credentials (`secnet pki` makes it), or --bus open",
    );
    refused(
        "control small.toml --bus open --listen quic/127.0.0.1:7447",
        "quic/127.0.0.1:7447: on a bus that is open every endpoint begins with `tcp/`",
    );
    refused(
        "status quic/127.0.0.1:1",
        "quic/127.0.0.1:1 is for those who present a certificate: name the folder of your own with --credentials or SECNET_CREDENTIALS",
    );
    refused(
        "status tcp/127.0.0.1:1 --credentials nowhere",
        "operator has no credentials for control: nowhere/operator/control/password: No such file",
    );
    refused(
        "run small.toml --driver virtual --bus open",
        "in virtual time there is none",
    );
    refused(
        "run small.toml --bus closed",
        "give one of authenticated, encrypted, open",
    );
}

#[test]
fn credentials_are_made_once_and_each_identity_has_its_own() {
    let desk = Desk::new();
    let made = desk.call("pki small.toml --name 192.0.2.10");
    assert_eq!(made.exit, Some(GOOD));
    expect![[r#"
        credentials: passwords and certificates of 9 processes, the director, an operator and the Users, valid for 365 days. Give each only its own folder.
    "#]]
    .assert_eq(&made.err);
    let password =
        |place: &str| fs::read_to_string(desk.folder.join("credentials").join(place).join("password"));
    let (at_gateway, at_control) = (
        password("supplier-alba-energy/gateway").unwrap(),
        password("supplier-alba-energy/control").unwrap(),
    );
    assert!(at_gateway.len() == 64 && at_gateway != at_control);
    assert!(password("supplier-alba-energy/dsp-csp").is_err());
    let mode = fs::metadata(desk.folder.join("credentials")).unwrap();
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o777,
        0o700
    );
    let again = desk.call("pki small.toml");
    again.assert_refused(expect![[r#"
        secnet: credentials is not empty; --replace puts new credentials in the place of those that are there
    "#]]);
    assert_eq!(password("supplier-alba-energy/gateway").unwrap(), at_gateway);
    assert_eq!(desk.call("pki small.toml --replace").exit, Some(GOOD));
    assert_ne!(password("supplier-alba-energy/gateway").unwrap(), at_gateway);
    assert_eq!(desk.call("pki small.toml --out nets/small").exit, Some(GOOD));
    assert!(desk.folder.join("nets/small/dsp/gateway/password").exists());
    let in_a_file = desk.call("pki small.toml --out small.toml/nets");
    assert_eq!(in_a_file.exit, Some(BAD_INPUT));
    assert!(
        in_a_file.err.starts_with("secnet: cannot make small.toml: "),
        "{}",
        in_a_file.err
    );
}

#[test]
fn premises_are_listed_with_what_stands_in_them_and_whose_they_are() {
    let desk = Desk::new();
    let list = desk.call("topology premises small.toml --limit 4");
    list.assert_exit(GOOD);
    expect![[r#"
        premises  region   area  distributor  electricity  gas          devices
               0  north    NPgN  -            Alba Energy  -            ESME CHF PPMID
               1  north    NPgN  -            Alba Energy  Alba Energy  ESME GSME GPF CHF PPMID
               2  north    NPgN  -            Alba Energy  Alba Energy  ESME GSME GPF CHF
               3  north    NPgN  -            Borders Gas  -            ESME CHF PPMID, prepayment
    "#]]
    .assert_eq(&list.out);
    let gas = desk.call("topology premises small.toml --device GSME --prepayment --limit 2");
    gas.assert_exit(GOOD);
    expect![[r#"
        premises  region   area  distributor  electricity  gas          devices
               8  north    NPgN  -            Alba Energy  Alba Energy  ESME GSME GPF CHF PPMID, prepayment
              15  north    ENWL  -            Alba Energy  Alba Energy  ESME GSME GPF CHF PPMID, prepayment
    "#]]
    .assert_eq(&gas.out);
    let of_one = |device: &str| {
        let arguments = "topology premises small.toml --limit 2 --of".split(' ');
        let arguments: Vec<&str> = arguments.chain(["Borders Gas", "--device", device]).collect();
        let call = desk.call_with(&arguments);
        call.assert_exit(GOOD);
        call.out
    };
    expect![[r#"
        premises  region   area  distributor  electricity  gas  devices
               3  north    NPgN  -            Borders Gas  -    ESME CHF PPMID, prepayment
               5  north    NPgN  -            Borders Gas  -    ESME CHF PPMID
        premises  region   area  distributor  electricity  gas          devices
               7  north    NPgN  -            Borders Gas  Borders Gas  ESME GSME GPF CHF
              12  north    ENWL  -            Borders Gas  Borders Gas  ESME GSME GPF CHF PPMID
    "#]]
    .assert_eq(&(of_one("ESME") + &of_one("GPF")));
    let one = desk.call("topology premises small.toml 3 --json");
    one.assert_exit(GOOD);
    expect![[r#"
        [
          {
            "premises": 3,
            "region": "north",
            "area": "NPgN",
            "distributor": null,
            "electricity_supplier": "Borders Gas",
            "gas_supplier": null,
            "devices": [
              "ESME",
              "CHF",
              "PPMID"
            ],
            "prepayment": true,
            "wan": true
          }
        ]
    "#]]
    .assert_eq(&one.out);
    desk.call("topology premises small.toml 1000000")
        .assert_refused(expect![[r#"
            secnet: there is no premises 1000000; they are numbered from 0 to 199
        "#]]);
    desk.call("topology premises small.toml --of Nobody")
        .assert_refused(expect![[r#"
            secnet: --of: no User `Nobody`; there are Alba Energy, Borders Gas
        "#]]);
}

// runs ----------------------------------------------------------------------------------------------------------------

#[test]
fn runs_are_listed_with_what_may_be_relied_on() {
    let desk = Desk::new();
    let none = desk.call("runs");
    none.assert_exit(GOOD);
    assert_eq!(none.out, "No runs under runs\n");
    desk.call("runs nowhere").assert_refused(expect![[r#"
        secnet: there is no folder nowhere
    "#]]);
    for flags in ["", " --seed 7", " --seed 8"] {
        desk.call(&format!("run small.toml --driver virtual --quiet{flags}"))
            .assert_exit(GOOD);
    }
    let kpis = fs::read_to_string(desk.folder.join("runs/small/3/kpis.json")).unwrap();
    desk.write("runs/small/3/kpis.json", &kpis.replacen('1', "2", 1));
    let seven = desk.json("runs/small/2/ledger.json")["digest"]
        .as_str()
        .unwrap()
        .to_owned();

    let listed = desk.call("runs");
    listed.assert_exit(GOOD);
    let lines: Vec<&str> = listed.out.lines().collect();
    assert_eq!(lines.len(), 5, "{}", listed.out);
    assert!(lines[1].starts_with("runs/small/1  good"), "{}", listed.out);
    assert!(
        lines[2].starts_with("runs/small/2  good") && lines[2].ends_with(&seven[..16]),
        "{}",
        listed.out
    );
    assert!(lines[3].starts_with("runs/small/3  changed"), "{}", listed.out);
    assert!(
        lines[4].contains("runs/small/3/kpis.json is not what the run wrote"),
        "{}",
        listed.out
    );

    let listed = desk.call("runs runs/small --json");
    let rows: serde_json::Value = serde_json::from_str(&listed.out).unwrap();
    assert_eq!(
        (&rows[1]["seed"], &rows[1]["standing"]),
        (&7.into(), &"good".into())
    );
    assert_eq!(rows[1]["ledger"], seven.as_str());
    assert_eq!(rows[1]["root"], desk.json("runs/small/2/digests.json")["root"]);
    let own = desk.call("runs runs/small/1");
    assert_eq!(own.out.lines().count(), 2, "{}", own.out);
}

// the rest ------------------------------------------------------------------------------------------------------------

#[test]
fn help_lists_the_commands_and_the_exit_codes() {
    let desk = Desk::new();
    let call = desk.call("--help");
    call.assert_exit(GOOD);
    for word in [
        "run",
        "status",
        "request",
        "attach",
        "control",
        "health",
        "assess",
        "study",
        "items",
        "trace",
        "outages",
        "runs",
        "compare",
        "topology",
        "bench",
        "Exit codes: 0 good",
    ] {
        assert!(call.out.contains(word), "{word} in\n{}", call.out);
    }
    let page = desk.call("man items");
    page.assert_exit(GOOD);
    assert!(page.out.contains(".TH secnet-items 1"), "{}", page.out);
    desk.call("man itms").assert_refused(expect![[r#"
        secnet: there is no command `itms`; did you mean `items`?
    "#]]);
    for shell in ["bash", "zsh", "fish"] {
        let script = desk.call(&format!("completions {shell}"));
        script.assert_exit(GOOD);
        assert!(script.out.contains("slowest"), "{shell}");
    }
    let version = desk.call("--version");
    version.assert_exit(GOOD);
    let of_commit = format!("secnet {} (", env!("CARGO_PKG_VERSION"));
    let commit = version
        .out
        .strip_prefix(&of_commit)
        .unwrap()
        .trim_end()
        .trim_end_matches(')');
    let is_commit = commit.len() >= 12 && commit[..12].bytes().all(|digit| digit.is_ascii_hexdigit());
    assert!(is_commit || commit == "of no known commit", "{}", version.out);
    let misspelt = desk.call("runn small.toml");
    assert_eq!(misspelt.exit, Some(BAD_INPUT));
    assert!(misspelt.err.contains("'run'"), "{}", misspelt.err);
}

#[test]
fn status_without_a_live_run_says_so() {
    let desk = Desk::new();
    desk.call("status").assert_refused(expect![[r#"
        secnet: no live run goes on under runs/
    "#]]);
    desk.call("run small.toml --driver virtual --quiet")
        .assert_exit(GOOD);
    desk.call("status runs/small").assert_refused(expect![[r#"
        secnet: no live run goes on in runs/small
    "#]]);
}

/// `secnet topology reference | head -1`
#[test]
fn a_reader_that_leaves_is_no_error() {
    let desk = Desk::new();
    let mut reference = desk
        .command(&["topology", "reference"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::with_capacity(16, reference.stdout.take().unwrap())
        .read_line(&mut first)
        .unwrap();
    assert_eq!(reference.wait().unwrap().code(), Some(GOOD));
    assert_eq!(first, "# The scenario's keys\n");
}

/// The shipped scenarios can be run as they are.
#[test]
fn shipped_scenarios_are_good() {
    let desk = Desk::new();
    let topologies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../topology");
    for name in ["demo.toml", "demo-100k.toml", "region.toml", "gb.toml"] {
        let path = topologies.join(name);
        desk.call_with(&["topology", "check", path.to_str().unwrap()])
            .assert_exit(GOOD);
    }
}

// items ---------------------------------------------------------------------------------------------------------------

#[test]
fn an_engineer_finds_items_by_whose_they_are_where_when_and_what_became_of_them() {
    let desk = Desk::new();
    desk.call("run small.toml --driver virtual --quiet --set tracing.requests=1 --set tracing.alerts=1 --set csp.north.loss=0.5")
        .assert_exit(GOOD);
    let said = |arguments: &str| {
        let call = desk.call(arguments);
        call.assert_exit(GOOD);
        call.out
    };
    let slowest = [
        "items",
        "--slowest",
        "3",
        "--user",
        "Alba Energy",
        "--srv",
        "4.1.1",
    ];
    let call = desk.call_with(&slowest);
    call.assert_exit(GOOD);
    expect![[r#"
        began                took  what                   user             premises       ended               trace
        00:12:02.106     18.0 min  4.1.1 Read Instantane… Alba Energy            41 ESME  open                39cdb441
        00:09:41.325       25.9 s  4.1.1 Read Instantane… Alba Energy            31 ESME  completed           d9a4f607
        00:04:41.437       25.5 s  4.1.1 Read Instantane… Alba Energy            47 ESME  completed           767774b4
        3 of 146 items sampled: 100 % of all requests, 100 % of all alerts.
        `secnet trace` and the beginning of a trace's id show its way.
    "#]].assert_eq(&call.out);
    let all: Value = serde_json::from_str(&said("items --json")).unwrap();
    let all = all.as_array().unwrap();
    let requests = all.iter().filter(|item| item["srv"] == "4.1.1").count();
    let report: Value =
        serde_json::from_str(&fs::read_to_string(desk.folder.join("runs/small/latest/kpis.json")).unwrap())
            .unwrap();
    assert_eq!(report["service"]["overall"]["opened"], requests, "one row each");
    // What a flag leaves out the others have.
    let count = |flags: &str| {
        let rows: Value = serde_json::from_str(&said(&format!("items --json {flags}"))).unwrap();
        rows.as_array().unwrap().len()
    };
    let in_regions = ["north", "central", "south", "smets1"]
        .map(|region| count(&format!("--srv 4.1.1 --region {region}")));
    assert_eq!(in_regions.iter().sum::<usize>(), requests);
    assert_eq!(count("--until 10min") + count("--since 10min"), all.len());
    let failed = count("--failed --srv 4.1.1");
    assert!(
        failed > 0
            && failed + count("--outcome completed --srv 4.1.1") + count("--outcome open --srv 4.1.1")
                == requests
    );
    let areas = [
        "EPN", "LPN", "SPN", "SEPD", "SWEST", "SWALES", "WMID", "EMID", "SPM", "ENWL", "NPgY", "NPgN", "SPD",
        "SHEPD",
    ];
    let in_areas: usize = areas
        .iter()
        .map(|area| count(&format!("--srv 4.1.1 --area {area}")))
        .sum();
    assert_eq!(in_areas, requests);
    let lines = said("items --csv");
    assert_eq!(lines.lines().count(), all.len() + 1);
    let trace = all[0]["trace"].as_str().unwrap();
    assert!(said(&format!("trace {}", &trace[..8])).contains(trace));
    for (flags, problem) in [
        ("--user Alba", "secnet: --user: there is no `Alba`"),
        ("--srv 9.9.9", "secnet: --srv: there is no `9.9.9`"),
        ("--outcome lost", "secnet: --outcome: there is no `lost`"),
        ("--area York", "secnet: --area: there is no `York`"),
    ] {
        let call = desk.call(&format!("items {flags}"));
        assert_eq!(call.exit, Some(BAD_INPUT));
        assert!(call.err.starts_with(problem), "{}", call.err);
    }
}

#[test]
fn what_was_dropped_is_said_aloud_and_a_trace_without_its_beginning_is_still_shown() {
    let desk = Desk::new();
    desk.call("run small.toml --driver virtual --quiet --set tracing.requests=1 --set tracing.spans_max=200")
        .assert_exit(GOOD);
    let lines = fs::read_to_string(desk.folder.join("runs/small/latest/traces.jsonl")).unwrap();
    let spans: Vec<Value> = lines
        .lines()
        .skip(1)
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let has_root = |trace: &Value| {
        let mut of_trace = spans.iter().filter(|span| span["trace"] == *trace);
        of_trace.any(|span| span["parent"].is_null())
    };
    let headless = spans
        .iter()
        .map(|span| &span["trace"])
        .find(|trace| !has_root(trace));
    let headless = headless.unwrap().as_str().unwrap();
    let shown = desk.call(&format!("trace {headless}"));
    assert_eq!(shown.exit, Some(GOOD), "{}", shown.err);
    assert!(shown.out.contains(headless), "{}", shown.out);
    for call in [shown, desk.call("items --json")] {
        assert!(call.err.starts_with("secnet: INCOMPLETE: "), "{}", call.err);
    }
}

// outages -------------------------------------------------------------------------------------------------------------

/// Two cuts over the edges of licence areas, each a fault in either: one of ten minutes, one that ends before anybody tells.
const FAULTS: &str = r#"
[[dnos]]
name = "Every DNO"
areas = ["EPN", "EMID", "LPN", "SPM", "WMID", "NPgN", "ENWL", "SHEPD", "SPD", "SPN", "SEPD", "SWALES", "SWEST", "NPgY"]

[power]
never_back_share = 0.05

[[events]]
name = "substation"
kind = "power_cut"
cause = "equipment"
starts_after = "2min"
lasts = "10min"
premises = [30, 59]

[[events]]
name = "recloser"
kind = "power_cut"
starts_after = "5min"
lasts = "1min"
premises = [100, 109]
"#;

#[test]
fn a_dno_engineer_asks_what_was_known_of_a_fault() {
    let desk = Desk::new();
    desk.write("faults.toml", &format!("{SMALL}{FAULTS}"));
    desk.call("run faults.toml --driver virtual --quiet")
        .assert_exit(GOOD);
    let said = |arguments: &str| {
        let call = desk.call(arguments);
        call.assert_exit(GOOD);
        call.out
    };
    expect![[r#"
        fault  began         area      homes      out     told    5 min  restored     told  known after  first call
        2      00:02:00.000  NPgY         15       15       15       15        15       15     3.11 min    14.3 min
        1      00:02:00.000  SPD          13       13       12       12        13       13     3.15 min    28.4 min
        0      00:02:00.000  SHEPD         2        2        2        2         2        2     3.44 min           –
        3      00:05:00.000  EMID          2        0        0        0         2        2            –           –
        4      00:05:00.000  SPM           8        0        0        0         8        8            –           –
    "#]].assert_eq(&said("outages runs/small"));
    let fault = said("outages runs/small --limit 1")
        .lines()
        .nth(1)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .to_owned();
    expect![[r#"
        Fault                     2 of “substation”, equipment
        Where                     premises 45 to 59, 15 homes, NPgY (north), Every DNO
        Began                     00:02:00.000
        Ended                     00:12:00.000, after 10 min
        First known to the DNO    00:05:06.370, 3.11 min after it began
        The phone (assumed)       call 1 after 14.3 min, call 5 after –, call 20 after –
        Told of the outage        15 of 15 meters out; 15 within 5 min of the beginning, 14 within 60 s of the three minutes
        Told of its end           15 of 15 meters restored, 14 within 60 s
        Asked by the DNO          1 requests, 0 answers; 0 meters taken for lost
        Hubs never back           none
    "#]].assert_eq(&said(&format!("outages runs/small --fault {fault}")));
    let json: Value =
        serde_json::from_str(&said(&format!("outages runs/small --fault {fault} --json"))).unwrap();
    let hubs = json["hubs_never_back_at"].as_array().unwrap().len() as u64;
    assert_eq!(json["hubs_never_back"].as_u64().unwrap_or_default(), hubs);
    assert_eq!(json["calls"][0]["call"], 1);
    let all: Value = serde_json::from_str(&said("outages runs/small --json")).unwrap();
    let lines = fs::read_to_string(desk.folder.join("runs/small/latest/outages.jsonl")).unwrap();
    assert_eq!(all.as_array().unwrap().len(), lines.lines().count());
    desk.call("outages runs/small --fault 99")
        .assert_refused(expect![[r#"
            secnet: there is no fault 99; they are numbered from 0 to 4
        "#]]);
    desk.call("run small.toml --driver virtual --quiet")
        .assert_exit(GOOD);
    desk.call("outages runs/small").assert_refused(expect![[r#"
        secnet: runs/small/2 had no faults of the electricity network: its scenario has no event of the kinds power_cut and power_faults
    "#]]);
}
