//! What a scenario must satisfy beyond its shape.

use crate::check::Check;
pub use crate::check::{Invalid, Problem};
use crate::population::{BLOCK_PREMISES, regional_premises};
use crate::scenario::{CspParams, LinkParams, Mistake, Scenario, WorkloadParams};
use crate::suggest::mend;
use crate::units::Span;
use crate::users::{UserEntry, UserKind};
use secnet_model::{FutureDating, Region, Role, Srv, licence_areas};
use std::collections::{BTreeMap, BTreeSet};

mod alerts;
mod events;
mod maintenance;
mod modifications;
mod requests;
pub use requests::validate_request;
mod tracing;

/// More than anything in the network does in a day, a second or a proportion; what is above would never end.
const RATE_MAX: f64 = 1e6;
const NAME_MAX: usize = 64;
/// More servers than any DSP has.
const SERVERS_MAX: u32 = 1_000_000;
const PREMISES_MAX: u32 = 100_000_000;
const USERS_MAX: usize = 65_000;
const SHARDS_MAX: u32 = 64;
const SHARES_TOLERANCE: f64 = 1e-6;
const HORIZON_MAX: Span = Span::from_secs(3_660 * 86_400);
const DAY: Span = Span::from_secs(86_400);
/// The end of the year 9999.
const UNIX_SECONDS_MAX: u64 = 253_402_300_799;

pub fn validate(scenario: &Scenario) -> Result<(), Invalid> {
    let users = scenario.users();
    let mut check = Check {
        users: &users,
        problems: Vec::new(),
    };
    check.name(&scenario.name);
    check.time(scenario);
    check.population(scenario);
    check.users(scenario);
    check.dnos(scenario);
    check.workloads(scenario);
    check.requests(scenario);
    check.schedules(scenario);
    check.user_params(scenario);
    check.network(scenario);
    check.premises(scenario);
    check.alerts(scenario);
    check.events(scenario);
    check.maintenance(scenario);
    scenario.parameters.check(&mut check);
    check.hosting(scenario);
    check.tracing(scenario);
    check.verdicts(scenario);
    if check.problems.is_empty() {
        Ok(())
    } else {
        Err(Invalid {
            problems: check.problems,
        })
    }
}

impl<'u> Check<'u> {
    pub(crate) fn share(&mut self, path: &str, share: f64) {
        if !(0.0..=1.0).contains(&share) {
            self.wrong(path, format!("a share lies between 0 and 1; {share} does not"));
        }
    }

    pub(crate) fn at_least_one(&mut self, path: &str, number: u32) {
        if number == 0 {
            self.wrong(path, "must be at least 1");
        }
    }

    pub(crate) fn rate(&mut self, path: &str, rate: f64) {
        if !(0.0..=RATE_MAX).contains(&rate) {
            self.wrong(
                path,
                format!("a rate lies between 0 and {RATE_MAX}; {rate:?} does not"),
            );
        }
    }

    pub(crate) fn positive(&mut self, path: &str, span: Span) {
        if span == Span::default() {
            self.wrong(path, "must be longer than zero");
        }
    }

    pub(crate) fn min_and_mean(&mut self, path: &str, min: Span, mean: Span) {
        if mean < min {
            self.wrong(path, format!("the mean, {mean}, is less than the least, {min}"));
        }
    }

    /// It names the run folder.
    fn name(&mut self, name: &str) {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let fits = name.len() <= NAME_MAX
            && name.starts_with(is_plain)
            && name.chars().all(|c| is_plain(c) || "._-".contains(c));
        if !fits {
            let message = format!(
                "`{}` cannot name a run folder: use up to {NAME_MAX} of a to z, 0 to 9, `.`, `_` and `-`, and begin with a letter or digit",
                name.escape_debug()
            );
            self.wrong("name", message);
        }
    }

    fn time(&mut self, scenario: &Scenario) {
        self.positive("horizon", scenario.horizon);
        for (path, span) in [("horizon", scenario.horizon), ("drain", scenario.drain)] {
            if span > HORIZON_MAX {
                self.wrong(path, format!("{span} is more than {HORIZON_MAX}"));
            }
        }
        if scenario.epoch.unix_seconds() > UNIX_SECONDS_MAX {
            self.wrong("epoch", "lies after the year 9999");
        }
    }

