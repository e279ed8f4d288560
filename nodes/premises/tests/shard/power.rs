//! Supplies that are cut, and what hubs and meters tell of it.

use crate::rig::{HAN_MS, Rig, WAN_MS, command, events, future_dated, ms};
use secnet_accounts::Accountable;
use secnet_accounts::faults::WAYS_LOST;
use secnet_engine::{ItemKind, Outcome};
use secnet_model::{AlertCode, DeviceType, PremisesId, SimDuration, SimTime};
use secnet_topology::Span;
use secnet_topology::scenario::PowerParams;
use secnet_wire::DeviceAlert;
use std::collections::BTreeMap;

/// Everything at its least and without chance.
const EXACT: PowerParams = PowerParams {
    hold: Span::from_secs(180),
    hold_up_min: Span::from_secs(240),
    hold_up_mean: Span::from_secs(240),
    spread_radio: Span::from_secs(0),
    spread_cellular: Span::from_secs(0),
    restart_min: Span::from_secs(7),
    restart_mean: Span::from_secs(7),
    never_back_share: 0.0,
    clock_lost_share: 0.0,
    feeder_premises: 50,
    case_within: Span::from_secs(600),
    pings_max: 0,
    ping_doubted_after: Span::from_secs(120),
    ping_silent_after: Span::from_secs(1_800),
    ping_again_after: Span::from_secs(7_200),
    calls_share: 0.1,
    calls_by_5_min: 0.3,
    calls_by_10_min: 0.635,
};

fn cut(premises: &str, starts: &str, lasts: &str) -> String {
    format!(
        "[[events]]\nname = \"{premises} at {starts}\"\nkind = \"power_cut\"\nstarts_after = \"{starts}\"\nlasts = \"{lasts}\"\npremises = {premises}\n"
    )
}

fn rig(toml: &str, power: PowerParams) -> Rig {
    Rig::new(|scenario| {
        scenario.events = events(toml);
        scenario.power = power;
    })
}

fn codes(alerts: &[(SimTime, DeviceAlert)]) -> BTreeMap<&'static str, usize> {
    let mut codes = BTreeMap::new();
    for (_, alert) in alerts {
        *codes.entry(alert.alert.entry().code).or_default() += 1;
    }
    codes
}

fn enrolled(rig: &Rig, premises: std::ops::Range<u32>) -> usize {
    let is_enrolled = |p: &u32| rig.world.population.is_enrolled(PremisesId(*p));
    premises.filter(is_enrolled).count()
}

#[test]
fn three_minutes_part_a_momentary_interruption_from_an_outage() {
    for (lasts, outage, restored) in [
        ("179s", None, "8F35"),
        ("3min", Some(180), "8F36"),
        ("181s", Some(180), "8F36"),
    ] {
        let mut rig = rig(&cut("[0, 99]", "1h", lasts), EXACT);
        let ended = SimTime::from_secs(3_600) + lasts.parse::<Span>().unwrap().into();
        rig.finish();
        let hubs = enrolled(&rig, 0..100);
        assert!((80..100).contains(&hubs));
        let expected: BTreeMap<&str, usize> = outage
            .map(|_| ("AD1", hubs))
            .into_iter()
            .chain([(restored, hubs)])
            .collect();
        assert_eq!(codes(&rig.alerts()), expected, "{lasts}");
        for (due, alert) in rig.alerts() {
            let (raised, due_at) = match alert.alert == AlertCode::power_outage() {
                // Start, three minutes, no spread, latency.
                true => (ms(3_780_000), ms(3_780_000 + WAN_MS)),
                // The hub has energy for as long: only the meter restarts.
                false => (ended, ended + SimDuration::from_millis(7_000 + HAN_MS + WAN_MS)),
            };
            assert_eq!((alert.raised_at, due), (raised, due_at), "{lasts}");
        }
    }
}

#[test]
fn each_hub_s_alert_leaves_at_its_own_moment_of_the_spread() {
    let spread = PowerParams {
        spread_radio: Span::from_secs(40),
        ..EXACT
    };
    let mut rig = rig(&cut("[0, 999]", "1h", "1h"), spread);
    rig.finish();
    let outages: Vec<u64> = rig
        .alerts()
        .into_iter()
        .filter(|(_, alert)| alert.alert == AlertCode::power_outage())
        .map(|(due, _)| due.since(ms(3_780_000 + WAN_MS)).as_micros())
        .collect();
    assert_eq!(outages.len(), enrolled(&rig, 0..1_000));
    assert!(outages.iter().all(|after| *after < 40_000_000));
    let mean = outages.iter().sum::<u64>() as f64 / outages.len() as f64 / 1e6;
    assert!((18.5..21.5).contains(&mean), "{mean} s");
}

#[test]
fn a_hub_whose_energy_is_used_up_before_its_moment_tells_nothing_and_is_accounted_for() {
    let short = PowerParams {
        hold_up_min: Span::from_secs(200),
        hold_up_mean: Span::from_secs(200),
        spread_radio: Span::from_secs(40),
        ..EXACT
    };
    let mut rig = rig(&cut("[0, 999]", "1h", "1h"), short);
    rig.finish();
    let (sent, account) = (codes(&rig.alerts())["AD1"], rig.premises.account());
    let hubs = enrolled(&rig, 0..1_000);
    let lost = account.ledger.closed(ItemKind::DeviceAlert, Outcome::LostPower) as usize;
    assert_eq!(sent + lost, hubs);
    // The first half of the spread.
    assert!(sent.abs_diff(hubs / 2) < 60, "{sent} of {hubs}");
    let (_, tally) = account.faults.iter().next().unwrap();
    let way = WAYS_LOST
        .iter()
        .position(|way| *way == Outcome::LostPower)
        .unwrap();
    assert_eq!(tally.outage.lost[way] as usize, lost);
    assert_eq!(
        (tally.meters_out as usize, tally.outage.raised as usize),
        (hubs, hubs)
    );
    assert_eq!(
        (tally.meters_restored as usize, tally.meters_interrupted),
        (hubs, 0)
    );
}

