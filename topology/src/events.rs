//! `[[events]]` as a scenario writes them.

use crate::restoration::Restoration;
use crate::units::{Span, TimeOfDay};
use schemars::JsonSchema;
use secnet_model::{DeviceType, Region, SimTime};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Something that happens to the network at a given time. Each kind takes some of the keys below; a key that does not apply to
/// the kind is refused.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventParams {
    /// Unique among the events.
    pub name: String,
    /// What happens.
    pub kind: EventKind,
    /// When it begins, after the epoch.
    pub starts_after: Span,
    /// How long it lasts; of `power_faults` and `hub_exchange`, over how long faults or visits begin. Outages, gateway outages, power cuts, exchanges of hubs and maintenance need it; `coverage_loss`, `dsp_capacity` and `cpl_removal` last to
    /// the end of the run when it is absent; the other kinds do not end.
    #[serde(default)]
    pub lasts: Option<Span>,
    /// Only premises of this CSP region; for `csp_outage` the region whose WAN is out.
    #[serde(default)]
    #[schemars(schema_with = "crate::words::region")]
    pub region: Option<Region>,
    /// Only premises of these licence areas, by code.
    #[serde(default)]
    pub areas: Vec<String>,
    /// Only premises of these cells of `region`: the number of the first and of the last.
    #[serde(default)]
    pub cells: Vec<u32>,
    /// Only these premises: the number of the first and of the last.
    #[serde(default)]
    pub premises: Vec<u32>,
    /// Share of the premises selected that the event meets; all when absent. Of `power_faults` the share that some fault takes off
    /// supply, each premises once; this or `per_million_premises_per_year`.
    #[serde(default)]
    pub share: Option<f64>,
    /// For `removal` the type of the device that is removed; all devices of the premises, the hub included, when absent. For `cpl_removal`
    /// the type of the devices that run the version; this or `campaign`.
    #[serde(default)]
    #[schemars(schema_with = "crate::words::device_type")]
    pub device: Option<DeviceType>,
    /// For `gateway_outage` and `user_default`: which Users, as `suppliers`, `dnos`, `other_users`, or one User's name.
    #[serde(default)]
    pub user: Option<String>,
    /// For `dsp_capacity`: the servers the DSP then has.
    #[serde(default)]
    pub servers: Option<u32>,
    /// For `dsp_capacity`, and for `maintenance` of low impact on the DSP: the share of its servers the DSP then has.
    #[serde(default)]
    pub capacity_share: Option<f64>,
    /// For `maintenance`: which systems.
    #[serde(default)]
    pub systems: Vec<System>,
    /// For `maintenance`: its impact (MP092; domain.md §10).
    #[serde(default)]
    pub impact: Option<Impact>,
    /// For `maintenance`: the SEC Panel has agreed to it, whatever the rule for planned maintenance says. Assumed possible.
    #[serde(default)]
    pub agreed_by_panel: Option<bool>,
    /// For `coverage_loss`: how long after each change the CSP's coverage database says so; never when absent. Assumed where given
    /// (domain.md §8: refreshed about every three months).
    #[serde(default)]
    pub noticed_after: Option<Span>,
    /// For `takeover`: the Supplier that loses its premises.
    #[serde(default)]
    pub from: Option<String>,
    /// For `takeover`: the Supplier that gains them.
    #[serde(default)]
    pub to: Option<String>,
    /// For `takeover`: how long after it both Suppliers learn of it; at once when absent. Assumed.
    #[serde(default)]
    pub told_after: Option<Span>,
    /// For `takeover`: over how long, once it has learnt of it, the gaining Supplier replaces the credentials of the meters it gained
    /// (SRV 6.23); it does not when absent. Assumed.
    #[serde(default)]
    pub credentials_within: Option<Span>,
    /// For `cpl_removal`: only devices of the model that this campaign is for, and of their versions the `version` that is off the list.
    #[serde(default)]
    pub campaign: Option<String>,
    /// For `cpl_removal` with `campaign`: which version is off the list; the one that devices begin with when absent.
    #[serde(default)]
    pub version: Option<CampaignVersion>,
    /// For `power_cut` and `power_faults`: what reports call the cause.
    #[serde(default)]
    pub cause: Option<Cause>,
    /// For `power_faults`: how many faults begin in a year for each million premises selected; this or `share`. In Great Britain
    /// 250,000 a year (seeds 004 DP096) are 8,333.
    #[serde(default)]
    pub per_million_premises_per_year: Option<f64>,
    /// For `hub_exchange`: how many hubs are exchanged on a working day for each million premises selected; this or `share`. The
    /// programme's 3,500 a day of 30 million premises (domain.md §14) are 117.
    #[serde(default)]
    pub per_million_premises_per_working_day: Option<f64>,
    /// For `hub_exchange`: how long a premises is off the network; 45 min when absent. Assumed, range 15 min to 4 h.
    #[serde(default)]
    pub takes: Option<Span>,
    /// For `hub_exchange`: when engineers begin on a working day, by the clocks; 08:00 when absent. Assumed.
    #[serde(default)]
    pub works_from: Option<TimeOfDay>,
    /// For `hub_exchange`: when they end; 18:00 when absent. Assumed.
    #[serde(default)]
    pub works_to: Option<TimeOfDay>,
    /// For `power_faults`: how many premises a fault takes off, as pairs of a mean and its weight; a fault's number is geometric with
    /// the mean drawn. `[[1, 0.3], [30, 0.64], [600, 0.06]]` when absent, 55.5 on average. Assumed, each mean's range 1 to 10,000.
    #[serde(default)]
    pub fault_sizes: Vec<(f64, f64)>,
    /// For `power_faults`: the curve by which supplies come back, each fault counted from its own beginning; this or `off_mean`.
    /// Between its points the share still off falls by a constant rate, which is assumed.
    #[serde(default)]
    pub restoration: Option<Restoration>,
    /// For `power_faults`: how long a supply is off on average, from `off_at_least` on with an exponential tail. Assumed.
    #[serde(default)]
    pub off_mean: Option<Span>,
    /// For `power_faults` with `off_mean`: how long a supply is off at least; nothing when absent. Assumed.
    #[serde(default)]
    pub off_at_least: Option<Span>,
    /// For `power_faults` with `off_mean`: how long a supply is off at most: the tail ends there, and `off_mean` is its mean before
    /// that. Assumed.
    #[serde(default)]
    pub off_at_most: Option<Span>,
}