    fn population(&mut self, scenario: &Scenario) {
        let params = &scenario.population;
        if !(1..=PREMISES_MAX).contains(&params.premises) {
            let message = format!(
                "there must be 1 to {PREMISES_MAX} premises, not {}",
                params.premises
            );
            self.wrong("population.premises", message);
        }
        let shares = [
            ("enrolled_share", params.enrolled_share),
            ("gas_share", params.gas_share),
            ("dual_fuel_share", params.dual_fuel_share),
            ("prepayment_share", params.prepayment_share),
            ("no_wan_share", params.no_wan_share),
            ("ppmid_share", params.ppmid_share),
            ("not_commissioned_share", params.not_commissioned_share),
            ("suspended_share", params.suspended_share),
        ];
        for (key, share) in shares {
            self.share(&format!("population.{key}"), share);
        }
        if params.not_commissioned_share + params.suspended_share > 1.0 {
            self.wrong(
                "population.suspended_share",
                "with not_commissioned_share it is more than 1",
            );
        }
        self.areas("population.areas", &params.areas);
    }

    /// Codes exist and are listed once.
    fn areas(&mut self, path: &str, codes: &[String]) {
        let mut listed = BTreeSet::new();
        for (i, code) in codes.iter().enumerate() {
            let known = licence_areas().iter().map(|area| area.code);
            if !known.clone().any(|area| area == code) {
                self.wrong(
                    format!("{path}.{i}"),
                    format!("no licence area `{code}`{}", mend(code, known)),
                );
            } else if !listed.insert(code) {
                self.wrong(format!("{path}.{i}"), format!("`{code}` is listed twice"));
            }
        }
    }

    fn users(&mut self, scenario: &Scenario) {
        if scenario.suppliers.is_empty() {
            self.wrong("suppliers", "there must be at least one Supplier");
        }
        for (i, supplier) in scenario.suppliers.iter().enumerate() {
            self.share(&format!("suppliers.{i}.share"), supplier.share);
        }
        let sum: f64 = scenario.suppliers.iter().map(|supplier| supplier.share).sum();
        if !scenario.suppliers.is_empty() && (sum - 1.0).abs() > SHARES_TOLERANCE {
            let mend = if sum > 1.0 { "too much" } else { "missing" };
            let message = format!(
                "the Suppliers' shares sum to {}, not 1: {} is {mend}",
                rounded(sum),
                rounded((1.0 - sum).abs())
            );
            self.wrong("suppliers.0.share", message);
        }
        if self.users.len() > USERS_MAX {
            self.wrong(
                "suppliers",
                format!("{} Users are more than {USERS_MAX}", self.users.len()),
            );
        }
        let mut names = BTreeSet::new();
        let mut places = BTreeMap::new();
        for user in self.users {
            let place: &mut usize = places.entry(user.kind.group()).or_default();
            let path = format!("{}.{place}.name", user.kind.group());
            *place += 1;
            if user.name.trim().is_empty() {
                self.wrong(path, "a User needs a name");
            } else if UserKind::ALL.iter().any(|kind| kind.group() == user.name) {
                self.wrong(
                    path,
                    format!(
                        "`{}` means all Users of that kind and cannot be one's name",
                        user.name
                    ),
                );
            } else if !names.insert(&user.name) {
                self.wrong(path, format!("two Users are named `{}`", user.name));
            }
        }
    }

    fn dnos(&mut self, scenario: &Scenario) {
        let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
        for (i, dno) in scenario.dnos.iter().enumerate() {
            self.areas(&format!("dnos.{i}.areas"), &dno.areas);
            for (j, code) in dno.areas.iter().enumerate() {
                match owners.insert(code, &dno.name) {
                    Some(owner) if owner != dno.name => {
                        self.wrong(
                            format!("dnos.{i}.areas.{j}"),
                            format!("`{code}` belongs to `{owner}` already"),
                        );
                    }
                    _ => {}
                }
            }
        }
    }

