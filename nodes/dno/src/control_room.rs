//! A DNO's control room: what it makes of the outage and restoration alerts that come in, and whom it asks.
//!
//! It believes what it is told, by meter. It knows its own network: which feeder a meter is on, and which feeders are neighbours. Alerts of
//! neighbouring feeders shortly after one another are one case. Before it sends a crew for a single meter it asks that meter (SRV 7.4), and
//! once part of a case tells that its supply is back it asks those that are silent.

use secnet_accounts::faults::PowerNews;
use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::{Part, figures};
use secnet_model::{DeviceType, PremisesId, ResponseCode, SimDuration, SimTime, Srv};
use secnet_topology::World;
use secnet_user::{Ask, Pinged};
use secnet_wire::{DeviceAlert, ServiceResponse};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a control room knows and waits for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ControlRoom {
    /// By the number of its first feeder.
    cases: BTreeMap<u32, Case>,
    /// Meters that told of an outage and not of its end.
    out: BTreeMap<PremisesId, Out>,
    /// When a meter is to be asked.
    to_ask: BTreeSet<(SimTime, PremisesId)>,
    /// Meters to ask now.
    asks: Vec<PremisesId>,
    counts: Counts,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Case {
    last_feeder: u32,
    last_alert_at: SimTime,
    /// Meters that told of it.
    meters: u32,
}

/// Budget: 16 B with its premises (tested).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Out {
    /// The case's first feeder when it told.
    case: u32,
    asked: u8,
    /// Under way.
    waits: bool,
}

figures! {
    /// What a DNO's control room made of outage alerts.
    struct Counts: "DNOs, control room" in "dno" {
        /// Outage cases it opened: alerts of neighbouring feeders shortly after one another are one.
        cases: sum "cases" if nonzero,
        /// Meters it asked for their supply status (SRV 7.4).
        pings: sum "requests" if nonzero,
        /// Single meters that answered when they were said to be out: no crew was sent.
        false_alarms_found: sum "meters" if nonzero,
        /// Single meters that did not answer either: a crew was sent.
        outages_confirmed: sum "meters" if nonzero,
        /// Meters that had not told that their supply is back, and answered.
        restorations_found: sum "meters" if nonzero,
        /// Meters that were silent to the last time they were asked: their hub may never come back.
        silent_meters: sum "meters" if nonzero,
    }
}

impl ControlRoom {
    /// A device's alert came in.
    pub fn note_alert(&mut self, now: SimTime, alert: &DeviceAlert, world: &World) {
        let premises = alert.device.premises;
        match PowerNews::of(alert.alert) {
            Some(PowerNews::Outage) => self.outage(now, premises, world),
            Some(PowerNews::Restoration) => self.restored(now, premises, world),
            None => {}
        }
    }

    fn outage(&mut self, now: SimTime, premises: PremisesId, world: &World) {
        let params = &world.scenario.power;
        let feeder = premises.0 / params.feeder_premises.max(1);
        let case = self.case_of(now, feeder, params.case_within.into());
        let told = Out {
            case,
            asked: 0,
            waits: false,
        };
        self.out.insert(premises, told);
        if self.cases.get(&case).is_some_and(|case| case.meters == 1) {
            let doubted_after: SimDuration = params.ping_doubted_after.into();
            self.ask_at(now + doubted_after, premises, world);
        }
    }

    /// The case that an alert from the feeder belongs to, and is counted in.
    fn case_of(&mut self, now: SimTime, feeder: u32, within: SimDuration) -> u32 {
        let goes_on = |case: &Case| now.since(case.last_alert_at) <= within;
        let below = self
            .cases
            .range(..=feeder)
            .next_back()
            .map(|(first, case)| (*first, *case));
        let below = below.filter(|(_, case)| case.last_feeder + 1 >= feeder && goes_on(case));
        let above = self.cases.get(&(feeder + 1)).copied().filter(goes_on);
        let (first, mut case) = below.unwrap_or_else(|| {
            self.counts.cases += u64::from(above.is_none());
            let begun = Case {
                last_feeder: feeder,
                last_alert_at: now,
                meters: 0,
            };
            (feeder, begun)
        });
        case.last_feeder = case.last_feeder.max(feeder);
        if let Some(above) = above {
            // Two cases turn out to be one.
            self.cases.remove(&(feeder + 1));
            self.counts.cases -= u64::from(below.is_some());
            case.last_feeder = case.last_feeder.max(above.last_feeder);
            case.meters += above.meters;
        }
        case.meters += 1;
        case.last_alert_at = now;
        self.cases.insert(first, case);
        first
    }

