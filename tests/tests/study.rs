//! `secnet study` from the command line, on a network small enough for a test.

#![allow(clippy::unwrap_used)]

use expect_test::expect;
use secnet_tests::programs::program;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::SystemTime;

/// A DSP that serves ten requests a second, and six are asked for.
const SMALL: &str = r#"
name = "small"
horizon = "4min"
drain = "40min"

[population]
premises = 300

[[suppliers]]
name = "A"
share = 1.0

[[workloads]]
name = "inventory"
from = "suppliers"
srvs = ["8.2"]
per_device_per_day = 1_800.0

[dsp]
servers = 1
service_time = "100ms"
timeout_min = "35min"

[[verdicts]]
within_target_share_min = 0.9
"#;

const STUDY: &str = r#"
name = "load"
scenario = "small.toml"
seeds = 3
headline = ["requests.within_target_share", "requests.response_time_s.p99"]

[[axes]]
name = "servers"
set = "dsp.servers"
values = [1, 2]

[[axes]]
name = "load"
scale = "workloads.*.per_device_per_day"
from = 1.0
to = 3.0
steps = 2
"#;

/// A folder of the test's own, removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, study: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("secnet-study-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("small.toml"), SMALL).unwrap();
        fs::write(path.join("load.toml"), study).unwrap();
        Folder(path)
    }

    fn study(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(program("secnet"));
        command.args(["study", "load.toml"]).args(arguments);
        command.current_dir(&self.0).output().unwrap()
    }

    fn report(&self, folder: &str) -> Value {
        let text = fs::read_to_string(self.0.join(folder).join("study.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// When each part was written.
    fn parts(&self, folder: &str) -> BTreeMap<PathBuf, SystemTime> {
        let entries = fs::read_dir(self.0.join(folder).join("parts")).unwrap();
        let entries = entries.map(|entry| entry.unwrap());
        entries
            .map(|entry| (entry.path(), entry.metadata().unwrap().modified().unwrap()))
            .collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn good(output: Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    stdout(&output)
}

const RUNS: &str = "runs/study-load";

#[test]
fn points_are_held_against_the_scenario_as_it_is() {
    let folder = Folder::new("points", STUDY);
    let dry = good(folder.study(&["--dry-run"]));
    assert!(!folder.0.join("runs").exists(), "a dry run writes nothing");
    // The point of one server and one time the load is the scenario as it is.
    assert!(
        dry.starts_with(
            "load: 4 points and the scenario as it is, 3 seeds each: 12 runs, of which 0 are done\n"
        ),
        "{dry}"
    );
    let told = good(folder.study(&[]));
    assert!(
        told.starts_with("load: 4 points of small, 3 seeds each\n"),
        "{told}"
    );
    let report = folder.report(RUNS);
    let points = report["points"].as_array().unwrap();
    let settings: Vec<String> = points.iter().map(|point| point["settings"].to_string()).collect();
    assert_eq!(
        settings,
        [r#"["1","1"]"#, r#"["1","3"]"#, r#"["2","1"]"#, r#"["2","3"]"#]
    );
    assert_eq!(points[0]["digests"], report["base"]["digests"]);
    let difference = |point: usize| points[point]["cells"][0]["difference"].as_f64().unwrap();
    // Three times six a second are more than one server's ten, and not more than two servers' twenty.
    assert!(difference(1) < -0.3, "{}", difference(1));
    assert!(difference(3).abs() < 0.1, "{}", difference(3));
    assert_eq!(points[1]["met"], serde_json::json!([0]));
    for sentence in report["sentences"].as_array().unwrap() {
        let written = fs::read_to_string(folder.0.join(RUNS).join("study.md")).unwrap();
        assert!(written.contains(sentence.as_str().unwrap()), "{sentence}");
    }

    // A run of a point is made again by its command and its overrides.
    let command = report["command"].as_str().unwrap();
    let mut words: Vec<String> = command.split(' ').skip(1).map(str::to_owned).collect();
    for flag in points[1]["overrides"].as_array().unwrap() {
        words.extend(["--set".to_owned(), flag.as_str().unwrap().to_owned()]);
    }
    words.extend(["--seed", "2", "--out", "again", "--quiet"].map(str::to_owned));
    let again = Command::new(program("secnet"))
        .args(&words)
        .current_dir(&folder.0)
        .output();
    assert_eq!(again.unwrap().status.code(), Some(3));
    let ledger: Value =
        serde_json::from_slice(&fs::read(folder.0.join("again/ledger.json")).unwrap()).unwrap();
    assert_eq!(ledger["digest"], points[1]["digests"][1][0]);
}

#[test]
fn what_has_been_run_is_not_run_again_whoever_ran_it() {
    let folder = Folder::new("parts", STUDY);
    good(folder.study(&["--out", "whole", "--threads", "1"]));
    // Two that share a folder, one after the other; one of the parts is lost meanwhile.
    let first = good(folder.study(&["--out", "shared", "--part", "1/2"]));
    assert!(first.starts_with("6 of 12 runs are done"), "{first}");
    let lost = folder.parts("shared").into_keys().next().unwrap();
    fs::remove_file(&lost).unwrap();
    good(folder.study(&["--out", "shared", "--part", "2/2"]));
    let before = folder.parts("shared");
    assert_eq!(before.len(), 11);
    good(folder.study(&["--out", "shared"]));
    let mut after = folder.parts("shared");
    assert!(after.remove(&lost).is_some());
    assert_eq!(after, before, "only what was lost is run again");
    assert_eq!(
        folder.report("shared")["digest"],
        folder.report("whole")["digest"]
    );

    // Seeds that are added are all that is run.
    good(folder.study(&["--out", "shared", "--seeds", "4"]));
    let more = folder.parts("shared");
    assert_eq!(more.len(), 16);
    assert!(before.iter().all(|(part, at)| more.get(part) == Some(at)));
}

#[test]
fn a_knee_is_found_to_what_was_asked_for() {
    let knee = r#"
[knee]
axis = "load"
measure = "requests.within_target_share"
at_least = 0.9
within = 0.2
"#;
    let folder = Folder::new("knee", &format!("{STUDY}{knee}"));
    let told = good(folder.study(&[]));
    let found = &folder.report(RUNS)["knee"];
    let (low, high) = (
        found["between"]["low"].as_f64().unwrap(),
        found["between"]["high"].as_f64().unwrap(),
    );
    assert!(high - low <= 0.2, "{found}");
    // One server serves ten a second, and the load is six times the axis.
    assert!(low > 1.3 && high < 2.3, "{found}");
    let at = found["at"].as_f64().unwrap();
    assert!(low <= at && at <= high, "{found}");
    assert!(
        told.contains("requests.within_target_share is at least 90 % up to load 1."),
        "{told}"
    );
}

#[test]
fn mistakes_are_named_and_nothing_of_the_user_s_is_touched() {
    let folder = Folder::new("mistakes", STUDY);
    let said = |study: &str, arguments: &[&str]| {
        fs::write(folder.0.join("load.toml"), study).unwrap();
        let output = folder.study(arguments);
        assert_eq!(output.status.code(), Some(2), "{}", stdout(&output));
        stderr(&output)
    };
    fs::create_dir(folder.0.join("mine")).unwrap();
    fs::write(folder.0.join("mine/letter.txt"), "dear").unwrap();
    let mut all = said(STUDY, &["--out", "mine"]);
    all += &said(&STUDY.replace("seeds = 3", "seed = 3"), &[]);
    all += &said(&STUDY.replace("dsp.servers", "dsp.sevrers"), &[]);
    all += &said(&STUDY.replace("workloads.*", "workload.*"), &[]);
    all += &said(&STUDY.replace("values = [1, 2]", "values = [1, -2]"), &[]);
    expect![[r#"
        secnet: mine is no study's folder: it has no `parts`; choose another with --out
        secnet: load.toml is no study: TOML parse error at line 4, column 1
          |
        4 | seed = 3
          | ^^^^
        unknown field `seed`, expected one of `name`, `description`, `scenario`, `set`, `seeds`, `headline`, `design`, `points`, `axes`, `knee`

        secnet: error: unknown key `sevrers` in `dsp`; did you mean `servers`?
         --> --set dsp.sevrers=1
        secnet: axis `load`: nothing in the scenario is called `workload.*.per_device_per_day`
        secnet: error: `servers` must be a whole number from 0 to 4294967295, not -2
         --> --set dsp.servers=-2
    "#]].assert_eq(&all);
    assert_eq!(fs::read_dir(folder.0.join("mine")).unwrap().count(), 1);

    fs::write(folder.0.join("load.toml"), STUDY).unwrap();
    good(folder.study(&["--quiet"]));
    let part = folder.parts(RUNS).into_keys().next().unwrap();
    fs::write(&part, "{}").unwrap();
    let output = folder.study(&[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("delete it, and it is run again"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn the_studies_shipped_can_be_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut studies = 0;
    for entry in fs::read_dir(root.join("studies")).unwrap() {
        let study = entry.unwrap().path();
        let output = Command::new(program("secnet"))
            .args(["study", "--dry-run"])
            .arg(&study)
            .current_dir(root)
            .output()
            .unwrap();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}: {}",
            study.display(),
            stderr(&output)
        );
        let documented = fs::read_to_string(root.join("docs/studies.md")).unwrap();
        assert!(documented.contains(&format!("`studies/{}`", study.file_name().unwrap().display())));
        studies += 1;
    }
    assert!(studies >= 4);
}
