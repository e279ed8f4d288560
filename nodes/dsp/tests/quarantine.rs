//! Anomaly detection: what is above a limit waits for people.
#![allow(clippy::unwrap_used, reason = "tests")]

mod rig;

use rig::{ALPHA, DAY, HOUR, MS, Rig, S, Sent, commands, world_set};
use secnet_accounts::Accountable;
use secnet_dsp::Dsp;
use secnet_engine::ItemKind;
use secnet_model::{Address, DccAlertCode, DeviceType, RequestId, ResponseCode, Role};
use secnet_wire::{Answer, DccAlert, Message, ServiceRequest, ServiceResponse};

fn detecting(parameters: &str) -> Rig {
    Rig::with(&scenario(parameters))
}

fn scenario(parameters: &str) -> String {
    format!(
        "[modifications]\nSECMP0008 = \"on\"\n[parameters.SECMP0008]\n\
         release_delay_min = \"10min\"\nrelease_delay_mean = \"30min\"\n{parameters}"
    )
}

/// Alpha supplies 240 premises: two readings an hour.
const TWO_READINGS: &str =
    "user_limits = [{ user = \"Alpha\", srvs = [\"4.1.1\"], per_premises = 0.0084 }]\n";
const NO_LIMIT: &str = "user_limits = []\n";

fn alerts(sent: &[Sent]) -> Vec<(Address, DccAlert)> {
    let alert = |envelope: &Sent| match envelope.message {
        Message::DccAlert(alert) => Some((envelope.to, alert)),
        _ => None,
    };
    sent.iter().filter_map(alert).collect()
}

fn submit(rig: &mut Rig, at: u64) -> (ServiceRequest, Vec<Sent>) {
    let request = rig.reading();
    (request, rig.submit(at, request))
}

#[test]
fn a_request_above_a_users_limit_is_accepted_kept_and_told_of() {
    let mut rig = detecting(TWO_READINGS);
    for i in 0..2 {
        let (_, sent) = submit(&mut rig, S + i * S);
        assert_eq!((commands(&sent).len(), alerts(&sent).len()), (1, 0));
    }
    let (request, sent) = submit(&mut rig, 3 * S);
    assert!(commands(&sent).is_empty());
    let accepted = |envelope: &Sent| matches!(envelope.message, Message::Acknowledgement(it) if it.answer == Answer::Accepted);
    assert!(sent.iter().any(accepted));
    let (to, alert) = alerts(&sent)[0];
    assert_eq!((to, alert.code), (Address::user(ALPHA), DccAlertCode::N46));
    assert_eq!(
        (alert.about, alert.request),
        (request.id.target, request.id.counter)
    );
    assert_eq!(rig.counter("dsp.quarantine_held"), 1);
    rig.assert_balance(ItemKind::DccAlert, 1);
    // Other requests are not limited, and a new hour is a new window.
    let device = rig.alphas().device(DeviceType::Esme);
    let supply = rig.request("7.4", ALPHA, Role::ImportSupplier, device);
    assert_eq!(commands(&rig.submit(4 * S, supply)).len(), 1);
    let (next_hour, sent) = submit(&mut rig, HOUR);
    assert!(
        commands(&sent)
            .iter()
            .any(|(_, command)| command.id == next_hour.id)
    );
}

#[test]
fn a_released_request_goes_on_after_a_human_delay() {
    let mut rig = detecting(&format!("{TWO_READINGS}release_share = 1.0"));
    for i in 0..2 {
        submit(&mut rig, S + i * S);
    }
    let (request, _) = submit(&mut rig, 3 * S);
    let early = rig.run_until(3 * S + HOUR / 6);
    assert!(commands(&early).is_empty(), "ten minutes at least");
    let released = commands(&rig.run_until(20 * HOUR));
    assert_eq!(released.len(), 1);
    assert_eq!((released[0].1.id, released[0].1.srv), (request.id, request.srv));
    assert_eq!(rig.counter("dsp.quarantine_released"), 1);
}

