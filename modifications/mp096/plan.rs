//! MP096 in the plan: how soon power alerts are owed.

use crate::modifications::ModificationParams;
use crate::modifications::plan::Modification;
use crate::units::Span;

pub(crate) struct RelaxedTimes;

impl Modification for RelaxedTimes {
    fn power_alert_target(parameters: &ModificationParams) -> Option<Span> {
        Some(parameters.mp096.told_within)
    }
}
