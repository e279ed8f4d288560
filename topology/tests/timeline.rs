//! What the timeline makes of a scenario's events.

#![allow(clippy::unwrap_used)]

use secnet_model::{DeviceType, PremisesId, Region, SimTime, UserId};
use secnet_topology::{World, parse};

fn world(events: &str) -> World {
    let text = format!(
        r#"
        name = "events"
        horizon = "1d"
        [population]
        premises = 20_000
        [[suppliers]]
        name = "A"
        share = 0.5
        [[suppliers]]
        name = "B"
        share = 0.3
        [[suppliers]]
        name = "C"
        share = 0.2
        [[dnos]]
        name = "D"
        areas = ["EPN"]
        {events}
        "#
    );
    World::new(parse("events.toml", &text, &[]).unwrap()).unwrap()
}

fn minutes(minutes: u64) -> SimTime {
    SimTime::from_secs(60 * minutes)
}

#[test]
fn outages_maintenance_and_capacity_changes_make_one_step_function_of_servers() {
    let world = world(
        r#"
        [[events]]
        name = "less"
        kind = "dsp_capacity"
        starts_after = "1h"
        capacity_share = 0.7
        [[events]]
        name = "out"
        kind = "dsp_outage"
        starts_after = "2h"
        lasts = "10min"
        [[events]]
        name = "planned"
        kind = "maintenance"
        starts_after = "3h"
        lasts = "1h"
        systems = ["dsp", "csp_north", "ssi"]
        impact = "high"
        "#,
    );
    let servers = world.timeline.dsp_servers();
    let at = |minute| servers.at(minutes(minute));
    assert_eq!(
        [0, 60, 119, 120, 130, 180, 240].map(at),
        [16, 11, 11, 0, 11, 0, 11]
    );
    let north = world.timeline.csp(Region::North);
    assert!(north.closed(minutes(180)) && !north.closed(minutes(120)));
    assert_eq!(north.opens(minutes(200)), minutes(240));
    assert!(world.timeline.csp(Region::South).is_empty());
}

#[test]
fn a_world_without_events_has_an_empty_timeline() {
    let timeline = world("").timeline;
    assert!(timeline.is_empty() && timeline.dsp_servers().is_constant());
    assert!(
        timeline.coverage().is_empty() && timeline.takeovers().is_empty() && timeline.removals().is_empty()
    );
    assert!(timeline.gateway(UserId(0)).is_empty() && timeline.defaults_at(UserId(0)).is_never());
    assert!(
        timeline.gateway(UserId(999)).is_empty(),
        "a User there is none of"
    );
}

#[test]
fn gateways_and_defaults_are_those_of_the_users_meant() {
    let timeline = world(
        r#"
        [[events]]
        name = "gateways"
        kind = "gateway_outage"
        starts_after = "1h"
        lasts = "30min"
        user = "suppliers"
        [[events]]
        name = "default"
        kind = "user_default"
        starts_after = "2h"
        user = "C"
        "#,
    )
    .timeline;
    let closed = |user| timeline.gateway(UserId(user)).closed(minutes(70));
    assert_eq!([0, 1, 2, 3].map(closed), [true, true, true, false]);
    let defaults = |user| timeline.defaults_at(UserId(user));
    assert_eq!((defaults(2), defaults(0)), (minutes(120), SimTime::NEVER));
    let about: Vec<&str> = timeline
        .events()
        .iter()
        .map(|event| event.about.as_str())
        .collect();
    assert_eq!(about, ["A, B, C", "C"]);
    assert!(timeline.events()[1].is_a_moment);
}

#[test]
fn coverage_is_lost_in_the_cells_named_and_the_database_says_so_later() {
    let world = world(
        r#"
        [csp.south]
        cell_premises = 100
        [[events]]
        name = "mast"
        kind = "coverage_loss"
        starts_after = "1h"
        lasts = "2h"
        region = "south"
        cells = [2, 3]
        noticed_after = "30min"
        "#,
    );
    let (coverage, population) = (world.timeline.coverage(), &world.population);
    for premises in (0..20_000).map(PremisesId) {
        let struck = population.region_of(premises) == Region::South
            && (2..=3).contains(&population.cell_of(premises));
        assert_eq!(coverage.lost(premises, minutes(60)), struck, "{premises:?}");
        assert_eq!(coverage.recorded_lost(premises, minutes(90)), struck);
        assert!(!coverage.lost(premises, minutes(180)) && !coverage.recorded_lost(premises, minutes(89)));
        assert_eq!(
            coverage.recorded_lost(premises, minutes(209)),
            struck,
            "it learns of the end late, too"
        );
    }
}

