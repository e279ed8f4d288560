//! How far firmware campaigns have come, as the Suppliers that run them know it.

use crate::RunOutcome;
use crate::ledger_report::{CountsByName, nonzero};
use crate::measure::share;
use secnet_accounts::Account;
use secnet_accounts::DurationHistogram;
use secnet_accounts::campaigns::{CampaignTally, WarningReason};
use secnet_engine::Outcome;
use secnet_model::{Region, SimDuration};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const DAY: SimDuration = SimDuration::from_secs(86_400);

/// The devices of a campaign, in a region or everywhere. Days are counted from the campaign's beginning.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct CampaignKpi {
    /// By name.
    pub campaign: String,
    /// All when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Type of the devices.
    pub device: String,
    /// Devices that requests list.
    pub devices: u64,
    /// Those, by wave; absent where there was one wave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices_by_wave: Vec<u64>,
    /// Of which the DSP left out, by its reason (W110101); absent where it left out none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub warnings: CountsByName,
    /// Whose hub has the image (N60).
    pub at_hub: u64,
    /// That told that the image is sound (8F72).
    pub sound: u64,
    /// Requests to activate it.
    pub activations: u64,
    /// That run the new version, as their Supplier knows.
    pub updated: u64,
    /// Of the devices listed.
    pub updated_share: Option<f64>,
    /// How the devices ended whose fate is known.
    pub outcomes: CountsByName,
    /// Devices whose fate is not known yet.
    pub open: u64,
    /// Until so many of the devices listed run the new version; absent where so many do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days_to_50_percent: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days_to_90_percent: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days_to_99_percent: Option<f64>,
    /// Until so many of the devices listed have the image at their hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days_to_50_percent_at_hub: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days_to_90_percent_at_hub: Option<f64>,
    /// How many run the new version when each day ends, to within 1 % of the day's number.
    pub updated_by_day: Vec<u64>,
}

/// What is asked of a campaign.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum CampaignMeasure {
    Devices,
    UpdatedShare,
    DaysTo50,
    DaysTo90,
    DaysTo99,
}

impl CampaignMeasure {
    pub const ALL: [CampaignMeasure; 5] = [
        CampaignMeasure::Devices,
        CampaignMeasure::UpdatedShare,
        CampaignMeasure::DaysTo50,
        CampaignMeasure::DaysTo90,
        CampaignMeasure::DaysTo99,
    ];

    /// The key of `kpis.json`.
    pub const fn name(self) -> &'static str {
        match self {
            CampaignMeasure::Devices => "devices",
            CampaignMeasure::UpdatedShare => "updated_share",
            CampaignMeasure::DaysTo50 => "days_to_50_percent",
            CampaignMeasure::DaysTo90 => "days_to_90_percent",
            CampaignMeasure::DaysTo99 => "days_to_99_percent",
        }
    }

    /// As tables have it.
    pub const fn words(self) -> &'static str {
        match self {
            CampaignMeasure::Devices => "devices listed",
            CampaignMeasure::UpdatedShare => "devices that run the new version",
            CampaignMeasure::DaysTo50 => "until half run it",
            CampaignMeasure::DaysTo90 => "until 90 % run it",
            CampaignMeasure::DaysTo99 => "until 99 % run it",
        }
    }

    /// As the subject of a sentence.
    pub const fn noun(self) -> &'static str {
        match self {
            CampaignMeasure::Devices => "the number of devices listed",
            CampaignMeasure::UpdatedShare => "the share of devices that run the new version",
            CampaignMeasure::DaysTo50 => "the time until half of the devices run the new version",
            CampaignMeasure::DaysTo90 => "the time until 90 % of the devices run the new version",
            CampaignMeasure::DaysTo99 => "the time until 99 % of the devices run the new version",
        }
    }

    /// Of a row; `None` where there is nothing to measure.
    pub fn of(self, row: &CampaignKpi) -> Option<f64> {
        match self {
            CampaignMeasure::Devices => Some(row.devices as f64),
            CampaignMeasure::UpdatedShare => row.updated_share,
            CampaignMeasure::DaysTo50 => row.days_to_50_percent,
            CampaignMeasure::DaysTo90 => row.days_to_90_percent,
            CampaignMeasure::DaysTo99 => row.days_to_99_percent,
        }
    }
}

