//! A small run for tests, its numbers chosen to be seen in the reports.

use crate::{RunOutcome, Traces};
use secnet_accounts::alerts::Arrived;
use secnet_accounts::figures::Key;
use secnet_accounts::load::{Busy, BusyParts, First, Load, Resource};
use secnet_accounts::{Account, AlertKey, Ended, MorningHours, ServiceKey, ServiceMode};
use secnet_engine::{ItemKind, Outcome, Violations};
use secnet_model::{AlertCode, Region, ResponseCode, SimDuration, SimTime, Srv, UserId};
use secnet_topology::World;
use secnet_topology::scenario::Scenario;

const SCENARIO: &str = r#"
name = "tiny"
seed = 7
horizon = "1h"

[population]
premises = 100

[[suppliers]]
name = "Alba Energy"
share = 1.0

[[verdicts]]
srvs = ["4.1.1"]
within_target_share_min = 0.6

[[verdicts]]
user = "Alba Energy"
region = "south"
completed_share_min = 0.99

[[verdicts]]
srvs = ["2.2"]
completed_share_min = 0.5
"#;

secnet_accounts::figures! {
    /// Of the sample's DSP.
    pub(crate) struct BusyAnswers: "sample's DSP" in "dsp" {
        /// Requests turned away.
        pub busy_answers: sum "answers",
    }
}

secnet_accounts::figures! {
    /// Of the sample's premises.
    struct Answers: "sample's premises" in "premises" {
        /// Commands answered.
        answers: sum "answers",
    }
}

pub(crate) fn scenario() -> Scenario {
    toml::from_str(SCENARIO).unwrap()
}

/// One node for all premises.
pub(crate) fn run() -> RunOutcome {
    with_accounts(vec![
        ("dsp".to_owned(), dsp()),
        ("alba-energy".to_owned(), supplier()),
        ("premises-north".to_owned(), premises(0..6)),
    ])
}

/// The same run with the premises in three shards, and the nodes in another order.
pub(crate) fn run_in_other_shards() -> RunOutcome {
    with_accounts(vec![
        ("premises-north-2".to_owned(), premises(4..6)),
        ("alba-energy".to_owned(), supplier()),
        ("premises-north-0".to_owned(), premises(0..3)),
        ("premises-north-1".to_owned(), premises(3..4)),
        ("dsp".to_owned(), dsp()),
    ])
}

fn with_accounts(accounts: Vec<(String, Account)>) -> RunOutcome {
    let mut carried = [0; ItemKind::COUNT];
    carried[ItemKind::DeviceAlert as usize] = 1;
    RunOutcome {
        scenario: scenario(),
        users: vec!["Alba Energy".to_owned()],
        accounts,
        carried,
        violations: Violations::default(),
        lost_nodes: Vec::new(),
        finished: true,
        ended_at: SimTime::from_secs(4_200),
        traces: Traces::default(),
        faults: Vec::new(),
        premises: [100, 0, 0, 0],
    }
}

fn dsp() -> Account {
    let mut account = Account::default();
    for region in [Region::North, Region::South, Region::South] {
        account.ledger.open(ItemKind::ScheduledRead);
        let key = ServiceKey {
            srv: Srv::from_number("4.8.1").unwrap(),
            mode: ServiceMode::Scheduled,
            user: UserId(0),
            region: Some(region),
        };
        account
            .service
            .opened(key, None, SimTime::ZERO, MorningHours::default());
    }
    account.held[ItemKind::ScheduledRead as usize] = 1;
    account.figures.put(Key::Whole, &BusyAnswers { busy_answers: 4 });
    account.load = load();
    account
}

/// Sixteen servers, half of them busy in the second window, and the cell of a hundred premises.
fn load() -> Load {
    let mut servers = Busy::default();
    servers.add(SimTime::from_secs(300), SimDuration::from_secs(2_400 / 8));
    let mut servers = servers.in_all();
    servers.busy_us[1] *= 8;
    let mut cells = BusyParts::new(1);
    cells.add(0, SimTime::from_secs(290), SimDuration::from_secs(280));
    cells.add(0, SimTime::from_secs(4_100), SimDuration::from_secs(30));
    let mut load = Load::default();
    load.uses.insert(Resource::Dsp, servers);
    load.uses
        .insert(Resource::Downlink(Region::North), cells.in_all());
    let full = First::QueueFull(Resource::Downlink(Region::North));
    load.firsts.note(full, SimTime::from_secs(3_725));
    load.firsts.note(First::Busy, SimTime(65_250_000));
    load
}

