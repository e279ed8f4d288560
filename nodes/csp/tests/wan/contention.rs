//! Hubs that have an alert at once, against the model's closed forms.

use crate::rig::{REGION, alert};
use secnet_accounts::Accountable;
use secnet_csp::Csp;
use secnet_engine::{Envelope, Input, ItemKind, Node, Outbox, Outcome};
use secnet_model::{Address, DeviceType, PremisesId, SimDuration, SimTime};
use secnet_topology::{Scenario, World};
use secnet_wire::Message;
use std::sync::Arc;

const SLOTS: f64 = 64.0;
const ATTEMPTS: f64 = 0.5;
const CAPTURE: f64 = 0.1;
/// 64 slots of 50 ms.
const FRAME: SimDuration = SimDuration::from_millis(3_200);

/// As many cells as that, in each of which `hubs` hubs have an alert a millisecond after the epoch.
struct Burst {
    csp: Csp,
    out: Outbox<Message>,
    hubs: u32,
    cells: u32,
}

impl Burst {
    fn new(hubs: u32, cells: u32, more: &str) -> Burst {
        let world = Arc::new(World::new(Burst::scenario(hubs, cells, more)).unwrap());
        let mut burst = Burst {
            csp: Csp::new(&world, REGION),
            out: Outbox::new(),
            hubs,
            cells,
        };
        let due = SimTime(1_000);
        for premises in 0..hubs * cells {
            let premises = PremisesId(premises);
            let mut alert = alert("AD1", 1, 110);
            alert.device = premises.device(DeviceType::Chf);
            let envelope = Envelope {
                due,
                seq: 1,
                from: Address::premises(premises),
                to: Address::provider(REGION),
                message: Message::DeviceAlert(alert),
            };
            burst.csp.handle(due, Input::Message(&envelope), &mut burst.out);
        }
        burst
    }

    fn scenario(hubs: u32, cells: u32, more: &str) -> Scenario {
        let text = format!(
            r#"
            name = "burst"
            epoch = "1970-01-01T00:00:00Z"
            horizon = "1h"
            drain = "1h"
            [population]
            premises = {}
            areas = ["NPgN"]
            [[suppliers]]
            name = "Bright"
            share = 1.0
            [csp.north]
            cell_premises = {hubs}
            uplink_rate = "1Gbit/s"
            loss = 0.0
            queue_limit = 1_000_000
            contention = {{ slots = {SLOTS}, slot = "50ms", attempt_share = {ATTEMPTS:?}, capture_share = {CAPTURE}, frames_max = 50 }}
            {more}
            "#,
            hubs * cells
        );
        secnet_topology::parse("burst", &text, &[]).unwrap()
    }

    /// Until a frame has ended; the first they can ask in is the second.
    fn frames(&mut self, asked_in: u64) {
        let until = SimTime(FRAME.0 * (asked_in + 1));
        while self.csp.next_deadline() <= until {
            let deadline = self.csp.next_deadline();
            self.csp.handle(deadline, Input::Deadline, &mut self.out);
            assert!(self.csp.next_deadline() > deadline);
        }
    }

    /// Alerts granted, a cell.
    fn granted(&self) -> f64 {
        let counters = self.csp.account().counters();
        counters["csp.north.access.granted"] as f64 / f64::from(self.cells)
    }
}

/// What a frame grants of `n` hubs on average.
fn throughput(n: f64) -> f64 {
    let p = ATTEMPTS / SLOTS;
    let single = n * p * (1.0 - p).powf(n - 1.0);
    SLOTS * (single + CAPTURE * (1.0 - (1.0 - p).powf(n) - single))
}

#[test]
fn a_frame_grants_what_the_model_says() {
    for (hubs, cells) in [(10, 6_000), (50, 2_000), (250, 1_000)] {
        let mut burst = Burst::new(hubs, cells, "");
        burst.frames(1);
        let (granted, expected) = (burst.granted(), throughput(f64::from(hubs)));
        assert!(
            (granted / expected - 1.0).abs() < 0.02,
            "{hubs} hubs: {granted} of {expected}"
        );
    }
}

#[test]
fn so_many_are_through_after_some_frames_as_the_model_says() {
    for (hubs, cells) in [(10, 6_000), (50, 2_000), (250, 1_000)] {
        let mut burst = Burst::new(hubs, cells, "");
        let mut left = f64::from(hubs);
        for frames in 1..=20 {
            burst.frames(frames);
            left -= throughput(left).min(left);
            let (granted, expected) = (burst.granted(), f64::from(hubs) - left);
            assert!(
                (granted / expected - 1.0).abs() < 0.02,
                "{hubs} hubs after {frames} frames: {granted} of {expected}"
            );
        }
    }
}

#[test]
fn a_hub_gives_up_after_its_last_frame_and_every_alert_has_one_end() {
    let mut burst = Burst::new(1_000, 20, "");
    burst.frames(10);
    let held = burst.csp.account().held[ItemKind::DeviceAlert as usize];
    assert!(held > 0);
    burst.frames(60);
    let account = burst.csp.account();
    let lost = account.ledger.closed(ItemKind::DeviceAlert, Outcome::LostOnWan);
    let granted = account.counters()["csp.north.access.granted"];
    assert_eq!(account.held[ItemKind::DeviceAlert as usize], 0);
    assert_eq!(granted + lost, u64::from(burst.hubs * burst.cells));
    assert!(lost > granted, "a thousand hubs are far past what 64 slots carry");
}

#[test]
fn a_hub_without_energy_asks_no_more() {
    // The energy ends in the fifth of the frames.
    let cut = r#"
        [power]
        hold = "1s"
        hold_up_min = "19s"
        hold_up_mean = "19s"
        [[events]]
        name = "cut"
        kind = "power_cut"
        starts_after = "0s"
        lasts = "30min"
    "#;
    let mut burst = Burst::new(250, 100, cut);
    burst.frames(4);
    let granted = burst.granted();
    burst.frames(60);
    let account = burst.csp.account();
    let dead = account.ledger.closed(ItemKind::DeviceAlert, Outcome::LostPower);
    assert!(burst.granted() < granted * 1.5, "they went on asking");
    // Some are granted at the end of the frame in which their energy ends.
    let through = account.counters()["csp.north.alerts_passed_on"];
    assert_eq!(through + dead, 25_000);
}

#[test]
fn a_csp_restored_in_the_middle_of_a_burst_goes_on_as_if_nothing_had_happened() {
    let run = |restored: bool| {
        let mut burst = Burst::new(50, 40, "");
        burst.frames(3);
        if restored {
            let saved = burst.csp.save().unwrap();
            let world = Arc::new(World::new(Burst::scenario(50, 40, "")).unwrap());
            burst.csp = Csp::restore(&world, REGION, &saved).unwrap();
        }
        burst.frames(60);
        (burst.csp.save().unwrap(), burst.csp.account())
    };
    assert!(run(true) == run(false));
}