    fn workloads(&mut self, scenario: &Scenario) {
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
            self.rate(
                &format!("{path}.per_premises_per_day"),
                workload.per_premises_per_day,
            );
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

    fn workload_srv(&mut self, path: &str, workload: &WorkloadParams, srv: Srv, senders: &[&UserEntry]) {
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
        match workload.future_dated_by {
            Some(_) if entry.future_dated == FutureDating::NotAllowed => {
                self.wrong(
                    path,
                    format!("{srv} cannot be future-dated; leave out `future_dated_by`"),
                );
            }
            None if entry.is_device_service() && !entry.on_demand => {
                self.wrong(path, format!("{srv} cannot be sent on demand"));
            }
            _ => {}
        }
        if let Some(target) = workload.target.filter(|target| !entry.may_target(*target)) {
            let allowed: Vec<&str> = entry.targets.iter().map(|target| target.name()).collect();
            let allowed = if allowed.is_empty() {
                "no device".to_owned()
            } else {
                allowed.join(", ")
            };
            self.wrong(
                path,
                format!("{srv} is not for the {}; it is for {allowed}", target.name()),
            );
        }
    }

    fn roles(&mut self, path: &str, srv: Srv, senders: &[&UserEntry]) {
        let entry = srv.entry();
        let barred = senders
            .iter()
            .find(|user| !user.roles.iter().any(|role| entry.roles.contains(role)));
        if let Some(user) = barred {
            let (held, allowed) = (role_codes(user.roles.iter()), role_codes(entry.roles.iter()));
            let message = format!(
                "`{}` may not send {srv} ({}): it holds {held}, the request is for {allowed}; \
                 a workload that means to be refused says so with `mistake`",
                user.name, entry.name
            );
            self.wrong(path, message);
        }
    }

    fn schedules(&mut self, scenario: &Scenario) {
        for (i, schedule) in scenario.schedules.iter().enumerate() {
            let path = format!("schedules.{i}");
            let senders = self.senders(&path, &schedule.from);
            self.share(&format!("{path}.share"), schedule.share);
            if schedule.window == Span::default() || schedule.window > DAY {
                self.wrong(
                    format!("{path}.window"),
                    format!("must be from 1us to 1d, not {}", schedule.window),
                );
            }
            let path = format!("{path}.srv");
            let Some(srv) = self.srv(&path, &schedule.srv) else {
                continue;
            };
            if !srv.entry().dsp_schedulable {
                let schedulable: Vec<&str> = Srv::all()
                    .filter(|srv| srv.entry().dsp_schedulable)
                    .map(Srv::number)
                    .collect();
                let message = format!(
                    "the DSP does not schedule {srv}; it schedules {}",
                    schedulable.join(", ")
                );
                self.wrong(&path, message);
            }
            self.roles(&path, srv, &senders);
        }
    }

    fn srv(&mut self, path: &str, number: &str) -> Option<Srv> {
        let srv = Srv::from_number(number);
        if srv.is_none() {
            let mend = mend(number, Srv::all().map(Srv::number));
            self.wrong(path, format!("no service request variant `{number}`{mend}"));
        }
        srv
    }

    /// The Users a `from` means.
    fn senders(&mut self, path: &str, from: &str) -> Vec<&'u UserEntry> {
        let users = self.users;
        let senders: Vec<&'u UserEntry> = users.iter().filter(|user| user.is_meant_by(from)).collect();
        if senders.is_empty() {
            let groups = UserKind::ALL.map(UserKind::group);
            let message = if groups.contains(&from) {
                format!("the scenario has no `{from}`")
            } else {
                let known = groups
                    .into_iter()
                    .chain(users.iter().map(|user| user.name.as_str()));
                format!("no User `{from}`{}", mend(from, known))
            };
            self.wrong(format!("{path}.from"), message);
        }
        senders
    }

    fn user_params(&mut self, scenario: &Scenario) {
        let params = &scenario.user;
        self.min_and_mean(
            "user.signing_time_mean",
            params.signing_time_min,
            params.signing_time_mean,
        );
        self.at_least_one("user.attempts_max", params.attempts_max);
        self.positive("user.retry_backoff", params.retry_backoff);
        if params.retry_backoff_max < params.retry_backoff {
            let message = format!(
                "{} is less than the first wait, {}",
                params.retry_backoff_max, params.retry_backoff
            );
            self.wrong("user.retry_backoff_max", message);
        }
    }

    fn network(&mut self, scenario: &Scenario) {
        self.link("gateway", &scenario.gateway);
        self.link("dsp_csp", &scenario.dsp_csp);
        if !(1..=SERVERS_MAX).contains(&scenario.dsp.servers) {
            let message = format!("there must be 1 to {SERVERS_MAX}, not {}", scenario.dsp.servers);
            self.wrong("dsp.servers", message);
        }
        let factor = scenario.dsp.timeout_in_target_response_times;
        if !(factor.is_finite() && factor > 0.0) {
            self.wrong(
                "dsp.timeout_in_target_response_times",
                format!("must be more than 0, not {factor}"),
            );
        }
        self.positive("dsp.timeout_min", scenario.dsp.timeout_min);
        self.positive("dsp.push_again_every", scenario.dsp.push_again_every);
        for region in Region::ALL {
            self.csp(region, scenario.csp.get(region));
        }
    }

