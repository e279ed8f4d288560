//! The truth of the field: what commands and removals change in the premises.

use crate::rig::{Rig, command, events, future_dated, ms, world};
use secnet_accounts::{Account, Accountable};
use secnet_engine::Envelope;
use secnet_model::{DeviceType, PremisesId};
use secnet_premises::Premises;
use secnet_topology::World;
use secnet_wire::{Command, DeviceResult, Message};
use std::sync::Arc;

fn removal(of: &str) -> String {
    format!("[[events]]\nname = \"gone\"\nkind = \"removal\"\nstarts_after = \"6h\"\n{of}\n")
}

fn counter(account: &Account, name: &str) -> u64 {
    let name = format!("premises.{name}");
    account.counters().get(&name).copied().unwrap_or_default()
}

#[test]
fn a_meter_whose_supply_is_off_still_answers_and_can_be_disabled_again() {
    let mut rig = Rig::new(|_| {});
    let premises = rig.premises_with(DeviceType::Esme);
    for (counter, srv) in ["7.2", "7.2", "7.4", "4.1.1"].into_iter().enumerate() {
        let counter = counter as u64;
        let at = ms(counter * 1_000);
        rig.command(at, command(counter, srv, premises, DeviceType::Esme));
    }
    let results: Vec<DeviceResult> = rig.responses().iter().map(|(_, r)| r.result).collect();
    assert_eq!(results, [DeviceResult::Success; 4]);
    assert_eq!(rig.counter("supplies_off"), 1);
    rig.command(ms(5_000), command(5, "7.1", premises, DeviceType::Esme));
    assert_eq!(counter(&rig.premises.account(), "supplies_off"), 0);
}

#[test]
fn a_future_dated_disablement_takes_effect_at_its_time() {
    let mut rig = Rig::new(|_| {});
    let premises = rig.premises_with(DeviceType::Esme);
    let disable = command(1, "7.2", premises, DeviceType::Esme);
    rig.command(ms(0), future_dated(disable, 600));
    rig.run_until(ms(599_999));
    assert_eq!(counter(&rig.premises.account(), "supplies_off"), 0);
    rig.run_until(ms(600_000));
    assert_eq!(rig.counter("supplies_off"), 1);
}

#[test]
fn an_unjoined_device_answers_that_command_and_no_other_until_it_is_joined_again() {
    let mut rig = Rig::new(|_| {});
    let premises = rig.premises_with(DeviceType::Esme);
    let held = future_dated(command(0, "1.1.1", premises, DeviceType::Esme), 60);
    rig.command(ms(0), held);
    rig.command(ms(1_000), command(1, "8.8.1", premises, DeviceType::Esme));
    rig.command(ms(2_000), command(2, "4.1.1", premises, DeviceType::Esme));
    // The hub answers for itself.
    let hub_service = secnet_model::Srv::all()
        .find(|srv| srv.entry().may_target(DeviceType::Chf))
        .unwrap();
    let to_hub = command(3, hub_service.number(), premises, DeviceType::Chf);
    rig.command(ms(3_000), to_hub);
    rig.command(ms(70_000), command(4, "8.7.1", premises, DeviceType::Esme));
    rig.command(ms(71_000), command(5, "4.1.1", premises, DeviceType::Esme));
    rig.finish();
    let answered: Vec<u64> = rig.responses().iter().map(|(_, r)| r.id.counter).collect();
    assert_eq!(answered, [0, 1, 3, 4, 5]);
    assert_eq!(rig.counter("commands_to_gone_devices"), 1);
    assert_eq!(rig.counter("future_dated_in_gone_devices"), 1);
    assert_eq!(rig.alerts(), [], "what it held went with it");
}

#[test]
fn a_removed_device_answers_nothing_from_that_moment_on() {
    let mut rig = Rig::new(|scenario| scenario.events = events(&removal("device = \"ESME\"")));
    let premises = rig.premises_with(DeviceType::Esme);
    let gone_at = 6 * 3_600_000;
    for (counter, at) in [gone_at - 1, gone_at].into_iter().enumerate() {
        let counter = counter as u64 * 2;
        rig.command(ms(at), command(counter, "4.1.1", premises, DeviceType::Esme));
        let of_hub = command(counter + 1, "8.9", premises, DeviceType::Chf);
        rig.command(ms(at), of_hub);
    }
    let answered: Vec<u64> = rig.responses().iter().map(|(_, r)| r.id.counter).collect();
    assert_eq!(answered, [0, 1, 3]);
    assert_eq!(rig.counter("commands_to_gone_devices"), 1);
}

