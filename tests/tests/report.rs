//! `secnet report`: a run as one page, looked at as its readers do.

#![allow(clippy::print_stdout, reason = "a test that was skipped says so")]

use secnet_tests::live::{scratch, topology};
use secnet_tests::programs::programs;
use secnet_tests::python;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const MODULES: &str = "selenium, axe_core_python, pypdf";

/// Of a page that can be sent by mail.
const PAGE_BYTES_MAX: usize = 5_000_000;

struct Desk {
    folder: PathBuf,
}

impl Desk {
    fn new() -> Desk {
        Desk {
            folder: scratch("report"),
        }
    }

    fn call(&self, arguments: &[&str]) -> Output {
        let secnet = programs().join("secnet");
        Command::new(secnet)
            .args(arguments)
            .current_dir(&self.folder)
            .output()
            .expect("what the desk has")
    }

    /// A run with events, outages, campaigns and sampled items: something in every section.
    fn run(&self, out: &str, flags: &[&str]) {
        let scenario = topology("bad-day.toml");
        let scenario = scenario.to_str().expect("what the desk has");
        let mut arguments = vec!["run", scenario, "--driver=virtual", "--quiet", "--out", out];
        arguments.extend([
            "--set",
            "population.premises=600",
            "--set",
            "tracing.requests=0.2",
        ]);
        arguments.extend(flags);
        let run = self.call(&arguments);
        assert!(matches!(run.status.code(), Some(0 | 3)), "{run:?}");
    }

    fn page(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).expect("what the desk has")
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn a_page_is_the_same_each_time_loads_nothing_and_writes_over_nothing() {
    let desk = Desk::new();
    desk.run("run", &[]);
    desk.run("other", &["--set", "csp.north.loss=0.3", "--no-tables"]);
    let said = desk.call(&["report", "run"]);
    assert!(said.status.success(), "{said:?}");
    assert_eq!(
        String::from_utf8_lossy(&said.stdout),
        "Report: bad-day-run.html\n"
    );
    let page = desk.page("bad-day-run.html");
    assert!(page.len() < PAGE_BYTES_MAX, "{}", page.len());
    for address in ["http:", "https:", "src=", "url(", "@import"] {
        assert!(!page.contains(address), "{address}");
    }
    let again = desk.call(&["report", "run"]);
    assert_eq!(again.status.code(), Some(2));
    let problem = String::from_utf8_lossy(&again.stderr);
    assert!(
        problem.contains("bad-day-run.html is there already: --replace writes over it, --out names another"),
        "{problem}"
    );
    assert!(
        desk.call(&["report", "run", "--out", "again.html"])
            .status
            .success()
    );
    assert_eq!(desk.page("again.html"), page);
    // Beside another, and of a run without tables.
    assert!(
        desk.call(&[
            "report",
            "other",
            "--beside",
            "run",
            "--out",
            "again.html",
            "--replace"
        ])
        .status
        .success()
    );
    let beside = desk.page("again.html");
    assert!(
        beside.contains("csp.north.loss") && beside.contains("the other"),
        "{beside}"
    );
    assert!(!beside.contains("<figure") && page.contains("<figure"));
    let nothing = desk.call(&["report", "nowhere"]);
    assert_eq!(nothing.status.code(), Some(2), "{nothing:?}");
}

#[test]
fn a_page_reads_in_a_browser_by_ear_in_the_dark_on_a_telephone_and_on_paper() {
    let has_browser = Path::new("/usr/bin/chromedriver").exists();
    let is_required = std::env::var("SECNET_BROWSER").is_ok_and(|wish| wish == "required");
    assert!(has_browser || !is_required, "no Chromium with its driver");
    if !has_browser || !python::has(MODULES) {
        return println!("skipped: no Chromium with its driver, or no {MODULES}");
    }
    let desk = Desk::new();
    desk.run("run", &[]);
    assert!(
        desk.call(&["report", "run", "--out", "page.html"])
            .status
            .success()
    );
    look(&[desk.folder.join("page.html"), desk.folder.join("run")]);
    // Those of an assessment and of a study come by themselves.
    let demo = topology("demo.toml");
    let demo = demo.to_str().unwrap();
    let small = ["--set", "population.premises=300", "--seeds", "5", "--quiet"];
    let assessed = desk.call(&[&["assess", "SECMP0067", demo, "--out", "assessed"], &small[..]].concat());
    assert!(matches!(assessed.status.code(), Some(0 | 3)), "{assessed:?}");
    look(&[desk.folder.join("assessed/assessment.html")]);
    let study = format!(
        "name = 'loss'\nscenario = '{demo}'\nset = ['population.premises=300']\nseeds = 2\n\
        headline = ['requests.within_target_share']\n\
        [[axes]]\nname = 'north'\nset = 'csp.north.loss'\nvalues = [0.0, 0.3]\n\
        [[axes]]\nname = 'south'\nset = 'csp.south.loss'\nvalues = [0.0, 0.3]\n"
    );
    fs::write(desk.folder.join("loss.toml"), study).unwrap();
    let studied = desk.call(&["study", "loss.toml", "--out", "studied", "--quiet"]);
    assert!(studied.status.success(), "{studied:?}");
    look(&[desk.folder.join("studied/study.html")]);
}

fn look(arguments: &[PathBuf]) {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let looked = python::command(&tests.join("report_in_a_browser.py"))
        .args(arguments)
        .output()
        .expect("Python");
    let said = String::from_utf8_lossy(&looked.stdout);
    let problem = String::from_utf8_lossy(&looked.stderr);
    assert!(
        looked.status.success() && said.contains("looked at "),
        "{arguments:?}: {said}{problem}"
    );
}
