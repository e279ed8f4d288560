//! Which version of firmware each device runs, as far as the DSP knows.
//!
//! It knows of which campaign the last image was that reached a device's hub, and takes the device for running that once it hears that an image was
//! activated. A device it has heard nothing of runs what it began with.

use secnet_engine::Bits;
use secnet_model::{DeviceId, DeviceType};
use secnet_topology::{Version, World};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Budget: two bits for each premises of a campaign.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Versions {
    /// By campaign: premises whose device was sent its image last.
    sent: Campaigns,
    /// By campaign: premises whose device runs its version.
    running: Campaigns,
}

type Campaigns = BTreeMap<(DeviceType, u16), Bits>;

impl Versions {
    pub(super) fn sent(&mut self, device: DeviceId, campaign: u16) {
        take(&mut self.sent, device);
        put(&mut self.sent, device, campaign);
    }

    /// The device runs the image it was sent last: its version. `None` where it was sent none.
    pub(super) fn activated(&mut self, world: &World, device: DeviceId) -> Option<Version> {
        let campaign = take(&mut self.sent, device)?;
        take(&mut self.running, device);
        let version = world.version_of(campaign);
        if let Version::Of(campaign) = version {
            put(&mut self.running, device, campaign);
        }
        Some(version)
    }

    pub(super) fn of(&self, device: DeviceId) -> Version {
        let mut running = of_type(device.device_type, &self.running);
        let runs_it = running.find(|(_, premises)| premises.has(device.premises.0));
        runs_it.map_or(Version::First, |((_, campaign), _)| Version::Of(*campaign))
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let all = self.sent.values().chain(self.running.values());
        all.map(Bits::memory_bytes).sum()
    }
}

fn put(campaigns: &mut Campaigns, device: DeviceId, campaign: u16) {
    let premises = campaigns.entry((device.device_type, campaign)).or_default();
    premises.insert(device.premises.0);
}

/// The campaign the device was with.
fn take(campaigns: &mut Campaigns, device: DeviceId) -> Option<u16> {
    let mut of_type = campaigns.range_mut((device.device_type, 0)..=(device.device_type, u16::MAX));
    let was_with = of_type.find_map(|(key, premises)| premises.remove(device.premises.0).then_some(key));
    was_with.map(|(_, campaign)| *campaign)
}

fn of_type(
    device_type: DeviceType,
    campaigns: &Campaigns,
) -> impl Iterator<Item = (&(DeviceType, u16), &Bits)> {
    campaigns.range((device_type, 0)..=(device_type, u16::MAX))
}
