//! What is traced.

use super::Scenario;
use crate::check::Check;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which requests and alerts are traced. An item's id decides, so that a seed's traces are always the same; no result depends
/// on it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TracingParams {
    /// Share of service requests and scheduled reads traced.
    pub requests: f64,
    /// Share of device alerts and DCC alerts traced.
    pub alerts: f64,
    /// Shares for some SRVs in place of `requests`.
    pub srvs: Vec<TracedSrv>,
    /// Premises, by number, all of whose requests and alerts are traced.
    pub watch: Vec<u32>,
    /// Spans each node keeps at most; more are counted as dropped.
    pub spans_max: u32,
}

/// A share of its own for an SRV.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TracedSrv {
    /// The SRV, as in `2.2`.
    pub srv: String,
    /// Share of its requests traced.
    pub share: f64,
}

impl Default for TracingParams {
    fn default() -> Self {
        TracingParams {
            requests: 0.0,
            alerts: 0.0,
            srvs: Vec::new(),
            watch: Vec::new(),
            spans_max: 500_000,
        }
    }
}

impl Check<'_> {
    pub(crate) fn tracing(&mut self, scenario: &Scenario) {
        let params = &scenario.tracing;
        self.share("tracing.requests", params.requests);
        self.share("tracing.alerts", params.alerts);
        for (i, traced) in params.srvs.iter().enumerate() {
            self.srv(&format!("tracing.srvs.{i}.srv"), &traced.srv);
            self.share(&format!("tracing.srvs.{i}.share"), traced.share);
        }
        let premises = scenario.population.premises;
        for (i, watched) in params.watch.iter().enumerate() {
            if *watched >= premises {
                self.wrong(
                    format!("tracing.watch.{i}"),
                    format!(
                        "there is no premises {watched}; they are numbered from 0 to {}",
                        premises.saturating_sub(1)
                    ),
                );
            }
        }
    }
}
