use crate::rig::{Rig, world};
use secnet_accounts::Accountable;
use secnet_engine::{ItemKind, Outcome};
use secnet_model::{AlertRecipient, DeviceType, PremisesId, SimTime};
use secnet_topology::scenario::Scenario;
use std::collections::BTreeMap;

fn busy(scenario: &mut Scenario) {
    scenario.premises.alerts_per_premises_per_day = 20.0;
}

#[test]
fn alerts_come_at_their_rate_from_enrolled_premises_until_the_horizon() {
    let mut rig = Rig::new(busy);
    rig.finish();
    let alerts = rig.alerts();
    let population = &rig.world.population;
    let enrolled = (0..1_000)
        .filter(|p| population.is_enrolled(PremisesId(*p)))
        .count() as f64;
    let expected = enrolled * 20.0;
    assert!(
        (alerts.len() as f64 / expected - 1.0).abs() < 0.03,
        "{} of {expected}",
        alerts.len()
    );
    assert!(
        alerts
            .iter()
            .all(|(_, alert)| alert.raised_at < SimTime::from_secs(86_400))
    );
    assert!(alerts.last().unwrap().1.raised_at > SimTime::from_secs(86_000));
    assert!(
        alerts
            .iter()
            .all(|(_, alert)| population.has_device(alert.device.premises, alert.device.device_type))
    );
    let premises_heard: std::collections::BTreeSet<_> =
        alerts.iter().map(|(_, a)| a.device.premises).collect();
    assert_eq!(premises_heard.len() as f64, enrolled, "every one of them");
}

#[test]
fn the_mix_follows_the_background_weights_and_what_is_in_the_premises() {
    let mut rig = Rig::new(busy);
    rig.finish();
    let population = &rig.world.population;
    let mut by_code: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, alert) in rig.alerts() {
        let entry = alert.alert.entry();
        *by_code.entry(entry.code).or_default() += 1;
        assert!(entry.background_weight > 0, "{}", entry.code);
        assert_ne!(entry.recipient, AlertRecipient::CommandSender);
        assert_eq!(alert.command, None);
        assert!((entry.bytes_min..=entry.bytes_max).contains(&alert.bytes));
        if matches!(entry.code, "810D" | "810E" | "8119" | "8F0F") {
            assert!(population.is_prepayment(alert.device.premises), "{}", entry.code);
        }
        if matches!(entry.code, "8F1D" | "8F1F") {
            assert_eq!(alert.device.device_type, DeviceType::Gsme);
        }
    }
    // 8002 has weight 14 in every premises' mix, 8F32 has 4.
    let ratio = by_code["8002"] as f64 / by_code["8F32"] as f64;
    assert!((ratio - 3.5).abs() < 0.4, "{ratio}");
}

#[test]
fn each_premises_numbers_its_alerts_and_envelopes_from_one() {
    let mut rig = Rig::new(busy);
    rig.finish();
    let mut seen: BTreeMap<PremisesId, u32> = BTreeMap::new();
    for envelope in &rig.sent {
        let secnet_wire::Message::DeviceAlert(alert) = envelope.message else {
            panic!("only alerts")
        };
        let number = seen.entry(alert.device.premises).or_default();
        *number += 1;
        assert_eq!((alert.number, envelope.seq), (*number, u64::from(*number)));
    }
}

#[test]
fn alerts_from_premises_without_coverage_are_lost_there_and_accounted_for() {
    let mut rig = Rig::new(|scenario| {
        busy(scenario);
        scenario.population.no_wan_share = 0.3;
    });
    rig.finish();
    let account = rig.premises.account();
    let opened = account.ledger.opened(ItemKind::DeviceAlert);
    let lost = account.ledger.closed(ItemKind::DeviceAlert, Outcome::LostOnWan);
    assert_eq!(opened, lost + rig.sent.len() as u64);
    assert_eq!(lost, rig.counter("alerts_without_coverage"));
    assert!((lost as f64 / opened as f64 - 0.3).abs() < 0.05);
}

#[test]
fn a_rate_of_zero_sets_no_timer() {
    let world = world(|_| {});
    let rig = Rig::of(&world, 0, 1_000);
    assert!(secnet_engine::Node::next_deadline(&rig.premises).is_never());
}
