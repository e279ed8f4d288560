//! SECMP0062 at the DSP: what is forwarded, what is held back, and what is remembered of it.
#![allow(clippy::unwrap_used, reason = "tests")]

mod rig;

use rig::{ALPHA, DAY, DNO, HOUR, MS, Rig, S, Sent, alert, csp};
use secnet_accounts::Accountable;
use secnet_dsp::Dsp;
use secnet_engine::{ItemKind, Outcome};
use secnet_model::{Address, DeviceId, DeviceType, UserId};
use secnet_wire::{DeviceAlert, Message};

const MINUTE: u64 = 60 * S;
/// Three a quarter of an hour, then one an hour.
const ON: &str = r#"
    [modifications]
    SECMP0062 = "on"
    [parameters.SECMP0062]
    threshold = 3
    window = "15min"
    period = "1h"
"#;

/// Alerts of one device, numbered as the device does.
struct Storm {
    rig: Rig,
    device: DeviceId,
    number: u32,
    sent: Vec<Sent>,
}

impl Storm {
    fn with(more: &str) -> Storm {
        let rig = Rig::with(more);
        let device = rig.alphas().device(DeviceType::Esme);
        Storm {
            rig,
            device,
            number: 0,
            sent: Vec::new(),
        }
    }

    fn raise(&mut self, at: u64, code: &str) {
        self.raise_for(at, code, None);
    }

    fn raise_for(&mut self, at: u64, code: &str, command_sender: Option<UserId>) {
        self.number += 1;
        let Message::DeviceAlert(raised) = alert(code, self.device, command_sender) else {
            panic!("an alert")
        };
        let raised = DeviceAlert {
            number: self.number,
            ..raised
        };
        let from = csp(&self.rig.world, self.device.eui64());
        self.sent
            .extend(self.rig.deliver(at, from, Message::DeviceAlert(raised)));
    }

    fn run_until(&mut self, at: u64) {
        self.sent.extend(self.rig.run_until(at));
    }

    /// What Users were sent: when, and for how many others it speaks.
    fn forwarded(&self) -> Vec<(u64, Option<(u32, u32)>)> {
        let alerts = self.sent.iter().filter_map(|envelope| match envelope.message {
            Message::DeviceAlert(alert) => {
                let throttled = alert.throttled.map(|t| (t.count, t.sequence));
                Some((envelope.due.0, throttled))
            }
            _ => None,
        });
        alerts.collect()
    }

    fn suppressed(&self) -> u64 {
        rig::closed(&self.rig.account(), ItemKind::DeviceAlert, Outcome::Suppressed)
    }

    /// Each alert that arrived was forwarded, suppressed, or is kept.
    fn assert_balance(&self) {
        let kept = self.rig.account().held[ItemKind::DeviceAlert as usize];
        let forwarded = self.forwarded().len() as u64;
        assert_eq!(u64::from(self.number), forwarded + self.suppressed() + kept);
    }
}

#[test]
fn of_a_storm_the_threshold_is_forwarded_and_then_one_an_hour_that_counts_the_rest() {
    let mut storm = Storm::with(ON);
    // One a minute from minute 0 to 599: the fourth begins the first hour.
    for minute in 0..600 {
        storm.raise(minute * MINUTE, "8F3F");
    }
    storm.assert_balance();
    storm.run_until(2 * DAY);
    let forwarded = storm.forwarded();
    let hours = (600u64 - 3).div_ceil(60);
    assert_eq!(forwarded.len() as u64, 3 + hours);
    for (n, (due, throttled)) in forwarded[3..].iter().enumerate() {
        let hour = n as u64 + 1;
        assert_eq!(*due, (3 + hour * 60) * MINUTE + 50 * MS, "hour {hour}");
        let others = if hour == hours { 56 } else { 59 };
        assert_eq!(*throttled, Some((others, hour as u32)));
    }
    assert!(forwarded[..3].iter().all(|(_, throttled)| throttled.is_none()));
    assert_eq!(storm.suppressed(), 600 - 3 - hours);
    assert_eq!(storm.rig.counter("dsp.alerts_suppressed"), storm.suppressed());
    assert_eq!(storm.rig.counter("dsp.alerts_consolidated"), hours);
    storm.assert_balance();
    // A quiet hour has ended the storm, and the next begins anew.
    storm.raise(2 * DAY + MINUTE, "8F3F");
    assert_eq!(storm.forwarded().last().unwrap().1, None);
}

