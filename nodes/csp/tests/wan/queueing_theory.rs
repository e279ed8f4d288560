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
