//! Firmware campaigns, end to end: every device ends with one fate, a bad image stops where the plan says, and others pay no more than
//! the cap.

#![allow(clippy::unwrap_used)]

use secnet_model::{DeviceId, DeviceStatus, DeviceType, PremisesId};
use secnet_results::campaigns::CampaignKpi;
use secnet_tests::in_virtual_time::{Run, run, scenario};
use secnet_topology::World;

/// Three regions, two Suppliers, an ordinary trickle of reads, and a campaign for electricity meters.
const CAMPAIGN: &str = r#"
name = "campaign"
epoch = "2026-04-01T00:00:00Z"
horizon = "10d"
drain = "1h"
suppliers = [{ name = "A", share = 0.6 }, { name = "B", share = 0.4 }]
dnos = [{ name = "D", areas = ["NPgY", "EPN", "SPN"] }]

[population]
premises = 6_000
areas = ["NPgY", "EPN", "SPN"]
smets1_share = 0.1

[premises]
alerts_per_premises_per_day = 0.0

[[workloads]]
name = "reads"
from = "suppliers"
srvs = ["4.1.1"]
per_device_per_day = 2.0

[[campaigns]]
name = "esme"
device = "ESME"
share = 0.5
image = "150kB"
starts_after = "6h"
batch_devices = 500
batch_every = "6h"
"#;

fn whole<'r>(run: &'r Run, campaign: &str) -> &'r CampaignKpi {
    let mut rows = run.report.kpis.campaigns.iter();
    rows.find(|row| row.campaign == campaign && row.region.is_none())
        .unwrap()
}

fn counter(run: &Run, name: &str) -> u64 {
    run.report.ledger.counters.get(name).copied().unwrap_or_default()
}

/// A counter of the three CSPs.
fn of_csps(run: &Run, name: &str) -> u64 {
    let regions = ["north", "central", "south"];
    regions
        .map(|region| counter(run, &format!("csp.{region}.{name}")))
        .iter()
        .sum()
}

/// What holds of any campaign.
fn every_device_has_one_fate(run: &Run) {
    run.keeps_the_laws().unwrap();
    let mut devices = 0;
    for row in &run.report.kpis.campaigns {
        assert_eq!(
            row.devices,
            row.outcomes.values().sum::<u64>() + row.open,
            "{row:#?}"
        );
        devices += row.devices * u64::from(row.region.is_none());
    }
    let items = &run.report.ledger.outcomes["firmware_update"];
    assert_eq!(items.opened, devices);
    assert_eq!(items.unexplained, 0);
    // Each image the DSP passed on is over, or under way.
    let (passed_on, over) = (
        counter(run, "dsp.firmware.devices"),
        counter(run, "dsp.firmware.delivered") + counter(run, "dsp.firmware.not_delivered"),
    );
    assert!(over <= passed_on);
    // Octets are blocks times attempts.
    let blocks = of_csps(run, "firmware.broadcast_blocks") + of_csps(run, "firmware.alone_blocks");
    assert_eq!(
        of_csps(run, "firmware.bytes"),
        blocks * run.outcome.scenario.firmware.block.0
    );
    // To the byte in each cell, and no cell is left out.
    let (mut bytes, block_bytes) = (0, run.outcome.scenario.firmware.block.0);
    for (of, cell) in run.outcome.total().firmware_cells.iter() {
        assert_eq!(cell.bytes, cell.blocks * block_bytes, "{of:?}");
        assert!(cell.delivered + cell.given_up <= cell.images, "{of:?}: {cell:?}");
        bytes += cell.bytes;
    }
    assert_eq!(bytes, of_csps(run, "firmware.bytes"));
}

