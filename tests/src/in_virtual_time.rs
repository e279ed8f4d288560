//! A whole network in virtual time, as `secnet run --driver virtual` has it, without files.

use secnet_accounts::load::Resource;
use secnet_director::{Driver, RunOptions};
use secnet_results::digest::digest;
use secnet_results::tables::Tables;
use secnet_results::{Manifest, RunOutcome, RunReport};
use secnet_topology::scenario::Scenario;
use std::collections::BTreeMap;

/// A run that has ended.
#[derive(Debug)]
pub struct Run {
    pub outcome: RunOutcome,
    pub report: RunReport,
    /// Messages and deadlines handled.
    pub events: u64,
}

/// What every driver, sharding and hosting must agree on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Digests {
    pub ledger: String,
    pub kpis: String,
    /// Of the files of tables but those of sampled items, which are no part of a checkpoint.
    pub tables: BTreeMap<String, String>,
}

impl Digests {
    /// # Panics
    /// When the tables cannot be made.
    pub fn of(outcome: &RunOutcome, report: &RunReport) -> Digests {
        let tables = Tables::of(outcome, &outcome.total(), report, &Manifest::default()).expect("tables");
        let results = tables
            .files
            .iter()
            .filter(|(name, _)| !SAMPLED.iter().any(|of| name.contains(of)));
        Digests {
            ledger: report.ledger.digest.clone(),
            kpis: report.kpis.digest.clone(),
            tables: results
                .map(|(name, bytes)| (name.clone(), digest(bytes)))
                .collect(),
        }
    }
}

const SAMPLED: [&str; 2] = ["items", "spans"];

/// Runs to the end.
///
/// # Panics
/// When the scenario is not valid.
pub fn run(scenario: &Scenario, threads: usize) -> Run {
    let options = RunOptions {
        driver: Driver::Virtual { threads },
        ..RunOptions::default()
    };
    let finished =
        secnet_director::run(scenario.clone(), &options).unwrap_or_else(|problem| panic!("{problem:#}"));
    Run {
        report: finished.report,
        outcome: finished.outcome,
        events: finished.facts.events,
    }
}

/// A scenario from its text, with overrides as the command line takes them.
///
/// # Panics
/// When it is wrong; the message is the one a user would get.
pub fn scenario(text: &str, overrides: &[&str]) -> Scenario {
    let overrides: Vec<String> = overrides.iter().map(|flag| (*flag).to_owned()).collect();
    secnet_topology::parse("test.toml", text, &overrides).unwrap_or_else(|error| panic!("{error}"))
}

impl Run {
    pub fn digests(&self) -> Digests {
        Digests::of(&self.outcome, &self.report)
    }

    /// What a run of any scenario whatever promises; `Err` says what it did not keep.
    pub fn keeps_the_laws(&self) -> Result<(), String> {
        let ledger = &self.report.ledger;
        if !ledger.balanced {
            return Err(format!("the ledger does not balance: {:#?}", ledger.outcomes));
        }
        if ledger.violations.total() > 0 {
            return Err(format!("contracts were broken: {:?}", ledger.violations));
        }
        if !ledger.complete {
            return Err("the run did not reach its end".to_owned());
        }
        // Messages that went where they have no business.
        let strays = [
            "misdirected",
            "misrouted",
            "misdirected_alerts",
            "unexpected_messages",
        ];
        for (name, count) in &ledger.counters {
            if *count > 0 && strays.iter().any(|stray| name.ends_with(stray)) {
                return Err(format!("{name} is {count}"));
            }
        }
        self.counts_airtime_once()
    }

    /// Window by window, or message by message, channels were busy for as long.
    fn counts_airtime_once(&self) -> Result<(), String> {
        let total = self.outcome.total();
        for (resource, used) in &total.load.uses {
            // Beside firmware messages have a part of the channel only.
            let is_all_messages = self.outcome.scenario.campaigns.is_empty();
            let (network, direction) = match resource {
                Resource::Uplink(region) => (format!("{region}"), "uplink"),
                Resource::FourGUplink(region) => (format!("{region}_4g"), "uplink"),
                Resource::Downlink(region) if is_all_messages => (format!("{region}"), "downlink"),
                Resource::FourGDownlink(region) if is_all_messages => (format!("{region}_4g"), "downlink"),
                Resource::Downlink(_)
                | Resource::Firmware(_)
                | Resource::FourGDownlink(_)
                | Resource::FourGFirmware(_)
                | Resource::Dsp
                | Resource::S1sp => continue,
            };
            let counter = format!("csp.{network}.{direction}.transmitting_us");
            let by_message = self
                .report
                .ledger
                .counters
                .get(&counter)
                .copied()
                .unwrap_or_default();
            let by_window: u64 = used.busy_us.iter().sum();
            if by_window != by_message {
                return Err(format!("{counter} is {by_message}, and by window {by_window}"));
            }
        }
        Ok(())
    }
}
