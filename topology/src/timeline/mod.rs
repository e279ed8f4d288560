//! The timeline: what happens to the network during a run, compiled from the scenario's `[[events]]`.
//! All participants have it and each acts on its own part at the same emulated moment. It is a part of the plan: nothing in it
//! changes during a run. An event that meets many premises is a rule ([`rules`]), whatever their number.
//!
//! Not here: what participants do about an event, and what they believe of it.

pub mod cpl;
pub mod exchanges;
pub(crate) mod faults;
pub mod meetings;
pub mod power_cuts;
pub mod rules;
pub mod selector;
pub mod steps;
pub mod windows;

pub use crate::events::{CampaignVersion, Cause, EventKind, EventParams, Impact, System};
pub use crate::restoration::Restoration;
pub use cpl::{CplRemoval, Version};
pub use exchanges::{Exchanges, Visit};
pub use meetings::{Moment, Place};
pub use power_cuts::{Cut, Fault, PowerCuts};
pub use rules::{CoverageLoss, CoverageLosses, Removal, Removals, Takeover, Takeovers};
pub use selector::Selector;
pub use steps::Steps;
pub use windows::Windows;

use crate::local_time::LocalTime;
use crate::modifications::Releases;
use crate::population::Population;
use crate::scenario::Scenario;
use crate::users::UserEntry;
use meetings::Reach;
use secnet_engine::Draws;
use secnet_model::{Calendar, Region, SimTime, UserId};
use std::ops::Range;

#[derive(Clone, PartialEq, Debug)]
pub struct Timeline {
    events: Vec<Event>,
    dsp_servers: Steps,
    csps: [Windows; Region::ALL.len()],
    /// By User.
    gateways: Vec<Windows>,
    /// By User; "never" for a User without a default.
    defaults: Vec<SimTime>,
    coverage: CoverageLosses,
    takeovers: Takeovers,
    removals: Removals,
    cpl_removals: Vec<CplRemoval>,
    power_cuts: PowerCuts,
    exchanges: Exchanges,
}

/// An event as it stands in emulated time.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    pub name: String,
    /// The scenario's word for its kind, or `release`.
    pub kind: &'static str,
    /// Whether it has a beginning only.
    pub is_a_moment: bool,
    pub begins: SimTime,
    /// "Never" where it lasts to the end of the run, or is a moment.
    pub ends: SimTime,
    /// What it is about, in a few words: `csp-north`, `OVO`, `premises of EPN`.
    pub about: String,
    reach: Reach,
}

impl std::fmt::Display for Event {
    /// `01:00:00.000 to 01:10:00.000  csp_outage  storm (csp-north)`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ends = match (self.is_a_moment, self.ends.is_never()) {
            (true, _) => String::new(),
            (false, true) => " to the end".to_owned(),
            (false, false) => format!(" to {}", self.ends),
        };
        let time = format!("{}{ends}", self.begins);
        write!(f, "{time:<28}  {:<14}  {} ({})", self.kind, self.name, self.about)
    }
}

