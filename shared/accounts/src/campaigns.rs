//! What became of the devices of each firmware campaign, counted by the Suppliers that run it.

use crate::{DurationHistogram, Part};
use secnet_engine::Outcome;
use secnet_model::{DeviceId, Region, SimTime};
use secnet_topology::World;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use secnet_wire::WarningReason;

/// Something a Supplier learnt, or did, about a device of a campaign of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CampaignNews {
    /// By number in the scenario.
    pub campaign: u16,
    pub device: DeviceId,
    pub what: Progress,
}

/// How far a device has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Progress {
    /// A request of that wave, from 0, lists it: its item begins.
    Listed { wave: u8 },
    /// The DSP left it out; its item ends too.
    Warned(WarningReason),
    /// Its hub has the image (N60).
    AtHub,
    /// It has the image and found it sound (8F72).
    Sound,
    /// It was asked to activate the image (11.3).
    Asked,
    /// Its item ends: with [`Outcome::Completed`] it runs the new version.
    Ended(Outcome),
}

/// The devices of a campaign in one region.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct CampaignTally {
    pub listed: u64,
    /// Those, by wave.
    pub by_wave: BTreeMap<u8, u64>,
    /// By [`WarningReason`].
    pub warned: [u64; WarningReason::ALL.len()],
    pub at_hub: u64,
    pub sound: u64,
    /// Requests to activate.
    pub activations: u64,
    /// By [`Outcome`].
    pub ended: BTreeMap<Outcome, u64>,
    /// From the campaign's beginning until a device's hub had the image.
    pub at_hub_after: DurationHistogram,
    /// From the campaign's beginning until the Supplier knew that a device runs the new version.
    pub updated_after: DurationHistogram,
}

/// [`CampaignTally`] by campaign and region, part of a participant's state.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct CampaignTallies {
    by_campaign: BTreeMap<(u16, Region), CampaignTally>,
}

impl CampaignTallies {
    pub fn note(&mut self, world: &World, now: SimTime, news: CampaignNews) {
        let region = world.population.region_of(news.device.premises);
        let tally = self.by_campaign.entry((news.campaign, region)).or_default();
        let params = world.scenario.campaigns.get(usize::from(news.campaign));
        let began =
            SimTime::ZERO + params.map_or_else(Default::default, |params| params.starts_after.as_duration());
        match news.what {
            Progress::Listed { wave } => {
                tally.listed += 1;
                *tally.by_wave.entry(wave).or_default() += 1;
            }
            Progress::Warned(reason) => {
                tally.warned[reason as usize] += 1;
                *tally.ended.entry(Outcome::Refused).or_default() += 1;
            }
            Progress::AtHub => {
                tally.at_hub += 1;
                tally.at_hub_after.record(now.since(began));
            }
            Progress::Sound => tally.sound += 1,
            Progress::Asked => tally.activations += 1,
            Progress::Ended(outcome) => {
                *tally.ended.entry(outcome).or_default() += 1;
                if outcome == Outcome::Completed {
                    tally.updated_after.record(now.since(began));
                }
            }
        }
    }

    pub fn add(&mut self, other: &CampaignTallies) {
        for (key, tally) in &other.by_campaign {
            self.by_campaign.entry(*key).or_default().add(tally);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.by_campaign.is_empty()
    }

    /// By campaign, then by region.
    pub fn iter(&self) -> impl Iterator<Item = (u16, Region, &CampaignTally)> {
        let tallies = self.by_campaign.iter();
        tallies.map(|((campaign, region), tally)| (*campaign, *region, tally))
    }
}

impl CampaignTally {
    pub fn add(&mut self, other: &CampaignTally) {
        self.listed += other.listed;
        for (wave, count) in &other.by_wave {
            *self.by_wave.entry(*wave).or_default() += count;
        }
        for (sum, warned) in self.warned.iter_mut().zip(other.warned) {
            *sum += warned;
        }
        self.at_hub += other.at_hub;
        self.sound += other.sound;
        self.activations += other.activations;
        for (outcome, count) in &other.ended {
            *self.ended.entry(*outcome).or_default() += count;
        }
        self.at_hub_after.add(&other.at_hub_after);
        self.updated_after.add(&other.updated_after);
    }
}

/// Its counts are the account's own.
impl Part for CampaignTallies {}
