//! SECMP0067 once more from the order in which requests came to the DSP's door: the rule of domain.md §5.1 in whole numbers.

use secnet_tests::in_virtual_time::{run, scenario};
use std::collections::{BTreeMap, BTreeSet};

/// The capacity is 2 a second; of it 1.6 are the threshold, 100 in a window of 62.5 s, and 0.8 a second each User's.
const TWO_SUPPLIERS: &str = r#"
    name = "two-suppliers"
    horizon = "1h"
    drain = "2h"
    [population]
    premises = 2_000
    [[suppliers]]
    name = "Loud"
    share = 0.5
    [[suppliers]]
    name = "Quiet"
    share = 0.5
    [[workloads]]
    name = "loud"
    from = "Loud"
    srvs = ["4.1.1"]
    per_device_per_day = 120.0
    [[workloads]]
    name = "quiet"
    from = "Quiet"
    srvs = ["4.1.1"]
    per_device_per_day = 30.0
    [[workloads]]
    name = "critical"
    from = "Loud"
    srvs = ["1.1.1"]
    per_device_per_day = 5.0
    [[workloads]]
    name = "priority"
    from = "Quiet"
    srvs = ["7.4"]
    per_device_per_day = 10.0
    [modifications]
    SECMP0067 = "on"
    [parameters.SECMP0067]
    counts = "requests"
    allocation = "equal"
    system_capacity = 2.0
    operating_threshold = 0.8
    allocated_share = 0.8
    monitoring_window = "1s"
    monitored_min = 100
    burst = 20
    priority = ["7.x"]
    [tracing]
    requests = 1.0
    spans_max = 10_000_000
"#;
const WINDOW_US: u64 = 62_500_000;
const THRESHOLD: i64 = 100;
/// A request in the unit of buckets: with it both rates are whole numbers a microsecond.
const REQUEST: i64 = 10_000_000;
const USER_PER_US: i64 = 8;
const THRESHOLD_PER_US: i64 = 16;

/// A submission at the DSP's door.
struct Submission {
    at_us: u64,
    user: String,
    is_priority: bool,
    was_turned_away: bool,
}

/// Every one but the signed pre-commands, which are let through, in order.
fn submissions(overrides: &[&str]) -> Vec<Submission> {
    let run = run(&scenario(TWO_SUPPLIERS, overrides), 1);
    run.keeps_the_laws().unwrap();
    // A critical request that was let in comes again, signed.
    let mut pre_commands = BTreeSet::<String>::new();
    let spans = &run.outcome.traces.spans;
    let mut looks: Vec<_> = spans
        .iter()
        .filter(|span| span.name == "traffic management")
        .collect();
    looks.sort_by_key(|span| span.begin_us);
    let mut submissions = Vec::new();
    for look in looks {
        let attributes = &look.attributes;
        let (srv, id) = (
            attributes.srv.clone().unwrap(),
            attributes.request_id.clone().unwrap(),
        );
        if srv == "1.1.1" {
            if pre_commands.contains(&id) {
                assert!(!look.failed, "a signed pre-command was turned away");
                continue;
            }
            if !look.failed {
                pre_commands.insert(id);
            }
        }
        submissions.push(Submission {
            at_us: look.begin_us,
            user: attributes.user.clone().unwrap(),
            is_priority: srv == "7.4",
            was_turned_away: look.failed,
        });
    }
    submissions
}

/// What fills evenly up to a depth, and may owe as much as its floor.
struct Bucket {
    per_us: i64,
    depth: i64,
    floor: i64,
    level: i64,
    at_us: u64,
}

impl Bucket {
    fn of(per_us: i64, floor: i64) -> Bucket {
        let depth = per_us * WINDOW_US as i64;
        Bucket {
            per_us,
            depth,
            floor: floor * depth,
            level: depth,
            at_us: 0,
        }
    }

    fn has_one(&mut self, at_us: u64) -> bool {
        let filled = self.per_us * (at_us - self.at_us) as i64;
        (self.level, self.at_us) = ((self.level + filled).min(self.depth), at_us);
        self.level >= REQUEST
    }

    fn take_one(&mut self) {
        self.level = (self.level - REQUEST).max(self.floor);
    }
}

/// Whether each is turned away, by the rule.
fn by_the_rule(submissions: &[Submission], measures_admitted: bool, shares_headroom: bool) -> Vec<bool> {
    let floor = if measures_admitted { -1 } else { 0 };
    let mut users = BTreeMap::<&str, Bucket>::new();
    let mut headroom = Bucket::of(THRESHOLD_PER_US, -1);
    // By window: asked for, and admitted.
    let mut asked = BTreeMap::<u64, i64>::new();
    let mut admitted = BTreeMap::<u64, i64>::new();
    let mut managed = BTreeMap::<u64, bool>::new();
    let mut turned_away = Vec::new();
    for it in submissions {
        let window = it.at_us / WINDOW_US;
        *asked.entry(window).or_default() += 1;
        let before = window
            .checked_sub(1)
            .and_then(|before| asked.get(&before))
            .copied();
        let measured = match measures_admitted {
            true => admitted.get(&window).copied().unwrap_or(0) + 1,
            false => asked[&window].max(before.unwrap_or(0)),
        };
        let is_managed = managed.entry(window).or_default();
        *is_managed |= measured >= THRESHOLD;
        let user = users
            .entry(&it.user)
            .or_insert_with(|| Bucket::of(USER_PER_US, floor));
        let is_within = user.has_one(it.at_us);
        let is_left = shares_headroom && headroom.has_one(it.at_us);
        let away = *is_managed && !it.is_priority && !is_within && !is_left;
        if !away {
            user.take_one();
            headroom.take_one();
            *admitted.entry(window).or_default() += 1;
        }
        turned_away.push(away);
    }
    turned_away
}

#[test]
fn who_is_turned_away_follows_from_the_order_of_arrivals_alone() {
    for (measured, reading) in [
        ("asked", "per_user_share"),
        ("admitted", "per_user_share"),
        ("asked", "headroom"),
    ] {
        let overrides = [
            format!("parameters.SECMP0067.measured=\"{measured}\""),
            format!("parameters.SECMP0067.threshold_reading=\"{reading}\""),
        ];
        let overrides: Vec<&str> = overrides.iter().map(String::as_str).collect();
        let submissions = submissions(&overrides);
        let expected = by_the_rule(&submissions, measured == "admitted", reading == "headroom");
        let first = submissions
            .iter()
            .zip(&expected)
            .position(|(it, away)| it.was_turned_away != *away);
        assert_eq!(first, None, "{measured}, {reading}");
        let away = expected.iter().filter(|away| **away).count();
        println!("{measured}, {reading}: {away} of {} turned away", expected.len());
        assert!(away > 500 && away < expected.len(), "{away}");
    }
}
