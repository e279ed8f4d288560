//! A DSP saved in the middle of everything goes on as if nothing had been.
#![allow(clippy::unwrap_used, reason = "tests")]

mod rig;

use rig::{ALPHA, DAY, HOUR, MS, Rig, S, Sent, commands, csp, response};
use secnet_accounts::Accountable;
use secnet_dsp::Dsp;
use secnet_model::{DeviceType, Role, Srv};
use secnet_wire::{ServiceRequest, Timing};

const SCHEDULES: &str = r#"
    [[schedules]]
    from = "suppliers"
    srv = "4.6.1"
    window = "6h"
    [[schedules]]
    from = "dnos"
    srv = "4.10"
    starts_at = "02:00"
"#;

/// A bit of everything: answered and silent commands, a queue, a held request, created and deleted schedules.
fn first_half(rig: &mut Rig) {
    let device = rig.alphas().device(DeviceType::Esme);
    let daily = |srv: &str| Timing::Daily {
        srv: Srv::from_number(srv).unwrap(),
    };
    let held = ServiceRequest {
        timing: Timing::At { seconds: 20_000 },
        ..rig.reading()
    };
    rig.submit(S, held);
    for (number, srv) in [("5.1", "4.8.1"), ("5.1", "4.17"), ("5.3", "4.6.1")] {
        let request = rig.request(number, ALPHA, Role::ImportSupplier, device);
        rig.submit(
            2 * S,
            ServiceRequest {
                timing: daily(srv),
                ..request
            },
        );
    }
    for i in 0..8 {
        let request = rig.reading();
        let sent = rig.submit(HOUR + i * MS, request);
        if let Some((_, command)) = commands(&sent).last() {
            rig.deliver(
                HOUR + i * MS,
                csp(&rig.world, request.id.target),
                response(command),
            );
        }
    }
}

fn second_half(rig: &mut Rig) -> Vec<Sent> {
    let mut sent = Vec::new();
    for i in 0..5 {
        let request = rig.reading();
        sent.extend(rig.submit(HOUR + 20 * MS + i, request));
    }
    sent.extend(rig.run_until(4 * DAY));
    sent
}

#[test]
fn a_restored_dsp_sends_and_counts_what_the_saved_one_does() {
    let mut rig = Rig::with(SCHEDULES);
    first_half(&mut rig);
    let saved = rig.dsp.save().unwrap();
    let account = rig.account();
    let expected = second_half(&mut rig);
    assert!(expected.len() > 500, "{}", expected.len());

    let mut again = Rig::with(SCHEDULES);
    first_half(&mut again);
    again.dsp = Dsp::restore(&again.world, &saved).unwrap();
    assert_eq!(again.dsp.save().unwrap(), saved);
    assert_eq!(again.account(), account);
    assert_eq!(second_half(&mut again), expected);
    assert_eq!(again.account(), rig.account());
    assert_eq!(again.dsp.save().unwrap(), rig.dsp.save().unwrap());
}

#[test]
fn a_damaged_state_or_one_of_another_scenario_is_refused() {
    let mut rig = Rig::with(SCHEDULES);
    first_half(&mut rig);
    let saved = rig.dsp.save().unwrap();
    assert!(Dsp::restore(&rig.world, &saved[..saved.len() / 2]).is_err());
    assert!(Dsp::restore(&Rig::new().world, &saved).is_err());
}
