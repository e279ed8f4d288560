//! MP092 in the plan: which planned maintenance a scenario may have.

use crate::modifications::ModificationParams;
use crate::modifications::plan::{MaintenanceRule, Modification, WindowsMax};

pub(crate) struct MaintenanceByImpact;

impl Modification for MaintenanceByImpact {
    fn maintenance_rule(parameters: &ModificationParams) -> Option<MaintenanceRule> {
        let params = &parameters.mp092;
        Some(MaintenanceRule {
            name: "MP092",
            window_max: params.window_max,
            windows_max: WindowsMax::ByImpact {
                high: params.high_impact_windows_per_month,
                low: params.low_impact_windows_per_month,
            },
        })
    }
}
