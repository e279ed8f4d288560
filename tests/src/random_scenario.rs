//! Small scenarios at random, each a function of its number: ordinary ones, and ones with a network that is hardly there.
//!
//! Traffic is bounded, so that a thousand of them take minutes; everything else goes to the edges of what validation
//! lets through, and now and then onto them.

mod modifications;
mod participants;

use crate::dice::{DAY, Dice, HOUR, MIN, S, US};
use crate::random_events::random_events;
use participants::DATA_CENTRE;
use secnet_model::{DeviceType, Region, Srv};
use secnet_topology::modifications::ModificationSwitches;
use secnet_topology::scenario::{
    CspParams, CspRegions, DayShape, FirmwareParams, HostingParams, MaintenanceParams, Mistake, NoAnswer,
    OtherUserParams, OtherUserRole, PowerParams, RampParams, Scenario, ScheduleParams, TracingParams,
    WorkloadParams,
};
use secnet_topology::{BLOCK_PREMISES, Date, DateTime, ExecuteAt, Invalid, Span, TimeOfDay, World};

/// What Users do all day; half of all workloads are made of these.
const USUAL_SRVS: [&str; 16] = [
    "1.1.1", "1.2.1", "2.2", "3.1", "4.1.1", "4.6.1", "4.8.1", "4.10", "4.17", "5.1", "5.2", "5.3", "7.4",
    "8.2", "8.3", "11.2",
];

/// What comes and goes with schedules.
const SCHEDULE_SRVS: [&str; 5] = ["4.8.1", "5.1", "5.2", "5.3", "8.3"];

const MISTAKES: [Mistake; 8] = [
    Mistake::RoleNotHeld,
    Mistake::RoleNotAllowed,
    Mistake::NotResponsible,
    Mistake::WrongDeviceType,
    Mistake::WrongVariant,
    Mistake::WrongService,
    Mistake::NotLocal,
    Mistake::UnknownDevice,
];

const SHAPES: [DayShape; 4] = [
    DayShape::Flat,
    DayShape::OfficeHours,
    DayShape::EveningPeak,
    DayShape::Overnight,
];

/// The scenario of that number.
///
/// # Panics
/// When this module makes one that is wrong in more than its workloads and schedules, which are pruned to what is right.
pub fn random_scenario(number: u64) -> Scenario {
    let mut dice = Dice::new(number, "random-scenario");
    let mut scenario = dice.scenario(number);
    scenario.events = random_events(number, &scenario);
    while let Err(invalid) = World::new(scenario.clone()) {
        assert!(
            prune(&mut scenario, &invalid),
            "random scenario {number} is wrong: {invalid}"
        );
    }
    scenario
}

/// The same scenario with its premises split otherwise, where there are enough of them to split.
pub fn split_otherwise(scenario: &Scenario) -> Scenario {
    let mut other = scenario.clone();
    let most = shards_max(scenario);
    other.hosting.premises_shards = if scenario.hosting.premises_shards < most {
        most
    } else {
        1
    };
    other.hosting.premises_processes = 1;
    other
}

/// How many shards the smallest region has room for.
fn shards_max(scenario: &Scenario) -> u32 {
    let mut unsplit = scenario.clone();
    unsplit.hosting = HostingParams::default();
    unsplit.workloads.clear();
    unsplit.schedules.clear();
    let world = World::new(unsplit).unwrap_or_else(|invalid| panic!("{invalid}"));
    let blocks = Region::ALL.map(|region| world.population.region_range(region).len() as u32);
    blocks
        .into_iter()
        .filter(|premises| *premises > 0)
        .map(|premises| premises.div_ceil(BLOCK_PREMISES))
        .min()
        .unwrap_or(1)
        .min(7)
}

