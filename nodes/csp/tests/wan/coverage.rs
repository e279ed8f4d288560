use crate::rig::{Rig, command, request};
use secnet_model::Address;
use secnet_wire::{Message, UndeliverableReason};

#[test]
fn a_premises_without_coverage_is_reported_at_once_and_costs_the_cell_nothing() {
    let mut rig = Rig::new(|scenario| scenario.population.no_wan_share = 1.0);
    rig.command(1_000, command(7, 1, 100));
    assert_eq!(
        rig.undeliverable(),
        [(1_000 + 30, 7, UndeliverableReason::NoCoverage)]
    );
    assert_eq!(rig.sent[0].to, Address::DSP);
    assert!(matches!(rig.sent[0].message, Message::Undeliverable(word) if word.correlation == 7));
    assert_eq!(rig.counter("downlink.transmissions"), 0);
    assert_eq!(rig.counter("commands_without_coverage"), 1);
}

#[test]
fn a_command_for_another_region_is_answered_and_counted() {
    let mut rig = Rig::new(|_| {});
    let mut stray = command(1, 1, 100);
    stray.id = request(1, 10);
    rig.command(0, stray);
    assert_eq!(rig.undeliverable(), [(30, 1, UndeliverableReason::NoCoverage)]);
    assert_eq!(rig.counter("misrouted"), 1);
}
