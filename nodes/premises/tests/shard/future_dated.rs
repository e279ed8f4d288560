use crate::rig::{HAN_MS, Rig, WAN_MS, command, future_dated, ms};
use secnet_accounts::Accountable;
use secnet_engine::ItemKind;
use secnet_engine::Node;
use secnet_model::{AlertCode, DeviceType, SimDuration, SimTime, UserId};
use secnet_premises::gsme::Polls;
use secnet_wire::DeviceResult;

#[test]
fn a_stored_command_is_answered_at_once_and_executed_at_its_time() {
    let mut rig = Rig::new(|_| {});
    let premises = rig.premises_with(DeviceType::Esme);
    let mut update = future_dated(command(1, "1.6", premises, DeviceType::Esme), 7_200);
    update.id.originator = UserId(3);
    rig.command(ms(1_000), update);
    assert_eq!(rig.responses()[0].0, ms(1_000 + HAN_MS + WAN_MS));
    assert_eq!(rig.responses()[0].1.result, DeviceResult::Success);
    assert_eq!(rig.premises.next_deadline(), SimTime::from_secs(7_200));
    assert_eq!(rig.counter("future_dated_held"), 1);
    rig.finish();
    let (due, alert) = rig.alerts()[0];
    assert_eq!(due, ms(7_200_000 + HAN_MS + WAN_MS));
    assert_eq!(alert.alert, AlertCode::future_dated_succeeded());
    assert_eq!(
        (alert.command.map(|it| it.sender), alert.number),
        (Some(UserId(3)), 1)
    );
    assert_eq!(
        (alert.raised_at, alert.device.eui64()),
        (SimTime::from_secs(7_200), update.id.target)
    );
    assert!((123..=145).contains(&alert.bytes), "{}", alert.bytes);
    let account = rig.premises.account();
    assert_eq!(account.ledger.opened(ItemKind::DeviceAlert), 1);
    assert_eq!(
        account.held,
        [0; ItemKind::COUNT],
        "an alert leaves in an envelope at once"
    );
    assert_eq!(
        (
            rig.counter("future_dated_executed"),
            rig.counter("future_dated_held")
        ),
        (1, 0)
    );
}

#[test]
fn what_fails_at_its_time_says_so() {
    let mut rig = Rig::new(|scenario| scenario.premises.future_dated_failure_share = 1.0);
    let premises = rig.premises_with(DeviceType::Esme);
    rig.command(
        ms(0),
        future_dated(command(1, "1.6", premises, DeviceType::Esme), 60),
    );
    rig.finish();
    assert_eq!(rig.alerts()[0].1.alert, AlertCode::future_dated_failed());
    assert_eq!(
        (
            rig.counter("future_dated_failed"),
            rig.counter("future_dated_executed")
        ),
        (1, 0)
    );
}

#[test]
fn a_command_the_device_refused_is_not_stored() {
    let mut rig = Rig::new(|scenario| scenario.premises.device_error_share = 1.0);
    let premises = rig.premises_with(DeviceType::Esme);
    rig.command(
        ms(0),
        future_dated(command(1, "1.6", premises, DeviceType::Esme), 60),
    );
    assert_eq!(rig.responses()[0].1.result, DeviceResult::Error);
    assert!(rig.premises.next_deadline().is_never());
}

#[test]
fn a_command_that_comes_after_its_time_is_executed_when_the_device_answers() {
    let mut rig = Rig::new(|_| {});
    let premises = rig.premises_with(DeviceType::Esme);
    rig.command(
        ms(90_000),
        future_dated(command(1, "1.6", premises, DeviceType::Esme), 60),
    );
    rig.finish();
    assert_eq!(rig.alerts()[0].1.raised_at, ms(90_000 + HAN_MS));
    // Without any delay of the device it is executed within the arrival itself.
    let mut rig = Rig::new(|scenario| {
        scenario.premises.han_delay_min = secnet_topology::Span::from_millis(0);
        scenario.premises.han_delay_mean = secnet_topology::Span::from_millis(0);
    });
    rig.command(
        ms(90_000),
        future_dated(command(1, "1.6", premises, DeviceType::Esme), 60),
    );
    assert_eq!(rig.alerts()[0], (ms(90_000 + WAN_MS), rig.alerts()[0].1));
    assert_eq!(rig.alerts()[0].1.raised_at, ms(90_000));
}

#[test]
fn a_sleeping_gas_meter_executes_at_its_time_what_it_fetched_before_and_after_its_poll_what_it_did_not() {
    let mut rig = Rig::new(|_| {});
    let premises = rig.premises_with(DeviceType::Gsme);
    let polls = Polls::new(rig.world.draws, SimDuration::from_secs(1_800));
    let poll = SimTime::ZERO + polls.phase(premises) + SimDuration::from_secs(1_800);
    let before_poll = poll.as_whole_secs() as u32 - 10;
    let arrival = SimTime(poll.0 - 60_000_000);
    rig.command(
        arrival,
        future_dated(command(1, "1.6", premises, DeviceType::Gsme), before_poll),
    );
    rig.command(
        arrival,
        future_dated(command(2, "1.6", premises, DeviceType::Gsme), before_poll + 3_600),
    );
    rig.finish();
    let raised: Vec<SimTime> = rig
        .alerts()
        .into_iter()
        .map(|(_, alert)| alert.raised_at)
        .collect();
    let late = poll + SimDuration::from_millis(HAN_MS);
    assert_eq!(raised, [late, SimTime::from_secs(u64::from(before_poll) + 3_600)]);
}

#[test]
fn commands_for_one_moment_are_executed_in_the_order_of_premises_and_request() {
    let mut rig = Rig::new(|_| {});
    let (first, second) = (
        rig.premises_with(DeviceType::Gpf),
        rig.premises_with(DeviceType::Gsme),
    );
    assert_eq!(first, second);
    let other = (first.0 + 1..1_000).map(secnet_model::PremisesId);
    let other = other
        .into_iter()
        .find(|p| rig.world.population.has_device(*p, DeviceType::Esme))
        .unwrap();
    for (counter, premises) in [(9, other), (2, first), (1, other), (3, first)] {
        rig.command(
            ms(counter),
            future_dated(command(counter, "1.6", premises, DeviceType::Esme), 600),
        );
    }
    rig.finish();
    let order: Vec<(u32, u32)> = rig
        .alerts()
        .iter()
        .map(|(_, a)| (a.device.premises.0, a.number))
        .collect();
    assert_eq!(order, [(first.0, 1), (first.0, 2), (other.0, 1), (other.0, 2)]);
}
