//! SECMP0067: service request traffic management (domain.md §5.1). The formula in force is not public: all numbers are assumed.

use crate::check::Check;
use crate::modifications::default_priority;
use crate::units::{Date, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Inactive until the DSP receives requests at the operating threshold. Then each User above its allocation is held to the
/// greater of its allocation and its share of the threshold; what is above it is answered 503 with a time to wait.
///
/// A User's limit fills a bucket from which each of its requests takes: what it did not use it may use later, up to `burst`.
/// So the share turned away at the same relative load is the same in a slice of the network as in the whole.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Secmp0067Params {
    /// When it went live, for `as_of`. Assumed: the November 2021 release (domain.md §14.1).
    pub live_from: Option<Date>,
    /// What the capacity, the threshold and the limits count. Assumed: a system is full of what it serves.
    pub counts: Counted,
    /// Maximum system capacity, a second, in what `counts` says. When absent all the DSP can serve where services are counted,
    /// and half of it where requests are, as a request is served once and its response once. Assumed.
    pub system_capacity: Option<f64>,
    /// Rate of requests from which on traffic is managed, as a share of the capacity. Assumed.
    pub operating_threshold: f64,
    /// Which requests count for that. Assumed.
    pub measured: Measured,
    /// Share of the capacity that is allocated to the Users, all together. Assumed.
    pub allocated_share: f64,
    /// How it is divided among them. Assumed.
    pub allocation: Allocation,
    /// Least part of what is allocated that any User gets, as a share. Assumed.
    pub allocation_floor: f64,
    /// The kinds' parts where `allocation` is `role`.
    pub roles: RoleWeights,
    /// The system's rate is measured in windows of this length, the first of which starts at the epoch. Assumed.
    pub monitoring_window: Span,
    /// Where the operating threshold is fewer requests a window than this, windows are as much longer: in a slice of the
    /// network a rate is known no sooner. Assumed.
    pub monitored_min: u32,
    /// Requests a User may make at once after a quiet time: never fewer than its limit over a window. At half its limit a User
    /// is then turned away less than once in a million requests, however small it is. Assumed.
    pub burst: u32,
    /// Whether signed pre-commands are counted and turned away as well, when their pre-commands have been made and signed
    /// already. Assumed.
    pub throttles_signed_pre_commands: bool,
    /// What a User was entitled to is reckoned up over periods of this length: the lesser of what it asked for and its limit.
    pub entitlement_period: Span,
    /// What "the operating threshold" of the greater-of rule is.
    pub threshold_reading: ThresholdReading,
    /// Service request variants that are counted but never throttled; `7.x` means all that begin with `7.`, `6.2x` all
    /// that begin with `6.2`. Assumed.
    pub priority: Vec<String>,
    /// What a throttled User is asked to wait. Assumed.
    pub retry_after: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measured {
    /// What Users ask for, throttled requests and retries included: a window is managed as soon as it, or the one before it,
    /// has had the threshold's number. Users who come back soon keep the management active.
    #[default]
    Asked,
    /// What the system takes on: a window is managed as soon as the threshold's number was admitted in it. Users share what
    /// is below the threshold by who comes first, and are held to their limits above it.
    Admitted,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Allocation {
    /// In proportion to the meters a User is responsible for: a Supplier's, electricity and gas. DNOs and other Users are
    /// responsible for none and get the floor.
    #[default]
    EnrolledMeters,
    /// By kind of User (`roles`), in equal parts among the Users of a kind.
    Role,
    /// In equal parts.
    Equal,
    /// In proportion to the requests the scenario's workloads have a User send, as if it had forecast them exactly.
    Forecast,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ThresholdReading {
    /// The User's part of it, as large as its part of the allocations.
    #[default]
    PerUserShare,
    /// An equal part of it for each User: it counts for the small ones, whose allocations are less.
    EqualShare,
    /// All of it, for each User: the rule then hardly ever bites (domain.md §5.1).
    WholeSystem,
    /// What is left of it: above its allocation a User shares with all others what nobody has used.
    Headroom,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// Requests at the door, each once: a critical one with its pre-command.
    Requests,
    /// What the DSP serves: one for a service of its own, two for a request to a device and its response, three where a
    /// pre-command comes first. Scheduled reads and alerts count for the system's rate, and are nobody's.
    #[default]
    Services,
}

/// Relative parts of the kinds of Users.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RoleWeights {
    /// All Suppliers together. Assumed.
    pub suppliers: f64,
    /// All DNOs together. Assumed.
    pub dnos: f64,
    /// All other Users together. Assumed.
    pub other_users: f64,
}

impl Default for Secmp0067Params {
    fn default() -> Self {
        Secmp0067Params {
            live_from: Date::new(2021, 11, 4),
            system_capacity: None,
            operating_threshold: 0.8,
            measured: Measured::Asked,
            allocated_share: 0.8,
            allocation: Allocation::EnrolledMeters,
            allocation_floor: 0.01,
            roles: RoleWeights::default(),
            counts: Counted::Services,
            monitoring_window: Span::from_secs(1),
            monitored_min: 100,
            burst: 20,
            throttles_signed_pre_commands: false,
            entitlement_period: Span::from_secs(900),
            threshold_reading: ThresholdReading::PerUserShare,
            priority: default_priority(),
            retry_after: Span::from_secs(5),
        }
    }
}

impl Default for RoleWeights {
    fn default() -> Self {
        RoleWeights {
            suppliers: 0.8,
            dnos: 0.15,
            other_users: 0.05,
        }
    }
}

impl Secmp0067Params {
    pub(crate) fn check(&self, check: &mut Check, path: &str) {
        let key = |key: &str| format!("{path}.{key}");
        if let Some(capacity) = self.system_capacity {
            check.more_than_zero(&key("system_capacity"), capacity);
        }
        check.more_than_zero(&key("operating_threshold"), self.operating_threshold);
        check.share(&key("operating_threshold"), self.operating_threshold);
        check.share(&key("allocated_share"), self.allocated_share);
        check.share(&key("allocation_floor"), self.allocation_floor);
        check.rate(&key("roles.suppliers"), self.roles.suppliers);
        check.rate(&key("roles.dnos"), self.roles.dnos);
        check.rate(&key("roles.other_users"), self.roles.other_users);
        check.positive(&key("monitoring_window"), self.monitoring_window);
        check.positive(&key("entitlement_period"), self.entitlement_period);
        check.at_least_one(&key("burst"), self.burst);
        check.srv_list(&key("priority"), &self.priority);
    }
}
