//! Cover by its formula, money by its sum, rights by their moments.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::CreditCover;
use super::party::{Account, Terms, divided};
use crate::Dsp;
use crate::modifications::Modification;
use secnet_accounts::figures::Key;
use secnet_accounts::{Accountable, Part};
use secnet_engine::{Envelope, Input, Node, Outbox};
use secnet_model::{Address, CommandVariant, DeviceType, Eui64, PremisesId, RequestId, ResponseCode, Role};
use secnet_model::{SimTime, Srv, UserId};
use secnet_topology::World;
use secnet_wire::{Answer, Message, ServiceRequest, Timing};
use std::sync::Arc;

const DAY: u64 = 86_400;
const FAILING: UserId = UserId(1);

/// From 1 October; Failing pays until 20 October. By default a month's cover, settled on the 13th of the next month.
fn world(parameters: &str, more: &str) -> Arc<World> {
    let text = format!(
        r#"
        name = "cover"
        epoch = "2019-10-01T00:00:00Z"
        horizon = "200d"
        population = {{ premises = 2_000, areas = ["EPN"], not_commissioned_share = 0.0 }}
        suppliers = [{{ name = "Going", share = 0.5 }}, {{ name = "Failing", share = 0.3 }}, {{ name = "Rescuer", share = 0.2 }}]
        dnos = [{{ name = "Eastern", areas = ["EPN"] }}]
        other_users = [{{ name = "Census" }}]
        [modifications]
        DP095 = "on"
        [parameters.DP095]
        de_minimis_pounds = 0
        stops_paying = [{{ user = "Failing", after = "20d" }}]
        {parameters}
        {more}
        "#
    );
    Arc::new(World::new(secnet_topology::parse("cover.toml", &text, &[]).unwrap()).unwrap())
}

fn dsp_at(world: &Arc<World>, day: u64) -> Dsp {
    let mut dsp = Dsp::new(world);
    run_until(&mut dsp, day * DAY);
    dsp
}

fn run_until(dsp: &mut Dsp, second: u64) {
    while dsp.next_deadline() <= SimTime::from_secs(second) {
        dsp.handle(dsp.next_deadline(), Input::Deadline, &mut Outbox::new());
    }
}

fn account(dsp: &Dsp, world: &World, user: UserId) -> Account {
    let name = world.users[user.index()].name.clone();
    dsp.account().figures.get(&Key::User(name)).unwrap()
}

fn accounts(dsp: &Dsp, world: &World) -> Vec<Account> {
    world
        .users
        .iter()
        .map(|user| account(dsp, world, user.id))
        .collect()
}

#[test]
fn cover_is_what_the_greater_of_the_two_unsecured_amounts_leaves() {
    let terms = |unsecured_credit_factor: f64, maximum_credit_value: u64, de_minimis: u64| Terms {
        uninvoiced_months: 1.0,
        unsecured_credit_factor,
        maximum_credit_value,
        de_minimis,
    };
    for (terms, value_at_risk, cover) in [
        (terms(0.0, 0, 0), 10_000, 10_000),
        (terms(0.25, 0, 0), 10_000, 7_500),
        (terms(0.25, 2_000, 0), 10_000, 7_500),
        (terms(0.25, 4_000, 0), 10_000, 6_000),
        (terms(0.0, 20_000, 0), 10_000, 0),
        (terms(0.0, 0, 10_000), 10_000, 10_000),
        (terms(0.0, 0, 10_001), 10_000, 0),
    ] {
        assert_eq!(terms.cover(value_at_risk), cover, "{terms:?} of {value_at_risk}");
    }
}

#[test]
fn what_is_socialised_is_divided_to_the_last_penny() {
    assert_eq!(divided(100, &[1, 1, 1]), [33, 33, 34]);
    assert_eq!(divided(7, &[0, 3, 0, 4]), [0, 3, 0, 4]);
    assert_eq!(divided(5, &[0, 0]), [0, 0]);
    let weights: Vec<u64> = (0..1_000).map(|i| i * i % 977).collect();
    assert_eq!(divided(73_100_001, &weights).iter().sum::<u64>(), 73_100_001);
}

#[test]
fn every_penny_charged_is_paid_drawn_unpaid_or_open_and_what_is_unpaid_is_borne_by_the_others() {
    for months in [0.0, 0.5, 1.0, 2.5] {
        let world = world(&format!("uninvoiced_months = {months}"), "");
        for day in [0, 31, 36, 43, 75, 104, 190] {
            let accounts = accounts(&dsp_at(&world, day), &world);
            for account in &accounts {
                let settled = account.paid + account.drawn + account.unpaid;
                assert_eq!(account.charged, settled + account.open, "day {day}: {account:?}");
            }
            let unpaid: u64 = accounts.iter().map(|account| account.unpaid).sum();
            let borne: u64 = accounts.iter().map(|account| account.socialised).sum();
            assert_eq!(unpaid, borne, "day {day}");
            assert_eq!(
                accounts[FAILING.index()].socialised,
                0,
                "who pays nothing bears nothing"
            );
        }
    }
}

/// The most public case: cover enough for the first missed payment, and not for the second.
#[test]
fn cover_for_one_month_pays_for_the_first_missed_and_the_second_is_socialised() {
    let world = world("uninvoiced_months = 1.0", "");
    let month = account(&dsp_at(&world, 31), &world, FAILING).charged;
    assert!(month > 60_000, "about a thousand meters at a pound: {month}");
    let missed_first = account(&dsp_at(&world, 43), &world, FAILING);
    assert_eq!(
        (missed_first.drawn, missed_first.unpaid, missed_first.cover),
        (month, 0, 0)
    );
    assert_eq!(missed_first.defaulted_at, 0);
    let missed_second = account(&dsp_at(&world, 73), &world, FAILING);
    assert_eq!((missed_second.drawn, missed_second.unpaid), (month, month));
    assert_eq!(missed_second.defaulted_at, (31 + 30 + 12) * DAY, "on 13 December");

    let two = world_of_months(2.0);
    let covered = account(&dsp_at(&two, 73), &two, FAILING);
    assert_eq!((covered.drawn, covered.unpaid), (2 * month, 0));
}

