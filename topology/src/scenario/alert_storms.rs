//! Storms of alerts.

use super::Scenario;
use crate::check::{Check, rounded};
use crate::suggest::mend;
use crate::units::Span;
use schemars::JsonSchema;
use secnet_model::{AlertCode, DeviceType, Region};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// For a time, all devices of one model raise alerts (domain.md §5.4: a setting change made about 20 % of the estate emit failure
/// messages about 100 times larger).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertStormParams {
    /// Unique among the alert storms.
    pub name: String,
    /// Device type that raises the alerts.
    #[serde(default = "defaults::esme")]
    #[schemars(schema_with = "crate::words::device_type")]
    pub device: DeviceType,
    /// Region outside of which no device is of the model; `smets1` for a model of SMETS1 devices.
    #[serde(default)]
    #[schemars(schema_with = "crate::words::region")]
    pub region: Option<Region>,
    /// Share of such devices that are of the model.
    pub device_share: f64,
    /// Code of the alert.
    pub alert: String,
    /// Alerts per device of the model and hour. Assumed.
    pub per_device_per_hour: f64,
    /// How many times its ordinary size the alert has.
    #[serde(default = "defaults::one")]
    pub size_factor: f64,
    /// First moment, after the epoch.
    pub starts_after: Span,
    /// How long it lasts, no longer than until the horizon.
    pub lasts: Span,
}

/// What an alert's size is written in.
const ALERT_BYTES_MAX: u16 = u16::MAX;

impl Check<'_> {
    pub(crate) fn alerts(&mut self, scenario: &Scenario) {
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

mod defaults {
    use super::*;

    pub(super) fn esme() -> DeviceType {
        DeviceType::Esme
    }

    pub(super) fn one() -> f64 {
        1.0
    }
}
