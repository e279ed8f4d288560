//! SECMP0067 in closed form: who gets how much of a managed system.
#![allow(clippy::unwrap_used, reason = "tests")]

mod rig;

use rig::{ALPHA, BETA, DNO, MS, Rig, S, world_with};
use secnet_dsp::Dsp;
use secnet_model::{DeviceType, Role, UserId};
use secnet_results::Accountable;
use secnet_wire::{Answer, Message, ServiceRequest};

/// 1,000 requests a second, managed from 800 on, in windows of a second.
fn managed(parameters: &str) -> Rig {
    Rig::of(world_with(&format!(
        r#"
        [modifications]
        SECMP0067 = "on"
        [parameters.SECMP0067]
        system_capacity = 1000.0
        operating_threshold = 0.8
        allocated_share = 0.8
        allocation_floor = 0.0
        {parameters}
        "#
    )))
}

/// What is left of four Users' 800: 200 each.
const EQUAL: &str = "allocation = \"equal\"";

/// What each kind of request is; the role does not matter at the door.
fn request(rig: &mut Rig, srv: &str, user: UserId) -> ServiceRequest {
    let device = rig.alphas().device(DeviceType::Esme);
    let role = if user == DNO {
        Role::ElectricityDistributor
    } else {
        Role::ImportSupplier
    };
    rig.request(srv, user, role, device)
}

fn is_throttled(sent: &[rig::Sent]) -> bool {
    let throttled = |envelope: &rig::Sent| match envelope.message {
        Message::Acknowledgement(acknowledgement) => {
            matches!(acknowledgement.answer, Answer::Throttled { .. })
        }
        _ => false,
    };
    sent.iter().any(throttled)
}

/// Offers each User's constant rate for so many seconds; the requests admitted of each in each second.
fn offer(rig: &mut Rig, from_s: u64, seconds: u64, rates: &[(UserId, &str, u64)]) -> Vec<Vec<u64>> {
    let mut arrivals: Vec<(u64, usize)> = Vec::new();
    for (who, (_, _, rate)) in rates.iter().enumerate() {
        arrivals.extend((0..rate * seconds).map(|i| (from_s * S + i * S / rate, who)));
    }
    arrivals.sort_unstable();
    let mut admitted = vec![vec![0; seconds as usize]; rates.len()];
    for (at, who) in arrivals {
        let (user, srv, _) = rates[who];
        let request = request(rig, srv, user);
        if !is_throttled(&rig.submit(at, request)) {
            admitted[who][(at / S - from_s) as usize] += 1;
        }
    }
    admitted
}

#[test]
fn an_isolated_user_gets_all_it_asks_for_below_the_threshold_and_exactly_its_allocation_above() {
    let mut rig = managed(EQUAL);
    assert_eq!(offer(&mut rig, 0, 5, &[(ALPHA, "4.1.1", 799)]), [[799; 5]]);
    let above = offer(&mut rig, 5, 10, &[(ALPHA, "4.1.1", 900)]);
    // The first window is managed from its 800th request on, all others from their first.
    assert_eq!(above[0][0], 799);
    assert_eq!(above[0][1..], [200; 9]);
    // The window after the last overloaded one is still managed.
    let after = offer(&mut rig, 15, 3, &[(ALPHA, "4.1.1", 300)]);
    assert_eq!(after, [[200, 300, 300]]);
}

#[test]
fn a_fraction_of_a_request_is_not_lost() {
    let mut rig = managed("allocation = \"equal\"\nmonitoring_window = \"3ms\"");
    let admitted = offer(&mut rig, 0, 10, &[(ALPHA, "4.1.1", 1_000)]);
    let total: u64 = admitted[0].iter().sum();
    assert!((2_000..=2_003).contains(&total), "0.6 a window: {total}");
}

#[test]
fn two_users_with_allocations_of_two_to_one_share_two_to_one() {
    let roles = "allocation = \"role\"\nroles = { suppliers = 0.4, dnos = 0.1, other_users = 0.5 }";
    let mut rig = managed(roles);
    let admitted = offer(&mut rig, 0, 10, &[(ALPHA, "4.1.1", 700), (DNO, "4.10", 500)]);
    assert_eq!(admitted[0][1..], [160; 9]);
    assert_eq!(admitted[1][1..], [80; 9]);
    let counters = rig.account().counters();
    let count = |what: &str, user: &str| counters[&format!("dsp.{what}.{user}")];
    assert_eq!(count("throttled", "Beta"), 0);
    assert!(count("throttled", "Alpha") >= 540 * 9);
    assert_eq!(count("managed.asked", "Eastern"), 500 * 10);
    assert_eq!(count("managed.entitled", "Eastern"), 80 * 10);
    assert_eq!(counters["dsp.managed_windows"], 10);
}

#[test]
fn whoever_keeps_within_its_allocation_notices_nothing() {
    let mut rig = managed(EQUAL);
    let admitted = offer(&mut rig, 0, 10, &[(ALPHA, "4.1.1", 2_000), (BETA, "4.1.1", 200)]);
    assert_eq!(admitted[1], [200; 10]);
    assert_eq!(admitted[0][1..], [200; 9]);
}

