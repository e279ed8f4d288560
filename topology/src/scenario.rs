//! The scenario: one typed description of a network, its Users, their workloads and how it is hosted.
//! These types are the file format, the defaults, the command-line overrides, the JSON Schema and the
//! reference page at once; the doc comments below are what the schema and the reference say.

use crate::events::EventParams;
use crate::modifications::{ModificationParams, ModificationSwitches, Releases};
use crate::units::{BitRate, Bytes, Date, DateTime, Span, TimeOfDay};
use crate::users::{UserEntry, UserKind};
use schemars::JsonSchema;
use secnet_model::{DeviceType, Region, Role, RoleSet, SimDuration, SimTime, UserId};
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
    /// Between the DSP and each CSP.
    #[serde(default = "defaults::dsp_csp")]
    pub dsp_csp: LinkParams,
    #[serde(default)]
    pub csp: CspRegions,
    #[serde(default)]
    pub premises: PremisesParams,
    /// Times at which many devices raise many alerts.
    #[serde(default)]
    pub alert_storms: Vec<AlertStormParams>,
    /// What happens to the network, and when: outages, maintenance, lost coverage, defaults.
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
                RoleSet::EMPTY.with(Role::OtherUser),
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

/// The premises and what is in them. Every premises is a function of the seed and its index.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PopulationParams {
    /// Number of premises in the emulated areas, enrolled or not.
    pub premises: u32,
    /// Licence areas by code (`EPN`), in proportion to their customers; all fourteen when empty.
    #[serde(default)]
    pub areas: Vec<String>,
    /// Share of premises with an enrolled, working smart metering system.
    #[serde(default = "defaults::enrolled_share")]
    pub enrolled_share: f64,
    /// Share of enrolled premises with gas meters as well (domain.md §7.2: 13.1 m gas to 18.1 m electricity).
    #[serde(default = "defaults::gas_share")]
    pub gas_share: f64,
    /// Share of premises with gas whose two fuels have one Supplier. Assumed.
    #[serde(default = "defaults::dual_fuel_share")]
    pub dual_fuel_share: f64,
    /// Share in prepayment mode (domain.md §7.2: 13 % at the end of 2021).
    #[serde(default = "defaults::prepayment_share")]
    pub prepayment_share: f64,
    /// Share of enrolled premises without SM WAN coverage (domain.md §8: 0.5–0.75 %).
    #[serde(default = "defaults::no_wan_share")]
    pub no_wan_share: f64,
    /// Share of enrolled premises with a PPMID. Assumed: brings devices per home to the published 4.2.
    #[serde(default = "defaults::ppmid_share")]
    pub ppmid_share: f64,
    /// Share of enrolled premises whose meters are installed but not commissioned. Assumed.
    #[serde(default = "defaults::not_commissioned_share")]
    pub not_commissioned_share: f64,
    /// Share of enrolled premises whose meters are suspended. Assumed.
    #[serde(default = "defaults::suspended_share")]
    pub suspended_share: f64,
}

/// A Supplier: a User with the import and gas Supplier roles.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SupplierParams {
    /// Unique among all Users.
    pub name: String,
    /// Share of premises it supplies; the shares of all Suppliers sum to 1.
    pub share: f64,
    /// Whether it also holds the export Supplier role.
    #[serde(default)]
    pub export: bool,
    /// Suspended Users' requests are refused with E3.
    #[serde(default)]
    pub suspended: bool,
}

/// An electricity distributor.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DnoParams {
    /// Unique among all Users.
    pub name: String,
    /// Codes of its licence areas; no area belongs to two DNOs.
    pub areas: Vec<String>,
}

/// A User with the other User role; it has the consent of every consumer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OtherUserParams {
    /// Unique among all Users.
    pub name: String,
}

