//! A DSP alone in virtual time, in a world small enough to name its premises.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "tests")]

use secnet_accounts::{Account, Accountable};
use secnet_dsp::Dsp;
use secnet_engine::{Envelope, Input, ItemKind, Node, Outbox, Outcome};
use secnet_model::{
    Address, AlertCode, CommandVariant, DeviceId, DeviceType, Eui64, PremisesId, Region, RequestId, Role,
    SimTime, Srv, UserId,
};
use secnet_topology::World;
use secnet_wire::{
    Answer, Command, DeviceAlert, DeviceResponse, DeviceResult, Message, OfCommand, ServiceRequest, Timing,
    Undeliverable, UndeliverableReason,
};
use std::sync::Arc;

pub(crate) const ALPHA: UserId = UserId(0);
pub(crate) const BETA: UserId = UserId(1);
pub(crate) const DNO: UserId = UserId(2);
pub(crate) const OTHER: UserId = UserId(3);

pub(crate) const MS: u64 = 1_000;
pub(crate) const S: u64 = 1_000_000;
pub(crate) const HOUR: u64 = 3_600 * S;
pub(crate) const DAY: u64 = 24 * HOUR;

/// One server that takes 10 ms; 40 ms to Users and 30 ms to CSPs, exactly; no answer for a minute, or twice the
/// target response time, is none.
pub(crate) fn world_with(more: &str) -> World {
    world_set(more, &[])
}

/// With overrides, as of `--set`.
pub(crate) fn world_set(more: &str, overrides: &[&str]) -> World {
    let overrides: Vec<String> = overrides.iter().map(|it| (*it).to_owned()).collect();
    let text = format!(
        r#"
        name = "rig"
        horizon = "3d"
        epoch = "2026-04-01T00:00:00Z"
        population = {{ premises = 400, areas = ["EPN", "SPD"], gas_share = 0.7, not_commissioned_share = 0.1, suspended_share = 0.1 }}
        suppliers = [{{ name = "Alpha", share = 0.6, export = true }}, {{ name = "Beta", share = 0.4 }}]
        dnos = [{{ name = "Eastern", areas = ["EPN"] }}]
        other_users = [{{ name = "Census" }}]
        gateway = {{ latency_min = "40ms", latency_mean = "40ms" }}
        dsp_csp = {{ latency_min = "30ms", latency_mean = "30ms" }}
        dsp = {{ servers = 1, service_time = "10ms", queue_limit = 3, timeout_min = "60s" }}
        {more}
        "#
    );
    World::new(secnet_topology::parse("rig.toml", &text, &overrides).unwrap()).unwrap()
}

pub(crate) struct Rig {
    pub world: Arc<World>,
    pub dsp: Dsp,
    pub now: SimTime,
    seqs: u64,
    counter: u64,
}

pub(crate) type Sent = Envelope<Message>;

impl Rig {
    pub(crate) fn new() -> Rig {
        Rig::with("")
    }

    pub(crate) fn with(more: &str) -> Rig {
        Rig::of(world_with(more))
    }

    pub(crate) fn of(world: World) -> Rig {
        let world = Arc::new(world);
        Rig {
            dsp: Dsp::new(&world),
            world,
            now: SimTime::ZERO,
            seqs: 0,
            counter: 0,
        }
    }

    /// The first premises of which `test` holds.
    pub(crate) fn premises(&self, test: impl Fn(&World, PremisesId) -> bool) -> PremisesId {
        (0..self.world.population.premises_count())
            .map(PremisesId)
            .find(|premises| test(&self.world, *premises))
            .unwrap()
    }

    /// A premises of Alpha's for both fuels with every device, in the DNO's area, commissioned.
    pub(crate) fn alphas(&self) -> PremisesId {
        self.premises(is_alphas)
    }

    pub(crate) fn request(
        &mut self,
        srv: &str,
        user: UserId,
        role: Role,
        device: DeviceId,
    ) -> ServiceRequest {
        self.counter += 1;
        let srv = Srv::from_number(srv).unwrap();
        let variant = usual_variant(srv);
        ServiceRequest {
            id: RequestId {
                originator: user,
                target: device.eui64(),
                counter: self.counter,
            },
            srv,
            variant,
            service: variant.web_service(),
            role,
            bytes: 1_000,
            timing: Timing::Now,
        }
    }

    /// A meter reading Alpha may have.
    pub(crate) fn reading(&mut self) -> ServiceRequest {
        let device = self.alphas().device(DeviceType::Esme);
        self.request("4.1.1", ALPHA, Role::ImportSupplier, device)
    }

    /// Delivers a message, and before it whatever the DSP does by itself until then.
    pub(crate) fn deliver(&mut self, at: u64, from: Address, message: Message) -> Vec<Sent> {
        let mut sent = self.run_until(at);
        self.seqs += 1;
        let envelope = Envelope {
            due: SimTime(at),
            seq: self.seqs,
            from,
            to: Address::DSP,
            message,
        };
        sent.extend(self.handle(SimTime(at), Input::Message(&envelope)));
        sent
    }

    pub(crate) fn submit(&mut self, at: u64, request: ServiceRequest) -> Vec<Sent> {
        let from = Address::user(request.id.originator);
        self.deliver(at, from, Message::ServiceRequest(request))
    }

