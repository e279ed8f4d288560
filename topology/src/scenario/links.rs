//! How long messages travel between Users, DSP and CSPs.

use crate::check::Check;
use crate::units::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A link between data centres.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LinkParams {
    /// Shortest one-way delay: propagation and the sender's shortest processing. Also how far the receiver may run ahead. Assumed.
    pub latency_min: Span,
    /// Mean one-way delay. Assumed.
    pub latency_mean: Span,
}

impl Default for LinkParams {
    /// The DCC User Gateway.
    fn default() -> Self {
        LinkParams {
            latency_min: Span::from_millis(40),
            latency_mean: Span::from_millis(80),
        }
    }
}

impl Check<'_> {
    pub(crate) fn link(&mut self, path: &str, link: &LinkParams) {
        if link.latency_min == Span::default() {
            let message = "must be longer than zero: it is how far the receiver may run ahead of the sender";
            self.wrong(format!("{path}.latency_min"), message);
        }
        self.min_and_mean(
            &format!("{path}.latency_mean"),
            link.latency_min,
            link.latency_mean,
        );
    }
}