/// Why a supply is cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Wind, lightning, snow, flood.
    Weather,
    /// Equipment that failed.
    Equipment,
    /// Diggers and other third parties.
    ThirdParty,
    /// Switched off for work, with notice.
    Planned,
    /// A momentary interruption that auto-reclose ends.
    AutoReclose,
}

impl Cause {
    /// The word scenarios and reports use.
    pub const fn name(self) -> &'static str {
        match self {
            Cause::Weather => "weather",
            Cause::Equipment => "equipment",
            Cause::ThirdParty => "third_party",
            Cause::Planned => "planned",
            Cause::AutoReclose => "auto_reclose",
        }
    }
}

/// What an event is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The DSP serves nothing. What arrives waits its turn; requests beyond the queue limit are answered Busy.
    DspOutage,
    /// No transmission starts on the SM WAN of a region. Messages wait in the cells' queues.
    CspOutage,
    /// A User's gateway connection is down: it sends nothing, and the DSP keeps what it would push.
    GatewayOutage,
    /// The SM WAN does not reach some premises.
    CoverageLoss,
    /// A planned maintenance window. Of high impact: the systems are out. Of low impact: they go on, the DSP with
    /// `capacity_share` of its servers.
    Maintenance,
    /// The DSP has another number of servers.
    DspCapacity,
    /// A User is in default: from then on its requests are refused with E3.
    UserDefault,
    /// A Supplier takes over premises of another, as a Supplier of Last Resort does, by a rule at a moment.
    Takeover,
    /// Devices are gone from their premises, and no record says so.
    Removal,
    /// All premises selected lose their electricity supply at once, for a time.
    PowerCut,
    /// Faults at random moments, each of which takes a block of neighbouring premises off supply for a time of its own.
    PowerFaults,
    /// A version of firmware is taken off the Central Products List: the DSP suspends the devices that run it (domain.md §9), until it is put
    /// back or they run another.
    CplRemoval,
    /// Engineers exchange hubs for hubs of 4G, home by home: each is off while they do, and on other cells from then on.
    HubExchange,
}

