//! The scenario: one typed description of a network, its Users, their workloads and how it is hosted.
//! These types are the file format, the defaults, the command-line overrides, the JSON Schema and the
//! reference page at once; the doc comments below are what the schema and the reference say.

mod alert_storms;
mod csp;
mod dsp;
mod firmware;
mod hosting;
mod links;
mod maintenance;
mod population;
mod power;
mod premises;
mod ramps;
mod requests;
mod s1sp;
mod schedules;
mod sizing;
mod tracing;
mod users;
mod verdicts;
mod workloads;

pub use alert_storms::AlertStormParams;
pub use csp::{ContentionParams, CspParams, CspRegions};
pub use dsp::DspParams;
pub use firmware::{BATCH_DEVICES_MAX, CampaignParams, FirmwareParams};
pub use hosting::HostingParams;
pub use links::LinkParams;
pub use maintenance::MaintenanceParams;
pub use population::PopulationParams;
pub use power::PowerParams;
pub use premises::{AlertsTailParams, PremisesParams, ProfileParams};
pub use ramps::{Ramp, RampParams};
pub use requests::{RequestParams, validate_request};
pub use s1sp::S1spParams;
pub use schedules::ScheduleParams;
pub use tracing::{TracedSrv, TracingParams};
pub use users::{DnoParams, OtherUserParams, OtherUserRole, SupplierParams, UserParams};
pub use verdicts::VerdictParams;
pub use workloads::{DayShape, Mistake, NoAnswer, Retry, WorkloadParams};

use crate::events::{EventKind, EventParams};
use crate::modifications::{ModificationParams, ModificationSwitches, Releases};
use crate::units::{Date, DateTime, Span};
use crate::users::{UserEntry, UserKind};
use schemars::JsonSchema;
use secnet_model::{Region, Role, RoleSet, SimDuration, SimTime, UserId};
use serde::{Deserialize, Serialize};

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Short name, the default run folder's: up to 64 of a to z, 0 to 9, `.`, `_` and `-`, beginning with a letter or digit.
    pub name: String,
    /// What the scenario shows, in a sentence or a paragraph.
    #[serde(default)]
    pub description: String,
    /// Every random draw is a function of this seed.
    #[serde(default = "defaults::seed")]
    pub seed: u64,
    /// UTC date and time of emulated time zero.
    #[serde(default = "defaults::epoch")]
    pub epoch: DateTime,
    /// The date whose rules the network has: each SEC Modification that `modifications` does not name is on where it was live
    /// by then (`live_from` of its parameters; domain.md §14.1). Without it, those are off. What else changed with the years is
    /// the scenario's to say.
    #[serde(default)]
    pub as_of: Option<Date>,
    /// Workloads, schedules and background alerts start new items until then.
    pub horizon: Span,
    /// How long after the horizon the network may go on with what is under way; what is not done by then is counted in flight.
    #[serde(default = "defaults::drain")]
    pub drain: Span,
    pub population: PopulationParams,
    pub suppliers: Vec<SupplierParams>,
    #[serde(default)]
    pub dnos: Vec<DnoParams>,
    #[serde(default)]
    pub other_users: Vec<OtherUserParams>,
    #[serde(default)]
    pub workloads: Vec<WorkloadParams>,
    /// Workloads whose rate grows or shrinks over time.
    #[serde(default)]
    pub ramps: Vec<RampParams>,
    /// Single requests, each at its time.
    #[serde(default)]
    pub requests: Vec<RequestParams>,
    #[serde(default)]
    pub schedules: Vec<ScheduleParams>,
    #[serde(default)]
    pub user: UserParams,
    /// The DCC User Gateway, between each User and the DSP.
    #[serde(default)]
    pub gateway: LinkParams,
    #[serde(default)]
    pub dsp: DspParams,
    /// Between the DSP and each CSP, and the S1SP.
    #[serde(default = "defaults::dsp_csp")]
    pub dsp_csp: LinkParams,
    #[serde(default)]
    pub csp: CspRegions,
    /// The way to SMETS1 premises, of which there are `population.smets1_share`.
    #[serde(default)]
    pub s1sp: S1spParams,
    #[serde(default)]
    pub premises: PremisesParams,
    #[serde(default)]
    pub power: PowerParams,
    #[serde(default)]
    pub firmware: FirmwareParams,
    /// Firmware that Suppliers give their devices over the air.
    #[serde(default)]
    pub campaigns: Vec<CampaignParams>,
    /// Times at which many devices raise many alerts.
    #[serde(default)]
    pub alert_storms: Vec<AlertStormParams>,
    /// What happens to the network, and when: outages, power cuts, maintenance, lost coverage, defaults.
    #[serde(default)]
    pub events: Vec<EventParams>,
    #[serde(default)]
    pub maintenance: MaintenanceParams,
    #[serde(default)]
    pub hosting: HostingParams,
    #[serde(default)]
    pub tracing: TracingParams,
    /// Which SEC Modifications the network has.
    #[serde(default)]
    pub modifications: ModificationSwitches,
    /// Each Modification's parameters: `[parameters.SECMP0067]`.
    #[serde(default)]
    pub parameters: ModificationParams,
    #[serde(default)]
    pub verdicts: Vec<VerdictParams>,
}