/// Takes out the SRVs, workloads and schedules that are complained about. `false` where something else is wrong.
fn prune(scenario: &mut Scenario, invalid: &Invalid) -> bool {
    let mut bad_srvs: Vec<(usize, Option<usize>)> = Vec::new();
    let mut bad_schedules: Vec<usize> = Vec::new();
    for problem in &invalid.problems {
        let steps: Vec<&str> = problem.path.split('.').collect();
        let place = |step: usize| steps.get(step).and_then(|text| text.parse().ok());
        match (steps[0], place(1)) {
            ("workloads", Some(workload)) => bad_srvs.push((workload, place(3))),
            ("schedules", Some(schedule)) => bad_schedules.push(schedule),
            _ => return false,
        }
    }
    for (i, workload) in scenario.workloads.iter_mut().enumerate() {
        let is_bad = |srv: Option<usize>| bad_srvs.contains(&(i, srv));
        let mut place = 0;
        let hopeless = is_bad(None);
        workload.srvs.retain(|_| {
            place += 1;
            !hopeless && !is_bad(Some(place - 1))
        });
    }
    scenario.workloads.retain(|workload| !workload.srvs.is_empty());
    let mut place = 0;
    scenario.schedules.retain(|_| {
        place += 1;
        !bad_schedules.contains(&(place - 1))
    });
    true
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Sort {
    /// As much in seconds as the others have in hours.
    Rush,
    /// A few homes over a long time: the same devices are dealt with again and again.
    Street,
    Ordinary,
}

/// Nothing, some or all, whatever else the scenario is like.
fn tracing(number: u64) -> TracingParams {
    let share = [0.0, 0.05, 1.0][(number % 3) as usize];
    TracingParams {
        requests: share,
        alerts: share,
        spans_max: 5_000_000,
        ..TracingParams::default()
    }
}

impl Dice {
    fn scenario(&mut self, number: u64) -> Scenario {
        let sort = match self.below(12) {
            0 => Sort::Rush,
            1 | 2 => Sort::Street,
            _ => Sort::Ordinary,
        };
        let horizon = match sort {
            Sort::Rush => self.span(&[8 * S]),
            Sort::Street => self.span(&[HOUR, DAY]),
            Sort::Ordinary => self.span(&[30 * S, 3 * MIN, 20 * MIN, HOUR, 4 * HOUR, DAY / 2]),
        };
        let population = self.population(sort);
        let (suppliers, dnos) = (self.suppliers(), self.dnos());
        let other_users = (0..self.below(3)).map(|i| OtherUserParams {
            name: format!("Other {i}"),
            roles: [
                vec![OtherUserRole::OU],
                vec![OtherUserRole::GT, OtherUserRole::RSA],
                vec![OtherUserRole::RSA],
            ][i as usize]
                .clone(),
        });
        let mut scenario = Scenario {
            name: format!("random-{number}"),
            description: String::new(),
            seed: self.below(1 << 53),
            epoch: DateTime::from_unix_seconds(1_767_225_600 + self.below(365 * 86_400)),
            as_of: self
                .once_in(6)
                .then(|| Date::new(2020 + self.below(4) as i16, 11, 30))
                .flatten(),
            horizon,
            drain: self.span(&[0, S, 10 * MIN, 2 * HOUR]),
            population,
            suppliers,
            dnos,
            other_users: other_users.collect(),
            workloads: Vec::new(),
            requests: Vec::new(),
            schedules: Vec::new(),
            user: self.user(),
            gateway: self.link(&DATA_CENTRE),
            dsp: self.dsp(),
            dsp_csp: self.link(&DATA_CENTRE),
            csp: CspRegions {
                north: self.csp(CspParams::north()),
                central: self.csp(CspParams::cellular()),
                south: self.csp(CspParams::cellular()),
                four_g: CspParams::four_g(),
            },
            s1sp: self.s1sp(),
            premises: self.premises(),
            power: PowerParams::default(),
            firmware: FirmwareParams::default(),
            campaigns: Vec::new(),
            ramps: Vec::new(),
            maintenance: MaintenanceParams::default(),
            hosting: HostingParams::default(),
            tracing: tracing(number),
            modifications: ModificationSwitches::default(),
            alert_storms: Vec::new(),
            events: Vec::new(),
            parameters: self.parameters(),
            verdicts: Vec::new(),
        };
        scenario.modifications = self.switches(scenario.epoch);
        Dice::new(number, "random-power").add_power(&mut scenario);
        Dice::new(number, "random-firmware").add_firmware(&mut scenario);
        Dice::new(number, "random-ramps").add_ramp(&mut scenario);
        scenario.csp.four_g = Dice::new(number, "random-4g").four_g();
        self.add_traffic(&mut scenario, sort);
        scenario
    }

    /// In one of four scenarios all workloads grow or shrink: from dice of its own.
    fn add_ramp(&mut self, scenario: &mut Scenario) {
        let horizon = scenario.horizon.as_micros();
        if self.once_in(4) {
            scenario.ramps.push(RampParams {
                name: "ramp".to_owned(),
                workloads: Vec::new(),
                from: self.one_of(&[0.0, 0.5, 1.0]),
                to: self.one_of(&[0.0, 1.0, 2.0]),
                starts_after: Span::from_micros(self.below(horizon)),
                over: Span::from_micros(1 + self.below(horizon)),
            });
        }
    }

    /// What is asked and raised, and over how many nodes the premises are spread.
    fn add_traffic(&mut self, scenario: &mut Scenario, sort: Sort) {
        let days = scenario.horizon.as_secs_f64() / 86_400.0;
        let premises_days = f64::from(scenario.population.premises) * days;
        scenario.premises.alerts_per_premises_per_day = self.one_of(&[0.0, 100.0, 1_000.0]) / premises_days;
        let senders = senders(scenario);
        let workloads = match sort {
            Sort::Rush => 3,
            Sort::Street | Sort::Ordinary => self.below(16),
        };
        for i in 0..workloads {
            let requests = match sort {
                Sort::Rush => 6_000.0,
                Sort::Street | Sort::Ordinary => self.one_of(&[1.0, 30.0, 300.0, 2_000.0]),
            };
            let usual = match sort {
                Sort::Street => &SCHEDULE_SRVS[..],
                Sort::Rush | Sort::Ordinary => &USUAL_SRVS[..],
            };
            let workload = self.workload(i, &senders, usual, requests / premises_days, scenario.horizon);
            scenario.workloads.push(workload);
        }
        for _ in 0..self.below(4) {
            let schedule = self.schedule(&senders);
            scenario.schedules.push(schedule);
        }
        let shards = self.between(1, u64::from(shards_max(scenario))) as u32;
        scenario.hosting = HostingParams {
            premises_shards: shards,
            premises_processes: self.between(1, u64::from(shards)) as u32,
            users_per_process: self.between(1, 4) as u32,
        };
    }

    fn workload(
        &mut self,
        i: u64,
        senders: &[String],
        usual: &[&'static str],
        per_device_per_day: f64,
        horizon: Span,
    ) -> WorkloadParams {
        let all: Vec<Srv> = Srv::all().collect();
        let srvs = (0..self.between(1, 4))
            .map(|_| match self.once_in(2) {
                true => self.one_of(usual).to_owned(),
                false => self.one_of(&all).to_string(),
            })
            .collect();
        let within = horizon.as_micros();
        let starts_after = self.once_in(4).then(|| Span::from_micros(self.below(within)));
        let ends_after = self.once_in(4).then(|| {
            let start = starts_after.map_or(0, Span::as_micros);
            Span::from_micros(start + self.between(1, within))
        });
        let future_dated_by = self.once_in(3).then(|| self.span(&[US, S, 10 * MIN, within]));
        let at_once = future_dated_by.is_none() && self.once_in(4);
        WorkloadParams {
            name: format!("workload {i}"),
            from: self.sender(senders),
            srvs,
            per_device_per_day,
            shape: self.one_of(&SHAPES),
            target: self.once_in(4).then(|| self.one_of(&DeviceType::ALL)),
            prepayment_only: self.once_in(6),
            future_dated_by,
            execute_at: at_once
                .then(|| TimeOfDay::from_second_of_day(self.below(86_400) as u32).unwrap_or_default())
                .map(ExecuteAt::TimeOfDay),
            mistake: self.once_in(3).then(|| self.one_of(&MISTAKES)),
            starts_after,
            ends_after,
            retry: None,
            attempts_max: None,
            batch: self.one_of(&[1, 1, 1, 20]),
            ask_again_max: self.one_of(&[0, 0, 1, 5]),
            ask_again_after: self.span(&[0, MIN, HOUR]),
            ask_again_on: vec![NoAnswer::E20, NoAnswer::E21, NoAnswer::E30],
            retry_backoff: None,
            retry_backoff_max: None,
        }
    }

    /// Half the time all Suppliers, who may do most.
    fn sender(&mut self, senders: &[String]) -> String {
        let place = if self.once_in(2) {
            0
        } else {
            self.below(senders.len() as u64)
        };
        senders[place as usize].clone()
    }

    fn schedule(&mut self, senders: &[String]) -> ScheduleParams {
        let schedulable: Vec<Srv> = Srv::all().filter(|srv| srv.entry().dsp_schedulable).collect();
        let srv = self.one_of(&schedulable);
        let from = self.sender(senders);
        // Distributors read no gas.
        let target = self.one_of(srv.entry().targets);
        let target = Some(target).filter(|target| from == "suppliers" || !target.is_gas());
        ScheduleParams {
            from,
            srv: srv.to_string(),
            target: target.filter(|_| self.once_in(2)),
            share: self.share(0.5),
            starts_at: TimeOfDay::from_second_of_day(self.below(86_400) as u32).unwrap_or_default(),
            window: Span::from_micros(self.one_of(&[US, MIN, HOUR, DAY])),
            jitter: self.one_of(&[0.0, 0.0, 0.5, 1.0]),
        }
    }
}

/// Every `from` there is: the groups that have members, and each member.
fn senders(scenario: &Scenario) -> Vec<String> {
    let mut senders = vec!["suppliers".to_owned()];
    senders.extend(scenario.suppliers.iter().map(|user| user.name.clone()));
    if !scenario.dnos.is_empty() {
        senders.push("dnos".to_owned());
        senders.extend(scenario.dnos.iter().map(|user| user.name.clone()));
    }
    if !scenario.other_users.is_empty() {
        senders.push("other_users".to_owned());
        senders.extend(scenario.other_users.iter().map(|user| user.name.clone()));
    }
    senders
}
