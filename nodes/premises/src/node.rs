//! `impl Node for Premises`: commands in, responses and alerts out.

use crate::alerts::{Background, Upcoming, alert_bytes};
use crate::answer::Answers;
use crate::changes::{Changes, Effect};
use crate::future_dated::{Clocks, HeldCommand, HeldCommands};
use crate::gsme::Polls;
use crate::hub::Hub;
use crate::modifications::{Modifications, Raised};
use crate::noisy::NoisyDevices;
use crate::store::PremisesStates;
use crate::storms::{StormAlert, StormEvents, Storms};
use crate::uplink::Uplink;
use secnet_accounts::alerts::RaisedAlerts;
use secnet_accounts::{Account, Accountable, Part, figures, part, parts};
use secnet_engine::trace::SpanLink;
use secnet_engine::{Input, ItemKind, Ledger, Node, Outbox, Outcome, Step};
use secnet_model::{Address, AlertCode, DeviceId, DeviceType, PremisesId, Region, SimTime, Srv, UserId};
use secnet_topology::{TakesRequests, World};
use secnet_wire::codec::{CodecError, Problem, STATE_BYTES_MAX, decode_value, encode_value};
use secnet_wire::{Command, CommandOrigin, DeviceAlert, DeviceResponse, DeviceResult, Message};
use std::ops::Range;
use std::sync::Arc;

const STATE_NAME: &str = "the state of a shard of premises";

/// The premises `first..end` of one region.
pub struct Premises {
    world: Arc<World>,
    region: Region,
    shard: Range<u32>,
    hub: Hub,
    clocks: Clocks,
    answers: Answers,
    uplink: Uplink,
    background: Background,
    storms: Storms,
    /// By SRV: what it changes in the field.
    effects: Vec<Option<Effect>>,
    state: PremisesShardState,
}

parts! {
    /// Everything about a shard that changes.
    pub struct PremisesShardState {
        premises: PremisesStates,
        held: HeldCommands,
        upcoming: Upcoming,
        storm_events: StormEvents,
        modifications: Modifications,
        changes: Changes,
        ledger: Ledger,
        raised: RaisedAlerts,
        counts: Counts,
    }
}

figures! {
    /// What premises count.
    struct Counts: "premises" in "premises" {
        /// Commands from the CSP.
        commands: sum "commands",
        /// Commands for a device that is not there.
        absent_devices: sum "commands" as "commands_to_absent_devices",
        /// Commands that a device answered with an error.
        device_errors: sum "commands",
        /// Commands that waited for a GSME to fetch them.
        gsme_commands: sum "commands",
        /// Time for which they waited.
        gsme_waiting_us: sum "µs",
        /// Future-dated commands that a device took.
        future_dated_stored: sum "commands",
        /// Future-dated commands executed.
        future_dated_executed: sum "commands",
        /// Future-dated commands whose execution failed.
        future_dated_failed: sum "commands",
        /// Alerts that devices raised.
        alerts_raised: sum "alerts",
        /// Alerts raised where there is no coverage.
        alerts_without_coverage: sum "alerts",
        /// Commands to devices that are gone: none is answered.
        gone_commands: sum "commands" as "commands_to_gone_devices" if nonzero,
        /// Future-dated commands held by devices that were gone at their time.
        gone_future_dated: sum "commands" as "future_dated_in_gone_devices" if nonzero,
        /// Messages nobody should send to premises.
        misrouted: sum "messages",
    }
}

impl Premises {
    /// The premises `first..end` must lie in one region.
    pub fn new(world: &Arc<World>, first: PremisesId, end: PremisesId) -> Premises {
        let background = background(world, first, end);
        let state = PremisesShardState {
            premises: PremisesStates::new(first, end),
            held: HeldCommands::default(),
            upcoming: background.begin(),
            storm_events: storms(world).begin(background.blocks(), &region_of(world, first)),
            modifications: Modifications::new(world),
            changes: Changes::default(),
            ledger: Ledger::default(),
            raised: RaisedAlerts::default(),
            counts: Counts::default(),
        };
        Premises::with_state(world, first, end, background, state)
    }