#[test]
fn all_devices_end_with_one_fate_and_what_suppliers_know_is_true() {
    let run = run(&scenario(CAMPAIGN, &[]), 1);
    every_device_has_one_fate(&run);
    let all = whole(&run, "esme");
    assert_eq!(all.open, 0, "{all:#?}");
    assert!(
        all.devices > 2_000 && all.updated_share.unwrap() > 0.9,
        "{all:#?}"
    );
    assert_eq!(counter(&run, "dsp.firmware.delivered"), all.at_hub);
    assert_eq!(counter(&run, "premises.firmware.images"), all.at_hub);
    assert_eq!(counter(&run, "premises.firmware.activated"), all.updated);
    assert_eq!(
        counter(&run, "premises.firmware.unsound"),
        all.outcomes["image_unsound"]
    );
    let warned: u64 = all.warnings.values().sum();
    assert_eq!(counter(&run, "dsp.firmware.devices"), all.devices - warned);
    // Two Suppliers send their image, to three regions; a request each 500 premises.
    assert_eq!(counter(&run, "dsp.firmware.uploads"), 6);
    assert_eq!(counter(&run, "dsp.firmware.requests"), 4 + 3);
    assert!(all.updated_by_day.is_sorted() && all.updated_by_day.last() == Some(&all.updated));
}

#[test]
fn a_central_library_saves_every_upload_but_one_for_each_region_and_shares_broadcasts() {
    const IMAGE: u64 = 150_000;
    let off = run(&scenario(CAMPAIGN, &[]), 1);
    let on = run(&scenario(CAMPAIGN, &["firmware.central_library=true"]), 1);
    every_device_has_one_fate(&on);
    let of = |run: &Run, name: &str| counter(run, &format!("dsp.firmware.{name}"));
    let uploads =
        |run: &Run| ["received_bytes", "in_library", "uploads", "uploaded_bytes"].map(|name| of(run, name));
    assert_eq!(uploads(&off), [7 * IMAGE, 0, 6, 6 * IMAGE]);
    assert_eq!(uploads(&on), [IMAGE, 1, 3, 3 * IMAGE]);
    // The same requests, without their images.
    assert_eq!(of(&on, "requests"), of(&off, "requests"));
    let devices = |run: &Run| whole(run, "esme").devices;
    assert_eq!(devices(&on), devices(&off));
    // A cell of the North broadcasts once for both Suppliers; by themselves hubs take what they take.
    let north = |run: &Run| counter(run, "csp.north.firmware.broadcast_blocks");
    assert!(north(&on) < north(&off), "{} {}", north(&on), north(&off));
    let of_devices = whole(&off, "esme").at_hub as f64 / whole(&on, "esme").at_hub as f64;
    assert!((of_devices - 1.0).abs() < 0.01, "{of_devices}");
}

#[test]
fn a_campaign_brings_back_what_a_version_off_the_list_had_suspended() {
    let removal = r#"
        [[events]]
        name = "vulnerable"
        kind = "cpl_removal"
        campaign = "esme"
        starts_after = "3h"
    "#;
    let run = run(&scenario(&format!("{CAMPAIGN}\n{removal}"), &[]), 1);
    every_device_has_one_fate(&run);
    let world = World::new(run.outcome.scenario.clone()).unwrap();
    let meters =
        (0..world.population.premises_count()).map(|number| PremisesId(number).device(DeviceType::Esme));
    let in_service = |esme: &DeviceId| {
        world.population.device_status(*esme) == Some(DeviceStatus::Commissioned)
            && world.is_campaign_for(0, *esme)
    };
    let suspended = meters.filter(in_service).count() as u64;
    assert!(suspended > 2_000, "{suspended}");
    assert_eq!(counter(&run, "dsp.cpl.suspended"), suspended);
    assert_eq!(counter(&run, "user.dcc_alerts.n49"), suspended);
    // Those that took to the new version, whether their Supplier knows or not, are those that are back.
    assert_eq!(counter(&run, "dsp.cpl.back_updated"), whole(&run, "esme").updated);
    assert!(run.report.kpis.service.overall.codes["E5"] > 0);
}

#[test]
fn devices_are_asked_at_the_hour_the_campaign_says_and_a_verdict_holds_it_to_its_share() {
    let verdicts = r#"
        [[verdicts]]
        campaign = "esme"
        updated_share_min = 0.9
        [[verdicts]]
        campaign = "esme"
        region = "north"
        updated_share_min = 0.999
    "#;
    let text = format!("{CAMPAIGN}activate_at = \"03:00\"\n{verdicts}");
    let run = run(&scenario(&text, &[]), 1);
    every_device_has_one_fate(&run);
    // The campaign begins at six: half is there with the hour of the next day's, or a later one's, night.
    let half = whole(&run, "esme").days_to_50_percent.unwrap();
    let after_the_hour = half - 0.875 - (half - 0.875).floor();
    assert!(half >= 0.875 && after_the_hour < 0.02, "{half}");
    let met: Vec<bool> = run
        .report
        .kpis
        .verdicts
        .iter()
        .map(|verdict| verdict.met)
        .collect();
    assert_eq!(met, [true, false], "{:?}", run.report.kpis.verdicts);
}