/// An open arrival process of service requests: Poisson in emulated time, shaped over the day.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkloadParams {
    /// Unique among the workloads.
    pub name: String,
    /// Which Users send it: `suppliers`, `dnos`, `other_users`, or one User's name.
    pub from: String,
    /// Service request variants, drawn with equal chance.
    pub srvs: Vec<String>,
    /// Mean requests per premises of the User's portfolio, enrolled or not, and day. Assumed.
    pub per_premises_per_day: f64,
    #[serde(default)]
    pub shape: DayShape,
    /// Device type the requests are sent to, where the SRV allows several; the first the SRV's catalogue entry names otherwise.
    #[serde(default)]
    #[schemars(schema_with = "crate::words::device_type")]
    pub target: Option<DeviceType>,
    /// Only premises in prepayment mode.
    #[serde(default)]
    pub prepayment_only: bool,
    /// Future-dated this long after the request; on demand when absent.
    #[serde(default)]
    pub future_dated_by: Option<Span>,
    /// Send the requests wrong on purpose, to see them refused.
    #[serde(default)]
    pub mistake: Option<Mistake>,
    /// How its requests are retried when throttled or refused for overload; as `user` says when absent. Assumed.
    #[serde(default)]
    pub retry: Option<Retry>,
    /// How often one of its requests is tried in all; as `user` says when absent. Assumed.
    #[serde(default)]
    pub attempts_max: Option<u32>,
    /// Wait before the first retry; as `user` says when absent. Assumed.
    #[serde(default)]
    pub retry_backoff: Option<Span>,
    /// Longest wait between retries; as `user` says when absent. Assumed.
    #[serde(default)]
    pub retry_backoff_max: Option<Span>,
    /// First moment of the workload, after the epoch; the epoch when absent.
    #[serde(default)]
    pub starts_after: Option<Span>,
    /// Last moment of the workload, after the epoch; the horizon when absent.
    #[serde(default)]
    pub ends_after: Option<Span>,
}

/// One request at a given time: what a test, or a person, has a User send.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestParams {
    /// The User's name.
    pub from: String,
    /// When it is sent, after the epoch.
    pub at: Span,
    /// The service request variant.
    pub srv: String,
    /// The premises it goes to, by number; only the DCC's own services go to none. Whether it is the User's own is the DSP's
    /// to say.
    #[serde(default)]
    pub premises: Option<u32>,
    /// Device type it is sent to; the first the premises has of those the SRV's catalogue entry names otherwise.
    #[serde(default)]
    #[schemars(schema_with = "crate::words::device_type")]
    pub device: Option<DeviceType>,
    /// Future-dated this long after the request; on demand when absent.
    #[serde(default)]
    pub future_dated_by: Option<Span>,
}

/// What a User does about a request that is throttled or refused for overload.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// It gives the request up.
    None,
    /// It tries again after `retry_backoff`, or the time it is asked to wait where that is longer.
    Fixed,
    /// The wait doubles with each further try up to `retry_backoff_max`, with jitter.
    #[default]
    Exponential,
}

/// How a workload's rate varies over the day (UTC). Each shape's mean is 1. Assumed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DayShape {
    #[default]
    Flat,
    /// Office hours 8–18 carry three times the night's rate.
    OfficeHours,
    /// Top-ups: low at night, a peak from 17 to 21.
    EveningPeak,
    /// Batches that run from midnight to six.
    Overnight,
}

/// A way to send a request wrong; each is refused with the error code in brackets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mistake {
    /// Claims a role the User does not hold (E1).
    RoleNotHeld,
    /// Claims a role it holds that may not use the SRV (E2).
    RoleNotAllowed,
    /// A premises of another User (E4).
    NotResponsible,
    /// A device type the SRV is not for (E11).
    WrongDeviceType,
    /// A command variant the SRV is not for (E12).
    WrongVariant,
    /// Posted to another web service's URL (E13).
    WrongService,
    /// Asks for local delivery of a service not available locally (E17).
    NotLocal,
    /// An EUI-64 that is in no inventory (E19).
    UnknownDevice,
}