fn world_of_months(months: f64) -> Arc<World> {
    world(&format!("uninvoiced_months = {months}"), "")
}

/// The answer to Failing's request at that moment.
fn answer(dsp: &mut Dsp, world: &World, second: u64, srv: &str, role: Role) -> ResponseCode {
    let premises = (0..world.population.premises_count())
        .map(PremisesId)
        .find(|premises| {
            world.population.electricity_supplier(*premises) == FAILING
                && world.population.device_status(premises.device(DeviceType::Esme))
                    == Some(secnet_model::DeviceStatus::Commissioned)
        });
    let target = match srv {
        "12.2" => Eui64::DCC,
        _ => premises.unwrap().device(DeviceType::Esme).eui64(),
    };
    let srv = Srv::from_number(srv).unwrap();
    let variant = match srv.entry().is_device_service() {
        true => CommandVariant::NonCriticalWan,
        false => CommandVariant::NonDevice,
    };
    let request = ServiceRequest {
        id: RequestId {
            originator: FAILING,
            target,
            counter: second,
        },
        srv,
        variant,
        service: variant.web_service(),
        role,
        bytes: 1_000,
        timing: Timing::Now,
    };
    let now = SimTime::from_secs(second);
    let envelope = Envelope {
        due: now,
        seq: second,
        from: Address::user(FAILING),
        to: Address::DSP,
        message: Message::ServiceRequest(request),
    };
    let mut out = Outbox::new();
    dsp.handle(now, Input::Message(&envelope), &mut out);
    let mut sent = out.drain();
    let answer = sent.find_map(|envelope| match envelope.message {
        Message::Acknowledgement(acknowledgement) => Some(acknowledgement.answer),
        _ => None,
    });
    match answer.unwrap() {
        Answer::Refused(code) => code,
        answer => answer.code(),
    }
}

#[test]
fn rights_go_one_by_one_and_e3_answers_what_is_asked_for_without_one() {
    let world = world(
        "withdrawal_begins_after = \"20d\"\nwithdrawal_step = \"10d\"\n",
        "",
    );
    let defaulted = 73 * DAY;
    // Services as another User, services, elective ones, enrolment, all others.
    let gone = |step: u64| defaulted + (20 + 10 * step) * DAY;
    let mut dsp = Dsp::new(&world);
    let mut answers = |second: u64| {
        run_until(&mut dsp, second);
        let mut ask = |n: u64, srv: &str| answer(&mut dsp, &world, second + n, srv, Role::ImportSupplier);
        [ask(0, "4.1.1"), ask(1, "12.2"), ask(2, "8.2")].map(|code| code == ResponseCode::E3)
    };
    assert_eq!(answers(gone(0) + 60), [false, false, false]);
    assert_eq!(answers(gone(1) - 60), [false, false, false]);
    assert_eq!(answers(gone(1)), [true, false, false]);
    assert_eq!(answers(gone(3) - 60), [true, false, false]);
    assert_eq!(answers(gone(3)), [true, true, false]);
    assert_eq!(answers(gone(4)), [true, true, true]);
    assert_eq!(account(&dsp, &world, FAILING).rights_lost, 5);
    assert_eq!(account(&dsp, &world, UserId(0)).rights_lost, 0);
}

#[test]
fn after_a_takeover_the_gaining_supplier_is_charged() {
    let takeover = "[[events]]\nname = \"last resort\"\nkind = \"takeover\"\nstarts_after = \"70d\"\nfrom = \"Failing\"\nto = \"Rescuer\"\n";
    let world = world("", takeover);
    let of = |day: u64| -> Vec<u64> {
        let accounts = accounts(&dsp_at(&world, day), &world);
        accounts.iter().map(|account| account.charged).collect()
    };
    let (november, december) = (of(61), of(92));
    let growth = |user: usize, before: &[u64], after: &[u64]| after[user] - before[user];
    assert_eq!(
        growth(1, &november, &december),
        0,
        "Failing has no meters at the end of December"
    );
    let october = of(31);
    let of_both = growth(1, &october, &november) + growth(2, &october, &november);
    assert_eq!(growth(2, &november, &december), of_both);
}

#[test]
fn the_accounts_are_saved_in_the_middle() {
    let world = world("", "");
    let whole = accounts(&dsp_at(&world, 190), &world);
    let saved = dsp_at(&world, 80).save().unwrap();
    let mut restored = Dsp::restore(&world, &saved).unwrap();
    run_until(&mut restored, 190 * DAY);
    assert_eq!(accounts(&restored, &world), whole);
}

#[test]
fn live_in_the_middle_of_a_run_it_charges_from_the_next_months_end_on() {
    let world = world("", "");
    let mut scenario = world.scenario.clone();
    scenario.modifications.dp095 = "2019-11-10".parse().unwrap();
    let later = Arc::new(World::new(scenario).unwrap());
    let cover = CreditCover::new(&later).unwrap();
    assert_eq!(cover.next_deadline(&later), SimTime::from_secs(40 * DAY));
    let charged = |world: &Arc<World>, day: u64| account(&dsp_at(world, day), world, FAILING).charged;
    assert_eq!(charged(&later, 60), 0);
    assert_eq!(charged(&later, 61) * 2, charged(&world, 61));
}
