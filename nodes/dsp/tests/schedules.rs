//! Which readings the DSP starts by itself, and when.
#![allow(clippy::unwrap_used, reason = "tests")]

mod rig;

use rig::{ALPHA, BETA, DAY, DNO, HOUR, MS, Rig, S, Sent, commands, world_with};
use secnet_engine::ItemKind;
use secnet_engine::draw::Stream;
use secnet_model::{
    Address, DccAlertCode, DeviceId, DeviceStatus, DeviceType, Eui64, PremisesId, Role, Srv, UserId,
};
use secnet_topology::World;
use secnet_wire::{Acknowledgement, Answer, CommandOrigin, Message, ServiceRequest, Timing};
use std::collections::BTreeSet;

/// When each reading started: the command left 10 ms of service and 30 ms of link later.
fn starts(sent: &[Sent]) -> Vec<(u64, UserId, Eui64)> {
    commands(sent)
        .iter()
        .map(|(due, command)| {
            assert_eq!((command.origin, command.priority), (CommandOrigin::Scheduled, 3));
            (due - 40 * MS, command.id.originator, command.id.target)
        })
        .collect()
}

/// Independently: the i-th premises of the portfolio at `start + (i * window + phase) / len`, where its ESME is in service; the
/// phase is that of the scenario's first schedule.
fn expected(rig: &Rig, user: UserId, window_start: u64, window: u64) -> Vec<(u64, UserId, Eui64)> {
    let portfolio = rig.world.population.portfolio(user);
    let read = |i: u32| {
        let device = portfolio.get(i).device(DeviceType::Esme);
        let status = rig.world.population.device_status(device);
        let phase = Stream::named("dsp-schedule-phase");
        let phase = rig.world.draws.below(window, phase, user.0.into(), 0);
        let at = window_start + (u64::from(i) * window + phase) / u64::from(portfolio.len());
        (status == Some(DeviceStatus::Commissioned)).then_some((at, user, device.eui64()))
    };
    (0..portfolio.len()).filter_map(read).collect()
}

/// Each within the time until the next, so that they keep their order; every day anew.
#[test]
fn readings_stray_from_their_even_places_by_the_jitter() {
    let days = |jitter: &str| {
        let mut rig = Rig::with(&format!(
            r#"[[schedules]]
            from = "Alpha"
            srv = "4.6.1"
            window = "2h"
            jitter = {jitter}
            "#
        ));
        [DAY, 2 * DAY].map(|end| starts(&rig.run_until(end - 1)))
    };
    let even = days("0.0");
    for (jitter, share) in [("0.5", 0.5), ("1.0", 1.0)] {
        let strayed = days(jitter);
        let mut sums = [0.0; 2];
        for (day, sum) in sums.iter_mut().enumerate() {
            assert!(strayed[day].is_sorted_by_key(|(at, ..)| *at));
            assert_eq!(strayed[day].len(), even[day].len());
            let rig = Rig::with("");
            let between = 2.0 * HOUR as f64 / f64::from(rig.world.population.portfolio(ALPHA).len());
            for (strayed, even) in strayed[day].iter().zip(&even[day]) {
                assert_eq!((strayed.1, strayed.2), (even.1, even.2));
                let by = (strayed.0 - even.0) as f64 / between;
                assert!((0.0..=share).contains(&by), "{by}");
                *sum += by;
            }
        }
        let means = [0, 1].map(|day| sums[day] / even[day].len() as f64);
        assert!(
            means.iter().all(|mean| (mean - share / 2.0).abs() < share * 0.08),
            "{means:?}"
        );
        assert_ne!(strayed[0][0].0 + DAY, strayed[1][0].0, "every day anew");
    }
}

#[test]
fn gas_is_read_of_the_premises_its_supplier_has_through_the_proxy_or_the_meter() {
    for (target, device_type) in [("GPF", DeviceType::Gpf), ("GSME", DeviceType::Gsme)] {
        let mut rig = Rig::with(&format!(
            r#"[[schedules]]
            from = "suppliers"
            srv = "4.6.1"
            target = "{target}"
            window = "2h"
            "#
        ));
        let read = starts(&rig.run_until(DAY - 1));
        let mut expected = BTreeSet::new();
        for premises in (0..rig.world.population.premises_count()).map(PremisesId) {
            let device = premises.device(device_type);
            if rig.world.population.device_status(device) == Some(DeviceStatus::Commissioned) {
                let supplier = rig.world.population.gas_supplier(premises).unwrap();
                expected.insert((supplier, device.eui64()));
            }
        }
        assert!(expected.len() > 150);
        assert_eq!(read.len(), expected.len(), "each once");
        let read: BTreeSet<_> = read.into_iter().map(|(_, user, target)| (user, target)).collect();
        assert_eq!(read, expected);
    }
}