#[test]
fn priority_requests_are_counted_and_never_throttled() {
    let mut rig = managed(EQUAL);
    let admitted = offer(&mut rig, 0, 5, &[(ALPHA, "2.2", 150), (ALPHA, "4.1.1", 900)]);
    assert_eq!(admitted[0], [150; 5]);
    // They take their part of the allocation; those after the budget was spent come on top.
    for other in &admitted[1][1..] {
        assert!((50..200).contains(other), "{other}");
    }
    assert_eq!(rig.counter("dsp.priority_requests.Alpha"), 750);
    let only_priority = offer(&mut rig, 10, 5, &[(BETA, "7.4", 1_500)]);
    assert_eq!(only_priority, [[1_500; 5]]);
}

#[test]
fn of_allocation_and_share_of_the_threshold_the_greater_counts() {
    let half = "allocation = \"equal\"\nallocated_share = 0.4";
    let steady = |parameters: &str| {
        let parameters = parameters.replace("allocated_share", "# replaced\nallocated_share");
        let text = format!(
            r#"
            [modifications]
            SECMP0067 = "on"
            [parameters.SECMP0067]
            system_capacity = 1000.0
            operating_threshold = 0.8
            allocation_floor = 0.0
            {parameters}
            "#
        );
        let mut rig = Rig::of(world_with(&text));
        offer(&mut rig, 0, 3, &[(ALPHA, "4.1.1", 1_000)])[0][2]
    };
    assert_eq!(
        steady(half),
        200,
        "a quarter of the threshold is more than of what is allocated"
    );
    assert_eq!(steady("allocation = \"equal\"\nallocated_share = 1.0"), 250);
    let whole = "allocation = \"equal\"\nallocated_share = 0.4\nthreshold_reading = \"whole_system\"";
    assert_eq!(steady(whole), 800, "the other reading hardly bites");
}

#[test]
fn measured_by_what_is_admitted_users_share_the_threshold_before_anyone_is_held() {
    let mut rig = managed(&format!("{EQUAL}\nmeasured = \"admitted\""));
    let alone = offer(&mut rig, 0, 5, &[(ALPHA, "4.1.1", 2_000)]);
    assert_eq!(
        alone,
        [[799; 5]],
        "below the threshold there is room for all it asks"
    );
    let rates = [(ALPHA, "4.1.1", 2_000), (BETA, "4.1.1", 200)];
    let together = offer(&mut rig, 10, 5, &rates);
    assert_eq!(together[1], [200; 5], "within its allocation");
    let alphas = &together[0];
    // Both come in evenly until 799 are in, of which Alpha has ten in eleven.
    assert!(
        alphas.iter().all(|alphas| (725..=728).contains(alphas)),
        "{alphas:?}"
    );
}

#[test]
fn a_throttled_answer_comes_at_once_costs_no_service_and_says_when_to_come_back() {
    let mut rig = managed("allocation = \"equal\"\nretry_after = \"7s\"");
    offer(&mut rig, 0, 2, &[(ALPHA, "4.1.1", 1_000)]);
    let at = 1_999 * MS + 999;
    let throttled = request(&mut rig, "4.1.1", ALPHA);
    let (due, _, message) = rig::only(&rig.submit(at, throttled));
    let Message::Acknowledgement(acknowledgement) = message else {
        panic!("{message:?}")
    };
    assert_eq!(due, at + 40 * MS);
    assert_eq!(
        acknowledgement.answer,
        Answer::Throttled {
            retry_after_ms: 7_000
        }
    );
    // At rest again, a priority request is served as if there had been nothing.
    let vend = request(&mut rig, "2.2", ALPHA);
    let sent = rig.submit(4 * S, vend);
    assert_eq!(sent[0].due.0.max(sent[1].due.0), 4 * S + 10 * MS + 40 * MS);
}

#[test]
fn a_dsp_saved_while_it_throttles_goes_on_throttling() {
    let mut rig = managed(EQUAL);
    offer(&mut rig, 0, 2, &[(ALPHA, "4.1.1", 1_500)]);
    let saved = rig.dsp.save().unwrap();
    let mut restored = managed(EQUAL);
    restored.dsp = Dsp::restore(&restored.world, &saved).unwrap();
    restored.now = rig.now;
    assert_eq!(restored.dsp.save().unwrap(), saved);
    let rates = [(ALPHA, "4.1.1", 1_500), (BETA, "2.2", 100)];
    assert_eq!(offer(&mut restored, 2, 3, &rates), offer(&mut rig, 2, 3, &rates));
    assert_eq!(restored.account().counters(), rig.account().counters());
}

#[test]
fn without_the_modification_nobody_is_throttled() {
    let mut rig = Rig::new();
    assert_eq!(offer(&mut rig, 0, 2, &[(ALPHA, "4.1.1", 2_000)]), [[2_000; 2]]);
    assert!(
        !rig.account()
            .counters()
            .keys()
            .any(|name| name.contains("throttled"))
    );
}
