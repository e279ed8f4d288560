//! Threshold anomaly detection, quarantine and the DCC alert of SECMP0008 (domain.md §5.3). Limits are set by each User, none is public: all are assumed.

use crate::units::{Bytes, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Requests that passed access control and would go to a device are counted; what is above a limit is quarantined and its User
/// told, who has it released or deleted after a while.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AnomalyDetectionParams {
    /// Requests are counted in windows of this length, the first of which starts at the epoch. Assumed.
    pub window: Span,
    /// Limits of each User by itself: alert N46. Assumed.
    pub user_limits: Vec<UserLimit>,
    /// Limits for all Users together: alert N47. Assumed.
    pub dcc_limits: Vec<DccLimit>,
    /// Largest payload of a request: alert N48. It stands in for the values in a request, which are not modelled; no such
    /// limit when absent. Assumed.
    pub payload_max: Option<Bytes>,
    /// Share of quarantined requests that their Users have released; they have the others deleted. Assumed.
    pub release_share: f64,
    /// Least time until then. Assumed.
    pub release_delay_min: Span,
    /// Mean time until then. Assumed: thresholds and releases go by files people put in place (domain.md §5.3).
    pub release_delay_mean: Span,
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
        }
    }
}
