//! SECMP0062 at the communications hub (MP119's idea; domain.md §5.2): alerts of one code from one device beyond the
//! threshold never enter the SM WAN. Once a period the hub sends one that says how many it speaks for.
//!
//! Assumed: the hub counts an alert when its device raises it.

use crate::modifications::{Modification, Raised};
use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::{Part, figures};
use secnet_engine::repeats::Repeat;
use secnet_engine::{Consolidation, ItemKind};
use secnet_model::SimTime;
use secnet_topology::World;
use secnet_topology::modifications::secmp0062::ConsolidationPlace;
use secnet_wire::DeviceAlert;
use serde::{Deserialize, Serialize};

figures! {
    /// What communications hubs make of repeated alerts.
    struct Tally: "SECMP0062, hubs" in "premises" {
        /// Alerts that were not sent.
        alerts_suppressed: sum "alerts",
        /// Alerts that stand for many.
        alerts_consolidated: sum "alerts",
    }
}

/// What the hubs of a shard remember: device and code with recent alerts only, never more than is active.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HubConsolidation(Consolidation<DeviceAlert>);

impl Modification for HubConsolidation {
    fn new(world: &World) -> Option<HubConsolidation> {
        let params = &world.scenario.parameters.secmp0062;
        (params.place == ConsolidationPlace::Hub)
            .then(|| HubConsolidation(Consolidation::new(params.limits(), params.exclusions())))
    }

    fn alert_raised(&mut self, now: SimTime, alert: &DeviceAlert) -> Raised {
        let (place, key) = (usize::from(alert.alert.index()), alert.repetition_key());
        match self.0.note(now, place, key, *alert) {
            Repeat::Passes => Raised::Send,
            Repeat::Kept => Raised::Keep,
            Repeat::Suppressed => Raised::Suppress,
        }
    }

    fn due(&mut self, now: SimTime) -> Option<DeviceAlert> {
        let due = self.0.take_due(now)?;
        Some(due.event.standing_for(due.at, due.suppressed, due.sequence))
    }
}

impl Part for HubConsolidation {
    fn next_deadline(&self, _world: &World) -> SimTime {
        self.0.repeats().next_at()
    }

    fn held(&self, kind: ItemKind) -> u64 {
        match kind {
            ItemKind::DeviceAlert => self.0.repeats().kept(),
            ItemKind::ServiceRequest
            | ItemKind::ScheduledRead
            | ItemKind::DccAlert
            | ItemKind::FirmwareUpdate => 0,
        }
    }

    fn memory_bytes(&self) -> usize {
        self.0.repeats().memory_bytes()
    }

    fn figures(&self, _world: &World, figures: &mut Figures) {
        let tally = Tally {
            alerts_suppressed: self.0.suppressed(),
            alerts_consolidated: self.0.consolidated(),
        };
        figures.put(Key::Whole, &tally);
    }
}
