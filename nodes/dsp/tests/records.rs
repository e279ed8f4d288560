//! What the DCC believes, and how the answer to the next request follows what commands and the timeline changed.
#![allow(clippy::unwrap_used, reason = "tests")]

mod rig;

use rig::{ALPHA, BETA, DAY, DNO, HOUR, MS, Rig, S, Sent, alert, commands, csp, only, response};
use secnet_model::{
    Address, CommandVariant, DccAlertCode, DeviceId, DeviceStatus, DeviceType, Eui64, PremisesId,
    ResponseCode, Role, Srv, UserId,
};
use secnet_topology::World;
use secnet_wire::{
    Answer, CommandOrigin, DeviceResult, Image, ImageReport, Message, ServiceRequest, Timing, WarningReason,
};

const TAKEOVER: &str = r#"
    [[events]]
    name = "of last resort"
    kind = "takeover"
    starts_after = "10h"
    from = "Alpha"
    to = "Beta"
"#;

/// The answer to a request; `I99` when it is accepted.
fn ask(rig: &mut Rig, at: u64, srv: &str, user: UserId, role: Role, device: DeviceId) -> ResponseCode {
    let request = signed(rig.request(srv, user, role, device));
    answer(&rig.submit(at, request))
}

/// Past the pre-command.
fn signed(request: ServiceRequest) -> ServiceRequest {
    let variant = match request.variant {
        CommandVariant::CriticalPreCommand => CommandVariant::SignedWan,
        other => other,
    };
    ServiceRequest {
        variant,
        service: variant.web_service(),
        ..request
    }
}

fn answer(sent: &[Sent]) -> ResponseCode {
    let answer = sent.iter().find_map(|envelope| match envelope.message {
        Message::Acknowledgement(acknowledgement) => Some(acknowledgement.answer.code()),
        _ => None,
    });
    answer.unwrap()
}

/// Sends a request to a device and the device's answer back; what the DSP sends then.
fn carry_out(rig: &mut Rig, at: u64, request: ServiceRequest, result: DeviceResult) -> Vec<Sent> {
    let sent = rig.submit(at, signed(request));
    let (_, command) = *commands(&sent).last().unwrap();
    let Message::DeviceResponse(success) = response(&command) else {
        unreachable!()
    };
    let message = Message::DeviceResponse(secnet_wire::DeviceResponse { result, ..success });
    let from = csp(&rig.world, request.id.target);
    rig.deliver(at + 5 * S, from, message)
}

fn n17s(sent: &[Sent]) -> Vec<(Address, Eui64)> {
    let n17 = |envelope: &Sent| match envelope.message {
        Message::DccAlert(alert) if alert.code == DccAlertCode::N17 => Some((envelope.to, alert.about)),
        _ => None,
    };
    sent.iter().filter_map(n17).collect()
}

fn alphas_esme_that_is(status: DeviceStatus) -> impl Fn(&World, PremisesId) -> bool {
    move |world, premises| {
        let esme = premises.device(DeviceType::Esme);
        world.population.electricity_supplier(premises) == ALPHA
            && world.population.device_status(esme) == Some(status)
    }
}

#[test]
fn a_meter_may_be_read_once_the_device_has_answered_that_it_is_commissioned() {
    for (result, then) in [
        (DeviceResult::Error, ResponseCode::E5),
        (DeviceResult::Success, ResponseCode::I99),
    ] {
        let mut rig = Rig::new();
        let esme = rig
            .premises(alphas_esme_that_is(DeviceStatus::InstalledNotCommissioned))
            .device(DeviceType::Esme);
        let read = |rig: &mut Rig, at| ask(rig, at, "4.1.1", ALPHA, Role::ImportSupplier, esme);
        assert_eq!(read(&mut rig, S), ResponseCode::E5);
        let commission = rig.request("8.1.1", ALPHA, Role::ImportSupplier, esme);
        carry_out(&mut rig, 10 * S, commission, result);
        assert_eq!(read(&mut rig, 20 * S), then, "{result:?}");
    }
}

