//! Whether a run fits the machine and a day, asked before it begins.

use crate::console;
use crate::exit::bad_input;
use secnet_results::Machine;
use secnet_topology::{Scenario, World};

/// More is asked about.
const SECONDS_UNASKED: f64 = 86_400.0;

/// What will not fit the machine or a day is begun only where somebody says so.
pub fn fits_or_is_wanted(scenario: &Scenario, yes: bool) -> anyhow::Result<()> {
    let estimate = World::new(scenario.clone()).map_err(bad_input)?.estimate();
    let available = Machine::available_memory_bytes().map_or(f64::INFINITY, |bytes| bytes as f64);
    let what = if estimate.memory_bytes > available {
        format!(
            "which is more memory than the {:.1} GB there are",
            available / 1e9
        )
    } else if estimate.seconds > SECONDS_UNASKED {
        "which is more than a day".to_owned()
    } else {
        return Ok(());
    };
    if yes
        || console::asks(&format!(
            "The run comes to {estimate}, {what}. Begin all the same?"
        ))
    {
        return Ok(());
    }
    Err(bad_input(format!(
        "the run comes to {estimate}, {what}; with --yes it begins all the same"
    )))
}