#[test]
fn the_window_opens_with_its_first_alert_and_ends_a_window_later() {
    for (last_at, is_forwarded) in [(15 * MINUTE - 1, false), (15 * MINUTE, true)] {
        let mut storm = Storm::with(ON);
        for at in [0, MINUTE, 2 * MINUTE, last_at] {
            storm.raise(at, "8F3F");
        }
        assert_eq!(storm.forwarded().len(), if is_forwarded { 4 } else { 3 });
        storm.assert_balance();
    }
}

#[test]
fn devices_and_codes_do_not_count_for_each_other() {
    let mut storm = Storm::with(ON);
    for i in 0..3 {
        storm.raise(i * MINUTE, "8F3F");
        storm.raise(i * MINUTE + S, "8F3D");
    }
    storm.device = storm.device.premises.device(DeviceType::Gsme);
    for i in 0..3 {
        storm.raise(10 * MINUTE + i, "8F3F");
    }
    assert_eq!(storm.forwarded().len(), 9);
}

#[test]
fn excluded_codes_are_always_forwarded_and_the_magnetic_field_is_where_the_scenario_says_so() {
    let forwarded = |more: &str, code: &str, sender| {
        let mut storm = Storm::with(more);
        for i in 0..20 {
            storm.raise_for(i * MINUTE / 4, code, sender);
        }
        storm.assert_balance();
        storm.forwarded().len()
    };
    for code in ["8F35", "8F36", "8F72", "8F1C", "8F69", "8F70"] {
        assert_eq!(forwarded(ON, code, None), 20, "{code}");
    }
    for code in ["8F66", "8F67"] {
        assert_eq!(forwarded(ON, code, Some(ALPHA)), 20, "{code}");
    }
    assert_eq!(forwarded(ON, "8F75", None), 3);
    assert_eq!(
        forwarded(&format!("{ON}\nexcludes_8f75 = true"), "8F75", None),
        20
    );
    assert_eq!(
        forwarded(&format!("{ON}\nexcluded = [\"8F3D\"]"), "8F3D", None),
        20
    );
    assert_eq!(
        forwarded(&format!("{ON}\nexcluded = [\"8F3D\"]"), "8F72", None),
        3
    );
}

#[test]
fn off_or_at_the_hub_the_dsp_forwards_everything() {
    for more in ["", &format!("{ON}\nplace = \"hub\"")] {
        let mut storm = Storm::with(more);
        for i in 0..50 {
            storm.raise(i * S, "8F3F");
        }
        assert_eq!(storm.forwarded().len(), 50);
        assert!(
            !storm
                .rig
                .account()
                .counters()
                .contains_key("dsp.alerts_suppressed")
        );
    }
}

#[test]
fn what_is_held_back_costs_the_dsp_no_service() {
    let mut storm = Storm::with(ON);
    for i in 0..1_000 {
        storm.raise(i, "8F3F");
    }
    // Three alerts of 10 ms each are before it.
    let request = storm.rig.reading();
    let sent = storm.rig.submit(1_000, request);
    let answered = sent
        .iter()
        .find(|envelope| envelope.to == Address::user(ALPHA))
        .unwrap();
    assert_eq!(answered.due.0, 40 * MS + 40 * MS);
}

#[test]
fn a_consolidated_alert_reaches_whom_the_others_would_have() {
    let mut storm = Storm::with(ON);
    for i in 0..10 {
        storm.raise(i * S, "8002");
    }
    storm.run_until(2 * HOUR);
    assert_eq!(storm.forwarded().len(), 4);
    assert!(
        storm
            .sent
            .iter()
            .all(|envelope| envelope.to == Address::user(DNO))
    );
}

#[test]
fn only_devices_with_recent_alerts_are_remembered() {
    let mut rig = Rig::with(ON);
    let empty = rig.dsp.save().unwrap().len();
    let devices: Vec<DeviceId> = (0..400)
        .map(|p| secnet_model::PremisesId(p).device(DeviceType::Esme))
        .collect();
    for (i, device) in devices.iter().enumerate() {
        let from = csp(&rig.world, device.eui64());
        rig.deliver(i as u64 * MINUTE, from, alert("8F3F", *device, None));
    }
    assert_eq!(
        rig.counter("dsp.alert_counters_max"),
        15,
        "a quarter of an hour's"
    );
    let remembered = rig.dsp.save().unwrap().len() - empty;
    assert!(
        remembered < 15 * 60,
        "{remembered} B for the 15 of 400 with a window"
    );
}

