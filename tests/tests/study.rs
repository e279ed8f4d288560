//! `secnet study` from the command line, on a network small enough for a test.

#![allow(clippy::unwrap_used)]

use expect_test::expect;
use secnet_tests::desk::{Desk, stderr, stdout};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, SystemTime};

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

/// A desk with the scenario and a study on it.
struct Studying(Desk);

impl Studying {
    fn new(study: &str) -> Studying {
        Studying(Desk::with(&[("small.toml", SMALL), ("load.toml", study)]))
    }

    fn study(&self, arguments: &[&str]) -> Output {
        self.0.secnet(&[&["study", "load.toml"], arguments].concat())
    }

    fn report(&self, folder: &str) -> Value {
        self.0.json(&format!("{folder}/study.json"))
    }

    /// When each part was written.
    fn parts(&self, folder: &str) -> BTreeMap<PathBuf, SystemTime> {
        let entries = fs::read_dir(self.0.folder.join(folder).join("parts")).unwrap();
        let entries = entries.map(|entry| entry.unwrap());
        entries
            .map(|entry| (entry.path(), entry.metadata().unwrap().modified().unwrap()))
            .collect()
    }
}

fn good(output: Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    stdout(&output)
}

const RUNS: &str = "runs/study-load";

#[test]
fn points_are_held_against_the_scenario_as_it_is() {
    let desk = Studying::new(STUDY);
    let dry = good(desk.study(&["--dry-run"]));
    assert!(!desk.0.folder.join("runs").exists(), "a dry run writes nothing");
    // The point of one server and one time the load is the scenario as it is.
    assert!(
        dry.starts_with(
            "load: 4 points and the scenario as it is, 3 seeds each: 12 runs, of which 0 are done\n"
        ),
        "{dry}"
    );
    let told = good(desk.study(&[]));
    assert!(
        told.starts_with("load: 4 points of small, 3 seeds each\n"),
        "{told}"
    );
    let report = desk.report(RUNS);
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
    let written = desk.0.read(&format!("{RUNS}/study.md"));
    for sentence in report["sentences"].as_array().unwrap() {
        assert!(written.contains(sentence.as_str().unwrap()), "{sentence}");
    }

    // A run of a point is made again by its command and its overrides.
    let command = report["command"].as_str().unwrap();
    let mut words: Vec<String> = command.split(' ').skip(1).map(str::to_owned).collect();
    for flag in points[1]["overrides"].as_array().unwrap() {
        words.extend(["--set".to_owned(), flag.as_str().unwrap().to_owned()]);
    }
    words.extend(["--seed", "2", "--out", "again", "--quiet"].map(str::to_owned));
    let again = desk.0.command().args(&words).output().unwrap();
    assert_eq!(again.status.code(), Some(3));
    assert_eq!(
        desk.0.json("again/ledger.json")["digest"],
        points[1]["digests"][1][0]
    );
}

