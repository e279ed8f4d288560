//! MHHS: Market-wide Half-hourly Settlement (domain.md §14).

use crate::check::Check;
use crate::units::{Date, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Every electricity meter's half-hourly profile is read daily, in place of those of customers who agreed to it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MhhsParams {
    /// When it went live, for `as_of`; absent, as meters migrate one by one and no day is that of all.
    pub live_from: Option<Date>,
    /// Whose schedules grow. Assumed: those of the import profile; the export profile is 4.8.3.
    pub srvs: Vec<String>,
    /// The share of the portfolio the schedules grow to.
    pub share: f64,
    /// Over how long they grow, evenly, from the release on; 0 for the end state at once. Assumed.
    pub migration: Span,
}

impl Default for MhhsParams {
    fn default() -> Self {
        MhhsParams {
            live_from: None,
            srvs: vec!["4.8.1".to_owned()],
            share: 1.0,
            migration: Span::default(),
        }
    }
}

impl MhhsParams {
    pub(crate) fn check(&self, check: &mut Check, path: &str) {
        check.srv_list(&format!("{path}.srvs"), &self.srvs);
        check.share(&format!("{path}.share"), self.share);
    }
}