    /// A shard that goes on from what [`save`](Accountable::save) wrote. Another shard's state is refused.
    pub fn restore(
        world: &Arc<World>,
        first: PremisesId,
        end: PremisesId,
        saved: &[u8],
    ) -> Result<Premises, CodecError> {
        let state: PremisesShardState = decode_value(STATE_NAME, saved, STATE_BYTES_MAX)?;
        if !state.premises.is_for(first, end) {
            let problem = Problem::Invalid(format!("is not that of premises {}..{}", first.0, end.0));
            return Err(CodecError {
                what: STATE_NAME.to_owned(),
                problem,
            });
        }
        Ok(Premises::with_state(
            world,
            first,
            end,
            background(world, first, end),
            state,
        ))
    }

    fn with_state(
        world: &Arc<World>,
        first: PremisesId,
        end: PremisesId,
        background: Background,
        state: PremisesShardState,
    ) -> Premises {
        let (draws, params) = (world.draws, &world.scenario.premises);
        let region = world.population.region_of(first);
        let csp = world.scenario.csp.get(region);
        Premises {
            region,
            shard: first.0..end.0,
            hub: Hub {
                draws,
                polls: Polls::new(draws, params.gsme_poll_interval.as_duration()),
                han_delay_min: params.han_delay_min.as_duration(),
                han_delay_mean: params.han_delay_mean.as_duration(),
            },
            clocks: Clocks {
                draws,
                error_max: params.clock_error_max.as_duration(),
            },
            answers: Answers::new(draws, params.device_error_share),
            uplink: Uplink {
                draws,
                latency_min: csp.latency_min.as_duration(),
                latency_mean: csp.latency_mean.as_duration(),
            },
            background,
            storms: storms(world),
            effects: Srv::all().map(Effect::of).collect(),
            state,
            world: Arc::clone(world),
        }
    }

    /// Bytes this shard's state takes. Idle premises: 0.25 B for their place in the table and 0.06 B for their block's
    /// next alert, each (tested to be below the 32 B the design allows).
    pub fn memory_bytes(&self) -> usize {
        self.state.memory_bytes()
    }

    #[inline]
    fn command(&mut self, now: SimTime, command: &Command, out: &mut Outbox<Message>) {
        let Some(device) = command
            .id
            .target
            .device()
            .filter(|d| self.shard.contains(&d.premises.0))
        else {
            self.state.counts.misrouted += 1;
            return;
        };
        self.state.counts.commands += 1;
        if !self.is_as_planned() && self.vanishes(now, command, device) {
            return self.vanish(now, command, out);
        }
        // The premises' state is the one thing that is far away in memory: fetched first, the wait for it is spent on the draws.
        let seq = self.next_seq(device.premises);
        let (result, fetched_at, answered_at) = match self
            .world
            .population
            .has_device(device.premises, device.device_type)
        {
            true => self.carry_out(now, command, device),
            false => {
                self.state.counts.absent_devices += 1;
                (DeviceResult::Error, now, now)
            }
        };
        self.state.counts.device_errors += u64::from(result == DeviceResult::Error);
        let response = DeviceResponse {
            id: command.id,
            srv: command.srv,
            result,
            priority: command.priority,
            correlation: command.correlation,
            bytes: self.answers.bytes(command, result),
        };
        let due = answered_at + self.uplink.response_latency(command.id);
        if let Some(trace) = self.world.sampler.request(&command.id, command.srv) {
            out.trace(trace.span(Step::Hub, now, fetched_at));
            let device = trace.span(Step::Device, fetched_at, answered_at);
            out.trace(device.failed_if(result == DeviceResult::Error));
            out.trace(trace.span(Step::ToCell, answered_at, due).bytes(response.bytes));
        }
        let (from, to) = (Address::premises(device.premises), Address::csp(self.region));
        out.send(from, to, seq, due, Message::DeviceResponse(response));
        if result == DeviceResult::Success {
            match command.origin {
                CommandOrigin::HeldByDevice => self.hold(now, command, device, answered_at, out),
                CommandOrigin::OnDemand | CommandOrigin::HeldByDsp | CommandOrigin::Scheduled => {
                    self.take_effect(command.srv, device);
                }
            }
        }
    }

