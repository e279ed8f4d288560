//! What SEC Modifications have to say of the plan: `modifications/<number>/plan.rs`, the part of a line that begins with `plan:`.

use crate::scenario::Scenario;
use crate::validation::MaintenanceRule;

/// A Modification's part in what a scenario may say.
pub(crate) trait Modification {
    /// What planned maintenance that begins while it is live is held to. The last one of the registry that has a rule is heard.
    fn maintenance_rule(_scenario: &Scenario) -> Option<MaintenanceRule> {
        None
    }
}