/// A daily schedule the DSP holds for each premises of a User's portfolio (SRV 5.1 sent before the scenario starts).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleParams {
    /// Which Users hold it: `suppliers`, `dnos`, `other_users`, or one User's name.
    pub from: String,
    /// A DSP-schedulable SRV.
    pub srv: String,
    /// Share of the portfolio with the schedule.
    #[serde(default = "defaults::one")]
    pub share: f64,
    /// When the readings start (UTC).
    #[serde(default)]
    pub starts_at: TimeOfDay,
    /// Over how long the DSP spreads them evenly. Assumed.
    #[serde(default = "defaults::schedule_window")]
    pub window: Span,
}

/// What every User does alike.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UserParams {
    /// Comparing and signing a pre-command takes at least this long. Assumed.
    pub signing_time_min: Span,
    /// Comparing and signing a pre-command takes this long on average. Assumed.
    pub signing_time_mean: Span,
    /// What it does about a request that is throttled or refused for overload. Assumed.
    pub retry: Retry,
    /// How often such a request is tried in all.
    pub attempts_max: u32,
    /// Wait before the first retry; doubles with each further one where `retry` is `exponential`. Assumed.
    pub retry_backoff: Span,
    /// Longest wait between retries. Assumed.
    pub retry_backoff_max: Span,
    /// A User gives a request up as unanswered this long after the time its answer was due. Assumed.
    pub patience: Span,
    /// What comes in this long before its gateway closes, or later, a User recognises when it comes in again. Assumed: longer
    /// than any message is under way to it.
    pub remembered_before_closing: Span,
}

/// When planned maintenance may be: the rule of 2017 (SEC H8.3; domain.md §10). MP092 replaces the number of windows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MaintenanceParams {
    /// Begins at this time of day or later (domain.md §10; as UTC, assumed).
    pub not_before: TimeOfDay,
    /// Ends at this time of day, of the next day if it is the earlier, or sooner (domain.md §10; as UTC, assumed).
    pub not_after: TimeOfDay,
    /// The longest a window may be (domain.md §10).
    pub window_max: Span,
    /// Windows in a calendar month. Those that overlap or touch are one (domain.md §10).
    pub windows_per_month: u32,
}

/// A link between data centres.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LinkParams {
    /// Shortest one-way delay: propagation and the sender's shortest processing. Also how far the receiver may run ahead. Assumed.
    pub latency_min: Span,
    /// Mean one-way delay. Assumed.
    pub latency_mean: Span,
}

/// The Data Service Provider.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DspParams {
    /// Requests and responses served side by side. Assumed.
    pub servers: u32,
    /// Time one of them takes. Assumed.
    pub service_time: Span,
    /// Requests waiting beyond which new ones are answered Busy. Assumed.
    pub queue_limit: u32,
    /// The number of premises the servers and the queue limit are meant for: with another number a server is busy for longer or
    /// shorter after each service, and the queue limit is scaled, so that the capacity per premises and the longest wait stay
    /// what they are. A service takes as long as ever. As they stand when absent.
    pub sized_for_premises: Option<u32>,
    /// What a Busy answer asks the User to wait. Assumed.
    pub retry_after: Span,
    /// A command without an answer is given up this many times the SRV's target response time after it was sent. Assumed.
    pub timeout_in_target_response_times: f64,
    /// Shortest such time-out. Assumed: a sleeping GSME answers after up to half an hour.
    pub timeout_min: Span,
    /// How often the DSP tries again to push what a User did not take. Assumed.
    pub push_again_every: Span,
    /// For how long it tries before it waits for the User's gateway to open (domain.md §14).
    pub push_again_for: Span,
    /// For how long it keeps what it could not push (domain.md §14).
    pub undelivered_kept_for: Span,
}

/// The SM WAN of each CSP region.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CspRegions {
    /// CSP North: licensed long-range radio.
    #[serde(default = "CspParams::north")]
    pub north: CspParams,
    /// CSP Central: cellular with mesh.
    #[serde(default = "CspParams::cellular")]
    pub central: CspParams,
    /// CSP South: cellular with mesh.
    #[serde(default = "CspParams::cellular")]
    pub south: CspParams,
}

impl CspRegions {
    pub fn get(&self, region: Region) -> &CspParams {
        match region {
            Region::North => &self.north,
            Region::Central => &self.central,
            Region::South => &self.south,
        }
    }
}

