//! The scenarios that are shipped: each loads, survives being written out, and has a layout that holds together.

#![allow(clippy::unwrap_used)]

use secnet_model::{Address, PremisesId, Region, UserId};
use secnet_topology::{NodeKind, Scenario, UserKind, World, assumptions, load, parse};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

fn shipped(file: &str) -> Scenario {
    load(&path(file), &[]).unwrap_or_else(|problem| panic!("{file}:\n{problem}"))
}

/// All there are in the folder.
fn all_shipped() -> BTreeSet<String> {
    let folder = std::fs::read_dir(env!("CARGO_MANIFEST_DIR")).unwrap();
    let files = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    files
        .filter(|file| file.ends_with(".toml") && file != "Cargo.toml")
        .collect()
}

#[test]
fn every_shipped_scenario_loads_and_the_readme_says_what_it_is() {
    let readme = std::fs::read_to_string(path("../README.md")).unwrap();
    for file in all_shipped() {
        World::new(shipped(&file)).unwrap();
        assert!(readme.contains(&format!("| `topology/{file}` |")), "{file}");
    }
}

#[test]
fn a_scenario_written_out_loads_back_to_the_same() {
    for file in all_shipped() {
        let scenario = shipped(&file);
        let written = scenario.to_toml().unwrap();
        let read =
            parse("written.toml", &written, &[]).unwrap_or_else(|problem| panic!("{file}:\n{problem}"));
        assert_eq!(read, scenario, "{file}");
        assert_eq!(read.to_toml().unwrap(), written, "{file}");
    }
}

#[test]
fn a_scenario_survives_json_too() {
    for file in all_shipped() {
        let scenario = shipped(&file);
        let json = serde_json::to_string(&scenario).unwrap();
        assert_eq!(
            serde_json::from_str::<Scenario>(&json).unwrap(),
            scenario,
            "{file}"
        );
    }
}

#[test]
fn the_demo_has_every_kind_of_participant() {
    let world = World::new(shipped("demo.toml")).unwrap();
    for kind in UserKind::ALL {
        assert!(world.users_of(kind).next().is_some(), "{kind:?}");
    }
    for region in Region::ALL {
        assert!(!world.population.region_range(region).is_empty(), "{region}");
    }
    let binaries: BTreeSet<&str> = world
        .layout()
        .processes
        .iter()
        .map(|process| process.binary)
        .collect();
    assert_eq!(
        binaries,
        ["csp", "dno", "dsp", "other-user", "premises", "s1sp", "supplier"].into()
    );
}

/// Requests the demo's workloads send in its hour, after the shape of the evening peak at 23 and midnight.
#[test]
fn the_demo_sends_twenty_to_forty_thousand_requests() {
    let world = World::new(shipped("demo.toml")).unwrap();
    let mut requests = 0.0;
    for workload in &world.scenario.workloads {
        for user in world.users.iter().filter(|user| user.is_meant_by(&workload.from)) {
            requests += workload.per_device_per_day * world.expected_targets(user, workload) / 24.0;
        }
    }
    let scheduled = 2.0 * f64::from(world.population.premises_count());
    assert!(
        (20_000.0..40_000.0).contains(&(requests + scheduled)),
        "{requests} + {scheduled}"
    );
}

#[test]
fn great_britain_has_its_areas_distributors_and_suppliers() {
    let world = World::new(shipped("gb.toml")).unwrap();
    let population = &world.population;
    assert_eq!(population.premises_count(), 30_000_000);
    for area in 0..14 {
        let ranges: Vec<_> = population.area_ranges(area).collect();
        assert!(!ranges.is_empty() && ranges.iter().all(|range| !range.is_empty()));
        for premises in ranges.iter().flat_map(|range| [range.start, range.end - 1]) {
            assert_eq!(population.area_of(PremisesId(premises)), area);
            assert!(population.dno(PremisesId(premises)).is_some());
        }
    }
    assert_eq!(world.users_of(UserKind::Dno).count(), 6);
    let octopus = world.user_by_name("Octopus Energy").unwrap();
    assert_eq!(population.portfolio(octopus).len(), 7_200_000);
}

