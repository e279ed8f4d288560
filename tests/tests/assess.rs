//! `secnet assess` from the command line, on a network small enough for a test.

#![allow(clippy::unwrap_used)]

use expect_test::expect;
use secnet_tests::desk::{Desk, stderr, stdout};
use serde_json::Value;
use std::process::Command;

/// Two Suppliers of 300 premises for ten minutes, with nothing to throttle.
const CALM: &str = r#"
name = "calm"
horizon = "10min"
drain = "40min"

[population]
premises = 300

[[suppliers]]
name = "Loud"
share = 0.8

[[suppliers]]
name = "Quiet"
share = 0.2

[[workloads]]
name = "reads"
from = "suppliers"
srvs = ["4.1.1"]
per_device_per_day = 200.0

[[workloads]]
name = "vends"
from = "suppliers"
srvs = ["2.2"]
per_device_per_day = 100.0
prepayment_only = true

[dsp]
timeout_min = "35min"

[[verdicts]]
srvs = ["2.2"]
within_target_share_min = 0.5
"#;

/// With the scenario in it.
fn desk() -> Desk {
    Desk::with(&[("calm.toml", CALM)])
}

#[test]
fn an_assessment_is_printed_and_written_and_each_of_its_runs_can_be_made_again() {
    let desk = desk();
    let output = desk.secnet(&[
        "assess",
        "secmp0067",
        "calm.toml",
        "--seeds",
        "5",
        "--for",
        "5m",
        "--set",
        "dsp.servers=8",
        "--json",
        "copy.json",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).starts_with("SECMP0067 in calm: 5 seeds"));
    assert_eq!(stderr(&output).lines().count(), 10, "a line for each run");

    let written = "runs/assess-SECMP0067-calm/latest";
    let assessment = desk.json(&format!("{written}/assessment.json"));
    assert_eq!(assessment, desk.json("copy.json"));
    assert_eq!(assessment["seeds"], serde_json::json!([1, 2, 3, 4, 5]));
    assert_eq!(assessment["thresholds"][0]["met_with"], 5);
    let vends = &assessment["headline"][0];
    assert_eq!(
        (&vends["srv"], &vends["pairs"]),
        (&Value::from("2.2"), &Value::from(5))
    );
    assert!(!assessment["assumptions"].as_array().unwrap().is_empty());
    let report = desk.read(&format!("{written}/assessment.md"));
    for sentence in assessment["sentences"].as_array().unwrap() {
        assert!(report.contains(sentence.as_str().unwrap()));
    }

    for (place, side) in ["without", "with"].into_iter().enumerate() {
        let scenario = desk.read(&format!("{written}/{side}.toml"));
        let switch = if side == "with" { "on" } else { "off" };
        assert!(
            scenario.contains(&format!("SECMP0067 = \"{switch}\"")),
            "{scenario}"
        );
        // The command as the report gives it, for the second seed.
        let command = assessment["reproduce"][side].as_str().unwrap();
        let command = command.replace("SEED", "2") + " --out again --replace --quiet";
        let words: Vec<&str> = command.split(' ').skip(1).collect();
        let output = desk.secnet(&words);
        assert_eq!(output.status.code(), Some(0), "{command}: {}", stderr(&output));
        let run = &assessment["runs"][2 + place];
        assert_eq!(run["seed"], 2);
        assert_eq!(desk.json("again/ledger.json")["digest"], run["ledger_digest"]);
        assert_eq!(desk.json("again/kpis.json")["digest"], run["kpis_digest"]);
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let desk = desk();
    let assess = |threads: &str| {
        let arguments = [
            "assess",
            "SECMP0067",
            "calm.toml",
            "--seeds",
            "5",
            "--threads",
            threads,
            "--for",
            "2m",
            "--quiet",
        ];
        let output = desk.secnet(&arguments);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert_eq!(stdout(&output), "");
        let mut assessment = desk.json("runs/assess-SECMP0067-calm/latest/assessment.json");
        assessment.as_object_mut().unwrap().remove("facts");
        assessment
    };
    assert_eq!(assess("1"), assess("3"));
}

#[test]
fn an_assessment_that_is_stopped_leaves_the_earlier_one_as_it_was() {
    let desk = desk();
    let assess = [
        "assess",
        "SECMP0067",
        "calm.toml",
        "--quiet",
        "--replace",
        "--out",
        "it",
    ];
    let first = desk.secnet(&[&assess[..], &["--seeds", "5", "--for", "2m"]].concat());
    assert_eq!(first.status.code(), Some(0), "{}", stderr(&first));
    let files = ["assessment.json", "assessment.md", "with.toml", "without.toml"];
    let written = files.map(|file| desk.read(&format!("it/{file}")));

    // Far more than it has time for.
    let mut second = desk
        .command()
        .args(assess)
        .args(["--seeds", "1000", "--for", "8m"])
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(700));
    assert!(second.try_wait().unwrap().is_none(), "it has ended already");
    let pid = second.id().to_string();
    let told = Command::new("sh")
        .args(["-c", "kill -s INT \"$0\"", &pid])
        .status();
    assert!(told.unwrap().success());
    assert_eq!(second.wait().unwrap().code(), Some(4));
    assert_eq!(files.map(|file| desk.read(&format!("it/{file}"))), written);
}

