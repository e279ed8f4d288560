//! What Users send.

use super::{PopulationParams, Scenario};
use crate::ExecuteAt;
use crate::check::Check;
use crate::units::{DateTime, Span};
use crate::users::UserEntry;
use schemars::JsonSchema;
use secnet_model::{DeviceType, FutureDating, ResponseCode, Srv};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Requests that may arrive in one moment.
const BATCH_MAX: u32 = 100_000;

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
    /// Mean requests per device of the User's portfolio that they may be sent to, and day: enrolled, of a type its SRVs are for, in
    /// prepayment mode with `prepayment_only`. Of a premises with several such devices one counts. Assumed.
    pub per_device_per_day: f64,
    #[serde(default)]
    pub shape: DayShape,
    /// Requests that arrive together, as from one job of the User's systems; the rate stays what it is. Assumed.
    #[serde(default = "defaults::batch")]
    pub batch: u32,
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
    /// Future-dated to one moment for all: a date and time, or the next such time of day after the request (UTC).
    #[serde(default)]
    pub execute_at: Option<ExecuteAt>,
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
    /// How often what had no answer is asked for again, by a person or a batch job; each time is a request of its own. Assumed.
    #[serde(default)]
    pub ask_again_max: u8,
    /// … and how long after it failed, up to half as much again at random. Assumed.
    #[serde(default = "defaults::ask_again_after")]
    pub ask_again_after: Span,
    /// What counts as no answer. Assumed.
    #[serde(default = "defaults::ask_again_on")]
    pub ask_again_on: Vec<NoAnswer>,
    /// First moment of the workload, after the epoch; the epoch when absent.
    #[serde(default)]
    pub starts_after: Option<Span>,
    /// Last moment of the workload, after the epoch; the horizon when absent.
    #[serde(default)]
    pub ends_after: Option<Span>,
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

/// A way for a request to have no answer, by its response code (domain.md §2.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub enum NoAnswer {
    /// The DCC could not communicate with the device.
    E20,
    /// The device did not respond in time.
    E21,
    /// It did not respond in time to what the DSP had held until its time.
    E30,
}

impl NoAnswer {
    pub const fn code(self) -> ResponseCode {
        match self {
            NoAnswer::E20 => ResponseCode::E20,
            NoAnswer::E21 => ResponseCode::E21,
            NoAnswer::E30 => ResponseCode::E30,
        }
    }
}

mod defaults {
    use super::*;

    pub(super) fn ask_again_after() -> Span {
        Span::from_secs(600)
    }

    pub(super) fn batch() -> u32 {
        1
    }

    pub(super) fn ask_again_on() -> Vec<NoAnswer> {
        vec![NoAnswer::E20, NoAnswer::E21]
    }
}

/// How a workload's rate varies over the day (local time: British Summer Time in summer). Each shape's mean is 1. Assumed.
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

impl WorkloadParams {
    /// The types of device it may be sent to. What the DCC answers itself is about the electricity meter.
    fn device_types(&self) -> Vec<DeviceType> {
        let srvs = self.srvs.iter().filter_map(|number| Srv::from_number(number));
        let of_srv = |srv: Srv| match srv.entry() {
            entry if entry.is_device_service() => entry.targets,
            _ => &[DeviceType::Esme],
        };
        match self.target {
            Some(target) => vec![target],
            None => srvs.flat_map(of_srv).copied().collect(),
        }
    }

    /// Whether it only deals with gas devices: a Supplier sends it to the premises it supplies gas to.
    pub fn is_for_gas_alone(&self) -> bool {
        let device_types = self.device_types();
        !device_types.is_empty() && device_types.into_iter().all(DeviceType::is_gas)
    }

    /// The share of a portfolio's premises that have a device it may be sent to, to be expected of the population's shares, of which
    /// `in_prepayment` is the portfolio's own.
    pub fn target_share(&self, population: &PopulationParams, all_have_gas: bool, in_prepayment: f64) -> f64 {
        let share = |device_type: DeviceType| match device_type.is_gas() && all_have_gas {
            true => 1.0,
            false => population.share_with(device_type),
        };
        let with_device = self.device_types().into_iter().map(share).fold(0.0, f64::max);
        let in_mode = if self.prepayment_only { in_prepayment } else { 1.0 };
        population.enrolled_share * with_device * in_mode
    }
}