impl Timeline {
    /// The scenario must be valid.
    pub(crate) fn new(
        scenario: &Scenario,
        releases: &Releases,
        users: &[UserEntry],
        population: &Population,
        clocks: (Calendar, &LocalTime),
        draws: Draws,
    ) -> Timeline {
        let events = &scenario.events;
        let dated = events.iter().enumerate();
        let selector = |place: usize, event: &EventParams| Selector::new(event, place, population, draws);
        let power_cuts = PowerCuts::new(events, draws, population, selector);
        Timeline {
            events: in_order(
                releases_of(releases)
                    .chain(dated.clone().map(|(place, event)| {
                        let selector = || selector(place, event);
                        compiled(event, place, users, selector)
                    }))
                    .map(|event| lasting_as_its_faults(event, &power_cuts))
                    .collect(),
            ),
            power_cuts,
            exchanges: {
                let is_one = |(_, event): &(usize, &EventParams)| event.kind == EventKind::HubExchange;
                let programmes: Vec<_> = dated.clone().filter(is_one).collect();
                Exchanges::new(&programmes, clocks, population, draws)
            },
            dsp_servers: dsp_servers(scenario),
            csps: Region::ALL.map(|region| {
                let closes = |event: &&EventParams| closes_csp(event, region);
                Windows::union(events.iter().filter(closes).map(EventParams::during).collect())
            }),
            gateways: users
                .iter()
                .map(|user| {
                    let closes = |event: &&EventParams| {
                        event.kind == EventKind::GatewayOutage && is_meant(event, user)
                    };
                    Windows::union(events.iter().filter(closes).map(EventParams::during).collect())
                })
                .collect(),
            defaults: users
                .iter()
                .map(|user| {
                    let of_user = events
                        .iter()
                        .filter(|event| event.kind == EventKind::UserDefault && is_meant(event, user));
                    of_user.map(EventParams::begins).min().unwrap_or(SimTime::NEVER)
                })
                .collect(),
            coverage: CoverageLosses {
                losses: dated
                    .clone()
                    .filter(|(_, event)| event.kind == EventKind::CoverageLoss)
                    .map(|(place, event)| CoverageLoss {
                        during: event.during(),
                        noticed_after: event.noticed_after.map(Into::into),
                        selector: selector(place, event),
                    })
                    .collect(),
            },
            takeovers: takeovers(events, users, selector),
            cpl_removals: dated
                .clone()
                .filter_map(|(place, event)| CplRemoval::new(scenario, event, selector(place, event)))
                .collect(),
            removals: Removals {
                removals: dated
                    .filter(|(_, event)| event.kind == EventKind::Removal)
                    .map(|(place, event)| Removal {
                        at: event.begins(),
                        device: event.device,
                        selector: selector(place, event),
                    })
                    .collect(),
            },
        }
    }

    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// By their beginnings; of two at one moment the first in the scenario comes first.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// How many servers the DSP has: none while it is out.
    #[inline]
    pub fn dsp_servers(&self) -> &Steps {
        &self.dsp_servers
    }

    /// When no transmission starts on the region's SM WAN.
    #[inline]
    pub fn csp(&self, region: Region) -> &Windows {
        &self.csps[region.index()]
    }

    /// When the User's gateway connection is down.
    #[inline]
    pub fn gateway(&self, user: UserId) -> &Windows {
        static ALWAYS_OPEN: Windows = Windows::ALWAYS_OPEN;
        self.gateways.get(user.index()).unwrap_or(&ALWAYS_OPEN)
    }

    /// When the User goes into default; "never" where it does not.
    #[inline]
    pub fn defaults_at(&self, user: UserId) -> SimTime {
        self.defaults.get(user.index()).copied().unwrap_or(SimTime::NEVER)
    }

    #[inline]
    pub fn coverage(&self) -> &CoverageLosses {
        &self.coverage
    }

    #[inline]
    pub fn takeovers(&self) -> &Takeovers {
        &self.takeovers
    }

    #[inline]
    pub fn removals(&self) -> &Removals {
        &self.removals
    }

    /// In the order of the scenario.
    #[inline]
    pub fn cpl_removals(&self) -> &[CplRemoval] {
        &self.cpl_removals
    }

    #[inline]
    pub fn exchanges(&self) -> &Exchanges {
        &self.exchanges
    }

    #[inline]
    pub fn power_cuts(&self) -> &PowerCuts {
        &self.power_cuts
    }
}

/// Faults go on when no more of them begin.
fn lasting_as_its_faults(mut event: Event, power_cuts: &PowerCuts) -> Event {
    if let Reach::Power { event: place } = &event.reach {
        let of_event = power_cuts.faults().iter().filter(|fault| fault.event == *place);
        event.ends = of_event.map(|fault| fault.ends).max().unwrap_or(event.ends);
    }
    event
}

fn in_order(mut events: Vec<Event>) -> Vec<Event> {
    events.sort_by_key(|event| event.begins);
    events
}

/// Modifications that are live at some time.
fn releases_of(releases: &Releases) -> impl Iterator<Item = Event> {
    releases.live().map(|(name, at)| Event {
        name: name.to_owned(),
        kind: "release",
        is_a_moment: true,
        begins: at,
        ends: SimTime::NEVER,
        about: match at {
            SimTime::ZERO => "live from the start".to_owned(),
            _ => "goes live".to_owned(),
        },
        reach: Reach::Nothing,
    })
}

fn is_meant(event: &EventParams, user: &UserEntry) -> bool {
    event.user.as_ref().is_some_and(|name| user.is_meant_by(name))
}

