//! Outages of the region, lost coverage, and what the coverage database believes.

use crate::rig::{Rig, alert, command, ms, response};
use secnet_engine::Outcome;
use secnet_wire::UndeliverableReason;

const OUTAGE: &str = r#"
    [[events]]
    name = "core"
    kind = "csp_outage"
    region = "north"
    starts_after = "10s"
    lasts = "60s"
"#;

#[test]
fn messages_wait_for_the_end_of_an_outage_and_then_go_in_order_of_class_and_arrival() {
    let mut rig = Rig::with_events(OUTAGE);
    // Its transmission of 100 ms is under way when the outage begins: it ends.
    rig.command(9_950, command(1, 1, 100));
    rig.command(20_000, command(2, 1, 100));
    rig.command(30_000, command(3, 0, 100));
    rig.response(40_000, response(4, 1, 100));
    rig.run_until(ms(69_999));
    assert_eq!(rig.delivered(), [(11_050, 1)]);
    rig.finish();
    // Latency is a second; the urgent command goes first.
    assert_eq!(rig.delivered(), [(11_050, 1), (71_100, 3), (71_200, 2)]);
    assert_eq!(rig.counter("responses_delivered"), 1, "the uplink opens as well");
    assert_eq!(rig.counter("downlink.transmissions"), 3);
}

#[test]
fn a_queue_that_is_full_in_an_outage_drops_as_ever() {
    let text = OUTAGE.replace("10s", "0s");
    let mut rig = Rig::with_events(&text);
    for counter in 0..502 {
        rig.command(1_000 + counter, command(counter, 1, 100));
    }
    rig.run_until(ms(59_000));
    let full: Vec<u64> = rig
        .undeliverable()
        .iter()
        .map(|(_, counter, _)| *counter)
        .collect();
    assert_eq!(full, [500, 501]);
    rig.finish();
    assert_eq!(rig.delivered().len(), 500);
}

#[test]
fn a_queue_that_moves_when_an_outage_begins_goes_on_when_it_ends() {
    let mut rig = Rig::with_events(OUTAGE);
    for counter in 0..30 {
        rig.command(9_000, command(counter, 1, 100));
    }
    rig.finish();
    let delivered = rig.delivered();
    // Ten transmissions begin before the outage, at 9.0 s to 9.9 s; the next begins at 70 s.
    assert_eq!(delivered[9].0, 11_000);
    assert_eq!(delivered[10].0, 71_100);
    assert_eq!(delivered[29].0, 71_100 + 19 * 100);
}

/// Premises 0 to 4 lose coverage for a minute.
fn coverage(more: &str) -> Rig {
    Rig::with_events(&format!(
        r#"
        [[events]]
        name = "mast"
        kind = "coverage_loss"
        premises = [0, 4]
        starts_after = "10s"
        lasts = "60s"
        {more}
        "#
    ))
}

#[test]
fn a_coverage_database_that_never_learns_lets_commands_be_sent_in_vain() {
    let mut rig = coverage("");
    rig.command(20_000, command(1, 1, 100));
    rig.finish();
    // Three transmissions, each with 5 s until its loss is noticed.
    assert_eq!(
        rig.undeliverable(),
        [(20_000 + 3 * 5_100 + 30, 1, UndeliverableReason::LostOnWan)]
    );
    assert_eq!(rig.counter("downlink.transmissions"), 3);
}

#[test]
fn a_record_out_of_date_refuses_commands_though_there_is_coverage_again() {
    let mut rig = coverage("noticed_after = \"30s\"");
    rig.command(20_000, command(1, 1, 100));
    rig.command(45_000, command(2, 1, 100));
    // Coverage is back since 70 s; the database says so from 100 s on.
    rig.command(80_000, command(3, 1, 100));
    rig.command(100_000, command(4, 1, 100));
    rig.finish();
    let reasons: Vec<(u64, UndeliverableReason)> = rig
        .undeliverable()
        .into_iter()
        .map(|(_, counter, reason)| (counter, reason))
        .collect();
    assert_eq!(
        reasons,
        [
            (1, UndeliverableReason::LostOnWan),
            (2, UndeliverableReason::NoCoverage),
            (3, UndeliverableReason::NoCoverage),
        ]
    );
    assert_eq!(rig.delivered(), [(101_100, 4)]);
    assert_eq!(rig.counter("commands_without_coverage"), 2);
}

#[test]
fn a_command_whose_coverage_comes_back_in_time_gets_through_by_its_second_transmission() {
    let mut rig = coverage("");
    rig.command(66_000, command(1, 1, 100));
    rig.finish();
    // Lost at 66.1 s, noticed and sent again at 71.1 s.
    assert_eq!(rig.delivered(), [(72_200, 1)]);
}

#[test]
fn alerts_and_responses_of_premises_without_coverage_are_lost_and_neighbours_are_not() {
    let mut rig = coverage("");
    rig.response(20_000, response(1, 1, 100));
    let mut far = alert("8002", 1, 100);
    rig.alert(20_000, far);
    far.device.premises = secnet_model::PremisesId(7);
    rig.alert(20_000, far);
    rig.finish();
    assert_eq!(
        (rig.counter("responses_lost"), rig.counter("alerts_lost")),
        (1, 1)
    );
    assert_eq!(rig.counter("alerts_passed_on"), 1);
    assert_eq!(rig.alerts_closed(Outcome::LostOnWan), 1);
}

#[test]
fn a_hub_that_was_taken_away_is_in_the_database_and_answers_no_more() {
    let mut rig = Rig::with_events(
        r#"
        [[events]]
        name = "demolition"
        kind = "removal"
        premises = [0, 0]
        starts_after = "10s"
        "#,
    );
    rig.command(5_000, command(1, 1, 100));
    rig.command(20_000, command(2, 1, 100));
    rig.finish();
    assert_eq!(rig.delivered(), [(6_100, 1)]);
    assert_eq!(rig.undeliverable().len(), 1);
    assert_eq!(rig.counter("commands_lost"), 1);
}