impl Default for CspRegions {
    fn default() -> Self {
        CspRegions {
            north: CspParams::north(),
            central: CspParams::cellular(),
            south: CspParams::cellular(),
        }
    }
}

/// A CSP region's SM WAN. Rates and latencies are assumed; domain.md §8 gives the ranges they lie in.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CspParams {
    /// Premises that share a cell.
    pub cell_premises: u32,
    /// What the premises of a cell share, towards them.
    pub downlink_rate: BitRate,
    /// What the premises of a cell share, from them.
    pub uplink_rate: BitRate,
    /// Octets the WAN adds to each GBCS message.
    pub overhead: Bytes,
    /// Shortest one-way latency, without transmission and waiting.
    pub latency_min: Span,
    /// Mean one-way latency, without transmission and waiting.
    pub latency_mean: Span,
    /// Chance that a transmission is lost.
    pub loss: f64,
    /// Transmissions of a message in all before it counts as lost.
    pub transmissions_max: u32,
    /// Wait before a lost message is sent again.
    pub retransmit_after: Span,
    /// Messages waiting per cell and direction beyond which the least urgent are refused.
    pub queue_limit: u32,
}

/// Devices and the home area network.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PremisesParams {
    /// Hub to device and back, with the device's own processing: at least. Assumed.
    pub han_delay_min: Span,
    /// Hub to device and back, with the device's own processing: on average. Assumed.
    pub han_delay_mean: Span,
    /// How often a sleeping GSME asks its hub for commands (domain.md §3, unverified).
    pub gsme_poll_interval: Span,
    /// Chance that a device answers with an error. Assumed.
    pub device_error_share: f64,
    /// Chance that a device-held future-dated command fails at its time (8F67). Assumed.
    pub future_dated_failure_share: f64,
    /// Device alerts per enrolled premises and day, those of noisy devices included (July 2022 had 76 per meter and month
    /// without effective throttling, about 4 per premises and day; the ordinary rate is assumed).
    pub alerts_per_premises_per_day: f64,
    /// How unevenly devices raise them.
    pub alerts_tail: AlertsTailParams,
}

/// A few devices raise most alerts, each the same one again and again. Their rates follow a Pareto distribution between a
/// least and a greatest, spread evenly over the region, so that a small population has the tail of a large one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AlertsTailParams {
    /// Share of premises with a noisy device. Assumed.
    pub noisy_share: f64,
    /// Share of all device alerts that noisy devices raise. Assumed.
    pub alert_share: f64,
    /// The Pareto distribution's exponent; the smaller, the heavier the tail. Assumed.
    pub exponent: f64,
    /// How many times the rate of the quietest noisy device the loudest has. Assumed.
    pub spread: f64,
}

/// For a time, all devices of one model raise alerts (domain.md §5.4: a setting change made about 20 % of the estate emit failure
/// messages about 100 times larger).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertStormParams {
    /// Unique among the alert storms.
    pub name: String,
    /// Device type that raises the alerts.
    #[serde(default = "defaults::esme")]
    #[schemars(schema_with = "crate::words::device_type")]
    pub device: DeviceType,
    /// Share of such devices that are of the model.
    pub device_share: f64,
    /// Code of the alert.
    pub alert: String,
    /// Alerts per device of the model and hour. Assumed.
    pub per_device_per_hour: f64,
    /// How many times its ordinary size the alert has.
    #[serde(default = "defaults::one")]
    pub size_factor: f64,
    /// First moment, after the epoch.
    pub starts_after: Span,
    /// How long it lasts, no longer than until the horizon.
    pub lasts: Span,
}

/// Which emulated parts share a process. Never changes a result.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HostingParams {
    /// Shards the premises of each region are split into.
    pub premises_shards: u32,
    /// Processes those shards are spread over, per region.
    pub premises_processes: u32,
    /// Most Users of one kind in one process.
    pub users_per_process: u32,
}

