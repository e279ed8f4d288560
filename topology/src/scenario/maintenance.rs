//! The rule planned maintenance is held to.

use crate::units::{Span, TimeOfDay};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When planned maintenance may be: the rule of 2017 (SEC H8.3; domain.md §10). MP092 replaces the number of windows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MaintenanceParams {
    /// Begins at this time of day or later (domain.md §10; as UTC, assumed).
    pub not_before: TimeOfDay,
    /// Ends at this time of day, of the next day if it is the earlier, or sooner (domain.md §10; as UTC, assumed).
    pub not_after: TimeOfDay,
    /// The longest a window may be (domain.md §10).
    pub window_max: Span,
    /// Windows in a calendar month. Those that overlap or touch are one (domain.md §10).
    pub windows_per_month: u32,
}

impl Default for MaintenanceParams {
    fn default() -> Self {
        MaintenanceParams {
            not_before: TimeOfDay::from_hour(20),
            not_after: TimeOfDay::from_hour(8),
            window_max: Span::from_secs(6 * 3_600),
            windows_per_month: 1,
        }
    }
}