#[test]
fn others_pay_no_more_than_the_share_the_image_has() {
    let with = run(&scenario(CAMPAIGN, &[]), 1);
    let without = run(&scenario(CAMPAIGN, &["campaigns.0.share=0"]), 1);
    assert_eq!(of_csps(&without, "firmware.bytes"), 0);
    let commands = |run: &Run| {
        of_csps(run, "downlink.transmitting_us") as f64 / of_csps(run, "downlink.transmissions") as f64
    };
    let slower = commands(&with) / commands(&without);
    assert!(slower > 1.0 && slower < 1.0 / 0.8, "{slower}");
}

#[test]
fn power_cuts_in_the_middle_delay_a_campaign_and_count_nobody_twice() {
    let cuts = r#"
        [[events]]
        name = "cuts"
        kind = "power_faults"
        share = 0.8
        starts_after = "7h"
        lasts = "2d"
        fault_sizes = [[30, 1]]
        off_mean = "8h"
    "#;
    let undisturbed = run(&scenario(CAMPAIGN, &[]), 1);
    let run = run(&scenario(&format!("{CAMPAIGN}\n{cuts}"), &[]), 1);
    every_device_has_one_fate(&run);
    let (with, without) = (whole(&run, "esme"), whole(&undisturbed, "esme"));
    assert_eq!(with.devices, without.devices);
    assert!(counter(&run, "premises.firmware.waits_for_supply") > 0);
    assert!(with.days_to_90_percent > without.days_to_90_percent, "{with:#?}");
    assert!(with.updated_share.unwrap() > 0.9, "{with:#?}");
}

#[test]
fn a_bad_image_stops_in_the_wave_the_plan_says_and_without_a_plan_hits_all() {
    let shipped = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../topology/hub-safe-launch-bad.toml"
    ))
    .unwrap();
    let launch = |overrides: &[&str]| {
        let run = run(&scenario(&shipped, overrides), 1);
        every_device_has_one_fate(&run);
        let all = whole(&run, "hub-2026").clone();
        (all, counter(&run, "supplier.firmware.stopped"))
    };
    let (planned, stopped) = launch(&[]);
    assert_eq!(
        (planned.devices, stopped),
        (100, 3),
        "a thousandth, all three Suppliers"
    );
    let (tolerant, stopped) = launch(&["campaigns.0.stop_above=0.6"]);
    assert_eq!((tolerant.devices_by_wave.len(), stopped), (4, 0));
    assert_eq!(tolerant.devices, 100_000);
    let (unplanned, _) = launch(&["campaigns.0.waves=[1.0]"]);
    assert_eq!(unplanned.devices, 100_000);
    let lost = unplanned.outcomes["no_response"] as f64 / unplanned.sound as f64;
    assert!((lost - 0.3).abs() < 0.02, "{unplanned:#?}");
}

#[test]
fn a_campaign_that_is_stopped_asks_nobody_more_to_activate_what_is_there() {
    let launch = [
        "campaigns.0.waves=[0.1, 1.0]",
        "campaigns.0.soak=1d",
        "campaigns.0.unsound_share=0.5",
        "campaigns.0.stop_above=0.2",
        "campaigns.0.activate_after=2d",
    ];
    let run = run(&scenario(CAMPAIGN, &launch), 1);
    every_device_has_one_fate(&run);
    let all = whole(&run, "esme");
    assert_eq!(counter(&run, "supplier.firmware.stopped"), 2);
    assert_eq!(all.outcomes["stopped"], all.sound, "{all:#?}");
    assert_eq!(
        (all.activations, all.updated, all.devices_by_wave.len()),
        (0, 0, 0)
    );
    assert!(all.sound > 50 && all.open == 0, "{all:#?}");
}

