//! MP092: planned maintenance by impact (domain.md §10).

use crate::check::Check;
use crate::units::{Date, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Planned maintenance is held to windows of high and of low impact, in place of `maintenance.windows_per_month`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Mp092Params {
    /// When it went live, for `as_of`. Assumed: the November 2020 release (domain.md §14.1).
    pub live_from: Option<Date>,
    /// The longest a window may be (domain.md §10).
    pub window_max: Span,
    /// Windows of high impact in a calendar month (domain.md §10).
    pub high_impact_windows_per_month: u32,
    /// Windows of low impact in a calendar month (domain.md §10).
    pub low_impact_windows_per_month: u32,
}

impl Default for Mp092Params {
    fn default() -> Self {
        Mp092Params {
            live_from: Date::new(2020, 11, 5),
            window_max: Span::from_secs(6 * 3_600),
            high_impact_windows_per_month: 1,
            low_impact_windows_per_month: 6,
        }
    }
}

impl Mp092Params {
    pub(crate) fn check(&self, check: &mut Check, path: &str) {
        check.positive(&format!("{path}.window_max"), self.window_max);
    }
}
