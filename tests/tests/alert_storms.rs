//! Alerts at the volumes published, storms of them, and what SECMP0062 makes of both.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stdout, reason = "the volumes measured are worth reading")]

use secnet_engine::{ItemKind, Outcome};
use secnet_results::RunReport;
use secnet_tests::in_virtual_time::{Run, run, scenario};

const JULY: &str = include_str!("../../topology/july-2022.toml");
const STORM: &str = include_str!("../../topology/alert-storm-2023.toml");

const OFF: &str = "modifications.SECMP0062=off";
const ON: &str = "modifications.SECMP0062=on";
const AT_THE_DSP: &str = "parameters.SECMP0062.place=dsp";
const AT_THE_HUB: &str = "parameters.SECMP0062.place=hub";

fn outcome(run: &Run, kind: ItemKind, outcome: Outcome) -> u64 {
    run.outcome.total().ledger.closed(kind, outcome)
}

fn opened(run: &Run, kind: ItemKind) -> u64 {
    run.outcome.total().ledger.opened(kind)
}

/// The alerts forwarded speak for no more than was held back.
fn assert_every_alert_is_accounted_for(run: &Run) {
    run.keeps_the_laws().unwrap();
    let suppressed = outcome(run, ItemKind::DeviceAlert, Outcome::Suppressed);
    assert!(run.report.kpis.alerts.overall.throttled <= suppressed);
}

/// Where nothing is lost, and once the last period is over, they speak for all of it.
#[test]
fn once_a_storm_has_drained_the_alerts_forwarded_speak_for_every_alert_held_back() {
    for place in [AT_THE_DSP, AT_THE_HUB] {
        let drained = run(
            &scenario(
                STORM,
                &[
                    ON,
                    place,
                    "population.premises=2000",
                    "population.no_wan_share=0",
                    "csp.central.loss=0",
                    "csp.south.loss=0",
                    "s1sp.loss=0",
                    "alert_storms.0.size_factor=1",
                    "alert_storms.0.lasts=1h",
                    "horizon=2h",
                    "drain=4h",
                    "parameters.SECMP0062.period=1h",
                ],
            ),
            1,
        );
        drained.keeps_the_laws().unwrap();
        assert_eq!(drained.outcome.total().held, [0; ItemKind::COUNT], "{place}");
        assert_eq!(drained.outcome.carried, [0; ItemKind::COUNT], "{place}");
        let suppressed = outcome(&drained, ItemKind::DeviceAlert, Outcome::Suppressed);
        let lost = outcome(&drained, ItemKind::DeviceAlert, Outcome::LostOnWan)
            + outcome(&drained, ItemKind::DeviceAlert, Outcome::DroppedQueueFull);
        assert!(suppressed > 5_000 && lost == 0, "{place}: {suppressed}, {lost}");
        assert_eq!(
            drained.report.kpis.alerts.overall.throttled, suppressed,
            "{place}"
        );
    }
}

#[test]
fn july_2022_s_alerts_fall_with_protection() {
    let size: &[&str] = match cfg!(debug_assertions) {
        true => &["population.premises=26000"],
        false => &[],
    };
    for seed in ["seed=1", "seed=2"] {
        let unprotected = run(&scenario(JULY, &[size, &[seed, OFF]].concat()), 1);
        let protected = run(&scenario(JULY, &[size, &[seed, ON]].concat()), 1);
        assert_every_alert_is_accounted_for(&protected);
        let delivered = |run: &Run| outcome(run, ItemKind::DeviceAlert, Outcome::Delivered) as f64;
        let reduction = 1.0 - delivered(&protected) / delivered(&unprotected);
        println!(
            "{seed}: with protection {:.1} % fewer alerts reach Users",
            reduction * 100.0
        );
        assert!((0.4..0.95).contains(&reduction), "{reduction}");
    }
}

fn storm(overrides: &[&str]) -> Run {
    let size: &[&str] = if cfg!(debug_assertions) {
        &["population.premises=4000"]
    } else {
        &[]
    };
    run(&scenario(STORM, &[size, overrides].concat()), 1)
}

fn describe(name: &str, report: &RunReport) {
    println!("{name}: {:?}", report.ledger.outcomes["device_alert"].closed);
    for verdict in &report.kpis.verdicts {
        println!("    {verdict}");
    }
}