#[test]
fn a_deleted_request_ends_with_an_answer_that_says_so() {
    let mut rig = detecting(&format!("{TWO_READINGS}release_share = 0.0"));
    for i in 0..2 {
        submit(&mut rig, S + i * S);
    }
    let (request, _) = submit(&mut rig, 3 * S);
    let sent = rig.run_until(20 * HOUR);
    let deleted = |envelope: &Sent| match envelope.message {
        Message::ServiceResponse(ServiceResponse {
            id,
            code: ResponseCode::Deleted,
            ..
        }) => Some(id),
        _ => None,
    };
    assert_eq!(sent.iter().filter_map(deleted).collect::<Vec<_>>(), [request.id]);
    assert!(commands(&sent).is_empty());
    assert_eq!(
        (
            rig.counter("dsp.quarantine_deleted"),
            rig.counter("dsp.quarantine_held")
        ),
        (1, 0)
    );
}

#[test]
fn limits_for_all_users_and_for_values_have_codes_of_their_own() {
    let rows = [
        (
            "dcc_limits = [{ srvs = [\"4.x\"], per_premises = 0.0 }]",
            DccAlertCode::N47,
        ),
        ("payload_max = \"500B\"", DccAlertCode::N48),
        (
            "dcc_limits = [{ per_premises = 0.0 }]\npayload_max = \"500B\"",
            DccAlertCode::N47,
        ),
    ];
    for (limit, code) in rows {
        let mut rig = detecting(&format!("{NO_LIMIT}{limit}"));
        let (_, sent) = submit(&mut rig, S);
        assert_eq!(alerts(&sent)[0].1.code, code, "{limit}");
    }
    let mut rig = detecting(&format!("{NO_LIMIT}payload_max = \"1000B\""));
    assert!(
        alerts(&submit(&mut rig, S).1).is_empty(),
        "1,000 octets are not above 1,000"
    );
}

#[test]
fn what_is_no_command_is_not_counted() {
    let mut rig = detecting("user_limits = [{ per_premises = 0.0 }]");
    let device = rig.alphas().device(DeviceType::Esme);
    for (place, number) in ["1.2.1", "8.2"].into_iter().enumerate() {
        let request = rig.request(number, ALPHA, Role::ImportSupplier, device);
        assert!(
            alerts(&rig.submit(S + place as u64 * S, request)).is_empty(),
            "{number}"
        );
    }
}

#[test]
fn a_dsp_saved_with_requests_in_quarantine_still_has_them() {
    // Each second's is an event of its own.
    let parameters = format!("{NO_LIMIT}payload_max = \"500B\"\nrelease_share = 0.5\nwindow = \"1s\"");
    let mut rig = detecting(&parameters);
    for i in 0..40 {
        submit(&mut rig, S + i * S);
    }
    let saved = rig.dsp.save().unwrap();
    let mut restored = detecting(&parameters);
    restored.dsp = Dsp::restore(&restored.world, &saved).unwrap();
    restored.now = rig.now;
    assert_eq!(restored.dsp.save().unwrap(), saved);
    let rest = rig.run_until(30 * HOUR);
    assert_eq!(restored.run_until(30 * HOUR), rest);
    let (released, deleted) = (
        rig.counter("dsp.quarantine_released"),
        rig.counter("dsp.quarantine_deleted"),
    );
    assert_eq!(released + deleted, 40);
    assert!(
        released >= 8 && deleted >= 8,
        "{released} released, {deleted} deleted"
    );
}

#[test]
fn a_request_released_after_its_sender_has_lost_the_premises_is_refused() {
    let takeover = "[[events]]\nname = \"x\"\nkind = \"takeover\"\nstarts_after = \"5min\"\nfrom = \"Alpha\"\nto = \"Beta\"\n";
    let mut rig = detecting(&format!("{TWO_READINGS}release_share = 1.0\n{takeover}"));
    for i in 0..2 {
        submit(&mut rig, S + i * S);
    }
    let (request, _) = submit(&mut rig, 3 * S);
    let sent = rig.run_until(20 * HOUR);
    assert!(commands(&sent).is_empty());
    let refused = |envelope: &Sent| match envelope.message {
        Message::ServiceResponse(ServiceResponse { id, code, .. }) if id == request.id => Some(code),
        _ => None,
    };
    assert_eq!(
        sent.iter().filter_map(refused).collect::<Vec<_>>(),
        [ResponseCode::E4]
    );
}

