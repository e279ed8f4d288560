//! A shard with a short scenario and a driver's loop around it.

use secnet_accounts::Accountable;
use secnet_engine::{Envelope, Input, Node, Outbox};
use secnet_model::{Address, DeviceType, PremisesId, Region, RequestId, SimTime, Srv, UserId};
use secnet_premises::Premises;
use secnet_topology::timeline::EventParams;
use secnet_topology::{Scenario, World};
use secnet_wire::{Command, CommandOrigin, DeviceAlert, DeviceResponse, Message, Timing};
use std::sync::Arc;

pub(crate) const REGION: Region = Region::North;
/// Delays of the rig: no tails, so that times are exact.
pub(crate) const WAN_MS: u64 = 1_000;
pub(crate) const HAN_MS: u64 = 400;

/// A thousand premises in the North; no errors, no failures, no background alerts.
const SHARD: &str = r#"
    name = "shard"
    epoch = "1970-01-01T00:00:00Z"
    horizon = "1d"
    drain = "1h"
    [population]
    premises = 1000
    areas = ["NPgN"]
    enrolled_share = 0.9
    gas_share = 0.5
    dual_fuel_share = 1.0
    prepayment_share = 0.2
    no_wan_share = 0.0
    ppmid_share = 0.5
    not_commissioned_share = 0.0
    suspended_share = 0.0
    [[suppliers]]
    name = "Bright"
    share = 1.0
    [csp.north]
    latency_min = "1s"
    latency_mean = "1s"
    [premises]
    han_delay_min = "400ms"
    han_delay_mean = "400ms"
    gsme_poll_interval = "30min"
    device_error_share = 0.0
    clock_error_max = "0s"
    future_dated_failure_share = 0.0
    alerts_per_premises_per_day = 0.0
"#;

pub(crate) fn scenario() -> Scenario {
    secnet_topology::parse("shard", SHARD, &[]).unwrap()
}

/// The scenario's `[[events]]`, each written as in a scenario.
pub(crate) fn events(toml: &str) -> Vec<EventParams> {
    with(toml).events
}

/// The scenario with more of its text.
pub(crate) fn with(toml: &str) -> Scenario {
    let text = format!("{SHARD}\n{toml}");
    secnet_topology::parse("shard", &text, &[]).unwrap()
}

pub(crate) fn world(edit: impl FnOnce(&mut Scenario)) -> Arc<World> {
    let mut scenario = scenario();
    edit(&mut scenario);
    Arc::new(World::new(scenario).unwrap())
}

pub(crate) struct Rig {
    pub world: Arc<World>,
    pub premises: Premises,
    /// Everything sent so far, in the order of sending.
    pub sent: Vec<Envelope<Message>>,
    out: Outbox<Message>,
    arrivals: u64,
}

impl Rig {
    /// All premises in one shard.
    pub(crate) fn new(edit: impl FnOnce(&mut Scenario)) -> Rig {
        let world = world(edit);
        let end = world.population.premises_count();
        Rig::of(&world, 0, end)
    }

    pub(crate) fn of(world: &Arc<World>, first: u32, end: u32) -> Rig {
        let premises = Premises::new(world, PremisesId(first), PremisesId(end));
        Rig {
            world: Arc::clone(world),
            premises,
            sent: Vec::new(),
            out: Outbox::new(),
            arrivals: 0,
        }
    }

    /// What the driver does before a message that is due at `now`: deadlines up to then, that moment's included.
    pub(crate) fn run_until(&mut self, now: SimTime) {
        while self.premises.next_deadline() <= now {
            let deadline = self.premises.next_deadline();
            self.premises.handle(deadline, Input::Deadline, &mut self.out);
            assert!(
                self.premises.next_deadline() > deadline,
                "a deadline handled is over"
            );
            self.sent.extend(self.out.drain());
        }
    }

    pub(crate) fn command(&mut self, now: SimTime, command: Command) {
        self.run_until(now);
        self.arrivals += 1;
        let premises = command.id.target.device().unwrap().premises;
        let envelope = Envelope {
            due: now,
            seq: self.arrivals,
            from: Address::provider(REGION),
            to: Address::premises(premises),
            message: Message::Command(command),
        };
        self.premises
            .handle(now, Input::Message(&envelope), &mut self.out);
        self.sent.extend(self.out.drain());
    }

    pub(crate) fn finish(&mut self) {
        self.run_until(SimTime(SimTime::NEVER.0 - 1));
    }

    pub(crate) fn responses(&self) -> Vec<(SimTime, DeviceResponse)> {
        let responses = self.sent.iter().filter_map(|envelope| match envelope.message {
            Message::DeviceResponse(response) => Some((envelope.due, response)),
            _ => None,
        });
        responses.collect()
    }

    pub(crate) fn alerts(&self) -> Vec<(SimTime, DeviceAlert)> {
        let alerts = self.sent.iter().filter_map(|envelope| match envelope.message {
            Message::DeviceAlert(alert) => Some((envelope.due, alert)),
            _ => None,
        });
        alerts.collect()
    }

    pub(crate) fn counter(&self, name: &str) -> u64 {
        self.premises.account().counters()[&format!("premises.{name}")]
    }

    /// The first premises with such a device.
    pub(crate) fn premises_with(&self, device_type: DeviceType) -> PremisesId {
        let population = &self.world.population;
        (0..1_000)
            .map(PremisesId)
            .find(|p| population.has_device(*p, device_type))
            .unwrap()
    }

    pub(crate) fn premises_without(&self, device_type: DeviceType) -> PremisesId {
        let population = &self.world.population;
        (0..1_000)
            .map(PremisesId)
            .find(|p| !population.has_device(*p, device_type))
            .unwrap()
    }
}

pub(crate) fn command(counter: u64, srv: &str, premises: PremisesId, device_type: DeviceType) -> Command {
    Command {
        id: RequestId {
            originator: UserId(0),
            target: premises.device(device_type).eui64(),
            counter,
        },
        srv: Srv::from_number(srv).unwrap(),
        origin: CommandOrigin::OnDemand,
        priority: 1,
        correlation: 70 + counter as u32,
        bytes: 100,
        timing: Timing::Now,
    }
}

pub(crate) fn future_dated(mut command: Command, seconds: u32) -> Command {
    (command.origin, command.timing) = (CommandOrigin::HeldByDevice, Timing::At { seconds });
    command
}

pub(crate) fn ms(millis: u64) -> SimTime {
    SimTime(millis * 1_000)
}
