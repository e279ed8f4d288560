//! From a command at the hub to the device's answer, or to what the device keeps for later.

use super::Premises;
use super::alerts::Cause;
use crate::changes::Effect;
use crate::future_dated::HeldCommand;
use secnet_engine::{Outbox, Step};
use secnet_model::{Address, AlertCode, DeviceId, DeviceType, SimTime, Srv};
use secnet_wire::{Command, CommandOrigin, DeviceResponse, DeviceResult, Message, OfCommand};

impl Premises {
    #[inline]
    pub(super) fn command(&mut self, now: SimTime, command: &Command, out: &mut Outbox<Message>) {
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
        if !self.is_as_planned() {
            if self.finds_no_device(now, command, device) {
                self.state.counts.gone_commands += 1;
                return self.vanish(now, command, out);
            }
            if self.loses_power(now, command, device) {
                self.state.counts.unpowered_commands += 1;
                return self.vanish(now, command, out);
            }
        }
        // The premises' state is the one thing that is far away in memory: fetched first, the wait for it is spent on the draws.
        let seq = self.state.premises.next_sequence(device.premises);
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
        let technology = self.world.technology(device.premises, answered_at);
        let due = answered_at + self.uplink.response_latency(technology, command.id);
        if let Some(trace) = self.world.sampler.request(&command.id, command.srv) {
            out.trace(trace.span(Step::Hub, now, fetched_at));
            let device = trace.span(Step::Device, fetched_at, answered_at);
            out.trace(device.failed_if(result == DeviceResult::Error));
            out.trace(trace.span(Step::ToCell, answered_at, due).bytes(response.bytes));
        }
        let (from, to) = (Address::premises(device.premises), Address::provider(self.region));
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
    pub(super) fn is_as_planned(&self) -> bool {
        let timeline = &self.world.timeline;
        self.state.changes.is_empty()
            && !self.state.firmware.any_lost()
            && timeline.removals().is_empty()
            && timeline.power_cuts().is_empty()
    }

    /// Whether the device is not on the HAN at that moment.
    pub(super) fn is_gone(&self, at: SimTime, device: DeviceId) -> bool {
        self.state.changes.unjoined(device)
            || self.is_lost(at, device)
            || self.world.timeline.removals().removed(device, at)
    }

    /// Whether a bad firmware image has silenced it, or its hub.
    fn is_lost(&self, at: SimTime, device: DeviceId) -> bool {
        let firmware = &self.state.firmware;
        firmware.any_lost() && firmware.has_lost(&self.world, self.shard.start, at, device)
    }

    /// Whether a command that reaches the hub now finds no device. A join finds one that was unjoined.
    #[cold]
    fn finds_no_device(&self, now: SimTime, command: &Command, device: DeviceId) -> bool {
        let joins = self.effects.of(command.srv) == Some(Effect::Join);
        let removals = self.world.timeline.removals();
        (!joins && self.state.changes.unjoined(device))
            || self.is_lost(now, device)
            || removals.removed(device, self.hub.fetched_at(now, device))
    }

    /// Whether the supply is off at some moment between a command's arrival at the hub and its answer there. A hub that goes off
    /// forgets what it has. Assumed.
    #[cold]
    fn loses_power(&self, now: SimTime, command: &Command, device: DeviceId) -> bool {
        let fetched_at = self.hub.fetched_at(now, device);
        let answered_at = self.hub.answered_at(fetched_at, device.device_type, command.id);
        !self.world.works_throughout(device.premises, now, answered_at)
    }

    /// No device takes the command from the hub.
    #[cold]
    fn vanish(&mut self, now: SimTime, command: &Command, out: &mut Outbox<Message>) {
        if let Some(trace) = self.world.sampler.request(&command.id, command.srv) {
            out.trace(trace.span(Step::Hub, now, now).failed_if(true));
        }
    }

    #[inline]
    fn take_effect(&mut self, srv: Srv, device: DeviceId) {
        if let Some(effect) = self.effects.of(srv) {
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
        if device.device_type == DeviceType::Gpf {
            let age = self.hub.mirror_age(now, device.premises);
            self.state.counts.gpf_commands += 1;
            self.state.counts.gpf_mirror_age_us += age.0;
        }
        let answered_at = self.hub.answered_at(fetched_at, device.device_type, command.id);
        let result = match command.srv.entry().may_target(device.device_type) {
            // What is future-dated is done at its time.
            true if self.activates(command) => self.activate(answered_at, device),
            true => self.answers.result(command.id),
            false => DeviceResult::Error,
        };
        (result, fetched_at, answered_at)
    }

    /// Whether a command is to activate firmware, at once.
    #[inline]
    fn activates(&self, command: &Command) -> bool {
        command.origin != CommandOrigin::HeldByDevice && self.activates_firmware(command.srv)
    }

    /// Whether a service activates firmware, where there are campaigns.
    #[inline]
    fn activates_firmware(&self, srv: Srv) -> bool {
        !self.world.scenario.campaigns.is_empty() && self.effects.of(srv) == Some(Effect::Activate)
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
        let wished = command.timing.execution().unwrap_or_default();
        let at = self.clocks.shows(device, wished).max(answered_at);
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

    /// Activates firmware where the command says so, which a device may refuse.
    fn can_do(&mut self, held: &HeldCommand) -> bool {
        !self.activates_firmware(held.srv) || self.activate(held.at, held.device()) == DeviceResult::Success
    }

    /// Of a device without power when that is over.
    pub(super) fn execute(&mut self, held: HeldCommand, out: &mut Outbox<Message>) {
        if !self.is_as_planned() {
            let works_at = self.world.works_from(held.premises, held.at);
            if works_at.is_never() || self.is_gone(held.at, held.device()) {
                self.state.counts.gone_future_dated += 1;
                return;
            }
            if works_at > held.at {
                self.state.counts.late_future_dated += 1;
                return self.state.held.hold(HeldCommand { at: works_at, ..held });
            }
        }
        let fails = held.fails(
            self.world.draws,
            self.world.scenario.premises.future_dated_failure_share,
        );
        let alert = match fails || !self.can_do(&held) {
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
            of: OfCommand {
                sender: held.originator,
                srv: held.srv,
            },
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
}
