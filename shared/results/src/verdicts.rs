//! The scenario's thresholds against what was measured.

use crate::campaigns::CampaignKpi;
use crate::load::{LoadKpis, ResourceKpi};
use crate::power::PowerKpis;
use secnet_accounts::Account;
use secnet_accounts::alerts::{AlertKey, AlertLevel, Raised};
use secnet_accounts::service::{ServiceKey, ServiceLevel};
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
    /// Whether it holds however those that are still open end.
    pub met: bool,
    /// Requests still open when emulated time ended, where it depends on them whether the threshold is met; then it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<u64>,
    /// The threshold is the most, not the least.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_most: bool,
}

/// What a run is held to its thresholds by.
pub(crate) struct Measured<'a> {
    pub total: &'a Account,
    /// The names by User id.
    pub users: &'a [String],
    pub power: Option<&'a PowerKpis>,
    pub campaigns: &'a [CampaignKpi],
    pub load: &'a LoadKpis,
}

/// What a share is of.
#[derive(Clone, Copy, Debug)]
struct Cohort {
    part: u64,
    /// Those whose success or failure can be told.
    due: u64,
    /// All, those not due yet included.
    whole: u64,
    /// Those that could still become part of it.
    open: u64,
}

impl Verdict {
    fn at_least(text: String, cohort: Cohort, threshold: f64) -> Verdict {
        let Cohort {
            part,
            due,
            whole,
            open,
        } = cohort;
        let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
        let holds = |measured: Option<f64>| measured.is_some_and(|measured| measured >= threshold);
        let met = holds(share(part, whole));
        let may_be_met = holds(share(part + open, whole));
        Verdict {
            text,
            measured: share(part, due),
            threshold,
            met,
            open: (!met && may_be_met).then_some(open),
            at_most: false,
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mark = match (self.met, self.open) {
            (true, _) => "met   ",
            (false, None) => "MISSED",
            (false, Some(_)) => "OPEN  ",
        };
        // Rounded so that a missed threshold never reads as met.
        let rounded: fn(f64) -> String = match self.at_most {
            true => percent_up,
            false => percent,
        };
        let (bound, threshold) = (bound(self.at_most), percent(self.threshold));
        write!(f, "{mark}  {}: {bound} {threshold}, ", self.text)?;
        match self.measured {
            Some(measured) => write!(f, "measured {}", rounded(measured))?,
            None if self.at_most => f.write_str("but nothing was measured")?,
            None if self.open.is_some() => f.write_str("nothing measured")?,
            None => f.write_str("but there was no such request")?,
        }
        match self.open {
            Some(open) => write!(
                f,
                "; it depends on {open} still open at the end (a longer drain decides)"
            ),
            None => Ok(()),
        }
    }
}

/// Rounded down, so that a missed threshold never reads as met.
/// Rounded down, so that no share reads as a threshold it does not reach.
pub fn percent(share: f64) -> String {
    // The small addition keeps 0.29 × 10,000 = 2,899.9999… at 29 %.
    let hundredths = (share * 10_000.0 + 1e-6).floor() / 100.0;
    if hundredths.fract() == 0.0 {
        format!("{hundredths:.0} %")
    } else {
        format!("{hundredths:.2} %")
    }
}

pub(crate) const fn bound(at_most: bool) -> &'static str {
    match at_most {
        true => "at most",
        false => "at least",
    }
}

fn percent_up(share: f64) -> String {
    let hundredths = (share * 10_000.0 - 1e-6).ceil() / 10_000.0;
    percent(hundredths)
}

/// In the scenario's order.
pub(crate) fn evaluate(params: &[VerdictParams], measured: &Measured) -> Vec<Verdict> {
    let verdicts_of = |params: &VerdictParams| {
        let mut verdicts = evaluate_one(params, measured.total, measured.users);
        verdicts.extend(of_faults(params, measured.power));
        verdicts.extend(of_campaign(params, measured.campaigns));
        verdicts.extend(of_load(params, measured.load));
        verdicts
    };
    params.iter().flat_map(verdicts_of).collect()
}

/// What is asked of how busy servers and cells are: firmware has no more than its share.
fn of_load(params: &VerdictParams, load: &LoadKpis) -> Option<Verdict> {
    let threshold = params.load_share_max?;
    let region = params.region.map(|region| region.provider());
    let asked = load.resources.iter().filter(|row| {
        let is_there = region.is_none_or(|region| row.of == region);
        is_there && row.what != "firmware"
    });
    let fullest = asked.max_by(|a, b| a.most().total_cmp(&b.most()));
    let place = params.region.map(|region| format!(" in region {region}"));
    let text = format!(
        "the fullest five minutes of any server or cell{}",
        place.unwrap_or_default()
    );
    let measured = fullest.map(ResourceKpi::most);
    Some(Verdict {
        text,
        measured,
        threshold,
        met: measured.is_some_and(|measured| measured <= threshold),
        open: None,
        at_most: true,
    })
}