impl<'u> Check<'u> {
    pub(crate) fn workloads(&mut self, scenario: &Scenario) {
        let mut names = BTreeSet::new();
        for (i, workload) in scenario.workloads.iter().enumerate() {
            let path = format!("workloads.{i}");
            if workload.name.trim().is_empty() {
                self.wrong(format!("{path}.name"), "a workload needs a name");
            } else if !names.insert(&workload.name) {
                self.wrong(
                    format!("{path}.name"),
                    format!("two workloads are named `{}`", workload.name),
                );
            }
            self.rate(&format!("{path}.per_device_per_day"), workload.per_device_per_day);
            if !(1..=BATCH_MAX).contains(&workload.batch) {
                let message = format!("must be from 1 to {BATCH_MAX}, not {}", workload.batch);
                self.wrong(format!("{path}.batch"), message);
            }
            if workload.srvs.is_empty() {
                self.wrong(
                    format!("{path}.srvs"),
                    "there must be at least one service request variant",
                );
            }
            let senders = self.senders(&path, &workload.from);
            for (j, number) in workload.srvs.iter().enumerate() {
                let path = format!("{path}.srvs.{j}");
                if let Some(srv) = self.srv(&path, number) {
                    self.workload_srv(&path, workload, srv, &senders);
                }
            }
            if workload.future_dated_by == Some(Span::default()) {
                self.wrong(
                    format!("{path}.future_dated_by"),
                    "must be longer than zero; leave it out for on demand",
                );
            }
            if workload.future_dated_by.is_some() && workload.execute_at.is_some() {
                let message = "give `future_dated_by` or `execute_at`, not both";
                self.wrong(format!("{path}.execute_at"), message);
            }
            if let Some(ExecuteAt::DateTime(at)) = workload.execute_at {
                let last = workload
                    .ends_after
                    .unwrap_or(scenario.horizon)
                    .min(scenario.horizon);
                let sent_until = scenario.epoch.unix_seconds() + last.as_micros() / 1_000_000;
                if sent_until > at.unix_seconds() {
                    let until = DateTime::from_unix_seconds(sent_until);
                    let message = format!(
                        "{at} is over before the last request is sent, at {until}; give `ends_after`"
                    );
                    self.wrong(format!("{path}.execute_at"), message);
                }
            }
            if let (Some(start), Some(end)) = (workload.starts_after, workload.ends_after)
                && end <= start
            {
                self.wrong(
                    format!("{path}.ends_after"),
                    format!("{end} is not after the start, {start}"),
                );
            }
        }
    }

    pub(crate) fn workload_srv(
        &mut self,
        path: &str,
        workload: &WorkloadParams,
        srv: Srv,
        senders: &[&UserEntry],
    ) {
        let entry = srv.entry();
        if workload.mistake == Some(Mistake::RoleNotAllowed) {
            let cannot = |user: &&&UserEntry| user.roles.iter().all(|role| entry.roles.contains(role));
            if let Some(user) = senders.iter().find(cannot) {
                let message = format!("`{}` holds no role that may not send {srv}", user.name);
                self.wrong(path, format!("{message}; the mistake needs one"));
            }
        }
        if workload.mistake == Some(Mistake::NotLocal) && entry.allows_local() {
            self.wrong(
                path,
                format!("{srv} is available locally; the mistake needs one that is not, such as 5.1"),
            );
        }
        if workload.mistake.is_some() {
            return;
        }
        self.roles(path, srv, senders);
        let dated = match (workload.future_dated_by, workload.execute_at) {
            (Some(_), _) => Some("future_dated_by"),
            (None, Some(_)) => Some("execute_at"),
            (None, None) => None,
        };
        match dated {
            Some(key) if entry.future_dated == FutureDating::NotAllowed => {
                self.wrong(path, format!("{srv} cannot be future-dated; leave out `{key}`"));
            }
            None if entry.is_device_service() && !entry.on_demand => {
                self.wrong(path, format!("{srv} cannot be sent on demand"));
            }
            _ => {}
        }
        if let Some(target) = workload.target {
            self.may_target(path, srv, target);
        }
    }

    /// A service request variant can be sent to devices of the type.
    pub(crate) fn may_target(&mut self, path: &str, srv: Srv, target: DeviceType) {
        let entry = srv.entry();
        let nowhere = [
            DeviceType::Hcalcs,
            DeviceType::Sapc,
            DeviceType::Ihd,
            DeviceType::Cad,
        ];
        if entry.may_target(target) && nowhere.contains(&target) {
            return self.wrong(
                path,
                format!("no emulated premises has a device of type {}", target.name()),
            );
        }
        if entry.may_target(target) {
            return;
        }
        let allowed: Vec<&str> = entry.targets.iter().map(|target| target.name()).collect();
        let allowed = if allowed.is_empty() {
            "no device".to_owned()
        } else {
            allowed.join(", ")
        };
        let message = format!("{srv} is not for the {}; it is for {allowed}", target.name());
        self.wrong(path, message);
    }
}
