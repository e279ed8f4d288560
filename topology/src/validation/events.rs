//! The timeline's events: each key fits its kind, and what it names exists.

use crate::check::{Check, SERVERS_MAX};
use crate::population::regional_premises;
use crate::scenario::Scenario;
use crate::suggest::mend;
use crate::timeline::exchanges::working_hours;
use crate::timeline::{EventKind, EventParams, Impact, System, faults};
use crate::units::Span;
use crate::users::UserKind;
use secnet_model::{Region, SimTime};
use std::collections::BTreeSet;

/// 32 B each, in every process.
const FAULTS_MAX: f64 = 5e6;

impl Check<'_> {
    pub(super) fn events(&mut self, scenario: &Scenario) {
        let mut names = BTreeSet::new();
        for (i, event) in scenario.events.iter().enumerate() {
            let path = format!("events.{i}");
            if event.name.trim().is_empty() {
                self.wrong(format!("{path}.name"), "an event needs a name");
            } else if !names.insert(&event.name) {
                let message = format!("two events are named `{}`", event.name);
                self.wrong(format!("{path}.name"), message);
            }
            self.event_keys(&path, event);
            self.event_time(&path, scenario, event);
            self.event_place(&path, scenario, event);
            self.event_capacity(&path, event);
            if let Some(user) = &event.user {
                self.event_user(&format!("{path}.user"), user);
            }
            self.takeover(&path, event);
            if event.kind == EventKind::CplRemoval {
                self.cpl_removal(&path, scenario, event);
            }
            if event.kind == EventKind::HubExchange {
                self.hub_exchange(&path, event);
            }
            if event.kind == EventKind::PowerFaults {
                self.power_faults(&path, scenario, event);
            }
        }
    }

    /// Keys that the kind does not take, and keys it needs and does not have.
    fn event_keys(&mut self, path: &str, event: &EventParams) {
        let (kind, takes) = (event.kind.name(), event.kind.keys());
        for key in event.given().filter(|key| !takes.contains(key)) {
            let message = format!(
                "does not apply to a `{kind}`; beside its name and start it takes {}",
                listed(takes)
            );
            self.wrong(format!("{path}.{key}"), message);
        }
        let given: Vec<&str> = event.given().collect();
        let missing: Vec<&str> = event
            .kind
            .needs()
            .iter()
            .copied()
            .filter(|key| !given.contains(key))
            .collect();
        if !missing.is_empty() {
            self.wrong(path, format!("a `{kind}` lacks {}", listed(&missing)));
        }
    }

    fn event_time(&mut self, path: &str, scenario: &Scenario, event: &EventParams) {
        if event.lasts == Some(Span::default()) {
            self.wrong(format!("{path}.lasts"), "must be longer than zero");
        }
        let end = scenario.end();
        if event.begins() >= end {
            let message = format!(
                "{} is not before the end of the run, {}",
                event.starts_after,
                Span::from(end.since(SimTime::ZERO))
            );
            self.wrong(format!("{path}.starts_after"), message);
        }
    }

    fn event_place(&mut self, path: &str, scenario: &Scenario, event: &EventParams) {
        self.areas(&format!("{path}.areas"), &event.areas);
        if let Some(share) = event.share {
            self.share(&format!("{path}.share"), share);
        }
        self.first_and_last(
            &format!("{path}.premises"),
            &event.premises,
            scenario.population.premises,
        );
        let cells_path = format!("{path}.cells");
        match event.region {
            None if !event.cells.is_empty() => {
                self.wrong(cells_path, "cells are numbered by region; give `region` as well");
            }
            None => {}
            Some(region) => {
                let premises = regional_premises(&scenario.population)[region.index()];
                let cells = premises.div_ceil(scenario.cell_premises(region));
                self.first_and_last(&cells_path, &event.cells, cells);
            }
        }
    }

    /// Two numbers below `count`, the second not less than the first; or none.
    fn first_and_last(&mut self, path: &str, numbers: &[u32], count: u32) {
        match *numbers {
            [] => {}
            [first, last] if first <= last && last < count => {}
            [first, last] => {
                let message =
                    format!("there are {count}, numbered from 0; {first} to {last} are not among them");
                self.wrong(path, message);
            }
            _ => self.wrong(path, "give the number of the first and of the last: `[10, 19]`"),
        }
    }

    fn event_capacity(&mut self, path: &str, event: &EventParams) {
        if let Some(share) = event.capacity_share {
            self.share(&format!("{path}.capacity_share"), share);
        }
        if event.servers.is_some_and(|servers| servers > SERVERS_MAX) {
            self.wrong(
                format!("{path}.servers"),
                format!("must be at most {SERVERS_MAX}"),
            );
        }
        if event.kind == EventKind::DspCapacity && event.servers.is_some() == event.capacity_share.is_some() {
            let message = "a `dsp_capacity` needs either `servers` or `capacity_share`";
            self.wrong(path, message);
        }
        let takes_all = event.servers == Some(0) || event.capacity_share == Some(0.0);
        if event.kind == EventKind::DspCapacity && takes_all && event.lasts.is_none() {
            let message = "the DSP would never serve anything again; give `lasts`, or at least one server";
            self.wrong(path, message);
        }
        let lowers_the_dsp = event.impact == Some(Impact::Low) && event.systems.contains(&System::Dsp);
        if event.kind == EventKind::Maintenance && event.capacity_share.is_some() && !lowers_the_dsp {
            let message = "applies to maintenance of low impact on the `dsp` only";
            self.wrong(format!("{path}.capacity_share"), message);
        }
    }

    fn event_user(&mut self, path: &str, name: &str) {
        if self.users.iter().any(|user| user.is_meant_by(name)) {
            return;
        }
        let groups = UserKind::ALL.map(UserKind::group);
        let known = groups
            .into_iter()
            .chain(self.users.iter().map(|user| user.name.as_str()));
        let message = format!("no User `{name}`{}", mend(name, known));
        self.wrong(path, message);
    }

    fn power_faults(&mut self, path: &str, scenario: &Scenario, event: &EventParams) {
        let rate = event.per_million_premises_per_year;
        if rate.is_some() == event.share.is_some() {
            let message = "`power_faults` need either `share` or `per_million_premises_per_year`";
            self.wrong(path, message);
        }
        if event.restoration.is_some() == event.off_mean.is_some() {
            self.wrong(path, "`power_faults` need either `restoration` or `off_mean`");
        }
        for (key, given) in [
            ("off_at_least", event.off_at_least),
            ("off_at_most", event.off_at_most),
        ] {
            if given.is_some() && event.off_mean.is_none() {
                self.wrong(format!("{path}.{key}"), "applies with `off_mean` only");
            }
        }
        let least = event.off_at_least.unwrap_or_default();
        if let Some(mean) = event.off_mean {
            self.positive(&format!("{path}.off_mean"), mean);
            self.min_and_mean(&format!("{path}.off_mean"), least, mean);
        }
        if event.off_at_most.is_some_and(|most| most <= least) {
            let message = format!("must be more than the least, {least}");
            self.wrong(format!("{path}.off_at_most"), message);
        }
        if let Some(rate) = rate.filter(|rate| !(rate.is_finite() && *rate >= 0.0)) {
            let message = format!("must be nought or more, not {rate}");
            self.wrong(format!("{path}.per_million_premises_per_year"), message);
        }
        for (i, (mean, weight)) in event.fault_sizes.iter().enumerate() {
            let path = format!("{path}.fault_sizes.{i}");
            if !(1.0..=f64::from(u32::MAX)).contains(mean) {
                self.wrong(
                    &path,
                    format!("a fault takes off at least 1 premises, not {mean}"),
                );
            }
            if !(weight.is_finite() && *weight > 0.0) {
                self.wrong(&path, format!("a weight is more than 0, not {weight}"));
            }
        }
        let premises = f64::from(scenario.population.premises);
        let lasts = event.lasts.unwrap_or_default().as_micros() as f64;
        let expected = match rate {
            Some(rate) => rate * premises / 1e6 * lasts / faults::YEAR_MICROS,
            None => event.share.unwrap_or_default() * premises / faults::mean_size(event).max(1.0),
        };
        if expected > FAULTS_MAX {
            let message = format!("makes {expected:.0} faults; a scenario may have {FAULTS_MAX:.0}");
            self.wrong(path, message);
        }
    }

    fn hub_exchange(&mut self, path: &str, event: &EventParams) {
        let rate = event.per_million_premises_per_working_day;
        if rate.is_some() == event.share.is_some() {
            let message = "a `hub_exchange` needs either `share` or `per_million_premises_per_working_day`";
            self.wrong(path, message);
        }
        if let Some(rate) = rate.filter(|rate| !(rate.is_finite() && *rate >= 0.0)) {
            let message = format!("must be nought or more, not {rate}");
            self.wrong(format!("{path}.per_million_premises_per_working_day"), message);
        }
        if let Some(takes) = event.takes {
            self.positive(&format!("{path}.takes"), takes);
        }
        let (from, to) = working_hours(event);
        if from >= to {
            let key = if event.works_to.is_some() {
                "works_to"
            } else {
                "works_from"
            };
            let message = format!("engineers end at {to}, which is not after they begin, {from}");
            self.wrong(format!("{path}.{key}"), message);
        }
        if event.region == Some(Region::Smets1) {
            self.wrong(format!("{path}.region"), "no hub there is on a CSP's SM WAN");
        }
    }

    fn cpl_removal(&mut self, path: &str, scenario: &Scenario, event: &EventParams) {
        if event.device.is_some() == event.campaign.is_some() {
            self.wrong(path, "a `cpl_removal` needs either `device` or `campaign`");
        }
        let Some(name) = &event.campaign else {
            if event.version.is_some() {
                self.wrong(format!("{path}.version"), "says which of a `campaign`'s versions");
            }
            return;
        };
        let Some(campaign) = scenario.campaigns.iter().find(|it| it.name == *name) else {
            let names = scenario.campaigns.iter().map(|campaign| campaign.name.as_str());
            let message = format!("no campaign `{name}`{}", mend(name, names));
            return self.wrong(format!("{path}.campaign"), message);
        };
        if let Some(other) = &campaign.rolls_back {
            let message = format!(
                "`{name}` has no version of its own: it brings back that before `{other}`, the campaign to name here"
            );
            self.wrong(format!("{path}.campaign"), message);
        }
    }

    fn takeover(&mut self, path: &str, event: &EventParams) {
        for (key, name) in [("from", &event.from), ("to", &event.to)] {
            let Some(name) = name else { continue };
            let suppliers = || self.users.iter().filter(|user| user.kind == UserKind::Supplier);
            if !suppliers().any(|user| user.name == *name) {
                let mend = mend(name, suppliers().map(|user| user.name.as_str()));
                self.wrong(format!("{path}.{key}"), format!("no Supplier `{name}`{mend}"));
            }
        }
        if event.from.is_some() && event.from == event.to {
            self.wrong(
                format!("{path}.to"),
                "a Supplier cannot take over its own premises",
            );
        }
        if event.credentials_within == Some(Span::default()) {
            self.wrong(format!("{path}.credentials_within"), "must be longer than zero");
        }
    }
}

fn listed(keys: &[&str]) -> String {
    let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    keys.join(", ")
}