    fn restored(&mut self, now: SimTime, premises: PremisesId, world: &World) {
        let Some(told) = self.out.remove(&premises) else {
            return;
        };
        // Those near it that told of the same and are silent.
        let params = &world.scenario.power;
        let feeder_premises = params.feeder_premises.max(1);
        let feeder = premises.0 / feeder_premises;
        let on_feeder = PremisesId(feeder * feeder_premises)..PremisesId((feeder + 1) * feeder_premises);
        let silent: Vec<PremisesId> = self
            .out
            .range(on_feeder)
            .filter(|(_, other)| other.case == told.case && !other.waits)
            .map(|(premises, _)| *premises)
            .collect();
        let silent_after: SimDuration = params.ping_silent_after.into();
        for premises in silent {
            self.ask_at(now + silent_after, premises, world);
        }
    }

    fn ask_at(&mut self, at: SimTime, premises: PremisesId, world: &World) {
        if world.scenario.power.pings_max == 0 || at >= world.horizon {
            return;
        }
        if let Some(out) = self.out.get_mut(&premises) {
            out.waits = true;
            self.to_ask.insert((at, premises));
        }
    }

    pub fn comes_due(&mut self, now: SimTime) {
        while let Some((at, premises)) = self.to_ask.first().copied().filter(|(at, _)| *at <= now) {
            self.to_ask.remove(&(at, premises));
            // It may have told meanwhile.
            if let Some(out) = self.out.get_mut(&premises) {
                out.asked = out.asked.saturating_add(1);
                self.counts.pings += 1;
                self.asks.push(premises);
            }
        }
    }

    /// A request to send now.
    pub fn take_ask(&mut self) -> Option<Ask> {
        let premises = self.asks.pop()?;
        Some(Ask {
            srv: Srv::from_number("7.4")?,
            device: premises.device(DeviceType::Esme),
        })
    }

    /// A response came in; perhaps to what was asked here.
    pub fn note_response(
        &mut self,
        now: SimTime,
        response: &ServiceResponse,
        world: &World,
    ) -> Option<Pinged> {
        let premises = response.id.target.device()?.premises;
        if response.srv.number() != "7.4" {
            return None;
        }
        let out = self.out.get_mut(&premises).filter(|out| out.waits)?;
        out.waits = false;
        let asked = out.asked;
        let answered = response.code == ResponseCode::I0;
        let alone = self.cases.get(&out.case).is_some_and(|case| case.meters == 1);
        let params = &world.scenario.power;
        let is_last = u32::from(asked) >= params.pings_max;
        match (answered, alone && asked == 1) {
            (true, true) => self.counts.false_alarms_found += 1,
            (true, false) => self.counts.restorations_found += 1,
            (false, true) => self.counts.outages_confirmed += 1,
            (false, false) => {}
        }
        if answered {
            self.out.remove(&premises);
        } else if is_last {
            self.counts.silent_meters += 1;
            self.out.remove(&premises);
        } else {
            let again_after: SimDuration = params.ping_again_after.into();
            self.ask_at(now + again_after, premises, world);
        }
        Some(Pinged {
            premises,
            answered,
            silent: !answered && is_last,
        })
    }
}

impl Part for ControlRoom {
    fn next_deadline(&self, _world: &World) -> SimTime {
        self.to_ask.first().map_or(SimTime::NEVER, |(at, _)| *at)
    }

    fn figures(&self, _world: &World, figures: &mut Figures) {
        if self.counts != Counts::default() {
            figures.put(Key::Whole, &self.counts);
        }
    }

    fn memory_bytes(&self) -> usize {
        self.cases.len() * size_of::<(u32, Case)>()
            + self.out.len() * size_of::<(PremisesId, Out)>()
            + self.to_ask.len() * size_of::<(SimTime, PremisesId)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meter_out_costs_at_most_16_bytes() {
        assert!(size_of::<(PremisesId, Out)>() <= 16);
    }

    /// The cases of alerts at these minutes from these feeders.
    fn cases(alerts: &[(u64, u32)]) -> (u64, Vec<(u32, u32, u32)>) {
        let mut room = ControlRoom::default();
        for (minute, feeder) in alerts {
            room.case_of(
                SimTime::from_secs(minute * 60),
                *feeder,
                SimDuration::from_secs(600),
            );
        }
        let open = room
            .cases
            .iter()
            .map(|(first, case)| (*first, case.last_feeder, case.meters));
        (room.counts.cases, open.collect())
    }

    #[test]
    fn alerts_of_neighbouring_feeders_shortly_after_one_another_are_one_case() {
        assert_eq!(cases(&[(0, 7), (1, 7), (2, 8)]), (1, vec![(7, 8, 3)]));
        assert_eq!(cases(&[(0, 7), (1, 9)]), (2, vec![(7, 7, 1), (9, 9, 1)]));
        // The one between makes them one.
        assert_eq!(cases(&[(0, 7), (1, 9), (2, 8)]), (1, vec![(7, 9, 3)]));
        // Eleven minutes later the next begins.
        assert_eq!(cases(&[(0, 7), (11, 8)]), (2, vec![(7, 7, 1), (8, 8, 1)]));
        assert_eq!(cases(&[(0, 7), (11, 7)]), (2, vec![(7, 7, 1)]));
    }
}
