//! The scenario's thresholds against what was measured.

use crate::Account;
use crate::alerts::{AlertKey, AlertLevel};
use crate::service::{ServiceKey, ServiceLevel};
use secnet_topology::scenario::VerdictParams;
use serde::{Deserialize, Serialize};

/// One threshold and whether the run met it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Verdict {
    /// What was to hold, in words.
    pub text: String,
    /// `None` when there was nothing to measure; a threshold on nothing is missed.
    pub measured: Option<f64>,
    pub threshold: f64,
    pub met: bool,
}

impl Verdict {
    fn at_least(text: String, part: u64, whole: u64, threshold: f64) -> Verdict {
        let measured = (whole > 0).then(|| part as f64 / whole as f64);
        Verdict {
            text,
            measured,
            threshold,
            met: measured.is_some_and(|measured| measured >= threshold),
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mark = if self.met { "met   " } else { "MISSED" };
        write!(f, "{mark}  {}: at least {}, ", self.text, percent(self.threshold))?;
        match self.measured {
            Some(measured) => write!(f, "measured {}", percent(measured)),
            None => f.write_str("but there was no such request"),
        }
    }
}

/// Rounded down, so that a missed threshold never reads as met.
pub(crate) fn percent(share: f64) -> String {
    // The small addition keeps 0.29 × 10,000 = 2,899.9999… at 29 %.
    let hundredths = (share * 10_000.0 + 1e-6).floor() / 100.0;
    if hundredths.fract() == 0.0 {
        format!("{hundredths:.0} %")
    } else {
        format!("{hundredths:.2} %")
    }
}

/// In the scenario's order. `users` are the names by User id.
pub fn evaluate(params: &[VerdictParams], total: &Account, users: &[String]) -> Vec<Verdict> {
    params
        .iter()
        .flat_map(|params| evaluate_one(params, total, users))
        .collect()
}

fn evaluate_one(params: &VerdictParams, total: &Account, users: &[String]) -> Vec<Verdict> {
    let mut level = ServiceLevel::default();
    total
        .service
        .iter()
        .filter(|(key, _)| covers(params, key, users))
        .for_each(|(_, of_key)| level.add(of_key));
    let subject = subject(params);
    let mut verdicts = Vec::new();
    if let Some(threshold) = params.within_target_share_min {
        let text = format!("{subject} answered within the target response time");
        verdicts.push(Verdict::at_least(
            text,
            level.within_target,
            level.owed_a_response(),
            threshold,
        ));
    }
    if let Some(threshold) = params.completed_share_min {
        let text = format!("{subject} completed");
        verdicts.push(Verdict::at_least(
            text,
            level.completed(),
            level.requests(),
            threshold,
        ));
    }
    if let Some(threshold) = params.alerts_within_target_share_min {
        let mut level = AlertLevel::default();
        total
            .alerts
            .iter()
            .filter(|(key, _)| covers_alert(params, key, users))
            .for_each(|(_, of_key)| level.add(of_key));
        let text = format!("device alerts{} delivered within 60 s", place(params));
        verdicts.push(Verdict::at_least(
            text,
            level.within_target,
            level.delivered(),
            threshold,
        ));
    }
    verdicts
}

fn covers_alert(params: &VerdictParams, key: &AlertKey, users: &[String]) -> bool {
    let user = params.user.is_none() || params.user.as_ref() == users.get(key.user.index());
    user && params.region.is_none_or(|region| region == key.region)
}

fn covers(params: &VerdictParams, key: &ServiceKey, users: &[String]) -> bool {
    let srv = params.srvs.is_empty() || params.srvs.iter().any(|srv| srv == key.srv.number());
    let user = params.user.is_none() || params.user.as_ref() == users.get(key.user.index());
    let region = params.region.is_none() || params.region == key.region;
    srv && user && region
}

fn subject(params: &VerdictParams) -> String {
    let srvs = match params.srvs.as_slice() {
        [] => "all requests".to_owned(),
        srvs => format!("SRV {}", srvs.join(", ")),
    };
    format!("{srvs}{}", place(params))
}

fn place(params: &VerdictParams) -> String {
    let user = params
        .user
        .as_ref()
        .map(|user| format!(" of {user}"))
        .unwrap_or_default();
    let region = params
        .region
        .map(|region| format!(" in region {region}"))
        .unwrap_or_default();
    format!("{user}{region}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kpis, sample};
    use expect_test::expect;

    #[test]
    fn thresholds_are_met_missed_or_without_anything_to_measure() {
        let verdicts = Kpis::new(&sample::run()).verdicts;
        let lines: Vec<String> = verdicts.iter().map(Verdict::to_string).collect();
        expect![[r#"
            met     SRV 4.1.1 answered within the target response time: at least 60 %, measured 66.66 %
            MISSED  all requests of Alba Energy in region south completed: at least 99 %, measured 33.33 %
            MISSED  SRV 2.2 completed: at least 50 %, but there was no such request"#]]
        .assert_eq(&lines.join("\n"));
        assert_eq!(
            verdicts.iter().map(|verdict| verdict.met).collect::<Vec<_>>(),
            [true, false, false]
        );
    }

    #[test]
    fn a_share_equal_to_its_threshold_meets_it_and_one_just_below_does_not_read_as_if_it_did() {
        assert!(Verdict::at_least(String::new(), 3, 4, 0.75).met);
        assert!(!Verdict::at_least(String::new(), 74, 100, 0.75).met);
        assert_eq!(percent(0.989_999), "98.99 %");
        assert_eq!(percent(0.29), "29 %");
        assert_eq!(percent(1.0), "100 %");
    }
}