#[test]
fn a_decommissioned_device_answers_nothing_and_loses_created_and_bulk_schedules_with_an_alert_each() {
    let mut rig = Rig::with(
        r#"
        [[schedules]]
        from = "Alpha"
        srv = "4.6.1"
        window = "1h"
        [[schedules]]
        from = "dnos"
        srv = "4.10"
        window = "1h"
        "#,
    );
    let esme = rig.alphas().device(DeviceType::Esme);
    let of_esme = |sent: &[Sent]| {
        let reads = commands(sent).into_iter().filter(|(_, command)| {
            command.origin == CommandOrigin::Scheduled && command.id.target == esme.eui64()
        });
        reads.count()
    };
    assert_eq!(of_esme(&rig.run_until(2 * HOUR)), 2);
    let create = ServiceRequest {
        timing: Timing::Daily {
            srv: Srv::from_number("4.8.1").unwrap(),
        },
        ..rig.request("5.1", ALPHA, Role::ImportSupplier, esme)
    };
    rig.submit(3 * HOUR, create);
    let decommission = rig.request("8.3", ALPHA, Role::ImportSupplier, esme);
    let sent = rig.submit(4 * HOUR, decommission);
    assert_eq!(answer(&sent), ResponseCode::I0);
    let told = |user| (Address::user(user), esme.eui64());
    assert_eq!(n17s(&sent), [told(ALPHA), told(ALPHA), told(DNO)]);
    let read = ask(&mut rig, 5 * HOUR, "4.1.1", ALPHA, Role::ImportSupplier, esme);
    assert_eq!(read, ResponseCode::E5);
    let others = rig.run_until(DAY + 12 * HOUR);
    assert_eq!(of_esme(&others), 0);
    assert!(!commands(&others).is_empty());
}

#[test]
fn a_pre_notified_device_is_pending_it_may_be_joined_and_not_be_read() {
    let mut rig = Rig::new();
    let premises = rig.premises(|world, premises| {
        world.population.electricity_supplier(premises) == ALPHA
            && !world.population.has_device(premises, DeviceType::Hcalcs)
    });
    let switch = premises.device(DeviceType::Hcalcs);
    let ask_about = |rig: &mut Rig, at, srv| ask(rig, at, srv, ALPHA, Role::ImportSupplier, switch);
    assert_eq!(ask_about(&mut rig, S, "8.7.1"), ResponseCode::E19);
    assert_eq!(ask_about(&mut rig, 2 * S, "8.2"), ResponseCode::E19);
    assert_eq!(ask_about(&mut rig, 3 * S, "12.2"), ResponseCode::I0);
    assert_eq!(ask_about(&mut rig, 4 * S, "11.2"), ResponseCode::E5);
    assert_eq!(ask_about(&mut rig, 5 * S, "8.7.1"), ResponseCode::I99);
    assert_eq!(ask_about(&mut rig, 6 * S, "8.2"), ResponseCode::I0);
    assert_eq!(rig.counter("dsp.pre_notifications"), 1);
    let beyond = PremisesId(rig.world.population.premises_count()).device(DeviceType::Esme);
    assert_eq!(
        ask(&mut rig, 7 * S, "12.2", ALPHA, Role::ImportSupplier, beyond),
        ResponseCode::I0
    );
    assert_eq!(
        ask(&mut rig, 8 * S, "8.1.1", ALPHA, Role::ImportSupplier, beyond),
        ResponseCode::E19
    );
}

