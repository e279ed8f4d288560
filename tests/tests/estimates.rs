//! What a run is said to come to before it begins, against what it came to.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stdout, reason = "how close it comes is worth reading")]

use secnet_engine::ItemKind;
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
