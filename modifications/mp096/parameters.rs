//! MP096: rationing of power outage alerts (seeds 004 DP096, appendix A). The solution in force is not public: this is the option of 2013.

use crate::check::Check;
use crate::units::{Date, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Of the outage alerts (AD1) of one fault, as far as the CSP can tell, all are passed on at first, then one in some, then none.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Mp096Params {
    /// When it went live, for `as_of`. Assumed unknown.
    pub live_from: Option<Date>,
    /// Up to so many alerts of a fault are all passed on: 50 by DECC's proposal of 2013, 250 by the DNOs' (seeds 004 DP096, appendix A).
    pub all_up_to: u32,
    /// Up to so many alerts of a fault a share of them is passed on, beyond them none: 5,000 (seeds 004 DP096, appendix A).
    pub some_up_to: u32,
    /// The share of those: a quarter (seeds 004 DP096, appendix A).
    pub some_share: f64,
    /// Whether the CSP counts by the cell it receives alerts in; by its whole region otherwise (seeds 004 DP096, appendix A).
    pub location_aware: bool,
    /// How soon after it is raised an outage or restoration alert is owed to the DNO: 60 s as in SEC H3.14(g), which the DCC "is currently
    /// unable" to keep (seeds 004 DP096), unless times are relaxed with it. Assumed, range 1 min to 1 h.
    pub told_within: Span,
    /// After so long without an outage alert from a place the next one there is of another fault. Assumed, range 1 min to 1 h.
    pub quiet: Span,
}

impl Default for Mp096Params {
    fn default() -> Self {
        Mp096Params {
            live_from: None,
            all_up_to: 50,
            some_up_to: 5_000,
            some_share: 0.25,
            location_aware: true,
            told_within: Span::from_secs(60),
            quiet: Span::from_secs(600),
        }
    }
}

impl Mp096Params {
    pub(crate) fn check(&self, check: &mut Check, path: &str) {
        check.share(&format!("{path}.some_share"), self.some_share);
        if self.some_up_to < self.all_up_to {
            let message = format!("{} is less than `all_up_to`, {}", self.some_up_to, self.all_up_to);
            check.wrong(format!("{path}.some_up_to"), message);
        }
        check.positive(&format!("{path}.told_within"), self.told_within);
        check.positive(&format!("{path}.quiet"), self.quiet);
    }
}