#[test]
fn a_portfolio_is_read_evenly_over_its_window_every_day() {
    let mut rig = Rig::with(
        r#"[[schedules]]
        from = "Alpha"
        srv = "4.8.1"
        starts_at = "01:00"
        window = "2h"
        "#,
    );
    let mut all = Vec::new();
    for day in 0..3 {
        all.extend(expected(&rig, ALPHA, day * DAY + HOUR, 2 * HOUR));
    }
    let sent = rig.run_until(5 * DAY);
    assert_eq!(starts(&sent), all, "and none after the horizon of three days");
    assert_eq!(
        rig.account().ledger.opened(ItemKind::ScheduledRead),
        all.len() as u64
    );
    let mut ids: Vec<_> = commands(&sent).iter().map(|(_, command)| command.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all.len(), "each reading has an identity of its own");
}

#[test]
fn a_window_under_way_when_the_scenario_begins_is_entered_in_its_middle() {
    // At the epoch, 22:00, a window from 21:00 to 23:00 is half over.
    let mut world = world_with(
        r#"[[schedules]]
        from = "Beta"
        srv = "4.6.1"
        starts_at = "21:00"
        window = "2h"
        "#,
    );
    world.calendar.epoch_unix_seconds += 22 * 3_600;
    let mut rig = Rig::of(world);
    let window = |start: i64| -> Vec<_> {
        // The window's start lies before the epoch: moved by a day to stay positive, then back.
        let moved = expected(&rig, BETA, (start + DAY as i64) as u64, 2 * HOUR);
        moved
            .into_iter()
            .filter(|(at, ..)| *at >= DAY)
            .map(|(at, user, eui)| (at - DAY, user, eui))
            .collect()
    };
    let mut all = window(-(HOUR as i64));
    let first_half = all.len();
    all.extend(window((23 * HOUR) as i64));
    assert!(first_half > 0 && first_half < all.len() / 2);
    assert_eq!(starts(&rig.run_until(26 * HOUR)), all);
}

/// Portfolios of one size have the same time between readings; without a phase each reading of one would meet one of the other.
#[test]
fn users_with_as_many_premises_do_not_read_in_step() {
    let text = r#"[[schedules]]
        from = "suppliers"
        srv = "4.6.1"
        window = "6h"
        "#;
    let mut scenario = world_with(text).scenario;
    scenario
        .suppliers
        .iter_mut()
        .for_each(|supplier| supplier.share = 0.5);
    let mut rig = Rig::of(World::new(scenario).unwrap());
    let starts = starts(&rig.run_until(12 * HOUR));
    let of = |user| {
        let own = starts.iter().filter(move |(_, owner, _)| *owner == user);
        own.map(|(at, ..)| *at).collect::<BTreeSet<u64>>()
    };
    let (alphas, betas) = (of(ALPHA), of(BETA));
    assert!(alphas.len() > 100 && betas.len() > 100);
    let meets_one = |at: &&u64| betas.range(*at - S..*at + S).next().is_some();
    assert_eq!(alphas.iter().filter(meets_one).count(), 0, "within a second");
}

#[test]
fn a_group_of_users_each_have_the_schedule_and_a_share_is_a_share() {
    let schedule = |share: &str| {
        format!("[[schedules]]\nfrom = \"suppliers\"\nsrv = \"4.6.1\"\nwindow = \"6h\"\nshare = {share}\n")
    };
    let count = |share: &str| {
        let mut rig = Rig::with(&schedule(share));
        let starts = starts(&rig.run_until(12 * HOUR));
        assert!(starts.iter().all(|(at, ..)| *at < 6 * HOUR + S));
        let of = |user| starts.iter().filter(|(_, owner, _)| *owner == user).count();
        (of(ALPHA), of(BETA))
    };
    let (all, half, none) = (count("1.0"), count("0.5"), count("0.0"));
    assert!(all.0 > 150 && all.1 > 100, "{all:?}");
    assert!(
        half.0.abs_diff(all.0 / 2) < 30 && half.1.abs_diff(all.1 / 2) < 30,
        "{half:?} of {all:?}"
    );
    assert_eq!(none, (0, 0));
}