#[test]
fn what_has_been_run_is_not_run_again_whoever_ran_it() {
    let desk = Studying::new(STUDY);
    good(desk.study(&["--out", "whole", "--threads", "1"]));
    // Two that share a folder, one after the other; one of the parts is lost meanwhile.
    let first = good(desk.study(&["--out", "shared", "--part", "1/2"]));
    assert!(first.starts_with("6 of 12 runs are done"), "{first}");
    let lost = desk.parts("shared").into_keys().next().unwrap();
    fs::remove_file(&lost).unwrap();
    good(desk.study(&["--out", "shared", "--part", "2/2"]));
    let before = desk.parts("shared");
    assert_eq!(before.len(), 11);
    good(desk.study(&["--out", "shared"]));
    let mut after = desk.parts("shared");
    assert!(after.remove(&lost).is_some());
    assert_eq!(after, before, "only what was lost is run again");
    assert_eq!(desk.report("shared")["digest"], desk.report("whole")["digest"]);

    // Seeds that are added are all that is run.
    good(desk.study(&["--out", "shared", "--seeds", "4"]));
    let more = desk.parts("shared");
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
    let desk = Studying::new(&format!("{STUDY}{knee}"));
    let told = good(desk.study(&[]));
    let found = &desk.report(RUNS)["knee"];
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

/// Forty runs, and each time a few more are there when it is killed.
#[test]
fn a_study_killed_five_times_comes_to_the_same_to_the_byte() {
    let desk = Studying::new(STUDY);
    let forty = ["--seeds", "10"];
    good(desk.study(&[&forty[..], &["--out", "whole"]].concat()));
    let parts =
        |folder: &str| fs::read_dir(desk.0.folder.join(folder).join("parts")).map_or(0, Iterator::count);
    assert_eq!(parts("whole"), 40);
    for kill in 1..=5 {
        let mut study = desk.0.command();
        let arguments = [&["study", "load.toml", "--out", "killed"], &forty[..]].concat();
        let mut study = study
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while parts("killed") < kill * 6 {
            assert!(
                study.try_wait().unwrap().is_none(),
                "it ended before it could be killed"
            );
            std::thread::sleep(Duration::from_millis(1));
        }
        study.kill().unwrap();
        study.wait().unwrap();
    }
    let before = parts("killed");
    assert!((30..40).contains(&before), "{before}");
    good(desk.study(&[&forty[..], &["--out", "killed"]].concat()));
    let results = |folder: &str| {
        let Value::Object(mut report) = desk.report(folder) else {
            panic!("study.json is a table");
        };
        report.remove("facts");
        serde_json::to_string(&report).unwrap()
    };
    assert_eq!(results("killed"), results("whole"));
}

#[test]
fn what_a_measure_hangs_on_is_told_by_how_far_each_assumed_number_moves_it() {
    let influence = r#"
name = "hangs"
scenario = "small.toml"
seeds = 2
headline = ["requests.within_target_share"]

[influence]
measure = "requests.response_time_s.mean"
only = ["dsp.*", "csp.north.*"]
except = ["dsp.queue_limit"]
stars = 2
top = 2
samples = 4
"#;
    let desk = Studying::new(influence);
    let dry = good(desk.study(&["--dry-run"]));
    assert!(
        dry.contains("Among the runs are 2 stars of the assumed numbers"),
        "{dry}"
    );
    let told = good(desk.study(&["--out", "hangs"]));
    let report = desk.report("hangs");
    let found = &report["influence"];
    let screened = found["screened"].as_array().unwrap();
    let effect = |name: &str| {
        let row = screened.iter().find(|row| row["name"] == name).unwrap();
        row["effect"].as_f64().unwrap()
    };
    // Inventories are the DSP's alone: whose servers are few, or slow, has them wait. No radio has a part in it.
    assert!(effect("dsp.service_time") > 0.1, "{found}");
    assert!(screened.iter().all(|row| row["name"] != "dsp.queue_limit"));
    assert_eq!(effect("csp.north.downlink_rate"), 0.0);
    let total = found["total"].as_array().unwrap();
    assert!(
        total.len() == 2 && total[0]["name"] == screened[0]["name"],
        "{found}"
    );
    let sentence = report["sentences"][0].as_str().unwrap();
    assert!(
        sentence.starts_with("requests.response_time_s.mean hangs most on dsp."),
        "{sentence}"
    );
    assert!(told.contains("hangs most on dsp."), "{told}");
    assert!(desk.0.read("hangs/study.md").contains("No effect at all ("));
    // Divided among two, it comes to the same.
    good(desk.study(&["--out", "shared", "--part", "2/2"]));
    good(desk.study(&["--out", "shared", "--threads", "1"]));
    assert_eq!(desk.report("shared")["digest"], report["digest"]);
}

#[test]
fn mistakes_are_named_and_nothing_of_the_user_s_is_touched() {
    let desk = Studying::new(STUDY);
    let said = |study: &str, arguments: &[&str]| {
        desk.0.write("load.toml", study);
        let output = desk.study(arguments);
        assert_eq!(output.status.code(), Some(2), "{}", stdout(&output));
        stderr(&output)
    };
    fs::create_dir(desk.0.folder.join("mine")).unwrap();
    desk.0.write("mine/letter.txt", "dear");
    let mut all = said(STUDY, &["--out", "mine"]);
    all += &said(&STUDY.replace("seeds = 3", "seed = 3"), &[]);
    all += &said(&STUDY.replace("dsp.servers", "dsp.sevrers"), &[]);
    all += &said(&STUDY.replace("workloads.*", "workload.*"), &[]);
    let influence =
        |more: &str| format!("{STUDY}\n[influence]\nmeasure = \"vends.within_target_share\"\n{more}");
    all += &said(&influence("only = [\"dsp.sevrers\"]"), &[]);
    all += &said(&influence("stars = 0"), &[]);
    all += &said(&STUDY.replace("values = [1, 2]", "values = [1, -2]"), &[]);
    expect![[r#"
        secnet: mine is no study's folder: it has no `parts`; choose another with --out
        secnet: load.toml is no study: TOML parse error at line 4, column 1
          |
        4 | seed = 3
          | ^^^^
        unknown field `seed`, expected one of `name`, `description`, `scenario`, `set`, `seeds`, `headline`, `design`, `points`, `axes`, `knee`, `influence`

        secnet: error: unknown key `sevrers` in `dsp`; did you mean `servers`?
         --> --set dsp.sevrers=1
        secnet: axis `load`: nothing in the scenario is called `workload.*.per_device_per_day`
        secnet: influence: no assumed parameter is called `dsp.sevrers`; did you mean `dsp.servers`?
        secnet: load.toml: `influence.stars` is 0: from 1 to 1000
        secnet: error: `servers` must be a whole number from 0 to 4294967295, not -2
         --> --set dsp.servers=-2
    "#]].assert_eq(&all);
    assert_eq!(fs::read_dir(desk.0.folder.join("mine")).unwrap().count(), 1);

    desk.0.write("load.toml", STUDY);
    good(desk.study(&["--quiet"]));
    let part = desk.parts(RUNS).into_keys().next().unwrap();
    fs::write(&part, "{}").unwrap();
    let output = desk.study(&[]);
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
    let desk = Desk::with(&[]);
    let mut studies = 0;
    for entry in fs::read_dir(root.join("studies")).unwrap() {
        let study = entry.unwrap().path();
        let output = desk
            .command()
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
    assert!(studies >= 5);
}
