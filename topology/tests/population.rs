//! The population has the shares its scenario asks for, and its two sides agree: a User's list of premises
//! and a premises' User.

#![allow(clippy::unwrap_used, reason = "tests")]

use secnet_model::{DeviceStatus, DeviceType, PremisesId, Region, UserId, licence_areas};
use secnet_topology::{Population, UserKind, World, parse};
use std::collections::BTreeSet;

const SCENARIO: &str = r#"
    name = "population"
    horizon = "1h"

    [population]
    premises = 60_000
    enrolled_share = 0.8
    gas_share = 0.7
    dual_fuel_share = 0.85
    prepayment_share = 0.13
    no_wan_share = 0.02
    ppmid_share = 0.75
    not_commissioned_share = 0.03
    suspended_share = 0.02

    [[suppliers]]
    name = "Large"
    share = 0.45
    [[suppliers]]
    name = "Medium"
    share = 0.35
    [[suppliers]]
    name = "Nobody"
    share = 0.0
    [[suppliers]]
    name = "Small"
    share = 0.2

    [[dnos]]
    name = "South"
    areas = ["SEPD", "LPN", "SPN"]
    [[dnos]]
    name = "Scattered"
    areas = ["NPgY", "EPN", "SHEPD"]

    [[other_users]]
    name = "Other"
"#;

const SHARES: [f64; 4] = [0.45, 0.35, 0.0, 0.2];

fn world(seed: u64, overrides: &[&str]) -> World {
    let mut overrides: Vec<String> = overrides.iter().map(|flag| flag.to_string()).collect();
    overrides.push(format!("seed={seed}"));
    World::new(parse("population.toml", SCENARIO, &overrides).unwrap()).unwrap()
}

fn all(population: &Population) -> impl Iterator<Item = PremisesId> {
    (0..population.premises_count()).map(PremisesId)
}

/// Within 4.5 standard deviations of a binomial share: once in 150,000 comparisons.
fn assert_share(what: &str, hits: usize, of: usize, share: f64) {
    let expected = share * of as f64;
    let bound = 4.5 * (of as f64 * share * (1.0 - share)).sqrt() + 1e-9;
    assert!(
        (hits as f64 - expected).abs() <= bound,
        "{what}: {hits} of {of}, expected {expected:.0} ± {bound:.0}"
    );
}

#[test]
fn areas_and_regions_have_premises_in_proportion_to_their_customers() {
    let world = world(1, &[]);
    let population = &world.population;
    let total: f64 = licence_areas().iter().map(|area| area.customers_millions).sum();
    let mut counts = [0u32; 14];
    let mut last_region = Region::North;
    for premises in all(population) {
        let area = population.area_of(premises);
        counts[area] += 1;
        let region = population.region_of(premises);
        assert_eq!(licence_areas()[area].region, region);
        assert!(region >= last_region, "premises are ordered by region");
        last_region = region;
    }
    for (area, count) in licence_areas().iter().zip(counts) {
        let exact = area.customers_millions / total * 60_000.0;
        assert!(
            (f64::from(count) - exact).abs() < 1.0,
            "{}: {count}, not {exact}",
            area.code
        );
    }
}

#[test]
fn a_share_of_every_areas_premises_is_smets1_and_lies_behind_the_others() {
    let (without, with) = (world(1, &[]), world(1, &["population.smets1_share=0.375"]));
    let population = &with.population;
    for (area, entry) in licence_areas().iter().enumerate() {
        let ranges: Vec<_> = population.area_ranges(area).collect();
        let [smets2, smets1] = &ranges[..] else {
            panic!("{}: {ranges:?}", entry.code)
        };
        let all = without.population.area_ranges(area).flatten().count();
        assert_eq!(smets2.len() + smets1.len(), all, "{}", entry.code);
        assert_eq!(
            smets1.len(),
            (all as f64 * 0.375).round() as usize,
            "{}",
            entry.code
        );
        for premises in [smets2.start, smets2.end - 1].map(PremisesId) {
            assert_eq!(population.region_of(premises), entry.region);
            assert_eq!(
                (population.area_of(premises), population.is_smets1(premises)),
                (area, false)
            );
        }
        for premises in [smets1.start, smets1.end - 1].map(PremisesId) {
            assert_eq!(population.region_of(premises), Region::Smets1);
            assert_eq!(
                (population.area_of(premises), population.is_smets1(premises)),
                (area, true)
            );
        }
    }
    let dno = with.users_of(UserKind::Dno).next().unwrap().id;
    let portfolio = population.portfolio(dno);
    let members: BTreeSet<PremisesId> = (0..portfolio.len()).map(|i| portfolio.get(i)).collect();
    assert_eq!(members.len(), portfolio.len() as usize);
    assert_eq!(portfolio.len(), without.population.portfolio(dno).len());
    assert!(
        members
            .iter()
            .all(|premises| population.dno(*premises) == Some(dno))
    );
    assert!(members.iter().any(|premises| population.is_smets1(*premises)));
}