fn takeovers(
    events: &[EventParams],
    users: &[UserEntry],
    selector: impl Fn(usize, &EventParams) -> Selector,
) -> Takeovers {
    let user = |name: &Option<String>| {
        let found = users.iter().find(|user| Some(&user.name) == name.as_ref());
        found.map(|user| user.id)
    };
    let takeover = |(place, event): (usize, &EventParams)| {
        let at = event.begins();
        Some(Takeover {
            at,
            told_at: event.told_after.map_or(at, |span| at + span.into()),
            from: user(&event.from)?,
            to: user(&event.to)?,
            credentials_within: event.credentials_within.map(Into::into),
            selector: selector(place, event),
        })
    };
    let mut takeovers: Vec<Takeover> = events
        .iter()
        .enumerate()
        .filter(|(_, event)| event.kind == EventKind::Takeover)
        .filter_map(takeover)
        .collect();
    // A stable sort: of two at one moment the first in the scenario comes first.
    takeovers.sort_by_key(|takeover| takeover.at);
    Takeovers { takeovers }
}

fn closes_csp(event: &EventParams, region: Region) -> bool {
    match event.kind {
        EventKind::CspOutage => event.region == Some(region),
        EventKind::Maintenance => {
            event.impact == Some(Impact::High)
                && event.systems.iter().any(|system| system.region() == Some(region))
        }
        EventKind::DspOutage
        | EventKind::GatewayOutage
        | EventKind::CoverageLoss
        | EventKind::DspCapacity
        | EventKind::UserDefault
        | EventKind::Takeover
        | EventKind::Removal
        | EventKind::PowerCut
        | EventKind::PowerFaults
        | EventKind::CplRemoval
        | EventKind::HubExchange => false,
    }
}

/// How many servers the DSP has: none while it is out.
pub fn dsp_servers(scenario: &Scenario) -> Steps {
    let all = scenario.dsp.servers.max(1);
    let share_of_all = |share: f64| match (f64::from(all) * share).round() as u32 {
        0 if share > 0.0 => 1,
        servers => servers,
    };
    let changes: Vec<(Range<SimTime>, u32)> = scenario
        .events
        .iter()
        .filter_map(|event| {
            let servers = match event.kind {
                EventKind::DspOutage => 0,
                EventKind::DspCapacity => event.servers.or(event.capacity_share.map(share_of_all))?,
                EventKind::Maintenance if event.systems.contains(&System::Dsp) => match event.impact? {
                    Impact::High => 0,
                    Impact::Low => share_of_all(event.capacity_share?),
                },
                EventKind::Maintenance
                | EventKind::CspOutage
                | EventKind::GatewayOutage
                | EventKind::CoverageLoss
                | EventKind::UserDefault
                | EventKind::Takeover
                | EventKind::Removal
                | EventKind::PowerCut
                | EventKind::PowerFaults
                | EventKind::CplRemoval
                | EventKind::HubExchange => return None,
            };
            Some((event.during(), servers))
        })
        .collect();
    Steps::new(all, &changes)
}

fn compiled(
    event: &EventParams,
    place: usize,
    users: &[UserEntry],
    selector: impl Fn() -> Selector,
) -> Event {
    let Range { start, end } = event.during();
    Event {
        name: event.name.clone(),
        kind: event.kind.name(),
        is_a_moment: event.kind.is_a_moment(),
        begins: start,
        ends: end,
        about: about(event, users),
        reach: reach(event, place, users, selector),
    }
}

