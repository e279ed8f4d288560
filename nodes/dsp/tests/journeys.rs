//! Messages through the DSP, stage by stage, with exact times: served 10 ms after their turn comes, 40 ms to Users, 30 ms
//! to CSPs.
#![allow(clippy::unwrap_used, reason = "tests")]

mod rig;

use rig::{
    ALPHA, BETA, DNO, HOUR, MS, OTHER, Rig, S, alert, closed, commands, csp, only, response, undeliverable,
};
use secnet_engine::{ItemKind, Outcome};
use secnet_model::{Address, CommandVariant, DeviceType, RequestId, ResponseCode, Role, SimTime, UserId};
use secnet_wire::{
    Acknowledgement, Answer, CommandOrigin, DeviceResult, Message, ServiceRequest, ServiceResponse, Timing,
};

fn acknowledgement(request: &ServiceRequest, answer: Answer) -> Message {
    Message::Acknowledgement(Acknowledgement {
        id: request.id,
        srv: request.srv,
        answer,
    })
}

#[test]
fn a_reading_is_acknowledged_sent_on_and_answered() {
    let mut rig = Rig::new();
    let request = rig.reading();
    let sent = rig.submit(S, request);
    let (due, command) = commands(&sent)[0];
    assert_eq!(sent.len(), 2);
    assert_eq!(due, S + 40 * MS);
    assert_eq!(sent[0].to, csp(&rig.world, request.id.target));
    assert_eq!((sent[1].due.0, sent[1].to), (S + 50 * MS, Address::user(ALPHA)));
    assert_eq!(sent[1].message, acknowledgement(&request, Answer::Accepted));
    assert_eq!((command.id, command.srv), (request.id, request.srv));
    assert_eq!(
        (command.origin, command.priority, command.timing),
        (CommandOrigin::OnDemand, 1, Timing::Now)
    );
    let sizes = request.srv.entry().command_bytes;
    assert!((u32::from(sizes.min)..=sizes.max.into()).contains(&command.bytes));

    let sent = rig.deliver(5 * S, csp(&rig.world, request.id.target), response(&command));
    let (due, to, message) = only(&sent);
    assert_eq!((due, to), (5 * S + 50 * MS, Address::user(ALPHA)));
    assert_eq!(
        message,
        Message::ServiceResponse(ServiceResponse {
            id: request.id,
            srv: request.srv,
            origin: CommandOrigin::OnDemand,
            code: ResponseCode::I0,
            result: DeviceResult::Success,
            bytes: 120,
            started_at: SimTime(S + 10 * MS),
        })
    );
    assert_eq!(rig.counter("dsp.outstanding"), 0);
    assert!(
        rig.run_until(100 * HOUR).is_empty(),
        "an answered command does not time out"
    );
}

#[test]
fn a_critical_request_comes_back_for_signing_and_is_sent_when_it_is_signed() {
    let mut rig = Rig::new();
    let device = rig.alphas().device(DeviceType::Esme);
    let request = rig.request("1.1.1", ALPHA, Role::ImportSupplier, device);
    let (due, to, message) = only(&rig.submit(S, request));
    assert_eq!((due, to), (S + 50 * MS, Address::user(ALPHA)));
    let Message::Acknowledgement(Acknowledgement {
        answer: Answer::PreCommand { srv, bytes },
        ..
    }) = message
    else {
        panic!("{message:?}");
    };
    assert_eq!(srv, request.srv);
    let variant = CommandVariant::SignedWan;
    let signed = ServiceRequest {
        variant,
        service: variant.web_service(),
        ..request
    };
    let sent = rig.submit(2 * S, signed);
    let (_, command) = commands(&sent)[0];
    assert_eq!(command.bytes, bytes + 92, "signature and MAC");
    assert_eq!(sent[1].message, acknowledgement(&request, Answer::Accepted));
}

#[test]
fn local_commands_come_back_to_the_user_and_not_to_the_device() {
    let mut rig = Rig::new();
    let variant = CommandVariant::NonCriticalLocal;
    let request = ServiceRequest {
        variant,
        service: variant.web_service(),
        ..rig.reading()
    };
    let (_, _, message) = only(&rig.submit(S, request));
    let Message::Acknowledgement(Acknowledgement {
        answer: Answer::Done { bytes },
        ..
    }) = message
    else {
        panic!("{message:?}");
    };
    let sizes = request.srv.entry().command_bytes;
    assert!((u32::from(sizes.min)..=sizes.max.into()).contains(&bytes));
}

