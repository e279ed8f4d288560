//! SECMP0028: service requests served in the order of their priority, none throttled (domain.md §5.1).

use crate::check::Check;
use crate::modifications::{default_priority, is_meant};
use crate::units::Date;
use schemars::JsonSchema;
use secnet_model::Srv;
use serde::{Deserialize, Serialize};

/// The DSP serves the most urgent class first, each class in the order of arrival; what is being served is not interrupted.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Secmp0028Params {
    /// When it went live, for `as_of`; it did not, so far as is known.
    pub live_from: Option<Date>,
    /// Classes of service request variants, the most urgent first; `7.x` means all that begin with `7.`. Requests and their
    /// responses have the class of their variant, all others and alerts the last, which follows those listed. Each class
    /// has the DSP's `queue_limit` for itself. Assumed.
    pub classes: Vec<Vec<String>>,
}

impl Default for Secmp0028Params {
    fn default() -> Self {
        Secmp0028Params {
            live_from: None,
            classes: vec![default_priority()],
        }
    }
}

impl Secmp0028Params {
    pub(crate) fn check(&self, check: &mut Check, path: &str) {
        for (i, class) in self.classes.iter().enumerate() {
            check.srv_list(&format!("{path}.classes.{i}"), class);
        }
    }

    /// The class of each service request variant by its place in the catalogue, 0 the most urgent.
    pub fn class_by_srv(&self) -> Vec<u8> {
        let class = |srv: Srv| {
            let listed = self.classes.iter().position(|class| is_meant(class, srv));
            listed.unwrap_or(self.classes.len()) as u8
        };
        Srv::all().map(class).collect()
    }

    pub fn class_count(&self) -> usize {
        self.classes.len() + 1
    }
}