#[test]
fn premises_of_a_cell_are_neighbours_and_fill_it() {
    let world = world(
        1,
        &["csp.central.cell_premises=700", "population.smets1_share=0.3"],
    );
    let population = &world.population;
    for region in Region::ALL {
        let size = world.scenario.cell_premises(region);
        let range = population.region_range(region);
        for (place, premises) in range.clone().enumerate() {
            assert_eq!(population.cell_of(PremisesId(premises)), place as u32 / size);
        }
        assert_eq!(
            population.cell_count(region),
            population.cell_of(PremisesId(range.end - 1)) + 1
        );
    }
}

#[test]
fn premises_have_the_shares_of_the_scenario() {
    for seed in 1..6 {
        let world = world(seed, &[]);
        let population = &world.population;
        let count = |test: &dyn Fn(PremisesId) -> bool| all(population).filter(|p| test(*p)).count();
        let n = population.premises_count() as usize;
        let enrolled = count(&|p| population.is_enrolled(p));
        assert_share("enrolled", enrolled, n, 0.8);
        assert_share("prepayment", count(&|p| population.is_prepayment(p)), n, 0.13);
        assert_share("no WAN", count(&|p| !population.has_wan(p)), n, 0.02);
        assert_share(
            "PPMID",
            count(&|p| population.has_device(p, DeviceType::Ppmid)),
            enrolled,
            0.75,
        );
        let gas = count(&|p| population.has_gas(p));
        assert!((gas as f64 - 0.7 * n as f64).abs() <= 4.0, "{gas} have gas");
        assert_share(
            "enrolled gas",
            count(&|p| population.has_device(p, DeviceType::Gsme)),
            gas,
            0.8,
        );
        let one_supplier = count(&|p| population.gas_supplier(p) == Some(population.electricity_supplier(p)));
        assert!(
            (one_supplier as f64 - 0.85 * gas as f64).abs() <= 4.0,
            "{one_supplier} of {gas}"
        );
        let status =
            |wanted| count(&|p| population.device_status(p.device(DeviceType::Esme)) == Some(wanted));
        assert_share(
            "not commissioned",
            status(DeviceStatus::InstalledNotCommissioned),
            enrolled,
            0.03,
        );
        assert_share("suspended", status(DeviceStatus::Suspended), enrolled, 0.02);
        assert_share("commissioned", status(DeviceStatus::Commissioned), enrolled, 0.95);
    }
}

#[test]
fn a_supplier_may_have_shares_of_its_own() {
    let own = [
        "suppliers.0.prepayment_share=0.5",
        "suppliers.1.no_wan_share=0.09",
    ];
    for seed in 1..6 {
        let (without, with) = (world(seed, &[]), world(seed, &own));
        for (supplier, prepayment, no_wan) in [(0, 0.5, 0.02), (1, 0.13, 0.09), (2, 0.13, 0.02)] {
            let expected = |world: &World| world.expected_prepayment_share(UserId(supplier), false);
            assert_eq!((expected(&with), expected(&without)), (prepayment, 0.13));
            let portfolio = with.population.portfolio(UserId(supplier));
            let members: Vec<PremisesId> = (0..portfolio.len()).map(|i| portfolio.get(i)).collect();
            let count = |test: &dyn Fn(PremisesId) -> bool| members.iter().filter(|p| test(**p)).count();
            let in_prepayment = count(&|p| with.population.is_prepayment(p));
            assert_share("prepayment", in_prepayment, members.len(), prepayment);
            assert_share(
                "no WAN",
                count(&|p| !with.population.has_wan(p)),
                members.len(),
                no_wan,
            );
            // Who has it by the population's share has it by a larger one too.
            assert!(
                members
                    .iter()
                    .all(|p| !without.population.is_prepayment(*p) || with.population.is_prepayment(*p))
            );
        }
    }
}