/// Each campaign in the scenario's order: everywhere, then by region.
pub(crate) fn all_of(run: &RunOutcome, total: &Account) -> Vec<CampaignKpi> {
    let mut rows = Vec::new();
    for (number, params) in run.scenario.campaigns.iter().enumerate() {
        let of_campaign = || {
            let tallies = total.campaigns.iter();
            tallies.filter(move |(campaign, ..)| usize::from(*campaign) == number)
        };
        let mut all = CampaignTally::default();
        of_campaign().for_each(|(_, _, tally)| all.add(tally));
        let row = |region: Option<Region>, tally: &CampaignTally| CampaignKpi {
            campaign: params.name.clone(),
            region: region.map(|region| region.name().to_owned()),
            device: params.device.name().to_owned(),
            ..CampaignKpi::new(tally)
        };
        rows.push(row(None, &all));
        rows.extend(of_campaign().map(|(_, region, tally)| row(Some(region), tally)));
    }
    rows
}

impl CampaignKpi {
    fn new(tally: &CampaignTally) -> CampaignKpi {
        let ended: u64 = tally.ended.values().sum();
        let updated = tally.ended.get(&Outcome::Completed).copied().unwrap_or_default();
        let reasons = WarningReason::ALL.iter();
        let days = |durations: &DurationHistogram, percent| days_to(durations, tally.listed, percent);
        let last_day = tally.updated_after.max().0.div_ceil(DAY.0);
        CampaignKpi {
            devices: tally.listed,
            devices_by_wave: by_wave(tally),
            warnings: nonzero(reasons.map(|reason| (reason.name(), tally.warned[*reason as usize]))),
            at_hub: tally.at_hub,
            sound: tally.sound,
            activations: tally.activations,
            updated,
            updated_share: share(updated, tally.listed),
            outcomes: nonzero(
                tally
                    .ended
                    .iter()
                    .map(|(outcome, count)| (outcome.name(), *count)),
            ),
            open: tally.listed.saturating_sub(ended),
            days_to_50_percent: days(&tally.updated_after, 50),
            days_to_90_percent: days(&tally.updated_after, 90),
            days_to_99_percent: days(&tally.updated_after, 99),
            days_to_50_percent_at_hub: days(&tally.at_hub_after, 50),
            days_to_90_percent_at_hub: days(&tally.at_hub_after, 90),
            updated_by_day: (1..=last_day)
                .map(|day| tally.updated_after.count_up_to(SimDuration(DAY.0 * day)))
                .collect(),
            ..CampaignKpi::default()
        }
    }
}

fn by_wave(tally: &CampaignTally) -> Vec<u64> {
    let last = tally.by_wave.keys().last().copied().unwrap_or_default();
    let devices = |wave| tally.by_wave.get(&wave).copied().unwrap_or_default();
    match last {
        0 => Vec::new(),
        last => (0..=last).map(devices).collect(),
    }
}

/// Days until so many per cent of `all` had come, to a thousandth of a day.
fn days_to(durations: &DurationHistogram, all: u64, percent: u64) -> Option<f64> {
    let wanted = (all * percent).div_ceil(100);
    if wanted == 0 || wanted > durations.count() {
        return None;
    }
    let at = durations.quantile(wanted as f64 / durations.count() as f64);
    Some((at.as_secs_f64() / DAY.as_secs_f64() * 1e3).round() / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_until_so_many_of_all_devices_had_come_and_none_where_they_did_not() {
        let mut durations = DurationHistogram::default();
        // One a day for 90 days, of 100 devices.
        (1..=90).for_each(|day| durations.record(SimDuration(DAY.0 * day)));
        let close =
            |days: Option<f64>, expected: f64| days.is_some_and(|days| (days / expected - 1.0).abs() < 0.01);
        assert!(close(days_to(&durations, 100, 50), 50.0));
        assert!(close(days_to(&durations, 100, 90), 90.0));
        assert_eq!(days_to(&durations, 100, 91), None);
        assert_eq!(days_to(&durations, 0, 50), None);
        let tally = CampaignTally {
            listed: 100,
            ended: [(Outcome::Completed, 90), (Outcome::NoResponse, 4)].into(),
            updated_after: durations,
            ..CampaignTally::default()
        };
        let kpi = CampaignKpi::new(&tally);
        assert_eq!((kpi.open, kpi.updated, kpi.updated_share), (6, 90, Some(0.9)));
        assert_eq!(kpi.updated_by_day.len(), 90);
        assert_eq!(kpi.updated_by_day.last(), Some(&90));
    }
}