#[test]
fn a_takeover_moves_responsibility_alerts_and_scheduled_reads_at_its_moment() {
    let schedule = "[[schedules]]\nfrom = \"suppliers\"\nsrv = \"4.6.1\"\nwindow = \"1h\"\n";
    let mut rig = Rig::with(&format!("{schedule}{TAKEOVER}"));
    let esme = rig.alphas().device(DeviceType::Esme);
    let readers = |sent: &[Sent]| {
        let mut readers: Vec<UserId> = commands(sent)
            .iter()
            .map(|(_, command)| command.id.originator)
            .collect();
        readers.sort_unstable();
        readers.dedup();
        readers
    };
    assert_eq!(readers(&rig.run_until(2 * HOUR)), [ALPHA, BETA]);
    let ask_as = |rig: &mut Rig, at, user| ask(rig, at, "4.1.1", user, Role::ImportSupplier, esme);
    let recipient = |rig: &mut Rig, at| {
        let from = csp(&rig.world, esme.eui64());
        only(&rig.deliver(at, from, alert("8F32", esme, None))).1
    };
    let moment = 10 * HOUR;
    assert_eq!(ask_as(&mut rig, moment - 2 * S, BETA), ResponseCode::E4);
    assert_eq!(ask_as(&mut rig, moment - S, ALPHA), ResponseCode::I99);
    assert_eq!(recipient(&mut rig, moment - 1), Address::user(ALPHA));
    assert_eq!(ask_as(&mut rig, moment + S, ALPHA), ResponseCode::E4);
    assert_eq!(ask_as(&mut rig, moment + 2 * S, BETA), ResponseCode::I99);
    assert_eq!(recipient(&mut rig, moment + 3 * S), Address::user(BETA));
    assert_eq!(
        readers(&rig.run_until(2 * DAY)),
        [BETA],
        "Alpha has lost every premises"
    );
}

#[test]
fn replaced_credentials_take_the_losing_suppliers_created_schedules_with_them() {
    let mut rig = Rig::with(TAKEOVER);
    let esme = rig.alphas().device(DeviceType::Esme);
    let create = ServiceRequest {
        timing: Timing::Daily {
            srv: Srv::from_number("4.8.1").unwrap(),
        },
        ..rig.request("5.1", ALPHA, Role::ImportSupplier, esme)
    };
    rig.submit(S, create);
    let replace = rig.request("6.23", BETA, Role::ImportSupplier, esme);
    let sent = carry_out(&mut rig, 12 * HOUR, replace, DeviceResult::Success);
    assert_eq!(n17s(&sent), [(Address::user(ALPHA), esme.eui64())]);
    let sent = carry_out(
        &mut rig,
        13 * HOUR,
        ServiceRequest {
            id: secnet_model::RequestId {
                counter: 99,
                ..replace.id
            },
            ..replace
        },
        DeviceResult::Success,
    );
    assert!(n17s(&sent).is_empty());
    assert!(rig.run_until(3 * DAY).is_empty());
}

#[test]
fn of_a_user_in_default_the_last_request_before_is_served_and_the_first_after_refused() {
    let mut rig = Rig::with(
        r#"
        [[schedules]]
        from = "suppliers"
        srv = "4.6.1"
        window = "1h"
        [[events]]
        name = "Alpha defaults"
        kind = "user_default"
        starts_after = "10h"
        user = "Alpha"
        "#,
    );
    let esme = rig.alphas().device(DeviceType::Esme);
    let read = |rig: &mut Rig, at| ask(rig, at, "4.1.1", ALPHA, Role::ImportSupplier, esme);
    rig.run_until(9 * HOUR);
    assert_eq!(read(&mut rig, 10 * HOUR - 1), ResponseCode::I99);
    rig.run_until(10 * HOUR - 1);
    // The server that took the last one is busy: this one waits, and is looked at after the moment as well.
    assert_eq!(read(&mut rig, 10 * HOUR), ResponseCode::E3);
    let scheduled = commands(&rig.run_until(2 * DAY));
    let by = |user| {
        scheduled
            .iter()
            .filter(|(_, command)| command.id.originator == user)
            .count()
    };
    assert_eq!(by(ALPHA), 0, "nothing is read for a suspended User");
    assert!(by(BETA) > 0);
}

#[test]
fn records_are_saved_and_restored() {
    let mut rig = Rig::new();
    let esme = rig.alphas().device(DeviceType::Esme);
    let decommission = rig.request("8.3", ALPHA, Role::ImportSupplier, esme);
    rig.submit(S, decommission);
    let saved = secnet_accounts::Accountable::save(&rig.dsp).unwrap();
    rig.dsp = secnet_dsp::Dsp::restore(&rig.world, &saved).unwrap();
    let read = rig.request("4.1.1", ALPHA, Role::ImportSupplier, esme);
    let (.., message) = only(&rig.submit(2 * S, read));
    let Message::Acknowledgement(acknowledgement) = message else {
        panic!("{message:?}")
    };
    assert_eq!(acknowledgement.answer, Answer::Refused(ResponseCode::E5));
}

