//! The published monthly volumes, by one definition of a message: a slice of each scenario in CI, the whole of Great Britain with
//! `SECNET_FULL=1`.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stdout, reason = "the volumes measured are worth reading")]

use secnet_model::{DeviceType, PremisesId};
use secnet_results::messages::MessageKpis;
use secnet_tests::in_virtual_time::{run, scenario};
use secnet_topology::World;

const GB: &str = include_str!("../../topology/gb.toml");
const GB_PREMISES: f64 = 30.0e6;
const JULY: &str = include_str!("../../topology/july-2022.toml");
const JULY_HOMES: f64 = 13.0e6;
/// Of what was published (domain.md §7.1).
const TOLERANCE: f64 = 0.05;

/// A scenario's messages with so many premises, and the month's volumes times what is missing to `whole`.
fn month(text: &str, premises: f64, whole: f64, overrides: &[&str]) -> (MessageKpis, [f64; 3]) {
    let size = format!("population.premises={premises}");
    let run = run(&scenario(text, &[&[size.as_str()], overrides].concat()), 2);
    run.keeps_the_laws().unwrap();
    let messages = run.report.kpis.messages.clone();
    let month = messages.month.unwrap();
    let volumes = [month.messages, month.device_alerts, month.dcc_alerts];
    (messages, volumes.map(|volume| volume * whole / premises))
}

fn assert_about(what: &str, emulated: f64, published: f64) {
    let deviation = emulated / published - 1.0;
    println!(
        "{what}: {emulated:.4e}, {:+.2} % of what was published",
        deviation * 100.0
    );
    assert!(
        deviation.abs() < TOLERANCE,
        "{what}: {emulated:.4e} of {published:.3e} published"
    );
}

/// Of gb's enrolled electricity and gas meters.
fn smets1_share_of_meters(premises: f64) -> f64 {
    let size = format!("population.premises={premises}");
    let world = World::new(scenario(GB, &[&size])).unwrap();
    let population = &world.population;
    let (mut smets1, mut all) = (0_u64, 0_u64);
    for premises in (0..population.premises_count()).map(PremisesId) {
        let has = |device_type| u64::from(population.has_device(premises, device_type));
        let meters = has(DeviceType::Esme) + has(DeviceType::Gsme);
        all += meters;
        smets1 += meters * u64::from(population.is_smets1(premises));
    }
    smets1 as f64 / all as f64
}

#[test]
fn a_month_like_the_scenarios_day_has_the_published_volumes() {
    let full = std::env::var_os("SECNET_FULL").is_some();
    let (gb_premises, july_homes) = match full {
        true => (GB_PREMISES, JULY_HOMES),
        // The few noisy devices of a fifth of July's homes raise a tenth fewer or more alerts, by the seed.
        false => (30_000.0, 130_000.0),
    };
    let (gb, [messages, ..]) = month(
        GB,
        gb_premises,
        GB_PREMISES,
        &[
            "dsp.sized_for_premises=30000000",
            "s1sp.sized_for_premises=30000000",
        ],
    );
    assert_about("August 2024, messages", messages, 2.2e9);
    assert_about(
        "August 2024, a meter",
        gb.month.unwrap().messages_per_meter.unwrap(),
        69.0,
    );
    let reads = gb.reads_share.unwrap();
    assert!(
        (0.55..0.65).contains(&reads),
        "{reads} of gb's messages are reads"
    );

    let share = smets1_share_of_meters(gb_premises);
    println!("August 2024, SMETS1: {share:.4} of the meters");
    assert!((share - 0.37).abs() < 0.37 * TOLERANCE, "{share}");

    for seed in ["seed=1", "seed=2"] {
        let without = [seed, "modifications.SECMP0062=off"];
        let (july, [messages, device_alerts, dcc_alerts]) = month(JULY, july_homes, JULY_HOMES, &without);
        assert_about("July 2022, messages", messages, 1.0e9);
        assert_about("July 2022, device alerts", device_alerts, 1.6e9);
        assert_about("July 2022, DCC alerts", dcc_alerts, 86.0e6);
        let reads = july.reads_share.unwrap();
        assert!(
            (0.55..0.65).contains(&reads),
            "{reads} of July's messages are reads"
        );
    }
}