    /// Whether nothing in the field differs from the plan, and nothing will.
    #[inline]
    fn is_as_planned(&self) -> bool {
        self.state.changes.is_empty() && self.world.timeline.removals().is_empty()
    }

    /// Whether the device is not on the HAN at that moment.
    fn is_gone(&self, at: SimTime, device: DeviceId) -> bool {
        self.state.changes.unjoined(device) || self.world.timeline.removals().removed(device, at)
    }

    /// Whether a command that reaches the hub now finds no device. A join finds one that was unjoined.
    #[cold]
    fn vanishes(&self, now: SimTime, command: &Command, device: DeviceId) -> bool {
        let joins = self.effects[usize::from(command.srv.index())] == Some(Effect::Join);
        let removals = self.world.timeline.removals();
        (!joins && self.state.changes.unjoined(device))
            || removals.removed(device, self.hub.fetched_at(now, device))
    }

    /// No device takes the command from the hub.
    #[cold]
    fn vanish(&mut self, now: SimTime, command: &Command, out: &mut Outbox<Message>) {
        self.state.counts.gone_commands += 1;
        if let Some(trace) = self.world.sampler.request(&command.id, command.srv) {
            out.trace(trace.span(Step::Hub, now, now).failed_if(true));
        }
    }

    #[inline]
    fn take_effect(&mut self, srv: Srv, device: DeviceId) {
        if let Some(effect) = self.effects[usize::from(srv.index())] {
            self.state.changes.apply(effect, device);
        }
    }

    /// The device's result, when it took the command, and when the result stands at the hub.
    #[inline]
    fn carry_out(
        &mut self,
        now: SimTime,
        command: &Command,
        device: DeviceId,
    ) -> (DeviceResult, SimTime, SimTime) {
        let fetched_at = self.hub.fetched_at(now, device);
        if device.device_type == DeviceType::Gsme {
            self.state.counts.gsme_commands += 1;
            self.state.counts.gsme_waiting_us += fetched_at.since(now).0;
        }
        let answered_at = self.hub.answered_at(fetched_at, device.device_type, command.id);
        let result = match command.srv.entry().may_target(device.device_type) {
            true => self.answers.result(command.id),
            false => DeviceResult::Error,
        };
        (result, fetched_at, answered_at)
    }

    /// The device keeps a future-dated command until its time; one that reaches it too late is executed when it answers.
    fn hold(
        &mut self,
        now: SimTime,
        command: &Command,
        device: DeviceId,
        answered_at: SimTime,
        out: &mut Outbox<Message>,
    ) {
        self.state.counts.future_dated_stored += 1;
        let at = self
            .clocks
            .shows(device, command.timing.execution().unwrap_or_default());
        let at = at.max(answered_at);
        let held = HeldCommand::new(at, device, command.id, command.srv);
        if let Some(trace) = self.world.sampler.request(&command.id, command.srv) {
            out.trace(trace.span(Step::HeldByDevice, answered_at, at));
        }
        if at <= now {
            self.execute(held, out)
        } else {
            self.state.held.hold(held)
        }
    }

    fn execute(&mut self, held: HeldCommand, out: &mut Outbox<Message>) {
        if !self.is_as_planned() && self.is_gone(held.at, held.device()) {
            self.state.counts.gone_future_dated += 1;
            return;
        }
        let alert = match held.fails(
            self.world.draws,
            self.world.scenario.premises.future_dated_failure_share,
        ) {
            true => {
                self.state.counts.future_dated_failed += 1;
                AlertCode::future_dated_failed()
            }
            false => {
                self.state.counts.future_dated_executed += 1;
                self.take_effect(held.srv, held.device());
                AlertCode::future_dated_succeeded()
            }
        };
        let cause = Cause::Command {
            sender: held.originator,
            link: self
                .world
                .sampler
                .request(&held.request(), held.srv)
                .map(|trace| trace.link_to(Step::Item, 0)),
        };
        for _ in 0..held.srv.execution_alerts(held.device_type) {
            self.raise(held.at, held.device(), alert, cause, 1.0, out);
        }
    }

