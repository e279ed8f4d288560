//! Alerts: their tail and storms.

use super::rounded;
use crate::check::Check;
use crate::scenario::{AlertStormParams, Scenario};
use crate::suggest::mend;
use secnet_model::{AlertCode, DeviceType};
use std::collections::BTreeSet;

/// What an alert's size is written in.
const ALERT_BYTES_MAX: u16 = u16::MAX;

impl Check<'_> {
    pub(super) fn alerts(&mut self, scenario: &Scenario) {
        self.alerts_tail(scenario);
        let mut names = BTreeSet::new();
        for (i, storm) in scenario.alert_storms.iter().enumerate() {
            let path = format!("alert_storms.{i}");
            if storm.name.trim().is_empty() {
                self.wrong(format!("{path}.name"), "an alert storm needs a name");
            } else if !names.insert(&storm.name) {
                let message = format!("two alert storms are named `{}`", storm.name);
                self.wrong(format!("{path}.name"), message);
            }
            self.alert_storm(&path, storm);
        }
    }

    fn alerts_tail(&mut self, scenario: &Scenario) {
        let tail = &scenario.premises.alerts_tail;
        let path = |key: &str| format!("premises.alerts_tail.{key}");
        self.share(&path("noisy_share"), tail.noisy_share);
        self.share(&path("alert_share"), tail.alert_share);
        if tail.noisy_share == 0.0 && tail.alert_share > 0.0 {
            let message = "devices that are none raise no alerts; give `noisy_share` as well";
            self.wrong(path("alert_share"), message);
        }
        if !(tail.exponent.is_finite() && tail.exponent > 0.0) {
            self.wrong(
                path("exponent"),
                format!("must be more than 0, not {}", tail.exponent),
            );
        }
        if !(tail.spread.is_finite() && tail.spread >= 1.0) {
            self.wrong(path("spread"), format!("must be at least 1, not {}", tail.spread));
        }
    }

    fn alert_storm(&mut self, path: &str, storm: &AlertStormParams) {
        self.share(&format!("{path}.device_share"), storm.device_share);
        self.rate(&format!("{path}.per_device_per_hour"), storm.per_device_per_hour);
        self.positive(&format!("{path}.lasts"), storm.lasts);
        if !matches!(
            storm.device,
            DeviceType::Esme | DeviceType::Gsme | DeviceType::Chf | DeviceType::Gpf | DeviceType::Ppmid
        ) {
            let message = format!("no emulated premises has a {}", storm.device.name());
            self.wrong(format!("{path}.device"), message);
        }
        let Some(alert) = self.alert(&format!("{path}.alert"), &storm.alert) else {
            return;
        };
        let largest = f64::from(alert.entry().bytes_max) * storm.size_factor;
        if !(storm.size_factor > 0.0 && largest <= f64::from(ALERT_BYTES_MAX)) {
            let message = format!(
                "makes {alert} up to {} octets long; an alert has 1 to {ALERT_BYTES_MAX}",
                rounded(largest)
            );
            self.wrong(format!("{path}.size_factor"), message);
        }
    }

    pub(crate) fn alert(&mut self, path: &str, code: &str) -> Option<AlertCode> {
        let alert = AlertCode::from_code(code);
        if alert.is_none() {
            let mend = mend(code, AlertCode::all().map(|alert| alert.entry().code));
            self.wrong(path, format!("no alert code `{code}`{mend}"));
        }
        alert
    }
}
