//! An S1SP with ten premises and a driver's loop around it.

use secnet_accounts::Accountable;
use secnet_engine::{Envelope, Input, ItemKind, Node, Outbox, Outcome};
use secnet_model::{Address, AlertCode, DeviceType, PremisesId, Region, RequestId, SimTime, Srv, UserId};
use secnet_s1sp::S1sp;
use secnet_topology::{Scenario, World};
use secnet_wire::{
    Command, CommandOrigin, DeviceAlert, DeviceResponse, DeviceResult, Message, Timing, Undeliverable,
    UndeliverableReason,
};
use std::sync::Arc;

/// An octet takes a millisecond of one of two servers, and a message five more. A hub wakes in 4 s and stays awake for a minute.
/// Nothing is lost and nothing has a tail, so that times are exact.
const TEN_HOMES: &str = r#"
    name = "ten-homes"
    epoch = "1970-01-01T00:00:00Z"
    horizon = "1h"
    drain = "1h"
    [population]
    premises = 10
    areas = ["NPgN"]
    smets1_share = 1.0
    no_wan_share = 0.0
    not_commissioned_share = 0.0
    suspended_share = 0.0
    [[suppliers]]
    name = "Bright"
    share = 1.0
    [dsp_csp]
    latency_min = "30ms"
    latency_mean = "30ms"
    [s1sp]
    servers = 2
    service_time = "5ms"
    server_rate = "8kbit/s"
    overhead = "0B"
    dual_control_time = "200ms"
    vend_code_time = "100ms"
    wake_up_min = "4s"
    wake_up_mean = "4s"
    wake_up_loss = 0.0
    wake_ups_max = 3
    wake_up_again_after = "20s"
    awake_for = "1min"
    latency_min = "1s"
    latency_mean = "1s"
    loss = 0.0
    transmissions_max = 3
    retransmit_after = "5s"
"#;

pub(crate) struct Rig {
    pub world: Arc<World>,
    pub s1sp: S1sp,
    /// Everything sent so far, in the order of sending.
    pub sent: Vec<Envelope<Message>>,
    out: Outbox<Message>,
    arrivals: u64,
}

impl Rig {
    pub(crate) fn new(edit: impl FnOnce(&mut Scenario)) -> Rig {
        let mut scenario = secnet_topology::parse("ten-homes", TEN_HOMES, &[]).unwrap();
        edit(&mut scenario);
        Rig::of(scenario)
    }

    /// With `[[events]]`.
    pub(crate) fn with_events(events: &str) -> Rig {
        Rig::of(secnet_topology::parse("events", &format!("{TEN_HOMES}\n{events}"), &[]).unwrap())
    }

    fn of(scenario: Scenario) -> Rig {
        let world = Arc::new(World::new(scenario).unwrap());
        Rig {
            s1sp: S1sp::new(&world),
            world,
            sent: Vec::new(),
            out: Outbox::new(),
            arrivals: 0,
        }
    }

    fn run_until(&mut self, now: SimTime) {
        while self.s1sp.next_deadline() <= now {
            let deadline = self.s1sp.next_deadline();
            self.s1sp.handle(deadline, Input::Deadline, &mut self.out);
            assert!(self.s1sp.next_deadline() > deadline, "a deadline handled is over");
            self.sent.extend(self.out.drain());
        }
    }

    fn arrive(&mut self, at_ms: u64, from: Address, message: Message) {
        let now = SimTime(at_ms * 1_000);
        self.run_until(now);
        self.arrivals += 1;
        let envelope = Envelope {
            due: now,
            seq: self.arrivals,
            from,
            to: Address::provider(Region::Smets1),
            message,
        };
        self.s1sp.handle(now, Input::Message(&envelope), &mut self.out);
        self.sent.extend(self.out.drain());
    }

    pub(crate) fn command(&mut self, at_ms: u64, command: Command) {
        self.arrive(at_ms, Address::DSP, Message::Command(command));
    }

    pub(crate) fn response(&mut self, at_ms: u64, response: DeviceResponse) {
        let from = response.id.target.device().unwrap().premises;
        self.arrive(at_ms, Address::premises(from), Message::DeviceResponse(response));
    }

    pub(crate) fn alert(&mut self, at_ms: u64, alert: DeviceAlert) {
        let from = Address::premises(alert.device.premises);
        self.arrive(at_ms, from, Message::DeviceAlert(alert));
    }

    /// Lets everything happen.
    pub(crate) fn finish(&mut self) {
        self.run_until(SimTime(SimTime::NEVER.0 - 1));
    }

    /// (due in ms, request counter) of what went to premises.
    pub(crate) fn delivered(&self) -> Vec<(u64, u64)> {
        self.pick(|message| match message {
            Message::Command(command) => Some(command.id.counter),
            _ => None,
        })
    }

    /// (due in ms, number) of the responses and alerts that went to the DSP.
    pub(crate) fn passed_on(&self) -> Vec<(u64, u64)> {
        self.pick(|message| match message {
            Message::DeviceResponse(response) => Some(response.id.counter),
            Message::DeviceAlert(alert) => Some(u64::from(alert.number)),
            _ => None,
        })
    }

    /// (due in ms, (request counter, reason)) of what could not be delivered.
    pub(crate) fn undeliverable(&self) -> Vec<(u64, (u64, UndeliverableReason))> {
        self.pick(|message| match message {
            Message::Undeliverable(Undeliverable { id, reason, .. }) => Some((id.counter, *reason)),
            _ => None,
        })
    }

    fn pick<T>(&self, of: impl Fn(&Message) -> Option<T>) -> Vec<(u64, T)> {
        let envelopes = self.sent.iter();
        envelopes
            .filter_map(|envelope| Some((envelope.due.0 / 1_000, of(&envelope.message)?)))
            .collect()
    }

    pub(crate) fn counter(&self, name: &str) -> u64 {
        self.s1sp.account().counters()[&format!("s1sp.{name}")]
    }

    pub(crate) fn alerts_closed(&self, outcome: Outcome) -> u64 {
        self.s1sp.account().ledger.closed(ItemKind::DeviceAlert, outcome)
    }
}

pub(crate) fn request(counter: u64, premises: u32) -> RequestId {
    RequestId {
        originator: UserId(0),
        target: PremisesId(premises).device(DeviceType::Esme).eui64(),
        counter,
    }
}

/// Of ninety-five octets: the head end needs 100 ms for it.
pub(crate) fn command(srv: &str, counter: u64, premises: u32) -> Command {
    Command {
        id: request(counter, premises),
        srv: Srv::from_number(srv).unwrap(),
        origin: CommandOrigin::OnDemand,
        priority: 1,
        correlation: counter as u32,
        bytes: 95,
        timing: Timing::Now,
    }
}

/// Of ninety-five octets too.
pub(crate) fn response(counter: u64, premises: u32) -> DeviceResponse {
    DeviceResponse {
        id: request(counter, premises),
        srv: Srv::from_number("4.1.1").unwrap(),
        result: DeviceResult::Success,
        priority: 1,
        correlation: counter as u32,
        bytes: 95,
    }
}

/// From premises 1.
pub(crate) fn alert(number: u32, bytes: u16) -> DeviceAlert {
    DeviceAlert {
        device: PremisesId(1).device(DeviceType::Esme),
        alert: AlertCode::from_code("8002").unwrap(),
        command: None,
        number,
        bytes,
        raised_at: SimTime::ZERO,
        throttled: None,
    }
}
