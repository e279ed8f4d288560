//! Faults of the electricity network, end to end: what hubs tell, what is lost on the way and where, and what the DNO knows of it.

#![allow(clippy::unwrap_used)]

use secnet_results::Outage;
use secnet_results::power::{PowerKpi, PowerKpis};
use secnet_tests::in_virtual_time::{Run, run, scenario};

/// Nothing is lost and nothing has a tail: times are exact. One home, whose supply is off for an hour.
const EXACT: &str = r#"
name = "exact"
epoch = "2026-04-01T08:00:00Z"
horizon = "3h"
suppliers = [{ name = "A", share = 1.0 }]
dnos = [{ name = "D", areas = ["NPgY"] }]
gateway = { latency_min = "20ms", latency_mean = "20ms" }
dsp_csp = { latency_min = "30ms", latency_mean = "30ms" }

[population]
premises = 100
areas = ["NPgY"]
enrolled_share = 1.0
no_wan_share = 0.0

[premises]
han_delay_min = "400ms"
han_delay_mean = "400ms"
alerts_per_premises_per_day = 0.0

[power]
spread_radio = "0s"
restart_min = "5s"
restart_mean = "5s"
never_back_share = 0.0
clock_lost_share = 0.0

[csp.north]
latency_min = "1s"
latency_mean = "1s"
uplink_rate = "1Gbit/s"
loss = 0.0

[[events]]
name = "a home"
kind = "power_cut"
starts_after = "1h"
lasts = "1h"
premises = [7, 7]
"#;

/// A storm over three regions; a third of the homes are off some time.
const STORM: &str = r#"
name = "storm"
epoch = "2026-04-01T08:00:00Z"
horizon = "6h"
drain = "1h"
suppliers = [{ name = "A", share = 1.0 }]
dnos = [{ name = "D", areas = ["NPgY", "EPN"] }]

[population]
premises = 20_000
areas = ["NPgY", "EPN", "SPN"]
enrolled_share = 1.0
smets1_share = 0.1

[premises]
alerts_per_premises_per_day = 0.5

[csp.north.contention]
slots = 16

[csp.central.contention]
slots = 16

[csp.south.contention]
slots = 16

[[workloads]]
name = "reads"
from = "suppliers"
srvs = ["4.1.1"]
per_device_per_day = 4.0

[[events]]
name = "storm"
kind = "power_faults"
cause = "weather"
starts_after = "30min"
lasts = "4h"
share = 0.3
fault_sizes = [[1, 1], [40, 2], [600, 0.2]]
off_mean = "40min"
"#;

fn storm(overrides: &[&str]) -> Run {
    let run = run(&scenario(STORM, overrides), 1);
    run.keeps_the_laws().unwrap();
    run
}

fn power(run: &Run) -> &PowerKpis {
    run.report.kpis.power.as_ref().unwrap()
}

fn all(run: &Run) -> &PowerKpi {
    power(run).all_in(None).unwrap()
}

#[test]
fn an_outage_alert_arrives_at_start_three_minutes_spread_and_latency_to_the_microsecond() {
    let run = run(&scenario(EXACT, &[]), 1);
    run.keeps_the_laws().unwrap();
    let [outage] = &run.report.outages[..] else {
        panic!("{:?}", run.report.outages);
    };
    // An hour, three minutes, a second to the cell, two microseconds on the air, 30 ms to the DSP, 2 ms there (`dsp.service_time`), 20 ms.
    let service_us = 2_000;
    let known_us = 3_600_000_000 + 180_000_000 + 1_000_000 + 2 + 30_000 + service_us + 20_000;
    assert_eq!(outage.first_known_us, Some(known_us));
    assert_eq!((outage.meters_out, outage.meters_restored), (1, 1));
    let delivered =
        [&outage.outage, &outage.restoration].map(|fates| (fates.raised, fates.delivered, fates.within_60_s));
    assert_eq!(delivered, [(1, 1, 1); 2]);
    // Power is back; five seconds later the meter works, and 400 ms after that its hub has it.
    let restored = run
        .report
        .kpis
        .alerts
        .by_alert
        .iter()
        .find(|row| row.key.alert.as_deref() == Some("8F36"));
    let took_s = restored.unwrap().delivery_time_s.unwrap().max;
    let expected_s = 5.0 + 0.4 + 1.0 + 0.000_002 + 0.030 + service_us as f64 / 1e6 + 0.020;
    assert!((took_s - expected_s).abs() < 2e-6, "{took_s} of {expected_s}");
}

