use crate::rig::{Rig, alert, command, response};
use secnet_accounts::Accountable;
use secnet_engine::{ItemKind, Outcome};
use secnet_wire::Message;

/// At every moment each alert that came is closed, held, or has been passed on; each command is delivered, reported or in the cells.
#[test]
fn whatever_enters_is_accounted_for_at_every_moment() {
    let mut rig = Rig::new(|scenario| {
        scenario.csp.north.loss = 0.3;
        scenario.csp.north.queue_limit = 20;
    });
    let mut alerts_in = 0;
    for step in 0..3_000_u64 {
        let code = if step % 5 == 0 { "8F35" } else { "8002" };
        let at = step * 150;
        match step % 3 {
            0 => rig.command(at, command(step, (step % 4) as u8, 100)),
            1 => rig.response(at, response(step, (step % 4) as u8, 120)),
            _ => {
                alerts_in += 1;
                rig.alert(at, alert(code, step as u32, 300));
            }
        }
        let account = rig.csp.account();
        let closed = account.ledger.closed_total(ItemKind::DeviceAlert);
        let held = account.held[ItemKind::DeviceAlert as usize];
        assert_eq!(
            alerts_in,
            closed + held + rig.counter("alerts_passed_on"),
            "step {step}"
        );
    }
    rig.finish();
    assert_eq!(rig.alerts_held(), 0);
    let ends = [
        "commands_delivered",
        "commands_lost",
        "commands_queue_full",
        "commands_without_coverage",
    ];
    assert_eq!(
        rig.counter("commands"),
        ends.iter().map(|name| rig.counter(name)).sum::<u64>()
    );
    let passed_on = rig
        .sent
        .iter()
        .filter(|e| matches!(e.message, Message::DeviceAlert(_)))
        .count() as u64;
    assert_eq!(rig.counter("alerts_passed_on"), passed_on);
    assert_eq!(
        rig.counter("alerts_queue_full"),
        rig.alerts_closed(Outcome::DroppedQueueFull)
    );
    assert!(
        rig.counter("alerts_queue_full") > 0 && rig.counter("alerts_lost") > 0,
        "the test reaches both"
    );
    assert!(rig.sent.windows(2).all(|pair| pair[0].seq < pair[1].seq));
}