#[test]
fn an_activation_that_restarts_a_hub_tells_of_an_outage_there_is_not() {
    let run = run(&scenario(CAMPAIGN, &["firmware.false_outage_share=0.1"]), 1);
    every_device_has_one_fate(&run);
    let told = counter(&run, "premises.firmware.false_outage_alerts");
    let updated = whole(&run, "esme").updated;
    assert!(
        (told as f64 / updated as f64 - 0.1).abs() < 0.02,
        "{told} of {updated}"
    );
    let alerts = &run.report.kpis.alerts.by_alert;
    let outages = alerts
        .iter()
        .find(|row| row.key.alert.as_deref() == Some("AD1"))
        .unwrap();
    assert_eq!(outages.raised, Some(told));
    assert!(outages.delivered > 0 && outages.within_target_share.unwrap() > 0.9);
}

#[test]
fn images_are_unsound_for_three_reasons_and_each_is_counted() {
    let shares = [
        "firmware.unsound_share=0.1",
        "firmware.wrong_model_share=0.2",
        "firmware.memory_full_share=0.3",
    ];
    let run = run(&scenario(CAMPAIGN, &shares), 1);
    every_device_has_one_fate(&run);
    let all = whole(&run, "esme");
    let causes = ["corrupt", "wrong_model", "memory_full"]
        .map(|cause| counter(&run, &format!("premises.firmware.unsound_{cause}")));
    assert_eq!(causes.iter().sum::<u64>(), all.outcomes["image_unsound"]);
    // One after another looks for each: model, then what came, then room.
    let expected = [0.8 * 0.1, 0.2, 0.8 * 0.9 * 0.3];
    for (found, share) in causes.into_iter().zip(expected) {
        let of_all = found as f64 / all.at_hub as f64;
        assert!((of_all - share).abs() < 0.03, "{causes:?} of {}", all.at_hub);
    }
}

#[test]
fn what_is_stopped_is_rolled_back_where_the_plan_says_so_and_to_those_it_had_listed_alone() {
    let launch = r#"
        waves = [0.1, 1.0]
        soak = "2d"
        lost_share = 0.4
        stop_above = 0.2
        read_back_after = "6h"
        activate_again_after = "6h"
        [[campaigns]]
        name = "before"
        rolls_back = "esme"
        device = "ESME"
        image = "100kB"
        batch_every = "2h"
        read_back_after = "6h"
        activate_again_after = "6h"
        give_up_after = "4d"
    "#;
    let text = format!("{CAMPAIGN}\n{launch}");
    let run_with = |overrides: &[&str]| {
        let run = run(&scenario(&text, overrides), 1);
        every_device_has_one_fate(&run);
        run
    };
    let stopped = run_with(&[]);
    let (bad, before) = (whole(&stopped, "esme"), whole(&stopped, "before"));
    assert_eq!(counter(&stopped, "supplier.firmware.stopped"), 2);
    assert_eq!(counter(&stopped, "supplier.firmware.rolled_back"), 2);
    assert_eq!(before.devices, bad.devices, "all that were listed");
    // What was lost stays so: it is there for the network, and finds no device.
    let lost = counter(&stopped, "premises.firmware.lost");
    assert!(lost > 50, "{lost}");
    assert_eq!(counter(&stopped, "premises.firmware.without_device"), lost);
    assert!(
        before.updated > 0 && before.updated <= bad.devices - lost,
        "{before:#?}"
    );
    assert!(
        before.updated_share.unwrap() > 0.9 * (1.0 - lost as f64 / bad.devices as f64),
        "{before:#?}"
    );

    let goes_on = run_with(&["campaigns.0.stop_above=0.9"]);
    assert_eq!(counter(&goes_on, "supplier.firmware.rolled_back"), 0);
    let has_row = goes_on
        .report
        .kpis
        .campaigns
        .iter()
        .any(|row| row.campaign == "before" && row.devices > 0);
    assert!(!has_row);
}

