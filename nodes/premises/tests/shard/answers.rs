use crate::rig::{HAN_MS, REGION, Rig, WAN_MS, command, ms};
use secnet_model::{Address, DeviceType, PremisesId, ProfileSize, SimDuration, SimTime, Srv};
use secnet_premises::gsme::Polls;
use secnet_wire::{CommandOrigin, DeviceResult};

#[test]
fn the_electricity_meter_answers_after_the_han_and_the_wan() {
    let mut rig = Rig::new(|_| {});
    let premises = rig.premises_with(DeviceType::Esme);
    let read = command(1, "4.1.1", premises, DeviceType::Esme);
    rig.command(ms(5_000), read);
    let (due, response) = rig.responses()[0];
    assert_eq!(due, ms(5_000 + HAN_MS + WAN_MS));
    assert_eq!(
        (response.id, response.srv, response.result),
        (read.id, read.srv, DeviceResult::Success)
    );
    assert_eq!(
        (response.correlation, response.priority),
        (read.correlation, read.priority)
    );
    let size = read.srv.entry().response_bytes;
    assert!((u32::from(size.min)..=u32::from(size.max)).contains(&response.bytes));
    let envelope = &rig.sent[0];
    assert_eq!(
        (envelope.from, envelope.to),
        (Address::premises(premises), Address::provider(REGION))
    );
    rig.command(ms(6_000), command(2, "4.1.1", premises, DeviceType::Esme));
    assert_eq!(
        (rig.sent[0].seq, rig.sent[1].seq),
        (1, 2),
        "each premises counts its own envelopes"
    );
}

#[test]
fn a_gas_meter_s_command_waits_for_its_poll_and_the_proxy_s_does_not() {
    let mut rig = Rig::new(|_| {});
    let premises = rig.premises_with(DeviceType::Gsme);
    let polls = Polls::new(rig.world.draws, SimDuration::from_secs(1_800));
    let poll = SimTime::ZERO + polls.phase(premises) + SimDuration::from_secs(1_800);
    let arrival = SimTime(poll.0 - 1_000_000);
    for counter in 1..=3 {
        rig.command(
            arrival + SimDuration::from_millis(500 * (counter - 1)),
            command(counter, "4.1.1", premises, DeviceType::Gsme),
        );
    }
    let just_after = poll + SimDuration::from_micros(1);
    rig.command(just_after, command(4, "4.1.1", premises, DeviceType::Gsme));
    rig.command(just_after, command(5, "4.1.1", premises, DeviceType::Gpf));
    let dues: Vec<SimTime> = rig.responses().into_iter().map(|(due, _)| due).collect();
    let (wan, han) = (SimDuration::from_millis(WAN_MS), SimDuration::from_millis(HAN_MS));
    let at_poll = poll + han + wan;
    assert_eq!(
        dues,
        [
            at_poll,
            at_poll,
            at_poll,
            at_poll + SimDuration::from_secs(1_800),
            just_after + wan
        ]
    );
    assert_eq!(rig.counter("gsme_commands"), 4);
    assert_eq!(
        rig.counter("gsme_waiting_us"),
        1_000_000 + 500_000 + 1_800_000_000 - 1
    );
    // The meter had polled a microsecond before.
    assert_eq!(
        (rig.counter("gpf_commands"), rig.counter("gpf_mirror_age_us")),
        (1, 1)
    );
}

#[test]
fn the_hub_answers_for_itself_without_the_han() {
    let mut rig = Rig::new(|_| {});
    let premises = rig.premises_with(DeviceType::Chf);
    let srv = Srv::all()
        .find(|srv| srv.entry().may_target(DeviceType::Chf))
        .unwrap();
    rig.command(ms(0), command(1, srv.number(), premises, DeviceType::Chf));
    assert_eq!(rig.responses()[0].0, ms(WAN_MS));
}

#[test]
fn a_device_the_premises_lacks_is_answered_with_an_error_and_counted() {
    let mut rig = Rig::new(|_| {});
    let without_gas = rig.premises_without(DeviceType::Gpf);
    rig.command(ms(0), command(1, "4.1.1", without_gas, DeviceType::Gpf));
    rig.command(ms(0), command(2, "4.1.1", PremisesId(0), DeviceType::Ihd));
    let without_meter = rig.premises_without(DeviceType::Esme);
    rig.command(ms(0), command(3, "4.1.1", without_meter, DeviceType::Esme));
    assert!(
        rig.responses()
            .iter()
            .all(|(due, r)| *due == ms(WAN_MS) && r.result == DeviceResult::Error)
    );
    assert_eq!(
        (
            rig.counter("commands_to_absent_devices"),
            rig.counter("device_errors")
        ),
        (3, 3)
    );
}

#[test]
fn a_service_the_device_type_does_not_know_is_answered_with_an_error() {
    let mut rig = Rig::new(|_| {});
    let premises = rig.premises_with(DeviceType::Esme);
    rig.command(ms(0), command(1, "4.1.1", premises, DeviceType::Chf));
    assert_eq!(rig.responses()[0].1.result, DeviceResult::Error);
    assert_eq!(rig.counter("commands_to_absent_devices"), 0);
}