/// A reading the DSP holds until `hours`, submitted at `at`.
fn hold_reading(rig: &mut Rig, at: u64, hours: u32, device: DeviceId) -> ServiceRequest {
    let request = ServiceRequest {
        timing: Timing::At {
            seconds: hours * 3_600,
        },
        ..rig.request("4.1.1", ALPHA, Role::ImportSupplier, device)
    };
    assert_eq!(answer(&rig.submit(at, request)), ResponseCode::I99);
    request
}

/// What becomes of a held reading at its time: sent to the device (`None`), or answered with a code, and nothing else.
fn what_comes_of(rig: &mut Rig, request: &ServiceRequest) -> Option<ResponseCode> {
    let at = request.timing.execution().unwrap();
    assert!(rig.run_until(at.0 - 1).is_empty());
    let (due, to, message) = only(&rig.run_until(at.0));
    match message {
        Message::Command(command) => {
            assert_eq!(
                (command.id, command.origin),
                (request.id, CommandOrigin::HeldByDsp)
            );
            None
        }
        Message::ServiceResponse(response) => {
            assert_eq!(
                (response.id, response.origin),
                (request.id, CommandOrigin::HeldByDsp)
            );
            assert_eq!((to, response.started_at), (Address::user(ALPHA), at));
            assert_eq!(due, at.0 + 50 * MS, "its turn, and the link");
            Some(response.code)
        }
        _ => panic!("{message:?}"),
    }
}

#[test]
fn a_held_request_is_refused_with_e4_once_its_sender_has_lost_the_premises() {
    let mut rig = Rig::with(TAKEOVER);
    let esme = rig.alphas().device(DeviceType::Esme);
    let before = hold_reading(&mut rig, S, 9, esme);
    let after = hold_reading(&mut rig, 2 * S, 11, esme);
    assert_eq!(what_comes_of(&mut rig, &before), None);
    rig.run_until(10 * HOUR);
    assert_eq!(what_comes_of(&mut rig, &after), Some(ResponseCode::E4));
    assert_eq!(rig.counter("dsp.future_dated_refused"), 1);
    assert_eq!(rig.counter("dsp.future_dated_held"), 0);
    assert!(rig.run_until(3 * DAY).is_empty(), "nothing more is heard of it");
}

#[test]
fn a_held_request_is_refused_with_e3_once_its_sender_is_in_default() {
    let default =
        "[[events]]\nname = \"x\"\nkind = \"user_default\"\nstarts_after = \"10h\"\nuser = \"Alpha\"\n";
    let mut rig = Rig::with(default);
    let esme = rig.alphas().device(DeviceType::Esme);
    let held = hold_reading(&mut rig, S, 10, esme);
    assert_eq!(what_comes_of(&mut rig, &held), Some(ResponseCode::E3));
}

#[test]
fn a_held_request_is_refused_with_e5_once_its_device_is_decommissioned() {
    let mut rig = Rig::new();
    let esme = rig.alphas().device(DeviceType::Esme);
    let held = hold_reading(&mut rig, S, 10, esme);
    let decommission = rig.request("8.3", ALPHA, Role::ImportSupplier, esme);
    rig.submit(HOUR, decommission);
    assert_eq!(what_comes_of(&mut rig, &held), Some(ResponseCode::E5));
}

const EVENING_READS: &str = "[[schedules]]\nfrom = \"suppliers\"\nsrv = \"4.6.1\"\nwindow = \"1h\"\n";

/// Who had each meter read on a day, in order.
fn read_on(rig: &mut Rig, day: u64) -> Vec<(Eui64, UserId)> {
    let sent = rig.run_until(day * DAY + 12 * HOUR);
    let mut read: Vec<(Eui64, UserId)> = commands(&sent)
        .iter()
        .map(|(_, command)| (command.id.target, command.id.originator))
        .collect();
    read.sort_unstable();
    read
}

