//! Threshold anomaly detection, quarantine and the DCC alert of SECMP0008 (domain.md §5.3). Limits are set by each User, none is public: all are assumed.

use crate::check::Check;
use crate::units::{Bytes, Date, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Requests that passed access control and would go to a device are counted; what is above a limit is quarantined and its User
/// told. What is above one limit in one window and from one User is an event, which the User has released or deleted whole after a
/// while.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AnomalyDetectionParams {
    /// When it went live, for `as_of`; the date is not known.
    pub live_from: Option<Date>,
    /// Requests are counted in windows of this length, the first of which starts at the epoch. Assumed.
    pub window: Span,
    /// Limits of each User by itself: alert N46. Assumed.
    pub user_limits: Vec<UserLimit>,
    /// Limits for all Users together: alert N47. Assumed.
    pub dcc_limits: Vec<DccLimit>,
    /// Largest payload of a request: alert N48. It stands in for the values in a request, which are not modelled; no such
    /// limit when absent. Assumed.
    pub payload_max: Option<Bytes>,
    /// Share of quarantined events that their Users have released; they have the others deleted. What is above `payload_max` and for
    /// a SMETS1 device is always deleted, after the least time (domain.md §5.3). Assumed.
    pub release_share: f64,
    /// Least time from an event's first request until its User has decided. Assumed.
    pub release_delay_min: Span,
    /// Mean time until then. Assumed: thresholds and releases go by files people put in place (domain.md §5.3).
    pub release_delay_mean: Span,
    /// Most requests of an event that are released or deleted at once. Assumed: such a file holds so many.
    pub batch: u32,
    /// Time from one such batch of an event to the next. Assumed.
    pub batch_every: Span,
}

/// A limit of a User.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UserLimit {
    /// Name of the User; each User by itself when absent.
    pub user: Option<String>,
    /// The service request variants the limit is for (`7.x` means all that begin with `7.`); the total when empty.
    pub srvs: Vec<String>,
    /// Most requests in a window, per premises of the User's portfolio. Assumed.
    pub per_premises: f64,
}

/// A limit for all Users together.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DccLimit {
    /// The service request variants the limit is for (`7.x` means all that begin with `7.`); the total when empty.
    pub srvs: Vec<String>,
    /// Most requests in a window, per premises. Assumed.
    pub per_premises: f64,
}

impl Default for AnomalyDetectionParams {
    fn default() -> Self {
        AnomalyDetectionParams {
            live_from: None,
            window: Span::from_secs(3_600),
            user_limits: vec![UserLimit {
                per_premises: 1.0,
                ..UserLimit::default()
            }],
            dcc_limits: Vec::new(),
            payload_max: None,
            release_share: 0.8,
            release_delay_min: Span::from_secs(900),
            release_delay_mean: Span::from_secs(7_200),
            batch: 10_000,
            batch_every: Span::from_secs(600),
        }
    }
}

impl AnomalyDetectionParams {
    pub(crate) fn check(&self, check: &mut Check, path: &str) {
        check.positive(&format!("{path}.window"), self.window);
        check.share(&format!("{path}.release_share"), self.release_share);
        let (min, mean) = (self.release_delay_min, self.release_delay_mean);
        check.min_and_mean(&format!("{path}.release_delay_mean"), min, mean);
        check.at_least_one(&format!("{path}.batch"), self.batch);
        for (i, limit) in self.user_limits.iter().enumerate() {
            let path = format!("{path}.user_limits.{i}");
            if let Some(name) = &limit.user {
                check.user_name(&format!("{path}.user"), name);
            }
            check.rate(&format!("{path}.per_premises"), limit.per_premises);
            check.srv_list(&format!("{path}.srvs"), &limit.srvs);
        }
        for (i, limit) in self.dcc_limits.iter().enumerate() {
            let path = format!("{path}.dcc_limits.{i}");
            check.rate(&format!("{path}.per_premises"), limit.per_premises);
            check.srv_list(&format!("{path}.srvs"), &limit.srvs);
        }
    }
}