#[test]
fn removed_devices_raise_no_alerts() {
    let mut rig = Rig::new(|scenario| {
        scenario.premises.alerts_per_premises_per_day = 20.0;
        scenario.events = events(&removal("premises = [100, 199]"));
    });
    rig.finish();
    let gone_at = ms(6 * 3_600_000);
    let of_gone = |from: bool| {
        let of = |premises: PremisesId| (100..200).contains(&premises.0);
        let alerts = rig.alerts().into_iter();
        alerts
            .filter(|(_, alert)| of(alert.device.premises) && (alert.raised_at >= gone_at) == from)
            .count()
    };
    assert!(of_gone(false) > 200);
    assert_eq!(of_gone(true), 0);
    let late = rig
        .alerts()
        .iter()
        .filter(|(_, a)| a.raised_at >= gone_at)
        .count();
    assert!(late > 10_000, "the others' go on: {late}");
}

/// A day on which devices are removed, unjoined, joined and switched.
fn changing_world() -> Arc<World> {
    world(|scenario| {
        scenario.premises.alerts_per_premises_per_day = 5.0;
        scenario.premises.device_error_share = 0.1;
        scenario.events = events(&removal("share = 0.3\ndevice = \"ESME\""));
    })
}

fn commands() -> Vec<(u64, Command)> {
    let srvs = ["4.1.1", "7.2", "7.3", "8.8.1", "4.1.1", "7.1", "8.1.1", "8.7.1"];
    let command = |i: u64| {
        let premises = PremisesId((i * 7_919 % 997) as u32);
        // Another service each time the premises' turn comes.
        let srv = srvs[((i + i / 997) % 8) as usize];
        let now = command(i, srv, premises, DeviceType::Esme);
        match i % 5 {
            0 => (i * 9_000, future_dated(now, (i * 9 + 1_000) as u32)),
            _ => (i * 9_000, now),
        }
    };
    (0..8_000).map(command).collect()
}

fn run(world: &Arc<World>, edges: &[u32], restored_at: Option<u64>) -> (Vec<Envelope<Message>>, Account) {
    let (mut sent, mut sum) = (Vec::new(), Account::default());
    for edge in edges.windows(2) {
        let mut rig = Rig::of(world, edge[0], edge[1]);
        for (at_ms, command) in commands() {
            let premises = command.id.target.device().unwrap().premises;
            if !(edge[0]..edge[1]).contains(&premises.0) {
                continue;
            }
            rig.command(ms(at_ms), command);
            if restored_at == Some(command.id.counter) {
                let saved = rig.premises.save().unwrap();
                let (first, end) = (PremisesId(edge[0]), PremisesId(edge[1]));
                rig.premises = Premises::restore(world, first, end, &saved).unwrap();
            }
        }
        rig.finish();
        sum.add(&rig.premises.account());
        sent.append(&mut rig.sent);
    }
    sent.sort_by_key(Envelope::order);
    (sent, sum)
}

#[test]
fn neither_shards_nor_a_restore_in_the_middle_change_the_field() {
    let world = changing_world();
    let (sent, account) = run(&world, &[0, 1_000], None);
    for name in [
        "commands_to_gone_devices",
        "future_dated_in_gone_devices",
        "supplies_off",
    ] {
        assert!(counter(&account, name) > 20, "{name}: {:?}", account.counters());
    }
    for (edges, restored_at) in [
        (&[0, 1_000][..], Some(4_000)),
        (&[0, 320, 704, 1_000], None),
        (&[0, 320, 704, 1_000], Some(6_500)),
    ] {
        let (other_sent, other_account) = run(&world, edges, restored_at);
        assert_eq!(other_account, account, "{edges:?}");
        assert!(other_sent == sent, "{edges:?}");
    }
}