#[test]
fn hubs_that_never_come_back_are_silent_for_good() {
    let dead = PowerParams {
        never_back_share: 1.0,
        ..EXACT
    };
    // The first cut is too short for the energy to run out.
    let toml = cut("[0, 99]", "1h", "230s") + &cut("[0, 99]", "2h", "1h") + &cut("[0, 99]", "4h", "1h");
    let mut rig = rig(&toml, dead);
    let premises = rig.premises_with(DeviceType::Esme);
    rig.command(ms(6_900_000), command(1, "4.1.1", premises, DeviceType::Esme));
    rig.command(ms(20_000_000), command(2, "4.1.1", premises, DeviceType::Esme));
    rig.finish();
    let hubs = enrolled(&rig, 0..100);
    assert_eq!(codes(&rig.alerts()), [("AD1", 2 * hubs), ("8F36", hubs)].into());
    let faults: Vec<u32> = rig
        .premises
        .account()
        .faults
        .iter()
        .map(|(_, tally)| tally.hubs_never_back)
        .collect();
    assert_eq!(faults, [0, hubs as u32, hubs as u32]);
    assert_eq!(
        (rig.responses().len(), rig.counter("commands_without_power")),
        (1, 1)
    );
}

#[test]
fn overlapping_faults_are_told_of_once() {
    let toml = cut("[0, 99]", "1h", "10min") + &cut("[50, 149]", "65min", "1h");
    let mut rig = rig(&toml, EXACT);
    rig.finish();
    let told = |premises: u32| -> Vec<(&str, u64)> {
        let alerts = rig.alerts();
        let of_it = alerts
            .iter()
            .filter(|(_, alert)| alert.device.premises.0 == premises);
        of_it
            .map(|(_, alert)| (alert.alert.entry().code, alert.raised_at.as_whole_secs()))
            .collect()
    };
    let at = |range: std::ops::Range<u32>| {
        range
            .clone()
            .find(|p| rig.world.population.is_enrolled(PremisesId(*p)))
            .unwrap()
    };
    assert_eq!(told(at(0..50)), [("AD1", 3_780), ("8F36", 4_200)]);
    assert_eq!(told(at(50..100)), [("AD1", 3_780), ("8F36", 7_500)]);
    assert_eq!(told(at(100..150)), [("AD1", 4_080), ("8F36", 7_500)]);
}

#[test]
fn nothing_is_answered_without_power_and_what_is_held_is_done_late() {
    let mut rig = rig(&cut("[0, 999]", "1h", "10min"), EXACT);
    let premises = rig.premises_with(DeviceType::Esme);
    let meter = |counter| command(counter, "4.1.1", premises, DeviceType::Esme);
    rig.command(
        ms(0),
        future_dated(command(1, "1.6", premises, DeviceType::Esme), 3_900),
    );
    // Answered before, in between, while restarting, after; a few milliseconds too late for an answer.
    for (counter, at) in [
        (2, 3_599_000),
        (3, 3_599_900),
        (4, 3_700_000),
        (5, 4_206_000),
        (6, 4_208_000),
    ] {
        rig.command(ms(at), meter(counter));
    }
    rig.finish();
    let answered: Vec<u64> = rig
        .responses()
        .iter()
        .map(|(_, response)| response.id.counter)
        .collect();
    assert_eq!(answered, [1, 2, 6]);
    assert_eq!(rig.counter("commands_without_power"), 3);
    let executed = rig
        .alerts()
        .into_iter()
        .find(|(_, alert)| alert.alert == AlertCode::future_dated_succeeded());
    // Ten minutes and the restart.
    assert_eq!(executed.unwrap().1.raised_at, ms(4_207_000));
    assert_eq!(rig.counter("future_dated_late"), 1);
}

#[test]
fn a_meter_that_lost_the_time_says_so_after_an_outage_only() {
    let lost = PowerParams {
        clock_lost_share: 1.0,
        ..EXACT
    };
    let toml = cut("[0, 99]", "1h", "1min") + &cut("[0, 99]", "2h", "1h");
    let mut rig = rig(&toml, lost);
    rig.finish();
    let hubs = enrolled(&rig, 0..100);
    let expected = [("8F35", hubs), ("AD1", hubs), ("8F36", hubs), ("81C6", hubs)];
    assert_eq!(codes(&rig.alerts()), expected.into());
}

#[test]
fn background_alerts_pause_where_the_supply_is_cut() {
    let noisy = |toml: &str| {
        let mut rig = Rig::new(|scenario| {
            scenario.events = events(toml);
            scenario.power = EXACT;
            scenario.premises.alerts_per_premises_per_day = 24.0;
        });
        rig.finish();
        rig
    };
    let (without, with) = (noisy(""), noisy(&cut("[0, 999]", "6h", "6h")));
    let is_ordinary = |alert: &DeviceAlert| !["AD1", "8F36"].contains(&alert.alert.entry().code);
    let ordinary = |rig: &Rig| {
        rig.alerts()
            .iter()
            .filter(|(_, alert)| is_ordinary(alert))
            .count() as u64
    };
    assert_eq!(
        ordinary(&with) + with.counter("alerts_not_raised_without_power"),
        ordinary(&without)
    );
    let during = with
        .alerts()
        .iter()
        .filter(|(_, alert)| is_ordinary(alert))
        .any(|(_, alert)| (ms(21_600_000)..ms(43_200_000)).contains(&alert.raised_at));
    assert!(!during);
}
