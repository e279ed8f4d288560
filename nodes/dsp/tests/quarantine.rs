//! Anomaly detection: what is above a limit waits for people.
#![allow(clippy::unwrap_used, reason = "tests")]

mod rig;

use rig::{ALPHA, HOUR, Rig, S, Sent, commands};
use secnet_accounts::Accountable;
use secnet_dsp::Dsp;
use secnet_engine::ItemKind;
use secnet_model::{Address, DccAlertCode, DeviceType, ResponseCode, Role};
use secnet_wire::{Answer, DccAlert, Message, ServiceRequest, ServiceResponse};

fn detecting(parameters: &str) -> Rig {
    Rig::with(&format!(
        "[modifications]\nSECMP0008 = \"on\"\n[parameters.SECMP0008]\n\
         release_delay_min = \"10min\"\nrelease_delay_mean = \"30min\"\n{parameters}"
    ))
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
    let parameters = format!("{NO_LIMIT}payload_max = \"500B\"\nrelease_share = 0.5");
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
