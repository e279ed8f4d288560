//! Small scenarios at random, each a function of its number: ordinary ones, and ones with a network that is hardly there.
//!
//! Traffic is bounded, so that a thousand of them take minutes; everything else goes to the edges of what validation
//! lets through, and now and then onto them.

use crate::random_events::random_events;
use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_model::{DeviceType, Region, Srv, licence_areas};
use secnet_topology::modifications::secmp0008::{AnomalyDetectionParams, DccLimit, UserLimit};
use secnet_topology::modifications::secmp0062::Secmp0062Params;
use secnet_topology::modifications::secmp0067::{Allocation, Counted, Secmp0067Params, ThresholdReading};
use secnet_topology::modifications::{ModificationParams, ModificationSwitches, Switch};
use secnet_topology::scenario::{
    AlertsTailParams, CspParams, CspRegions, DayShape, DnoParams, DspParams, HostingParams, LinkParams,
    MaintenanceParams, Mistake, OtherUserParams, PopulationParams, PremisesParams, Retry, Scenario,
    ScheduleParams, SupplierParams, TracingParams, UserParams, WorkloadParams,
};
use secnet_topology::{
    BLOCK_PREMISES, BitRate, Bytes, Date, DateTime, ExecuteAt, Invalid, Span, TimeOfDay, World,
};

const US: u64 = 1;
const MS: u64 = 1_000;
const S: u64 = 1_000_000;
const MIN: u64 = 60 * S;
const HOUR: u64 = 60 * MIN;
const DAY: u64 = 24 * HOUR;

/// Shortest delays of links between data centres. A microsecond is rare: threads then wait for each other at every event.
const DATA_CENTRE: [u64; 10] = [US, MS, 10 * MS, 40 * MS, 40 * MS, 40 * MS, 100 * MS, S, S, 20 * S];

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
    let mut dice = Dice {
        draws: Draws::new(number),
        n: 0,
    };
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

/// Draws in a row.
struct Dice {
    draws: Draws,
    n: u64,
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
    fn bits(&mut self) -> u64 {
        self.n += 1;
        self.draws.bits(Stream::named("random-scenario"), 0, self.n)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.bits() % bound.max(1)
    }

    fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }

    fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }

    /// One of the microseconds, up to twice as long.
    fn span(&mut self, micros: &[u64]) -> Span {
        let base = self.one_of(micros);
        Span::from_micros(base + self.below(base + 1))
    }

    /// A share whose edges are as likely as all that lies between.
    fn share(&mut self, usual: f64) -> f64 {
        match self.below(6) {
            0 => 0.0,
            1 => 1.0,
            2 => self.below(1_001) as f64 / 1_000.0,
            _ => usual,
        }
    }

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
            },
            premises: self.premises(),
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
        let days = horizon.as_secs_f64() / 86_400.0;
        let premises_days = f64::from(scenario.population.premises) * days;
        scenario.premises.alerts_per_premises_per_day = self.one_of(&[0.0, 100.0, 1_000.0]) / premises_days;
        let senders = senders(&scenario);
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
            let workload = self.workload(i, &senders, usual, requests / premises_days, horizon);
            scenario.workloads.push(workload);
        }
        for _ in 0..self.below(4) {
            let schedule = self.schedule(&senders);
            scenario.schedules.push(schedule);
        }
        let shards = self.between(1, u64::from(shards_max(&scenario))) as u32;
        scenario.hosting = HostingParams {
            premises_shards: shards,
            premises_processes: self.between(1, u64::from(shards)) as u32,
            users_per_process: self.between(1, 4) as u32,
        };
        scenario
    }

    fn population(&mut self, sort: Sort) -> PopulationParams {
        let codes = licence_areas().iter().map(|area| (area.code, area.region));
        // A third of the scenarios has one region, a third one area or a few, a third all of them.
        let areas: Vec<String> = match self.below(3) {
            0 => {
                let only = self.one_of(&Region::ALL);
                codes
                    .filter(|(_, region)| *region == only)
                    .map(|(code, _)| code.to_owned())
                    .collect()
            }
            1 => codes
                .filter(|_| self.once_in(4))
                .map(|(code, _)| code.to_owned())
                .collect(),
            _ => Vec::new(),
        };
        let not_commissioned_share = self.share(0.01);
        PopulationParams {
            premises: self.premises_count(sort),
            areas,
            enrolled_share: self.share(1.0),
            gas_share: self.share(0.72),
            dual_fuel_share: self.share(0.85),
            prepayment_share: self.share(0.13),
            no_wan_share: self.share(0.007),
            ppmid_share: self.share(0.75),
            not_commissioned_share,
            suspended_share: self.share(0.002).min(1.0 - not_commissioned_share),
        }
    }

    fn premises_count(&mut self, sort: Sort) -> u32 {
        let (least, most) = match sort {
            Sort::Street => (1, 8),
            Sort::Rush | Sort::Ordinary => self.one_of(&[(50, 300), (300, 1_000), (1_000, 3_000)]),
        };
        self.between(least, most) as u32
    }

    fn suppliers(&mut self) -> Vec<SupplierParams> {
        let weights: Vec<u64> = (0..self.between(1, 5)).map(|_| self.below(100)).collect();
        let sum = weights.iter().sum::<u64>();
        let share = |i: usize| match (sum, i) {
            (0, 0) => 1.0,
            (0, _) => 0.0,
            _ => weights[i] as f64 / sum as f64,
        };
        (0..weights.len())
            .map(|i| SupplierParams {
                name: format!("Supplier {i}"),
                share: share(i),
                export: self.once_in(2),
                suspended: self.once_in(8),
            })
            .collect()
    }

    /// Up to three, each with some of the areas nobody has yet; not all areas need have one.
    fn dnos(&mut self) -> Vec<DnoParams> {
        let count = self.below(4);
        let mut dnos: Vec<DnoParams> = (0..count)
            .map(|i| DnoParams {
                name: format!("DNO {i}"),
                areas: Vec::new(),
            })
            .collect();
        for area in licence_areas() {
            let owner = self.below(count + 1) as usize;
            if let Some(dno) = dnos.get_mut(owner) {
                dno.areas.push(area.code.to_owned());
            }
        }
        dnos
    }

    #[allow(
        clippy::needless_update,
        reason = "a Modification that is added must not break this"
    )]
    fn switches(&mut self, epoch: DateTime) -> ModificationSwitches {
        ModificationSwitches {
            secmp0008: self.switch(epoch),
            secmp0028: self.switch(epoch),
            // Alerts that repeat are rare, so that what becomes of them needs more tries.
            secmp0062: match self.once_in(2) {
                true => Switch::On,
                false => self.switch(epoch),
            },
            secmp0067: self.switch(epoch),
            ..ModificationSwitches::default()
        }
    }

    /// The first midnight is within about every third run.
    fn switch(&mut self, epoch: DateTime) -> Switch {
        match self.below(6) {
            0 | 1 => Switch::On,
            2 => Switch::From(epoch.date().tomorrow()),
            3 => Switch::AsOf,
            _ => Switch::Off,
        }
    }

    /// So tight that what is switched on is felt even by little traffic.
    fn parameters(&mut self) -> ModificationParams {
        let secmp0067 = Secmp0067Params {
            system_capacity: Some(self.one_of(&[0.001, 0.1, 10.0])),
            operating_threshold: self.one_of(&[0.01, 0.8, 1.0]),
            allocated_share: self.share(0.8),
            allocation: self.one_of(&[
                Allocation::EnrolledMeters,
                Allocation::Role,
                Allocation::Equal,
                Allocation::Forecast,
            ]),
            counts: self.one_of(&[Counted::Requests, Counted::Services]),
            burst: self.one_of(&[1, 20]),
            monitored_min: self.one_of(&[0, 1, 100]),
            throttles_signed_pre_commands: self.one_of(&[false, true]),
            allocation_floor: self.share(0.01),
            monitoring_window: self.span(&[MS, S, MIN, HOUR]),
            threshold_reading: self.one_of(&[
                ThresholdReading::PerUserShare,
                ThresholdReading::EqualShare,
                ThresholdReading::WholeSystem,
                ThresholdReading::Headroom,
            ]),
            retry_after: self.span(&[0, MS, S, MIN]),
            ..Secmp0067Params::default()
        };
        let window = self.span(&[S, MIN, HOUR]);
        let secmp0062 = Secmp0062Params {
            threshold: self.between(1, 3) as u32,
            window,
            period: self.at_least(window, &[0, MIN, HOUR]),
            ..Secmp0062Params::default()
        };
        let release_delay_min = self.span(&[0, S, 10 * MIN]);
        let secmp0008 = AnomalyDetectionParams {
            live_from: None,
            window: self.span(&[S, MIN, HOUR]),
            user_limits: vec![UserLimit {
                per_premises: self.one_of(&[0.0, 0.01, 1.0]),
                ..UserLimit::default()
            }],
            dcc_limits: vec![DccLimit {
                srvs: vec!["4.x".to_owned()],
                per_premises: self.one_of(&[0.0, 0.1, 1.0]),
            }],
            payload_max: self.once_in(2).then_some(Bytes(1_500)),
            release_share: self.share(0.5),
            release_delay_min,
            release_delay_mean: self.at_least(release_delay_min, &[0, MIN, HOUR]),
        };
        ModificationParams {
            secmp0067,
            secmp0062,
            secmp0008,
            ..ModificationParams::default()
        }
    }

    fn user(&mut self) -> UserParams {
        let signing_time_min = self.span(&[0, 50 * MS, 5 * S]);
        let retry_backoff = self.span(&[US, 100 * MS, 2 * S, MIN]);
        UserParams {
            signing_time_min,
            signing_time_mean: self.at_least(signing_time_min, &[0, 200 * MS, MIN]),
            retry: self.one_of(&[Retry::None, Retry::Fixed, Retry::Exponential]),
            attempts_max: self.between(1, 8) as u32,
            retry_backoff,
            retry_backoff_max: self.at_least(retry_backoff, &[0, MIN, HOUR]),
            patience: self.span(&[0, S, MIN, HOUR]),
            ..UserParams::default()
        }
    }

    fn at_least(&mut self, least: Span, more: &[u64]) -> Span {
        Span::from_micros(least.as_micros() + self.span(more).as_micros())
    }

    fn link(&mut self, least: &[u64]) -> LinkParams {
        let latency_min = self.span(least);
        LinkParams {
            latency_min,
            latency_mean: self.at_least(latency_min, &[0, MS, 100 * MS, 5 * S]),
        }
    }

    fn dsp(&mut self) -> DspParams {
        let usual = DspParams {
            timeout_min: self.span(&[S, MIN, HOUR]),
            timeout_in_target_response_times: self.one_of(&[1e-6, 0.5, 2.0]),
            ..DspParams::default()
        };
        // One in three is overloaded as soon as two requests meet.
        if self.once_in(3) {
            DspParams {
                servers: self.between(1, 3) as u32,
                service_time: self.span(&[0, 10 * MS, S, 20 * S]),
                queue_limit: self.below(5) as u32,
                retry_after: self.span(&[0, S, MIN]),
                ..usual
            }
        } else {
            usual
        }
    }

    fn csp(&mut self, usual: CspParams) -> CspParams {
        if self.once_in(2) {
            return usual;
        }
        let link = self.link(&[US, 300 * MS, S, MIN]);
        let rate = [1, 100, 20_000, 1_000_000];
        CspParams {
            cell_premises: self.one_of(&[1, 7, 64, 5_000]),
            downlink_rate: BitRate::from_bits_per_second(self.one_of(&rate)),
            uplink_rate: BitRate::from_bits_per_second(self.one_of(&rate)),
            overhead: Bytes(self.one_of(&[0, 24, 2_000])),
            latency_min: link.latency_min,
            latency_mean: link.latency_mean,
            loss: self.one_of(&[0.0, 0.05, 0.6, 1.0]),
            transmissions_max: self.between(1, 5) as u32,
            retransmit_after: self.span(&[0, MS, 3 * S, 5 * MIN]),
            queue_limit: self.one_of(&[0, 1, 4, 500]),
        }
    }

    fn premises(&mut self) -> PremisesParams {
        let han_delay_min = self.span(&[0, 300 * MS, MIN]);
        PremisesParams {
            han_delay_min,
            han_delay_mean: self.at_least(han_delay_min, &[0, S, HOUR]),
            gsme_poll_interval: self.span(&[US, S, 30 * MIN, DAY]),
            clock_error_max: self.span(&[0, S, MIN, HOUR]),
            // Often enough that the few scheduled reads meet one.
            device_error_share: self.share(0.05),
            future_dated_failure_share: self.share(0.002),
            alerts_per_premises_per_day: 0.0,
            alerts_tail: AlertsTailParams::default(),
        }
    }

    fn workload(
        &mut self,
        i: u64,
        senders: &[String],
        usual: &[&'static str],
        per_premises_per_day: f64,
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
            per_premises_per_day,
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
        ScheduleParams {
            from: self.sender(senders),
            srv: self.one_of(&schedulable).to_string(),
            share: self.share(0.5),
            starts_at: TimeOfDay::from_second_of_day(self.below(86_400) as u32).unwrap_or_default(),
            window: Span::from_micros(self.one_of(&[US, MIN, HOUR, DAY])),
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