#[test]
fn a_layout_covers_every_premises_once_and_links_everybody_on_the_path() {
    for (file, hosting) in [
        ("demo.toml", vec![]),
        (
            "demo.toml",
            vec![
                "hosting.premises_shards=3",
                "hosting.premises_processes=2",
                "hosting.users_per_process=9",
            ],
        ),
        (
            "region.toml",
            vec!["hosting.premises_shards=64", "hosting.premises_processes=64"],
        ),
    ] {
        let overrides: Vec<String> = hosting.iter().map(|flag| flag.to_string()).collect();
        let world = World::new(load(&path(file), &overrides).unwrap()).unwrap();
        let layout = world.layout();
        let network = &layout.network;
        assert_eq!(network.nodes.len(), layout.kinds.len());
        let names: BTreeSet<&String> = network.nodes.iter().collect();
        assert_eq!(names.len(), network.nodes.len(), "node names are unique");
        assert!(
            network
                .links
                .iter()
                .all(|link| link.a_to_b_min.0 > 0 && link.b_to_a_min.0 > 0)
        );
        // A tree: everybody reaches everybody, and by one way only.
        assert_eq!(network.links.len(), network.nodes.len() - 1);
        let mut next = 0;
        for (index, kind) in layout.kinds.iter().enumerate() {
            let neighbours: Vec<NodeKind> = network
                .neighbours(secnet_engine::NodeIndex(index as u16))
                .map(|(neighbour, _, _)| layout.kinds[neighbour.index()])
                .collect();
            match *kind {
                NodeKind::Premises { region, first, end } => {
                    assert_eq!(first.0, next);
                    assert!(end > first);
                    next = end.0;
                    let provider = match region {
                        Region::Smets1 => NodeKind::S1sp,
                        _ => NodeKind::Csp(region),
                    };
                    assert_eq!(neighbours, [provider]);
                    for premises in [first.0, end.0 - 1] {
                        let node = network.directory.node(Address::premises(PremisesId(premises)));
                        assert_eq!(node.map(|node| node.index()), Some(index));
                        assert_eq!(world.population.region_of(PremisesId(premises)), region);
                    }
                }
                NodeKind::User(user) => {
                    assert_eq!(neighbours, [NodeKind::Dsp]);
                    assert_eq!(network.directory.users[user.index()].index(), index);
                }
                NodeKind::Csp(_) | NodeKind::S1sp => assert!(neighbours.contains(&NodeKind::Dsp)),
                NodeKind::Dsp => {}
            }
        }
        assert_eq!(next, world.population.premises_count());
        let mut hosted: Vec<usize> = layout
            .processes
            .iter()
            .flat_map(|p| &p.nodes)
            .map(|node| node.index())
            .collect();
        hosted.sort_unstable();
        assert_eq!(hosted, (0..network.nodes.len()).collect::<Vec<_>>());
        let processes: BTreeSet<&String> = layout.processes.iter().map(|process| &process.name).collect();
        assert_eq!(
            processes.len(),
            layout.processes.len(),
            "process names are unique"
        );
    }
}

#[test]
fn a_user_keeps_its_place_whatever_the_hosting() {
    let world = World::new(shipped("demo.toml")).unwrap();
    assert_eq!(world.user_by_name("Octopus Energy"), Some(UserId(0)));
    assert_eq!(world.layout().network.nodes[5], "supplier-octopus-energy");
    assert_eq!(world.layout().network.nodes[7], "supplier-e-on-next");
}

#[test]
fn every_assumption_of_the_demo_has_a_note() {
    let found = assumptions(&shipped("demo.toml"));
    assert!(found.len() > 40);
    assert!(
        found
            .iter()
            .all(|assumption| !assumption.note.is_empty() && !assumption.value.is_empty())
    );
}