#[test]
fn bulk_schedules_reach_what_their_owner_gains_once_it_is_told_and_never_what_it_has_lost() {
    // Half of Alpha's premises go to Beta on the first day; both hear of it in the middle of the next day's readings.
    let told = "share = 0.5\ntold_after = \"14.5h\"\n";
    let mut rig = Rig::with(&format!("{EVENING_READS}{TAKEOVER}{told}"));
    let before = read_on(&mut rig, 0);
    let between = read_on(&mut rig, 1);
    let after = read_on(&mut rig, 2);
    let gained = |meter: &Eui64| {
        let premises = meter.device().unwrap().premises;
        let population = &rig.world.population;
        let takeovers = rig.world.timeline.takeovers();
        population.electricity_supplier(premises) == ALPHA
            && takeovers.iter().any(|takeover| takeover.takes(premises))
    };
    let expected: Vec<(Eui64, UserId)> = before
        .iter()
        .map(|(meter, owner)| (*meter, if gained(meter) { BETA } else { *owner }))
        .collect();
    assert_ne!(expected, before);
    assert_eq!(after, expected, "each meter once, by its Supplier");
    let (of_gained, others): (Vec<_>, Vec<_>) = between.into_iter().partition(|(meter, _)| gained(meter));
    let (all_gained, kept): (Vec<_>, Vec<_>) = after.into_iter().partition(|(meter, _)| gained(meter));
    assert_eq!(others, kept);
    assert!(of_gained.iter().all(|read| all_gained.contains(read)));
    let halves = all_gained.len() / 4..all_gained.len() * 3 / 4;
    assert!(
        halves.contains(&of_gained.len()),
        "the second half: {of_gained:?}"
    );
}

#[test]
fn replaced_credentials_remove_the_losing_suppliers_bulk_schedules_with_one_alert() {
    let mut rig = Rig::with(&format!("{EVENING_READS}{TAKEOVER}"));
    let esme = rig.alphas().device(DeviceType::Esme);
    let schedules = |rig: &mut Rig, at, user| {
        let read = ServiceRequest {
            timing: Timing::Daily {
                srv: Srv::from_number("4.6.1").unwrap(),
            },
            ..rig.request("5.2", user, Role::ImportSupplier, esme)
        };
        rig.submit(at, read)
            .iter()
            .find_map(|envelope| match envelope.message {
                Message::Acknowledgement(acknowledgement) => Some(acknowledgement.answer),
                _ => None,
            })
    };
    rig.run_until(2 * HOUR);
    let one = Some(Answer::Done { bytes: 400 + 150 });
    assert_eq!(schedules(&mut rig, 3 * HOUR, ALPHA), one);
    for (hour, told) in [(12, vec![(Address::user(ALPHA), esme.eui64())]), (13, vec![])] {
        let replace = rig.request("6.23", BETA, Role::ImportSupplier, esme);
        let sent = carry_out(&mut rig, hour * HOUR, replace, DeviceResult::Success);
        assert_eq!(n17s(&sent), told);
    }
    assert_eq!(schedules(&mut rig, 14 * HOUR, BETA), one);
}

/// Off the list from 10 h to 20 h, at ten devices a second.
const OFF_THE_CPL: &str = r#"
    [[events]]
    name = "vulnerable"
    kind = "cpl_removal"
    starts_after = "10h"
    lasts = "10h"
    device = "ESME"
    share = 0.5
    [[schedules]]
    from = "Alpha"
    srv = "4.6.1"
    window = "1h"
    [[campaigns]]
    name = "mended"
    device = "ESME"
    suppliers = ["Alpha"]
    starts_after = "11h"
"#;

fn off_the_cpl() -> Rig {
    Rig::of(rig::world_set(OFF_THE_CPL, &["dsp.suspensions_per_second=10"]))
}

