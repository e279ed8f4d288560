//! A scenario as the command line names it: the file, and what is to be otherwise than it says.

use crate::exit::bad_input;
use clap::Args;
use secnet_model::DeviceType;
use secnet_topology::{Scenario, Span};
use std::path::PathBuf;

/// The largest whole number a scenario's format, TOML, can write.
const SEED_MAX: u64 = i64::MAX as u64;

#[derive(Args, Clone, Debug)]
pub struct ScenarioArguments {
    /// The scenario.
    pub scenario: PathBuf,
    /// Overrides the scenario's seed.
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u64).range(..=SEED_MAX))]
    pub seed: Option<u64>,
    /// Overrides the scenario's horizon: `20min`, `1h`.
    #[arg(long = "for", value_name = "SPAN")]
    pub horizon: Option<Span>,
    /// Overrides one parameter of the scenario; may be given again: `--set csp.north.downlink_rate=10kbit/s`.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
}

impl ScenarioArguments {
    /// The overrides as flags of another command.
    pub fn flags(&self) -> Vec<String> {
        let mut flags = Vec::new();
        for text in &self.overrides {
            flags.extend(["--set".to_owned(), text.clone()]);
        }
        if let Some(seed) = self.seed {
            flags.extend(["--seed".to_owned(), seed.to_string()]);
        }
        if let Some(horizon) = &self.horizon {
            flags.extend(["--for".to_owned(), horizon.to_string()]);
        }
        flags
    }

    /// The scenario with the overrides applied, and after them `more`.
    pub fn load(&self, more: &[String]) -> anyhow::Result<Scenario> {
        let mut overrides = self.overrides.clone();
        overrides.extend(self.seed.map(|seed| format!("seed={seed}")));
        overrides.extend(self.horizon.map(|span| format!("horizon={span}")));
        overrides.extend_from_slice(more);
        secnet_topology::load(&self.scenario, &overrides).map_err(bad_input)
    }
}

/// A device type by its name.
pub fn parse_device(text: &str) -> Result<DeviceType, String> {
    let known = DeviceType::ALL.into_iter();
    let found = known.clone().find(|device| device.name() == text);
    found.ok_or_else(|| {
        let names: Vec<&str> = known.map(DeviceType::name).collect();
        format!("there is no such device type; there are {}", names.join(", "))
    })
}