/// When each of these went on to its device, as the DSP was told to release it: 10 ms to be served and 30 ms to the CSP before.
fn released_at(sent: &[Sent], requests: &[RequestId]) -> Vec<u64> {
    let of = |id: &RequestId| {
        let (due, _) = commands(sent)
            .into_iter()
            .find(|(_, command)| command.id == *id)?;
        Some(due - 40 * MS)
    };
    requests.iter().filter_map(of).collect()
}

#[test]
fn an_event_is_released_or_deleted_whole() {
    let mut rig = detecting(&format!("{TWO_READINGS}release_share = 0.5"));
    let (mut sent, mut hours) = (Vec::new(), Vec::new());
    for hour in 0..40 {
        let mut of_hour = Vec::new();
        for i in 0..7 {
            let (request, more) = submit(&mut rig, hour * HOUR + i * S);
            of_hour.push(request.id);
            sent.extend(more);
        }
        hours.push(of_hour.split_off(2));
    }
    sent.extend(rig.run_until(60 * HOUR));
    let released: Vec<Vec<u64>> = hours.iter().map(|ids| released_at(&sent, ids)).collect();
    for of_hour in &released {
        assert!(matches!(of_hour.len(), 0 | 5), "{of_hour:?}");
        // At one moment: each waits only for the one before it to be served.
        let after_the_first = |at: &u64| at - of_hour[0];
        let apart: Vec<u64> = of_hour.iter().map(after_the_first).collect();
        assert!(
            apart.is_empty() || apart == [0, 10 * MS, 20 * MS, 30 * MS, 40 * MS],
            "{apart:?}"
        );
    }
    let whole = released.iter().filter(|of_hour| !of_hour.is_empty()).count();
    assert!((10..=30).contains(&whole), "{whole} of 40 released");
    assert_eq!(rig.counter("dsp.quarantine_events"), 40);
    assert_eq!(rig.counter("dsp.quarantine_released"), 5 * whole as u64);
    assert_eq!(rig.counter("dsp.quarantine_deleted"), 200 - 5 * whole as u64);
    assert_eq!(rig.counter("dsp.quarantine_held"), 0);
}

#[test]
fn what_comes_after_the_decision_is_an_event_of_its_own() {
    let parameters =
        "user_limits = [{ user = \"Alpha\", per_premises = 0.0 }]\nrelease_share = 1.0\nwindow = \"1d\"";
    let mut rig = detecting(parameters);
    let (first, _) = submit(&mut rig, S);
    let (second, _) = submit(&mut rig, 5 * 60 * S);
    let sent = rig.run_until(12 * HOUR);
    let released = released_at(&sent, &[first.id, second.id]);
    assert_eq!(released[1] - released[0], 10 * MS, "one decision, the first's");
    let (third, _) = submit(&mut rig, 12 * HOUR);
    let sent = rig.run_until(2 * DAY);
    assert!(released_at(&sent, &[third.id])[0] >= 12 * HOUR + HOUR / 6);
    assert_eq!(rig.counter("dsp.quarantine_events"), 2);
}

#[test]
fn a_large_event_leaves_in_batches() {
    let parameters = "user_limits = [{ user = \"Alpha\", per_premises = 0.0 }]\nrelease_share = 1.0\nbatch = 2\nbatch_every = \"7min\"";
    let mut rig = detecting(parameters);
    let ids: Vec<RequestId> = (0..5).map(|i| submit(&mut rig, S + i * S).0.id).collect();
    let sent = rig.run_until(20 * HOUR);
    let released = released_at(&sent, &ids);
    let apart: Vec<u64> = released.iter().map(|at| at - released[0]).collect();
    let minutes = |minutes: u64| minutes * 60 * S;
    let expected = [0, 10 * MS, minutes(7), minutes(7) + 10 * MS, minutes(14)];
    assert_eq!(apart, expected);
}

#[test]
fn a_value_beyond_its_limit_for_a_smets1_device_is_always_deleted() {
    let parameters = format!("{NO_LIMIT}payload_max = \"500B\"\nrelease_share = 1.0");
    let smets1 = world_set(&scenario(&parameters), &["population.smets1_share=1.0"]);
    let mut rig = Rig::of(smets1);
    let (request, _) = submit(&mut rig, S);
    let sent = rig.run_until(DAY);
    assert!(released_at(&sent, &[request.id]).is_empty());
    assert_eq!(rig.counter("dsp.quarantine_deleted"), 1);
}
