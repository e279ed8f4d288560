//! What a User does from arrival to answer, driven by hand in virtual time.

use crate::customers::Customers;
use crate::request_book::Stage;
use crate::testing::{
    ADVISER, DISTRIBUTOR, DnoDesk, FIRST_SUPPLIER, Harness, OtherUserDesk, SupplierDesk, response_to, world,
    world_set, world_with,
};
use crate::{Desk, User};
use secnet_accounts::figures::Figures;
use secnet_accounts::{Accountable, AlertKey, Part, ServiceKey, ServiceMode, figures};
use secnet_engine::{ItemKind, Node, Outcome};
use secnet_model::{
    AlertCode, AlertRecipient, CommandVariant, DccAlertCode, DeviceType, Eui64, PremisesId, Region,
    ResponseCode, Role, SimDuration, SimTime, Srv,
};
use secnet_topology::World;
use secnet_topology::scenario::Mistake;
use secnet_wire::{
    Answer, CommandOrigin, DccAlert, DeviceAlert, DeviceResult, Message, OfCommand, ServiceRequest,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

const DAY: SimTime = SimTime::from_secs(86_400);

fn srv(number: &str) -> Srv {
    Srv::from_number(number).unwrap()
}

/// All requests of a day, none answered.
fn requests_of_a_day<D: Desk>(harness: &mut Harness<D>) -> Vec<ServiceRequest> {
    harness
        .run_to(DAY)
        .into_iter()
        .map(|(_, request)| request)
        .collect()
}

#[test]
fn arrivals_keep_the_workloads_rate_and_counters_increase() {
    // 1,800 premises, 1,440 of them enrolled, two and a half requests each a day: 3,600 with a standard deviation of 60.
    let mut harness = Harness::supplier(&world_with("4.1.1", 2.5, "shape = \"evening_peak\""));
    let requests = requests_of_a_day(&mut harness);
    assert!(
        (requests.len() as f64 - 3_600.0).abs() < 270.0,
        "{}",
        requests.len()
    );
    assert!(requests.is_sorted_by_key(|request| request.id.counter));
    let counters: BTreeSet<u64> = requests.iter().map(|request| request.id.counter).collect();
    assert_eq!((counters.first(), counters.len()), (Some(&1), requests.len()));
}

#[test]
fn nothing_is_started_at_or_after_the_horizon() {
    let mut harness = Harness::supplier(&world_with("4.1.1", 5.0, "ends_after = \"30h\""));
    assert!(!harness.run_to(DAY.saturating_sub(SimDuration(1))).is_empty());
    assert!(harness.run_to(SimTime::from_secs(10 * 86_400)).is_empty());
}

#[test]
fn messages_leave_no_earlier_than_the_gateways_shortest_delay_and_in_sequence() {
    let world = world_with(
        "4.1.1",
        1.0,
        "[gateway]\nlatency_min = \"40ms\"\nlatency_mean = \"80ms\"",
    );
    let mut harness = Harness::supplier(&world);
    let mut delays = Vec::new();
    let mut seqs = Vec::new();
    while delays.len() < 1_000 {
        for envelope in harness.wake() {
            delays.push(envelope.due.since(harness.now).as_secs_f64());
            seqs.push(envelope.seq);
        }
    }
    assert!(delays.iter().all(|delay| *delay >= 0.04));
    let mean = delays.iter().sum::<f64>() / delays.len() as f64;
    assert!((mean - 0.08).abs() < 0.006, "{mean}");
    assert!(seqs.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn requests_go_to_enrolled_premises_of_the_portfolio_that_have_the_device() {
    let workloads = ["4.1.1", "4.3", "4.1.4", "11.2"]
        .map(|srv| {
            format!(
                "[[workloads]]\nname = \"{srv}\"\nfrom = \"A\"\nsrvs = [\"{srv}\"]\n\
                 per_device_per_day = 0.2\nprepayment_only = {}\n",
                srv == "4.3"
            )
        })
        .join("\n");
    let world = world(&workloads);
    let population = &world.population;
    let mut harness = Harness::supplier(&world);
    let requests = requests_of_a_day(&mut harness);
    for request in &requests {
        let device = request.id.target.device().unwrap();
        assert!(population.has_device(device.premises, device.device_type));
        assert!(request.srv.entry().may_target(device.device_type));
        assert!(request.srv.entry().roles.contains(request.role));
        assert!(
            Customers::new(&world, FIRST_SUPPLIER, SimTime::ZERO)
                .is_responsible(request.role, device.premises)
        );
        assert!(request.srv != srv("4.3") || population.is_prepayment(device.premises));
        if request.srv == srv("4.1.4") {
            assert_eq!(
                (device.device_type, request.role),
                (DeviceType::Gpf, Role::GasSupplier)
            );
        }
    }
    assert_eq!(harness.account().counters()["user.arrivals_without_target"], 0);
    // Gas goes by the gas portfolio: premises with electricity from somebody else are among them.
    let gas_only = requests
        .iter()
        .filter(|request| request.srv == srv("4.1.4"))
        .filter(|request| {
            population.electricity_supplier(request.id.target.device().unwrap().premises) != FIRST_SUPPLIER
        });
    assert!(gas_only.count() > 0);
}

#[test]
fn an_arrival_without_a_fitting_premises_is_skipped_and_counted() {
    // One home in two thousand pays in advance, and a search looks at some five hundred of 1,800.
    let vends = "[[workloads]]\nname = \"w\"\nfrom = \"A\"\nsrvs = [\"2.2\"]\nper_device_per_day = 200.0\nprepayment_only = true";
    let world = world_set(&["population.prepayment_share=0.0005"], vends);
    let mut harness = Harness::supplier(&world);
    let sent = requests_of_a_day(&mut harness).len() as u64;
    let account = harness.account();
    assert!(account.counters()["user.arrivals_without_target"] > 5);
    assert_eq!(account.ledger.opened(ItemKind::ServiceRequest), sent);
}

#[test]
fn each_kind_of_user_reads_in_its_own_role() {
    let world = world(
        "[[workloads]]\nname = \"d\"\nfrom = \"dnos\"\nsrvs = [\"4.10\", \"7.4\"]\nper_device_per_day = 0.05\n\
         [[workloads]]\nname = \"o\"\nfrom = \"other_users\"\nsrvs = [\"4.8.1\", \"4.17\"]\nper_device_per_day = 0.05",
    );
    for (id, requests, role) in [
        (
            DISTRIBUTOR,
            requests_of_a_day(&mut Harness::<DnoDesk>::new(&world, DISTRIBUTOR)),
            Role::ElectricityDistributor,
        ),
        (
            ADVISER,
            requests_of_a_day(&mut Harness::<OtherUserDesk>::new(&world, ADVISER)),
            Role::OtherUser,
        ),
    ] {
        assert!(requests.len() > 50);
        assert!(
            requests
                .iter()
                .all(|request| request.role == role && request.id.originator == id)
        );
        let srvs: BTreeSet<&str> = requests.iter().map(|request| request.srv.number()).collect();
        assert_eq!(srvs.len(), 2, "both SRVs are drawn");
    }
    assert!(
        Harness::supplier(&world).user.next_deadline().is_never(),
        "no workload is the Supplier's"
    );
}

#[test]
fn each_answer_closes_the_request_with_its_outcome() {
    use DeviceResult::{Error, Success};
    let rows = [
        (ResponseCode::I0, Success, Outcome::Completed),
        (ResponseCode::I0, Error, Outcome::DeviceError),
        (ResponseCode::E20, Success, Outcome::NotDelivered),
        (ResponseCode::E21, Success, Outcome::NoResponse),
        (ResponseCode::E30, Success, Outcome::FutureDatedTimeOut),
    ];
    let mut harness = Harness::supplier(&world_with("4.1.1", 1.0, ""));
    for (closed_so_far, (code, result, outcome)) in rows.into_iter().enumerate() {
        let request = harness.next_request();
        harness.acknowledge(request, Answer::Accepted);
        harness.respond(harness.now, request, code, result);
        assert_eq!(harness.closed(outcome), 1, "{code}");
        assert_eq!(
            harness.account().ledger.closed_total(ItemKind::ServiceRequest),
            closed_so_far as u64 + 1
        );
    }
    let request = harness.next_request();
    harness.acknowledge(request, Answer::Refused(ResponseCode::E5));
    assert_eq!(harness.closed(Outcome::Refused), 1);
}

#[test]
fn duplicate_answers_are_tolerated_and_counted() {
    let mut harness = Harness::supplier(&world_with("4.1.1", 1.0, ""));
    let request = harness.next_request();
    harness.acknowledge(request, Answer::Accepted);
    harness.acknowledge(request, Answer::Accepted);
    harness.respond(harness.now, request, ResponseCode::I0, DeviceResult::Success);
    harness.respond(harness.now, request, ResponseCode::I0, DeviceResult::Success);
    assert_eq!(harness.closed(Outcome::Completed), 1);
    assert_eq!(harness.account().counters()["user.duplicate_answers"], 2);
}

#[test]
fn a_response_that_overtakes_its_acknowledgement_still_completes_the_request() {
    let mut harness = Harness::supplier(&world_with("4.1.1", 1.0, ""));
    let request = harness.next_request();
    harness.respond(harness.now, request, ResponseCode::I0, DeviceResult::Success);
    harness.acknowledge(request, Answer::Accepted);
    assert_eq!(harness.closed(Outcome::Completed), 1);
}

#[test]
fn a_future_dated_request_says_when_in_whole_seconds_and_is_timed_from_then() {
    let mut harness = Harness::supplier(&world_with("4.6.1", 0.01, "future_dated_by = \"1h\""));
    let request = harness.next_request();
    let execution = request.timing.execution().unwrap();
    let wished = harness.now + SimDuration::from_secs(3_600);
    assert!(execution >= wished && execution.since(wished) < SimDuration::from_secs(1));
    harness.acknowledge(request, Answer::Accepted);
    let at = execution + SimDuration::from_secs(12);
    harness.run_to(at);
    let response = response_to(
        request,
        CommandOrigin::HeldByDsp,
        ResponseCode::I0,
        DeviceResult::Success,
    );
    harness.tell(at, Message::ServiceResponse(response));
    let region = Some(Region::Central);
    let key = ServiceKey {
        srv: request.srv,
        mode: ServiceMode::FutureDated,
        user: FIRST_SUPPLIER,
        region,
    };
    let account = harness.account();
    let level = account.service.get(key).unwrap();
    assert_eq!(level.response_times.max(), SimDuration::from_secs(12));
}

#[test]
fn a_scheduled_reading_is_closed_where_it_arrives() {
    let mut harness = Harness::supplier(&world(""));
    let target = PremisesId(5).device(DeviceType::Esme).eui64();
    let id = secnet_model::RequestId {
        originator: FIRST_SUPPLIER,
        target,
        counter: 1 << 46,
    };
    let response = secnet_wire::ServiceResponse {
        id,
        srv: srv("4.6.1"),
        origin: CommandOrigin::Scheduled,
        code: ResponseCode::E31,
        result: DeviceResult::Success,
        bytes: 0,
        started_at: SimTime::from_secs(10),
    };
    harness.tell(SimTime::from_secs(25), Message::ServiceResponse(response));
    let ok = secnet_wire::ServiceResponse {
        code: ResponseCode::I0,
        ..response
    };
    harness.tell(SimTime::from_secs(25), Message::ServiceResponse(ok));
    let account = harness.account();
    assert_eq!(
        account
            .ledger
            .closed(ItemKind::ScheduledRead, Outcome::ScheduleTimeOut),
        1
    );
    assert_eq!(
        account.ledger.closed(ItemKind::ScheduledRead, Outcome::Completed),
        1
    );
    let region = Some(Region::Central);
    let key = ServiceKey {
        srv: srv("4.6.1"),
        mode: ServiceMode::Scheduled,
        user: FIRST_SUPPLIER,
        region,
    };
    let level = account.service.get(key).unwrap();
    assert_eq!(level.response_times.max(), SimDuration::from_secs(15));
}

#[test]
fn alerts_are_delivered_timed_and_counted() {
    let mut harness = Harness::supplier(&world(""));
    let device = PremisesId(5).device(DeviceType::Esme);
    let alert = |code: &str, number| DeviceAlert {
        device,
        alert: AlertCode::from_code(code).unwrap(),
        command: Some(OfCommand {
            sender: FIRST_SUPPLIER,
            srv: Srv::from_number("1.1.1").unwrap(),
        }),
        number,
        bytes: 100,
        raised_at: SimTime::from_secs(2),
        throttled: None,
    };
    let at = SimTime::from_secs(9);
    for (number, code) in ["8F66", "8F67", "810D", "8F35"].into_iter().enumerate() {
        harness.tell(at, Message::DeviceAlert(alert(code, number as u32 + 1)));
    }
    let dcc = DccAlert {
        code: DccAlertCode::N12,
        about: device.eui64(),
        request: 0,
        number: 1,
        raised_at: at,
        throttled: None,
    };
    harness.tell(at, Message::DccAlert(dcc));
    let account = harness.account();
    assert_eq!(
        account.ledger.closed(ItemKind::DeviceAlert, Outcome::Delivered),
        4
    );
    assert_eq!(account.ledger.closed(ItemKind::DccAlert, Outcome::Delivered), 1);
    let counters = [
        "future_dated_executed",
        "future_dated_failed",
        "misdirected_alerts",
        "dcc_alerts.n12",
    ];
    assert_eq!(
        counters.map(|name| account.counters()[&format!("user.{name}")]),
        [1, 1, 1, 1]
    );
    let key = AlertKey {
        alert: AlertCode::from_code("810D").unwrap(),
        user: FIRST_SUPPLIER,
        region: Region::Central,
    };
    let level = account.alerts.get(key).unwrap();
    assert_eq!(
        (level.delivered(), level.delivery_times.max()),
        (1, SimDuration::from_secs(7))
    );
}

#[test]
fn a_schedule_is_created_for_a_schedulable_srv_then_read_and_deleted() {
    let workload = |name: &str, srv: &str, starts_after: &str| {
        format!(
            "[[workloads]]\nname = \"{name}\"\nfrom = \"A\"\nsrvs = [\"{srv}\"]\n\
             per_device_per_day = 0.003\nstarts_after = \"{starts_after}\"\n"
        )
    };
    let world = world(&[workload("create", "5.1", "0s"), workload("delete", "5.3", "12h")].join("\n"));
    let mut harness = Harness::supplier(&world);
    let create = harness.next_request();
    assert_eq!(
        (create.srv, create.variant),
        (srv("5.1"), CommandVariant::NonDevice)
    );
    let scheduled = create.timing.daily().unwrap();
    assert!(scheduled.entry().dsp_schedulable);
    let device = create.id.target.device().unwrap();
    assert!(scheduled.entry().may_target(device.device_type));
    harness.acknowledge(create, Answer::Done { bytes: 200 });
    let delete = loop {
        let request = harness.next_request();
        if request.srv == srv("5.3") {
            break request;
        }
    };
    assert_eq!(
        (delete.id.target, delete.timing),
        (create.id.target, create.timing)
    );
    let account = harness.account();
    let (key, _) = account.service.iter().next().unwrap();
    assert_eq!((key.mode, key.region), (ServiceMode::NonDevice, None));
    harness.acknowledge(delete, Answer::Done { bytes: 200 });
    let another = loop {
        let request = harness.next_request();
        if request.srv == srv("5.3") {
            break request;
        }
    };
    assert_ne!(
        another.id.target, create.id.target,
        "a deleted schedule is forgotten"
    );
}

#[test]
fn each_mistake_yields_the_wrong_field_it_promises() {
    let sent = |number: &str, mistake: &str| {
        let world = world_with(number, 0.02, &format!("mistake = \"{mistake}\""));
        let requests = requests_of_a_day(&mut Harness::supplier(&world));
        assert!(requests.len() > 10, "{mistake}");
        (world, requests)
    };
    let (world, requests) = sent("4.1.1", "not_responsible");
    for request in requests {
        let device = request.id.target.device().unwrap();
        assert!(
            !Customers::new(&world, FIRST_SUPPLIER, SimTime::ZERO)
                .is_responsible(request.role, device.premises)
        );
        assert!(world.population.device_status(device).is_some());
    }
    let (world, requests) = sent("4.1.1", "wrong_device_type");
    for request in requests {
        let device = request.id.target.device().unwrap();
        assert!(!request.srv.entry().may_target(device.device_type));
        assert!(world.population.device_status(device).is_some());
    }
    let (_, requests) = sent("4.1.1", "unknown_device");
    assert!(
        requests
            .iter()
            .all(|request| request.id.target.device().is_none())
    );
    let targets: BTreeSet<Eui64> = requests.iter().map(|request| request.id.target).collect();
    assert_eq!(targets.len(), requests.len());
    let (world, requests) = sent("4.1.1", "role_not_held");
    let held = world.user(FIRST_SUPPLIER).unwrap().roles;
    assert!(requests.iter().all(|request| !held.contains(request.role)));
    let (_, requests) = sent("4.1.1", "role_not_allowed");
    assert!(
        requests.iter().all(|request| {
            held.contains(request.role) && !request.srv.entry().roles.contains(request.role)
        })
    );
    let (_, requests) = sent("1.2.1", "wrong_variant");
    assert!(requests.iter().all(|request| {
        !request.srv.entry().allows_variant(request.variant)
            && request.service == request.variant.web_service()
    }));
    let (_, requests) = sent("4.1.1", "wrong_service");
    assert!(requests.iter().all(|request| {
        request.srv.entry().allows_variant(request.variant)
            && request.service != request.variant.web_service()
    }));
    let (_, requests) = sent("8.2", "not_local");
    assert!(requests.iter().all(|request| {
        request.variant.is_local()
            && !request.srv.entry().allows_local()
            && request.service == request.variant.web_service()
    }));
}

#[test]
fn a_mistake_that_is_none_is_not_sent_and_counted() {
    let world = world(
        "[[workloads]]\nname = \"o\"\nfrom = \"O\"\nsrvs = [\"4.8.1\"]\nper_device_per_day = 0.01\n\
         mistake = \"not_responsible\"",
    );
    assert_eq!(world.scenario.workloads[0].mistake, Some(Mistake::NotResponsible));
    let mut harness = Harness::<OtherUserDesk>::new(&world, ADVISER);
    assert_eq!(requests_of_a_day(&mut harness), []);
    assert!(harness.account().counters()["user.mistakes_not_possible"] > 10);
}

#[test]
fn a_user_restored_in_the_middle_goes_on_as_if_nothing_had_happened() {
    let world = world(
        "[[workloads]]\nname = \"reads\"\nfrom = \"suppliers\"\nsrvs = [\"4.1.1\", \"1.2.1\", \"5.1\", \"5.3\"]\n\
         per_device_per_day = 1.0\n[[workloads]]\nname = \"vends\"\nfrom = \"suppliers\"\nsrvs = [\"2.2\"]\n\
         per_device_per_day = 1.0\nprepayment_only = true\nshape = \"evening_peak\"",
    );
    // The DSP of this test: every seventh busy, every fifth never answered.
    let serve = |harness: &mut Harness, until: SimTime| {
        let mut sent = Vec::new();
        while harness.user.next_deadline() < until {
            for envelope in harness.wake() {
                sent.push(envelope);
                let Message::ServiceRequest(request) = envelope.message else {
                    continue;
                };
                let answer = match (request.id.counter, request.variant) {
                    (counter, _) if counter % 7 == 0 => Answer::Busy {
                        retry_after_ms: 2_000,
                    },
                    (counter, _) if counter % 5 == 0 => continue,
                    (_, CommandVariant::CriticalPreCommand) => Answer::PreCommand {
                        srv: request.srv,
                        bytes: 300,
                    },
                    (_, CommandVariant::NonDevice) => Answer::Done { bytes: 100 },
                    _ => Answer::Accepted,
                };
                harness.acknowledge(request, answer);
                if answer == Answer::Accepted && request.id.counter % 3 == 0 {
                    harness.respond(harness.now, request, ResponseCode::I0, DeviceResult::Success);
                }
            }
        }
        sent
    };
    let (noon, evening) = (SimTime::from_secs(43_200), SimTime::from_secs(64_800));
    let mut original = Harness::supplier(&world);
    serve(&mut original, noon);
    assert!(
        original
            .user
            .state()
            .book
            .iter()
            .any(|(_, open)| open.stage != Stage::Accepted)
    );
    let saved = original.user.save().unwrap();
    let mut restored = Harness::of(User::<SupplierDesk>::restore(&world, FIRST_SUPPLIER, &saved).unwrap());
    restored.now = original.now;
    assert_eq!(restored.user.save().unwrap(), saved);
    assert_eq!(serve(&mut restored, evening), serve(&mut original, evening));
    assert_eq!(restored.account(), original.account());
    assert_eq!(restored.user.save().unwrap(), original.user.save().unwrap());
}

#[test]
fn a_state_of_another_scenario_is_refused() {
    let saved = Harness::supplier(&world_with("4.1.1", 1.0, ""))
        .user
        .save()
        .unwrap();
    assert!(User::<SupplierDesk>::restore(&world(""), FIRST_SUPPLIER, &saved).is_err());
    assert!(User::<SupplierDesk>::restore(&world(""), FIRST_SUPPLIER, b"no state").is_err());
}

figures! {
    /// What the desk below counts.
    struct Rounds: "Rounds" in "user" {
        /// Rounds made.
        rounds: sum "rounds",
    }
}

/// A desk that does something by itself every six hours.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Roundsman {
    rounds: Rounds,
}

impl Part for Roundsman {
    fn next_deadline(&self, _: &World) -> SimTime {
        SimTime::from_secs((self.rounds.rounds + 1) * 6 * 3_600)
    }

    fn figures(&self, world: &World, figures: &mut Figures) {
        self.rounds.figures(world, figures);
    }
}

impl Desk for Roundsman {
    const SCHEDULES: &'static [&'static str] = SupplierDesk::SCHEDULES;

    fn roles_for(device_type: DeviceType) -> &'static [Role] {
        SupplierDesk::roles_for(device_type)
    }

    fn expects(recipient: AlertRecipient) -> bool {
        SupplierDesk::expects(recipient)
    }

    fn comes_due(&mut self, now: SimTime, world: &World) {
        assert_eq!(now, self.next_deadline(world));
        self.rounds.rounds += 1;
    }
}

#[test]
fn a_desk_is_a_part_it_is_woken_counted_and_saved() {
    let world = world_with("4.1.1", 0.01, "");
    let mut harness = Harness::of(User::<Roundsman>::new(&world, FIRST_SUPPLIER));
    harness.run_to(SimTime::from_secs(13 * 3_600));
    let saved = harness.user.save().unwrap();
    let mut restored = Harness::of(User::<Roundsman>::restore(&world, FIRST_SUPPLIER, &saved).unwrap());
    assert_eq!(restored.run_to(DAY), harness.run_to(DAY));
    for harness in [harness, restored] {
        assert_eq!(harness.account().counters()["user.rounds"], 4);
    }
}
