//! What a run is said to come to before it begins, against what it came to.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stdout, reason = "how close it comes is worth reading")]

use secnet_engine::ItemKind;
use secnet_results::load::LoadKpis;
use secnet_tests::in_virtual_time::{run, scenario};
use secnet_topology::World;

#[test]
fn a_run_comes_to_about_what_was_estimated() {
    for (name, text) in [
        ("demo", include_str!("../../topology/demo.toml")),
        ("gb-slice", include_str!("../../topology/gb-slice.toml")),
        ("bad-day", include_str!("../../topology/bad-day.toml")),
        ("july-2022", include_str!("../../topology/july-2022.toml")),
        (
            "alert-storm-2023",
            include_str!("../../topology/alert-storm-2023.toml"),
        ),
    ] {
        let scenario = scenario(text, &[]);
        let estimate = World::new(scenario.clone()).unwrap().estimate();
        let run = run(&scenario, 1);
        let opened = |kind: ItemKind| run.report.ledger.outcomes[kind.name()].opened as f64;
        for (kind, estimated) in [
            (ItemKind::ServiceRequest, estimate.service_requests),
            (ItemKind::ScheduledRead, estimate.scheduled_reads),
            (ItemKind::DeviceAlert, estimate.device_alerts),
        ] {
            let actual = opened(kind);
            // Retries, alerts of executions and the shape of a part of a day are not in it.
            let about = 0.45 * actual <= estimated && estimated <= 1.5 * actual;
            println!("{name}: {estimated:.0} estimated, {actual} were {}", kind.name());
            assert!(
                about || actual < 1.0 && estimated < 1.0,
                "{name}: {estimated} and {actual}"
            );
        }
    }
}

#[test]
fn what_breaks_first_is_what_is_fullest_and_the_moment_it_breaks_is_told() {
    let text = include_str!("../../topology/demo.toml");
    let load = |overrides: &[&str]| run(&scenario(text, overrides), 1).report.kpis.load;
    let mean = |load: &LoadKpis, of: &str, what: &str| {
        let row = load.resources.iter().find(|row| row.of == of && row.what == what);
        row.and_then(|row| row.mean_share).unwrap()
    };
    let usual = load(&[]);
    assert_eq!(usual.firsts, []);
    let fullest = usual.resources.first().unwrap();
    assert_eq!(
        (fullest.of.as_str(), fullest.what.as_str()),
        ("csp-north", "uplink")
    );
    assert!(fullest.headroom.unwrap() > 1.5, "{fullest:?}");
    // Half the servers, or half the rate: twice the share of the time.
    for (change, of, what) in [
        ("dsp.servers=8", "dsp", "servers"),
        ("csp.central.uplink_rate='50kbit/s'", "csp-central", "uplink"),
    ] {
        let ratio = mean(&load(&[change]), of, what) / mean(&usual, of, what);
        assert!((ratio - 2.0).abs() < 0.02, "{change}: {ratio}");
    }
    let overloaded = load(&["dsp.servers=1", "dsp.service_time='200ms'", "dsp.queue_limit=100"]);
    let fullest = overloaded.resources.first().unwrap();
    assert_eq!((fullest.of.as_str(), fullest.peak_share), ("dsp", Some(1.0)));
    assert_eq!(fullest.headroom, Some(1.0));
    let first = overloaded.firsts.first().unwrap();
    assert_eq!((first.what.as_str(), first.by.as_str()), ("busy", "dsp"));
    // Not before it was full, and not long after.
    let minutes = first.at_us / 60_000_000;
    assert!(minutes < 40, "{first:?}");
}