/// A system that can be under maintenance.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum System {
    /// The Data Service Provider.
    Dsp,
    /// The SM WAN of CSP North.
    CspNorth,
    /// The SM WAN of CSP Central.
    CspCentral,
    /// The SM WAN of CSP South.
    CspSouth,
    /// The SMETS1 Service Provider.
    S1sp,
    /// The Self-Service Interface. No emulated message passes it: its windows are shown and change nothing.
    Ssi,
}

impl System {
    /// The region whose SM WAN it is.
    pub const fn region(self) -> Option<Region> {
        match self {
            System::CspNorth => Some(Region::North),
            System::CspCentral => Some(Region::Central),
            System::CspSouth => Some(Region::South),
            System::S1sp => Some(Region::Smets1),
            System::Dsp | System::Ssi => None,
        }
    }

    /// The word scenarios and reports use.
    pub const fn name(self) -> &'static str {
        match self {
            System::Dsp => "dsp",
            System::CspNorth => "csp_north",
            System::CspCentral => "csp_central",
            System::CspSouth => "csp_south",
            System::S1sp => "s1sp",
            System::Ssi => "ssi",
        }
    }
}

/// How much a maintenance window is felt (MP092; domain.md §10).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Impact {
    /// The systems are out.
    High,
    /// The systems go on.
    Low,
}

/// Which version of a campaign's model of devices.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CampaignVersion {
    /// What devices begin with; those that take to another are out of it, those that are brought back in it again.
    #[default]
    Old,
    /// What the campaign brings: its requests are answered with the warning "invalid version" meanwhile, and who takes to it is suspended.
    New,
}

impl EventKind {
    /// The word scenarios and reports use.
    pub const fn name(self) -> &'static str {
        match self {
            EventKind::DspOutage => "dsp_outage",
            EventKind::CspOutage => "csp_outage",
            EventKind::GatewayOutage => "gateway_outage",
            EventKind::CoverageLoss => "coverage_loss",
            EventKind::Maintenance => "maintenance",
            EventKind::DspCapacity => "dsp_capacity",
            EventKind::UserDefault => "user_default",
            EventKind::Takeover => "takeover",
            EventKind::Removal => "removal",
            EventKind::PowerCut => "power_cut",
            EventKind::PowerFaults => "power_faults",
            EventKind::CplRemoval => "cpl_removal",
            EventKind::HubExchange => "hub_exchange",
        }
    }

    /// Whether it has a beginning only.
    pub const fn is_a_moment(self) -> bool {
        match self {
            EventKind::UserDefault | EventKind::Takeover | EventKind::Removal => true,
            EventKind::DspOutage
            | EventKind::CspOutage
            | EventKind::GatewayOutage
            | EventKind::CoverageLoss
            | EventKind::Maintenance
            | EventKind::DspCapacity
            | EventKind::PowerCut
            | EventKind::PowerFaults
            | EventKind::CplRemoval
            | EventKind::HubExchange => false,
        }
    }

    /// The keys it takes beside `name`, `kind` and `starts_after`.
    pub const fn keys(self) -> &'static [&'static str] {
        match self {
            EventKind::DspOutage => &["lasts"],
            EventKind::CspOutage => &["lasts", "region"],
            EventKind::GatewayOutage => &["lasts", "user"],
            EventKind::CoverageLoss => &[
                "lasts",
                "region",
                "areas",
                "cells",
                "premises",
                "share",
                "noticed_after",
            ],
            EventKind::Maintenance => &["lasts", "systems", "impact", "capacity_share", "agreed_by_panel"],
            EventKind::DspCapacity => &["lasts", "servers", "capacity_share"],
            EventKind::UserDefault => &["user"],
            EventKind::Takeover => &["from", "to", "share", "told_after", "credentials_within"],
            EventKind::Removal => &["region", "areas", "cells", "premises", "share", "device"],
            EventKind::PowerCut => &["lasts", "region", "areas", "cells", "premises", "cause"],
            EventKind::PowerFaults => &[
                "lasts",
                "region",
                "areas",
                "cells",
                "premises",
                "share",
                "per_million_premises_per_year",
                "fault_sizes",
                "restoration",
                "off_mean",
                "off_at_least",
                "off_at_most",
                "cause",
            ],
            EventKind::HubExchange => &[
                "lasts",
                "region",
                "areas",
                "cells",
                "premises",
                "share",
                "per_million_premises_per_working_day",
                "takes",
                "works_from",
                "works_to",
            ],
            EventKind::CplRemoval => &[
                "lasts", "region", "areas", "cells", "premises", "share", "device", "campaign", "version",
            ],
        }
    }

    /// Those of them it cannot do without.
    pub const fn needs(self) -> &'static [&'static str] {
        match self {
            EventKind::DspOutage => &["lasts"],
            EventKind::CspOutage => &["lasts", "region"],
            EventKind::GatewayOutage => &["lasts", "user"],
            EventKind::Maintenance => &["lasts", "systems", "impact"],
            EventKind::UserDefault => &["user"],
            EventKind::Takeover => &["from", "to"],
            EventKind::PowerCut | EventKind::PowerFaults | EventKind::HubExchange => &["lasts"],
            EventKind::CoverageLoss | EventKind::DspCapacity | EventKind::Removal | EventKind::CplRemoval => {
                &[]
            }
        }
    }
}