#[test]
fn a_version_off_the_list_suspends_exactly_its_devices_and_each_supplier_hears_of_its_own() {
    let mut rig = off_the_cpl();
    let world = std::sync::Arc::clone(&rig.world);
    let is_of_the_share = |premises: PremisesId| world.timeline.cpl_removals()[0].selects(premises);
    let meters = || (0..400).map(|premises| PremisesId(premises).device(DeviceType::Esme));
    let in_service =
        |esme: &DeviceId| world.population.device_status(*esme) == Some(DeviceStatus::Commissioned);
    let expected: Vec<DeviceId> = meters()
        .filter(|esme| in_service(esme) && is_of_the_share(esme.premises))
        .collect();
    assert!((100..220).contains(&expected.len()), "{}", expected.len());
    rig.run_until(10 * HOUR - 1);
    let mut told = Vec::new();
    for second in 0..30 {
        let sent = rig.run_until(10 * HOUR + second * S);
        let alerts: Vec<DeviceId> = sent
            .iter()
            .filter_map(|envelope| match envelope.message {
                Message::DccAlert(alert) => {
                    assert_eq!(alert.code, DccAlertCode::N49);
                    let esme = alert.about.device().unwrap();
                    let supplier = world.population.electricity_supplier(esme.premises);
                    assert_eq!(envelope.to, Address::user(supplier));
                    Some(esme)
                }
                _ => None,
            })
            .collect();
        assert_eq!(alerts.len(), expected.len().saturating_sub(told.len()).min(10));
        told.extend(alerts);
    }
    assert_eq!(told, expected);
    // All of them, and only they, are refused their reads; their versions may be read.
    let mut at = 11 * HOUR;
    for esme in meters().filter(in_service) {
        let supplier = world.population.electricity_supplier(esme.premises);
        for (srv, when_suspended) in [("4.1.1", ResponseCode::E5), ("11.2", ResponseCode::I99)] {
            let expected = match told.contains(&esme) {
                true => when_suspended,
                false => ResponseCode::I99,
            };
            at += S;
            assert_eq!(
                ask(&mut rig, at, srv, supplier, Role::ImportSupplier, esme),
                expected
            );
        }
    }
    // Put back on the list, they are served again.
    let esme = expected[0];
    let supplier = world.population.electricity_supplier(esme.premises);
    let again = ask(
        &mut rig,
        20 * HOUR + S,
        "4.1.1",
        supplier,
        Role::ImportSupplier,
        esme,
    );
    assert_eq!(again, ResponseCode::I99);
    assert_eq!(rig.counter("dsp.cpl.suspended"), expected.len() as u64);
    assert_eq!(rig.counter("dsp.cpl.back_listed"), expected.len() as u64);
}

#[test]
fn a_schedule_passes_suspended_devices_over_and_reads_them_again_when_they_are_back() {
    let mut rig = Rig::of(rig::world_set(
        OFF_THE_CPL,
        &[
            "events.0.starts_after=2h",
            "events.0.lasts=26h",
            "events.0.share=1",
        ],
    ));
    let reads = |sent: &[Sent]| commands(sent).len();
    let first = reads(&rig.run_until(2 * HOUR));
    assert!(first > 100, "{first}");
    assert_eq!(reads(&rig.run_until(26 * HOUR)), 0);
    assert_eq!(reads(&rig.run_until(50 * HOUR)), first);
}

/// What the DSP does for a device with a batch that lists it.
fn list(rig: &mut Rig, at: u64, campaign: u16, device: DeviceId) -> Result<(), WarningReason> {
    let request = rig.request("11.1", ALPHA, Role::ImportSupplier, device);
    let id = secnet_model::RequestId {
        target: Eui64::DCC,
        ..request.id
    };
    let batch = ServiceRequest {
        id,
        timing: Timing::Images { campaign, batch: 0 },
        ..request
    };
    let sent = rig.submit(at, batch);
    let its = sent.iter().find_map(|envelope| match envelope.message {
        Message::Image(image) if image.device == device => Some(Ok(())),
        Message::ImageWarning(warning) if warning.image.device == device => Some(Err(warning.reason)),
        _ => None,
    });
    its.expect("each device of the list is passed on or warned of")
}

/// N60.
fn at_hub(campaign: u16, device: DeviceId) -> Message {
    Message::ImageReport(ImageReport {
        image: Image {
            device,
            campaign,
            user: ALPHA,
        },
        delivered: true,
    })
}