#[test]
fn devices_per_home_are_those_of_the_estate() {
    // domain.md §7.2: 4.2 to 4.3, with the default shares.
    let defaults = ["gas_share=0.72", "ppmid_share=0.75"].map(|flag| format!("population.{flag}"));
    let world = world(1, &defaults.each_ref().map(String::as_str));
    let population = &world.population;
    let (mut homes, mut devices) = (0, 0);
    for premises in all(population).filter(|p| population.is_enrolled(*p)) {
        homes += 1;
        devices += population.devices(premises).count();
    }
    let per_home = devices as f64 / f64::from(homes);
    assert!((4.15..4.3).contains(&per_home), "{per_home}");
}

#[test]
fn the_inventory_holds_the_devices_of_enrolled_premises_and_no_others() {
    let world = world(1, &[]);
    let population = &world.population;
    for premises in all(population).take(5_000) {
        let enrolled = population.is_enrolled(premises);
        assert_eq!(population.devices(premises).count() >= 2, enrolled);
        for device_type in DeviceType::ALL {
            let listed = population.devices(premises).any(|listed| listed == device_type);
            assert_eq!(population.has_device(premises, device_type), listed);
            assert_eq!(
                population.device_status(premises.device(device_type)).is_some(),
                listed
            );
        }
        let gas = [DeviceType::Gsme, DeviceType::Gpf].map(|meter| population.has_device(premises, meter));
        assert_eq!(gas, [enrolled && population.has_gas(premises); 2]);
    }
    let beyond = PremisesId(population.premises_count());
    assert_eq!(population.device_status(beyond.device(DeviceType::Esme)), None);
}

#[test]
fn portfolios_are_disjoint_complete_and_agree_with_the_premises_suppliers() {
    for (seed, premises) in [(1, 60_000), (2, 60_000), (3, 1), (4, 7), (5, 997)] {
        let world = world(seed, &[&format!("population.premises={premises}")]);
        let population = &world.population;
        let (mut with_electricity, mut with_gas) = (vec![None; premises], vec![None; premises]);
        for supplier in (0..4).map(UserId) {
            let portfolio = population.portfolio(supplier);
            let share = SHARES[supplier.index()] * premises as f64;
            assert!((f64::from(portfolio.len()) - share).abs() <= 1.0);
            for i in 0..portfolio.len() {
                let member = portfolio.get(i);
                assert_eq!(population.electricity_supplier(member), supplier);
                assert_eq!(with_electricity[member.0 as usize].replace(supplier), None);
            }
            let gas = population.gas_portfolio(supplier);
            for i in 0..gas.len() {
                let member = gas.get(i);
                assert_eq!(
                    population.gas_supplier(member),
                    Some(supplier),
                    "{i} of {supplier:?}"
                );
                assert_eq!(with_gas[member.0 as usize].replace(supplier), None);
            }
        }
        for p in all(population) {
            assert_eq!(
                with_electricity[p.0 as usize],
                Some(population.electricity_supplier(p))
            );
            assert_eq!(with_gas[p.0 as usize], population.gas_supplier(p));
            assert_eq!(population.has_gas(p), population.gas_supplier(p).is_some());
        }
    }
}

#[test]
fn portfolios_of_distributors_and_others_are_their_areas_and_everything() {
    let world = world(1, &[]);
    let population = &world.population;
    for dno in [UserId(4), UserId(5)] {
        let portfolio = population.portfolio(dno);
        let members: Vec<PremisesId> = (0..portfolio.len()).map(|i| portfolio.get(i)).collect();
        let expected: Vec<PremisesId> = all(population)
            .filter(|p| population.dno(*p) == Some(dno))
            .collect();
        assert_eq!(members, expected);
        assert!(population.gas_portfolio(dno).is_empty());
    }
    let other = population.portfolio(UserId(6));
    assert_eq!(other.len(), population.premises_count());
    assert_eq!(other.get(123), PremisesId(123));
    assert!(population.portfolio(UserId(7)).is_empty());
}

