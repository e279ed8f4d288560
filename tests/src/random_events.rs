//! Events at random for the random scenarios: outages, maintenance, lost coverage, other capacities, defaults, takeovers and
//! removals, by themselves and over each other.

use crate::dice::Dice;
use secnet_model::{DeviceType, Region};
use secnet_topology::modifications::Switch;
use secnet_topology::modifications::mp096::Mp096Params;
use secnet_topology::scenario::{ContentionParams, PowerParams, Scenario};
use secnet_topology::timeline::{
    CampaignVersion, Cause, EventKind, EventParams, Impact, Restoration, System,
};
use secnet_topology::{Span, TimeOfDay};

/// Every kind of event there is.
pub const KINDS: [EventKind; 13] = [
    EventKind::DspOutage,
    EventKind::CspOutage,
    EventKind::GatewayOutage,
    EventKind::CoverageLoss,
    EventKind::Maintenance,
    EventKind::DspCapacity,
    EventKind::UserDefault,
    EventKind::Takeover,
    EventKind::Removal,
    EventKind::PowerCut,
    EventKind::PowerFaults,
    EventKind::CplRemoval,
    EventKind::HubExchange,
];
const SYSTEMS: [System; 6] = [
    System::Dsp,
    System::CspNorth,
    System::CspCentral,
    System::CspSouth,
    System::S1sp,
    System::Ssi,
];
const DEVICES: [DeviceType; 3] = [DeviceType::Esme, DeviceType::Gsme, DeviceType::Chf];

/// The events of the random scenario of that number; every other one has none.
pub fn random_events(number: u64, scenario: &Scenario) -> Vec<EventParams> {
    let mut dice = Dice::new(number, "random-events");
    let mut events: Vec<EventParams> = match dice.below(2) {
        0 => Vec::new(),
        _ => (0..=dice.below(5))
            .filter_map(|i| dice.event(i, scenario))
            .collect(),
    };
    // From dice of their own, in one scenario of four.
    let mut dice = Dice::new(number, "random-exchanges");
    if dice.once_in(4) {
        events.extend(dice.event_of(EventKind::HubExchange, 9, scenario));
    }
    let mut dice = Dice::new(number, "random-versions");
    for event in events.iter_mut().filter(|event| event.campaign.is_some()) {
        event.version = dice.one_of(&[None, Some(CampaignVersion::Old), Some(CampaignVersion::New)]);
    }
    events
}

impl Dice {
    /// `None` where the scenario has nobody to whom it could happen.
    fn event(&mut self, i: u64, scenario: &Scenario) -> Option<EventParams> {
        let others = KINDS.iter().position(|kind| *kind == EventKind::HubExchange);
        let kind = self.one_of(&KINDS[..others.unwrap_or(KINDS.len())]);
        self.event_of(kind, i, scenario)
    }

