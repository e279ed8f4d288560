//! When a message leaves, to the millisecond.

use crate::rig::{Rig, alert, command, response};
use secnet_topology::Span;

#[test]
fn a_sleeping_hub_is_woken_and_stays_awake_for_a_minute_after_the_last_it_was_sent() {
    let mut rig = Rig::new(|_| {});
    for (at_ms, counter) in [(0, 1), (2_000, 2), (60_000, 3), (125_000, 4)] {
        rig.command(at_ms, command("4.1.1", counter, 0));
    }
    // 100 ms of the head end, 4 s until the hub is awake, 1 s on the way.
    let expected = [
        (5_100, 1),
        // It is being woken; the second goes when it is awake.
        (5_100, 2),
        (61_100, 3),
        // It slept again from 120,100 on.
        (130_100, 4),
    ];
    assert_eq!(rig.delivered(), expected);
    assert_eq!(
        (rig.counter("wake_ups"), rig.counter("commands_to_hubs_awake")),
        (2, 2)
    );
}

#[test]
fn what_a_request_is_decides_what_it_takes() {
    // The DCO's check, a vend's code, and two short messages for network data, also to a hub that is awake.
    for (srv, alone, awake) in [
        ("4.1.1", 5_100, 1_100),
        ("1.1.1", 5_300, 1_300),
        ("2.2", 5_200, 1_200),
        ("4.10", 9_100, 9_100),
    ] {
        let mut rig = Rig::new(|_| {});
        rig.command(0, command(srv, 1, 0));
        rig.command(20_000, command(srv, 2, 0));
        rig.command(20_000, command(srv, 3, 7));
        let expected = [(alone, 1), (20_000 + awake, 2), (20_000 + alone, 3)];
        assert_eq!(rig.delivered(), expected, "{srv}");
    }
}

#[test]
fn what_goes_up_needs_no_waking_and_shares_the_head_end_with_what_goes_down() {
    let mut rig = Rig::new(|_| {});
    // Two servers: the third has to wait for 3 s, whatever it is.
    rig.alert(0, alert(1, 2_995));
    rig.alert(0, alert(2, 3_995));
    rig.response(0, response(3, 0));
    rig.command(0, command("4.1.1", 4, 0));
    assert_eq!(rig.passed_on(), [(3_030, 1), (4_030, 2), (3_130, 3)]);
    assert_eq!(rig.delivered(), [(3_200 + 4_000 + 1_000, 4)]);
    assert_eq!(rig.counter("queue_max"), 2);
    assert_eq!(rig.counter("waiting_us"), (3_000 + 3_100) * 1_000);
}

#[test]
fn a_slice_of_the_head_end_serves_as_fast_and_so_much_less_often() {
    let mut rig = Rig::new(|scenario| {
        scenario.s1sp.servers = 1;
        scenario.s1sp.sized_for_premises = Some(100);
        scenario.s1sp.wake_up_min = Span::from_millis(0);
        scenario.s1sp.wake_up_mean = Span::from_millis(0);
    });
    rig.command(0, command("4.1.1", 1, 0));
    rig.command(0, command("4.1.1", 2, 0));
    assert_eq!(rig.delivered(), [(1_100, 1), (2_100, 2)]);
}
