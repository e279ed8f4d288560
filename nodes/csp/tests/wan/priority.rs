use crate::rig::{Rig, alert, command, response};
use secnet_engine::{Node, Outcome};
use secnet_wire::{Message, UndeliverableReason};

#[test]
fn an_idle_cell_sends_at_once_and_sets_no_timer() {
    let mut rig = Rig::new(|_| {});
    rig.command(1_000, command(1, 2, 100));
    assert_eq!(rig.delivered(), [(1_000 + 100 + 1_000, 1)]);
    assert!(rig.csp.next_deadline().is_never());
    rig.command(1_100, command(2, 2, 50));
    assert_eq!(
        rig.delivered()[1],
        (1_100 + 50 + 1_000, 2),
        "free again at the very end of a transmission"
    );
    assert!(rig.csp.next_deadline().is_never());
}

#[test]
fn a_busy_cell_sends_the_most_urgent_first_and_in_order_of_arrival_within_a_class() {
    let mut rig = Rig::new(|_| {});
    for (at, counter, priority) in [
        (0, 1, 3),
        (10, 2, 3),
        (20, 3, 1),
        (30, 4, 0),
        (40, 5, 1),
        (50, 6, 2),
    ] {
        rig.command(at, command(counter, priority, 100));
    }
    rig.finish();
    // What is being transmitted is not interrupted; then classes 0, 1, 1, 2, 3.
    assert_eq!(
        rig.delivered(),
        [
            (1_100, 1),
            (1_200, 4),
            (1_300, 3),
            (1_400, 5),
            (1_500, 6),
            (1_600, 2)
        ]
    );
    assert_eq!(
        rig.counter("downlink.waiting_us"),
        (70 + 180 + 260 + 350 + 490) * 1_000
    );
    assert_eq!(rig.counter("downlink.transmissions"), 6);
    assert_eq!(rig.counter("downlink.transmitting_us"), 600_000);
}

#[test]
fn a_cell_s_directions_and_other_cells_do_not_hold_each_other_up() {
    let mut rig = Rig::new(|scenario| scenario.population.premises = 20);
    rig.command(0, command(1, 1, 100));
    rig.response(0, response(2, 1, 100));
    let mut elsewhere = command(3, 1, 100);
    elsewhere.id = crate::rig::request(3, 15);
    rig.command(0, elsewhere);
    assert_eq!(rig.delivered(), [(1_100, 1), (1_100, 3)]);
    assert_eq!(rig.counter("responses_delivered"), 1);
    assert_eq!(rig.sent[1].due.0, (100 + 30) * 1_000);
}

#[test]
fn a_full_queue_refuses_the_least_urgent_and_of_those_the_last() {
    let mut rig = Rig::new(|scenario| scenario.csp.north.queue_limit = 3);
    rig.command(0, command(1, 2, 100));
    for counter in 2..=4 {
        rig.command(counter, command(counter, 2, 100));
    }
    rig.command(10, command(5, 2, 100));
    assert_eq!(
        rig.undeliverable(),
        [(10 + 30, 5, UndeliverableReason::QueueFull)],
        "as urgent as what waits"
    );
    rig.command(20, command(6, 3, 100));
    rig.command(30, command(7, 0, 100));
    assert_eq!(
        rig.undeliverable()[1..],
        [
            (20 + 30, 6, UndeliverableReason::QueueFull),
            (30 + 30, 4, UndeliverableReason::QueueFull),
        ]
    );
    rig.finish();
    let order: Vec<u64> = rig.delivered().into_iter().map(|(_, counter)| counter).collect();
    assert_eq!(order, [1, 7, 2, 3]);
    assert_eq!(rig.counter("commands_queue_full"), 3);
}

#[test]
fn a_cell_without_a_queue_refuses_whatever_finds_it_busy() {
    let mut rig = Rig::new(|scenario| scenario.csp.north.queue_limit = 0);
    rig.command(0, command(1, 3, 100));
    rig.command(99, command(2, 0, 100));
    rig.command(100, command(3, 3, 100));
    assert_eq!(
        rig.undeliverable(),
        [(99 + 30, 2, UndeliverableReason::QueueFull)]
    );
    assert_eq!(rig.delivered().len(), 2);
}

#[test]
fn critical_alerts_overtake_what_waits_and_dropped_alerts_are_accounted_for() {
    let mut rig = Rig::new(|scenario| scenario.csp.north.queue_limit = 2);
    rig.response(0, response(1, 1, 100));
    rig.alert(1, alert("8002", 1, 100));
    rig.response(2, response(2, 1, 100));
    rig.alert(3, alert("8F35", 2, 100));
    assert_eq!(
        rig.alerts_closed(Outcome::DroppedQueueFull),
        1,
        "the ordinary alert makes room"
    );
    assert_eq!(rig.alerts_held(), 1);
    rig.response(4, response(3, 2, 100));
    rig.finish();
    assert_eq!(
        (
            rig.counter("responses_queue_full"),
            rig.counter("alerts_queue_full")
        ),
        (1, 1)
    );
    assert_eq!(rig.alerts_held(), 0);
    let second = &rig.sent[1];
    assert!(matches!(second.message, Message::DeviceAlert(alert) if alert.number == 2));
    assert_eq!(second.due.0, (200 + 30) * 1_000);
}
