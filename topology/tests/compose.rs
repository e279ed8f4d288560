//! The compose files in `docker/` are today's (`UPDATE_EXPECT=1` writes them anew), and what they promise holds of any
//! topology.

#![allow(clippy::unwrap_used)]

use expect_test::expect_file;
use secnet_topology::compose::{Compose, CredentialsFrom, Machine, Part, render};
use secnet_topology::{Bus, World, load};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn rendered(scenario: &str, overrides: &[&str]) -> String {
    let file: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join(scenario);
    let overrides: Vec<String> = overrides.iter().map(|text| (*text).to_owned()).collect();
    let world = World::new(load(&file, &overrides).unwrap()).unwrap();
    let layout = world.layout();
    // As `secnet topology compose topology/<scenario> --out docker/compose.<name>.yaml` has it.
    let heading = format!(
        "{}: {} premises, {} processes.\nRendered by `secnet topology compose topology/{scenario}`; see docs/containers.md.",
        world.scenario.name,
        world.population.premises_count(),
        layout.processes.len(),
    );
    render(
        &layout,
        &Compose {
            heading: &heading,
            image: "secnet:latest",
            scenario: &format!("../topology/{scenario}"),
            flags: &[],
            director: Some(&world.scenario.name),
            bus: Bus::Authenticated,
            credentials: CredentialsFrom::ControlService,
            part: None,
        },
    )
}

/// Each service with its networks, read back from the text.
fn networks(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let services = text.split("\nservices:\n").nth(1).unwrap();
    let services = services.split("\nnetworks:\n").next().unwrap();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let (mut service, mut in_networks) = (String::new(), false);
    for line in services
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
    {
        let indent = line.len() - line.trim_start().len();
        let key = line.trim().split(':').next().unwrap().to_owned();
        match indent {
            2 => service = key,
            4 => {
                in_networks = key == "networks";
                if let Some((_, list)) = line.split_once('[').filter(|_| in_networks) {
                    let names = list.trim_end_matches(']').split(", ").map(str::to_owned);
                    found.entry(service.clone()).or_default().extend(names);
                }
            }
            6 if in_networks => {
                found.entry(service.clone()).or_default().insert(key);
            }
            _ => {}
        }
    }
    found
}

#[test]
fn the_files_in_docker_are_todays() {
    expect_file!["../../docker/compose.demo.yaml"].assert_eq(&rendered("demo.toml", &[]));
    expect_file!["../../docker/compose.gb-slice.yaml"].assert_eq(&rendered("gb-slice.toml", &[]));
}

#[test]
fn nobody_shares_a_network_with_whom_it_has_no_business() {
    for scenario in ["demo.toml", "gb-slice.toml"] {
        let networks = networks(&rendered(scenario, &[]));
        let participants = networks.iter().filter(|(name, _)| {
            !["control", "director", "otel-collector", "jaeger", "prometheus"].contains(&name.as_str())
        });
        let kind = |name: &str| name.split('-').next().unwrap().to_owned();
        let mut pairs = BTreeSet::new();
        for (name, on) in participants.clone() {
            assert!(
                !on.is_empty() && !on.contains("outside") && !on.contains("observability"),
                "{name}: {on:?}"
            );
            for (other, _) in participants
                .clone()
                .filter(|(other, there)| *other > name && !there.is_disjoint(on))
            {
                let mut pair = [kind(name), kind(other)];
                pair.sort();
                pairs.insert(pair.join(" "));
            }
        }
        let users = ["dno", "other", "supplier"];
        for pair in &pairs {
            let kinds: Vec<&str> = pair.split(' ').collect();
            let all_users = kinds.iter().all(|kind| users.contains(kind) || *kind == "dsp");
            let business = [
                "csp dsp",
                "dsp s1sp",
                "csp premises",
                "premises s1sp",
                "csp csp",
                "csp s1sp",
                "premises premises",
            ];
            assert!(
                all_users || business.contains(&pair.as_str()),
                "{scenario}: {pair}"
            );
        }
        assert!(
            pairs.contains("dsp supplier") && pairs.contains("csp premises"),
            "{pairs:?}"
        );
    }
}

#[test]
fn hosting_scales_the_premises() {
    let count = |overrides: &[&str]| {
        let services = networks(&rendered("demo.toml", overrides));
        services
            .keys()
            .filter(|name| name.starts_with("premises-"))
            .count()
    };
    assert_eq!(count(&[]), 4);
    assert_eq!(
        count(&["hosting.premises_shards=4", "hosting.premises_processes=2"]),
        8
    );
}

#[test]
fn on_several_machines_each_service_is_on_one_of_them() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo.toml");
    let layout = World::new(load(&file, &[]).unwrap()).unwrap().layout();
    let machine = |address: &str, services: &str| Machine {
        address: address.to_owned(),
        services: services.split(',').map(str::to_owned).collect(),
    };
    let machines = [
        machine("192.0.2.10", "control,director,dsp,supplier-*,dno-*,other-user-*"),
        machine("192.0.2.20", "*"),
    ];
    let of = |here: usize| {
        let part = Part {
            machines: &machines,
            here,
        };
        assert!(part.without_place(&layout).is_empty());
        let on = machines[here].address.as_str();
        let heading = format!(
            "demo: 2000 premises, 15 processes.\nRendered by `secnet topology compose topology/demo.toml` --on {on}, of several machines; see docs/containers.md."
        );
        let compose = Compose {
            heading: &heading,
            image: "secnet:latest",
            scenario: "../topology/demo.toml",
            flags: &[],
            director: Some("demo"),
            bus: Bus::Encrypted,
            credentials: CredentialsFrom::Folder("${SECNET_CREDENTIALS:-./credentials}"),
            part: Some(part),
        };
        render(&layout, &compose)
    };
    let (first, second) = (of(0), of(1));
    expect_file!["../../docker/compose.demo.machine-1.yaml"].assert_eq(&first);
    expect_file!["../../docker/compose.demo.machine-2.yaml"].assert_eq(&second);
    for process in &layout.processes {
        let service = format!("\n  {}:\n", process.name);
        assert!(first.contains(&service) != second.contains(&service), "{service}");
    }
    let part = Part {
        machines: &machines[..1],
        here: 0,
    };
    assert!(part.without_place(&layout).contains(&"csp-north".to_owned()));
}
