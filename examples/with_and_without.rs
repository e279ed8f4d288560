//! A study of your own: runs a scenario in virtual time as it is and with one key changed, and prints for each region how
//! long its requests took.
//!
//!     cargo run --release -p secnet-director --example with_and_without
//!     cargo run --release -p secnet-director --example with_and_without -- \
//!         topology/alert-storm-2023.toml modifications.SECMP0062=on
//!
//! Nothing is written to disk. `secnet assess` compares over many seeds, with confidence intervals.
#![allow(clippy::print_stdout, reason = "it prints what it found")]

use anyhow::ensure;
use secnet_director::{Driver, RunOptions, run};
use secnet_results::Kpis;
use std::path::{Path, PathBuf};

const SCENARIO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../topology/demo.toml");
const CHANGE: &str = "csp.north.loss=0.2";

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let scenario = PathBuf::from(arguments.next().unwrap_or_else(|| SCENARIO.to_owned()));
    let change = arguments.next().unwrap_or_else(|| CHANGE.to_owned());
    let without = kpis(&scenario, &[])?;
    let with = kpis(&scenario, std::slice::from_ref(&change))?;
    println!("99th percentile of response times, without and with {change}");
    for (region, without, with) in p99_by_region(&without, &with) {
        println!("  {region:<8} {without:>8.1} s {with:>8.1} s");
    }
    Ok(())
}

/// Runs the scenario and keeps its KPIs, unless the run cannot be trusted.
fn kpis(scenario: &Path, overrides: &[String]) -> anyhow::Result<Kpis> {
    let scenario = secnet_topology::load(scenario, overrides)?;
    let options = RunOptions {
        driver: Driver::Virtual { threads: 2 },
        ..RunOptions::default()
    };
    let finished = run(scenario, &options)?;
    ensure!(finished.outcome.is_complete(), "the run did not reach its end");
    ensure!(finished.report.ledger.balanced, "the ledger does not balance");
    Ok(finished.report.kpis)
}

/// By region: its name, and the seconds in which 99 of 100 of its requests were answered.
fn p99_by_region(without: &Kpis, with: &Kpis) -> Vec<(String, f64, f64)> {
    let rows = without.service.by_region.iter().zip(&with.service.by_region);
    let both = rows.filter_map(|(without, with)| {
        let region = without.key.region.clone().filter(|_| without.key == with.key)?;
        let p99 = (without.response_time_s?.p99, with.response_time_s?.p99);
        Some((region, p99.0, p99.1))
    });
    both.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_loss_in_the_north_is_felt_there_and_nowhere_else() -> anyhow::Result<()> {
        let quarter = "horizon=15min".to_owned();
        let without = kpis(Path::new(SCENARIO), std::slice::from_ref(&quarter))?;
        let with = kpis(Path::new(SCENARIO), &[quarter, CHANGE.to_owned()])?;
        let rows = p99_by_region(&without, &with);
        assert!(rows.iter().any(|(region, ..)| region == "north"));
        for (region, without, with) in rows {
            match region.as_str() {
                "north" => assert!(with > without * 1.5, "{with} s, {without} s"),
                other => assert_eq!(with, without, "{other}"),
            }
        }
        Ok(())
    }
}
