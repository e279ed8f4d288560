//! What a User counts beside its ledger and service levels.

use secnet_wire::DccAlertCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const DCC_ALERT_CODES: usize = 6;

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Arrivals for which no premises with a fitting device was found.
    pub arrivals_without_target: u64,
    /// Arrivals whose mistake the User cannot make with that service request.
    pub mistakes_not_possible: u64,
    /// Requests sent again after an overload answer.
    pub retries: u64,
    pub pre_commands_signed: u64,
    /// Answers to requests that were closed, or at a stage, already: delivery is at least once (domain.md §2.1).
    pub duplicate_answers: u64,
    /// Alerts that by the alert table are for somebody else.
    pub misdirected_alerts: u64,
    /// Messages no User should get.
    pub unexpected_messages: u64,
    /// 8F66 and 8F67.
    pub future_dated_executed: u64,
    pub future_dated_failed: u64,
    /// Answers that the User is above its allocation (SECMP0067).
    pub throttled_answers: u64,
    /// Requests that were ready to be sent while the gateway was closed.
    pub kept_by_gateway: u64,
    /// What the DSP pushed again after the gateway was closed, and had come in before.
    pub duplicates: u64,
    dcc_alerts: [u64; DCC_ALERT_CODES],
}

impl Counts {
    pub fn dcc_alert(&mut self, code: DccAlertCode) {
        self.dcc_alerts[code as usize] += 1;
    }

    /// By the names reports use.
    pub fn named(&self) -> BTreeMap<String, u64> {
        // What only a Modification or an event brings about is named only where it came about.
        let named_where_met = [
            ("user.duplicates", self.duplicates),
            ("user.kept_by_gateway", self.kept_by_gateway),
            ("user.dcc_alerts.n46", self.dcc_alerts[DccAlertCode::N46 as usize]),
            ("user.dcc_alerts.n47", self.dcc_alerts[DccAlertCode::N47 as usize]),
            ("user.dcc_alerts.n48", self.dcc_alerts[DccAlertCode::N48 as usize]),
            ("user.throttled_answers", self.throttled_answers),
        ];
        let dcc_alerts = |code: DccAlertCode| self.dcc_alerts[code as usize];
        [
            ("user.arrivals_without_target", self.arrivals_without_target),
            ("user.dcc_alerts.n12", dcc_alerts(DccAlertCode::N12)),
            ("user.dcc_alerts.n13", dcc_alerts(DccAlertCode::N13)),
            ("user.dcc_alerts.n17", dcc_alerts(DccAlertCode::N17)),
            ("user.duplicate_answers", self.duplicate_answers),
            ("user.future_dated_executed", self.future_dated_executed),
            ("user.future_dated_failed", self.future_dated_failed),
            ("user.misdirected_alerts", self.misdirected_alerts),
            ("user.mistakes_not_possible", self.mistakes_not_possible),
            ("user.pre_commands_signed", self.pre_commands_signed),
            ("user.retries", self.retries),
            ("user.unexpected_messages", self.unexpected_messages),
        ]
        .into_iter()
        .chain(named_where_met.into_iter().filter(|(_, count)| *count > 0))
        .map(|(name, count)| (name.to_owned(), count))
        .collect()
    }
}
