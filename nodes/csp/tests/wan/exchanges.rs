//! Hubs that are exchanged for hubs of 4G: which network carries what, before, meanwhile and after.

use crate::rig::{Rig, alert, command, ms, response};
use secnet_accounts::Accountable;
use secnet_accounts::load::Resource;
use secnet_engine::Outcome;
use secnet_model::{DeviceType, PremisesId, SimTime, Technology};
use secnet_wire::{DeviceAlert, UndeliverableReason};

/// 1 January 1970 was a Thursday: engineers come to premises 0 and 1 at some moment of its first hour. On 4G an octet takes a quarter of a
/// millisecond each way, and latency half a second.
const PROGRAMME: &str = r#"
    [csp.4g]
    downlink_rate = "32kbit/s"
    uplink_rate = "32kbit/s"
    overhead = "0B"
    latency_min = "500ms"
    latency_mean = "500ms"
    loss = 0.0
    [[events]]
    name = "programme"
    kind = "hub_exchange"
    starts_after = "0s"
    lasts = "30min"
    premises = [0, 1]
    share = 1.0
    takes = "10min"
    works_from = "00:00"
    works_to = "01:00"
"#;

/// Without premises that 4G does not reach, and when the first premises' hub is exchanged, in ms.
fn rig() -> (Rig, u64, u64) {
    let rig = Rig::with(PROGRAMME, |scenario| scenario.population.no_4g_share = 0.0);
    let exchanges = rig.world.timeline.exchanges();
    let visit = exchanges.visit(&rig.world.population, PremisesId(0)).unwrap();
    assert_eq!(visit.ends, SimTime(visit.begins.0 + 600_000_000));
    let (begins, ends) = (visit.begins.0 / 1_000, visit.ends.0.div_ceil(1_000));
    assert!(begins > 10_000, "there is time before it");
    (rig, begins, ends)
}

#[test]
fn a_command_takes_the_network_that_its_hub_is_of() {
    let (mut rig, begins, ends) = rig();
    rig.command(0, command(1, 1, 100));
    rig.command(begins + 1_000, command(2, 1, 100));
    rig.command(ends, command(3, 1, 100));
    rig.finish();
    // 100 ms on air and a second behind; then 25 ms, and half a second.
    assert_eq!(rig.delivered(), [(1_100, 1), (ends + 525, 3)]);
    // Three transmissions 5 s apart from their ends: the database knows nothing of engineers.
    let gone = begins + 1_000 + 3 * (100 + 5_000) + 30;
    assert_eq!(rig.undeliverable(), [(gone, 2, UndeliverableReason::LostOnWan)]);
    assert_eq!(rig.counter("downlink.transmissions"), 4);
    let counters = rig.csp.account().counters();
    assert_eq!(counters["csp.north_4g.downlink.transmissions"], 1);
    assert_eq!(counters["csp.north_4g.downlink.transmitting_us"], 25_000);
}

#[test]
fn what_a_hub_sends_takes_its_network_and_is_lost_while_there_is_none() {
    let (mut rig, begins, ends) = rig();
    let of_first = |number: u32| DeviceAlert {
        device: PremisesId(0).device(DeviceType::Esme),
        ..alert("8F35", number, 100)
    };
    rig.response(0, response(1, 1, 100));
    rig.alert(begins + 1_000, of_first(1));
    rig.alert(ends, of_first(2));
    rig.response(ends + 1_000, response(2, 1, 100));
    rig.finish();
    assert_eq!(rig.alerts_closed(Outcome::LostOnWan), 1);
    let counters = rig.csp.account().counters();
    assert_eq!(rig.counter("uplink.transmissions"), 1 + 3);
    assert_eq!(counters["csp.north_4g.uplink.transmissions"], 2);
    assert_eq!(rig.counter("alerts_passed_on"), 1);
    assert_eq!(rig.counter("responses_delivered"), 2);
    // Airtime by window is of its own network too.
    let uses = rig.csp.account().load.uses;
    let busy = |resource: Resource| uses[&resource].busy_us.iter().sum::<u64>();
    let north = secnet_model::Region::North;
    assert_eq!(busy(Resource::uplink(north, Technology::FourG)), 50_000);
    assert_eq!(busy(Resource::uplink(north, Technology::Legacy)), 400_000);
}

#[test]
fn what_waits_for_a_hub_that_is_exchanged_meanwhile_is_lost_on_the_network_it_was_on() {
    let (mut rig, begins, _) = rig();
    // On air when the hub goes.
    rig.command(begins - 50, command(1, 1, 100));
    rig.finish();
    assert_eq!(rig.delivered(), []);
    assert_eq!(rig.undeliverable().len(), 1);
    assert_eq!(rig.counter("downlink.transmissions"), 3);
}

#[test]
fn exchanges_are_counted_when_the_new_hub_works_and_coverage_gained_with_them() {
    let mut rig = Rig::with(PROGRAMME, |scenario| {
        scenario.population.no_4g_share = 0.0;
        scenario.population.no_wan_share = 1.0;
    });
    rig.command(0, command(1, 1, 100));
    let visits = [0, 1].map(|premises| {
        let exchanges = rig.world.timeline.exchanges();
        exchanges
            .visit(&rig.world.population, PremisesId(premises))
            .unwrap()
    });
    let first = visits.iter().map(|visit| visit.ends).min().unwrap();
    rig.run_until(SimTime(first.0 - 1));
    assert!(
        !rig.csp
            .account()
            .counters()
            .contains_key("csp.north.exchanged.hubs")
    );
    rig.run_until(first);
    assert_eq!(rig.counter("exchanged.hubs"), 1);
    rig.command(3_000_000, command(2, 1, 100));
    rig.finish();
    assert_eq!(rig.counter("exchanged.hubs"), 2);
    assert_eq!(rig.counter("exchanged.gained_coverage"), 2);
    // Refused at the door before, and delivered now.
    let refused = rig.undeliverable();
    assert_eq!(
        refused.iter().map(|it| (it.1, it.2)).collect::<Vec<_>>(),
        [(1, UndeliverableReason::NoCoverage)]
    );
    assert_eq!(rig.delivered(), [(3_000_525, 2)]);
}

#[test]
fn who_4g_does_not_reach_keeps_what_there_is() {
    let mut rig = Rig::with(PROGRAMME, |scenario| scenario.population.no_4g_share = 1.0);
    rig.command(3_000_000, command(1, 1, 100));
    rig.finish();
    assert_eq!(rig.delivered(), [(3_001_100, 1)]);
    assert!(
        ms(0) == SimTime::ZERO
            && rig
                .csp
                .account()
                .counters()
                .keys()
                .all(|name| !name.contains("exchanged"))
    );
}