fn reach(event: &EventParams, place: usize, users: &[UserEntry], selector: impl Fn() -> Selector) -> Reach {
    let meant = || {
        let meant = users.iter().filter(|user| is_meant(event, user));
        meant.map(|user| user.id).collect()
    };
    match event.kind {
        EventKind::DspOutage | EventKind::DspCapacity => Reach::Systems {
            dsp: true,
            csps: Vec::new(),
        },
        EventKind::CspOutage => Reach::Systems {
            dsp: false,
            csps: event.region.into_iter().collect(),
        },
        EventKind::Maintenance => Reach::Systems {
            dsp: event.systems.contains(&System::Dsp),
            csps: event
                .systems
                .iter()
                .filter_map(|system| system.region())
                .collect(),
        },
        EventKind::GatewayOutage => Reach::Gateways(meant()),
        EventKind::UserDefault => Reach::Rights(meant()),
        EventKind::CoverageLoss => Reach::Coverage(selector()),
        EventKind::Takeover => Reach::Registration {
            from: users
                .iter()
                .find(|user| Some(&user.name) == event.from.as_ref())
                .map(|user| user.id),
            selector: selector(),
        },
        EventKind::Removal => Reach::Devices {
            device: event.device,
            selector: selector(),
        },
        EventKind::PowerCut | EventKind::PowerFaults => Reach::Power { event: place as u32 },
        EventKind::HubExchange => Reach::Exchange { event: place },
        EventKind::CplRemoval => match event.device {
            Some(device) => Reach::Status {
                device,
                selector: selector(),
            },
            // Which devices a campaign is for is not known here: the code of a refusal, E5, tells.
            None => Reach::Nothing,
        },
    }
}

fn about(event: &EventParams, users: &[UserEntry]) -> String {
    match event.kind {
        EventKind::DspOutage => "dsp".to_owned(),
        EventKind::CspOutage => event
            .region
            .map(|region| region.provider().to_owned())
            .unwrap_or_default(),
        EventKind::GatewayOutage | EventKind::UserDefault => {
            let meant = users.iter().filter(|user| is_meant(event, user));
            meant
                .map(|user| user.name.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        }
        EventKind::Maintenance => {
            let systems: Vec<&str> = event.systems.iter().map(|system| system.name()).collect();
            let impact = match event.impact {
                Some(Impact::Low) => "low",
                Some(Impact::High) | None => "high",
            };
            format!("{}, {impact} impact", systems.join(", "))
        }
        EventKind::DspCapacity => match (event.servers, event.capacity_share) {
            (Some(servers), _) => format!("dsp, {servers} servers"),
            (None, Some(share)) => format!("dsp, {share} of its servers"),
            (None, None) => "dsp".to_owned(),
        },
        EventKind::Takeover => format!(
            "{} to {}{}",
            event.from.as_deref().unwrap_or_default(),
            event.to.as_deref().unwrap_or_default(),
            share_of(event)
        ),
        EventKind::CplRemoval if event.campaign.is_some() => {
            let campaign = event.campaign.as_deref().unwrap_or_default();
            let which = match event.version.unwrap_or_default() {
                CampaignVersion::Old => "model",
                CampaignVersion::New => "new version",
            };
            format!("{which} of {campaign}, {}{}", places(event), share_of(event))
        }
        EventKind::CoverageLoss | EventKind::Removal | EventKind::CplRemoval => {
            let device = event.device.map(|device| format!("{} of ", device.name()));
            let device = device.unwrap_or_default();
            format!("{device}{}{}", places(event), share_of(event))
        }
        EventKind::HubExchange => {
            let how_many = match event.per_million_premises_per_working_day {
                Some(rate) => format!(", {rate} per million premises and working day"),
                None => share_of(event),
            };
            format!("{}{how_many}", places(event))
        }
        EventKind::PowerCut => format!("{}{}", places(event), cause_of(event)),
        EventKind::PowerFaults => {
            let rate = event.per_million_premises_per_year;
            let how_many = match rate {
                Some(rate) => format!(", {rate} faults per million premises and year"),
                None => share_of(event),
            };
            format!("{}{how_many}{}", places(event), cause_of(event))
        }
    }
}

fn cause_of(event: &EventParams) -> String {
    let cause = event.cause.map(|cause| cause.name().replace('_', " "));
    cause.map(|cause| format!(", {cause}")).unwrap_or_default()
}

fn places(event: &EventParams) -> String {
    let mut places = Vec::new();
    if let [first, last] = event.premises[..] {
        places.push(format!("premises {first} to {last}"));
    }
    if let [first, last] = event.cells[..] {
        places.push(format!("cells {first} to {last}"));
    }
    places.extend(event.areas.iter().cloned());
    places.extend(event.region.map(|region| format!("region {region}")));
    match places.is_empty() {
        true => "all premises".to_owned(),
        false => places.join(", "),
    }
}

fn share_of(event: &EventParams) -> String {
    event
        .share
        .map(|share| format!(", a share of {share}"))
        .unwrap_or_default()
}