#[test]
fn a_bad_version_off_the_list_suspends_who_runs_it_and_a_roll_back_brings_them_back() {
    // A's second request comes when the campaign's own version is off the list, which is sent to nobody after that.
    let launch = r#"
        waves = [0.4, 1.0]
        soak = "1d"
        unsound_share = 0.4
        stop_above = 0.3
        [[campaigns]]
        name = "before"
        rolls_back = "esme"
        device = "ESME"
        image = "100kB"
        batch_every = "1h"
        [[events]]
        name = "bad"
        kind = "cpl_removal"
        campaign = "esme"
        version = "new"
        starts_after = "11h"
    "#;
    let run = run(&scenario(&format!("{CAMPAIGN}\n{launch}"), &[]), 1);
    every_device_has_one_fate(&run);
    let (bad, before) = (whole(&run, "esme"), whole(&run, "before"));
    let invalid = bad.warnings["invalid_version"];
    assert!(invalid > 100 && invalid < bad.devices / 2, "{bad:#?}");
    assert_eq!(counter(&run, "dsp.firmware.warnings.invalid_version"), invalid);
    // Those that took to it, in service, before or after: each once.
    let suspended = counter(&run, "dsp.cpl.suspended");
    assert_eq!(suspended, bad.updated);
    assert_eq!(counter(&run, "user.dcc_alerts.n49"), suspended);
    // The roll-back is for all that were listed: of those who run the bad version, most take to the one before.
    let back = counter(&run, "dsp.cpl.back_updated");
    assert!(
        back < suspended && back > suspended * 9 / 10,
        "{back} of {suspended}"
    );
    assert!(before.updated > back, "{before:#?}");
}

#[test]
fn devices_that_hold_a_future_dated_activation_run_the_image_at_its_time_and_say_so() {
    let held = [
        "campaigns.0.activate_future_dated=true",
        "campaigns.0.activate_at=2026-04-05T03:00:00Z",
    ];
    let run = run(&scenario(CAMPAIGN, &held), 1);
    every_device_has_one_fate(&run);
    let all = whole(&run, "esme");
    // 99 hours after the epoch, 93 after the first request; by the devices' own clocks.
    let hour = 93.0 / 24.0;
    for days in [all.days_to_50_percent, all.days_to_90_percent] {
        assert!((days.unwrap() - hour).abs() < 0.01, "{all:#?}");
    }
    assert_eq!(all.open, 0, "{all:#?}");
    assert_eq!(counter(&run, "premises.firmware.activated"), all.updated);
    let refused = counter(&run, "premises.firmware.activations_refused");
    assert!(refused > 0 && all.outcomes["device_error"] >= refused, "{all:#?}");
    let alert = |code: &str| {
        let rows = &run.report.kpis.alerts.by_alert;
        let row = rows.iter().find(|row| row.key.alert.as_deref() == Some(code));
        row.and_then(|row| row.raised).unwrap_or_default()
    };
    assert_eq!(alert("8F66"), all.updated);
    assert!(alert("8F67") >= refused);
}

#[test]
fn a_campaign_by_hand_lists_its_next_devices_with_each_request_and_nobody_past_the_last() {
    let request = |at: &str| {
        format!("[[requests]]\nfrom = \"A\"\nat = \"{at}\"\nsrv = \"11.1\"\ncampaign = \"esme\"\n")
    };
    let requests: String = ["6h", "7h", "1d"].map(request).concat();
    let text = format!("{CAMPAIGN}by_hand = true\n{requests}");
    let by_hand = run(&scenario(&text, &["campaigns.0.batch_devices=700"]), 1);
    every_device_has_one_fate(&by_hand);
    // Those of 1,400 of A's premises, of 1,800 in the campaign, and then of the rest.
    let planned = run(
        &scenario(
            CAMPAIGN,
            &["campaigns.0.batch_devices=700", "campaigns.0.suppliers=[\"A\"]"],
        ),
        1,
    );
    assert_eq!(whole(&by_hand, "esme").devices, whole(&planned, "esme").devices);
    assert_eq!(counter(&by_hand, "dsp.firmware.requests"), 3);

    let more = [request("3d"), request("4d")].concat();
    let past_the_last = run(
        &scenario(&format!("{text}{more}"), &["campaigns.0.batch_devices=700"]),
        1,
    );
    every_device_has_one_fate(&past_the_last);
    assert_eq!(
        whole(&past_the_last, "esme").devices,
        whole(&by_hand, "esme").devices
    );
    let answered = past_the_last.report.kpis.service.by_srv.iter();
    let of_11_1 = answered.filter(|row| row.key.srv.as_deref() == Some("11.1"));
    assert_eq!(of_11_1.map(|row| row.outcomes["completed"]).sum::<u64>(), 5);

    let unlisted = run(&scenario(&format!("{CAMPAIGN}by_hand = true\n"), &[]), 1);
    assert_eq!(counter(&unlisted, "dsp.firmware.requests"), 0);
}