    fn event_of(&mut self, kind: EventKind, i: u64, scenario: &Scenario) -> Option<EventParams> {
        let horizon = scenario.horizon.as_micros();
        let lasts = Span::from_micros(1 + self.below(horizon / 2 + 1));
        let base = EventParams {
            name: format!("event {i}"),
            kind,
            starts_after: Span::from_micros(self.below(horizon)),
            lasts: None,
            region: None,
            areas: Vec::new(),
            cells: Vec::new(),
            premises: Vec::new(),
            share: None,
            device: None,
            user: None,
            servers: None,
            capacity_share: None,
            systems: Vec::new(),
            impact: None,
            agreed_by_panel: None,
            noticed_after: None,
            from: None,
            to: None,
            told_after: None,
            credentials_within: None,
            campaign: None,
            version: None,
            cause: None,
            per_million_premises_per_year: None,
            per_million_premises_per_working_day: None,
            takes: None,
            works_from: None,
            works_to: None,
            fault_sizes: Vec::new(),
            restoration: None,
            off_mean: None,
            off_at_least: None,
            off_at_most: None,
        };
        Some(match kind {
            EventKind::DspOutage => EventParams {
                lasts: Some(lasts),
                ..base
            },
            EventKind::CspOutage => EventParams {
                lasts: Some(lasts),
                region: Some(self.one_of(&Region::ALL)),
                ..base
            },
            EventKind::GatewayOutage => EventParams {
                lasts: Some(lasts),
                user: Some(self.some_user(scenario)),
                ..base
            },
            EventKind::CoverageLoss => EventParams {
                lasts: self.once_in(2).then_some(lasts),
                noticed_after: self.once_in(2).then(|| Span::from_micros(self.below(horizon))),
                ..self.somewhere(base, scenario)
            },
            EventKind::Maintenance => EventParams {
                lasts: Some(lasts),
                systems: vec![self.one_of(&SYSTEMS)],
                impact: Some(self.one_of(&[Impact::High, Impact::Low])),
                agreed_by_panel: Some(true),
                ..base
            },
            EventKind::DspCapacity => EventParams {
                lasts: self.once_in(2).then_some(lasts),
                servers: Some(1 + self.below(20) as u32),
                ..base
            },
            EventKind::UserDefault => EventParams {
                user: Some(self.some_user(scenario)),
                ..base
            },
            EventKind::Takeover => self.takeover(base, scenario, horizon)?,
            EventKind::Removal => EventParams {
                device: self.once_in(2).then(|| self.one_of(&DEVICES)),
                ..self.somewhere(base, scenario)
            },
            EventKind::PowerCut => EventParams {
                lasts: Some(lasts),
                share: None,
                ..self.somewhere(base, scenario)
            },
            EventKind::PowerFaults => EventParams {
                lasts: Some(lasts),
                ..self.faults(base, scenario)
            },
            EventKind::HubExchange => EventParams {
                lasts: Some(Span::from_micros(horizon)),
                ..self.exchange(base, scenario)
            },
            EventKind::CplRemoval => {
                let campaign = scenario.campaigns.first().filter(|_| self.once_in(2));
                EventParams {
                    lasts: self.once_in(2).then_some(lasts),
                    device: campaign.is_none().then(|| self.one_of(&DEVICES)),
                    campaign: campaign.map(|campaign| campaign.name.clone()),
                    ..self.somewhere(base, scenario)
                }
            }
        })
    }

    /// What hubs and meters do about a cut, how hubs get in each other's way, and MP096: from dice of their own.
    pub(crate) fn add_power(&mut self, scenario: &mut Scenario) {
        scenario.power = self.power();
        let regions = [
            &mut scenario.csp.north,
            &mut scenario.csp.central,
            &mut scenario.csp.south,
        ];
        for csp in regions {
            csp.contention = self.once_in(2).then(|| ContentionParams {
                slots: self.one_of(&[1, 4, 64]),
                slot: self.one_of(&[Span::from_millis(1), Span::from_secs(1)]),
                attempt_share: self.one_of(&[0.0, 0.5, 1.0]),
                capture_share: self.one_of(&[0.0, 0.3, 1.0]),
                frames_max: self.one_of(&[1, 20]),
            });
        }
        if self.once_in(2) {
            scenario.modifications.mp096 = Switch::On;
        }
        scenario.parameters.mp096 = Mp096Params {
            all_up_to: self.one_of(&[0, 0, 3]),
            some_share: self.one_of(&[0.0, 0.25, 1.0]),
            location_aware: self.once_in(2),
            ..Mp096Params::default()
        };
    }

