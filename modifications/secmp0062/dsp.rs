//! SECMP0062 at the DSP: of alerts of one code from one device those beyond the threshold go no further. Once a period
//! one goes on to its recipient and says how many it speaks for (domain.md §5.2). With the DSP's own alerts about a device it is
//! the same, User by User.
//!
//! Assumed: an alert is counted as it arrives, before it takes its turn in the service process. What is held back costs the
//! DSP nothing; the SM WAN has carried it all the same.

use crate::modifications::{Due, Modification, Northbound};
use crate::records::Records;
use crate::service_process::Capacity;
use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::{Part, figures};
use secnet_engine::repeats::Repeat;
use secnet_engine::{Consolidation, ItemKind, Outcome};
use secnet_model::{SimTime, UserId};
use secnet_topology::World;
use secnet_topology::modifications::secmp0062::ConsolidationPlace;
use secnet_wire::{DccAlert, DeviceAlert};
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

figures! {
    /// What the DSP makes of repeated alerts of its own.
    struct OwnTally: "SECMP0062, DCC alerts" in "dsp" {
        /// Alerts that were not sent.
        dcc_alerts_suppressed: sum "alerts" if nonzero says "DCC alerts suppressed" tells held_back,
        /// Alerts that stand for many.
        dcc_alerts_consolidated: sum "alerts" if nonzero says "consolidated DCC alerts sent" tells held_back,
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AlertStormProtection {
    /// Of devices and codes with recent alerts only: 33 to 55 B each, and about three times as much in a storm. `None` where hubs do it.
    of_devices: Option<Consolidation<DeviceAlert>>,
    /// Most devices and codes with a window or a storm under way at once.
    active_max: u64,
    /// `None` where they are left alone. They are raised in order but for the moments between being served and having been.
    own: Option<Consolidation<(UserId, DccAlert)>>,
    own_raised_at: SimTime,
}

impl Modification for AlertStormProtection {
    fn new(world: &World) -> Option<AlertStormProtection> {
        let params = &world.scenario.parameters.secmp0062;
        let at_the_dsp = params.place == ConsolidationPlace::Dsp;
        (at_the_dsp || params.dcc_alerts).then(|| AlertStormProtection {
            of_devices: at_the_dsp.then(|| Consolidation::new(params.limits(), params.exclusions())),
            active_max: 0,
            own: params
                .dcc_alerts
                .then(|| Consolidation::new(params.limits(), params.dcc_exclusions())),
            own_raised_at: SimTime::ZERO,
        })
    }

    fn alert_arrives(&mut self, now: SimTime, alert: &DeviceAlert) -> Northbound {
        let Some(of_devices) = &mut self.of_devices else {
            return Northbound::Forward;
        };
        let (place, key) = (usize::from(alert.alert.index()), alert.repetition_key());
        let repeat = of_devices.note(now, place, key, *alert);
        let (windows, storms) = of_devices.repeats().active();
        self.active_max = self.active_max.max((windows + storms) as u64);
        fate(repeat)
    }

    fn dcc_alert_raised(&mut self, user: UserId, alert: &DccAlert) -> Northbound {
        let (Some(own), Some(key)) = (&mut self.own, alert.repetition_key(user)) else {
            return Northbound::Forward;
        };
        self.own_raised_at = self.own_raised_at.max(alert.raised_at);
        fate(own.note(self.own_raised_at, alert.code.index(), key, (user, *alert)))
    }

    fn due(&mut self, now: SimTime, _world: &World, _records: &Records, _capacity: Capacity) -> Option<Due> {
        let of_devices = self.of_devices.as_mut();
        if let Some(due) = of_devices.and_then(|of_devices| of_devices.take_due(now)) {
            let alert = due.event.standing_for(due.at, due.suppressed, due.sequence);
            return Some(Due::Forward(alert));
        }
        let due = self.own.as_mut()?.take_due(now)?;
        let (user, alert) = due.event;
        let alert = alert.standing_for(due.suppressed, due.sequence);
        Some(Due::ForwardDcc(user, alert))
    }
}

fn fate(repeat: Repeat) -> Northbound {
    match repeat {
        Repeat::Passes => Northbound::Forward,
        Repeat::Kept => Northbound::Hold,
        Repeat::Suppressed => Northbound::Close(Outcome::Suppressed),
    }
}

impl Part for AlertStormProtection {
    fn next_deadline(&self, _world: &World) -> SimTime {
        let of_devices = self
            .of_devices
            .as_ref()
            .map_or(SimTime::NEVER, |it| it.repeats().next_at());
        let own = self
            .own
            .as_ref()
            .map_or(SimTime::NEVER, |it| it.repeats().next_at());
        of_devices.min(own)
    }

    fn held(&self, kind: ItemKind) -> u64 {
        match kind {
            ItemKind::DeviceAlert => self.of_devices.as_ref().map_or(0, |it| it.repeats().kept()),
            ItemKind::DccAlert => self.own.as_ref().map_or(0, |it| it.repeats().kept()),
            ItemKind::ServiceRequest | ItemKind::ScheduledRead | ItemKind::FirmwareUpdate => 0,
        }
    }

    fn figures(&self, _world: &World, figures: &mut Figures) {
        if let Some(counted) = &self.of_devices {
            let tally = Tally {
                alerts_suppressed: counted.suppressed(),
                alerts_consolidated: counted.consolidated(),
                alert_counters_max: self.active_max,
            };
            figures.put(Key::Whole, &tally);
        }
        if let Some(counted) = &self.own {
            let tally = OwnTally {
                dcc_alerts_suppressed: counted.suppressed(),
                dcc_alerts_consolidated: counted.consolidated(),
            };
            figures.put(Key::Whole, &tally);
        }
    }
}
