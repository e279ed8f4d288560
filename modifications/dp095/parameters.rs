//! DP095: what Users owe the DCC, and the cover they lodge for it (domain.md §10). SEC Section J's numbers are not public enough: all
//! are assumed.

use crate::check::Check;
use crate::units::{Date, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Charges accrue by the calendar month; a User that stops paying uses up its credit cover, is then in Event of Default and loses
/// its rights step by step (SEC M8.6), and what stays unpaid is socialised.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Dp095Params {
    /// When it went live, for `as_of`; it was a draft in 2020.
    pub live_from: Option<Date>,
    /// What a Supplier owes for an enrolled meter and month, in pence. Assumed; 50 to 200.
    pub supplier_pence_per_meter: u32,
    /// What a DNO owes for an enrolled electricity meter and month, in pence. Assumed; 0 to 30.
    pub dno_pence_per_meter: u32,
    /// When a month's charges are invoiced and cover is reviewed, after the end of the month. Assumed; 3 to 10 days.
    pub invoiced_after: Span,
    /// When an invoice is to be paid, after that. Assumed; 5 to 14 days.
    pub due_after: Span,
    /// Months of charges, not invoiced yet, that the cover is for. Assumed; 0.5 to 3.
    pub uninvoiced_months: f64,
    /// Part of the value at risk for which no cover is asked. Assumed; 0 to 1, by the Party's credit rating.
    pub unsecured_credit_factor: f64,
    /// Value at risk for which no cover is asked whatever the factor says, in pounds (SECMP0016). Assumed; 0 to 1,000,000, by the Party's
    /// credit rating.
    pub maximum_credit_value_pounds: u32,
    /// Less cover than this is not asked for, in pounds. Assumed; 0 to 10,000.
    pub de_minimis_pounds: u32,
    /// From the Event of Default to the first right withdrawn: the Panel asks and Ofgem decides. Assumed; 7 to 90 days.
    pub withdrawal_begins_after: Span,
    /// From one right withdrawn to the next. Assumed; 0 to 30 days.
    pub withdrawal_step: Span,
    /// Users that pay no more.
    pub stops_paying: Vec<StopsPaying>,
}

/// A User that pays no invoice and lodges no cover from a moment on.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StopsPaying {
    /// By its name.
    pub user: String,
    /// After the epoch.
    pub after: Span,
}

impl Default for Dp095Params {
    fn default() -> Self {
        Dp095Params {
            live_from: None,
            supplier_pence_per_meter: 100,
            dno_pence_per_meter: 10,
            invoiced_after: days(5),
            due_after: days(7),
            uninvoiced_months: 1.0,
            unsecured_credit_factor: 0.0,
            maximum_credit_value_pounds: 0,
            de_minimis_pounds: 2_000,
            withdrawal_begins_after: days(30),
            withdrawal_step: days(7),
            stops_paying: Vec::new(),
        }
    }
}

impl Dp095Params {
    pub(crate) fn check(&self, check: &mut Check, path: &str) {
        let key = |key: &str| format!("{path}.{key}");
        check.rate(&key("uninvoiced_months"), self.uninvoiced_months);
        check.share(&key("unsecured_credit_factor"), self.unsecured_credit_factor);
        for (name, span) in [
            ("invoiced_after", self.invoiced_after),
            ("due_after", self.due_after),
            ("withdrawal_begins_after", self.withdrawal_begins_after),
            ("withdrawal_step", self.withdrawal_step),
        ] {
            if span > days(366) {
                check.wrong(key(name), format!("{span} is more than a year"));
            }
        }
        if self.uninvoiced_months > 24.0 {
            let message = format!("must be at most 24, not {}", self.uninvoiced_months);
            check.wrong(key("uninvoiced_months"), message);
        }
        for (i, stops) in self.stops_paying.iter().enumerate() {
            check.user_name(&key(&format!("stops_paying.{i}.user")), &stops.user);
        }
    }
}

const fn days(days: u64) -> Span {
    Span::from_secs(days * 86_400)
}
