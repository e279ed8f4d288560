//! Storms of alerts, noisy devices, and consolidation at the hub.

use crate::rig::{Rig, world};
use crate::sharding::alerts_in_shards;
use secnet_accounts::Accountable;
use secnet_engine::{ItemKind, Outcome};
use secnet_model::{DeviceType, PremisesId, SimTime};
use secnet_premises::Premises;
use secnet_topology::modifications::Switch;
use secnet_topology::modifications::secmp0062::ConsolidationPlace;
use secnet_topology::scenario::{AlertStormParams, Scenario};
use secnet_topology::{Span, World};
use std::collections::BTreeMap;
use std::sync::Arc;

const HOUR: u64 = 3_600;

fn storm() -> AlertStormParams {
    AlertStormParams {
        name: "failures".to_owned(),
        device: DeviceType::Esme,
        region: None,
        device_share: 0.2,
        alert: "8F3D".to_owned(),
        per_device_per_hour: 12.0,
        size_factor: 100.0,
        starts_after: Span::from_secs(2 * HOUR),
        lasts: Span::from_secs(5 * HOUR),
    }
}

fn noisy(scenario: &mut Scenario) {
    scenario.premises.alerts_per_premises_per_day = 20.0;
    scenario.premises.alerts_tail.noisy_share = 0.02;
    scenario.premises.alerts_tail.alert_share = 0.8;
}

fn at_the_hub(scenario: &mut Scenario) {
    scenario.modifications.secmp0062 = Switch::On;
    scenario.parameters.secmp0062.place = ConsolidationPlace::Hub;
    scenario.parameters.secmp0062.period = Span::from_secs(4 * HOUR);
}

/// Everything at once.
fn stormy_world() -> Arc<World> {
    world(|scenario| {
        noisy(scenario);
        at_the_hub(scenario);
        scenario.population.no_wan_share = 0.05;
        scenario.alert_storms = vec![storm()];
    })
}

#[test]
fn a_storm_strikes_its_share_of_devices_at_its_rate_and_size_for_its_time() {
    let mut rig = Rig::new(|scenario| scenario.alert_storms = vec![storm()]);
    rig.finish();
    let mut by_premises: BTreeMap<PremisesId, u64> = BTreeMap::new();
    for (_, alert) in rig.alerts() {
        *by_premises.entry(alert.device.premises).or_default() += 1;
        assert_eq!(
            (alert.alert.entry().code, alert.device.device_type),
            ("8F3D", DeviceType::Esme)
        );
        assert!((SimTime::from_secs(2 * HOUR)..SimTime::from_secs(7 * HOUR)).contains(&alert.raised_at));
        assert!((10_800..=12_400).contains(&alert.bytes), "{}", alert.bytes);
    }
    let population = &rig.world.population;
    let enrolled = (0..1_000)
        .filter(|p| population.is_enrolled(PremisesId(*p)))
        .count() as f64;
    let struck = by_premises.len() as f64;
    assert!((struck / enrolled - 0.2).abs() < 0.04, "{struck} of {enrolled}");
    let each = by_premises.values().sum::<u64>() as f64 / struck;
    assert!(
        (each / 60.0 - 1.0).abs() < 0.03,
        "{each} alerts each in five hours"
    );
    assert!(
        by_premises.values().all(|alerts| (25..=110).contains(alerts)),
        "all alike"
    );
}

#[test]
fn noisy_devices_repeat_themselves_and_leave_the_mean_as_it_is() {
    let mut rig = Rig::new(noisy);
    rig.finish();
    let mut by_repetition: BTreeMap<u64, u64> = BTreeMap::new();
    for (_, alert) in rig.alerts() {
        *by_repetition.entry(alert.repetition_key()).or_default() += 1;
    }
    let population = &rig.world.population;
    let enrolled = (0..1_000)
        .filter(|p| population.is_enrolled(PremisesId(*p)))
        .count() as f64;
    let all: u64 = by_repetition.values().sum();
    // Of the 20 noisy devices some stand in premises that are not enrolled.
    assert!((all as f64 / (enrolled * 20.0) - 1.0).abs() < 0.3, "{all}");
    let mut counts: Vec<u64> = by_repetition.into_values().collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let of_the_loudest: u64 = counts[..20].iter().sum();
    let share = of_the_loudest as f64 / all as f64;
    assert!((0.7..0.9).contains(&share), "{share} from 20 devices");
}

