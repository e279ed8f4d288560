use crate::rig::{Rig, command, ms, response};
use secnet_engine::draw::Stream;
use secnet_engine::{Draws, Envelope, Input, Node, Outbox};
use secnet_model::{Address, SimTime};
use secnet_wire::Message;

const GAP: Stream = Stream::named("test-arrivals");
const ARRIVALS: u64 = 2_000_000;

/// One cell, fixed sizes, Poisson arrivals, no loss: waiting must agree with M/D/1, ρ·s / 2(1 − ρ) (Pollaczek–Khinchine).
fn assert_waiting_is_that_of_m_d_1(utilisation: f64, downlink: bool) {
    let service_us = 100_000.0;
    let mut rig = Rig::new(|scenario| scenario.csp.north.queue_limit = 1_000_000);
    let draws = Draws::new(utilisation.to_bits());
    let mut out = Outbox::new();
    let mut at = 0.0;
    for counter in 0..ARRIVALS {
        at += draws.exponential(GAP, 0, counter) * service_us / utilisation;
        let (now, from, message) = match downlink {
            true => (
                SimTime(at as u64),
                Address::DSP,
                Message::Command(command(counter, 1, 100)),
            ),
            false => {
                let answer = Message::DeviceResponse(response(counter, 1, 100));
                (
                    SimTime(at as u64),
                    Address::premises(secnet_model::PremisesId(0)),
                    answer,
                )
            }
        };
        while rig.csp.next_deadline() <= now {
            rig.csp.handle(rig.csp.next_deadline(), Input::Deadline, &mut out);
        }
        let envelope = Envelope {
            due: now,
            seq: counter,
            from,
            to: Address::provider(crate::rig::REGION),
            message,
        };
        rig.csp.handle(now, Input::Message(&envelope), &mut out);
        out.drain();
    }
    rig.run_until(SimTime(at as u64) + ms(1_000_000_000).since(SimTime::ZERO));
    let way = if downlink { "downlink" } else { "uplink" };
    assert_eq!(rig.counter(&format!("{way}.transmissions")), ARRIVALS);
    let mean = rig.counter(&format!("{way}.waiting_us")) as f64 / ARRIVALS as f64;
    let expected = utilisation * service_us / (2.0 * (1.0 - utilisation));
    let error = mean / expected - 1.0;
    assert!(
        error.abs() < 0.02,
        "ρ = {utilisation}: waited {mean:.0} µs, M/D/1 says {expected:.0} ({error:+.4})"
    );
}

#[test]
fn mean_waiting_agrees_with_m_d_1_within_two_per_cent() {
    assert_waiting_is_that_of_m_d_1(0.3, true);
    assert_waiting_is_that_of_m_d_1(0.6, false);
    assert_waiting_is_that_of_m_d_1(0.8, true);
}

/// Non-preemptive priorities do not change the mean over all messages, whatever the classes (conservation).
#[test]
fn classes_share_the_waiting_but_do_not_add_to_it() {
    let total = |classes: u64| {
        let mut rig = Rig::new(|_| {});
        let draws = Draws::new(5);
        let mut at = 0.0;
        for counter in 0..50_000 {
            at += draws.exponential(GAP, 1, counter) * 130.0;
            rig.command(at as u64, command(counter, (counter % classes) as u8, 100));
        }
        rig.finish();
        rig.counter("downlink.waiting_us")
    };
    assert_eq!(total(4), total(1));
}

/// Poisson arrivals of four classes, as many of each; the wait of each that was sent, in µs, by class, and how many were not.
fn waits_by_class(utilisation: f64, queue_limit: u32, arrivals: u64) -> ([Vec<f64>; 4], u64) {
    const SERVICE_US: f64 = 100_000.0;
    let mut rig = Rig::new(|scenario| scenario.csp.north.queue_limit = queue_limit);
    let draws = Draws::new(9);
    let class = |counter| draws.below(4, GAP, 3, counter) as usize;
    let (mut at, mut came) = (0.0, Vec::new());
    for counter in 0..arrivals {
        at += draws.exponential(GAP, 2, counter) * SERVICE_US / utilisation;
        let now = SimTime(at as u64);
        came.push(now);
        rig.arrive(
            now,
            Address::DSP,
            Message::Command(command(counter, class(counter) as u8, 100)),
        );
    }
    rig.finish();
    let mut waits = [const { Vec::new() }; 4];
    for envelope in &rig.sent {
        if let Message::Command(sent) = envelope.message {
            let counter = sent.id.counter;
            // Behind the wait lie the transmission and a second of latency.
            let wait = envelope.due.since(came[counter as usize]).0 as f64 - SERVICE_US - 1e6;
            waits[class(counter)].push(wait);
        }
    }
    let sent: usize = waits.iter().map(Vec::len).sum();
    (waits, arrivals - sent as u64)
}

/// Cobham: the k-th class waits λs²/2 / ((1 − σₖ₋₁)(1 − σₖ)), σₖ the load of the classes up to it.
#[test]
fn each_class_waits_as_long_as_cobham_says() {
    let utilisation = 0.8;
    let (waits, lost) = waits_by_class(utilisation, 1_000_000, 400_000);
    assert_eq!(lost, 0);
    for (class, waits) in waits.iter().enumerate() {
        let load = |classes: usize| utilisation * classes as f64 / 4.0;
        let residual_us = utilisation * 100_000.0 / 2.0;
        let expected = residual_us / ((1.0 - load(class)) * (1.0 - load(class + 1)));
        let mean = waits.iter().sum::<f64>() / waits.len() as f64;
        let error = mean / expected - 1.0;
        assert!(
            error.abs() < 0.04,
            "class {class}: {mean:.0} µs, Cobham says {expected:.0}"
        );
    }
}

/// Who is pushed out depends on the class; how many are lost is that of M/D/1/K, since the cell is never idle for it.
#[test]
fn a_full_queue_pushes_out_the_least_urgent_and_no_more_than_m_d_1_k_loses() {
    let (utilisation, waiting_places) = (1.2, 3_usize);
    let arrivals = 200_000;
    let (waits, lost) = waits_by_class(utilisation, waiting_places as u32, arrivals);
    let come = |count: usize| (1..=count).fold((-utilisation).exp(), |p, k| p * utilisation / k as f64);
    let mut q = vec![1.0];
    for j in 0..waiting_places {
        let through: f64 = (1..=j).map(|i| q[i] * come(j + 1 - i)).sum();
        q.push((q[j] - q[0] * come(j) - through) / come(0));
    }
    let expected = 1.0 - 1.0 / (1.0 / q.iter().sum::<f64>() + utilisation);
    let measured = lost as f64 / arrivals as f64;
    assert!((measured - expected).abs() < 0.006, "{measured}, {expected}");
    let sent = waits.map(|waits| waits.len() as f64 / (arrivals as f64 / 4.0));
    assert!(sent.is_sorted_by(|urgent, less| urgent > less), "{sent:?}");
    assert!(sent[0] > 0.99 && sent[3] < 0.5, "{sent:?}");
}
