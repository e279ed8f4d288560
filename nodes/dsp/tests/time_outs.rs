//! What Users are told when a device does not answer, and when.
#![allow(clippy::unwrap_used, reason = "tests")]

mod rig;

use rig::{ALPHA, DAY, HOUR, MS, Rig, S, commands, csp, response, undeliverable};
use secnet_engine::{ItemKind, Outcome};
use secnet_model::{CommandVariant, DccAlertCode, DeviceType, ResponseCode, Role};
use secnet_wire::{Command, CommandOrigin, DccAlert, Message, ServiceRequest, ServiceResponse, Timing};

fn service_responses(sent: &[rig::Sent]) -> Vec<(u64, ServiceResponse)> {
    let response = |envelope: &rig::Sent| match envelope.message {
        Message::ServiceResponse(response) => Some((envelope.due.0, response)),
        _ => None,
    };
    sent.iter().filter_map(response).collect()
}

#[test]
fn a_silent_device_is_given_up_with_e21_after_twice_the_target_response_time() {
    // 30 s: the shortest time-out of 60 s holds; 5,600 s: 11,200 s.
    for (srv, timeout) in [("4.1.1", 60 * S), ("4.8.1", 11_200 * S)] {
        let mut rig = Rig::new();
        let device = rig.alphas().device(DeviceType::Esme);
        let request = rig.request(srv, ALPHA, Role::ImportSupplier, device);
        let sent_at = S + 10 * MS;
        let (_, command) = commands(&rig.submit(S, request))[0];
        assert!(rig.run_until(sent_at + timeout - 1).is_empty());
        let (due, answer) = service_responses(&rig.run_until(sent_at + timeout))[0];
        assert_eq!(
            (due, answer.code),
            (sent_at + timeout + 40 * MS, ResponseCode::E21),
            "{srv}"
        );
        assert_eq!(answer.id, request.id);
        assert_eq!(rig.counter("dsp.time_outs"), 1);

        let late = rig.deliver(
            rig.now.0 + 1,
            csp(&rig.world, request.id.target),
            response(&command),
        );
        assert!(late.is_empty());
        assert_eq!(rig.counter("dsp.late_responses"), 1);
    }
}

#[test]
fn an_answer_at_the_very_moment_of_the_time_out_is_late() {
    let mut rig = Rig::new();
    let request = rig.reading();
    let (_, command) = commands(&rig.submit(S, request))[0];
    let sent = rig.deliver(
        S + 10 * MS + 60 * S,
        csp(&rig.world, request.id.target),
        response(&command),
    );
    assert_eq!(service_responses(&sent)[0].1.code, ResponseCode::E21);
    assert_eq!((sent.len(), rig.counter("dsp.late_responses")), (1, 1));
}

/// A price change has a day only where a device is to hold it.
#[test]
fn a_price_change_on_demand_is_not_waited_for_two_days() {
    let mut rig = Rig::new();
    let device = rig.alphas().device(DeviceType::Esme);
    let variant = CommandVariant::SignedWan;
    let price = ServiceRequest {
        variant,
        service: variant.web_service(),
        ..rig.request("1.2.1", ALPHA, Role::ImportSupplier, device)
    };
    rig.submit(S, price);
    let answers = service_responses(&rig.run_until(3 * DAY));
    let (due, answer) = answers[0];
    assert_eq!(
        (due, answer.code),
        (S + 10 * MS + 60 * S + 40 * MS, ResponseCode::E21)
    );
    assert_eq!((answers.len(), answer.id), (1, price.id));
}

#[test]
fn a_command_held_by_the_device_times_out_with_e21_and_one_held_by_the_dsp_with_e30() {
    let mut rig = Rig::new();
    let device = rig.alphas().device(DeviceType::Esme);
    let variant = CommandVariant::SignedWan;
    let tariff = ServiceRequest {
        variant,
        service: variant.web_service(),
        timing: Timing::At { seconds: 300 },
        ..rig.request("1.1.1", ALPHA, Role::ImportSupplier, device)
    };
    let held = ServiceRequest {
        timing: Timing::At { seconds: 3_600 },
        ..rig.reading()
    };
    rig.submit(S, tariff);
    rig.submit(2 * S, held);
    let answers = service_responses(&rig.run_until(3 * DAY));
    let expected = [
        (
            HOUR + 60 * S + 50 * MS,
            held.id,
            ResponseCode::E30,
            CommandOrigin::HeldByDsp,
        ),
        (
            2 * DAY + S + 50 * MS,
            tariff.id,
            ResponseCode::E21,
            CommandOrigin::HeldByDevice,
        ),
    ];
    let answers: Vec<_> = answers
        .iter()
        .map(|(due, a)| (*due, a.id, a.code, a.origin))
        .collect();
    assert_eq!(answers, expected);
}