#[test]
fn a_dsp_restored_in_the_middle_of_a_storm_goes_on_as_if_nothing_had_been() {
    let run = |restored_at: Option<u64>| {
        let mut storm = Storm::with(ON);
        for i in 0..300 {
            storm.raise(
                i * MINUTE,
                ["8F3F", "8F3D", "8F3F", "810D", "8F3F"][i as usize % 5],
            );
            if restored_at == Some(i) {
                let saved = storm.rig.dsp.save().unwrap();
                storm.rig.dsp = Dsp::restore(&storm.rig.world, &saved).unwrap();
                assert_eq!(storm.rig.dsp.save().unwrap(), saved);
            }
        }
        storm.run_until(DAY);
        (storm.rig.dsp.save().unwrap(), storm.rig.account(), storm.sent)
    };
    let undisturbed = run(None);
    for step in [0, 7, 150, 299] {
        assert!(run(Some(step)) == undisturbed, "restored after alert {step}");
    }
}

/// A DCC alert: the request it names, when it came, and for how many others it speaks, as which of its storm.
type Told = (u64, u64, Option<(u32, u32)>);

/// Requests for one device, one a minute, each of which is quarantined and told of by N46; the DCC alerts their User was sent.
fn told_of_quarantine(readings: u64, more: &str) -> (Rig, Vec<Told>) {
    let mut rig = Rig::with(&format!(
        "[modifications]\nSECMP0062 = \"on\"\nSECMP0008 = \"on\"\n\
         [parameters.SECMP0008]\nuser_limits = [{{ per_premises = 0.0 }}]\n\
         [parameters.SECMP0062]\nthreshold = 3\nwindow = \"15min\"\nperiod = \"1h\"\n{more}"
    ));
    let mut sent = Vec::new();
    for i in 0..readings {
        let request = rig.reading();
        sent.extend(rig.submit(i * MINUTE, request));
    }
    let account = rig.account();
    let raised = account.ledger.opened(ItemKind::DccAlert);
    let suppressed = rig::closed(&account, ItemKind::DccAlert, Outcome::Suppressed);
    let kept = account.held[ItemKind::DccAlert as usize];
    let is_dcc_alert = |envelope: &&Sent| matches!(envelope.message, Message::DccAlert(_));
    let so_far = sent.iter().filter(is_dcc_alert).count() as u64;
    assert_eq!((raised, raised), (readings, so_far + suppressed + kept));
    sent.extend(rig.run_until(5 * HOUR));
    let told = |envelope: &Sent| match envelope.message {
        Message::DccAlert(alert) => {
            let throttled = alert.throttled.map(|t| (t.count, t.sequence));
            Some((alert.request, envelope.due.0, throttled))
        }
        _ => None,
    };
    let told = sent.iter().filter_map(told).collect();
    (rig, told)
}

#[test]
fn alerts_of_the_dccs_own_about_one_device_are_consolidated_too() {
    let (rig, told) = told_of_quarantine(100, "excluded = []");
    // The fourth, of minute 3, is kept for an hour and speaks for the 60 after it, the last of which is raised as the hour ends. That
    // of minute 64 speaks for the 35 left.
    let expected = [
        (1, None),
        (2, None),
        (3, None),
        (4, Some((60, 1))),
        (65, Some((35, 2))),
    ];
    let which: Vec<_> = told
        .iter()
        .map(|(request, _, throttled)| (*request, *throttled))
        .collect();
    assert_eq!(which, expected);
    // Raised when its request had been served, after 10 ms, and pushed in 40 ms at the period's end.
    assert_eq!(told[3].1, 63 * MINUTE + 10 * MS + 40 * MS);
    assert_eq!(
        (
            rig.counter("dsp.dcc_alerts_suppressed"),
            rig.counter("dsp.dcc_alerts_consolidated")
        ),
        (95, 2)
    );
    let sent = rig.account().counters()["dsp.dcc_alerts"];
    assert_eq!(sent, 5, "what was held back is no message");
}

#[test]
fn alerts_of_the_dccs_own_pass_where_they_are_left_alone() {
    for more in ["", "dcc_alerts = false\nexcluded = []"] {
        assert_eq!(told_of_quarantine(20, more).1.len(), 20, "{more:?}");
    }
    let at_hubs = "excluded = []\nplace = \"hub\"";
    assert_eq!(
        told_of_quarantine(20, at_hubs).1.len(),
        4,
        "hubs see none of them"
    );
}
