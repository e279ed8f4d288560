//! Planned maintenance keeps to the rule in force when it begins (SEC H8.3; domain.md §10).

use crate::check::Check;
use crate::modifications::plan::{MaintenanceRule, WindowsMax};
use crate::scenario::{MaintenanceParams, Scenario};
use crate::timeline::{EventKind, EventParams, Impact};
use crate::units::{DateTime, Span};
use std::collections::BTreeMap;

/// Of one event, or of several that overlap or touch; in seconds since 1970.
struct Window {
    from: u64,
    until: u64,
    /// The place of its first event, and its name.
    event: usize,
    name: String,
}

impl Check<'_> {
    /// Windows the Panel agreed to are looked at by nobody.
    pub(super) fn maintenance(&mut self, scenario: &Scenario) {
        let params = &scenario.maintenance;
        self.positive("maintenance.window_max", params.window_max);
        self.at_least_one("maintenance.windows_per_month", params.windows_per_month);
        let releases = scenario.releases();
        let mut by_rule: BTreeMap<&str, (MaintenanceRule, Vec<usize>)> = BTreeMap::new();
        for (i, event) in scenario.events.iter().enumerate() {
            if event.kind == EventKind::Maintenance && event.agreed_by_panel != Some(true) {
                self.hours(i, event, params, scenario.epoch);
                let at = secnet_model::SimTime::ZERO + event.starts_after.into();
                let rule = scenario
                    .parameters
                    .maintenance_rule(&releases, at)
                    .unwrap_or(rule_of_2017(params));
                let (_, held_to_it) = by_rule.entry(rule.name).or_insert((rule, Vec::new()));
                held_to_it.push(i);
            }
        }
        for (rule, held_to_it) in by_rule.values() {
            let of = |impact: Option<Impact>| {
                let is_meant = |i: &&usize| impact.is_none() || scenario.events[**i].impact == impact;
                windows(scenario, held_to_it.iter().filter(is_meant))
            };
            match rule.windows_max {
                WindowsMax::InAll(most) => self.windows(rule, most, "", &of(None)),
                WindowsMax::ByImpact { high, low } => {
                    self.windows(rule, high, " of high impact", &of(Some(Impact::High)));
                    self.windows(rule, low, " of low impact", &of(Some(Impact::Low)));
                }
            }
        }
    }

    /// Between the evening and the morning after it.
    fn hours(&mut self, i: usize, event: &EventParams, params: &MaintenanceParams, epoch: DateTime) {
        let (evening, morning) = (
            params.not_before.second_of_day(),
            params.not_after.second_of_day(),
        );
        let window = Window::of(i, event, epoch);
        let night = if evening < morning {
            morning - evening
        } else {
            DAY_SECONDS - evening + morning
        };
        let into_the_night = (window.from % DAY_SECONDS + DAY_SECONDS - evening) % DAY_SECONDS;
        if into_the_night + (window.until - window.from) > night {
            let message = format!(
                "planned maintenance is between {} and {}, and this is from {} to {}; move it, or say `agreed_by_panel = true`",
                params.not_before,
                params.not_after,
                moment(window.from),
                moment(window.until)
            );
            self.wrong(format!("events.{i}"), message);
        }
    }

    fn windows(&mut self, rule: &MaintenanceRule, most: u32, of_impact: &str, windows: &[Window]) {
        let mut by_month: BTreeMap<String, u32> = BTreeMap::new();
        for window in windows {
            if window.until - window.from > rule.window_max.as_micros().div_ceil(1_000_000) {
                let lasts = Span::from_secs(window.until - window.from);
                let message = format!(
                    "a window lasts {} at most ({}), and this one, from {} to {}, {lasts}",
                    rule.window_max,
                    rule.name,
                    moment(window.from),
                    moment(window.until)
                );
                self.wrong(format!("events.{}", window.event), message);
            }
            let month = moment(window.from)[.."2026-03".len()].to_owned();
            let so_far = by_month.entry(month.clone()).or_default();
            *so_far += 1;
            if *so_far > most {
                let message = format!(
                    "`{}` is window {so_far} of planned maintenance{of_impact} in {month}; {} allows {most} a month. Leave it \
                     out, let it overlap with another, or say `agreed_by_panel = true`",
                    window.name, rule.name
                );
                self.wrong(format!("events.{}", window.event), message);
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

/// In order of time.
fn windows<'a>(scenario: &Scenario, events: impl Iterator<Item = &'a usize>) -> Vec<Window> {
    let mut single: Vec<Window> = events
        .map(|i| Window::of(*i, &scenario.events[*i], scenario.epoch))
        .collect();
    single.sort_by_key(|window| window.from);
    let mut united: Vec<Window> = Vec::new();
    for window in single {
        match united.last_mut() {
            Some(last) if window.from <= last.until => last.until = last.until.max(window.until),
            _ => united.push(window),
        }
    }
    united
}

impl Window {
    fn of(place: usize, event: &EventParams, epoch: DateTime) -> Window {
        let lasts = event.lasts.unwrap_or_default();
        let second = |micros: u64| epoch.unix_seconds() + micros / 1_000_000;
        let from = event.starts_after.as_micros();
        Window {
            from: second(from),
            until: second(from.saturating_add(lasts.as_micros()).saturating_add(999_999)),
            event: place,
            name: event.name.clone(),
        }
    }
}

fn moment(unix_seconds: u64) -> String {
    DateTime::from_unix_seconds(unix_seconds).to_string()
}
