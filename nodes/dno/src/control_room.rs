//! A DNO's control room: what it makes of the outage and restoration alerts that come in, and whom it asks.
//!
//! It believes what it is told, by meter. It knows its own network: which feeder a meter is on, and which feeders are neighbours. Alerts of
//! neighbouring feeders shortly after one another are one case. Before it sends a crew for a single meter it asks that meter (SRV 7.4), and
//! once part of a case tells that its supply is back it asks those that are silent.

use secnet_accounts::faults::PowerNews;
use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::{Part, figures};
use secnet_model::{DeviceId, DeviceType, PremisesId, ResponseCode, SimDuration, SimTime, Srv};
use secnet_topology::World;
use secnet_topology::scenario::PowerParams;
use secnet_user::{Ask, Pinged};
use secnet_wire::DeviceAlert;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Read Supply Status.
const PING: &str = "7.4";

/// What a control room knows and waits for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ControlRoom {
    /// By the number of its first feeder.
    cases: BTreeMap<u32, Case>,
    /// Meters that told of an outage and not of its end.
    out: BTreeMap<PremisesId, Out>,
    /// When a meter is to be asked, and which telling of its outage that is about.
    to_ask: BTreeSet<(SimTime, PremisesId, u32)>,
    /// Outages it was told of, by which they are numbered.
    told: u32,
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
    /// The case's first feeder.
    case: u32,
    /// The number of the telling: what was to be asked after an earlier one is no longer wanted.
    told: u32,
    asked: u8,
    asking: Asking,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
