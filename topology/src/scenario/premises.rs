//! The devices, and the alerts they raise by themselves.

use super::Scenario;
use crate::check::Check;
use crate::units::Span;
use schemars::JsonSchema;
use secnet_model::profile::PROFILE_DAYS_MAX;
use serde::{Deserialize, Serialize};

/// A clock further off than this is not a clock.
const CLOCK_ERROR_BOUND: Span = DAY;
const DAY: Span = Span::from_secs(86_400);
/// An entry covers at least this.
const PROFILE_INTERVAL_MIN: Span = Span::from_secs(60);

/// Devices and the home area network.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PremisesParams {
    /// Hub to device and back, with the device's own processing: at least. Assumed.
    pub han_delay_min: Span,
    /// Hub to device and back, with the device's own processing: on average. Assumed.
    pub han_delay_mean: Span,
    /// How often a sleeping GSME asks its hub for commands (domain.md §3, unverified).
    pub gsme_poll_interval: Span,
    /// Chance that a device answers with an error. Assumed.
    pub device_error_share: f64,
    /// How far a device's clock may be ahead of or behind the time, evenly spread over devices: it executes future-dated commands by
    /// it. Beyond 10 s a device raises 81C6, clock out of tolerance (domain.md §4); the spread is assumed.
    pub clock_error_max: Span,
    /// Chance that a device-held future-dated command fails at its time (8F67). Assumed.
    pub future_dated_failure_share: f64,
    /// Device alerts per enrolled premises and day, those of noisy devices included (July 2022 had 76 per meter and month
    /// without effective throttling, about 4 per premises and day; the ordinary rate is assumed).
    pub alerts_per_premises_per_day: f64,
    /// What reads of profile data (SRVs 4.8.1 to 4.8.3) ask for.
    pub profile: ProfileParams,
    /// How unevenly devices raise them.
    pub alerts_tail: AlertsTailParams,
}

/// Which part of its profile a device is asked for. Over the framing of 168 octets an entry takes 8 octets on an ESME, and 3 over 107
/// on a GSME or its GPF (RTDS vectors of ECS22b and GCS17).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ProfileParams {
    /// The time one entry covers: half an hour (domain.md §1).
    pub interval: Span,
    /// Most days a read on demand asks for, at least one, evenly drawn; a device keeps 397 (domain.md §1). Assumed.
    pub days_on_demand_max: u32,
    /// Days a scheduled read asks for. Assumed: the day that has ended.
    pub days_scheduled: u32,
}

/// A few devices raise most alerts, each the same one again and again. Their rates follow a Pareto distribution between a
/// least and a greatest, spread evenly over the region, so that a small population has the tail of a large one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AlertsTailParams {
    /// Share of premises with a noisy device. Assumed.
    pub noisy_share: f64,
    /// Share of all device alerts that noisy devices raise. Assumed.
    pub alert_share: f64,
    /// The Pareto distribution's exponent; the smaller, the heavier the tail. Assumed.
    pub exponent: f64,
    /// How many times the rate of the quietest noisy device the loudest has. Assumed.
    pub spread: f64,
}

impl Default for PremisesParams {
    fn default() -> Self {
        PremisesParams {
            han_delay_min: Span::from_millis(300),
            han_delay_mean: Span::from_millis(1_200),
            gsme_poll_interval: Span::from_secs(1_800),
            device_error_share: 0.001,
            clock_error_max: Span::from_secs(10),
            future_dated_failure_share: 0.002,
            alerts_per_premises_per_day: 0.5,
            profile: ProfileParams::default(),
            alerts_tail: AlertsTailParams::default(),
        }
    }
}

impl Default for ProfileParams {
    fn default() -> Self {
        ProfileParams {
            interval: Span::from_secs(1_800),
            days_on_demand_max: 31,
            days_scheduled: 1,
        }
    }
}

impl ProfileParams {
    /// Entries of so many days.
    pub fn entries(&self, days: u32) -> u32 {
        let per_day = DAY.as_micros() / self.interval.as_micros().max(1);
        u32::try_from(u64::from(days).saturating_mul(per_day)).unwrap_or(u32::MAX)
    }
}

impl Default for AlertsTailParams {
    /// No device is noisier than another.
    fn default() -> Self {
        AlertsTailParams {
            noisy_share: 0.0,
            alert_share: 0.0,
            exponent: 1.2,
            spread: 200.0,
        }
    }
}

impl Check<'_> {
    pub(crate) fn premises(&mut self, scenario: &Scenario) {
        let params = &scenario.premises;
        self.min_and_mean(
            "premises.han_delay_mean",
            params.han_delay_min,
            params.han_delay_mean,
        );
        self.positive("premises.gsme_poll_interval", params.gsme_poll_interval);
        if params.clock_error_max > CLOCK_ERROR_BOUND {
            let message = format!("must be at most {CLOCK_ERROR_BOUND}");
            self.wrong("premises.clock_error_max", message);
        }
        self.share("premises.device_error_share", params.device_error_share);
        self.share(
            "premises.future_dated_failure_share",
            params.future_dated_failure_share,
        );
        self.profile(&params.profile);
        self.rate(
            "premises.alerts_per_premises_per_day",
            params.alerts_per_premises_per_day,
        );
    }

    fn profile(&mut self, params: &ProfileParams) {
        if params.interval < PROFILE_INTERVAL_MIN || params.interval > DAY {
            let message = format!(
                "must be from {PROFILE_INTERVAL_MIN} to {DAY}, not {}",
                params.interval
            );
            self.wrong("premises.profile.interval", message);
        }
        for (key, days) in [
            ("days_on_demand_max", params.days_on_demand_max),
            ("days_scheduled", params.days_scheduled),
        ] {
            if !(1..=PROFILE_DAYS_MAX).contains(&days) {
                let message = format!("must be from 1 to {PROFILE_DAYS_MAX}, not {days}");
                self.wrong(format!("premises.profile.{key}"), message);
            }
        }
    }
}
