//! Firmware images on their way to devices: which the DSP distributes, and which it leaves out with a warning.

use crate::access_control::{self, Register};
use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::{Part, figures};
use secnet_engine::Bits;
use secnet_model::{DeviceType, Region, UserId};
use secnet_topology::World;
use secnet_wire::{Image, WarningReason};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Budget: a bit for each device of a type that has ever been sent an image.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Images {
    /// Premises with a device to which an image is on its way, by its type.
    under_way: BTreeMap<DeviceType, Bits>,
    /// Images in the central library, by campaign.
    library: BTreeSet<u16>,
    /// Images that CSPs have: one for each Supplier that sends it, or one for all where there is a central library.
    sent: BTreeSet<(u16, Option<UserId>, Region)>,
    counts: Counts,
}

figures! {
    /// What the DSP does with firmware.
    struct Counts: "DSP's firmware" in "dsp" {
        /// Requests that brought an image (SRV 11.1, 11.4).
        batches: sum "requests" as "firmware.requests" if nonzero,
        /// Octets of the images they brought, or that were put into the central library.
        received_bytes: sum "B" as "firmware.received_bytes" if nonzero,
        /// Images put into the central library (SECMP0009).
        in_library: sum "images" as "firmware.in_library" if nonzero,
        /// Images sent to a CSP: each once for each Supplier that sends it, or once where there is a central library.
        uploads: sum "images" as "firmware.uploads" if nonzero,
        /// Octets of those.
        uploaded_bytes: sum "B" as "firmware.uploaded_bytes" if nonzero,
        /// Devices for which an image was passed on.
        devices: sum "devices" as "firmware.devices" if nonzero,
        /// Devices left out that no inventory knows (W110101).
        unknown: sum "devices" as "firmware.warnings.unknown" if nonzero,
        /// Devices left out that are not commissioned.
        not_commissioned: sum "devices" as "firmware.warnings.not_commissioned" if nonzero,
        /// Devices left out that are not the User's.
        not_responsible: sum "devices" as "firmware.warnings.not_responsible" if nonzero,
        /// Devices left out to which another image was on its way.
        other_in_progress: sum "devices" as "firmware.warnings.other_in_progress" if nonzero,
        /// Devices left out that are of another model: hubs that were exchanged.
        not_applicable: sum "devices" as "firmware.warnings.not_applicable" if nonzero,
        /// Devices left out as the image's version is off the Central Products List.
        invalid_version: sum "devices" as "firmware.warnings.invalid_version" if nonzero,
        /// Images that reached a device's hub.
        delivered: sum "images" as "firmware.delivered" if nonzero,
        /// Images that did not.
        failed: sum "images" as "firmware.not_delivered" if nonzero,
    }
}

impl Images {
    /// A request brings its campaign's image, or names one of the central library: its maker has put it there by then.
    pub fn received(&mut self, world: &World, campaign: u16, image_bytes: u64) {
        self.counts.batches += 1;
        if world.scenario.firmware.central_library {
            if !self.library.insert(campaign) {
                return;
            }
            self.counts.in_library += 1;
        }
        self.counts.received_bytes += image_bytes;
    }

    /// Whether the image may go to its device; from now on it is under way.
    pub fn admit(&mut self, register: Register<'_>, image: &Image) -> Result<(), WarningReason> {
        let device = image.device;
        let fits = access_control::image_fits(register, image).and_then(|()| {
            let under_way = self.under_way.entry(device.device_type).or_default();
            match under_way.insert(device.premises.0) {
                true => Ok(()),
                false => Err(WarningReason::OtherInProgress),
            }
        });
        let counts = &mut self.counts;
        *match fits {
            Ok(()) => &mut counts.devices,
            Err(WarningReason::Unknown) => &mut counts.unknown,
            Err(WarningReason::NotCommissioned) => &mut counts.not_commissioned,
            Err(WarningReason::NotResponsible) => &mut counts.not_responsible,
            Err(WarningReason::OtherInProgress) => &mut counts.other_in_progress,
            Err(WarningReason::NotApplicable) => &mut counts.not_applicable,
            Err(WarningReason::InvalidVersion) => &mut counts.invalid_version,
        } += 1;
        fits
    }

    /// An image goes to a device of the region: the CSP there has it by now.
    pub fn passed_on(&mut self, world: &World, image: &Image, region: Region, image_bytes: u64) {
        let of = (!world.scenario.firmware.central_library).then_some(image.user);
        if self.sent.insert((image.campaign, of, region)) {
            self.counts.uploads += 1;
            self.counts.uploaded_bytes += image_bytes;
        }
    }

    /// The CSP has done with an image; whether it was under way.
    pub fn reported(&mut self, image: &Image, delivered: bool) -> bool {
        let under_way = self.under_way.get_mut(&image.device.device_type);
        let is_known = under_way.is_some_and(|under_way| under_way.remove(image.device.premises.0));
        self.counts.delivered += u64::from(is_known && delivered);
        self.counts.failed += u64::from(is_known && !delivered);
        is_known
    }
}

impl Part for Images {
    fn figures(&self, _world: &World, figures: &mut Figures) {
        if self.counts != Counts::default() {
            figures.put(Key::Whole, &self.counts);
        }
    }

    fn memory_bytes(&self) -> usize {
        self.under_way.values().map(Bits::memory_bytes).sum::<usize>()
            + self.sent.len() * size_of::<(u16, Option<UserId>, Region)>()
            + self.library.len() * size_of::<u16>()
    }
}
