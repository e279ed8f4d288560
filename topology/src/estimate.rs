//! How much a run has to do, before it begins: what the scenario's rates and shares come to, without a single draw.

use crate::grouped::grouped;
use crate::scenario::{ScheduleParams, WorkloadParams};
use crate::units::Span;
use crate::users::UserEntry;
use crate::world::World;
use core::fmt;
use secnet_model::{Region, SimTime, Srv};
use std::ops::Range;

const DAY_S: f64 = 86_400.0;
/// Handled in virtual time by one thread of an ordinary machine: between a third of it and three times as many. Measured with the scenarios
/// shipped.
const ITEMS_PER_SECOND: f64 = 400_000.0;
/// What emulated premises take, and what a run takes besides; measured with 30 million of them.
const BYTES_PER_PREMISES: f64 = 20.0;
const BYTES_AT_LEAST: f64 = 40e6;
/// Of a sampled item's trace, about a dozen spans.
const BYTES_PER_SPAN: f64 = 200.0;
const SPANS_PER_ITEM: f64 = 15.0;

/// To be expected of a run; what follows from what happens in it, such as retries and alerts about executions, is left out, and so is
/// the shape of a day that is not run to its end.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Estimate {
    pub service_requests: f64,
    pub scheduled_reads: f64,
    pub device_alerts: f64,
    /// In virtual time on one thread.
    pub seconds: f64,
    /// At its most.
    pub memory_bytes: f64,
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "about {} requests, {} scheduled reads and {} device alerts: some {} on one thread of virtual time, {}",
            Round(self.service_requests),
            Round(self.scheduled_reads),
            Round(self.device_alerts),
            Lasting(self.seconds),
            Memory(self.memory_bytes)
        )
    }
}

/// To two figures, with its thousands apart: `26,000`.
struct Round(f64);

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 >= 1e15 {
            return write!(f, "{:.1e}", self.0);
        }
        let digits = self.0.max(1.0).log10().floor() as i32;
        let unit = 10_f64.powi((digits - 1).max(0));
        f.write_str(&grouped(((self.0 / unit).round() * unit) as u64))
    }
}

/// Seconds in the unit people would say.
struct Lasting(f64);

impl fmt::Display for Lasting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0;
        match seconds {
            ..1.0 => f.write_str("1 s"),
            ..120.0 => write!(f, "{seconds:.0} s"),
            ..7_200.0 => write!(f, "{:.0} min", seconds / 60.0),
            ..172_800.0 => write!(f, "{:.0} h", seconds / 3_600.0),
            _ => write!(f, "{} days", Round(seconds / DAY_S)),
        }
    }
}

struct Memory(f64);

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ..1e9 => write!(f, "{:.0} MB", (self.0 / 1e7).round() * 10.0),
            _ => write!(f, "{:.1} GB", self.0 / 1e9),
        }
    }
}

impl World {
    /// What this run comes to.
    pub fn estimate(&self) -> Estimate {
        let of_workloads: f64 = self.users.iter().map(|user| self.expected_requests(user)).sum();
        let (of_campaigns, updates) = self.expected_updates();
        let service_requests = of_workloads + of_campaigns;
        let schedules = &self.scenario.schedules;
        let scheduled_reads: f64 = schedules
            .iter()
            .map(|schedule| self.expected_reads(schedule))
            .sum();
        let device_alerts = self.expected_alerts() + updates;
        // An image and its report are as much again as an alert.
        let items = service_requests + scheduled_reads + device_alerts + updates;
        let tracing = &self.scenario.tracing;
        let sampled =
            (service_requests + scheduled_reads) * tracing.requests + device_alerts * tracing.alerts;
        let spans = (sampled * SPANS_PER_ITEM).min(tracing.spans_max as f64);
        let premises = f64::from(self.population.premises_count());
        Estimate {
            service_requests,
            scheduled_reads,
            device_alerts,
            seconds: items / ITEMS_PER_SECOND,
            memory_bytes: BYTES_AT_LEAST + premises * BYTES_PER_PREMISES + spans * BYTES_PER_SPAN,
        }
    }

    /// Requests the scenario's workloads have the User send, in the mean.
    pub fn expected_requests(&self, user: &UserEntry) -> f64 {
        let workloads = self.scenario.workloads.iter();
        let own = workloads.filter(|workload| user.is_meant_by(&workload.from));
        own.map(|workload| {
            let lasts = self.lasts(workload);
            let days = lasts.end.since(lasts.start).as_secs_f64() / DAY_S;
            let ramp = self.scenario.ramp_of(workload);
            let multiple = ramp.map_or(1.0, |ramp| ramp.mean(lasts.start, lasts.end));
            self.expected_targets(user, workload) * workload.per_device_per_day * days * multiple
        })
        .sum()
    }

    /// Requests of firmware campaigns, and devices these list.
    fn expected_updates(&self) -> (f64, f64) {
        let population = &self.scenario.population;
        let (mut requests, mut devices) = (0.0, 0.0);
        for (number, params) in (0..).zip(&self.scenario.campaigns) {
            let there = population.enrolled_share
                * population.share_with(params.device)
                * (1.0 - population.smets1_share);
            for user in &self.users {
                let Some(campaign) = self.campaign(number, user.id) else {
                    continue;
                };
                // Requests come in the order of their times.
                let (mut due, mut beyond) = (0, campaign.batches());
                while due < beyond {
                    let middle = due + (beyond - due) / 2;
                    match campaign.due(middle).is_never() {
                        true => beyond = middle,
                        false => due = middle + 1,
                    }
                }
                let Some(last) = due.checked_sub(1) else { continue };
                let listed = f64::from(campaign.places(last).end) * there;
                let asked =
                    u8::from(!campaign.activates_itself()) + u8::from(params.read_back_after.is_some());
                requests += f64::from(due) + listed * f64::from(asked);
                devices += listed;
            }
        }
        (requests, devices)
    }

