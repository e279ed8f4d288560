//! The Central Products List: which devices are suspended, as the version they run is off it (domain.md §9).
//!
//! A removal names the devices that run the version; those that have taken to a campaign's version since do not. The DSP suspends them one after another,
//! so many in a second, and they come back all at once when the version is put back, each by itself when it runs another (both assumed).
//!
//! Not here: which version a device truly runs, beyond whether it took to a campaign's; devices that are commissioned later with the version.

use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::{Part, figures};
use secnet_engine::Bits;
use secnet_model::{DeviceId, DeviceType, PremisesId, SimDuration, SimTime};
use secnet_topology::World;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const STEP: SimDuration = SimDuration::from_secs(1);

/// Budget: a bit for each premises up to the last that has such a device, for each removal, and one for each type of device they are for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Cpl {
    /// One for each removal of the timeline.
    removals: Vec<Suspending>,
    /// Premises whose device of that type has taken to a campaign's version.
    updated: BTreeMap<DeviceType, Bits>,
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
            updated: BTreeMap::new(),
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
        let runs_it = |device: DeviceId| {
            let updated = self.updated.get(&device.device_type);
            removal.selects(device.premises)
                && !updated.is_some_and(|updated| updated.has(device.premises.0))
                && in_service(device)
                && removal
                    .campaign
                    .is_none_or(|campaign| world.is_campaign_for(campaign, device))
        };
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

    /// A device runs a campaign's version.
    pub(super) fn updated(&mut self, device: DeviceId) {
        if !self
            .removals
            .iter()
            .any(|removal| removal.device_type == device.device_type)
        {
            return;
        }
        let premises = device.premises.0;
        self.updated
            .entry(device.device_type)
            .or_default()
            .insert(premises);
        let mut was_suspended = false;
        for removal in &mut self.removals {
            if removal.device_type == device.device_type {
                was_suspended |= removal.suspended.remove(premises);
            }
        }
        self.counts.back_updated += u64::from(was_suspended);
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
        let suspended = self.removals.iter().map(|removal| &removal.suspended);
        suspended
            .chain(self.updated.values())
            .map(Bits::memory_bytes)
            .sum()
    }
}