    fn power(&mut self) -> PowerParams {
        let usual = PowerParams::default();
        if self.once_in(2) {
            return usual;
        }
        let mean_of =
            |dice: &mut Dice, least: Span| Span::from_micros(least.as_micros() + dice.below(120_000_000));
        let hold_up_min = self.one_of(&[Span::default(), Span::from_secs(180), Span::from_secs(600)]);
        let restart_min = self.one_of(&[Span::default(), Span::from_secs(60)]);
        PowerParams {
            hold: self.one_of(&[Span::from_secs(1), Span::from_secs(180)]),
            hold_up_min,
            hold_up_mean: mean_of(self, hold_up_min),
            spread_radio: self.one_of(&[Span::default(), Span::from_secs(152)]),
            restart_min,
            restart_mean: mean_of(self, restart_min),
            never_back_share: self.one_of(&[0.0, 0.2, 1.0]),
            clock_lost_share: self.one_of(&[0.0, 0.5]),
            ..usual
        }
    }

    /// By share or by rate, some of them momentary, some as after a storm.
    fn faults(&mut self, base: EventParams, scenario: &Scenario) -> EventParams {
        let by_rate = self.once_in(2);
        let by_curve = self.once_in(3);
        let base = self.somewhere(base, scenario);
        EventParams {
            share: (!by_rate).then(|| self.one_of(&[0.05, 0.5, 1.0])),
            // A storm's in a year.
            per_million_premises_per_year: by_rate.then_some(900_000.0),
            fault_sizes: match self.once_in(2) {
                true => vec![(1.0, 1.0), (40.0, 2.0)],
                false => Vec::new(),
            },
            restoration: by_curve.then_some(Restoration::Arwen),
            off_mean: (!by_curve).then_some(Span::from_secs(300)),
            off_at_most: (!by_curve && self.once_in(2)).then_some(Span::from_secs(240)),
            cause: self.once_in(2).then_some(Cause::Weather),
            ..base
        }
    }

    /// At all hours of working days: scenarios are short.
    fn exchange(&mut self, base: EventParams, scenario: &Scenario) -> EventParams {
        let by_rate = self.once_in(3);
        let base = self.somewhere(base, scenario);
        EventParams {
            region: base.region.filter(|region| *region != Region::Smets1),
            share: (!by_rate).then(|| self.one_of(&[0.1, 0.5, 1.0])),
            per_million_premises_per_working_day: by_rate.then_some(300_000.0),
            takes: self
                .once_in(2)
                .then(|| self.one_of(&[Span::from_secs(1), Span::from_secs(600)])),
            works_from: Some(TimeOfDay::from_hour(0)),
            works_to: Some(TimeOfDay::from_hour(23)),
            ..base
        }
    }

    fn somewhere(&mut self, base: EventParams, scenario: &Scenario) -> EventParams {
        let premises = u64::from(scenario.population.premises);
        let first = self.below(premises);
        let last = first + self.below(premises - first);
        EventParams {
            region: self.once_in(3).then(|| self.one_of(&Region::ALL)),
            premises: if self.once_in(2) {
                vec![first as u32, last as u32]
            } else {
                Vec::new()
            },
            share: self.once_in(2).then_some(0.5),
            ..base
        }
    }

    fn takeover(&mut self, base: EventParams, scenario: &Scenario, horizon: u64) -> Option<EventParams> {
        let suppliers = scenario.suppliers.len() as u64;
        if suppliers < 2 {
            return None;
        }
        let from = self.below(suppliers);
        let to = (from + 1 + self.below(suppliers - 1)) % suppliers;
        let name = |place: u64| Some(scenario.suppliers[place as usize].name.clone());
        Some(EventParams {
            from: name(from),
            to: name(to),
            share: self.once_in(2).then_some(0.5),
            told_after: self.once_in(2).then(|| Span::from_micros(self.below(horizon))),
            credentials_within: self
                .once_in(2)
                .then(|| Span::from_micros(1 + self.below(horizon))),
            ..base
        })
    }

    fn some_user(&mut self, scenario: &Scenario) -> String {
        let mut names = vec!["suppliers".to_owned()];
        names.extend(scenario.suppliers.iter().map(|user| user.name.clone()));
        names.extend(scenario.dnos.iter().map(|user| user.name.clone()));
        names.extend(scenario.other_users.iter().map(|user| user.name.clone()));
        names[self.below(names.len() as u64) as usize].clone()
    }
}