#[test]
fn an_inventory_lists_the_devices_of_the_premises() {
    let mut rig = Rig::new();
    let device = rig.alphas().device(DeviceType::Esme);
    let request = rig.request("8.2", BETA, Role::ImportSupplier, device);
    let (_, _, message) = only(&rig.submit(S, request));
    let five_devices = 400 + 5 * 250;
    assert_eq!(
        message,
        acknowledgement(&request, Answer::Done { bytes: five_devices })
    );
}

#[test]
fn a_refusal_takes_its_turn_and_reaches_whoever_sent_the_request() {
    let mut rig = Rig::new();
    let mut request = rig.reading();
    request.id.originator = UserId(77);
    let sent = rig.deliver(S, Address::user(BETA), Message::ServiceRequest(request));
    let refused = acknowledgement(&request, Answer::Refused(ResponseCode::E1));
    assert_eq!(only(&sent), (S + 50 * MS, Address::user(BETA), refused));
    assert_eq!(rig.counter("dsp.answers.E1"), 1);
}

#[test]
fn a_request_the_dsp_holds_is_sent_at_its_time() {
    let mut rig = Rig::new();
    let request = ServiceRequest {
        timing: Timing::At { seconds: 7_200 },
        ..rig.reading()
    };
    let (_, _, message) = only(&rig.submit(S, request));
    assert_eq!(message, acknowledgement(&request, Answer::Accepted));
    assert_eq!(rig.counter("dsp.future_dated_held"), 1);
    assert!(rig.run_until(2 * HOUR - 1).is_empty());
    let sent = rig.run_until(2 * HOUR);
    let (due, command) = commands(&sent)[0];
    assert_eq!(due, 2 * HOUR + 40 * MS);
    assert_eq!(
        (command.origin, command.priority, command.timing),
        (CommandOrigin::HeldByDsp, 2, Timing::Now)
    );
    let (_, _, message) = only(&rig.deliver(3 * HOUR, sent[0].to, response(&command)));
    let Message::ServiceResponse(answer) = message else {
        panic!("{message:?}")
    };
    assert_eq!(
        (answer.origin, answer.started_at),
        (CommandOrigin::HeldByDsp, SimTime(2 * HOUR))
    );
}

#[test]
fn requests_held_to_one_moment_leave_in_the_order_they_came() {
    let mut rig = Rig::new();
    let ids: Vec<RequestId> = (1..=3)
        .map(|i| {
            let request = ServiceRequest {
                timing: Timing::At { seconds: 3_600 },
                ..rig.reading()
            };
            rig.submit(i * S, request);
            request.id
        })
        .collect();
    let sent = rig.run_until(HOUR);
    assert_eq!(
        commands(&sent)
            .iter()
            .map(|(_, command)| command.id)
            .collect::<Vec<_>>(),
        ids
    );
    let dues: Vec<u64> = sent.iter().map(|envelope| envelope.due.0 - HOUR).collect();
    assert_eq!(dues, [40 * MS, 50 * MS, 60 * MS], "one after the other");
}

#[test]
fn a_future_dated_request_whose_time_has_passed_is_sent_at_once() {
    let mut rig = Rig::new();
    let request = ServiceRequest {
        timing: Timing::At { seconds: 5 },
        ..rig.reading()
    };
    let sent = rig.submit(6 * S, request);
    assert_eq!(commands(&sent)[0].1.origin, CommandOrigin::HeldByDsp);
}

#[test]
fn a_command_the_device_holds_goes_at_once_with_its_time() {
    let mut rig = Rig::new();
    let device = rig.alphas().device(DeviceType::Esme);
    let variant = CommandVariant::SignedWan;
    let request = ServiceRequest {
        variant,
        service: variant.web_service(),
        timing: Timing::At { seconds: 86_400 },
        ..rig.request("1.1.1", ALPHA, Role::ImportSupplier, device)
    };
    let (_, command) = commands(&rig.submit(S, request))[0];
    assert_eq!(
        (command.origin, command.priority),
        (CommandOrigin::HeldByDevice, 2)
    );
    assert_eq!(command.timing, Timing::At { seconds: 86_400 });
}

#[test]
fn vends_supply_and_install_and_commission_are_most_urgent() {
    let mut rig = Rig::new();
    let device = rig.alphas().device(DeviceType::Esme);
    for (srv, priority) in [
        ("2.2", 0),
        ("7.4", 0),
        ("6.20.1", 0),
        ("8.9", 0),
        ("4.1.1", 1),
        ("4.8.1", 1),
    ] {
        let device = if srv == "8.9" {
            device.premises.device(DeviceType::Chf)
        } else {
            device
        };
        let request = rig.request(srv, ALPHA, Role::ImportSupplier, device);
        let at = rig.now.0 + S;
        assert_eq!(
            commands(&rig.submit(at, request))[0].1.priority,
            priority,
            "{srv}"
        );
    }
}

