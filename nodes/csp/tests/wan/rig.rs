//! A CSP with a short scenario and a driver's loop around it.

use secnet_accounts::Accountable;
use secnet_csp::Csp;
use secnet_engine::{Envelope, Input, ItemKind, Node, Outbox, Outcome};
use secnet_model::{Address, AlertCode, DeviceType, PremisesId, Region, RequestId, SimTime, Srv, UserId};
use secnet_topology::{Scenario, World};
use secnet_wire::{
    Command, CommandOrigin, DeviceAlert, DeviceResponse, DeviceResult, Message, Timing, Undeliverable,
    UndeliverableReason,
};
use std::sync::Arc;

pub(crate) const REGION: Region = Region::North;

/// One octet takes a millisecond each way, nothing is added, nothing is lost. Latencies have no tails, so that times are
/// exact.
const ONE_CELL: &str = r#"
    name = "one-cell"
    epoch = "1970-01-01T00:00:00Z"
    horizon = "1h"
    drain = "1h"
    [population]
    premises = 10
    areas = ["NPgN"]
    gas_share = 0.5
    dual_fuel_share = 1.0
    prepayment_share = 0.1
    no_wan_share = 0.0
    ppmid_share = 0.5
    not_commissioned_share = 0.0
    suspended_share = 0.0
    [[suppliers]]
    name = "Bright"
    share = 1.0
    [dsp_csp]
    latency_min = "30ms"
    latency_mean = "30ms"
    [csp.north]
    cell_premises = 10
    downlink_rate = "8kbit/s"
    uplink_rate = "8kbit/s"
    overhead = "0B"
    latency_min = "1s"
    latency_mean = "1s"
    loss = 0.0
    transmissions_max = 3
    retransmit_after = "5s"
    queue_limit = 500
"#;

pub(crate) fn scenario() -> Scenario {
    secnet_topology::parse("one-cell", ONE_CELL, &[]).unwrap()
}

pub(crate) struct Rig {
    pub world: Arc<World>,
    pub csp: Csp,
    /// Everything sent so far, in the order of sending.
    pub sent: Vec<Envelope<Message>>,
    out: Outbox<Message>,
    arrivals: u64,
}

impl Rig {
    pub(crate) fn new(edit: impl FnOnce(&mut Scenario)) -> Rig {
        let mut scenario = scenario();
        edit(&mut scenario);
        Rig::of(scenario)
    }

    /// With `[[events]]`.
    pub(crate) fn with_events(events: &str) -> Rig {
        let text = format!("{ONE_CELL}\n{events}");
        Rig::of(secnet_topology::parse("events", &text, &[]).unwrap())
    }

    /// With more of a scenario's text, edited.
    pub(crate) fn with(text: &str, edit: impl FnOnce(&mut Scenario)) -> Rig {
        let text = format!("{ONE_CELL}\n{text}");
        let mut scenario = secnet_topology::parse("more", &text, &[]).unwrap();
        edit(&mut scenario);
        Rig::of(scenario)
    }

    fn of(scenario: Scenario) -> Rig {
        let world = Arc::new(World::new(scenario).unwrap());
        let csp = Csp::new(&world, REGION);
        Rig {
            world,
            csp,
            sent: Vec::new(),
            out: Outbox::new(),
            arrivals: 0,
        }
    }

    /// What the driver does before a message that is due at `now`: deadlines up to then, that moment's included.
    pub(crate) fn run_until(&mut self, now: SimTime) {
        while self.csp.next_deadline() <= now {
            let deadline = self.csp.next_deadline();
            self.csp.handle(deadline, Input::Deadline, &mut self.out);
            assert!(self.csp.next_deadline() > deadline, "a deadline handled is over");
            self.sent.extend(self.out.drain());
        }
    }

    pub(crate) fn arrive(&mut self, now: SimTime, from: Address, message: Message) {
        self.run_until(now);
        self.arrivals += 1;
        let envelope = Envelope {
            due: now,
            seq: self.arrivals,
            from,
            to: Address::provider(REGION),
            message,
        };
        self.csp.handle(now, Input::Message(&envelope), &mut self.out);
        self.sent.extend(self.out.drain());
    }

    pub(crate) fn command(&mut self, at_ms: u64, command: Command) {
        self.arrive(ms(at_ms), Address::DSP, Message::Command(command));
    }

    pub(crate) fn response(&mut self, at_ms: u64, response: DeviceResponse) {
        let from = response.id.target.device().unwrap().premises;
        self.arrive(
            ms(at_ms),
            Address::premises(from),
            Message::DeviceResponse(response),
        );
    }

    pub(crate) fn alert(&mut self, at_ms: u64, alert: DeviceAlert) {
        self.arrive(
            ms(at_ms),
            Address::premises(alert.device.premises),
            Message::DeviceAlert(alert),
        );
    }

    /// Lets everything happen.
    pub(crate) fn finish(&mut self) {
        self.run_until(SimTime(SimTime::NEVER.0 - 1));
    }

    /// (due in ms, request counter) of what went to premises.
    pub(crate) fn delivered(&self) -> Vec<(u64, u64)> {
        let commands = self.sent.iter().filter_map(|envelope| match envelope.message {
            Message::Command(command) => Some((envelope.due.0 / 1_000, command.id.counter)),
            _ => None,
        });
        commands.collect()
    }

    /// (due in ms, request counter, reason) of what could not be delivered.
    pub(crate) fn undeliverable(&self) -> Vec<(u64, u64, UndeliverableReason)> {
        let words = self.sent.iter().filter_map(|envelope| match envelope.message {
            Message::Undeliverable(Undeliverable { id, reason, .. }) => {
                Some((envelope.due.0 / 1_000, id.counter, reason))
            }
            _ => None,
        });
        words.collect()
    }

    pub(crate) fn counter(&self, name: &str) -> u64 {
        self.csp.account().counters()[&format!("csp.{REGION}.{name}")]
    }

    pub(crate) fn alerts_closed(&self, outcome: Outcome) -> u64 {
        self.csp.account().ledger.closed(ItemKind::DeviceAlert, outcome)
    }

    pub(crate) fn alerts_held(&self) -> u64 {
        self.csp.account().held[ItemKind::DeviceAlert as usize]
    }
}

pub(crate) fn ms(millis: u64) -> SimTime {
    SimTime(millis * 1_000)
}

pub(crate) fn request(counter: u64, premises: u32) -> RequestId {
    let target = PremisesId(premises).device(DeviceType::Esme).eui64();
    RequestId {
        originator: UserId(0),
        target,
        counter,
    }
}

/// To premises 0.
pub(crate) fn command(counter: u64, priority: u8, bytes: u32) -> Command {
    Command {
        id: request(counter, 0),
        srv: Srv::from_number("4.1.1").unwrap(),
        origin: CommandOrigin::OnDemand,
        priority,
        correlation: counter as u32,
        bytes,
        timing: Timing::Now,
    }
}

/// From premises 0.
pub(crate) fn response(counter: u64, priority: u8, bytes: u32) -> DeviceResponse {
    DeviceResponse {
        id: request(counter, 0),
        srv: Srv::from_number("4.1.1").unwrap(),
        result: DeviceResult::Success,
        priority,
        correlation: counter as u32,
        bytes,
    }
}

/// `8F35` is critical, `8002` is not.
pub(crate) fn alert(code: &str, number: u32, bytes: u16) -> DeviceAlert {
    DeviceAlert {
        device: PremisesId(1).device(DeviceType::Esme),
        alert: AlertCode::from_code(code).unwrap(),
        command: None,
        number,
        bytes,
        raised_at: SimTime::ZERO,
        throttled: None,
    }
}