    /// A device raises an alert of its own accord, where it is still there.
    fn raise_itself(
        &mut self,
        now: SimTime,
        device: DeviceId,
        alert: AlertCode,
        size_factor: f64,
        out: &mut Outbox<Message>,
    ) {
        if self.is_as_planned() || !self.is_gone(now, device) {
            self.raise(now, device, alert, Cause::Device, size_factor, out);
        }
    }

    fn raise(
        &mut self,
        now: SimTime,
        device: DeviceId,
        alert: AlertCode,
        cause: Cause,
        size_factor: f64,
        out: &mut Outbox<Message>,
    ) {
        self.state.counts.alerts_raised += 1;
        self.state.ledger.open(ItemKind::DeviceAlert);
        let region = self.world.population.region_of(device.premises);
        self.state.raised.record(&self.world, alert, region, now);
        let premises = self.state.premises.of(device.premises);
        premises.alerts += 1;
        let number = premises.alerts;
        let trace = self.world.sampler.device_alert(device, alert, number);
        if !self.world.population.has_wan(device.premises) {
            self.state.counts.alerts_without_coverage += 1;
            let id = device.alert_identity(number);
            self.state
                .ledger
                .close(ItemKind::DeviceAlert, Outcome::LostOnWan, id, now);
            if let Some(trace) = trace {
                let item = trace.span(Step::Item, now, now).linked(cause.link());
                out.trace(item.ended(Outcome::LostOnWan));
            }
            return;
        }
        let bytes = alert_bytes(self.world.draws, device, alert, number, size_factor);
        let raised = DeviceAlert {
            device,
            alert,
            command_sender: cause.sender(),
            number,
            bytes,
            raised_at: now,
            throttled: None,
        };
        let at_hub = now + self.hub.alert_delay(device, number);
        let item = trace.map(|trace| {
            let item = trace.span(Step::Item, now, at_hub).linked(cause.link());
            item.bytes(u32::from(bytes))
        });
        match self.state.modifications.alert_raised(now, &raised) {
            Raised::Send => {}
            Raised::Keep => {
                item.into_iter().for_each(|item| out.trace(item));
                return;
            }
            Raised::Suppress => {
                item.into_iter()
                    .for_each(|item| out.trace(item.ended(Outcome::Suppressed)));
                let id = device.alert_identity(number);
                let ledger = &mut self.state.ledger;
                return ledger.close(ItemKind::DeviceAlert, Outcome::Suppressed, id, now);
            }
        }
        item.into_iter().for_each(|item| out.trace(item));
        self.send_alert(at_hub, raised, out);
    }

    /// From the hub, at `at`.
    fn send_alert(&mut self, at: SimTime, alert: DeviceAlert, out: &mut Outbox<Message>) {
        let due = at + self.uplink.alert_latency(alert.device, alert.number);
        let sampler = &self.world.sampler;
        if let Some(trace) = sampler.device_alert(alert.device, alert.alert, alert.number) {
            out.trace(trace.span(Step::ToCell, at, due).bytes(u32::from(alert.bytes)));
        }
        let premises = alert.device.premises;
        let (from, to) = (Address::premises(premises), Address::csp(self.region));
        let seq = self.next_seq(premises);
        out.send(from, to, seq, due, Message::DeviceAlert(alert));
    }

    #[inline]
    fn next_seq(&mut self, premises: PremisesId) -> u64 {
        let state = self.state.premises.of(premises);
        state.sent += 1;
        u64::from(state.sent)
    }

