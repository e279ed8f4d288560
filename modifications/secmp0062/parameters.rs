//! SECMP0062: northbound alert storm protection (domain.md §5.2). The numbers in force are not public: all are assumed.

use crate::check::Check;
use crate::units::{Date, Span};
use schemars::JsonSchema;
use secnet_engine::repeats::Limits;
use secnet_model::{AlertCode, DccAlertCode};
use serde::{Deserialize, Serialize};

/// The historical exclusion (domain.md §4): strong magnetic field.
const MAGNETIC_FIELD: &str = "8F75";

/// Counts alerts of one code from one device, and DCC alerts of one code about one device; beyond the threshold one consolidated alert a
/// period speaks for the rest.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Secmp0062Params {
    /// When it went live, for `as_of`: its second part did on 5 November 2020, the first on 6 May (domain.md §14.1).
    pub live_from: Option<Date>,
    /// Alerts of one code from one device forwarded within a window, before the rest is held back. Assumed.
    pub threshold: u32,
    /// How long a window lasts from its first alert. Assumed.
    pub window: Span,
    /// One consolidated alert is forwarded at the end of each period with more alerts; a period without any ends the storm.
    /// Not shorter than the window. Assumed.
    pub period: Span,
    /// Whether alerts the DCC raises itself are counted and held back too, at the DSP wherever those of devices are: DUIS has the count of
    /// consolidated alerts on DCC alerts as well, since DP124's consequential changes (domain.md §2.5).
    pub dcc_alerts: bool,
    /// Codes of alerts that are always forwarded, the DCC's among them. Assumed: the list in force is not public (domain.md §4), and N46 to
    /// N48 are on it because each names a quarantined request its User waits for.
    pub excluded: Vec<String>,
    /// Whether 8F75 is always forwarded too, as it was until the DCC consulted on removing it from the list in
    /// September 2023 (domain.md §4).
    pub excludes_8f75: bool,
    /// Where alerts are counted and held back.
    pub place: ConsolidationPlace,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConsolidationPlace {
    /// As alerts reach the DSP, before they cost it anything: Users and the DSP are protected, the SM WAN is not.
    #[default]
    Dsp,
    /// In the communications hub, before alerts enter the SM WAN (MP119's idea; domain.md §5.2).
    Hub,
}

impl Default for Secmp0062Params {
    fn default() -> Self {
        let excluded = [
            "AD1", "8F35", "8F36", "8F72", "8F1C", "8F66", "8F67", "8F69", "8F70", "N46", "N47", "N48",
        ];
        Secmp0062Params {
            live_from: Date::new(2020, 11, 5),
            threshold: 10,
            window: Span::from_secs(3_600),
            period: Span::from_secs(86_400),
            dcc_alerts: true,
            excluded: excluded.map(str::to_owned).to_vec(),
            excludes_8f75: false,
            place: ConsolidationPlace::Dsp,
        }
    }
}

impl Secmp0062Params {
    pub(crate) fn check(&self, check: &mut Check, path: &str) {
        let key = |key: &str| format!("{path}.{key}");
        check.at_least_one(&key("threshold"), self.threshold);
        check.positive(&key("window"), self.window);
        if self.period < self.window {
            let message = format!("{} is less than the window, {}", self.period, self.window);
            check.wrong(key("period"), message);
        }
        for (i, code) in self.excluded.iter().enumerate() {
            if dcc_alert(code).is_none() {
                check.alert(&key(&format!("excluded.{i}")), code);
            }
        }
    }

    /// When repetitions are held back.
    pub fn limits(&self) -> Limits {
        Limits {
            threshold: self.threshold,
            window: self.window.into(),
            period: self.period.into(),
        }
    }

    /// By the alert's place in the catalogue: whether it is always forwarded.
    pub fn exclusions(&self) -> Vec<bool> {
        let is_excluded = |alert: AlertCode| {
            let code = alert.entry().code;
            self.excluded.iter().any(|excluded| excluded == code)
                || (self.excludes_8f75 && code == MAGNETIC_FIELD)
        };
        AlertCode::all().map(is_excluded).collect()
    }

    /// By the DCC alert's place: whether it is always forwarded.
    pub fn dcc_exclusions(&self) -> Vec<bool> {
        let mut excluded = vec![false; DccAlertCode::ALL.len()];
        for code in self.excluded.iter().filter_map(|code| dcc_alert(code)) {
            excluded[code.index()] = true;
        }
        excluded
    }
}

fn dcc_alert(code: &str) -> Option<DccAlertCode> {
    DccAlertCode::ALL.into_iter().find(|it| it.code() == code)
}