/// Which requests and alerts are traced. An item's id decides, so that a seed's traces are always the same; no result depends
/// on it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TracingParams {
    /// Share of service requests and scheduled reads traced.
    pub requests: f64,
    /// Share of device alerts and DCC alerts traced.
    pub alerts: f64,
    /// Shares for some SRVs in place of `requests`.
    pub srvs: Vec<TracedSrv>,
    /// Premises, by number, all of whose requests and alerts are traced.
    pub watch: Vec<u32>,
    /// Spans each node keeps at most; more are counted as dropped.
    pub spans_max: u32,
}

/// A share of its own for an SRV.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TracedSrv {
    /// The SRV, as in `2.2`.
    pub srv: String,
    /// Share of its requests traced.
    pub share: f64,
}

/// A threshold the run must meet; a miss ends it with exit code 3.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerdictParams {
    /// SRVs it covers; all when empty.
    #[serde(default)]
    pub srvs: Vec<String>,
    /// A User's name; all when absent.
    #[serde(default)]
    pub user: Option<String>,
    /// Only requests to premises of this CSP region.
    #[serde(default)]
    #[schemars(schema_with = "crate::words::region")]
    pub region: Option<Region>,
    /// Least share of requests answered within the target response time.
    #[serde(default)]
    pub within_target_share_min: Option<f64>,
    /// Least share of requests completed.
    #[serde(default)]
    pub completed_share_min: Option<f64>,
    /// Least share of device alerts that reached their recipient within 60 s (SEC H3.14(g)), of those raised: what was lost
    /// counts as missed. With `user`, of those delivered to it. `srvs` do not apply.
    #[serde(default)]
    pub alerts_within_target_share_min: Option<f64>,
}

impl Default for UserParams {
    fn default() -> Self {
        UserParams {
            signing_time_min: Span::from_millis(50),
            signing_time_mean: Span::from_millis(200),
            retry: Retry::Exponential,
            attempts_max: 5,
            retry_backoff: Span::from_secs(2),
            retry_backoff_max: Span::from_secs(60),
            patience: Span::from_secs(60),
            remembered_before_closing: Span::from_secs(30),
        }
    }
}

impl Default for MaintenanceParams {
    fn default() -> Self {
        MaintenanceParams {
            not_before: TimeOfDay::from_hour(20),
            not_after: TimeOfDay::from_hour(8),
            window_max: Span::from_secs(6 * 3_600),
            windows_per_month: 1,
        }
    }
}

impl Default for LinkParams {
    /// The DCC User Gateway.
    fn default() -> Self {
        LinkParams {
            latency_min: Span::from_millis(40),
            latency_mean: Span::from_millis(80),
        }
    }
}

impl Default for DspParams {
    fn default() -> Self {
        DspParams {
            servers: 16,
            service_time: Span::from_micros(2_000),
            queue_limit: 20_000,
            sized_for_premises: None,
            retry_after: Span::from_secs(2),
            timeout_in_target_response_times: 2.0,
            timeout_min: Span::from_secs(3_600),
            push_again_every: Span::from_secs(30),
            push_again_for: Span::from_secs(300),
            undelivered_kept_for: Span::from_secs(2 * 86_400),
        }
    }
}

impl DspParams {
    /// How long a server is busy with one where there are so many premises: a fraction of a server is one that takes the next
    /// so much later.
    pub fn busy_time_for(&self, premises: u32) -> SimDuration {
        let time = self.service_time.as_duration();
        match self.scale(premises) {
            Some(scale) => SimDuration((time.0 as f64 / scale).round().max(1.0) as u64),
            None => time,
        }
    }

    pub fn queue_limit_for(&self, premises: u32) -> usize {
        match self.scale(premises) {
            Some(scale) => (f64::from(self.queue_limit) * scale).round() as usize,
            None => self.queue_limit as usize,
        }
    }

    /// Requests, responses and alerts it can serve.
    pub fn services_per_second(&self, premises: u32) -> f64 {
        let time = self.busy_time_for(premises).as_secs_f64();
        f64::from(self.servers.max(1)) / time.max(1e-6)
    }