#[test]
fn at_the_hub_a_storm_leaves_the_threshold_and_one_a_period_to_the_wan() {
    let mut rig = Rig::new(|scenario| {
        at_the_hub(scenario);
        scenario.alert_storms = vec![AlertStormParams {
            per_device_per_hour: 600.0,
            ..storm()
        }];
    });
    rig.finish();
    let mut by_premises: BTreeMap<PremisesId, Vec<_>> = BTreeMap::new();
    for (_, alert) in rig.alerts() {
        by_premises.entry(alert.device.premises).or_default().push(alert);
    }
    assert!(by_premises.len() > 150);
    let mut spoken_for = 0;
    for alerts in by_premises.values() {
        let consolidated: Vec<_> = alerts.iter().filter_map(|alert| alert.throttled).collect();
        // Ten in the first minutes; five hours from the eleventh on are two periods of four hours.
        assert_eq!((alerts.len(), consolidated.len()), (12, 2));
        assert_eq!((consolidated[0].sequence, consolidated[1].sequence), (1, 2));
        spoken_for += consolidated.iter().map(|t| u64::from(t.count)).sum::<u64>();
    }
    let account = rig.premises.account();
    let suppressed = account.ledger.closed(ItemKind::DeviceAlert, Outcome::Suppressed);
    assert_eq!(suppressed, spoken_for);
    assert_eq!(suppressed, rig.counter("alerts_suppressed"));
    assert_eq!(account.held[ItemKind::DeviceAlert as usize], 0);
    let opened = account.ledger.opened(ItemKind::DeviceAlert);
    assert_eq!(opened, suppressed + rig.sent.len() as u64);
}

#[test]
fn what_hubs_keep_is_in_their_custody_until_its_period_ends() {
    let world = stormy_world();
    let mut rig = Rig::of(&world, 0, 1_000);
    for hour in 0..24 {
        rig.run_until(SimTime::from_secs(hour * HOUR));
        let account = rig.premises.account();
        let closed = account.ledger.closed_total(ItemKind::DeviceAlert);
        let held = account.held[ItemKind::DeviceAlert as usize];
        assert_eq!(
            account.ledger.opened(ItemKind::DeviceAlert),
            closed + held + rig.sent.len() as u64,
            "hour {hour}"
        );
        assert!(!(3..7).contains(&hour) || held > 100, "hour {hour}: {held}");
    }
}

#[test]
fn where_shards_are_cut_changes_no_storm_no_noise_and_no_count() {
    let world = stormy_world();
    let whole = alerts_in_shards(&world, &[0, 1_000]);
    assert!(whole.0.len() > 5_000 && whole.1.counters()["premises.alerts_consolidated"] > 200);
    for edges in [
        &[0, 512, 1_000][..],
        &[0, 320, 704, 1_000],
        &[0, 1, 257, 300, 999, 1_000],
    ] {
        assert!(alerts_in_shards(&world, edges) == whole, "{edges:?}");
    }
}

#[test]
fn a_shard_restored_in_the_middle_of_a_storm_goes_on_as_if_nothing_had_happened() {
    let world = stormy_world();
    let (first, end) = (PremisesId(0), PremisesId(1_000));
    let run = |restored_at: Option<u64>| {
        let mut rig = Rig::of(&world, first.0, end.0);
        for hour in 0..24 {
            rig.run_until(SimTime::from_secs(hour * HOUR));
            if restored_at == Some(hour) {
                let saved = rig.premises.save().unwrap();
                rig.premises = Premises::restore(&world, first, end, &saved).unwrap();
                assert_eq!(rig.premises.save().unwrap(), saved);
            }
        }
        rig.finish();
        (rig.premises.save().unwrap(), rig.premises.account(), rig.sent)
    };
    let undisturbed = run(None);
    for hour in [1, 3, 6, 12] {
        assert!(run(Some(hour)) == undisturbed, "restored in hour {hour}");
    }
}

#[test]
fn quiet_premises_cost_nothing_more_for_noise_and_protection() {
    let plain = Rig::new(|scenario| scenario.premises.alerts_per_premises_per_day = 20.0);
    let protected = Rig::new(|scenario| {
        noisy(scenario);
        at_the_hub(scenario);
    });
    assert_eq!(plain.premises.memory_bytes(), protected.premises.memory_bytes());
}