#[test]
fn a_dnos_schedule_reads_its_licence_areas() {
    let mut rig = Rig::with("[[schedules]]\nfrom = \"dnos\"\nsrv = \"4.10\"\nwindow = \"6h\"\n");
    let starts = starts(&rig.run_until(12 * HOUR));
    assert_eq!(starts, expected(&rig, DNO, 0, 6 * HOUR));
}

fn about(rig: &mut Rig, number: &str, scheduled: &str, device: DeviceId) -> ServiceRequest {
    let srv = Srv::from_number(scheduled).unwrap();
    ServiceRequest {
        timing: Timing::Daily { srv },
        ..rig.request(number, ALPHA, Role::ImportSupplier, device)
    }
}

fn done_bytes(sent: &[Sent]) -> u32 {
    match sent[..] {
        [
            Sent {
                message:
                    Message::Acknowledgement(Acknowledgement {
                        answer: Answer::Done { bytes },
                        ..
                    }),
                ..
            },
        ] => bytes,
        _ => panic!("{sent:?}"),
    }
}

#[test]
fn a_created_schedule_is_read_daily_within_six_hours_of_midnight_until_it_is_deleted() {
    let mut rig = Rig::new();
    let device = rig.alphas().device(DeviceType::Esme);
    let create = about(&mut rig, "5.1", "4.6.1", device);
    done_bytes(&rig.submit(12 * HOUR, create));
    let read = about(&mut rig, "5.2", "4.6.1", device);
    assert_eq!(done_bytes(&rig.submit(13 * HOUR, read)), 400 + 150);

    let first = rig.run_until(2 * DAY);
    let at = starts(&first)[0];
    assert_eq!(starts(&first).len(), 1);
    assert!((DAY..DAY + 6 * HOUR).contains(&at.0));
    assert_eq!((at.1, at.2), (ALPHA, device.eui64()));
    let second = starts(&rig.run_until(2 * DAY + 7 * HOUR));
    assert_eq!(second, [(at.0 + DAY, at.1, at.2)]);

    let delete = about(&mut rig, "5.3", "4.6.1", device);
    done_bytes(&rig.submit(2 * DAY + 8 * HOUR, delete));
    let read = about(&mut rig, "5.2", "4.6.1", device);
    assert_eq!(done_bytes(&rig.submit(2 * DAY + 9 * HOUR, read)), 400);
}

#[test]
fn created_schedules_follow_each_other_by_time_of_day_whichever_was_created_first() {
    let mut rig = Rig::new();
    let device = rig.alphas().device(DeviceType::Esme);
    let srvs = ["4.6.1", "4.8.1", "4.8.2", "4.10", "4.17"];
    // Some before, some in the middle of the first night's window, one deleted while it is the next.
    for (i, srv) in srvs.iter().enumerate() {
        let create = about(&mut rig, "5.1", srv, device);
        rig.submit(i as u64 * HOUR + 1, create);
    }
    let night = |from: u64, sent: &[Sent]| -> Vec<(u64, Srv)> {
        commands(sent)
            .iter()
            .filter(|(_, command)| command.origin == CommandOrigin::Scheduled)
            .map(|(due, command)| (due - 40 * MS - from, command.srv))
            .collect()
    };
    rig.run_until(DAY - 1);
    let second = night(DAY, &rig.run_until(2 * DAY - 1));
    let mut sorted = second.clone();
    sorted.sort_unstable();
    assert_eq!(second, sorted);
    assert_eq!(second.len(), srvs.len());

    let next = second[0].1;
    let delete = about(&mut rig, "5.3", next.number(), device);
    rig.submit(2 * DAY + 1, delete);
    let third = night(2 * DAY, &rig.run_until(3 * DAY));
    assert_eq!(third, second[1..]);
}

#[test]
fn a_bulk_schedule_can_be_taken_from_one_device_and_given_back() {
    let mut rig = Rig::with("[[schedules]]\nfrom = \"Alpha\"\nsrv = \"4.6.1\"\nwindow = \"1h\"\n");
    let device = rig.alphas().device(DeviceType::Esme);
    let is_read = |sent: &[Sent]| {
        starts(sent)
            .iter()
            .filter(|(.., target)| *target == device.eui64())
            .count()
    };
    assert_eq!(is_read(&rig.run_until(2 * HOUR)), 1);
    let delete = about(&mut rig, "5.3", "4.6.1", device);
    rig.submit(3 * HOUR, delete);
    let others = rig.run_until(DAY + 2 * HOUR);
    assert_eq!(is_read(&others), 0);
    assert!(!starts(&others).is_empty());
    let create = about(&mut rig, "5.1", "4.6.1", device);
    rig.submit(DAY + 3 * HOUR, create);
    assert_eq!(
        is_read(&rig.run_until(2 * DAY + 2 * HOUR)),
        1,
        "once, not once more by itself"
    );
}