#[test]
fn devices_answer_with_errors_at_the_configured_share() {
    let mut rig = Rig::new(|scenario| scenario.premises.device_error_share = 0.1);
    let premises = rig.premises_with(DeviceType::Esme);
    for counter in 0..10_000 {
        rig.command(ms(counter), command(counter, "4.1.1", premises, DeviceType::Esme));
    }
    let errors = rig.counter("device_errors");
    assert!((900..1_100).contains(&errors), "{errors}");
}

#[test]
fn responses_have_their_size_class_and_profiles_that_of_their_half_hours() {
    let mut rig = Rig::new(|_| {});
    let premises = rig.premises_with(DeviceType::Esme);
    for (counter, srv) in Srv::all()
        .filter(|srv| srv.entry().may_target(DeviceType::Esme))
        .enumerate()
    {
        rig.command(
            ms(counter as u64),
            command(counter as u64, srv.number(), premises, DeviceType::Esme),
        );
    }
    for (_, response) in rig.responses() {
        let entry = response.srv.entry();
        let range = u32::from(entry.response_bytes.min)..=u32::from(entry.response_bytes.max);
        let profile = entry.number.starts_with("4.8.");
        assert!(
            profile || range.contains(&response.bytes),
            "{}: {}",
            entry.number,
            response.bytes
        );
    }
    let framing = ProfileSize::of(DeviceType::Esme).framing;
    let mut days_seen = std::collections::BTreeSet::new();
    // One of the services was to unjoin.
    rig.command(ms(900), command(900, "8.7.1", premises, DeviceType::Esme));
    let before = rig.responses().len();
    for counter in 1_000..2_000 {
        rig.command(ms(counter), command(counter, "4.8.1", premises, DeviceType::Esme));
    }
    for (_, response) in &rig.responses()[before..] {
        assert_eq!((response.bytes - framing) % (48 * 8), 0);
        days_seen.insert((response.bytes - framing) / (48 * 8));
    }
    assert_eq!(days_seen, (1..=31).collect(), "a day to a month on demand");
    let mut scheduled = command(5_000, "4.8.1", premises, DeviceType::Esme);
    scheduled.origin = CommandOrigin::Scheduled;
    rig.command(ms(5_000), scheduled);
    assert_eq!(
        rig.responses().last().unwrap().1.bytes,
        framing + 48 * 8,
        "a day on schedule"
    );
    let with_gas = rig.premises_with(DeviceType::Gpf);
    for (counter, device_type) in [(5_001, DeviceType::Gpf), (5_002, DeviceType::Gsme)] {
        let mut scheduled = command(counter, "4.8.1", with_gas, device_type);
        scheduled.origin = CommandOrigin::Scheduled;
        rig.command(ms(counter), scheduled);
        assert_eq!(rig.responses().last().unwrap().1.bytes, 107 + 48 * 3);
    }
}

#[test]
fn a_profile_read_is_as_long_as_its_interval_and_days_say() {
    let mut rig = Rig::new(|scenario| {
        scenario.premises.profile.interval = secnet_topology::Span::from_secs(3_600);
        scenario.premises.profile.days_on_demand_max = 1;
        scenario.premises.profile.days_scheduled = 7;
    });
    let premises = rig.premises_with(DeviceType::Esme);
    let mut scheduled = command(1, "4.8.1", premises, DeviceType::Esme);
    scheduled.origin = CommandOrigin::Scheduled;
    rig.command(ms(1), scheduled);
    rig.command(ms(2), command(2, "4.8.1", premises, DeviceType::Esme));
    let bytes: Vec<u32> = rig
        .responses()
        .iter()
        .map(|(_, response)| response.bytes)
        .collect();
    assert_eq!(bytes, [168 + 7 * 24 * 8, 168 + 24 * 8]);
}

#[test]
fn delays_are_drawn_by_request_and_never_below_the_lookahead() {
    let mut rig = Rig::new(|scenario| {
        scenario.csp.north.latency_mean = secnet_topology::Span::from_secs(3);
        scenario.premises.han_delay_mean = secnet_topology::Span::from_secs(1);
    });
    let premises = rig.premises_with(DeviceType::Esme);
    for counter in 0..20_000 {
        rig.command(ms(counter), command(counter, "4.1.1", premises, DeviceType::Esme));
    }
    let delays = rig
        .responses()
        .into_iter()
        .map(|(due, r)| due.since(ms(r.id.counter)).as_secs_f64());
    let delays: Vec<f64> = delays.collect();
    assert!(
        delays
            .iter()
            .all(|delay| *delay >= (WAN_MS + HAN_MS) as f64 / 1e3)
    );
    let mean = delays.iter().sum::<f64>() / delays.len() as f64;
    assert!((mean - 4.0).abs() < 0.06, "{mean}");
}
