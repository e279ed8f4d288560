//! What the DSP pushes to a User whose gateway is down.
#![allow(clippy::unwrap_used, reason = "tests")]

mod rig;

use rig::{ALPHA, DAY, HOUR, MS, Rig, S, Sent, alert, closed, commands, csp, only, response};
use secnet_engine::{Carries, ItemKind, Outcome};
use secnet_model::{Address, DeviceType};
use secnet_wire::{DeviceAlert, Message, Pushed};

fn rig(lasts: &str) -> Rig {
    Rig::with(&format!(
        "[[events]]\nname = \"down\"\nkind = \"gateway_outage\"\nstarts_after = \"1h\"\nlasts = \"{lasts}\"\nuser = \"Alpha\"\n"
    ))
}

/// The alert numbered `number` reaches the DSP at `at`.
fn raise(rig: &mut Rig, at: u64, number: u32) -> Vec<Sent> {
    let device = rig.alphas().device(DeviceType::Esme);
    let Message::DeviceAlert(raised) = alert("8F32", device, None) else {
        unreachable!()
    };
    let from = csp(&rig.world, device.eui64());
    rig.deliver(at, from, Message::DeviceAlert(DeviceAlert { number, ..raised }))
}

/// When each alert arrives, by its number.
fn arrivals(sent: &[Sent]) -> Vec<(u32, u64)> {
    let arrival = |envelope: &Sent| match envelope.message {
        Message::DeviceAlert(alert) => Some((alert.number, envelope.due.0)),
        _ => None,
    };
    sent.iter().filter_map(arrival).collect()
}

#[test]
fn a_gateway_closed_for_an_hour_receives_every_alert_once_it_opens_in_order() {
    let mut rig = rig("1h");
    let mut sent = Vec::new();
    for number in 0..=130 {
        sent.extend(raise(
            &mut rig,
            HOUR - 5 * 60 * S + u64::from(number) * 30 * S,
            number,
        ));
    }
    let under_way = |sent: &[Sent]| sent.len() as u64;
    rig.assert_balance_of_others(ItemKind::DeviceAlert, 131, under_way(&sent));
    sent.extend(rig.run_until(DAY));
    let arrivals = arrivals(&sent);
    let numbers: Vec<u32> = arrivals.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (0..=130).collect::<Vec<u32>>(), "each once, in order");
    for (number, due) in arrivals {
        let pushed = HOUR - 5 * 60 * S + u64::from(number) * 30 * S + 10 * MS;
        let expected = if (HOUR..2 * HOUR).contains(&(pushed + 40 * MS)) {
            2 * HOUR
        } else {
            pushed
        };
        assert_eq!(due, expected + 40 * MS, "{number}");
    }
    assert_eq!(rig.counter("dsp.kept_for_users"), 120);
    rig.assert_balance_of_others(ItemKind::DeviceAlert, 131, 131);
}

#[test]
fn what_is_back_within_five_minutes_is_met_by_the_next_try() {
    let mut rig = rig("100s");
    assert!(raise(&mut rig, HOUR + 5 * S, 1).is_empty());
    let sent = rig.run_until(DAY);
    // Pushed 10 ms after it came, and every 30 s from then on: the fourth try is the first that finds the gateway open.
    let fourth = HOUR + 5 * S + 10 * MS + 4 * 30 * S;
    assert_eq!(arrivals(&sent), [(1, fourth + 40 * MS)]);
}

#[test]
fn what_could_not_be_delivered_for_two_days_is_dropped_and_accounted_for() {
    let mut rig = rig("60h");
    for (number, at) in [(1, HOUR + S), (2, 12 * HOUR), (3, 14 * HOUR)] {
        assert!(raise(&mut rig, at, number).is_empty());
    }
    let dropped = |rig: &Rig| closed(&rig.account(), ItemKind::DeviceAlert, Outcome::Undelivered);
    rig.run_until(49 * HOUR + S);
    assert_eq!(dropped(&rig), 0);
    rig.run_until(49 * HOUR + 2 * S);
    assert_eq!(dropped(&rig), 1);
    let sent = rig.run_until(62 * HOUR);
    assert_eq!(
        arrivals(&sent).len(),
        1,
        "the third is not two days old when the gateway opens after 61 h"
    );
    assert_eq!(dropped(&rig), 2);
    rig.assert_balance_of_others(ItemKind::DeviceAlert, 3, 1);
}

#[test]
fn a_response_is_kept_as_well_and_outlives_a_restart_of_the_dsp() {
    let mut rig = rig("1h");
    let request = rig.reading();
    let sent = rig.submit(HOUR - S, request);
    let (_, command) = commands(&sent)[0];
    let from = csp(&rig.world, request.id.target);
    assert!(rig.deliver(HOUR + S, from, response(&command)).is_empty());
    let saved = secnet_accounts::Accountable::save(&rig.dsp).unwrap();
    rig.dsp = secnet_dsp::Dsp::restore(&rig.world, &saved).unwrap();
    let (due, to, message) = only(&rig.run_until(DAY));
    assert_eq!((due, to), (2 * HOUR + 40 * MS, Address::user(ALPHA)));
    assert!(matches!(message, Message::ServiceResponse(_)));
}

#[test]
fn what_came_in_without_the_dsp_knowing_is_pushed_again_as_a_copy_that_carries_nothing() {
    let mut rig = rig("1h");
    // Pushed 10 ms after they came, 40 ms under way, and so is the answer: the gateway closes on that of the second.
    let mut sent = raise(&mut rig, HOUR - 100 * MS, 1);
    sent.extend(raise(&mut rig, HOUR - 60 * MS, 2));
    assert_eq!(arrivals(&sent), [(1, HOUR - 50 * MS), (2, HOUR - 10 * MS)]);
    rig.assert_balance_of_others(ItemKind::DeviceAlert, 2, 2);
    let saved = secnet_accounts::Accountable::save(&rig.dsp).unwrap();
    rig.dsp = secnet_dsp::Dsp::restore(&rig.world, &saved).unwrap();
    let again = rig.run_until(DAY);
    let (due, to, message) = only(&again);
    assert_eq!((due, to), (2 * HOUR + 40 * MS, Address::user(ALPHA)));
    let Message::PushedAgain(Pushed::DeviceAlert(copy)) = message else {
        panic!("{message:?}")
    };
    assert_eq!(copy.number, 2);
    assert_eq!(message.carries(), None);
    rig.assert_balance_of_others(ItemKind::DeviceAlert, 2, 2);
    assert_eq!(rig.counter("dsp.pushed_twice"), 1);
    let counters = rig.account().counters();
    assert!(!counters.contains_key("dsp.kept_for_users"), "{counters:?}");
}

#[test]
fn a_copy_goes_before_what_is_kept_and_is_dropped_without_an_outcome() {
    let mut short = rig("1h");
    let mut sent = raise(&mut short, HOUR - 60 * MS, 1);
    sent.extend(raise(&mut short, HOUR + S, 2));
    sent.extend(short.run_until(DAY));
    let [first, again, kept] = sent.as_slice() else {
        panic!("{sent:?}")
    };
    assert!(matches!(again.message, Message::PushedAgain(_)) && again.due >= first.due);
    assert!(kept.due >= again.due && kept.seq > again.seq);
    let mut long = rig("60h");
    raise(&mut long, HOUR - 60 * MS, 1);
    assert!(long.run_until(3 * DAY).is_empty());
    assert_eq!(
        closed(&long.account(), ItemKind::DeviceAlert, Outcome::Undelivered),
        0
    );
    assert!(!long.account().counters().contains_key("dsp.undelivered"));
}