fn premises(range: std::ops::Range<u64>) -> Account {
    let world = World::new(scenario()).unwrap();
    let mut account = Account::default();
    for _ in range.clone() {
        account.ledger.open(ItemKind::DeviceAlert);
        let alert = AlertCode::future_dated_succeeded();
        account.raised.record(&world, alert, Region::North, SimTime::ZERO);
    }
    let answers = range.end - range.start;
    account.figures.put(Key::Whole, &Answers { answers });
    account
}

fn supplier() -> Account {
    let world = World::new(scenario()).unwrap();
    let mut account = Account::default();
    let mut request = |srv: &str, mode, region, outcome, code, millis: u64, attempts| {
        let kind = if mode == ServiceMode::Scheduled {
            ItemKind::ScheduledRead
        } else {
            ItemKind::ServiceRequest
        };
        if kind == ItemKind::ServiceRequest {
            account.ledger.open(kind);
        }
        account.ledger.close(kind, outcome, [millis, 0], SimTime(millis));
        let key = ServiceKey {
            srv: Srv::from_number(srv).unwrap(),
            mode,
            user: UserId(0),
            region,
        };
        let ended = Ended {
            outcome,
            code,
            asked_at: SimTime::ZERO,
            response_time: SimDuration::from_millis(millis),
            attempts,
            in_time_for: MorningHours::default(),
        };
        account.service.ended(key, None, ended);
    };
    let (north, south) = (Some(Region::North), Some(Region::South));
    use ServiceMode::{NonDevice, OnDemand, Scheduled};
    request(
        "4.1.1",
        OnDemand,
        north,
        Outcome::Completed,
        ResponseCode::I0,
        6_250,
        1,
    );
    request(
        "4.1.1",
        OnDemand,
        north,
        Outcome::Completed,
        ResponseCode::I0,
        31_000,
        2,
    );
    request(
        "4.1.1",
        OnDemand,
        south,
        Outcome::Completed,
        ResponseCode::I0,
        2_500,
        1,
    );
    request(
        "4.1.1",
        OnDemand,
        south,
        Outcome::Refused,
        ResponseCode::E4,
        90,
        1,
    );
    request(
        "4.8.1",
        Scheduled,
        north,
        Outcome::Completed,
        ResponseCode::I0,
        9_000,
        1,
    );
    request(
        "4.8.1",
        Scheduled,
        south,
        Outcome::ScheduleTimeOut,
        ResponseCode::E31,
        86_400_000,
        1,
    );
    request(
        "8.2",
        NonDevice,
        None,
        Outcome::Completed,
        ResponseCode::I0,
        170,
        1,
    );
    account.service.ended_were_opened(Scheduled);
    let key = ServiceKey {
        srv: Srv::from_number("8.2").unwrap(),
        mode: NonDevice,
        user: UserId(0),
        region: None,
    };
    let end = world.end;
    let since = end.saturating_sub(SimDuration::from_secs(20));
    account.service.opened(key, None, since, MorningHours::default());
    account.service.unanswered(key, None, since, end);
    account.ledger.open(ItemKind::ServiceRequest);
    account.held[ItemKind::ServiceRequest as usize] = 1;
    for (number, seconds) in [3, 8, 12, 70].into_iter().enumerate() {
        let id = [number as u64, 1];
        account.ledger.close(
            ItemKind::DeviceAlert,
            Outcome::Delivered,
            id,
            SimTime::from_secs(seconds),
        );
        let alert = AlertCode::future_dated_succeeded();
        let key = AlertKey {
            alert,
            user: UserId(0),
            region: Region::North,
        };
        let arrival = SimTime::from_secs(seconds);
        let arrived = Arrived::new(&world, SimTime::ZERO, arrival);
        account.alerts.arrived(key, arrived);
    }
    account.ledger.close(
        ItemKind::DeviceAlert,
        Outcome::LostOnWan,
        [9, 9],
        SimTime::from_secs(2),
    );
    account
}