#[test]
fn suppliers_are_spread_evenly_over_areas_and_neighbours() {
    for seed in 1..6 {
        let world = world(seed, &[]);
        let population = &world.population;
        for area in 0..14 {
            let members = population
                .area_ranges(area)
                .flatten()
                .map(PremisesId)
                .collect::<Vec<_>>();
            let is_large = |p: &&PremisesId| population.electricity_supplier(**p) == UserId(0);
            let large = members.iter().filter(is_large).count();
            assert_share(
                &format!("{} of the large", licence_areas()[area].code),
                large,
                members.len(),
                0.45,
            );
        }
        for distance in [1, 2, 64, 1_024] {
            let pairs = (0..population.premises_count() - distance).map(|p| {
                let neighbours = [PremisesId(p), PremisesId(p + distance)];
                let suppliers = neighbours.map(|premises| population.electricity_supplier(premises));
                suppliers[0] == suppliers[1]
            });
            let (total, same) = (pairs.len(), pairs.filter(|same| *same).count());
            let by_chance = SHARES.iter().map(|share| share * share).sum();
            assert_share(&format!("neighbours {distance} apart"), same, total, by_chance);
        }
    }
}

#[test]
fn what_a_premises_has_does_not_depend_on_what_else_it_has() {
    let world = world(1, &[]);
    let population = &world.population;
    type Trait<'a> = (&'a str, f64, &'a dyn Fn(PremisesId) -> bool);
    let traits: [Trait<'_>; 6] = [
        ("enrolled", 0.8, &|p| population.is_enrolled(p)),
        ("prepayment", 0.13, &|p| population.is_prepayment(p)),
        ("no WAN", 0.02, &|p| !population.has_wan(p)),
        ("gas", 0.7, &|p| population.has_gas(p)),
        ("large Supplier", 0.45, &|p| {
            population.electricity_supplier(p) == UserId(0)
        }),
        ("another gas Supplier", 0.105, &|p| {
            population
                .gas_supplier(p)
                .is_some_and(|gas| gas != population.electricity_supplier(p))
        }),
    ];
    let n = population.premises_count() as usize;
    for (i, (name, share, holds)) in traits.iter().enumerate() {
        for (other_name, other_share, other_holds) in &traits[i + 1..] {
            if [*name, *other_name] == ["gas", "another gas Supplier"] {
                continue;
            }
            let both = all(population).filter(|p| holds(*p) && other_holds(*p)).count();
            assert_share(&format!("{name} and {other_name}"), both, n, share * other_share);
        }
    }
}

#[test]
fn shares_of_none_and_all_are_exact() {
    let none_and_all = [
        "population.enrolled_share=1.0",
        "population.gas_share=1.0",
        "population.prepayment_share=0.0",
        "population.no_wan_share=0.0",
        "population.dual_fuel_share=0.0",
    ];
    let world = world(1, &none_and_all);
    let population = &world.population;
    for p in all(population) {
        assert!(population.is_enrolled(p) && population.has_gas(p) && population.has_wan(p));
        assert!(!population.is_prepayment(p));
        assert_ne!(
            population.gas_supplier(p),
            Some(population.electricity_supplier(p))
        );
    }
}

#[test]
fn another_seed_is_another_population_of_the_same_shape() {
    let (one, two) = (world(1, &[]), world(2, &[]));
    assert_eq!(
        one.population.region_range(Region::South),
        two.population.region_range(Region::South)
    );
    let differ = all(&one.population)
        .filter(|p| one.population.electricity_supplier(*p) != two.population.electricity_supplier(*p))
        .count();
    let by_chance = 1.0 - SHARES.iter().map(|share| share * share).sum::<f64>();
    assert_share("differing", differ, 60_000, by_chance);
}
