//! The tables of a run folder, read by programs that share nothing with the one that wrote them.

#![allow(clippy::print_stdout, reason = "a test that was skipped says so")]

use secnet_tests::live::{scratch, topology};
use secnet_tests::programs::programs;
use secnet_tests::python;
use std::fs;
use std::path::Path;
use std::process::Command;

const MODULES: &str = "pandas, polars, duckdb, pyarrow.parquet";

/// All of whose requests and alerts are sampled, in each of whose ways.
const FLAGS: [&str; 10] = [
    "--driver=virtual",
    "--quiet",
    "--set",
    "population.premises=600",
    "--set",
    "tracing.requests=1.0",
    "--set",
    "tracing.alerts=1.0",
    "--set",
    "tracing.spans_max=10_000_000",
];

#[test]
fn pandas_polars_and_duckdb_find_the_sums_of_the_kpis_and_the_ledger() {
    if !python::has(MODULES) {
        return println!("skipped: Python has no {MODULES}");
    }
    let scratch = scratch("tables");
    let folder = scratch.join("run");
    let run = Command::new(programs().join("secnet"))
        .arg("run")
        .arg(topology("bad-day.toml"))
        .args(FLAGS)
        .arg("--out")
        .arg(&folder)
        .output()
        .unwrap();
    let problem = String::from_utf8_lossy(&run.stderr);
    // Verdicts of a bad day are missed.
    assert!(matches!(run.status.code(), Some(0 | 3)), "{problem}");
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = python::command(&tests.join("tables_consumer.py"))
        .args([&folder, &tests.join("../docs/data.md")])
        .env("TZ", "Europe/London")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&read.stdout);
    let problem = String::from_utf8_lossy(&read.stderr);
    assert!(read.status.success(), "{said}{problem}");
    assert!(said.contains("compared "), "{said}");
    fs::remove_dir_all(&scratch).unwrap();
}
