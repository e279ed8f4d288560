use super::*;
use crate::sample;
use crate::tables::{SeriesRow, Tables};
use crate::traces::{Attributes, SpanRecord, Traces};
use secnet_engine::trace::{SpanId, TraceId};
use secnet_topology::scenario::Scenario;
use std::fs;
use std::path::Path;

const SERIES: &str = "tables/series.parquet";

/// A folder of its own for each test, gone at its end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("secnet-results-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn written(scratch: &Scratch) -> RunFolder {
    let folder = RunFolder::create(&Place::Replace(scratch.0.join("tiny"))).unwrap();
    let manifest = Manifest {
        scenario: "tiny".to_owned(),
        machine: Machine::here(),
        ..Manifest::default()
    };
    folder
        .write(
            &sample::scenario(),
            &manifest,
            &sample::run().report(),
            &Traces::default(),
            &Tables::default(),
        )
        .unwrap();
    folder
}

fn error(path: &Path) -> String {
    LoadedRun::load(path).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn a_run_is_read_back_as_it_was_written() {
    let scratch = Scratch::new("read-back");
    let folder = written(&scratch);
    let (loaded, report) = (LoadedRun::load(folder.path()).unwrap(), sample::run().report());
    assert_eq!((loaded.ledger, loaded.kpis), (report.ledger, report.kpis));
    assert_eq!(loaded.manifest.machine, Machine::here());
    assert_eq!(
        loaded.scenario.try_into::<Scenario>().unwrap(),
        sample::scenario()
    );
    let mut files: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    files.sort();
    assert_eq!(files, [DIGESTS, KPIS, LEDGER, MANIFEST, SCENARIO]);
}

#[test]
fn an_earlier_run_stays_until_the_next_is_whole() {
    let scratch = Scratch::new("no-run");
    let path = scratch.0.join("tiny");
    let folder = RunFolder::create(&Place::Replace(path.clone())).unwrap();
    assert!(error(&path).ends_with("holds no finished run: it has no manifest.json"));
    drop(folder);
    drop(written(&scratch));
    let folder = RunFolder::create(&Place::Replace(path.clone())).unwrap();
    folder.write_launch_scenario(&sample::scenario()).unwrap();
    // Whatever of the next cannot be written: nothing of it is, or all but the traces.
    for (obstacle, is_replaced) in [(KPIS, false), (DIGESTS, false), (TRACES, true)] {
        let next = Manifest {
            scenario: format!("next to {obstacle}"),
            ..Manifest::default()
        };
        let traces = Traces {
            dropped: 1,
            ..Traces::default()
        };
        fs::create_dir(folder.part(obstacle)).unwrap();
        let written = folder.write(
            &sample::scenario(),
            &next,
            &sample::run().report(),
            &traces,
            &Tables::default(),
        );
        fs::remove_dir(folder.part(obstacle)).unwrap();
        let problem = written.unwrap_err().to_string();
        assert!(
            problem.starts_with("cannot write ") && problem.contains(obstacle),
            "{problem}"
        );
        let kept = LoadedRun::load(&path).unwrap();
        assert_eq!(kept.manifest == next, is_replaced, "{obstacle}");
        assert_eq!(kept.traces, None);
    }
}

#[test]
fn a_folder_is_one_runs_at_a_time() {
    let scratch = Scratch::new("claimed");
    let first = written(&scratch);
    let problem = RunFolder::create(&Place::New(first.path().to_owned()))
        .unwrap_err()
        .to_string();
    assert!(problem.starts_with("another run is writing to "), "{problem}");
    assert!(LoadedRun::load(first.path()).is_ok(), "nothing of it is touched");
    let path = first.path().to_owned();
    drop(first);
    let problem = RunFolder::create(&Place::New(path.clone()))
        .unwrap_err()
        .to_string();
    assert!(
        problem.ends_with(" holds another run (--replace puts this one in its place)"),
        "{problem}"
    );
    RunFolder::create(&Place::Replace(path)).unwrap();
}

#[test]
fn what_no_run_wrote_is_not_written_over() {
    let scratch = Scratch::new("foreign");
    let refused = |name: &str| {
        let problem = RunFolder::create(&Place::New(scratch.0.clone()))
            .unwrap_err()
            .to_string();
        assert!(
            problem.contains(&format!(" holds {name}, which no run")),
            "{problem}"
        );
    };
    fs::create_dir_all(&scratch.0).unwrap();
    fs::write(scratch.0.join("thesis.odt"), "years of work").unwrap();
    refused("thesis.odt");
    fs::remove_file(scratch.0.join("thesis.odt")).unwrap();
    // A scenario that is the user's own has the name of ours.
    let own = toml::to_string(&sample::scenario()).unwrap();
    fs::write(scratch.0.join(SCENARIO), &own).unwrap();
    refused(SCENARIO);
    assert_eq!(fs::read_to_string(scratch.0.join(SCENARIO)).unwrap(), own);
    fs::remove_file(scratch.0.join(SCENARIO)).unwrap();
    // And a folder that is called as ours is, with somebody else's in it.
    for name in ["tables/household.parquet", SERIES] {
        fs::create_dir_all(scratch.0.join("tables")).unwrap();
        fs::write(scratch.0.join(name), "PAR1").unwrap();
        refused(name);
        fs::remove_file(scratch.0.join(name)).unwrap();
    }
    fs::write(scratch.0.join("tables/.series.parquet.part"), "PAR").unwrap();
    // What a run that was cut off leaves is.
    RunFolder::create(&Place::New(scratch.0.clone()))
        .unwrap()
        .write_launch_scenario(&sample::scenario())
        .unwrap();
    RunFolder::create(&Place::New(scratch.0.clone())).unwrap();
    let elsewhere = Scratch::new("foreign-target");
    fs::create_dir_all(&elsewhere.0).unwrap();
    std::os::unix::fs::symlink(&elsewhere.0, scratch.0.join("logs")).unwrap();
    refused("logs");
    let link = scratch.0.with_extension("link");
    let _ = fs::remove_file(&link);
    std::os::unix::fs::symlink(&elsewhere.0, &link).unwrap();
    let problem = RunFolder::create(&Place::New(link.clone()))
        .unwrap_err()
        .to_string();
    fs::remove_file(&link).unwrap();
    assert!(problem.contains(" is a link"), "{problem}");
}

fn with_traces(scratch: &Scratch) -> PathBuf {
    let folder = written(scratch);
    let span = SpanRecord {
        trace: TraceId(1),
        span: SpanId(2),
        parent: None,
        link: None,
        participant: "dsp".to_owned(),
        name: "4.1.1".to_owned(),
        begin_us: 1,
        end_us: 2,
        failed: false,
        attributes: Attributes::default(),
    };
    let traces = Traces {
        spans: vec![span; 20],
        dropped: 0,
    };
    let run = sample::run();
    let tables = Tables::of(&run, &run.total(), &run.report(), &Manifest::default()).unwrap();
    folder
        .write(
            &sample::scenario(),
            &Manifest::default(),
            &sample::run().report(),
            &traces,
            &tables,
        )
        .unwrap();
    folder.path().to_owned()
}

#[test]
fn a_byte_that_changed_in_any_file_is_found_and_the_file_is_named() {
    let scratch = Scratch::new("changed");
    let folder = with_traces(&scratch);
    assert_eq!(
        LoadedRun::load(&folder)
            .unwrap()
            .load_traces()
            .unwrap()
            .spans
            .len(),
        20
    );
    assert!(
        !LoadedRun::load(&folder)
            .unwrap()
            .load_table::<SeriesRow>()
            .unwrap()
            .is_empty()
    );
    let mut random = 7_u64;
    for name in [DIGESTS, SCENARIO, MANIFEST, LEDGER, KPIS, TRACES, SERIES] {
        let path = folder.join(name);
        let whole = fs::read(&path).unwrap();
        let is_small = whole.len() < 2_000;
        let positions = if is_small { whole.len() } else { 1_000 };
        for count in 0..positions {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let position = if is_small {
                count
            } else {
                (random >> 33) as usize % whole.len()
            };
            let mut changed = whole.clone();
            changed[position] ^= 1 << (random >> 61);
            fs::write(&path, &changed).unwrap();
            let problem = error(&folder);
            assert!(problem.contains(name), "byte {position} of {name}: {problem}");
        }
        fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        assert!(error(&folder).contains(name), "{name} cut off");
        fs::write(&path, &whole).unwrap();
    }
    LoadedRun::load(&folder).unwrap();
}

#[test]
fn what_is_missing_or_was_added_is_named_with_the_mend() {
    let scratch = Scratch::new("missing");
    let folder = with_traces(&scratch);
    for name in [SCENARIO, LEDGER, KPIS, TRACES, SERIES] {
        let whole = fs::read(folder.join(name)).unwrap();
        fs::remove_file(folder.join(name)).unwrap();
        assert!(
            error(&folder).contains(&format!("{name}: No such file")),
            "{name}"
        );
        fs::write(folder.join(name), whole).unwrap();
    }
    let seal = fs::read(folder.join(DIGESTS)).unwrap();
    fs::remove_file(folder.join(DIGESTS)).unwrap();
    assert!(error(&folder).ends_with("by which its files are checked: run its scenario.toml again"));
    fs::write(folder.join(DIGESTS), seal).unwrap();
    drop(written(&scratch));
    assert!(!folder.join(SERIES).exists(), "another run's");
    for name in [SERIES, TRACES] {
        fs::write(folder.join(name), "{}").unwrap();
        let told = format!("{name} is not the run's: take it out of the folder");
        assert!(error(&folder).ends_with(&told));
    }
}

#[test]
fn what_never_ends_or_waits_for_a_writer_is_not_read() {
    let scratch = Scratch::new("endless");
    let folder = with_traces(&scratch);
    for name in [TRACES, LEDGER, DIGESTS] {
        let path = folder.join(name);
        let whole = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        let told = format!("{name} is no file: a run folder holds files alone, no links, pipes or devices");
        assert!(error(&folder).ends_with(&told), "{}", error(&folder));
        fs::remove_file(&path).unwrap();
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        assert!(error(&folder).ends_with(&told), "{}", error(&folder));
        fs::remove_file(&path).unwrap();
        fs::write(&path, whole).unwrap();
    }
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let scratch = Scratch::new("unwritable");
    let folder = written(&scratch);
    fs::create_dir(folder.path().join("taken")).unwrap();
    let problem = folder.write_file("taken", b"x").unwrap_err().to_string();
    assert!(
        problem.starts_with("cannot write ") && problem.contains("taken: "),
        "{problem}"
    );
    assert!(!folder.path().join(".taken.part").exists());
    let below_a_file = folder.path().join(LEDGER).join("below");
    let problem = RunFolder::create(&Place::New(below_a_file))
        .unwrap_err()
        .to_string();
    assert!(problem.contains("ledger.json/below: "), "{problem}");
}
