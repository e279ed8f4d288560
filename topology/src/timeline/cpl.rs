//! Versions of firmware that are off the Central Products List for a time.

use super::selector::Selector;
use crate::events::{CampaignVersion, EventKind, EventParams};
use crate::scenario::Scenario;
use secnet_model::{DeviceType, PremisesId, SimTime};
use std::ops::Range;

/// A version that a device can run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Version {
    /// That of the device's model when the run begins.
    #[default]
    First,
    /// That of a campaign, by number.
    Of(u16),
}

/// A version of firmware that is off the Central Products List for a time.
#[derive(Clone, PartialEq, Debug)]
pub struct CplRemoval {
    pub during: Range<SimTime>,
    /// The type of the devices that may run it.
    pub device: DeviceType,
    pub version: Version,
    /// Only devices of the model that this campaign is for.
    pub model_of: Option<u16>,
    selector: Selector,
}

impl CplRemoval {
    /// `None` of another event.
    pub(super) fn new(scenario: &Scenario, event: &EventParams, selector: Selector) -> Option<CplRemoval> {
        if event.kind != EventKind::CplRemoval {
            return None;
        }
        let campaign = event.campaign.as_ref();
        let campaign = campaign.and_then(|name| scenario.campaign_number(name));
        let (version, model_of) = match (event.version.unwrap_or_default(), campaign) {
            (CampaignVersion::New, Some(campaign)) => (Version::Of(campaign), None),
            (CampaignVersion::Old, _) | (_, None) => (Version::First, campaign),
        };
        Some(CplRemoval {
            during: event.during(),
            device: match campaign {
                Some(campaign) => scenario.campaigns[usize::from(campaign)].device,
                None => event.device?,
            },
            version,
            model_of,
            selector,
        })
    }

    /// Whether it goes for the premises.
    #[inline]
    pub fn selects(&self, premises: PremisesId) -> bool {
        self.selector.selects(premises)
    }
}