#[test]
fn decommissioning_a_device_removes_its_created_schedules_with_an_alert_to_their_owner() {
    let mut rig = Rig::new();
    let device = rig.alphas().device(DeviceType::Esme);
    for srv in ["4.6.1", "4.8.1"] {
        let create = about(&mut rig, "5.1", srv, device);
        rig.submit(12 * HOUR, create);
    }
    let decommission = rig.request("8.3", ALPHA, Role::ImportSupplier, device);
    let sent = rig.submit(13 * HOUR, decommission);
    let alerts: Vec<_> = sent
        .iter()
        .filter_map(|envelope| match envelope.message {
            Message::DccAlert(alert) => Some((envelope.to, alert.code, alert.about, alert.number)),
            _ => None,
        })
        .collect();
    let n17 = |number| (Address::user(ALPHA), DccAlertCode::N17, device.eui64(), number);
    assert_eq!(alerts, [n17(1), n17(2)]);
    rig.assert_balance(ItemKind::DccAlert, 2);
    assert!(rig.run_until(3 * DAY).is_empty());
}

/// MHHS from the second of three days on: what was read is read at the same moments, and every other meter besides.
#[test]
fn half_hourly_settlement_adds_one_reading_per_newly_half_hourly_meter_and_day_from_its_release_on() {
    let scenario = |share: f64, switch: &str| {
        let more = format!(
            r#"[[schedules]]
            from = "suppliers"
            srv = "4.8.1"
            share = {share}
            starts_at = "01:00"
            window = "2h"

            [[schedules]]
            from = "dnos"
            srv = "4.8.1"
            share = 0.1

            [modifications]
            MHHS = {switch}
            "#
        );
        starts(&Rig::with(&more).run_until(5 * DAY))
    };
    let rig = Rig::with("");
    let in_service: Vec<_> = [ALPHA, BETA]
        .iter()
        .flat_map(|user| expected(&rig, *user, HOUR, 2 * HOUR))
        .collect();
    let of_suppliers = |starts: &[(u64, UserId, Eui64)], day: u64| -> BTreeSet<(u64, UserId, Eui64)> {
        let is_meant =
            |(at, user, _): &&(u64, UserId, Eui64)| at / DAY == day && [ALPHA, BETA].contains(user);
        starts.iter().filter(is_meant).copied().collect()
    };
    let (today, from_the_second_day) = (scenario(0.3, "\"off\""), scenario(0.3, "2026-04-02"));
    for day in 0..3 {
        let (before, with) = (of_suppliers(&today, day), of_suppliers(&from_the_second_day, day));
        let share = before.len() as f64 / in_service.len() as f64;
        assert!((share - 0.3).abs() < 0.08, "{share} of them agreed");
        assert!(before.is_subset(&with));
        let newly = if day == 0 {
            0
        } else {
            in_service.len() - before.len()
        };
        assert_eq!(with.len(), before.len() + newly, "on day {day}");
    }
    let of_dno = |starts: &[(u64, UserId, Eui64)]| starts.iter().filter(|(_, user, _)| *user == DNO).count();
    assert_eq!(
        of_dno(&today),
        of_dno(&from_the_second_day),
        "only Suppliers' grow"
    );
    assert_eq!(scenario(1.0, "\"on\""), scenario(1.0, "\"off\""));
    assert_eq!(
        of_suppliers(&scenario(0.0, "\"on\""), 2).len(),
        in_service.len(),
        "from nothing, too"
    );
}

#[test]
fn half_hourly_settlement_migrates_evenly_where_it_is_to() {
    let more = r#"[[schedules]]
        from = "suppliers"
        srv = "4.8.1"
        share = 0.0
        starts_at = "00:00"
        window = "1us"

        [modifications]
        MHHS = "on"

        [parameters.MHHS]
        share = 0.8
        migration = "4d"
        "#;
    let rig = Rig::with("");
    let in_service = [ALPHA, BETA]
        .iter()
        .map(|user| expected(&rig, *user, 0, 1).len())
        .sum::<usize>();
    let started = starts(&Rig::with(more).run_until(5 * DAY));
    for day in 0..3 {
        let read = started.iter().filter(|(at, ..)| at / DAY == day).count();
        let share = read as f64 / in_service as f64;
        let expected = 0.8 * day as f64 / 4.0;
        assert!(
            (share - expected).abs() < 0.06,
            "day {day}: {share}, not {expected}"
        );
    }
}
