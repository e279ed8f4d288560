//! What a User counts beside its ledger and service levels.

use secnet_accounts::figures;
use secnet_model::DccAlertCode;
use secnet_wire::DccAlert;

figures! {
    /// What a User counts.
    pub struct Counts: "Users" in "user" {
        /// Arrivals for which no premises with a fitting device was found.
        pub arrivals_without_target: sum "arrivals",
        /// Arrivals whose mistake the User cannot make with that service request.
        pub mistakes_not_possible: sum "arrivals",
        /// Requests sent again after an overload answer.
        pub retries: sum "submissions",
        /// Pre-commands signed.
        pub pre_commands_signed: sum "pre-commands",
        /// Answers to requests that were closed, or at a stage, already: delivery is at least once (domain.md §2.1).
        pub duplicate_answers: sum "answers",
        /// Alerts that by the alert table are for somebody else.
        pub misdirected_alerts: sum "alerts",
        /// Messages no User should get.
        pub unexpected_messages: sum "messages",
        /// Alerts 8F66: a future-dated command was executed.
        pub future_dated_executed: sum "alerts",
        /// Alerts 8F67: a future-dated command failed.
        pub future_dated_failed: sum "alerts",
        /// Answers that the User is above its allocation (SECMP0067).
        pub throttled_answers: sum "answers" if nonzero,
        /// Requests for what had no answer before.
        pub asked_again: sum "requests" if nonzero,
        /// Requests that were ready to be sent while the gateway was closed.
        pub kept_by_gateway: sum "requests" if nonzero,
        /// What the DSP pushed again after the gateway was closed, and had come in before.
        pub duplicates: sum "messages" if nonzero,
        /// Such messages that it had forgotten: `user.remembered_before_closing` is too short.
        pub duplicates_not_recognised: sum "messages" if nonzero,
        /// DCC alerts N12.
        n12: sum "alerts" as "dcc_alerts.n12",
        /// DCC alerts N13.
        n13: sum "alerts" as "dcc_alerts.n13",
        /// DCC alerts N17.
        n17: sum "alerts" as "dcc_alerts.n17",
        /// DCC alerts N46.
        n46: sum "alerts" as "dcc_alerts.n46" if nonzero,
        /// DCC alerts N47.
        n47: sum "alerts" as "dcc_alerts.n47" if nonzero,
        /// DCC alerts N48.
        n48: sum "alerts" as "dcc_alerts.n48" if nonzero,
        /// DCC alerts N60.
        n60: sum "alerts" as "dcc_alerts.n60" if nonzero,
        /// DCC alerts N61.
        n61: sum "alerts" as "dcc_alerts.n61" if nonzero,
        /// DCC alerts N49.
        n49: sum "alerts" as "dcc_alerts.n49" if nonzero,
        /// DCC alerts that speak for others (SECMP0062).
        dcc_consolidated: sum "alerts" as "dcc_alerts.consolidated" if nonzero,
        /// DCC alerts those speak for besides themselves.
        dcc_throttled: sum "alerts" as "dcc_alerts.throttled" if nonzero,
    }
}

impl Counts {
    /// Something was pushed again, which the User knows by its id or does not.
    pub fn copy(&mut self, is_known: bool) {
        if is_known {
            self.duplicates += 1;
        } else {
            self.duplicates_not_recognised += 1;
        }
    }

    pub fn dcc_alert(&mut self, alert: &DccAlert) {
        let count = match alert.code {
            DccAlertCode::N12 => &mut self.n12,
            DccAlertCode::N13 => &mut self.n13,
            DccAlertCode::N17 => &mut self.n17,
            DccAlertCode::N46 => &mut self.n46,
            DccAlertCode::N47 => &mut self.n47,
            DccAlertCode::N48 => &mut self.n48,
            DccAlertCode::N60 => &mut self.n60,
            DccAlertCode::N61 => &mut self.n61,
            DccAlertCode::N49 => &mut self.n49,
        };
        *count += 1;
        if let Some(throttled) = alert.throttled {
            self.dcc_consolidated += 1;
            self.dcc_throttled += u64::from(throttled.count);
        }
    }
}
