//! SECMP0062 at the communications hub (MP119's idea; domain.md §5.2): alerts of one code from one device beyond the
//! threshold never enter the SM WAN. Once a period the hub sends one that says how many it speaks for.
//!
//! Assumed: the hub counts an alert when its device raises it.

use secnet_engine::Repeats;
use secnet_engine::repeats::{Limits, Repeat};
use secnet_model::SimTime;
use secnet_topology::World;
use secnet_topology::modifications::ConsolidationPlace;
use secnet_wire::DeviceAlert;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub struct HubConsolidation {
    limits: Limits,
    /// By the alert's place in the catalogue.
    excluded: Vec<bool>,
}

/// What the hubs of a shard remember: device and code with recent alerts only, never more than is active.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct HubMemory {
    repeats: Repeats<DeviceAlert>,
    suppressed: u64,
    consolidated: u64,
}

impl HubConsolidation {
    /// `None` where the scenario has it switched off, or at the DSP.
    pub fn new(world: &World) -> Option<HubConsolidation> {
        let params = &world.scenario.parameters.secmp0062;
        let is_on = world.scenario.modifications.secmp0062.is_on();
        (is_on && params.place == ConsolidationPlace::Hub).then(|| HubConsolidation {
            limits: Limits {
                threshold: params.threshold,
                window: params.window.into(),
                period: params.period.into(),
            },
            excluded: params.exclusions(),
        })
    }

    pub fn note(&self, memory: &mut HubMemory, now: SimTime, alert: &DeviceAlert) -> Repeat {
        if self.excluded[usize::from(alert.alert.index())] {
            return Repeat::Passes;
        }
        let repeat = memory
            .repeats
            .note(now, self.limits, alert.repetition_key(), *alert);
        memory.suppressed += u64::from(repeat == Repeat::Suppressed);
        repeat
    }

    /// The next consolidated alert whose period has ended by `now`.
    pub fn take_due(&self, memory: &mut HubMemory, now: SimTime) -> Option<DeviceAlert> {
        let due = memory.repeats.take_due(now, self.limits)?;
        memory.consolidated += 1;
        Some(due.event.standing_for(due.at, due.suppressed, due.sequence))
    }
}

impl HubMemory {
    #[inline]
    pub fn next_at(&self) -> SimTime {
        self.repeats.next_at()
    }

    /// Alerts the hubs keep to the end of their periods.
    pub fn kept(&self) -> u64 {
        self.repeats.kept()
    }

    pub fn memory_bytes(&self) -> usize {
        self.repeats.memory_bytes()
    }

    pub fn counters(&self, counters: &mut BTreeMap<String, u64>) {
        counters.extend([
            ("premises.alerts_suppressed".to_owned(), self.suppressed),
            ("premises.alerts_consolidated".to_owned(), self.consolidated),
        ]);
    }
}
