//! TEMPLATE: what it is (domain.md §n).

use crate::check::Check;
use crate::units::{Date, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What it does, in a sentence: the reference page says this.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TemplateParams {
    /// When it went live, for `as_of`; absent where it did not.
    pub live_from: Option<Date>,
    /// What it measures. Assumed.
    pub window: Span,
}

impl Default for TemplateParams {
    fn default() -> Self {
        TemplateParams {
            live_from: None,
            window: Span::from_secs(60),
        }
    }
}

impl TemplateParams {
    /// What must hold of the parameters; `path` is their table's in the scenario.
    pub(crate) fn check(&self, check: &mut Check, path: &str) {
        check.positive(&format!("{path}.window"), self.window);
    }
}
