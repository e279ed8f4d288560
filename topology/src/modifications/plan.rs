//! What SEC Modifications have to say of the plan: `modifications/<number>/plan.rs`, the part of a line that begins with `plan:`.

use super::ModificationParams;
use crate::units::Span;
use crate::users::UserKind;
use secnet_model::{DeviceType, Srv};

/// A Modification's part in what a scenario may say.
pub(crate) trait Modification {
    /// What planned maintenance that begins while it is live is held to. The last one of the registry that has a rule is heard.
    fn maintenance_rule(_parameters: &ModificationParams) -> Option<MaintenanceRule> {
        None
    }

    /// Where the share of their portfolio that the holders' daily schedules of the variant on that type of device read grows to, from
    /// its release on; `None` where it leaves them alone. No share shrinks.
    fn schedule_growth(
        _parameters: &ModificationParams,
        _holder: UserKind,
        _srv: Srv,
        _device_type: DeviceType,
    ) -> Option<ShareGrowth> {
        None
    }

    /// How soon after it is raised an outage or restoration alert is owed to the DNO while it is live. The last one of the registry
    /// that says so is heard.
    fn power_alert_target(_parameters: &ModificationParams) -> Option<Span> {
        None
    }
}

/// Evenly from what a schedule's share is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ShareGrowth {
    pub to: f64,
    /// From the release on; zero for at once.
    pub over: Span,
}

/// What a scenario's planned maintenance is held to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct MaintenanceRule {
    /// As a complaint names it.
    pub name: &'static str,
    /// The longest a window may be.
    pub window_max: Span,
    pub windows_max: WindowsMax,
}

/// How many windows a calendar month may have. Windows that overlap or touch are one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum WindowsMax {
    /// Whatever their impact.
    InAll(u32),
    ByImpact {
        high: u32,
        low: u32,
    },
}