#[test]
fn takeovers_follow_each_other_and_meet_the_share_they_name() {
    let world = world(
        r#"
        [[events]]
        name = "second"
        kind = "takeover"
        starts_after = "2h"
        from = "B"
        to = "C"
        [[events]]
        name = "first"
        kind = "takeover"
        starts_after = "1h"
        from = "A"
        to = "B"
        share = 0.25
        told_after = "3h"
        "#,
    );
    let takeovers = world.timeline.takeovers();
    let supplier = |first, at| {
        (0..20_000)
            .map(PremisesId)
            .map(|premises| takeovers.supplier(UserId(first), premises, at).0)
            .collect::<Vec<_>>()
    };
    assert!(supplier(0, minutes(59)).iter().all(|supplier| *supplier == 0));
    let gained = supplier(0, minutes(60))
        .iter()
        .filter(|supplier| **supplier == 1)
        .count();
    assert!((4_700..5_300).contains(&gained), "{gained}");
    let after: Vec<u16> = supplier(0, minutes(120));
    assert_eq!(
        after.iter().filter(|supplier| **supplier == 2).count(),
        gained,
        "what B gained goes on to C"
    );
    assert!(supplier(2, minutes(500)).iter().all(|supplier| *supplier == 2));
    let first = takeovers.iter().next().unwrap();
    assert_eq!((first.at, first.told_at), (minutes(60), minutes(240)));
}

#[test]
fn a_removal_is_of_one_type_of_device_or_of_all_and_neighbours_stay() {
    let removals = world(
        r#"
        [[events]]
        name = "exchange"
        kind = "removal"
        starts_after = "1h"
        premises = [10, 19]
        device = "GSME"
        [[events]]
        name = "demolition"
        kind = "removal"
        starts_after = "2h"
        premises = [15, 15]
        "#,
    )
    .timeline
    .removals()
    .clone();
    let removed =
        |premises, device_type, at| removals.removed(PremisesId(premises).device(device_type), minutes(at));
    assert!(removed(10, DeviceType::Gsme, 60) && removed(19, DeviceType::Gsme, 60));
    assert!(!removed(20, DeviceType::Gsme, 60) && !removed(10, DeviceType::Esme, 200));
    assert!(!removed(15, DeviceType::Chf, 119) && removed(15, DeviceType::Chf, 120));
}

#[test]
fn modifications_go_live_at_the_start_at_midnight_or_as_the_scenarios_date_has_it() {
    let live = |epoch_and_as_of: &str, switches: &str| -> Vec<(&'static str, SimTime)> {
        let text = format!(
            "name = \"x\"\nhorizon = \"1d\"\n{epoch_and_as_of}\npopulation.premises = 10\n\
             suppliers = [{{ name = \"A\", share = 1.0 }}]\n[modifications]\n{switches}"
        );
        let world = World::new(parse("x.toml", &text, &[]).unwrap()).unwrap();
        let mut live: Vec<(&'static str, SimTime)> = world.releases.live().collect();
        let in_report: Vec<SimTime> = world.timeline.events().iter().map(|event| event.begins).collect();
        let mut expected: Vec<SimTime> = live.iter().map(|(_, at)| *at).collect();
        expected.sort();
        assert_eq!(in_report, expected, "each is on the timeline");
        live.retain(|(name, _)| ["SECMP0062", "SECMP0067"].contains(name));
        live
    };
    let evening = "epoch = \"2021-11-03T22:00:00Z\"";
    assert_eq!(live(evening, ""), []);
    assert_eq!(
        live(evening, "SECMP0067 = \"on\""),
        [("SECMP0067", SimTime::ZERO)]
    );
    assert_eq!(
        live(evening, "SECMP0067 = 2021-11-03"),
        [("SECMP0067", SimTime::ZERO)]
    );
    assert_eq!(
        live(evening, "SECMP0067 = \"2021-11-04\""),
        [("SECMP0067", minutes(120))]
    );
    assert_eq!(
        live(evening, "SECMP0067 = \"2021-11-05\""),
        [],
        "after the end of the run"
    );

    let as_of = |date: &str| format!("{evening}\nas_of = {date}");
    let secmp0062 = ("SECMP0062", SimTime::ZERO);
    assert_eq!(live(&as_of("2020-11-04"), ""), []);
    assert_eq!(live(&as_of("2020-11-05"), ""), [secmp0062]);
    assert_eq!(live(&as_of("2021-06-30"), "SECMP0062 = \"off\""), []);
    let both = [("SECMP0067", SimTime::ZERO), secmp0062];
    assert_eq!(live(&as_of("2021-11-04"), ""), both);
}