#[test]
fn an_interruption_of_two_minutes_59_raises_no_outage_alert_and_one_of_three_minutes_one_does() {
    for (lasts, alerts) in [("179s", 0), ("181s", 1)] {
        let run = run(
            &scenario(
                &EXACT.replace("lasts = \"1h\"", &format!("lasts = \"{lasts}\"")),
                &[],
            ),
            1,
        );
        let delivered: Vec<u32> = run
            .report
            .outages
            .iter()
            .map(|outage| outage.outage.delivered)
            .collect();
        assert_eq!(delivered, [alerts], "{lasts}");
        let restored: Vec<u32> = run
            .report
            .outages
            .iter()
            .map(|outage| outage.restoration.delivered)
            .collect();
        assert_eq!(restored, [1], "{lasts}");
    }
}

#[test]
fn every_alert_of_a_fault_ends_in_one_way() {
    let run = storm(&[]);
    let mut ways = std::collections::BTreeSet::new();
    for outage in &run.report.outages {
        for fates in [&outage.outage, &outage.restoration] {
            let lost: u32 = fates.lost.values().sum();
            assert_eq!(fates.raised, fates.delivered + lost, "fault {}", outage.fault);
            assert!(fates.within_60_s <= fates.delivered);
            ways.extend(fates.lost.keys().cloned());
        }
        assert!(outage.outage.raised <= outage.meters_out);
        assert!(outage.restoration.raised <= outage.meters_restored);
        assert!(u64::from(outage.meters_out + outage.meters_interrupted) <= outage.homes());
        assert!(outage.first_known_us.is_some() == (outage.outage.delivered > 0));
    }
    // SPN is no DNO's in this scenario.
    assert_eq!(
        ways.into_iter().collect::<Vec<_>>(),
        ["lost_on_wan", "lost_power", "no_recipient"]
    );
    let sum = |of: fn(&Outage) -> u32| {
        run.report
            .outages
            .iter()
            .map(|outage| u64::from(of(outage)))
            .sum::<u64>()
    };
    let raised = sum(|outage| outage.outage.raised + outage.restoration.raised);
    let by_alert = run.report.kpis.alerts.by_alert.iter();
    let of_power = by_alert
        .filter(|row| ["AD1", "8F35", "8F36"].contains(&row.key.alert.as_deref().unwrap_or_default()));
    assert_eq!(raised, of_power.filter_map(|row| row.raised).sum::<u64>());
    assert_eq!(all(&run).false_outage_alerts, 0);
    assert!(all(&run).meters_out > 2_000, "{:?}", all(&run));
}

#[test]
fn a_radio_that_loses_twice_as_much_costs_the_dno_and_not_pm12() {
    let losing = |loss: &str| {
        let regions = ["north", "central", "south"];
        let loss = regions.map(|region| format!("csp.{region}.loss={loss}"));
        let slots = regions.map(|region| format!("csp.{region}.contention.slot=2ms"));
        storm(&loss.iter().chain(&slots).map(String::as_str).collect::<Vec<_>>())
    };
    let (once, twice) = (losing("0.3"), losing("0.6"));
    let within = |run: &Run| all(run).outage_alerts_within_60_s_share.unwrap();
    assert!(
        within(&twice) < within(&once) - 0.05,
        "{} and {}",
        within(&once),
        within(&twice)
    );
    for run in [&once, &twice] {
        for (region, pm12) in &power(run).pm12 {
            assert_eq!(
                (pm12.up_to_50_share, pm12.over_50_share),
                (Some(1.0), Some(1.0)),
                "{region}"
            );
        }
    }
}