    /// Does what is due, in order. At one moment alerts Modifications kept go first, then held commands, then what devices raise.
    fn wake(&mut self, now: SimTime, out: &mut Outbox<Message>) {
        loop {
            let next = self.next_deadline();
            if next > now {
                return;
            }
            let (state, world) = (&mut self.state, &*self.world);
            if state.modifications.next_deadline(world) == next {
                self.send_kept(next, out);
            } else if state.held.next_deadline(world) == next {
                if let Some(held) = state.held.take_next() {
                    self.execute(held, out);
                }
            } else if state.upcoming.next_deadline(world) == next {
                let population = &self.world.population;
                if let Some((device, alert)) = self.background.take_next(&mut state.upcoming, population) {
                    self.raise_itself(next, device, alert, 1.0, out);
                }
            } else {
                self.storm(next, out);
            }
        }
    }

    /// Modifications go live, and all alerts they kept until now go out.
    fn send_kept(&mut self, now: SimTime, out: &mut Outbox<Message>) {
        self.state.modifications.go_live(now);
        while let Some(alert) = self.state.modifications.due(now) {
            self.send_alert(now, alert, out);
        }
    }

    fn storm(&mut self, now: SimTime, out: &mut Outbox<Message>) {
        let region = region_of(&self.world, PremisesId(self.shard.start));
        let (events, population) = (&mut self.state.storm_events, &self.world.population);
        let Some(StormAlert {
            device,
            alert,
            size_factor,
        }) = self.storms.take_next(events, population, &region, &self.shard)
        else {
            return;
        };
        self.raise_itself(now, device, alert, size_factor, out);
    }
}

/// Why a device raises an alert.
#[derive(Clone, Copy)]
enum Cause {
    Device,
    /// A future-dated command whose time has come (8F66, 8F67).
    Command {
        sender: UserId,
        /// To the command's trace, where it has one.
        link: Option<SpanLink>,
    },
}

impl Cause {
    fn sender(self) -> Option<UserId> {
        match self {
            Cause::Device => None,
            Cause::Command { sender, .. } => Some(sender),
        }
    }

    fn link(self) -> Option<SpanLink> {
        match self {
            Cause::Device => None,
            Cause::Command { link, .. } => link,
        }
    }
}

impl Node for Premises {
    type Message = Message;

    fn handle(&mut self, now: SimTime, input: Input<Message>, out: &mut Outbox<Message>) {
        match input {
            Input::Deadline => self.wake(now, out),
            Input::Message(envelope) => match envelope.message {
                Message::Command(command) => self.command(now, &command, out),
                Message::ServiceRequest(_)
                | Message::Acknowledgement(_)
                | Message::Undeliverable(_)
                | Message::DeviceResponse(_)
                | Message::ServiceResponse(_)
                | Message::DeviceAlert(_)
                | Message::DccAlert(_)
                | Message::PushedAgain(_) => self.state.counts.misrouted += 1,
            },
        }
    }

    #[inline]
    fn next_deadline(&self) -> SimTime {
        self.state.next_deadline(&self.world)
    }
}

impl TakesRequests for Premises {}

impl Accountable for Premises {
    fn account(&self) -> Account {
        Account {
            raised: self.state.raised.clone(),
            ..part::account(&self.state, &self.state.ledger, &self.world)
        }
    }

    fn ledger(&self) -> &Ledger {
        &self.state.ledger
    }

    fn save(&self) -> Result<Vec<u8>, CodecError> {
        encode_value(STATE_NAME, &self.state, STATE_BYTES_MAX)
    }
}

fn background(world: &World, first: PremisesId, end: PremisesId) -> Background {
    let params = &world.scenario.premises;
    let all_per_day = params.alerts_per_premises_per_day;
    let region = region_of(world, first);
    let number = world.population.region_of(first).index() as u64;
    let premises = region.end - region.start;
    let noisy = NoisyDevices::new(world.draws, &params.alerts_tail, all_per_day, number, premises);
    let per_day = match noisy {
        Some(_) => all_per_day * (1.0 - params.alerts_tail.alert_share),
        None => all_per_day,
    };
    Background::new(world.draws, per_day, noisy, world.horizon, region, first.0..end.0)
}

fn storms(world: &World) -> Storms {
    Storms::new(world.draws, &world.scenario.alert_storms, world.horizon)
}

fn region_of(world: &World, premises: PremisesId) -> Range<u32> {
    world
        .population
        .region_range(world.population.region_of(premises))
}
