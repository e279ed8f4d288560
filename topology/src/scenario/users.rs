//! The Users, and how all of them behave.

use super::{Retry, Scenario};
use crate::check::{Check, rounded};
use crate::suggest::mend;
use crate::units::Span;
use crate::users::UserKind;
use schemars::JsonSchema;
use secnet_model::{Role, licence_areas};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

const SHARES_TOLERANCE: f64 = 1e-6;
const USERS_MAX: usize = 65_000;
/// Which two share a home is a table of all pairs.
const SUPPLIERS_MAX: usize = 1_000;

/// A Supplier: a User with the import and gas Supplier roles.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SupplierParams {
    /// Unique among all Users.
    pub name: String,
    /// Share of premises it supplies; the shares of all Suppliers sum to 1.
    pub share: f64,
    /// Share of the premises it supplies electricity to that are in prepayment mode; the population's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prepayment_share: Option<f64>,
    /// Share of the premises it supplies electricity to without coverage; the population's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_wan_share: Option<f64>,
    /// Whether it also holds the export Supplier role.
    #[serde(default)]
    pub export: bool,
    /// Suspended Users' requests are refused with E3.
    #[serde(default)]
    pub suspended: bool,
}

/// An electricity distributor.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DnoParams {
    /// Unique among all Users.
    pub name: String,
    /// Codes of its licence areas; no area belongs to two DNOs.
    pub areas: Vec<String>,
}

/// A User that is neither Supplier nor electricity distributor; an other User has the consent of every consumer, and a gas transporter
/// and an agent deal with every premises (assumed: whose area or agent each is, is not emulated).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OtherUserParams {
    /// Unique among all Users.
    pub name: String,
    /// The roles it holds.
    #[serde(default = "other_user_alone")]
    pub roles: Vec<OtherUserRole>,
}

/// A role of such a User, by DUIS's code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub enum OtherUserRole {
    /// Other User.
    OU,
    /// Gas transporter.
    GT,
    /// Registered Supplier agent.
    RSA,
}

impl OtherUserRole {
    /// As the access control matrix has it.
    pub const fn role(self) -> Role {
        match self {
            OtherUserRole::OU => Role::OtherUser,
            OtherUserRole::GT => Role::GasTransporter,
            OtherUserRole::RSA => Role::RegisteredSupplierAgent,
        }
    }
}

fn other_user_alone() -> Vec<OtherUserRole> {
    vec![OtherUserRole::OU]
}

/// What every User does alike.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UserParams {
    /// Comparing and signing a pre-command takes at least this long. Assumed.
    pub signing_time_min: Span,
    /// Comparing and signing a pre-command takes this long on average. Assumed.
    pub signing_time_mean: Span,
    /// What it does about a request that is throttled or refused for overload. Assumed.
    pub retry: Retry,
    /// How often such a request is tried in all.
    pub attempts_max: u32,
    /// Wait before the first retry; doubles with each further one where `retry` is `exponential`. Assumed.
    pub retry_backoff: Span,
    /// Longest wait between retries. Assumed.
    pub retry_backoff_max: Span,
    /// A User gives a request up as unanswered this long after the time its answer was due. Assumed.
    pub patience: Span,
    /// What comes in this long before its gateway closes, or later, a User recognises when it comes in again. Assumed: longer
    /// than any message is under way to it.
    pub remembered_before_closing: Span,
}

impl Default for UserParams {
    fn default() -> Self {
        UserParams {
            signing_time_min: Span::from_millis(50),
            signing_time_mean: Span::from_millis(200),
            retry: Retry::Exponential,
            attempts_max: 5,
            retry_backoff: Span::from_secs(2),
            retry_backoff_max: Span::from_secs(60),
            patience: Span::from_secs(60),
            remembered_before_closing: Span::from_secs(30),
        }
    }
}