/// What is asked of what the DNOs learn.
fn of_faults(params: &VerdictParams, power: Option<&PowerKpis>) -> Vec<Verdict> {
    let row = power.and_then(|power| power.all_in(params.region));
    let row = row.cloned().unwrap_or_default();
    let without_alert = row.meters_interrupted.saturating_sub(row.false_outage_alerts);
    let asked = [
        (
            params.outages_known_within_5_min_share_min,
            "faults known to the DNO within 5 min",
            (row.faults_known_within_5_min, row.faults),
        ),
        (
            params.outage_alerts_within_60_s_share_min,
            "meters out known to the DNO within 60 s of the three minutes",
            (row.outage_alerts_within_60_s, row.meters_out),
        ),
        (
            params.outage_alerts_within_5_min_share_min,
            "meters out known to the DNO within 5 min",
            (row.outage_alerts_within_5_min, row.meters_out),
        ),
        (
            params.restoration_alerts_within_60_s_share_min,
            "meters restored known to the DNO within 60 s",
            (row.restoration_alerts_within_60_s, row.meters_restored),
        ),
        (
            params.interruptions_without_outage_alert_share_min,
            "interruptions under 3 min without an outage alert",
            (without_alert, row.meters_interrupted),
        ),
    ];
    let verdict = |(threshold, what, (part, due)): (Option<f64>, &str, (u64, u64))| {
        let cohort = Cohort {
            part,
            due,
            whole: due,
            open: 0,
        };
        Some(Verdict::at_least(
            format!("{what}{}", place(params)),
            cohort,
            threshold?,
        ))
    };
    asked.into_iter().filter_map(verdict).collect()
}

/// What is asked of a firmware campaign.
fn of_campaign(params: &VerdictParams, campaigns: &[CampaignKpi]) -> Option<Verdict> {
    let (name, threshold) = (params.campaign.as_ref()?, params.updated_share_min?);
    let region = params.region.map(|region| region.name().to_owned());
    let mut rows = campaigns.iter();
    let row = rows.find(|row| row.campaign == *name && row.region == region);
    let (updated, devices, open) = row.map_or((0, 0, 0), |row| (row.updated, row.devices, row.open));
    let cohort = Cohort {
        part: updated,
        due: devices - open,
        whole: devices,
        open,
    };
    let text = format!(
        "devices of campaign {name}{} that run the new version",
        place(params)
    );
    Some(Verdict::at_least(text, cohort, threshold))
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
            Cohort {
                part: level.within_target,
                due: level.owed_a_response(),
                whole: level.owed_a_response() + level.open(),
                open: level.open(),
            },
            threshold,
        ));
    }
    if let Some(threshold) = params.completed_share_min {
        let text = format!("{subject} completed");
        verdicts.push(Verdict::at_least(
            text,
            // One that is overdue may be completed late.
            Cohort {
                part: level.completed(),
                due: level.due(),
                whole: level.due() + level.open(),
                open: level.overdue + level.open(),
            },
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
        let mut raised = Raised::default();
        total
            .raised
            .iter()
            .filter(|(_, region, _)| params.region.is_none_or(|of| of == *region))
            .for_each(|(_, _, of_key)| raised.add(of_key));
        // Who an undelivered alert was for nobody knows.
        let (what, part, due) = match params.user {
            None => ("device alerts", raised.within_target(&level), raised.due(&level)),
            Some(_) => ("delivered device alerts", level.within_target, level.delivered()),
        };
        let text = format!("{what}{} delivered within 60 s", place(params));
        let cohort = Cohort {
            part,
            due,
            whole: due,
            open: 0,
        };
        verdicts.push(Verdict::at_least(text, cohort, threshold));
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
        let verdicts = Kpis::new(&sample::run(), &sample::run().total(), &[]).verdicts;
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
        let at_least = |part, whole, threshold| {
            let (due, open) = (whole, 0);
            let cohort = Cohort {
                part,
                due,
                whole,
                open,
            };
            Verdict::at_least(String::new(), cohort, threshold)
        };
        assert!(at_least(3, 4, 0.75).met);
        assert!(!at_least(74, 100, 0.75).met);
        assert_eq!(percent(0.989_999), "98.99 %");
        assert_eq!(percent(0.29), "29 %");
        assert_eq!(percent(1.0), "100 %");
    }

    #[test]
    fn a_threshold_that_hangs_on_what_is_open_is_not_decided() {
        let of = |part, due, open| {
            let whole = due + open;
            let cohort = Cohort {
                part,
                due,
                whole,
                open,
            };
            Verdict::at_least("all requests completed".to_owned(), cohort, 0.9).to_string()
        };
        let lines = [of(95, 100, 5), of(95, 100, 6), of(80, 100, 20), of(0, 0, 7)];
        expect![[r#"
            met     all requests completed: at least 90 %, measured 95 %
            OPEN    all requests completed: at least 90 %, measured 95 %; it depends on 6 still open at the end (a longer drain decides)
            MISSED  all requests completed: at least 90 %, measured 80 %
            OPEN    all requests completed: at least 90 %, nothing measured; it depends on 7 still open at the end (a longer drain decides)"#]]
        .assert_eq(&lines.join("\n"));
    }

    #[test]
    fn the_load_is_held_to_at_most_a_share_and_never_reads_as_met_where_it_is_not() {
        let mut run = sample::run();
        let verdict = |share: &str| toml::from_str(&format!("load_share_max = {share}")).unwrap();
        run.scenario.verdicts = ["0.9", "0.89999", "1.0"].map(verdict).into();
        let lines: Vec<String> = Kpis::new(&run, &run.total(), &[])
            .verdicts
            .iter()
            .map(Verdict::to_string)
            .collect();
        expect![[r#"
            met     the fullest five minutes of any server or cell: at most 90 %, measured 90 %
            MISSED  the fullest five minutes of any server or cell: at most 89.99 %, measured 90 %
            met     the fullest five minutes of any server or cell: at most 100 %, measured 90 %"#]]
        .assert_eq(&lines.join("\n"));
    }
}
