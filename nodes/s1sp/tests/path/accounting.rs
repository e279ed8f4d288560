//! What is lost, refused or has nowhere to go is told of and counted once.

use crate::rig::{Rig, alert, command, response};
use secnet_accounts::Accountable;
use secnet_engine::{ItemKind, Outcome};
use secnet_wire::UndeliverableReason::{LostOnWan, NoCoverage, QueueFull};

#[test]
fn a_hub_that_cannot_be_woken_is_given_up_after_the_last_short_message() {
    let mut rig = Rig::new(|scenario| scenario.s1sp.wake_up_loss = 1.0);
    rig.command(0, command("4.1.1", 1, 0));
    // Three short messages, each waited for 20 s.
    assert_eq!(rig.undeliverable(), [(100 + 60_000 + 30, (1, LostOnWan))]);
    assert_eq!((rig.counter("wake_ups"), rig.counter("not_woken")), (3, 1));
    assert!(rig.delivered().is_empty());
}

#[test]
fn a_message_is_given_up_after_its_last_transmission() {
    let mut rig = Rig::new(|scenario| scenario.s1sp.loss = 1.0);
    rig.command(0, command("4.1.1", 1, 0));
    rig.response(0, response(2, 3));
    rig.alert(0, alert(3, 95));
    let held = |rig: &Rig| rig.s1sp.account().held[ItemKind::DeviceAlert as usize];
    assert_eq!((held(&rig), rig.alerts_closed(Outcome::LostOnWan)), (1, 0));
    rig.finish();
    assert_eq!((held(&rig), rig.alerts_closed(Outcome::LostOnWan)), (0, 1));
    // 100 ms, 4 s to wake it, three transmissions each waited for 5 s.
    assert_eq!(rig.undeliverable(), [(4_100 + 15_000 + 30, (1, LostOnWan))]);
    assert_eq!(
        (rig.counter("responses_lost"), rig.counter("alerts_lost")),
        (1, 1)
    );
    assert!(rig.passed_on().is_empty());
}

/// Three transmissions in all, each lost with a chance of 0.3: 0.027 of the messages are lost, and as many again as the losses say are
/// sent more than once.
#[test]
fn losses_are_those_of_independent_transmissions() {
    let mut rig = Rig::new(|scenario| {
        scenario.s1sp.loss = 0.3;
        scenario.s1sp.servers = 1_000;
    });
    let messages = 20_000;
    for number in 0..messages {
        rig.alert(u64::from(number), alert(number, 95));
    }
    rig.finish();
    let lost = rig.alerts_closed(Outcome::LostOnWan) as f64 / f64::from(messages);
    assert!(
        (lost - 0.027).abs() < 4.0 * (0.027 * 0.973 / f64::from(messages)).sqrt(),
        "{lost}"
    );
    let at_once = |(due, number): &&(u64, u64)| *due == number + 130;
    let at_first = rig.passed_on().iter().filter(at_once).count() as f64 / f64::from(messages);
    assert!(
        (at_first - 0.7).abs() < 4.0 * (0.21 / f64::from(messages)).sqrt(),
        "{at_first}"
    );
}

#[test]
fn a_full_head_end_takes_nothing_more() {
    let mut rig = Rig::new(|scenario| scenario.s1sp.queue_limit = 1);
    for number in 1..=3 {
        rig.alert(0, alert(number, 995));
    }
    rig.alert(0, alert(4, 95));
    rig.command(0, command("4.1.1", 5, 0));
    rig.response(0, response(6, 0));
    assert_eq!(rig.passed_on().len(), 3);
    assert_eq!(rig.alerts_closed(Outcome::DroppedQueueFull), 1);
    assert_eq!(rig.undeliverable(), [(30, (5, QueueFull))]);
    assert_eq!(rig.counter("responses_queue_full"), 1);
}

#[test]
fn premises_without_coverage_are_not_tried_and_those_of_others_are_not_served() {
    let mut rig = Rig::new(|scenario| scenario.population.no_wan_share = 1.0);
    rig.command(0, command("4.1.1", 1, 0));
    rig.command(0, command("4.1.1", 2, 10));
    assert_eq!(
        rig.undeliverable(),
        [(30, (1, NoCoverage)), (30, (2, NoCoverage))]
    );
    assert_eq!(
        (rig.counter("commands_without_coverage"), rig.counter("misrouted")),
        (1, 1)
    );
    assert_eq!(rig.counter("wake_ups"), 0);
}
