//! Versions of firmware: what devices begin with, what campaigns bring, and which are off the Central Products List when.

use crate::timeline::{CplRemoval, Version};
use crate::world::World;
use secnet_model::{DeviceId, SimTime};

impl World {
    /// The version that a campaign's image is of. A roll-back's is what devices began with (assumed, whatever campaigns there were
    /// before the one it rolls back).
    pub fn version_of(&self, campaign: u16) -> Version {
        match self.rolls_back(campaign) {
            Some(_) => Version::First,
            None => Version::Of(campaign),
        }
    }

    /// Whether the removal is of the version, were the device to run it.
    #[inline]
    pub fn is_of(&self, removal: &CplRemoval, device: DeviceId, version: Version) -> bool {
        removal.device == device.device_type
            && removal.version == version
            && removal.selects(device.premises)
            && removal
                .model_of
                .is_none_or(|campaign| self.is_campaign_for(campaign, device))
    }

    /// Whether the version is off the Central Products List, for the device, at that moment.
    pub fn is_off_the_cpl(&self, device: DeviceId, version: Version, at: SimTime) -> bool {
        let mut removals = self.timeline.cpl_removals().iter();
        removals.any(|removal| removal.during.contains(&at) && self.is_of(removal, device, version))
    }
}
