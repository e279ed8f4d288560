use crate::rig::{Rig, alert, command, response};
use secnet_engine::Outcome;
use secnet_wire::UndeliverableReason;

#[test]
fn a_command_lost_every_time_is_sent_as_often_as_allowed_and_reported_once() {
    let mut rig = Rig::new(|scenario| scenario.csp.north.loss = 1.0);
    rig.command(0, command(1, 1, 100));
    // Each transmission takes 100 ms; its loss is noticed 5 s after its end.
    rig.run_until(crate::rig::ms(15_299));
    assert_eq!(rig.undeliverable(), []);
    rig.finish();
    assert_eq!(
        rig.undeliverable(),
        [(3 * 5_100 + 30, 1, UndeliverableReason::LostOnWan)]
    );
    assert_eq!(rig.counter("downlink.transmissions"), 3);
    assert_eq!(rig.counter("retransmissions"), 2);
    assert_eq!(rig.counter("commands_lost"), 1);
}

#[test]
fn responses_and_alerts_lost_every_time_are_accounted_for() {
    let mut rig = Rig::new(|scenario| scenario.csp.north.loss = 1.0);
    rig.response(0, response(1, 1, 100));
    rig.alert(0, alert("8002", 1, 100));
    assert_eq!(rig.alerts_held(), 1);
    rig.run_until(crate::rig::ms(6_000));
    assert_eq!(rig.alerts_held(), 1, "also while its loss is not yet noticed");
    rig.finish();
    assert_eq!(rig.sent, [], "a lost response leaves the DSP to its time-out");
    assert_eq!(
        (rig.counter("responses_lost"), rig.counter("alerts_lost")),
        (1, 1)
    );
    assert_eq!(rig.alerts_closed(Outcome::LostOnWan), 1);
    assert_eq!(rig.alerts_held(), 0);
}

#[test]
fn a_lost_message_goes_to_the_end_of_its_class_s_queue() {
    let mut rig = Rig::new(|scenario| {
        scenario.csp.north.loss = 0.3;
        scenario.csp.north.retransmit_after = secnet_topology::Span::from_millis(10);
    });
    // All have come before the first transmission ends.
    for counter in 0..100 {
        rig.command(counter, command(counter, 1, 100));
    }
    rig.finish();
    let (delivered, lost) = (rig.delivered(), rig.undeliverable());
    assert_eq!(delivered.len() + lost.len(), 100);
    assert!(
        delivered.windows(2).all(|pair| pair[1].0 >= pair[0].0 + 100),
        "one at a time"
    );
    let rounds = 1 + delivered.windows(2).filter(|pair| pair[1].1 < pair[0].1).count();
    assert_eq!(
        rounds, 3,
        "all first transmissions, then all second, then all third: {delivered:?}"
    );
    let (all, again) = (
        rig.counter("downlink.transmissions"),
        rig.counter("retransmissions"),
    );
    assert_eq!(all, 100 + again);
    // 100 × (0.3 + 0.09) expected.
    assert!((24..=54).contains(&again), "{again}");
}

#[test]
fn losses_strike_messages_whatever_else_goes_on() {
    let delivered_with = |spacing_ms: u64| {
        let mut rig = Rig::new(|scenario| {
            scenario.csp.north.loss = 0.6;
            scenario.csp.north.queue_limit = 10_000;
        });
        for counter in 0..500 {
            rig.command(counter * spacing_ms, command(counter, 1, 100));
        }
        rig.finish();
        let mut delivered: Vec<u64> = rig.delivered().into_iter().map(|(_, counter)| counter).collect();
        delivered.sort_unstable();
        delivered
    };
    let calm = delivered_with(20_000);
    assert_eq!(calm, delivered_with(1), "the same messages get through in a rush");
    let share = calm.len() as f64 / 500.0;
    assert!((share - (1.0 - 0.6f64.powi(3))).abs() < 0.06, "{share}");
}

/// Kept for 12 s: a command that waits for longer is not sent any more, nor one that was lost so long ago; responses and alerts are.
#[test]
fn a_command_is_given_up_when_its_time_to_live_is_over() {
    let kept = |scenario: &mut secnet_topology::Scenario| {
        scenario.csp.north.command_time_to_live = Some(secnet_topology::Span::from_secs(12));
    };
    let mut rig = Rig::new(kept);
    for counter in 1..=4 {
        rig.command(0, command(counter, 1, 5_000));
    }
    rig.command(13_000, command(5, 1, 100));
    rig.finish();
    // At 0, 5 and 10 s; the fourth would have been at 15 s, when the fifth goes.
    assert_eq!(
        rig.delivered(),
        [(6_000, 1), (11_000, 2), (16_000, 3), (16_100, 5)]
    );
    assert_eq!(
        rig.undeliverable(),
        [(15_000 + 30, 4, UndeliverableReason::Expired)]
    );
    assert_eq!(rig.counter("commands_expired"), 1);

    let mut rig = Rig::new(|scenario| {
        kept(scenario);
        scenario.csp.north.loss = 1.0;
        scenario.csp.north.transmissions_max = 10;
    });
    rig.command(0, command(1, 1, 1_000));
    rig.finish();
    // Sent at 0, 6 and 12 s, each time lost a second later and noticed after five more.
    assert_eq!(
        rig.undeliverable(),
        [(18_000 + 30, 1, UndeliverableReason::Expired)]
    );
}