#[test]
fn answers_in_any_order_leave_the_others_time_outs_exact() {
    let mut rig = Rig::new();
    let sent: Vec<_> = (0..20u64)
        .map(|i| {
            let request = rig.reading();
            commands(&rig.submit(i * S, request))[0].1
        })
        .collect();
    let from = csp(&rig.world, sent[0].id.target);
    for i in [0usize, 19, 7, 8, 3, 12] {
        assert_eq!(
            rig.deliver(30 * S + i as u64 * MS * 50, from, response(&sent[i]))
                .len(),
            1
        );
    }
    let answers = service_responses(&rig.run_until(HOUR));
    let silent = (0..20u64).filter(|i| ![0, 19, 7, 8, 3, 12].contains(i));
    let expected: Vec<_> = silent
        .map(|i| (i * S + 60 * S + 50 * MS, sent[i as usize].id))
        .collect();
    assert_eq!(
        answers.iter().map(|(due, a)| (*due, a.id)).collect::<Vec<_>>(),
        expected
    );
}

fn dcc_alerts(sent: &[rig::Sent]) -> Vec<(u64, DccAlert)> {
    let alert = |envelope: &rig::Sent| match envelope.message {
        Message::DccAlert(alert) => Some((envelope.due.0, alert)),
        _ => None,
    };
    sent.iter().filter_map(alert).collect()
}

#[test]
fn a_scheduled_read_without_an_answer_is_told_by_n13_and_an_undeliverable_one_by_n12() {
    let mut rig = Rig::with(DAILY_READS);
    let (mut sent, mut now) = (Vec::new(), 0);
    while commands(&sent).is_empty() {
        now += S;
        sent.extend(rig.run_until(now));
    }
    let first = commands(&sent)[0].1;
    sent.extend(rig.deliver(now, csp(&rig.world, first.id.target), undeliverable(&first)));
    sent.extend(rig.run_until(12 * HOUR));
    let started = commands(&sent);
    let alerts = dcc_alerts(&sent);
    assert!(service_responses(&sent).is_empty());
    assert_eq!(alerts.len(), started.len(), "each ends");
    assert!(started.len() > 100, "{}", started.len());
    for (due, alert) in &alerts {
        if (alert.about, alert.request) == (first.id.target, first.id.counter) {
            assert_eq!((*due, alert.code), (now + 50 * MS, DccAlertCode::N12));
            continue;
        }
        let about = |(_, command): &&(u64, Command)| {
            (command.id.target, command.id.counter) == (alert.about, alert.request)
        };
        // The command left 30 ms of link before it is due, when it had been served.
        let (command_due, _) = started.iter().find(about).unwrap();
        assert_eq!(
            (*due, alert.code),
            (command_due - 30 * MS + 60 * S + 40 * MS, DccAlertCode::N13)
        );
    }
    rig.assert_balance(ItemKind::ScheduledRead, 0);
    let ledger = rig.account().ledger;
    assert_eq!(ledger.closed(ItemKind::ScheduledRead, Outcome::NotDelivered), 1);
    let timed_out = ledger.closed(ItemKind::ScheduledRead, Outcome::ScheduleTimeOut);
    assert_eq!(timed_out, started.len() as u64 - 1);
    // The messages carry the alerts to the Users, who close them.
    rig.assert_balance(ItemKind::DccAlert, started.len() as u64);
    assert_eq!(rig.counter("dsp.dcc_alerts"), started.len() as u64);
}

#[test]
fn scheduled_reads_under_way_are_in_the_dsps_custody() {
    let mut rig = Rig::with(DAILY_READS);
    let sent = rig.run_until(30 * 60 * S);
    let (started, ended) = (commands(&sent).len() as u64, dcc_alerts(&sent).len() as u64);
    assert!(started > ended && ended > 0);
    assert_eq!(
        rig.account().held[ItemKind::ScheduledRead as usize],
        started - ended
    );
    rig.assert_balance(ItemKind::ScheduledRead, 0);
}

const DAILY_READS: &str = r#"
    [[schedules]]
    from = "Alpha"
    srv = "4.6.1"
    window = "6h"
"#;
