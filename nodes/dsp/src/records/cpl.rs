//! The Central Products List: which devices are suspended, as the version they run is off it (domain.md §9).
//!
//! The DSP suspends those it takes for running the version one after another, so many in a second, and whoever takes to it later at once. They
//! come back all at once when the version is put back, each by itself when it runs another (all assumed).
//!
//! Not here: devices that are commissioned later with the version.

use super::versions::Versions;
use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::{Part, figures};
use secnet_engine::Bits;
use secnet_model::{DeviceId, DeviceType, PremisesId, SimDuration, SimTime};
use secnet_topology::World;
use serde::{Deserialize, Serialize};

const STEP: SimDuration = SimDuration::from_secs(1);

/// Budget: a bit for each premises up to the last that has such a device, for each removal, and two for each campaign for devices of the type.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Cpl {
    /// One for each removal of the timeline.
    removals: Vec<Suspending>,
    /// Of devices of the types that removals are for.
    versions: Versions,
    counts: Counts,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Suspending {
    device_type: DeviceType,
    /// When it goes on; "never" once the version is on the list again.
    due: SimTime,
    /// The premises looked at next.
    next: u32,
    /// Premises whose device is suspended.
    suspended: Bits,
}

figures! {
    /// Devices whose version is off the Central Products List.
    struct Counts: "Central Products List" in "dsp.cpl", in summary {
        /// Devices suspended.
        suspended: sum "devices",
        /// Those that came back as they run another version.
        back_updated: sum "devices",
        /// Those that came back as their version was put on the list again.
        back_listed: sum "devices",
    }
}

impl Cpl {
    pub(super) fn new(world: &World) -> Cpl {
        let removals = world.timeline.cpl_removals().iter();
        Cpl {
            removals: removals
                .map(|removal| Suspending {
                    device_type: removal.device,
                    due: removal.during.start,
                    next: 0,
                    suspended: Bits::default(),
                })
                .collect(),
            versions: Versions::default(),
            counts: Counts::default(),
        }
    }

    /// Whether no version is ever off the list.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.removals.is_empty()
    }

    #[inline]
    pub(super) fn is_suspended(&self, device: DeviceId) -> bool {
        self.removals.iter().any(|removal| {
            removal.device_type == device.device_type && removal.suspended.has(device.premises.0)
        })
    }

    /// Does what is due next, at or before `now`: when that was, and the devices suspended by it, which were not before.
    pub(super) fn take_due(
        &mut self,
        world: &World,
        now: SimTime,
        in_service: impl Fn(DeviceId) -> bool,
    ) -> Option<(SimTime, Vec<DeviceId>)> {
        let due = self.removals.iter().map(|removal| removal.due);
        let (place, at) = due.enumerate().min_by_key(|(_, due)| *due)?;
        let removal = world.timeline.cpl_removals().get(place)?;
        if at > now || at.is_never() {
            return None;
        }
        if at >= removal.during.end {
            self.put_back(place);
            return Some((at, Vec::new()));
        }
        let runs_it =
            |device: DeviceId| world.is_of(removal, device, self.versions.of(device)) && in_service(device);
        let all = world.population.premises_count();
        let from = self.removals[place].next;
        let devices = (from..all).map(|premises| PremisesId(premises).device(removal.device));
        let found: Vec<DeviceId> = devices
            .filter(|device| runs_it(*device))
            .take(world.scenario.dsp.suspensions_per_second as usize)
            .collect();
        let are_new: Vec<DeviceId> = found
            .iter()
            .copied()
            .filter(|device| !self.is_suspended(*device))
            .collect();
        self.counts.suspended += are_new.len() as u64;
        let own = &mut self.removals[place];
        for device in &found {
            own.suspended.insert(device.premises.0);
        }
        let goes_on = found.len() == world.scenario.dsp.suspensions_per_second as usize;
        own.next = match found.last() {
            Some(last) if goes_on => last.premises.0 + 1,
            _ => all,
        };
        own.due = match goes_on {
            true => (at + STEP).min(removal.during.end),
            false => removal.during.end,
        };
        Some((at, are_new))
    }

    /// A version is on the list again.
    fn put_back(&mut self, place: usize) {
        let own = &mut self.removals[place];
        own.due = SimTime::NEVER;
        let (device_type, back) = (own.device_type, std::mem::take(&mut own.suspended));
        let devices = back
            .iter()
            .map(|premises| PremisesId(premises).device(device_type));
        self.counts.back_listed += devices.filter(|device| !self.is_suspended(*device)).count() as u64;
    }

    /// An image of a campaign has come to a device's hub.
    pub(super) fn image_sent(&mut self, device: DeviceId, campaign: u16) {
        if self.concerns(device.device_type) {
            self.versions.sent(device, campaign);
        }
    }

    /// The device runs the image it was sent last; whether it is suspended for that, and was not before.
    pub(super) fn activated(
        &mut self,
        world: &World,
        now: SimTime,
        device: DeviceId,
        in_service: bool,
    ) -> bool {
        if !self.concerns(device.device_type) {
            return false;
        }
        let Some(version) = self.versions.activated(world, device) else {
            return false;
        };
        let was = self.is_suspended(device);
        for (own, removal) in self.removals.iter_mut().zip(world.timeline.cpl_removals()) {
            let is_off = in_service && removal.during.contains(&now);
            if is_off && world.is_of(removal, device, version) {
                own.suspended.insert(device.premises.0);
            } else if own.device_type == device.device_type {
                own.suspended.remove(device.premises.0);
            }
        }
        let is = self.is_suspended(device);
        self.counts.suspended += u64::from(is && !was);
        self.counts.back_updated += u64::from(was && !is);
        is && !was
    }

    fn concerns(&self, device_type: DeviceType) -> bool {
        let mut removals = self.removals.iter();
        removals.any(|removal| removal.device_type == device_type)
    }
}

impl Part for Cpl {
    /// While the DSP is out it suspends nobody.
    fn next_deadline(&self, world: &World) -> SimTime {
        let due = self.removals.iter().map(|removal| removal.due).min();
        world.timeline.dsp_servers().opens(due.unwrap_or(SimTime::NEVER))
    }

    fn figures(&self, _world: &World, figures: &mut Figures) {
        if self.counts != Counts::default() {
            figures.put(Key::Whole, &self.counts);
        }
    }

    fn memory_bytes(&self) -> usize {
        let suspended = self
            .removals
            .iter()
            .map(|removal| removal.suspended.memory_bytes());
        suspended.sum::<usize>() + self.versions.memory_bytes()
    }
}
