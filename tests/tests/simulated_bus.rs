//! Random small networks live, on a made-up clock: over a bus that loses, doubles, delays and reorders, with processes that stand
//! still, links that are cut and processes that are killed. Whatever happens, a run that ends has the digests of virtual time, or
//! says whom it lost with its books balanced; and once nothing disturbs it any more it ends.
//!
//! `SECNET_SCENARIOS=1000` runs a thousand of them; `SECNET_SCENARIO=17` runs the seventeenth alone and prints it.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

use secnet_tests::disturbances::Disturbances;
use secnet_tests::in_virtual_time;
use secnet_tests::numbered::{each_number, numbers};
use secnet_tests::random_scenario::random_scenario;
use secnet_tests::simulated_bus::{self, Facts};
use secnet_topology::World;
use std::sync::Mutex;

const SCENARIOS: u64 = 100;

#[test]
fn whatever_happens_to_a_live_run_it_ends_with_the_digests_of_virtual_time_or_names_whom_it_lost() {
    let numbers = numbers(SCENARIOS);
    if numbers.end - numbers.start == 1 {
        let scenario = random_scenario(numbers.start);
        let world = World::new(scenario).unwrap();
        let disturbances = Disturbances::random(numbers.start, &world.layout().network, world.end);
        println!("{}\n{disturbances:#?}", world.scenario.to_toml().unwrap());
    }
    let sum = Mutex::new(Facts::default());
    each_number(numbers.clone(), |number| {
        let facts = check(number)?;
        let mut sum = sum.lock().unwrap();
        sum.add(&facts);
        Ok(())
    });
    let sum = sum.into_inner().unwrap();
    println!("{sum:#?}");
    if numbers.end - numbers.start >= SCENARIOS {
        // Disturbances are worth something only if they happen.
        let Facts {
            lost,
            overtaken,
            resent,
            paused,
            cut,
            killed,
            ..
        } = sum;
        assert!(
            [lost, overtaken, resent, paused, cut, killed]
                .iter()
                .all(|count| *count > 10),
            "{sum:?}"
        );
    }
}

fn check(number: u64) -> Result<Facts, String> {
    let scenario = random_scenario(number);
    let world = World::new(scenario.clone()).map_err(|error| error.to_string())?;
    let disturbances = Disturbances::random(number, &world.layout().network, world.end);
    let Some(live) = simulated_bus::run(&scenario, &disturbances, number)? else {
        return Ok(Facts {
            killed: 1,
            ..Facts::default()
        });
    };
    let ledger = &live.report.ledger;
    if ledger.violations.total() > 0 {
        return Err(format!("contracts were broken: {:?}", ledger.violations));
    }
    if !ledger.balanced {
        return Err(format!("the ledger does not balance: {:#?}", ledger.outcomes));
    }
    if live.facts.killed > 0 {
        let lost = live.outcome.lost_nodes.len() as u64;
        return match (ledger.complete, lost == live.facts.killed) {
            (false, true) => Ok(live.facts),
            _ => Err(format!(
                "{} killed, {lost} lost, complete: {}",
                live.facts.killed, ledger.complete
            )),
        };
    }
    let virtual_time = in_virtual_time::run(&scenario, 1);
    let (mine, its) = (&virtual_time.report, &live.report);
    if (&mine.ledger.digest, &mine.kpis.digest) != (&its.ledger.digest, &its.kpis.digest) {
        return Err(format!(
            "{:#?}\nin virtual time, and simulated live\n{:#?}",
            mine.ledger.outcomes, its.ledger.outcomes
        ));
    }
    if virtual_time.outcome.traces != live.outcome.traces {
        return Err("other traces than in virtual time".to_owned());
    }
    Ok(live.facts)
}
