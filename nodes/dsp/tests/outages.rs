//! The DSP out, and with another capacity, against closed forms.
#![allow(clippy::unwrap_used, reason = "tests")]

mod rig;

use rig::{DAY, HOUR, MS, Rig, S, Sent, commands, csp, response};
use secnet_model::ResponseCode;
use secnet_wire::{Answer, Message};
use std::collections::BTreeMap;

const SERVICE: u64 = 100 * MS;

/// Four servers that take 100 ms: 40 messages a second. The rig's own parameters make way.
fn world(events: &str, order: &str) -> secnet_topology::World {
    let text = format!(
        r#"
        name = "outages"
        horizon = "1d"
        population = {{ premises = 400, areas = ["EPN"], gas_share = 0.7 }}
        suppliers = [{{ name = "Alpha", share = 1.0 }}]
        dnos = [{{ name = "Eastern", areas = ["EPN"] }}, {{ name = "Southern", areas = ["SPD"] }}]
        gateway = {{ latency_min = "40ms", latency_mean = "40ms" }}
        dsp_csp = {{ latency_min = "30ms", latency_mean = "30ms" }}
        dsp = {{ servers = 4, service_time = "100ms", queue_limit = 100000, timeout_min = "60s" }}
        {order}
        {events}
        "#
    );
    secnet_topology::World::new(secnet_topology::parse("outages.toml", &text, &[]).unwrap()).unwrap()
}

/// How long each request waited for a server, by its arrival: `per_second` a second until `until`.
fn waits(rig: &mut Rig, per_second: u64, until: u64) -> BTreeMap<u64, u64> {
    let mut arrivals = BTreeMap::new();
    let mut sent: Vec<Sent> = Vec::new();
    let device = rig.premises(|_, _| true).device(secnet_model::DeviceType::Esme);
    for at in (0..until * per_second / S).map(|i| i * S / per_second) {
        // Refused or done, it takes a server once and nothing later.
        let request = rig.request("8.2", rig::ALPHA, secnet_model::Role::ImportSupplier, device);
        arrivals.insert(request.id.counter, at);
        sent.extend(rig.submit(at, request));
    }
    sent.extend(rig.run_until(DAY));
    let waited = sent.iter().map(|envelope| {
        let Message::Acknowledgement(acknowledgement) = envelope.message else {
            panic!("{envelope:?}")
        };
        assert!(matches!(acknowledgement.answer, Answer::Done { .. }));
        let arrived = arrivals[&acknowledgement.id.counter];
        (arrived, envelope.due.0 - 40 * MS - SERVICE - arrived)
    });
    let waits: BTreeMap<u64, u64> = waited.collect();
    assert_eq!(waits.len(), arrivals.len());
    waits
}

fn assert_within_2_percent(what: &str, actual: f64, expected: f64) {
    let off = (actual - expected).abs() / expected;
    assert!(off <= 0.02, "{what}: {actual} instead of {expected}");
}

#[test]
fn an_outage_leaves_a_backlog_of_rate_times_length_that_clears_at_what_capacity_the_rate_leaves() {
    let outage =
        "[[events]]\nname = \"out\"\nkind = \"dsp_outage\"\nstarts_after = \"100s\"\nlasts = \"60s\"\n";
    for order in ["", "[modifications]\nSECMP0028 = \"on\"\n"] {
        for rate in [10, 20, 30] {
            let mut rig = Rig::of(world(outage, order));
            let waits = waits(&mut rig, rate, 600 * S);
            let opens = 160 * S;
            let backlog = waits
                .iter()
                .filter(|(arrived, wait)| **arrived < opens && **arrived + **wait >= opens)
                .count();
            assert_within_2_percent("backlog", backlog as f64, (rate * 60) as f64);
            let cleared = waits
                .iter()
                .find(|(arrived, wait)| **arrived >= opens && **wait == 0)
                .map(|(arrived, _)| (arrived - opens) as f64 / S as f64);
            let expected = (rate * 60) as f64 / (40 - rate) as f64;
            assert_within_2_percent("cleared after", cleared.unwrap(), expected);
            assert!(
                waits
                    .iter()
                    .all(|(arrived, wait)| *arrived >= 100 * S || *wait == 0)
            );
        }
    }
}

#[test]
fn a_halved_capacity_lets_the_queue_grow_by_what_is_too_much_for_it() {
    let halved = r#"
        [[events]]
        name = "half"
        kind = "dsp_capacity"
        starts_after = "100s"
        lasts = "100s"
        capacity_share = 0.5
    "#;
    let mut rig = Rig::of(world(halved, ""));
    let waits = waits(&mut rig, 30, 400 * S);
    // 30 arrive and 20 are served a second: after 100 s a thousand wait, for 50 s at 20 a second, or 25 s at 40.
    let longest = *waits.values().max().unwrap() as f64 / S as f64;
    let just_before = waits.range(..200 * S).next_back().unwrap();
    assert_within_2_percent("longest wait", longest, 1_000.0 / 30.0);
    assert_within_2_percent("wait at the end of it", *just_before.1 as f64 / S as f64, 25.0);
}

#[test]
fn a_time_out_that_falls_due_while_the_dsp_is_out_happens_when_it_is_back() {
    let mut rig = Rig::with(
        "[[events]]\nname = \"out\"\nkind = \"dsp_outage\"\nstarts_after = \"30s\"\nlasts = \"1h\"\n",
    );
    let silent = rig.reading();
    let sent = rig.submit(S, silent);
    assert_eq!(commands(&sent).len(), 1);
    assert!(rig.run_until(30 * S + HOUR - 1).is_empty());
    let answered: Vec<(u64, ResponseCode)> = rig
        .run_until(DAY)
        .iter()
        .map(|envelope| match envelope.message {
            Message::ServiceResponse(response) => (envelope.due.0, response.code),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(answered, [(30 * S + HOUR + 40 * MS, ResponseCode::E21)]);
}

#[test]
fn a_response_that_comes_while_the_dsp_is_out_is_answered_when_it_is_back() {
    let mut rig = Rig::with(
        "[[events]]\nname = \"out\"\nkind = \"dsp_outage\"\nstarts_after = \"30s\"\nlasts = \"1h\"\n",
    );
    let request = rig.reading();
    let sent = rig.submit(S, request);
    let (_, command) = commands(&sent)[0];
    let from = csp(&rig.world, request.id.target);
    let mut sent = rig.deliver(40 * S, from, response(&command));
    sent.extend(rig.run_until(DAY));
    let (due, _, message) = rig::only(&sent);
    assert_eq!(due, 30 * S + HOUR + 10 * MS + 40 * MS);
    assert!(matches!(message, Message::ServiceResponse(response) if response.code == ResponseCode::I0));
}
