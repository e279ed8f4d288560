//! Which run of which scenario a message on the control plane belongs to.

use anyhow::Context;
use secnet_results::digest::digest;
use secnet_topology::Scenario;
use serde::{Deserialize, Serialize};

/// Every status and result carries it, so that the director takes none of another run, scenario or seed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Belonging {
    pub run: String,
    /// [`scenario_hash`] of what the process runs.
    pub scenario_hash: String,
}

/// A message that belongs elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stranger {
    OtherRun,
    /// The run is this one, the scenario, its seed or an override is not.
    OtherScenario,
}

impl Belonging {
    pub fn check(&self, of_message: &Belonging) -> Result<(), Stranger> {
        if self.run != of_message.run {
            Err(Stranger::OtherRun)
        } else if self.scenario_hash != of_message.scenario_hash {
            Err(Stranger::OtherScenario)
        } else {
            Ok(())
        }
    }
}

/// SHA-256 of the processed scenario: with every default, every override and the seed.
pub fn scenario_hash(scenario: &Scenario) -> anyhow::Result<String> {
    let text = scenario
        .to_toml()
        .context("the scenario cannot be written as TOML")?;
    Ok(digest(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(overrides: &[&str]) -> Scenario {
        let text = include_str!("../../../topology/demo.toml");
        let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
        secnet_topology::parse("demo.toml", text, &overrides).unwrap()
    }

    #[test]
    fn the_hash_is_the_same_for_whoever_reads_the_processed_scenario_and_another_for_another_seed() {
        let demo = scenario(&[]);
        let read_back = secnet_topology::parse("processed", &demo.to_toml().unwrap(), &[]).unwrap();
        assert_eq!(scenario_hash(&demo).unwrap(), scenario_hash(&read_back).unwrap());
        assert_ne!(
            scenario_hash(&demo).unwrap(),
            scenario_hash(&scenario(&["seed=77"])).unwrap()
        );
    }

    #[test]
    fn what_belongs_to_another_run_or_scenario_is_told_apart() {
        let of = |run: &str, hash: &str| Belonging {
            run: run.to_owned(),
            scenario_hash: hash.to_owned(),
        };
        let own = of("r1", "a");
        assert_eq!(own.check(&of("r1", "a")), Ok(()));
        assert_eq!(own.check(&of("r2", "a")), Err(Stranger::OtherRun));
        assert_eq!(own.check(&of("r1", "b")), Err(Stranger::OtherScenario));
    }
}