#[test]
fn a_device_that_runs_another_version_is_back_and_may_have_the_image_while_it_is_not() {
    let mut rig = off_the_cpl();
    let esme = rig
        .premises(|world, premises| {
            alphas_esme_that_is(DeviceStatus::Commissioned)(world, premises)
                && world.timeline.cpl_removals()[0].selects(premises)
                && world.is_campaign_for(0, premises.device(DeviceType::Esme))
        })
        .device(DeviceType::Esme);
    let read = |rig: &mut Rig, at| ask(rig, at, "4.1.1", ALPHA, Role::ImportSupplier, esme);
    assert_eq!(read(&mut rig, 11 * HOUR), ResponseCode::E5);
    assert_eq!(list(&mut rig, 11 * HOUR + S, 0, esme), Ok(()));
    rig.deliver(11 * HOUR + 2 * S, csp(&rig.world, esme.eui64()), at_hub(0, esme));
    let activate = rig.request("11.3", ALPHA, Role::ImportSupplier, esme);
    carry_out(&mut rig, 12 * HOUR, activate, DeviceResult::Error);
    assert_eq!(read(&mut rig, 12 * HOUR + 10 * S), ResponseCode::E5);
    let activate = rig.request("11.3", ALPHA, Role::ImportSupplier, esme);
    carry_out(&mut rig, 13 * HOUR, activate, DeviceResult::Success);
    assert_eq!(read(&mut rig, 13 * HOUR + 10 * S), ResponseCode::I99);
    assert_eq!(rig.counter("dsp.cpl.back_updated"), 1);
    // Its version on the list again changes nothing for it.
    rig.run_until(21 * HOUR);
    let suspended = rig.counter("dsp.cpl.suspended");
    assert_eq!(rig.counter("dsp.cpl.back_listed"), suspended - 1);
}

#[test]
fn a_device_of_two_versions_off_the_list_is_suspended_once_and_back_when_both_are_on_it() {
    let second = r#"
        [[events]]
        name = "vulnerable as well"
        kind = "cpl_removal"
        starts_after = "12h"
        lasts = "20h"
        device = "ESME"
    "#;
    let mut rig = Rig::with(&format!("{OFF_THE_CPL}\n{second}"));
    let esme = rig
        .premises(|world, premises| {
            alphas_esme_that_is(DeviceStatus::Commissioned)(world, premises)
                && world.timeline.cpl_removals()[0].selects(premises)
        })
        .device(DeviceType::Esme);
    let answers =
        [11, 13, 21, 33].map(|hour| ask(&mut rig, hour * HOUR, "4.1.1", ALPHA, Role::ImportSupplier, esme));
    use ResponseCode::{E5, I99};
    assert_eq!(answers, [E5, E5, E5, I99]);
    let in_service = (0..400).map(|premises| PremisesId(premises).device(DeviceType::Esme));
    let in_service = in_service
        .filter(|esme| rig.world.population.device_status(*esme) == Some(DeviceStatus::Commissioned));
    assert_eq!(rig.counter("dsp.cpl.suspended"), in_service.count() as u64);
    assert_eq!(
        rig.counter("dsp.cpl.back_listed"),
        rig.counter("dsp.cpl.suspended")
    );
}

/// A campaign that may be rolled back, and one that does.
const LAUNCH: &str = r#"
    [[campaigns]]
    name = "launch"
    device = "ESME"
    suppliers = ["Alpha"]
    waves = [1.0]
    stop_above = 0.5
    [[campaigns]]
    name = "before"
    device = "ESME"
    rolls_back = "launch"
    [[events]]
    name = "vulnerable"
    kind = "cpl_removal"
    campaign = "launch"
    starts_after = "10h"
"#;

/// A meter of the launch, which has the image of that campaign and runs it.
fn launched(rig: &mut Rig) -> DeviceId {
    let esme = rig
        .premises(|world, premises| {
            alphas_esme_that_is(DeviceStatus::Commissioned)(world, premises)
                && world.is_campaign_for(0, premises.device(DeviceType::Esme))
        })
        .device(DeviceType::Esme);
    assert_eq!(list(rig, HOUR, 0, esme), Ok(()));
    take_to(rig, 2 * HOUR, 0, esme);
    esme
}