enum Asking {
    No,
    /// Later.
    Planned,
    UnderWay,
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
        let feeder = feeder_of(premises, params);
        let case = self.case_of(now, feeder, params);
        self.told = self.told.wrapping_add(1);
        let told = Out {
            case,
            told: self.told,
            asked: 0,
            asking: Asking::No,
        };
        self.out.insert(premises, told);
        if self.cases.get(&case).is_some_and(|case| case.meters == 1) {
            let doubted_after: SimDuration = params.ping_doubted_after.into();
            self.ask_at(now + doubted_after, premises, world);
        }
    }

    /// The case that an alert from the feeder belongs to, and is counted in.
    fn case_of(&mut self, now: SimTime, feeder: u32, params: &PowerParams) -> u32 {
        let within = params.case_within.into();
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
            let meters = on_feeders(feeder + 1, above.last_feeder, params);
            let told = self.out.range_mut(meters).map(|(_, out)| out);
            told.filter(|out| out.case == feeder + 1)
                .for_each(|out| out.case = first);
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
        let feeder = feeder_of(premises, params);
        let silent: Vec<PremisesId> = self
            .out
            .range(on_feeders(feeder, feeder, params))
            .filter(|(_, other)| other.case == told.case && other.asking == Asking::No)
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
            out.asking = Asking::Planned;
            self.to_ask.insert((at, premises, out.told));
        }
    }

    pub fn comes_due(&mut self, now: SimTime) {
        while self.to_ask.first().is_some_and(|(at, ..)| *at <= now) {
            let Some((_, premises, told)) = self.to_ask.pop_first() else {
                break;
            };
            // It may have told meanwhile that its supply is back.
            if let Some(out) = self.out.get_mut(&premises).filter(|out| out.told == told) {
                out.asking = Asking::UnderWay;
                out.asked = out.asked.saturating_add(1);
                self.counts.pings += 1;
                self.asks.push(premises);
            }
        }
    }

    /// A request to send now.
    pub fn take_ask(&mut self) -> Option<Ask> {
        let premises = self.asks.pop()?;
        Some(Ask::Device {
            srv: Srv::from_number(PING)?,
            device: premises.device(DeviceType::Esme),
            execution: None,
        })
    }

    /// A request has ended; perhaps what was asked here.
    pub fn note_end(
        &mut self,
        now: SimTime,
        srv: Srv,
        device: DeviceId,
        code: ResponseCode,
        world: &World,
    ) -> Option<Pinged> {
        if srv.number() != PING {
            return None;
        }
        let premises = device.premises;
        let out = self.out.get_mut(&premises);
        let out = out.filter(|out| out.asking == Asking::UnderWay)?;
        out.asking = Asking::No;
        let asked = out.asked;
        let answered = code == ResponseCode::I0;
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

fn feeder_of(premises: PremisesId, params: &PowerParams) -> u32 {
    premises.0 / params.feeder_premises.max(1)
}

/// The premises of the feeders from `first` to `last`.
fn on_feeders(first: u32, last: u32, params: &PowerParams) -> Range<PremisesId> {
    let of_a_feeder = params.feeder_premises.max(1);
    let edge = |feeder: u32| PremisesId(feeder.saturating_mul(of_a_feeder));
    edge(first)..edge(last.saturating_add(1))
}

impl Part for ControlRoom {
    fn next_deadline(&self, _world: &World) -> SimTime {
        self.to_ask.first().map_or(SimTime::NEVER, |(at, ..)| *at)
    }

    fn figures(&self, _world: &World, figures: &mut Figures) {
        if self.counts != Counts::default() {
            figures.put(Key::Whole, &self.counts);
        }
    }

    fn memory_bytes(&self) -> usize {
        self.cases.len() * size_of::<(u32, Case)>()
            + self.out.len() * size_of::<(PremisesId, Out)>()
            + self.to_ask.len() * size_of::<(SimTime, PremisesId, u32)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secnet_model::AlertCode;

    #[test]
    fn a_meter_out_costs_at_most_16_bytes() {
        assert!(size_of::<(PremisesId, Out)>() <= 16);
    }

    /// The cases of alerts at these minutes from these feeders.
    fn cases(alerts: &[(u64, u32)]) -> (u64, Vec<(u32, u32, u32)>) {
        let mut room = ControlRoom::default();
        for (minute, feeder) in alerts {
            let now = SimTime::from_secs(minute * 60);
            room.case_of(now, *feeder, &PowerParams::default());
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

    fn asked_premises(ask: Ask) -> u32 {
        match ask {
            Ask::Device { device, .. } => device.premises.0,
            Ask::Images { .. } => panic!("a control room has no firmware"),
        }
    }

    /// A room that hears of meters at minutes, as a world of 20,000 premises with the defaults of power.
    struct Rehearsal {
        world: World,
        room: ControlRoom,
    }

    impl Rehearsal {
        fn new() -> Rehearsal {
            let scenario = r#"
                name = "rehearsal"
                horizon = "2d"
                [population]
                premises = 20_000
                [[suppliers]]
                name = "A"
                share = 1.0
            "#;
            let scenario = secnet_topology::parse("test", scenario, &[]).unwrap();
            Rehearsal {
                world: World::new(scenario).unwrap(),
                room: ControlRoom::default(),
            }
        }

        fn tells(&mut self, minute: u64, code: &str, premises: u32) {
            let at = SimTime::from_secs(minute * 60);
            let alert = DeviceAlert {
                device: PremisesId(premises).device(DeviceType::Esme),
                alert: AlertCode::from_code(code).unwrap(),
                command: None,
                number: 1,
                bytes: 110,
                raised_at: at,
                throttled: None,
            };
            self.room.note_alert(at, &alert, &self.world);
        }

        /// The minutes at which it asks until then, of which meters, none of which answers.
        fn asks_until(&mut self, minute: u64) -> Vec<(u64, u32)> {
            let mut asked = Vec::new();
            loop {
                let due = self.room.next_deadline(&self.world);
                if due > SimTime::from_secs(minute * 60) {
                    return asked;
                }
                self.room.comes_due(due);
                while let Some(ask) = self.room.take_ask() {
                    asked.push((due.0 / 60_000_000, asked_premises(ask)));
                    self.answers(due.0 / 60_000_000, asked_premises(ask), ResponseCode::E21);
                }
            }
        }

        fn answers(&mut self, minute: u64, premises: u32, code: ResponseCode) -> Option<Pinged> {
            let srv = Srv::from_number(PING).unwrap();
            let meter = PremisesId(premises).device(DeviceType::Esme);
            let at = SimTime::from_secs(minute * 60);
            self.room.note_end(at, srv, meter, code, &self.world)
        }
    }

    #[test]
    fn a_single_meter_is_asked_and_asked_again_whoever_gave_the_request_up() {
        let mut one = Rehearsal::new();
        one.tells(0, "AD1", 7_000);
        assert_eq!(one.asks_until(1_000), [(2, 7_000), (122, 7_000), (242, 7_000)]);
        assert_eq!(
            (one.room.counts.outages_confirmed, one.room.counts.silent_meters),
            (1, 1)
        );
        assert!(one.room.out.is_empty());
    }

    #[test]
    fn what_was_to_be_asked_after_an_earlier_outage_is_not_asked_after_the_next() {
        let mut twice = Rehearsal::new();
        twice.tells(0, "AD1", 7_000);
        twice.tells(1, "8F36", 7_000);
        // Alone in its case again, so that it is to be asked in the 17th minute, and not in the second.
        twice.tells(15, "AD1", 7_000);
        assert_eq!(twice.asks_until(20), [(17, 7_000)]);
        // Nothing waits for an answer to what is not under way.
        assert_eq!(twice.answers(21, 7_000, ResponseCode::I0), None);
    }

    #[test]
    fn cases_that_turn_out_to_be_one_are_one_for_their_meters() {
        let feeder = PowerParams::default().feeder_premises;
        let mut merged = Rehearsal::new();
        merged.tells(0, "AD1", 101 * feeder);
        merged.tells(0, "AD1", 101 * feeder + 1);
        // Of the feeder below: one case with the first two, and with what comes to their feeder next.
        merged.tells(1, "AD1", 100 * feeder);
        merged.tells(1, "AD1", 101 * feeder + 2);
        merged.tells(30, "8F36", 101 * feeder + 2);
        let doubted = (2, 101 * feeder);
        let silent = (60, 101 * feeder + 1);
        assert_eq!(merged.asks_until(61), [doubted, silent]);
    }
}
