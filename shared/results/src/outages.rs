//! `outages.jsonl`: each fault of the electricity network, and what its DNO learned of it. One line a fault, in the order of their
//! beginnings, the same for every driver, sharding and hosting.

use crate::RunOutcome;
use secnet_accounts::Account;
use secnet_accounts::faults::{AlertFates, FaultTally, WAYS_LOST};
use secnet_model::{Region, SimTime, licence_areas};
use secnet_topology::scenario::Scenario;
use secnet_topology::timeline::Fault;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A fault as it stands in `outages.jsonl`. Times are in microseconds after the scenario's epoch; a key that is absent is nought, a
/// time that is absent never came.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Outage {
    /// Counts the run's faults from 0, in the order of their beginnings.
    pub fault: u32,
    /// Name of the event of the scenario that it belongs to.
    pub event: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Code of the licence area, `EPN`.
    pub area: String,
    pub region: Region,
    /// The DNO of the area, where the scenario has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dno: Option<String>,
    pub first_premises: u32,
    pub last_premises: u32,
    pub begins_us: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_us: Option<u64>,
    /// When the DNO had the first outage alert of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_known_us: Option<u64>,
    /// Premises with a hub of SMETS2 that were off for less than three minutes.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub meters_interrupted: u32,
    /// Those off for longer: each is to raise an outage alert.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub meters_out: u32,
    /// Of both those whose supply came back before the run's horizon.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub meters_restored: u32,
    /// Hubs that did not work again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hubs_never_back: u32,
    /// Times the DNO asked one of its meters for its supply status (SRV 7.4).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pings: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pings_answered: u32,
    /// Meters the DNO took for lost, having asked as often as it does.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub meters_silent: u32,
    /// Outage alerts (AD1).
    pub outage: Fates,
    /// Restoration alerts (8F35, 8F36).
    pub restoration: Fates,
}

/// What became of a fault's alerts of one sort.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Fates {
    #[serde(skip_serializing_if = "is_zero")]
    pub raised: u32,
    #[serde(skip_serializing_if = "is_zero")]
    pub delivered: u32,
    /// Within 60 s of being raised (SEC H3.14(g)).
    #[serde(skip_serializing_if = "is_zero")]
    pub within_60_s: u32,
    /// Within the time in force: those 60 s, or what MP096 relaxes them to.
    #[serde(skip_serializing_if = "is_zero")]
    pub in_time: u32,
    /// Outage alerts within five minutes of the loss of supply (seeds 004 DP096).
    #[serde(skip_serializing_if = "is_zero")]
    pub within_5_min: u32,
    /// By outcome.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub lost: BTreeMap<String, u32>,
}

impl Outage {
    /// All that began before the run's end.
    pub fn all_of(run: &RunOutcome, total: &Account) -> Vec<Outage> {
        let numbered = (0..).zip(&run.faults);
        let begun = numbered.filter(|(_, fault)| fault.begins <= run.ended_at);
        begun
            .map(|(number, fault)| {
                let tally = total.faults.get(number).copied().unwrap_or_default();
                Outage::new(number, fault, &run.scenario, &tally)
            })
            .collect()
    }

    fn new(number: u32, fault: &Fault, scenario: &Scenario, tally: &FaultTally) -> Outage {
        let area = &licence_areas()[usize::from(fault.area)];
        let event = scenario.events.get(fault.event as usize);
        let dno = scenario
            .dnos
            .iter()
            .find(|dno| dno.areas.iter().any(|code| code == area.code));
        let time = |at: SimTime| (!at.is_never()).then_some(at.0);
        Outage {
            fault: number,
            event: event.map(|event| event.name.clone()).unwrap_or_default(),
            cause: event
                .and_then(|event| event.cause)
                .map(|cause| cause.name().to_owned()),
            area: area.code.to_owned(),
            region: area.region,
            dno: dno.map(|dno| dno.name.clone()),
            first_premises: fault.first,
            last_premises: fault.end.saturating_sub(1),
            begins_us: fault.begins.0,
            ends_us: time(fault.ends),
            first_known_us: time(tally.first_known),
            meters_interrupted: tally.meters_interrupted,
            meters_out: tally.meters_out,
            meters_restored: tally.meters_restored,
            hubs_never_back: tally.hubs_never_back,
            pings: tally.pings,
            pings_answered: tally.pings_answered,
            meters_silent: tally.meters_silent,
            outage: Fates::of(&tally.outage),
            restoration: Fates::of(&tally.restoration),
        }
    }

    /// Premises it took off supply, with a hub or without.
    pub fn homes(&self) -> u64 {
        u64::from(self.last_premises) + 1 - u64::from(self.first_premises)
    }

    /// How long after its beginning the DNO first knew of it, in microseconds.
    pub fn known_after_us(&self) -> Option<u64> {
        self.first_known_us.map(|at| at.saturating_sub(self.begins_us))
    }

    pub(crate) fn to_lines(outages: &[Outage]) -> Result<Vec<u8>, serde_json::Error> {
        let mut lines = Vec::new();
        for outage in outages {
            serde_json::to_writer(&mut lines, outage)?;
            lines.push(b'\n');
        }
        Ok(lines)
    }

    pub(crate) fn parse_lines(text: &[u8]) -> Result<Vec<Outage>, serde_json::Error> {
        serde_json::Deserializer::from_slice(text).into_iter().collect()
    }
}

impl Fates {
    fn of(fates: &AlertFates) -> Fates {
        let lost = WAYS_LOST.iter().zip(fates.lost);
        Fates {
            raised: fates.raised,
            delivered: fates.delivered,
            within_60_s: fates.within_60_s,
            in_time: fates.in_time,
            within_5_min: fates.within_5_min,
            lost: lost
                .filter(|(_, count)| *count > 0)
                .map(|(way, count)| (way.name().to_owned(), count))
                .collect(),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
