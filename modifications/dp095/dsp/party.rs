//! One User's account with the DCC, in pence, and how much cover it has to lodge.

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

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Party {
    pence_per_meter: u64,
    /// "Never" for a User that goes on.
    stops_paying_at: SimTime,
    /// When they were counted last.
    pub meters: u64,
    /// Charges not settled yet, by month.
    unsettled: BTreeMap<u32, u64>,
    pub charged: u64,
    pub paid: u64,
    pub drawn: u64,
    pub unpaid: u64,
    pub socialised: u64,
    pub cover: u64,
    pub rights_lost: u64,
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
            meters: 0,
            unsettled: BTreeMap::new(),
            charged: 0,
            paid: 0,
            drawn: 0,
            unpaid: 0,
            socialised: 0,
            cover: 0,
            rights_lost: 0,
            defaulted_at: None,
        }
    }

    pub(super) fn pays(&self, at: SimTime) -> bool {
        at < self.stops_paying_at
    }

    pub(super) fn charge(&mut self, month: u32) {
        let charge = self.monthly_charge();
        self.charged += charge;
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
            self.paid += invoice;
            return 0;
        }
        let drawn = invoice.min(self.cover);
        self.cover -= drawn;
        self.drawn += drawn;
        self.unpaid += invoice - drawn;
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
