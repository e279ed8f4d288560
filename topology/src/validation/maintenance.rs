//! Planned maintenance keeps to the rule in force when it begins (SEC H8.3; domain.md §10).

use crate::check::Check;
use crate::modifications::plan::{MaintenanceRule, WindowsMax};
use crate::scenario::{MaintenanceParams, Scenario};
use crate::timeline::{EventKind, EventParams, Impact, Windows};
use crate::units::{DateTime, Span};
use secnet_model::{SimDuration, SimTime};
use std::collections::BTreeMap;
use std::ops::Range;

/// An event with its place among the scenario's.
type Placed<'a> = (usize, &'a EventParams);

impl Check<'_> {
    /// Windows the Panel agreed to are looked at by nobody.
    pub(super) fn maintenance(&mut self, scenario: &Scenario) {
        let params = &scenario.maintenance;
        self.positive("maintenance.window_max", params.window_max);
        self.at_least_one("maintenance.windows_per_month", params.windows_per_month);
        let releases = scenario.releases();
        let mut by_rule: BTreeMap<&str, (MaintenanceRule, Vec<Placed>)> = BTreeMap::new();
        let planned = scenario.events.iter().enumerate().filter(|(_, event)| {
            let is_ruled = event.agreed_by_panel != Some(true) && event.lasts.is_some();
            event.kind == EventKind::Maintenance && is_ruled
        });
        for (place, event) in planned {
            self.hours(place, event, params, scenario.epoch);
            let rule = scenario
                .parameters
                .maintenance_rule(&releases, event.begins())
                .unwrap_or(rule_of_2017(params));
            let (_, held_to_it) = by_rule.entry(rule.name).or_insert((rule, Vec::new()));
            held_to_it.push((place, event));
        }
        for (rule, events) in by_rule.values() {
            let of = |impact: Impact| -> Vec<Placed> {
                let is_meant = |(_, event): &&Placed| event.impact == Some(impact);
                events.iter().filter(is_meant).copied().collect()
            };
            match rule.windows_max {
                WindowsMax::InAll(most) => self.windows(rule, most, "", events, scenario.epoch),
                WindowsMax::ByImpact { high, low } => {
                    self.windows(rule, high, " of high impact", &of(Impact::High), scenario.epoch);
                    self.windows(rule, low, " of low impact", &of(Impact::Low), scenario.epoch);
                }
            }
        }
    }

    /// Between the evening and the morning after it.
    fn hours(&mut self, place: usize, event: &EventParams, params: &MaintenanceParams, epoch: DateTime) {
        let (evening, morning) = (
            params.not_before.second_of_day(),
            params.not_after.second_of_day(),
        );
        let night = if evening < morning {
            morning - evening
        } else {
            DAY_SECONDS - evening + morning
        };
        let during = event.during();
        let second_of_day = (epoch.unix_seconds() + during.start.as_whole_secs()) % DAY_SECONDS;
        let into_the_night = (second_of_day + DAY_SECONDS - evening) % DAY_SECONDS;
        let left = SimDuration::from_secs(night.saturating_sub(into_the_night));
        // From the beginning of its first second.
        if during.end.since(whole_second(during.start)) > left {
            let message = format!(
                "planned maintenance is between {} and {}, and this is from {} to {}; move it, or say `agreed_by_panel = true`",
                params.not_before,
                params.not_after,
                moment(epoch, during.start),
                moment(epoch, during.end)
            );
            self.wrong(format!("events.{place}"), message);
        }
    }

    fn windows(
        &mut self,
        rule: &MaintenanceRule,
        most: u32,
        of_impact: &str,
        events: &[Placed],
        epoch: DateTime,
    ) {
        let mut by_month: BTreeMap<String, u32> = BTreeMap::new();
        let during = events.iter().map(|(_, event)| event.during());
        for window in Windows::union(during.collect()).iter() {
            let Some((place, first)) = events.iter().find(|(_, event)| event.begins() == window.start) else {
                continue;
            };
            let Range { start, end } = *window;
            let lasts = Span::from(end.since(start));
            if lasts > rule.window_max {
                let message = format!(
                    "a window lasts {} at most ({}), and this one, from {} to {}, {lasts}",
                    rule.window_max,
                    rule.name,
                    moment(epoch, start),
                    moment(epoch, end)
                );
                self.wrong(format!("events.{place}"), message);
            }
            let month = moment(epoch, start)[.."2026-03".len()].to_owned();
            let so_far = by_month.entry(month.clone()).or_default();
            *so_far += 1;
            if *so_far > most {
                let message = format!(
                    "`{}` is window {so_far} of planned maintenance{of_impact} in {month}; {} allows {most} a month. Leave it \
                     out, let it overlap with another, or say `agreed_by_panel = true`",
                    first.name, rule.name
                );
                self.wrong(format!("events.{place}"), message);
            }
        }
    }
}

const DAY_SECONDS: u64 = 86_400;

fn rule_of_2017(params: &MaintenanceParams) -> MaintenanceRule {
    MaintenanceRule {
        name: "the rule of 2017",
        window_max: params.window_max,
        windows_max: WindowsMax::InAll(params.windows_per_month),
    }
}

fn whole_second(time: SimTime) -> SimTime {
    SimTime::from_secs(time.as_whole_secs())
}

fn moment(epoch: DateTime, time: SimTime) -> String {
    DateTime::from_unix_seconds(epoch.unix_seconds() + time.as_whole_secs()).to_string()
}