#[test]
fn the_storm_of_february_2023_is_kept_off_the_s1sp_by_the_hub_alone() {
    let hub = storm(&[ON, AT_THE_HUB]);
    let dsp = storm(&[ON, AT_THE_DSP]);
    let off = storm(&[OFF]);
    for (name, run) in [("hub", &hub), ("dsp", &dsp), ("off", &off)] {
        describe(name, &run.report);
        assert_every_alert_is_accounted_for(run);
    }
    let is_met = |run: &Run| run.report.kpis.verdicts.iter().all(|verdict| verdict.met);
    let is_missed = |run: &Run| run.report.kpis.verdicts.iter().all(|verdict| !verdict.met);
    assert!(
        is_met(&hub),
        "the hub protects the S1SP and the requests to all its homes"
    );
    assert!(is_missed(&dsp), "the DSP cannot protect the S1SP");
    assert!(is_missed(&off));
    // What Users see of it the DSP keeps small all the same.
    let delivered = |run: &Run| outcome(run, ItemKind::DeviceAlert, Outcome::Delivered);
    assert!(
        delivered(&dsp) < delivered(&off) / 4,
        "{} of {}",
        delivered(&dsp),
        delivered(&off)
    );
    // A consolidated alert is as late as the first of those it speaks for: for most of an hour.
    let alerts = &dsp.report.kpis.alerts.overall;
    assert!(alerts.consolidated > 1_000, "{alerts:?}");
    let since_consolidation = alerts.consolidated_delivery_time_s.unwrap();
    assert!(
        since_consolidation.p50 < 60.0 && alerts.delivery_time_s.unwrap().p99 > 3_000.0,
        "{alerts:?}"
    );
    assert!(alerts.within_target_share < Some(0.9), "{alerts:?}");
    // Each device raises the same alerts, whoever holds them back.
    assert_eq!(
        opened(&off, ItemKind::DeviceAlert),
        opened(&dsp, ItemKind::DeviceAlert)
    );
    assert_eq!(
        opened(&off, ItemKind::DeviceAlert),
        opened(&hub, ItemKind::DeviceAlert)
    );
}

#[test]
fn shards_and_threads_change_nothing_about_a_storm() {
    for place in [AT_THE_DSP, AT_THE_HUB] {
        let small = [
            "population.premises=2000",
            ON,
            place,
            "horizon=3h",
            "alert_storms.0.lasts=1h",
        ];
        let noise = [
            "premises.alerts_tail.noisy_share=0.02",
            "premises.alerts_tail.alert_share=0.8",
        ];
        let digests = |more: &[&str], threads| {
            let run = run(&scenario(STORM, &[&small[..], &noise, more].concat()), threads);
            assert_every_alert_is_accounted_for(&run);
            run.digests()
        };
        let one = digests(&[], 1);
        assert_eq!(digests(&[], 2), one, "two threads");
        for shards in ["hosting.premises_shards=2", "hosting.premises_shards=3"] {
            assert_eq!(digests(&[shards], 1), one, "{shards}");
        }
    }
}

/// Nobody's is lost; of three areas two have a distributor.
const MAGNETS: &str = r#"
    name = "magnets"
    horizon = "2h"
    [population]
    premises = 3_000
    areas = ["EPN", "LPN", "SPM"]
    no_wan_share = 0.0
    [[suppliers]]
    name = "Bright"
    share = 1.0
    [[dnos]]
    name = "UK Power Networks"
    areas = ["EPN", "LPN"]
    [[alert_storms]]
    name = "magnets"
    device_share = 0.5
    alert = "8F75"
    per_device_per_hour = 1.0
    starts_after = "10min"
    lasts = "1h"
    [premises]
    alerts_per_premises_per_day = 0.0
    [csp.central]
    loss = 0.0
    [csp.south]
    loss = 0.0
    [tracing]
    alerts = 1.0
"#;

/// One item, two deliveries: the distributor has a copy of each, and the ledger one outcome.
#[test]
fn a_strong_magnetic_field_is_told_to_the_supplier_and_to_the_distributor() {
    let run = run(&scenario(MAGNETS, &[]), 1);
    run.keeps_the_laws().unwrap();
    let raised = opened(&run, ItemKind::DeviceAlert);
    assert!(raised > 1_000);
    assert_eq!(outcome(&run, ItemKind::DeviceAlert, Outcome::Delivered), raised);
    let alerts = &run.report.kpis.alerts;
    let of_user = |name: &str| {
        let mut rows = alerts.by_user.iter();
        rows.find(|row| row.key.user.as_deref() == Some(name)).unwrap()
    };
    let (supplier, dno) = (of_user("Bright"), of_user("UK Power Networks"));
    assert_eq!(
        (supplier.delivered, supplier.copies, dno.delivered),
        (raised, 0, 0)
    );
    let copies = run.report.ledger.counters["dsp.alert_copies"];
    assert_eq!((dno.copies, dno.copies_within_target), (copies, copies));
    // EPN and LPN have 6 of the 7.5 million customers.
    let share = copies as f64 / raised as f64;
    assert!((share - 6.0 / 7.5).abs() < 0.03, "{share}");
    let told_twice = |tree: &&[secnet_results::traces::SpanRecord]| {
        tree.iter().filter(|span| span.name == "receipt").count() == 2
    };
    let trees = run.outcome.traces.trees().filter(told_twice).count() as u64;
    assert_eq!(trees, copies);
}
