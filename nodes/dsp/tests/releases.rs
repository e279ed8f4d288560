//! Modifications that go live in the middle of a run: not asked before, at work from that moment on.
#![allow(clippy::unwrap_used, reason = "tests")]

mod rig;

use rig::{ALPHA, HOUR, MS, Rig, Sent, answers};
use secnet_accounts::Accountable;
use secnet_dsp::Dsp;
use secnet_model::{DeviceType, Role};
use secnet_wire::{Answer, ServiceRequest};

/// The next midnight: the rig's epoch is one.
const RELEASE: u64 = 24 * HOUR;

fn vend(rig: &mut Rig) -> ServiceRequest {
    let device = rig.alphas().device(DeviceType::Esme);
    rig.request("2.2", ALPHA, Role::ImportSupplier, device)
}

/// Ten at once are above what SECMP0067 manages from here on, and each User has none of it to itself.
fn throttled_of_ten(rig: &mut Rig, at: u64) -> usize {
    let mut sent = Vec::new();
    for _ in 0..10 {
        let request = rig.reading();
        sent.extend(rig.submit(at, request));
    }
    let is_throttled = |(_, _, answer): &(u64, u64, Answer)| matches!(answer, Answer::Throttled { .. });
    answers(&sent)
        .iter()
        .filter(|answer| is_throttled(answer))
        .count()
}

#[test]
fn requests_are_throttled_from_the_release_on_and_not_before() {
    let more = "[modifications]\nSECMP0067 = 2026-04-02\n\
                [parameters.SECMP0067]\nsystem_capacity = 10.0\noperating_threshold = 0.1\nallocated_share = 0.1\n\
                monitored_min = 1\nburst = 1\n";
    let mut rig = Rig::with(more);
    assert_eq!(throttled_of_ten(&mut rig, RELEASE - 1), 0);
    assert!(throttled_of_ten(&mut rig, RELEASE + 1) > 0);
}

#[test]
fn priority_order_waits_for_what_was_queued_before_its_release() {
    let mut rig = Rig::with("[modifications]\nSECMP0028 = \"2026-04-02\"\n");
    let mut sent: Vec<Sent> = Vec::new();
    // Three queued in order of arrival keep the one server until 25 ms after the release.
    let queued: Vec<ServiceRequest> = (0..3).map(|_| rig.reading()).collect();
    for request in &queued {
        sent.extend(rig.submit(RELEASE - 5 * MS, *request));
    }
    let reading = rig.reading();
    let vend = vend(&mut rig);
    sent.extend(rig.submit(RELEASE + MS, reading));
    sent.extend(rig.submit(RELEASE + 2 * MS, vend));
    sent.extend(rig.run_until(RELEASE + HOUR));
    let served = |place: u64| RELEASE - 5 * MS + 10 * MS * place + 40 * MS;
    let accepted: Vec<(u64, u64)> = answers(&sent)
        .iter()
        .map(|(counter, due, _)| (*counter, *due))
        .collect();
    let expected = [
        (queued[0].id.counter, served(1)),
        (queued[1].id.counter, served(2)),
        (queued[2].id.counter, served(3)),
        (vend.id.counter, served(4)),
        (reading.id.counter, served(5)),
    ];
    assert_eq!(accepted, expected);
}

#[test]
fn a_release_is_saved_before_and_after_it() {
    let mut rig = Rig::with("[modifications]\nSECMP0067 = \"2026-04-02\"\nSECMP0028 = \"2026-04-02\"\n");
    for at in [RELEASE - 1, RELEASE, RELEASE + 1] {
        let request = rig.reading();
        rig.submit(at, request);
        let saved = rig.dsp.save().unwrap();
        let restored = Dsp::restore(&rig.world, &saved).unwrap();
        assert_eq!(restored.save().unwrap(), saved);
        rig.dsp = restored;
    }
}