#[test]
fn exit_codes_tell_bad_input_from_a_missed_threshold() {
    let desk = desk();
    let unknown = desk.secnet(&["assess", "SECMP0076", "calm.toml"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert_eq!(
        stderr(&unknown),
        "secnet: there is no Modification `SECMP0076`; did you mean `SECMP0067`?\n"
    );
    assert!(!desk.folder.join("runs").exists());

    let single = desk.secnet(&["assess", "SECMP0067", "calm.toml", "--seeds", "4"]);
    assert_eq!(
        single.status.code(),
        Some(2),
        "with four no test can tell anything from chance"
    );

    let no_scenario = desk.secnet(&["assess", "SECMP0067", "storm.toml"]);
    assert_eq!(no_scenario.status.code(), Some(2));

    let missed = desk.secnet(&[
        "assess",
        "SECMP0067",
        "calm.toml",
        "--seeds",
        "5",
        "--for",
        "1m",
        "--set",
        "verdicts.0.within_target_share_min=1.0",
        "--set",
        "csp.central.loss=0.5",
        "--set",
        "csp.south.loss=0.5",
        "--set",
        "csp.north.loss=0.5",
    ]);
    assert_eq!(missed.status.code(), Some(3), "{}", stdout(&missed));
}

#[test]
fn a_modification_with_nothing_to_do_is_said_to_have_no_effect() {
    let desk = desk();
    let output = desk.secnet(&["assess", "SECMP0067", "calm.toml", "--seeds", "5", "--for", "2m"]);
    assert!(
        stdout(&output).contains("SECMP0067 has no measurable effect"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn any_change_is_assessed_as_a_modification_is() {
    let desk = desk();
    let assess = [
        "assess",
        "calm.toml",
        "--seeds",
        "5",
        "--for",
        "5m",
        "--change",
        "csp.central.loss=0.5",
        "--change",
        "csp.south.loss=0.5",
        "--named",
        "a bad radio",
    ];
    let output = desk.secnet(&assess);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.starts_with("a bad radio in calm: 5 seeds"), "{text}");
    let told = "With a bad radio, the share of all requests completed in the end";
    assert!(
        text.replace(
            "
    ", " "
        )
        .contains(told),
        "{text}"
    );

    let written = "runs/assess-change-calm/latest";
    let assessment = desk.json(&format!("{written}/assessment.json"));
    assert_eq!(assessment["effect"], "measurable");
    assert_eq!(assessment["change"]["with"][1], "csp.south.loss=0.5");
    // Without it the scenario is as it was, and each side is made again by its command.
    let reproduce = &assessment["reproduce"];
    assert_eq!(
        reproduce["without"],
        "secnet run calm.toml --driver virtual --for 5min --seed SEED"
    );
    assert_eq!(
        reproduce["with"],
        "secnet run calm.toml --driver virtual --for 5min --set csp.central.loss=0.5 --set csp.south.loss=0.5 --seed SEED"
    );

    // A Modification is one such change, and has the same runs.
    let switched = |arguments: &[&str]| {
        let more = [
            "calm.toml",
            "--seeds",
            "5",
            "--for",
            "2m",
            "--quiet",
            "--json",
            "it.json",
        ];
        let output = desk.secnet(&[&["assess"], arguments, &more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        desk.json("it.json")["runs"].clone()
    };
    assert_eq!(
        switched(&["SECMP0067"]),
        switched(&["--change", "modifications.SECMP0067=on"])
    );
}

#[test]
fn a_change_that_cannot_be_assessed_is_refused() {
    let desk = desk();
    let refused = |arguments: &[&str]| {
        let output = desk.secnet(&[&["assess"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!desk.folder.join("runs").exists());
        stderr(&output)
    };
    expect![[r#"
        secnet: --change csp.central.loss=0.05: the scenario is that already, so that there is nothing to compare
    "#]]
    .assert_eq(&refused(&["calm.toml", "--set", "csp.central.loss=0.05", "--change", "csp.central.loss=0.05"]));
    expect![[r#"
        secnet: --change seed: every pair of runs has the same seed; --seed says which is the first, --seeds how many there are
    "#]]
    .assert_eq(&refused(&["calm.toml", "--change", "seed=7"]));
    expect![[r#"
        secnet: error: unknown key `sevrers` in `dsp`; did you mean `servers`?
         --> --set dsp.sevrers=7
    "#]]
    .assert_eq(&refused(&["calm.toml", "--change", "dsp.sevrers=7"]));
    expect![[r#"
        secnet: what is to be assessed? Name a Modification before the scenario, or say what is otherwise with --change KEY=VALUE
    "#]]
    .assert_eq(&refused(&["calm.toml"]));
}
