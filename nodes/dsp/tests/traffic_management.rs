//! SECMP0067 in closed form: who gets how much of a managed system.
#![allow(clippy::unwrap_used, reason = "tests")]

mod rig;

use rig::{ALPHA, BETA, DNO, MS, Rig, S, world_with};
use secnet_accounts::Accountable;
use secnet_dsp::Dsp;
use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_model::{CommandVariant, DeviceType, Role, UserId};
use secnet_wire::{Answer, Message, ServiceRequest};

/// 1,000 requests a second, managed from 800 on, in windows of a second.
fn managed(parameters: &str) -> Rig {
    Rig::of(world_with(&format!(
        r#"
        [modifications]
        SECMP0067 = "on"
        [parameters.SECMP0067]
        counts = "requests"
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

/// As a bucket that its limit fills has it: now one more, now one less a second.
fn assert_each_about(admitted: &[u64], limit: u64) {
    let within = |count: &u64| (limit - 1..=limit + 1).contains(count);
    assert!(admitted.iter().all(within), "{admitted:?} for {limit}");
}

#[test]
fn an_isolated_user_gets_all_it_asks_for_below_the_threshold_and_exactly_its_allocation_above() {
    let mut rig = managed(EQUAL);
    assert_eq!(offer(&mut rig, 0, 5, &[(ALPHA, "4.1.1", 799)]), [[799; 5]]);
    let above = offer(&mut rig, 5, 10, &[(ALPHA, "4.1.1", 900)]);
    // The first window is managed from its 800th request on, when its bucket is empty, all others from their first.
    assert!((820..=822).contains(&above[0][0]), "{above:?}");
    assert_each_about(&above[0][1..], 200);
    // The window after the last overloaded one is still managed.
    let after = offer(&mut rig, 15, 3, &[(ALPHA, "4.1.1", 300)]);
    assert_each_about(&after[0][..1], 200);
    assert_eq!(after[0][1..], [300, 300]);
}

#[test]
fn a_fraction_of_a_request_is_not_lost() {
    let mut rig = managed("allocation = \"equal\"\nmonitoring_window = \"3ms\"");
    let admitted = offer(&mut rig, 0, 10, &[(ALPHA, "4.1.1", 1_000)]);
    let total: u64 = admitted[0].iter().sum();
    // A window of 3 ms would have 2.4 requests at the threshold; it is as long as 100 take, 125 ms, and the first is managed
    // from its hundredth on.
    let expected = 99.0 + 200.0 * (10.0 - 0.1);
    assert!((total as f64 - expected).abs() <= 1.5, "{total} of {expected}");
}

#[test]
fn two_users_with_allocations_of_two_to_one_share_two_to_one() {
    let roles = "allocation = \"role\"\nroles = { suppliers = 0.4, dnos = 0.1, other_users = 0.5 }";
    let mut rig = managed(roles);
    let admitted = offer(&mut rig, 0, 10, &[(ALPHA, "4.1.1", 700), (DNO, "4.10", 500)]);
    assert_each_about(&admitted[0][1..], 160);
    assert_each_about(&admitted[1][1..], 80);
    let counters = rig.account().counters();
    let count = |what: &str, user: &str| counters[&format!("dsp.{what}.{user}")];
    assert_eq!(count("throttled", "Beta"), 0);
    assert!(count("throttled", "Alpha") >= 539 * 9);
    assert_eq!(count("managed.asked", "Eastern"), 500 * 10);
    assert_eq!(count("managed.entitled", "Eastern"), 80 * 10);
    assert_eq!(counters["dsp.managed_windows"], 10);
}

#[test]
fn whoever_keeps_within_its_allocation_notices_nothing() {
    let mut rig = managed(EQUAL);
    let admitted = offer(&mut rig, 0, 10, &[(ALPHA, "4.1.1", 2_000), (BETA, "4.1.1", 200)]);
    assert_eq!(admitted[1], [200; 10]);
    assert_each_about(&admitted[0][1..], 200);
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
            counts = "requests"
            system_capacity = 1000.0
            operating_threshold = 0.8
            allocation_floor = 0.0
            {parameters}
            "#
        );
        let mut rig = Rig::of(world_with(&text));
        offer(&mut rig, 0, 8, &[(ALPHA, "4.1.1", 1_000)])[0][7]
    };
    // A quarter of the threshold is more than of what is allocated.
    assert_each_about(&[steady(half)], 200);
    assert_each_about(&[steady("allocation = \"equal\"\nallocated_share = 1.0")], 250);
    let whole = "allocation = \"equal\"\nallocated_share = 0.4\nthreshold_reading = \"whole_system\"";
    assert_each_about(&[steady(whole)], 800);
    // Of 0.4 × 1,000 the DNOs have a tenth, of which this is the only one; of the threshold a quarter.
    let of_dno = |reading: &str| {
        let text = format!(
            r#"
            [modifications]
            SECMP0067 = "on"
            [parameters.SECMP0067]
            counts = "requests"
            system_capacity = 1000.0
            operating_threshold = 0.8
            allocated_share = 0.4
            allocation = "role"
            allocation_floor = 0.0
            roles = {{ suppliers = 0.4, dnos = 0.1, other_users = 0.5 }}
            threshold_reading = "{reading}"
            "#
        );
        let mut rig = Rig::of(world_with(&text));
        let rates = [(DNO, "4.10", 500), (ALPHA, "4.1.1", 900)];
        let admitted = offer(&mut rig, 0, 8, &rates);
        (admitted[0][7], admitted[1][7])
    };
    let (dno, alpha) = of_dno("per_user_share");
    assert_each_about(&[dno], 80);
    assert_each_about(&[alpha], 160);
    let (dno, alpha) = of_dno("equal_share");
    assert_each_about(&[dno, alpha], 200);
    // 40 and 80 are theirs; the rest of the 800 goes to whoever comes when there is some.
    let (dno, alpha) = of_dno("headroom");
    assert!((799..=801).contains(&(dno + alpha)), "{dno} {alpha}");
    assert!(dno > 100 && alpha > 400, "{dno} {alpha}");
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

/// Requests that come by chance, `load` times the limit in the mean, while another User keeps the system managed; the share
/// that is turned away.
fn share_turned_away(capacity: f64, load: f64) -> f64 {
    let text = format!(
        r#"
        [modifications]
        SECMP0067 = "on"
        [parameters.SECMP0067]
        counts = "requests"
        system_capacity = {capacity:?}
        operating_threshold = 0.8
        allocated_share = 0.8
        allocation_floor = 0.0
        allocation = "equal"
        "#
    );
    const REQUESTS: u64 = 3_000;
    let limit = capacity * 0.8 / 4.0;
    let mut rig = Rig::of(world_with(&text));
    let draws = Draws::new(11);
    let mean_us = 1e6 / (limit * load);
    let mut at = 1_000_000.0;
    let mut loud_at = 0.0;
    let (mut counted, mut turned_away) = (0_u64, 0_u64);
    for n in 0..REQUESTS {
        at += draws.exponential(Stream::named("arrivals"), 0, n) * mean_us;
        while loud_at < at {
            let loud = request(&mut rig, "4.1.1", ALPHA);
            rig.submit(loud_at as u64, loud);
            loud_at += 1e6 / (limit * 5.0);
        }
        let quiet = request(&mut rig, "4.1.1", BETA);
        let throttled = is_throttled(&rig.submit(at as u64, quiet));
        // Once traffic is managed and the bucket's first filling is used up.
        if n >= 200 {
            counted += 1;
            turned_away += u64::from(throttled);
        }
    }
    turned_away as f64 / counted as f64
}

#[test]
fn the_share_turned_away_depends_on_the_relative_load_and_not_on_the_size_of_the_network() {
    for capacity in [400.0, 100.0, 25.0, 10.0, 5.0, 2.5] {
        assert_eq!(share_turned_away(capacity, 0.5), 0.0, "capacity {capacity}");
        let over = share_turned_away(capacity, 1.5);
        assert!((over - 1.0 / 3.0).abs() < 0.03, "capacity {capacity}: {over}");
    }
}

/// A critical request as its User sends it: the pre-command is asked for, signed and sent.
#[test]
fn a_signed_pre_command_is_let_in_once_its_pre_command_was() {
    let signed = |rig: &mut Rig| ServiceRequest {
        variant: CommandVariant::SignedWan,
        service: CommandVariant::SignedWan.web_service(),
        ..request(rig, "1.1.1", ALPHA)
    };
    for (switch, throttled) in [("false", false), ("true", true)] {
        let mut rig = managed(&format!("{EQUAL}\nthrottles_signed_pre_commands = {switch}"));
        offer(&mut rig, 0, 3, &[(ALPHA, "4.1.1", 2_000)]);
        let command = signed(&mut rig);
        let sent = rig.submit(3 * S, command);
        assert_eq!(is_throttled(&sent), throttled, "{switch}");
        let asked = rig.account().counters()["dsp.managed.asked.Alpha"];
        assert_eq!(asked, 6_000 + u64::from(throttled), "{switch}");
    }
}

/// Two services for a read, three for a critical request, and nobody's alerts and schedules beside them.
#[test]
fn where_services_are_counted_a_critical_request_takes_three_of_the_limit() {
    let services = r#"
        [modifications]
        SECMP0067 = "on"
        [parameters.SECMP0067]
        system_capacity = 1000.0
        operating_threshold = 0.8
        allocated_share = 0.8
        allocation_floor = 0.0
        allocation = "equal"
        "#;
    let steady = |srv: &str| {
        let mut rig = Rig::of(world_with(services));
        offer(&mut rig, 0, 8, &[(ALPHA, srv, 900)])[0][7]
    };
    assert_each_about(&[steady("4.1.1")], 100);
    assert_each_about(&[steady("1.1.1")], 67);
}

#[test]
fn by_forecast_each_user_is_allocated_what_the_scenarios_workloads_have_it_send() {
    let text = r#"
        [[workloads]]
        name = "reads"
        from = "Alpha"
        srvs = ["4.1.1"]
        per_device_per_day = 3.0
        [[workloads]]
        name = "others"
        from = "Beta"
        srvs = ["4.1.1"]
        per_device_per_day = 1.0
        [modifications]
        SECMP0067 = "on"
        [parameters.SECMP0067]
        counts = "requests"
        system_capacity = 1000.0
        operating_threshold = 0.8
        allocated_share = 0.8
        allocation_floor = 0.0
        allocation = "forecast"
        "#;
    let mut rig = Rig::of(world_with(text));
    let population = &rig.world.population;
    let of = |user, rate: f64| f64::from(population.portfolio(user).len()) * rate;
    let (alpha, beta) = (of(ALPHA, 3.0), of(BETA, 1.0));
    let expected = |weight: f64| (800.0 * weight / (alpha + beta)).round() as u64;
    let (for_alpha, for_beta) = (expected(alpha), expected(beta));
    let admitted = offer(&mut rig, 0, 8, &[(ALPHA, "4.1.1", 900), (BETA, "4.1.1", 900)]);
    assert_each_about(&admitted[0][7..], for_alpha);
    assert_each_about(&admitted[1][7..], for_beta);
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