#[test]
fn an_undeliverable_command_is_answered_e20() {
    let mut rig = Rig::new();
    let request = rig.reading();
    let (_, command) = commands(&rig.submit(S, request))[0];
    let (due, to, message) =
        only(&rig.deliver(2 * S, csp(&rig.world, request.id.target), undeliverable(&command)));
    assert_eq!((due, to), (2 * S + 50 * MS, Address::user(ALPHA)));
    let Message::ServiceResponse(answer) = message else {
        panic!("{message:?}")
    };
    assert_eq!(
        (answer.code, answer.result),
        (ResponseCode::E20, DeviceResult::Error)
    );
    assert_eq!(rig.counter("dsp.undeliverable"), 1);
}

#[test]
fn a_second_answer_is_counted_and_goes_nowhere() {
    let mut rig = Rig::new();
    let request = rig.reading();
    let (_, command) = commands(&rig.submit(S, request))[0];
    let from = csp(&rig.world, request.id.target);
    assert_eq!(rig.deliver(2 * S, from, response(&command)).len(), 1);
    assert!(rig.deliver(3 * S, from, response(&command)).is_empty());
    assert!(rig.deliver(3 * S, from, undeliverable(&command)).is_empty());
    assert_eq!(rig.counter("dsp.late_responses"), 2);
}

#[test]
fn device_alerts_reach_the_user_the_alert_table_names() {
    let mut rig = Rig::new();
    let premises = rig.premises(|world, premises| {
        let population = &world.population;
        population.electricity_supplier(premises) == ALPHA
            && population.gas_supplier(premises) == Some(BETA)
            && population.dno(premises) == Some(DNO)
    });
    let (esme, gsme) = (
        premises.device(DeviceType::Esme),
        premises.device(DeviceType::Gsme),
    );
    let from = csp(&rig.world, esme.eui64());
    let cases = [
        ("8F3F", esme, None, ALPHA),
        ("81C6", gsme, None, BETA),
        ("8002", esme, None, DNO),
        ("8F66", esme, Some(OTHER), OTHER),
    ];
    for (code, device, sender, recipient) in cases {
        let message = alert(code, device, sender);
        let at = rig.now.0 + S;
        let sent = rig.deliver(at, from, message);
        assert_eq!(
            only(&sent),
            (at + 50 * MS, Address::user(recipient), message),
            "{code}"
        );
    }
    assert_eq!(rig.counter("dsp.device_alerts"), 4);
}

#[test]
fn an_alert_nobody_is_registered_for_is_closed_as_such() {
    let mut rig = Rig::new();
    let premises = rig.premises(|world, premises| world.population.dno(premises).is_none());
    let device = premises.device(DeviceType::Esme);
    let from = csp(&rig.world, device.eui64());
    for message in [
        alert("8002", device, None),
        alert("8F66", device, None),
        alert("8F66", device, Some(UserId(99))),
    ] {
        assert!(rig.deliver(S, from, message).is_empty());
    }
    assert_eq!(
        closed(&rig.account(), ItemKind::DeviceAlert, Outcome::NoRecipient),
        3
    );
}

#[test]
fn responses_and_alerts_wait_their_turn_among_the_requests() {
    let mut rig = Rig::new();
    let request = rig.reading();
    let (_, command) = commands(&rig.submit(S, request))[0];
    let from = csp(&rig.world, request.id.target);
    let device = request.id.target.device().unwrap();
    let second = rig.reading();
    rig.submit(2 * S, second);
    let answered = rig.deliver(2 * S, from, response(&command));
    let alerted = rig.deliver(2 * S, from, alert("8F3F", device, None));
    assert_eq!(only(&answered).0, 2 * S + 20 * MS + 40 * MS);
    assert_eq!(only(&alerted).0, 2 * S + 30 * MS + 40 * MS);
}

#[test]
fn messages_that_are_nobodys_to_send_here_are_counted() {
    let mut rig = Rig::new();
    let request = rig.reading();
    let sent = rig.submit(S, request);
    for envelope in sent {
        assert!(
            rig.deliver(2 * S, Address::user(ALPHA), envelope.message)
                .is_empty()
        );
    }
    assert_eq!(rig.counter("dsp.misdirected"), 2);
}