impl Scenario {
    /// The number of the campaign with that name.
    pub fn campaign_number(&self, name: &str) -> Option<u16> {
        let place = self.campaigns.iter().position(|campaign| campaign.name == name)?;
        u16::try_from(place).ok()
    }

    /// When each SEC Modification goes live.
    pub fn releases(&self) -> Releases {
        Releases::new(
            &self.modifications,
            &self.parameters,
            self.as_of,
            self.epoch,
            self.end(),
        )
    }

    /// The way between a region's premises and whoever carries messages to them, without transmission and waiting.
    pub fn wan_link(&self, region: Region) -> LinkParams {
        match self.csp.get(region) {
            Some(csp) => csp.link(),
            None => self.s1sp.link(),
        }
    }

    /// The shortest latency that anything has between a region's premises and whoever carries messages to them, on any network they are
    /// ever on.
    pub fn wan_latency_min(&self, region: Region) -> SimDuration {
        let own = self.wan_link(region).latency_min.as_duration();
        let is_exchange = |event: &EventParams| event.kind == EventKind::HubExchange;
        match self.csp.get(region).is_some() && self.events.iter().any(is_exchange) {
            true => own.min(self.csp.four_g.latency_min.as_duration()),
            false => own,
        }
    }

    /// Premises that share a cell of the region.
    pub fn cell_premises(&self, region: Region) -> u32 {
        let cell = self.csp.get(region).map(|csp| csp.cell_premises);
        cell.unwrap_or(self.s1sp.cell_premises).max(1)
    }

    /// The horizon and the drain after it.
    pub fn end(&self) -> SimTime {
        SimTime::ZERO + self.horizon.into() + self.drain.into()
    }

    /// Its Users by `UserId`.
    pub fn users(&self) -> Vec<UserEntry> {
        let supplier_roles = RoleSet::EMPTY.with(Role::ImportSupplier).with(Role::GasSupplier);
        let suppliers = self.suppliers.iter().map(|supplier| {
            let export = supplier.export.then_some(Role::ExportSupplier);
            let roles = export.into_iter().fold(supplier_roles, RoleSet::with);
            (
                supplier.name.clone(),
                UserKind::Supplier,
                roles,
                supplier.suspended,
            )
        });
        let dnos = self.dnos.iter().map(|dno| {
            (
                dno.name.clone(),
                UserKind::Dno,
                RoleSet::EMPTY.with(Role::ElectricityDistributor),
                false,
            )
        });
        let others = self.other_users.iter().map(|other| {
            (
                other.name.clone(),
                UserKind::OtherUser,
                other.roles.iter().map(|role| role.role()).collect(),
                false,
            )
        });
        let all = suppliers.chain(dnos).chain(others).enumerate();
        all.map(|(i, (name, kind, roles, suspended))| UserEntry {
            id: UserId(i as u16),
            name,
            kind,
            roles,
            suspended,
        })
        .collect()
    }
}

mod defaults {
    use super::*;

    pub(super) fn seed() -> u64 {
        1
    }

    pub(super) fn epoch() -> DateTime {
        DateTime::from_unix_seconds(1_774_994_400) // 2026-03-31T22:00:00Z
    }

    pub(super) fn drain() -> Span {
        Span::from_secs(600)
    }

    pub(super) fn dsp_csp() -> LinkParams {
        LinkParams {
            latency_min: Span::from_millis(30),
            latency_mean: Span::from_millis(50),
        }
    }
}
