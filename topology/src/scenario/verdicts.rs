//! What a run must satisfy.

use super::Scenario;
use crate::check::Check;
use crate::suggest::mend;
use schemars::JsonSchema;
use secnet_model::Region;
use serde::{Deserialize, Serialize};

/// A threshold the run must meet; a miss ends it with exit code 3.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerdictParams {
    /// SRVs it covers; all when empty.
    #[serde(default)]
    pub srvs: Vec<String>,
    /// A User's name; all when absent.
    #[serde(default)]
    pub user: Option<String>,
    /// Only requests to premises of this CSP region.
    #[serde(default)]
    #[schemars(schema_with = "crate::words::region")]
    pub region: Option<Region>,
    /// Least share of requests answered within the target response time.
    #[serde(default)]
    pub within_target_share_min: Option<f64>,
    /// Least share of requests completed.
    #[serde(default)]
    pub completed_share_min: Option<f64>,
    /// Least share of device alerts that reached their recipient within 60 s (SEC H3.14(g)), of those raised: what was lost
    /// counts as missed. With `user`, of those delivered to it. `srvs` do not apply.
    #[serde(default)]
    pub alerts_within_target_share_min: Option<f64>,
    /// Least share of faults of three minutes and longer that the DNO knew within five minutes of their beginning: 99.5 % are asked for
    /// (seeds 004 DP096, requirements 2 and 3). `srvs` and `user` do not apply, nor to the keys below.
    #[serde(default)]
    pub outages_known_within_5_min_share_min: Option<f64>,
    /// Least share of meters out of which the DNO had an alert within 60 s of the end of the three minutes (SEC H3.14(g)).
    #[serde(default)]
    pub outage_alerts_within_60_s_share_min: Option<f64>,
    /// Least share of meters out of which the DNO had an alert within five minutes of their loss of supply (seeds 004 DP096,
    /// requirement 2).
    #[serde(default)]
    pub outage_alerts_within_5_min_share_min: Option<f64>,
    /// Least share of meters restored of which the DNO had an alert within 60 s of the return of their supply (SEC H3.14(g)).
    #[serde(default)]
    pub restoration_alerts_within_60_s_share_min: Option<f64>,
    /// Least share of meters interrupted for less than three minutes that no outage alert was told of (seeds 004 DP096, requirement 2b).
    #[serde(default)]
    pub interruptions_without_outage_alert_share_min: Option<f64>,
    /// Most that the DSP, the S1SP or any cell of a CSP may be busy in any five minutes; with `region`, that region's CSP. `srvs` and `user`
    /// do not apply.
    #[serde(default)]
    pub load_share_max: Option<f64>,
    /// For `updated_share_min`: which campaign.
    #[serde(default)]
    pub campaign: Option<String>,
    /// Least share of a firmware campaign's devices that run the new version when the run ends, as their Supplier knows. `srvs` and
    /// `user` do not apply.
    #[serde(default)]
    pub updated_share_min: Option<f64>,
}

impl Check<'_> {
    pub(crate) fn verdicts(&mut self, scenario: &Scenario) {
        for (i, verdict) in scenario.verdicts.iter().enumerate() {
            let path = format!("verdicts.{i}");
            for (j, number) in verdict.srvs.iter().enumerate() {
                self.srv(&format!("{path}.srvs.{j}"), number);
            }
            if let Some(name) = &verdict.user
                && !self.users.iter().any(|user| user.name == *name)
            {
                let mend = mend(name, self.users.iter().map(|user| user.name.as_str()));
                self.wrong(format!("{path}.user"), format!("no User `{name}`{mend}"));
            }
            let thresholds = [
                ("within_target_share_min", verdict.within_target_share_min),
                ("completed_share_min", verdict.completed_share_min),
                (
                    "alerts_within_target_share_min",
                    verdict.alerts_within_target_share_min,
                ),
                (
                    "outages_known_within_5_min_share_min",
                    verdict.outages_known_within_5_min_share_min,
                ),
                (
                    "outage_alerts_within_60_s_share_min",
                    verdict.outage_alerts_within_60_s_share_min,
                ),
                (
                    "outage_alerts_within_5_min_share_min",
                    verdict.outage_alerts_within_5_min_share_min,
                ),
                (
                    "restoration_alerts_within_60_s_share_min",
                    verdict.restoration_alerts_within_60_s_share_min,
                ),
                (
                    "interruptions_without_outage_alert_share_min",
                    verdict.interruptions_without_outage_alert_share_min,
                ),
                ("load_share_max", verdict.load_share_max),
                ("updated_share_min", verdict.updated_share_min),
            ];
            for (key, threshold) in thresholds {
                if let Some(threshold) = threshold {
                    self.share(&format!("{path}.{key}"), threshold);
                }
            }
            self.verdict_campaign(&path, verdict, scenario);
            if thresholds.iter().all(|(_, threshold)| threshold.is_none()) {
                let message =
                    "a verdict needs a threshold, such as `within_target_share_min` or `completed_share_min`";
                self.wrong(&path, message);
            }
        }
    }

    fn verdict_campaign(&mut self, path: &str, verdict: &VerdictParams, scenario: &Scenario) {
        if verdict.campaign.is_some() != verdict.updated_share_min.is_some() {
            let message =
                "`campaign` and `updated_share_min` go together: the share of which campaign's devices";
            self.wrong(path, message);
        }
        let names = || scenario.campaigns.iter().map(|campaign| campaign.name.as_str());
        if let Some(name) = &verdict.campaign
            && !names().any(|campaign| campaign == name)
        {
            let message = format!("no campaign `{name}`{}", mend(name, names()));
            self.wrong(format!("{path}.campaign"), message);
        }
    }
}
