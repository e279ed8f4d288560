//! MP096 at a CSP: of the outage alerts it has received, which it passes on.

use crate::modifications::{Modification, Onward};
use secnet_accounts::Part;
use secnet_model::{AlertCode, Region, SimDuration, SimTime};
use secnet_topology::World;
use secnet_wire::DeviceAlert;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Rationing {
    all_up_to: u32,
    some_up_to: u32,
    some_share: f64,
    location_aware: bool,
    quiet: SimDuration,
    /// By cell, or of the region under the number 0.
    places: BTreeMap<u32, Fault>,
}

/// What a CSP takes for one fault.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
struct Fault {
    alerts: u32,
    last_at: SimTime,
}

impl Modification for Rationing {
    fn new(world: &World, region: Region) -> Option<Rationing> {
        let params = &world.scenario.parameters.mp096;
        (region != Region::Smets1).then(|| Rationing {
            all_up_to: params.all_up_to,
            some_up_to: params.some_up_to,
            some_share: params.some_share,
            location_aware: params.location_aware,
            quiet: params.quiet.into(),
            places: BTreeMap::new(),
        })
    }

    fn alert_received(&mut self, now: SimTime, cell: u32, alert: &DeviceAlert) -> Onward {
        if alert.alert != AlertCode::power_outage() {
            return Onward::Forward;
        }
        let place = if self.location_aware { cell } else { 0 };
        let none_yet = Fault {
            alerts: 0,
            last_at: now,
        };
        let fault = self.places.entry(place).or_insert(none_yet);
        if now.since(fault.last_at) > self.quiet {
            fault.alerts = 0;
        }
        fault.alerts += 1;
        fault.last_at = now;
        let beyond = fault.alerts.saturating_sub(self.all_up_to);
        // Evenly: each that brings the share passed on to the next whole alert.
        let passed = |alerts: u32| (f64::from(alerts) * self.some_share).floor();
        let passes = beyond == 0 || fault.alerts <= self.some_up_to && passed(beyond) > passed(beyond - 1);
        match passes {
            true => Onward::Forward,
            false => Onward::Ration,
        }
    }
}

impl Part for Rationing {
    fn memory_bytes(&self) -> usize {
        self.places.len() * size_of::<(u32, Fault)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secnet_model::{DeviceType, PremisesId};

    fn rationing(location_aware: bool) -> Rationing {
        Rationing {
            all_up_to: 50,
            some_up_to: 5_000,
            some_share: 0.25,
            location_aware,
            quiet: SimDuration::from_secs(600),
            places: BTreeMap::new(),
        }
    }

    fn alert(code: &str) -> DeviceAlert {
        DeviceAlert {
            device: PremisesId(7).device(DeviceType::Chf),
            alert: AlertCode::from_code(code).unwrap(),
            command: None,
            number: 1,
            bytes: 110,
            raised_at: SimTime::ZERO,
            throttled: None,
        }
    }

    /// How many of so many are passed on.
    fn passed(rationing: &mut Rationing, at: u64, cell: u32, alerts: u32) -> usize {
        let now = SimTime::from_secs(at);
        let onward = (0..alerts).map(|_| rationing.alert_received(now, cell, &alert("AD1")));
        onward.filter(|onward| *onward == Onward::Forward).count()
    }

    #[test]
    fn all_of_few_a_quarter_of_more_and_none_beyond() {
        let mut aware = rationing(true);
        assert_eq!(passed(&mut aware, 0, 1, 50), 50);
        assert_eq!(passed(&mut aware, 60, 1, 400), 100);
        assert_eq!(
            passed(&mut aware, 120, 1, 4_550),
            1_137,
            "4,950 beyond the first 50, a quarter"
        );
        assert_eq!(passed(&mut aware, 180, 1, 10_000), 0);
        assert_eq!(passed(&mut aware, 180, 2, 20), 20, "another place");
        assert_eq!(passed(&mut aware, 781, 1, 20), 20, "another fault");
        let mut blind = rationing(false);
        assert_eq!(passed(&mut blind, 0, 1, 50), 50);
        assert_eq!(passed(&mut blind, 0, 2, 20), 5, "one of the region");
    }

    #[test]
    fn restorations_and_other_alerts_all_pass() {
        let mut rationing = rationing(false);
        let onward =
            |rationing: &mut Rationing, code| rationing.alert_received(SimTime::ZERO, 1, &alert(code));
        passed(&mut rationing, 0, 1, 6_000);
        assert_eq!(
            ["8F36", "81C6"].map(|code| onward(&mut rationing, code)),
            [Onward::Forward; 2]
        );
    }
}
