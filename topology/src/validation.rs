//! What a scenario must satisfy beyond its shape: every section's checks, in the order of the reference page.
//!
//! A section's checks stand beside its types in `scenario/`. Here are those of the whole and those that ask the population, the
//! timeline or the Modifications, which are made from a scenario.

use crate::check::{Check, SERVERS_MAX};
pub use crate::check::{Invalid, Problem};
use crate::population::{BLOCK_PREMISES, regional_premises};
use crate::scenario::Scenario;
use crate::units::Span;
use secnet_model::Region;

mod events;
mod maintenance;
mod modifications;
pub use crate::scenario::validate_request;

const NAME_MAX: usize = 64;
const PREMISES_MAX: u32 = 100_000_000;
const SHARDS_MAX: u32 = 64;
const HORIZON_MAX: Span = Span::from_secs(3_660 * 86_400);
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
    check.ramps(scenario);
    check.requests(scenario);
    check.schedules(scenario);
    check.user_params(scenario);
    check.network(scenario);
    check.premises(scenario);
    check.power(&scenario.power);
    check.firmware(scenario);
    check.alerts(scenario);
    check.struck_regions(scenario);
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

impl Check<'_> {
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
            ("smets1_share", params.smets1_share),
            ("dual_fuel_share", params.dual_fuel_share),
            ("prepayment_share", params.prepayment_share),
            ("no_wan_share", params.no_wan_share),
            ("no_4g_share", params.no_4g_share),
            ("patchy_wan_share", params.patchy_wan_share),
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
        self.positive("population.patchy_wan_every", params.patchy_wan_every);
        self.areas("population.areas", &params.areas);
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
        self.at_least_one("dsp.suspensions_per_second", scenario.dsp.suspensions_per_second);
        for region in Region::ALL {
            if let Some(csp) = scenario.csp.get(region) {
                self.csp(region.name(), csp);
            }
        }
        self.csp("4g", &scenario.csp.four_g);
        self.s1sp(&scenario.s1sp);
    }

    /// An alert storm strikes premises that there are.
    fn struck_regions(&mut self, scenario: &Scenario) {
        let premises = regional_premises(&scenario.population);
        for (i, storm) in scenario.alert_storms.iter().enumerate() {
            let Some(region) = storm.region.filter(|region| premises[region.index()] == 0) else {
                continue;
            };
            let mend = match region {
                Region::Smets1 => "give `population.smets1_share` as well",
                Region::North | Region::Central | Region::South => "see `population.areas`",
            };
            let message = format!("no premises is in region {region}; {mend}");
            self.wrong(format!("alert_storms.{i}.region"), message);
        }
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
}