    /// Handles the deadlines until `at`, inclusive.
    pub(crate) fn run_until(&mut self, at: u64) -> Vec<Sent> {
        let mut sent = Vec::new();
        while self.dsp.next_deadline() <= SimTime(at) {
            let deadline = self.dsp.next_deadline();
            assert!(deadline >= self.now, "a deadline in the past");
            sent.extend(self.handle(deadline, Input::Deadline));
            assert!(
                self.dsp.next_deadline() > deadline,
                "a deadline handled comes again"
            );
        }
        sent
    }

    fn handle(&mut self, now: SimTime, input: Input<'_, Message>) -> Vec<Sent> {
        self.now = now;
        let mut out = Outbox::new();
        self.dsp.handle(now, input, &mut out);
        let sent: Vec<Sent> = out.drain().collect();
        for envelope in &sent {
            assert_eq!(envelope.from, Address::DSP);
            let lookahead = if matches!(envelope.message, Message::Command(_)) {
                30 * MS
            } else {
                40 * MS
            };
            assert!(
                envelope.due.0 >= now.0 + lookahead,
                "{envelope:?} is sooner than the link allows"
            );
        }
        sent
    }

    pub(crate) fn account(&self) -> Account {
        self.dsp.account()
    }

    pub(crate) fn counter(&self, name: &str) -> u64 {
        self.account().counters()[name]
    }

    /// The same of items others opened.
    pub(crate) fn assert_balance_of_others(&self, kind: ItemKind, opened: u64, carried: u64) {
        let account = self.account();
        let closed = account.ledger.closed_total(kind);
        assert_eq!(opened, closed + account.held[kind as usize] + carried, "{kind}");
    }

    /// Opened, closed and held: what must balance with what the messages sent carry.
    pub(crate) fn assert_balance(&self, kind: ItemKind, carried: u64) {
        let account = self.account();
        let (opened, closed) = (account.ledger.opened(kind), account.ledger.closed_total(kind));
        assert_eq!(opened, closed + account.held[kind as usize] + carried, "{kind}");
    }
}

pub(crate) fn is_alphas(world: &World, premises: PremisesId) -> bool {
    let population = &world.population;
    let status = |device_type| population.device_status(premises.device(device_type));
    let commissioned = Some(secnet_model::DeviceStatus::Commissioned);
    population.electricity_supplier(premises) == ALPHA
        && population.gas_supplier(premises) == Some(ALPHA)
        && population.dno(premises) == Some(DNO)
        && population.has_device(premises, DeviceType::Ppmid)
        && status(DeviceType::Esme) == commissioned
        && status(DeviceType::Gsme) == commissioned
}

pub(crate) fn usual_variant(srv: Srv) -> CommandVariant {
    let entry = srv.entry();
    match (entry.is_device_service(), entry.critical) {
        (false, _) => CommandVariant::NonDevice,
        (true, true) => CommandVariant::CriticalPreCommand,
        (true, false) => CommandVariant::NonCriticalWan,
    }
}

/// The only message there is, with its due time and receiver.
pub(crate) fn only(sent: &[Sent]) -> (u64, Address, Message) {
    assert_eq!(sent.len(), 1, "{sent:?}");
    (sent[0].due.0, sent[0].to, sent[0].message)
}

/// Counter, due time and answer of each acknowledgement.
pub(crate) fn answers(sent: &[Sent]) -> Vec<(u64, u64, Answer)> {
    let answer = |envelope: &Sent| match envelope.message {
        Message::Acknowledgement(acknowledgement) => {
            Some((acknowledgement.id.counter, envelope.due.0, acknowledgement.answer))
        }
        _ => None,
    };
    sent.iter().filter_map(answer).collect()
}

pub(crate) fn commands(sent: &[Sent]) -> Vec<(u64, Command)> {
    let command = |envelope: &Sent| match envelope.message {
        Message::Command(command) => Some((envelope.due.0, command)),
        _ => None,
    };
    sent.iter().filter_map(command).collect()
}

pub(crate) fn response(command: &Command) -> Message {
    Message::DeviceResponse(DeviceResponse {
        id: command.id,
        srv: command.srv,
        result: DeviceResult::Success,
        priority: command.priority,
        correlation: command.correlation,
        bytes: 120,
    })
}

pub(crate) fn undeliverable(command: &Command) -> Message {
    Message::Undeliverable(Undeliverable {
        id: command.id,
        correlation: command.correlation,
        reason: UndeliverableReason::NoCoverage,
    })
}

pub(crate) fn alert(code: &str, device: DeviceId, command_sender: Option<UserId>) -> Message {
    Message::DeviceAlert(DeviceAlert {
        device,
        alert: AlertCode::from_code(code).unwrap(),
        command: command_sender.map(|sender| OfCommand {
            sender,
            srv: Srv::from_number("1.1.1").unwrap(),
        }),
        number: 1,
        bytes: 85,
        raised_at: SimTime::ZERO,
        throttled: None,
    })
}

pub(crate) fn csp(world: &World, target: Eui64) -> Address {
    let region: Region = world.population.region_of(target.device().unwrap().premises);
    Address::provider(region)
}

pub(crate) fn closed(account: &Account, kind: ItemKind, outcome: Outcome) -> u64 {
    account.ledger.closed(kind, outcome)
}