#[test]
fn rationing_lets_small_faults_through_where_it_knows_the_place() {
    let told = |overrides: &[&str]| {
        let run = storm(overrides);
        let rows = power(&run).rows.iter();
        let of = |meters: &str| {
            let row = rows.clone().find(|row| {
                row.region.as_deref() == Some("central") && row.meters.as_deref() == Some(meters)
            });
            row.unwrap().outage_alerts_delivered_share.unwrap()
        };
        let rationed = run.report.ledger.outcomes["device_alert"]
            .closed
            .get("rationed")
            .copied()
            .unwrap_or_default();
        (of("up_to_50"), of("over_50"), rationed)
    };
    let without = told(&[]);
    let aware = told(&["modifications.MP096=on"]);
    let blind = told(&["modifications.MP096=on", "parameters.MP096.location_aware=false"]);
    assert_eq!(without.2, 0);
    assert!(aware.2 > 0 && blind.2 > aware.2, "{aware:?} {blind:?}");
    assert!(aware.1 < without.1 - 0.2, "{without:?} {aware:?}");
    assert!(blind.0 < aware.0 - 0.2, "{blind:?} {aware:?}");
}

#[test]
fn nobody_answers_without_power_and_a_storm_changes_nothing_for_others() {
    let (calm, storm) = (
        run(&scenario(&STORM.replace("share = 0.3", "share = 0.0"), &[]), 1),
        storm(&[]),
    );
    let completed = |run: &Run| run.report.kpis.service.overall.completed_share.unwrap();
    assert!(
        completed(&storm) < completed(&calm) - 0.01,
        "{} {}",
        completed(&calm),
        completed(&storm)
    );
    assert!(calm.report.kpis.power.is_none() && calm.report.outages.is_empty());
}

/// False outage alerts, as hub firmware causes them, besides a storm.
const FALSE_ALARMS: &str = r#"
[[alert_storms]]
name = "hub firmware"
alert = "AD1"
device = "CHF"
device_share = 0.02
per_device_per_hour = 0.1
starts_after = "0s"
lasts = "20min"
"#;

#[test]
fn a_dno_finds_by_asking_what_nobody_tells() {
    let text = format!("{STORM}\n{FALSE_ALARMS}");
    let run = run(
        &scenario(&text, &["power.never_back_share=0.1", "horizon=12h"]),
        1,
    );
    run.keeps_the_laws().unwrap();
    let counter = |name: &str| run.report.ledger.counters.get(name).copied().unwrap_or_default();
    // Alone in their neighbourhood, they are asked before a crew is sent; the storm is not there yet.
    let false_alerts = all(&run).false_outage_alerts;
    assert!(false_alerts > 0);
    let found = counter("dno.false_alarms_found");
    assert!(
        found > false_alerts / 2 && found <= false_alerts,
        "{found} of {false_alerts}"
    );
    assert!(counter("dno.restorations_found") > 0 && counter("dno.outages_confirmed") > 0);
    // Of a fault whose end some meters told, the others are asked until they are taken for lost: most of those are.
    let (mut silent, mut dead, mut alive) = (0, 0, 0);
    for outage in run.report.outages.iter().filter(|outage| outage.dno.is_some()) {
        silent += outage.meters_silent;
        dead += outage.meters_silent.min(outage.hubs_never_back);
        alive += outage.meters_silent.saturating_sub(outage.hubs_never_back);
    }
    assert!(silent > 50, "{silent}");
    assert!(
        alive * 10 <= dead,
        "{alive} alive and {dead} dead were taken for lost"
    );
    // The rest told a falsehood and cannot be asked, being suspended or not commissioned yet: they are of no fault.
    let of_no_fault = counter("dno.silent_meters") - u64::from(silent);
    assert!(
        found + of_no_fault <= false_alerts,
        "{found} found, {of_no_fault} not, of {false_alerts}"
    );
}

#[test]
fn asking_is_the_dno_s_to_leave() {
    let run = storm(&["power.pings_max=0"]);
    assert_eq!(run.report.ledger.counters.get("dno.pings"), None);
    assert!(run.report.ledger.counters["dno.cases"] > 0);
}
