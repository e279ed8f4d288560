//! One User's account with the DCC, in pence, and how much cover it has to lodge.

use secnet_accounts::figures;
use secnet_model::SimTime;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What cover is worked out by; amounts in pence.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Terms {
    pub uninvoiced_months: f64,
    pub unsecured_credit_factor: f64,
    pub maximum_credit_value: u64,
    pub de_minimis: u64,
}

figures! {
    /// What a User owes the DCC, by how it was settled.
    pub(super) struct Account: "Charges and credit cover" in "dsp.credit_cover", in summary {
        /// Charged so far.
        pub(super) charged: sum "pence",
        /// Drawn from its credit cover.
        pub(super) drawn: sum "pence",
        /// Neither paid nor covered.
        pub(super) unpaid: sum "pence",
        /// Its part of what others left unpaid.
        pub(super) socialised: sum "pence",
        /// Credit cover it has lodged now.
        pub(super) cover: sum "pence",
        /// Rights withdrawn from it (SEC M8.6).
        pub(super) rights_lost: sum "rights",
        /// Paid so far.
        pub(super) paid: sum "pence",
        /// Charged and not yet to be paid.
        pub(super) open: sum "pence",
        /// Its Event of Default, after the epoch.
        pub(super) defaulted_at: sum "seconds" if nonzero,
    }
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Party {
    pence_per_meter: u64,
    /// "Never" for a User that goes on.
    stops_paying_at: SimTime,
    /// When they were counted last.
    pub meters: u64,
    /// Charges not settled yet, by month.
    unsettled: BTreeMap<u32, u64>,
    /// But for what follows from the rest ([`Party::account`]).
    pub account: Account,
    pub defaulted_at: Option<SimTime>,
}

impl Terms {
    /// The cover asked for, by value at risk: what the greater of the two unsecured amounts leaves.
    pub(super) fn cover(self, value_at_risk: u64) -> u64 {
        let by_factor = (value_at_risk as f64 * self.unsecured_credit_factor).round() as u64;
        let unsecured = by_factor.max(self.maximum_credit_value);
        match value_at_risk.saturating_sub(unsecured) {
            little if little < self.de_minimis => 0,
            cover => cover,
        }
    }
}

impl Party {
    pub(super) fn new(pence_per_meter: u64, stops_paying_at: SimTime) -> Party {
        Party {
            pence_per_meter,
            stops_paying_at,
            ..Party::default()
        }
    }

    pub(super) fn account(&self) -> Account {
        Account {
            open: self.open(),
            defaulted_at: self.defaulted_at.map_or(0, SimTime::as_whole_secs),
            ..self.account
        }
    }

    pub(super) fn pays(&self, at: SimTime) -> bool {
        at < self.stops_paying_at
    }

    pub(super) fn charge(&mut self, month: u32) {
        let charge = self.monthly_charge();
        self.account.charged += charge;
        self.unsettled.insert(month, charge);
    }

    pub(super) fn invoice(&self, month: u32) -> u64 {
        self.unsettled.get(&month).copied().unwrap_or_default()
    }

    pub(super) fn open(&self) -> u64 {
        self.unsettled.values().sum()
    }

    /// What is charged and not settled, and what will be before the next review is of use.
    pub(super) fn value_at_risk(&self, terms: Terms) -> u64 {
        let to_come = self.monthly_charge() as f64 * terms.uninvoiced_months;
        self.open().saturating_add(to_come.round() as u64)
    }

    /// The month's invoice is paid, drawn or unpaid; what is unpaid.
    pub(super) fn settle(&mut self, at: SimTime, month: u32) -> u64 {
        let invoice = self.unsettled.remove(&month).unwrap_or_default();
        if self.pays(at) {
            self.account.paid += invoice;
            return 0;
        }
        let drawn = invoice.min(self.account.cover);
        self.account.cover -= drawn;
        self.account.drawn += drawn;
        self.account.unpaid += invoice - drawn;
        invoice - drawn
    }

    fn monthly_charge(&self) -> u64 {
        self.meters * self.pence_per_meter
    }
}

/// A sum in whole pence by weights, to the last penny; nothing where nobody has any weight.
pub(super) fn divided(sum: u64, weights: &[u64]) -> Vec<u64> {
    let total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    let up_to = |weight: u128| match total {
        0 => 0,
        total => (u128::from(sum) * weight / total) as u64,
    };
    let mut before: u128 = 0;
    let part = |weight: &u64| {
        let with = before + u128::from(*weight);
        let part = up_to(with) - up_to(before);
        before = with;
        part
    };
    weights.iter().map(part).collect()
}