    /// What a run with so many premises says of the network the DSP is sized for, and what not; `None` where it is that network.
    pub fn slice(&self, premises: u32) -> Option<String> {
        let scale = self.scale(premises)?;
        Some(format!(
            "The DSP is sized for {} premises and has {scale:.4} of its servers' time here: its throughput, its longest wait and all \
             that happens on the WAN are as with all of them, in proportion; the ordinary wait for a server is {:.1} times as long.",
            self.sized_for_premises.unwrap_or_default(),
            1.0 / scale
        ))
    }

    /// How many times as many premises as it is sized for.
    fn scale(&self, premises: u32) -> Option<f64> {
        let sized_for = self.sized_for_premises.filter(|sized_for| *sized_for > 0)?;
        (sized_for != premises).then(|| f64::from(premises.max(1)) / f64::from(sized_for))
    }
}

impl CspParams {
    /// CSP North: licensed long-range radio.
    pub fn north() -> Self {
        CspParams {
            cell_premises: 1_000,
            downlink_rate: BitRate::from_bits_per_second(20_000),
            uplink_rate: BitRate::from_bits_per_second(20_000),
            overhead: Bytes(24),
            latency_min: Span::from_millis(1_000),
            latency_mean: Span::from_millis(3_000),
            loss: 0.01,
            transmissions_max: 4,
            retransmit_after: Span::from_secs(5),
            queue_limit: 500,
        }
    }

    /// CSP Central and South: cellular with mesh.
    pub fn cellular() -> Self {
        CspParams {
            cell_premises: 500,
            downlink_rate: BitRate::from_bits_per_second(200_000),
            uplink_rate: BitRate::from_bits_per_second(100_000),
            overhead: Bytes(60),
            latency_min: Span::from_millis(300),
            latency_mean: Span::from_millis(1_200),
            loss: 0.005,
            transmissions_max: 4,
            retransmit_after: Span::from_secs(3),
            queue_limit: 500,
        }
    }
}

impl Default for CspParams {
    fn default() -> Self {
        CspParams::cellular()
    }
}

impl Default for PremisesParams {
    fn default() -> Self {
        PremisesParams {
            han_delay_min: Span::from_millis(300),
            han_delay_mean: Span::from_millis(1_200),
            gsme_poll_interval: Span::from_secs(1_800),
            device_error_share: 0.001,
            future_dated_failure_share: 0.002,
            alerts_per_premises_per_day: 0.5,
            alerts_tail: AlertsTailParams::default(),
        }
    }
}

impl Default for AlertsTailParams {
    /// No device is noisier than another.
    fn default() -> Self {
        AlertsTailParams {
            noisy_share: 0.0,
            alert_share: 0.0,
            exponent: 1.2,
            spread: 200.0,
        }
    }
}

impl Default for HostingParams {
    fn default() -> Self {
        HostingParams {
            premises_shards: 1,
            premises_processes: 1,
            users_per_process: 1,
        }
    }
}

impl Default for TracingParams {
    fn default() -> Self {
        TracingParams {
            requests: 0.0,
            alerts: 0.0,
            srvs: Vec::new(),
            watch: Vec::new(),
            spans_max: 500_000,
        }
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
    pub(super) fn enrolled_share() -> f64 {
        1.0
    }
    pub(super) fn gas_share() -> f64 {
        0.72
    }
    pub(super) fn dual_fuel_share() -> f64 {
        0.85
    }
    pub(super) fn prepayment_share() -> f64 {
        0.13
    }
    pub(super) fn no_wan_share() -> f64 {
        0.007
    }
    pub(super) fn ppmid_share() -> f64 {
        0.75
    }
    pub(super) fn not_commissioned_share() -> f64 {
        0.01
    }
    pub(super) fn suspended_share() -> f64 {
        0.002
    }
    pub(super) fn one() -> f64 {
        1.0
    }
    pub(super) fn esme() -> DeviceType {
        DeviceType::Esme
    }
    pub(super) fn schedule_window() -> Span {
        Span::from_secs(6 * 3_600)
    }
    pub(super) fn dsp_csp() -> LinkParams {
        LinkParams {
            latency_min: Span::from_millis(30),
            latency_mean: Span::from_millis(50),
        }
    }
}