impl Check<'_> {
    pub(crate) fn users(&mut self, scenario: &Scenario) {
        if scenario.suppliers.is_empty() {
            self.wrong("suppliers", "there must be at least one Supplier");
        }
        for (i, supplier) in scenario.suppliers.iter().enumerate() {
            self.share(&format!("suppliers.{i}.share"), supplier.share);
        }
        let sum: f64 = scenario.suppliers.iter().map(|supplier| supplier.share).sum();
        if !scenario.suppliers.is_empty() && (sum - 1.0).abs() > SHARES_TOLERANCE {
            let mend = if sum > 1.0 { "too much" } else { "missing" };
            let message = format!(
                "the Suppliers' shares sum to {}, not 1: {} is {mend}",
                rounded(sum),
                rounded((1.0 - sum).abs())
            );
            self.wrong("suppliers.0.share", message);
        }
        for (i, supplier) in scenario.suppliers.iter().enumerate() {
            for (key, share) in [
                ("prepayment_share", supplier.prepayment_share),
                ("no_wan_share", supplier.no_wan_share),
            ] {
                if let Some(share) = share {
                    self.share(&format!("suppliers.{i}.{key}"), share);
                }
            }
        }
        if scenario.suppliers.len() > SUPPLIERS_MAX {
            let message = format!(
                "{} Suppliers are more than {SUPPLIERS_MAX}; group the smallest into one",
                scenario.suppliers.len()
            );
            self.wrong("suppliers", message);
        }
        if self.users.len() > USERS_MAX {
            self.wrong(
                "suppliers",
                format!("{} Users are more than {USERS_MAX}", self.users.len()),
            );
        }
        for (i, other) in scenario.other_users.iter().enumerate() {
            if other.roles.is_empty() {
                self.wrong(
                    format!("other_users.{i}.roles"),
                    "give `OU`, `GT`, `RSA` or several of them",
                );
            }
        }
        let mut names = BTreeSet::new();
        let mut places = BTreeMap::new();
        for user in self.users {
            let place: &mut usize = places.entry(user.kind.group()).or_default();
            let path = format!("{}.{place}.name", user.kind.group());
            *place += 1;
            if user.name.trim().is_empty() {
                self.wrong(path, "a User needs a name");
            } else if UserKind::ALL.iter().any(|kind| kind.group() == user.name) {
                self.wrong(
                    path,
                    format!(
                        "`{}` means all Users of that kind and cannot be one's name",
                        user.name
                    ),
                );
            } else if !names.insert(&user.name) {
                self.wrong(path, format!("two Users are named `{}`", user.name));
            }
        }
    }

    pub(crate) fn dnos(&mut self, scenario: &Scenario) {
        let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
        for (i, dno) in scenario.dnos.iter().enumerate() {
            self.areas(&format!("dnos.{i}.areas"), &dno.areas);
            for (j, code) in dno.areas.iter().enumerate() {
                match owners.insert(code, &dno.name) {
                    Some(owner) if owner != dno.name => {
                        self.wrong(
                            format!("dnos.{i}.areas.{j}"),
                            format!("`{code}` belongs to `{owner}` already"),
                        );
                    }
                    _ => {}
                }
            }
        }
    }

    /// Codes exist and are listed once.
    pub(crate) fn areas(&mut self, path: &str, codes: &[String]) {
        let mut listed = BTreeSet::new();
        for (i, code) in codes.iter().enumerate() {
            let known = licence_areas().iter().map(|area| area.code);
            if !known.clone().any(|area| area == code) {
                self.wrong(
                    format!("{path}.{i}"),
                    format!("no licence area `{code}`{}", mend(code, known)),
                );
            } else if !listed.insert(code) {
                self.wrong(format!("{path}.{i}"), format!("`{code}` is listed twice"));
            }
        }
    }

    pub(crate) fn user_params(&mut self, scenario: &Scenario) {
        let params = &scenario.user;
        self.min_and_mean(
            "user.signing_time_mean",
            params.signing_time_min,
            params.signing_time_mean,
        );
        self.at_least_one("user.attempts_max", params.attempts_max);
        self.positive("user.retry_backoff", params.retry_backoff);
        if params.retry_backoff_max < params.retry_backoff {
            let message = format!(
                "{} is less than the first wait, {}",
                params.retry_backoff_max, params.retry_backoff
            );
            self.wrong("user.retry_backoff_max", message);
        }
    }
}