    fn lasts(&self, workload: &WorkloadParams) -> Range<SimTime> {
        let horizon = self.horizon;
        let until = |end: Option<Span>, otherwise: SimTime| {
            end.map_or(otherwise, |end| (SimTime::ZERO + end.into()).min(horizon))
        };
        let (starts, ends) = (
            until(workload.starts_after, SimTime::ZERO),
            until(workload.ends_after, horizon),
        );
        starts..ends.max(starts)
    }

    fn days(&self) -> f64 {
        self.scenario.horizon.as_secs_f64() / DAY_S
    }

    /// Of how many days the schedule's readings are within the run, and parts of days.
    fn days_of(&self, schedule: &ScheduleParams) -> f64 {
        let begins = self.scenario.epoch.unix_seconds().rem_euclid(DAY_S as u64) as f64;
        let horizon = self.scenario.horizon.as_secs_f64();
        let window = schedule.window.as_secs_f64().max(1e-6);
        let within = |day: f64| {
            let from = day * DAY_S + schedule.starts_at.second_of_day() as f64 - begins;
            let overlap = (from + window).min(horizon) - from.max(0.0);
            (overlap / window).max(0.0)
        };
        // One that began the day before may go on.
        let days = (horizon / DAY_S).ceil() as u32 + 1;
        within(-1.0)
            + (0..days)
                .map(|day| within(f64::from(day)))
                .fold(0.0, |sum, part| sum + part)
    }

    /// With the share it grows to, where a Modification has it grow.
    fn expected_reads(&self, schedule: &ScheduleParams) -> f64 {
        let Some(srv) = Srv::from_number(&schedule.srv) else {
            return 0.0;
        };
        let Some(device_type) = schedule.device_type(srv) else {
            return 0.0;
        };
        let population = &self.scenario.population;
        let in_service = 1.0 - population.not_commissioned_share - population.suspended_share;
        let read = population.enrolled_share * in_service.max(0.0);
        let parameters = &self.scenario.parameters;
        let of_user = |user: &UserEntry| {
            let growth = parameters.schedule_growth(&self.releases, user.kind, srv, device_type);
            let share = growth.map_or(schedule.share, |(_, growth)| growth.to.max(schedule.share));
            let portfolio = self.portfolio(user.kind, user.id, device_type.is_gas());
            f64::from(portfolio.len()) * share * read
        };
        let holders = self.users.iter().filter(|user| user.is_meant_by(&schedule.from));
        holders.map(of_user).fold(0.0, |sum, reads| sum + reads) * self.days_of(schedule)
    }

    fn expected_alerts(&self) -> f64 {
        let (scenario, premises) = (&self.scenario, f64::from(self.population.premises_count()));
        let ordinary = scenario.premises.alerts_per_premises_per_day
            * premises
            * scenario.population.enrolled_share
            * self.days();
        let storms = scenario.alert_storms.iter().map(|storm| {
            let with_device = scenario.population.share_with(storm.device);
            let in_region = match storm.region {
                Some(Region::Smets1) => scenario.population.smets1_share,
                _ => 1.0,
            };
            let hours = storm.lasts.as_secs_f64() / 3_600.0;
            premises * with_device * in_region * storm.device_share * storm.per_device_per_hour * hours
        });
        ordinary + storms.sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_to_two_figures_in_the_units_people_use() {
        let estimate = |items: f64, memory_bytes: f64| Estimate {
            service_requests: items,
            scheduled_reads: 0.0,
            device_alerts: 7.4,
            seconds: items / ITEMS_PER_SECOND,
            memory_bytes,
        };
        let said = [
            (26_698.0, 4.1e7),
            (1_847_344.0, 9.4e8),
            (9.2e8, 1.24e9),
            (3.4e10, 3e10),
            (7.7e14, 1e11),
            (4e300, 1e11),
        ]
        .map(|(items, memory)| estimate(items, memory).to_string());
        expect_test::expect![[r#"
            about 27,000 requests, 0 scheduled reads and 7 device alerts: some 1 s on one thread of virtual time, 40 MB
            about 1,800,000 requests, 0 scheduled reads and 7 device alerts: some 5 s on one thread of virtual time, 940 MB
            about 920,000,000 requests, 0 scheduled reads and 7 device alerts: some 38 min on one thread of virtual time, 1.2 GB
            about 34,000,000,000 requests, 0 scheduled reads and 7 device alerts: some 24 h on one thread of virtual time, 30.0 GB
            about 770,000,000,000,000 requests, 0 scheduled reads and 7 device alerts: some 22,000 days on one thread of virtual time, 100.0 GB
            about 4.0e300 requests, 0 scheduled reads and 7 device alerts: some 1.2e290 days on one thread of virtual time, 100.0 GB"#]].assert_eq(&said.join("\n"));
    }
}