/// The device's hub has the image, and the device activates it: which alerts its Supplier has of it.
fn take_to(rig: &mut Rig, at: u64, campaign: u16, esme: DeviceId) -> usize {
    let from = csp(&rig.world, esme.eui64());
    rig.deliver(at, from, at_hub(campaign, esme));
    let activate = rig.request("11.3", ALPHA, Role::ImportSupplier, esme);
    let sent = carry_out(rig, at + HOUR, activate, DeviceResult::Success);
    let is_n49 = |envelope: &&Sent| {
        matches!(envelope.message, Message::DccAlert(alert)
            if alert.code == DccAlertCode::N49 && alert.about == esme.eui64())
    };
    sent.iter().filter(is_n49).count()
}

#[test]
fn a_device_brought_back_to_a_version_that_is_off_the_list_by_then_is_suspended_and_its_supplier_hears() {
    let mut rig = Rig::with(LAUNCH);
    let esme = launched(&mut rig);
    assert_eq!(list(&mut rig, 9 * HOUR, 1, esme), Ok(()));
    // It runs the launch's version yet.
    let read = |rig: &mut Rig, at| ask(rig, at, "4.1.1", ALPHA, Role::ImportSupplier, esme);
    assert_eq!(read(&mut rig, 11 * HOUR), ResponseCode::I99);
    let suspended = rig.counter("dsp.cpl.suspended");
    assert!(suspended > 50, "the others: {suspended}");
    assert_eq!(take_to(&mut rig, 12 * HOUR, 1, esme), 1);
    assert_eq!(read(&mut rig, 14 * HOUR), ResponseCode::E5);
    assert_eq!(rig.counter("dsp.cpl.suspended"), suspended + 1);
    // What is off the list is sent to nobody, and the launch's version brings it back.
    assert_eq!(
        list(&mut rig, 15 * HOUR, 1, esme),
        Err(WarningReason::InvalidVersion)
    );
    assert_eq!(list(&mut rig, 16 * HOUR, 0, esme), Ok(()));
    assert_eq!(take_to(&mut rig, 17 * HOUR, 0, esme), 0);
    assert_eq!(read(&mut rig, 19 * HOUR), ResponseCode::I99);
    assert_eq!(rig.counter("dsp.cpl.back_updated"), 1);
}

#[test]
fn a_campaigns_own_version_off_the_list_suspends_those_that_run_it_and_is_sent_to_nobody() {
    let version = r#"version = "new""#;
    let mut rig = Rig::with(&format!("{LAUNCH}\n{version}"));
    let esme = launched(&mut rig);
    let read = |rig: &mut Rig, at| ask(rig, at, "4.1.1", ALPHA, Role::ImportSupplier, esme);
    assert_eq!(read(&mut rig, 9 * HOUR), ResponseCode::I99);
    assert_eq!(read(&mut rig, 11 * HOUR), ResponseCode::E5);
    assert_eq!(rig.counter("dsp.cpl.suspended"), 1);
    assert_eq!(
        list(&mut rig, 12 * HOUR, 0, esme),
        Err(WarningReason::InvalidVersion)
    );
    assert!(rig.counter("dsp.firmware.warnings.invalid_version") > 50);
    // One to which it was on its way takes to it all the same, and is suspended with that.
    let other = rig.premises(|world, premises| {
        alphas_esme_that_is(DeviceStatus::Commissioned)(world, premises)
            && world.is_campaign_for(0, premises.device(DeviceType::Esme))
            && premises != esme.premises
    });
    assert_eq!(take_to(&mut rig, 13 * HOUR, 0, other.device(DeviceType::Esme)), 1);
    assert_eq!(rig.counter("dsp.cpl.suspended"), 2);
    // The version before is on the list.
    assert_eq!(list(&mut rig, 15 * HOUR, 1, esme), Ok(()));
    assert_eq!(take_to(&mut rig, 16 * HOUR, 1, esme), 0);
    assert_eq!(read(&mut rig, 18 * HOUR), ResponseCode::I99);
    assert_eq!(rig.counter("dsp.cpl.back_updated"), 1);
}