    fn csp(&mut self, region: Region, csp: &CspParams) {
        let path = |key: &str| format!("csp.{region}.{key}");
        let link = LinkParams {
            latency_min: csp.latency_min,
            latency_mean: csp.latency_mean,
        };
        self.link(&format!("csp.{region}"), &link);
        self.at_least_one(&path("cell_premises"), csp.cell_premises);
        for (key, rate) in [
            ("downlink_rate", csp.downlink_rate),
            ("uplink_rate", csp.uplink_rate),
        ] {
            if rate.bits_per_second() == 0 {
                self.wrong(path(key), "must be more than zero");
            }
        }
        self.share(&path("loss"), csp.loss);
        self.at_least_one(&path("transmissions_max"), csp.transmissions_max);
    }

    fn link(&mut self, path: &str, link: &LinkParams) {
        if link.latency_min == Span::default() {
            let message = "must be longer than zero: it is how far the receiver may run ahead of the sender";
            self.wrong(format!("{path}.latency_min"), message);
        }
        self.min_and_mean(
            &format!("{path}.latency_mean"),
            link.latency_min,
            link.latency_mean,
        );
    }

    fn premises(&mut self, scenario: &Scenario) {
        let params = &scenario.premises;
        self.min_and_mean(
            "premises.han_delay_mean",
            params.han_delay_min,
            params.han_delay_mean,
        );
        self.positive("premises.gsme_poll_interval", params.gsme_poll_interval);
        self.share("premises.device_error_share", params.device_error_share);
        self.share(
            "premises.future_dated_failure_share",
            params.future_dated_failure_share,
        );
        self.rate(
            "premises.alerts_per_premises_per_day",
            params.alerts_per_premises_per_day,
        );
    }

    fn hosting(&mut self, scenario: &Scenario) {
        let hosting = &scenario.hosting;
        let shards = hosting.premises_shards;
        self.at_least_one("hosting.users_per_process", hosting.users_per_process);
        if !(1..=SHARDS_MAX).contains(&shards) {
            self.wrong(
                "hosting.premises_shards",
                format!("must be from 1 to {SHARDS_MAX}, not {shards}"),
            );
            return;
        }
        if !(1..=shards).contains(&hosting.premises_processes) {
            let message = format!(
                "must be from 1 to the {shards} shards, not {}",
                hosting.premises_processes
            );
            self.wrong("hosting.premises_processes", message);
        }
        let regions = regional_premises(&scenario.population);
        for (region, premises) in Region::ALL
            .into_iter()
            .zip(regions)
            .filter(|(_, premises)| *premises > 0)
        {
            let blocks = premises.div_ceil(BLOCK_PREMISES);
            if shards > blocks {
                let message = format!(
                    "{shards} shards are too many for region {region}: it has {blocks} blocks of {BLOCK_PREMISES} premises"
                );
                self.wrong("hosting.premises_shards", message);
            }
        }
    }

    fn verdicts(&mut self, scenario: &Scenario) {
        for (i, verdict) in scenario.verdicts.iter().enumerate() {
            let path = format!("verdicts.{i}");
            for (j, number) in verdict.srvs.iter().enumerate() {
                self.srv(&format!("{path}.srvs.{j}"), number);
            }
            if let Some(name) = &verdict.user
                && !self.users.iter().any(|user| user.name == *name)
            {
                let mend = mend(name, self.users.iter().map(|user| user.name.as_str()));
                self.wrong(format!("{path}.user"), format!("no User `{name}`{mend}"));
            }
            let thresholds = [
                ("within_target_share_min", verdict.within_target_share_min),
                ("completed_share_min", verdict.completed_share_min),
                (
                    "alerts_within_target_share_min",
                    verdict.alerts_within_target_share_min,
                ),
            ];
            for (key, threshold) in thresholds {
                if let Some(threshold) = threshold {
                    self.share(&format!("{path}.{key}"), threshold);
                }
            }
            if thresholds.iter().all(|(_, threshold)| threshold.is_none()) {
                let message =
                    "a verdict needs a threshold, such as `within_target_share_min` or `completed_share_min`";
                self.wrong(&path, message);
            }
        }
    }
}

fn role_codes(roles: impl Iterator<Item = Role>) -> String {
    let codes: Vec<&str> = roles.map(Role::code).collect();
    if codes.is_empty() {
        "nobody".to_owned()
    } else {
        codes.join(", ")
    }
}

/// To nine decimals, without trailing zeros.
fn rounded(number: f64) -> f64 {
    (number * 1e9).round() / 1e9
}
