//! Hubs exchanged for hubs of 4G, end to end: the ledger balances, airtime moves with the homes, and nobody but those who are visited
//! notices.

#![allow(clippy::unwrap_used)]

use secnet_tests::in_virtual_time::{Run, run, scenario};

const PROGRAMME: &str = r#"
name = "programme"
epoch = "2026-03-02T00:00:00Z"
horizon = "5d"
drain = "2h"
suppliers = [{ name = "A", share = 1.0 }]

[population]
premises = 3_000
areas = ["NPgY", "EPN", "SPN"]
smets1_share = 0.1
no_wan_share = 0.02
no_4g_share = 0.0

[[schedules]]
from = "suppliers"
srv = "4.6.1"
starts_at = "00:00"
window = "6h"

[[workloads]]
name = "reads"
from = "suppliers"
srvs = ["4.1.1"]
per_device_per_day = 1.0

[[events]]
name = "4G"
kind = "hub_exchange"
starts_after = "0s"
lasts = "4d"
share = 0.6
"#;

fn counter(run: &Run, name: &str) -> u64 {
    run.report.ledger.counters.get(name).copied().unwrap_or_default()
}

fn of_csps(run: &Run, name: &str) -> u64 {
    let regions = ["north", "central", "south"];
    regions
        .map(|region| counter(run, &format!("csp.{region}{name}")))
        .iter()
        .sum()
}

#[test]
fn airtime_moves_with_the_homes_and_every_item_has_one_outcome_on_any_number_of_threads() {
    let with = run(&scenario(PROGRAMME, &[]), 1);
    with.keeps_the_laws().unwrap();
    let hubs = of_csps(&with, ".exchanged.hubs") as f64;
    let on_a_csp = f64::from(with.outcome.premises[..3].iter().sum::<u32>());
    assert!((hubs / on_a_csp - 0.6).abs() < 0.03, "{hubs} of {on_a_csp}");
    let gained = of_csps(&with, ".exchanged.gained_coverage") as f64;
    assert!((gained / hubs - 0.02).abs() < 0.01, "{gained} of {hubs}");
    // Of all that is sent to homes, as much goes over 4G as there are days with it, on average: less of the nights.
    let (legacy, four_g) = (
        of_csps(&with, ".downlink.transmissions") as f64,
        of_csps(&with, "_4g.downlink.transmissions") as f64,
    );
    let share = four_g / (legacy + four_g);
    assert!((0.25..0.45).contains(&share), "{share}");

    let without = run(&scenario(PROGRAMME, &["events.0.share=0"]), 1);
    without.keeps_the_laws().unwrap();
    assert_eq!(of_csps(&without, "_4g.downlink.transmissions"), 0);
    let completed = |run: &Run| {
        run.report.kpis.service.overall.opened as f64
            * run.report.kpis.service.overall.completed_share.unwrap()
    };
    // 45 minutes of five days are lost where an engineer comes, and homes without coverage gain theirs.
    let ratio = completed(&with) / completed(&without);
    assert!((0.995..1.01).contains(&ratio), "{ratio}");

    let on_two = run(&scenario(PROGRAMME, &["hosting.premises_shards=3"]), 2);
    assert_eq!(on_two.digests(), with.digests());
}

#[test]
fn the_dsp_leaves_an_exchanged_hub_out_of_a_campaign_for_hubs_and_says_that_the_image_is_not_applicable() {
    let campaign = r#"
        [[campaigns]]
        name = "hub-2026"
        device = "CHF"
        image = "50kB"
        starts_after = "4d"
        batch_devices = 5_000
    "#;
    let run = run(&scenario(&format!("{PROGRAMME}\n{campaign}"), &[]), 1);
    run.keeps_the_laws().unwrap();
    let all = run.report.kpis.campaigns.iter().find(|row| row.region.is_none());
    let all = all.unwrap();
    // All that are exchanged are by then; the campaign is for hubs of either kind.
    let exchanged = of_csps(&run, ".exchanged.hubs");
    assert_eq!(all.warnings["not_applicable"], exchanged);
    assert_eq!(counter(&run, "dsp.firmware.warnings.not_applicable"), exchanged);
    assert_eq!(counter(&run, "premises.firmware.unsound_wrong_model"), 0);
    assert!(all.at_hub > 500, "{all:#?}");
}
