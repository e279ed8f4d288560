//! SECMP0028 seen from outside: one server, 10 ms each, three of each class may wait.
#![allow(clippy::unwrap_used, reason = "tests")]

mod rig;

use rig::{ALPHA, MS, Rig, S, Sent, answers, commands, csp, response};
use secnet_accounts::Accountable;
use secnet_dsp::Dsp;
use secnet_engine::ItemKind;
use secnet_model::{DeviceType, Role};
use secnet_wire::{Answer, Message, ServiceRequest};

const ON: &str = "[modifications]\nSECMP0028 = \"on\"\n";

fn vend(rig: &mut Rig) -> ServiceRequest {
    let device = rig.alphas().device(DeviceType::Esme);
    rig.request("2.2", ALPHA, Role::ImportSupplier, device)
}

#[test]
fn a_vend_is_served_before_all_that_waits_but_does_not_interrupt() {
    let mut rig = Rig::with(ON);
    let mut sent = Vec::new();
    let requests: Vec<ServiceRequest> = (0..3).map(|_| rig.reading()).collect();
    for request in &requests {
        sent.extend(rig.submit(S, *request));
    }
    let vend = vend(&mut rig);
    sent.extend(rig.submit(S + MS, vend));
    sent.extend(rig.run_until(2 * S));
    let served = |place: u64| S + 10 * MS * place + 40 * MS;
    let expected = [
        (requests[0].id.counter, served(1), Answer::Accepted),
        (vend.id.counter, served(2), Answer::Accepted),
        (requests[1].id.counter, served(3), Answer::Accepted),
        (requests[2].id.counter, served(4), Answer::Accepted),
    ];
    assert_eq!(answers(&sent), expected);
}

#[test]
fn each_class_has_a_queue_of_its_own() {
    let mut rig = Rig::with(ON);
    let mut sent = Vec::new();
    for _ in 0..6 {
        let request = rig.reading();
        sent.extend(rig.submit(S, request));
    }
    let busy = |sent: &[Sent]| {
        let is_busy = |answer: &&(u64, u64, Answer)| matches!(answer.2, Answer::Busy { .. });
        answers(sent).iter().filter(is_busy).count()
    };
    assert_eq!(busy(&sent), 2, "one is served, three wait");
    for _ in 0..3 {
        let vend = vend(&mut rig);
        sent.extend(rig.submit(S, vend));
    }
    assert_eq!(busy(&sent), 2);
    assert_eq!(rig.counter("dsp.class_1.refused"), 2);
    sent.extend(rig.run_until(2 * S));
    assert_eq!(answers(&sent).len(), 9);
}

/// Requests, responses and alerts at uneven times; what is sent, by its due time.
fn traffic(rig: &mut Rig) -> Vec<(u64, Message)> {
    let device = rig.alphas().device(DeviceType::Esme);
    let from = csp(&rig.world, device.eui64());
    let mut sent: Vec<Sent> = Vec::new();
    let mut answered = 0;
    for i in 0..200u64 {
        let at = S + i * i % 29 * MS + i * 11 * MS;
        let at = at.max(rig.now.0);
        let request = if i % 3 == 0 { vend(rig) } else { rig.reading() };
        sent.extend(rig.submit(at, request));
        if i % 2 == 0
            && let Some((due, command)) = commands(&sent).get(answered).copied()
            && due < at
        {
            answered += 1;
            sent.extend(rig.deliver(at, from, response(&command)));
        }
        if i % 5 == 0 {
            sent.extend(rig.deliver(at, from, rig::alert("8F35", device, None)));
        }
    }
    sent.extend(rig.run_until(100 * S));
    let mut sent: Vec<(u64, Message)> = sent.iter().map(|sent| (sent.due.0, sent.message)).collect();
    sent.sort_by_key(|(due, message)| (*due, format!("{message:?}")));
    sent
}

#[test]
fn with_one_class_the_order_is_that_of_arrival() {
    let one_class = format!("{ON}[parameters.SECMP0028]\nclasses = []\n");
    // References are given as service starts, not on arrival: they alone may differ.
    let without_references = |sent: Vec<(u64, Message)>| -> Vec<(u64, Message)> {
        let plain = |(due, message)| match message {
            Message::Command(command) => (
                due,
                Message::Command(secnet_wire::Command {
                    correlation: 0,
                    ..command
                }),
            ),
            other => (due, other),
        };
        sent.into_iter().map(plain).collect()
    };
    let on = without_references(traffic(&mut Rig::with(&one_class)));
    let off = without_references(traffic(&mut Rig::new()));
    assert!(on.len() > 300, "{}", on.len());
    assert_eq!(on, off);
}

#[test]
fn alerts_that_wait_are_in_the_dsps_custody_and_everything_survives_a_restart() {
    let mut rig = Rig::with(ON);
    let device = rig.alphas().device(DeviceType::Esme);
    let from = csp(&rig.world, device.eui64());
    for _ in 0..3 {
        let request = rig.reading();
        rig.submit(S, request);
    }
    rig.deliver(S, from, rig::alert("8F35", device, None));
    assert_eq!(rig.account().held[ItemKind::DeviceAlert as usize], 1);
    let saved = rig.dsp.save().unwrap();
    let mut restored = Rig::with(ON);
    restored.dsp = Dsp::restore(&restored.world, &saved).unwrap();
    restored.now = rig.now;
    assert_eq!(restored.dsp.save().unwrap(), saved);
    let rest = rig.run_until(2 * S);
    assert_eq!(rest.len(), 2 * 2 + 1, "two readings and the alert");
    assert_eq!(restored.run_until(2 * S), rest);
    assert_eq!(rig.account().held[ItemKind::DeviceAlert as usize], 0);
}