impl EventParams {
    pub fn begins(&self) -> SimTime {
        SimTime::ZERO + self.starts_after.into()
    }

    /// To "never" where it has no length.
    pub fn during(&self) -> Range<SimTime> {
        let begins = self.begins();
        begins..self.lasts.map_or(SimTime::NEVER, |span| begins + span.into())
    }

    /// The keys beside `name`, `kind` and `starts_after` that are given.
    pub fn given(&self) -> impl Iterator<Item = &'static str> {
        [
            ("lasts", self.lasts.is_some()),
            ("region", self.region.is_some()),
            ("areas", !self.areas.is_empty()),
            ("cells", !self.cells.is_empty()),
            ("premises", !self.premises.is_empty()),
            ("share", self.share.is_some()),
            ("device", self.device.is_some()),
            ("user", self.user.is_some()),
            ("servers", self.servers.is_some()),
            ("capacity_share", self.capacity_share.is_some()),
            ("systems", !self.systems.is_empty()),
            ("impact", self.impact.is_some()),
            ("agreed_by_panel", self.agreed_by_panel.is_some()),
            ("noticed_after", self.noticed_after.is_some()),
            ("from", self.from.is_some()),
            ("to", self.to.is_some()),
            ("told_after", self.told_after.is_some()),
            ("credentials_within", self.credentials_within.is_some()),
            ("campaign", self.campaign.is_some()),
            ("version", self.version.is_some()),
            ("cause", self.cause.is_some()),
            (
                "per_million_premises_per_year",
                self.per_million_premises_per_year.is_some(),
            ),
            (
                "per_million_premises_per_working_day",
                self.per_million_premises_per_working_day.is_some(),
            ),
            ("takes", self.takes.is_some()),
            ("works_from", self.works_from.is_some()),
            ("works_to", self.works_to.is_some()),
            ("fault_sizes", !self.fault_sizes.is_empty()),
            ("restoration", self.restoration.is_some()),
            ("off_mean", self.off_mean.is_some()),
            ("off_at_least", self.off_at_least.is_some()),
            ("off_at_most", self.off_at_most.is_some()),
        ]
        .into_iter()
        .filter(|(_, given)| *given)
        .map(|(key, _)| key)
    }
}
