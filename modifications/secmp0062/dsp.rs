//! SECMP0062 at the DSP: of alerts of one code from one device those beyond the threshold go no further. Once a period
//! one goes on to its recipient and says how many it speaks for (domain.md §5.2).
//!
//! Assumed: an alert is counted as it arrives, before it takes its turn in the service process. What is held back costs the
//! DSP nothing; the SM WAN has carried it all the same.

use crate::modifications::{Due, Modification, Northbound};
use crate::records::Records;
use crate::service_process::Capacity;
use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::{Part, figures};
use secnet_engine::repeats::{Limits, Repeat};
use secnet_engine::{ItemKind, Outcome, Repeats};
use secnet_model::SimTime;
use secnet_topology::World;
use secnet_topology::modifications::secmp0062::ConsolidationPlace;
use secnet_wire::DeviceAlert;
use serde::{Deserialize, Serialize};

figures! {
    /// What the DSP makes of repeated alerts.
    struct Tally: "SECMP0062, DSP" in "dsp" {
        /// Alerts that were not forwarded.
        alerts_suppressed: sum "alerts" says "device alerts suppressed by the DSP" tells held_back,
        /// Alerts that stand for many.
        alerts_consolidated: sum "alerts" says "consolidated alerts forwarded by the DSP" tells held_back,
        /// The most devices and alert codes counted at once.
        alert_counters_max: max "counters",
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AlertStormProtection {
    limits: Limits,
    /// By the alert's place in the catalogue.
    excluded: Vec<bool>,
    /// Of devices and codes with recent alerts only: 33 to 55 B each, and about three times as much in a storm.
    repeats: Repeats<DeviceAlert>,
    suppressed: u64,
    consolidated: u64,
    /// Most devices and codes with a window or a storm under way at once.
    active_max: u64,
}

impl Modification for AlertStormProtection {
    fn new(world: &World) -> Option<AlertStormProtection> {
        let params = &world.scenario.parameters.secmp0062;
        (params.place == ConsolidationPlace::Dsp).then(|| AlertStormProtection {
            limits: Limits {
                threshold: params.threshold,
                window: params.window.into(),
                period: params.period.into(),
            },
            excluded: params.exclusions(),
            repeats: Repeats::default(),
            suppressed: 0,
            consolidated: 0,
            active_max: 0,
        })
    }

    fn alert_arrives(&mut self, now: SimTime, alert: &DeviceAlert) -> Northbound {
        if self.excluded[usize::from(alert.alert.index())] {
            return Northbound::Forward;
        }
        let repeat = self
            .repeats
            .note(now, self.limits, alert.repetition_key(), *alert);
        let (windows, storms) = self.repeats.active();
        self.active_max = self.active_max.max((windows + storms) as u64);
        match repeat {
            Repeat::Passes => Northbound::Forward,
            Repeat::Kept => Northbound::Hold,
            Repeat::Suppressed => {
                self.suppressed += 1;
                Northbound::Close(Outcome::Suppressed)
            }
        }
    }

    fn due(&mut self, now: SimTime, _world: &World, _records: &Records, _capacity: Capacity) -> Option<Due> {
        let due = self.repeats.take_due(now, self.limits)?;
        self.consolidated += 1;
        let alert = due.event.standing_for(due.at, due.suppressed, due.sequence);
        Some(Due::Forward(alert))
    }
}

impl Part for AlertStormProtection {
    fn next_deadline(&self, _world: &World) -> SimTime {
        self.repeats.next_at()
    }

    fn held(&self, kind: ItemKind) -> u64 {
        match kind {
            ItemKind::DeviceAlert => self.repeats.kept(),
            ItemKind::ServiceRequest | ItemKind::ScheduledRead | ItemKind::DccAlert => 0,
        }
    }

    fn figures(&self, _world: &World, figures: &mut Figures) {
        let tally = Tally {
            alerts_suppressed: self.suppressed,
            alerts_consolidated: self.consolidated,
            alert_counters_max: self.active_max,
        };
        figures.put(Key::Whole, &tally);
    }
}
