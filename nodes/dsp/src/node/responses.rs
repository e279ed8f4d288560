//! How commands end: with a response, undeliverable or timed out, and what the records learn from it.

use super::Dsp;
use crate::correlation::Outstanding;
use crate::delays::Leg;
use crate::modifications::Work;
use crate::services::{Learnt, SrvRules};
use secnet_engine::{ItemKind, Outbox, Outcome, Step, Trace};
use secnet_model::{DccAlertCode, DeviceId, ResponseCode, SimTime, UserId};
use secnet_wire::{CommandOrigin, DeviceResponse, DeviceResult, Message, ServiceResponse, Undeliverable};

/// A service response that says only that there is no answer. Assumed.
const NO_ANSWER_BYTES: u32 = 200;

impl Dsp {
    pub(super) fn device_response(
        &mut self,
        now: SimTime,
        response: &DeviceResponse,
        out: &mut Outbox<Message>,
    ) {
        if let Some(served) = self.served(now, || Work::Response(*response)) {
            if self.taken(served) > now
                && let Some(trace) = self.world.sampler.request(&response.id, response.srv)
            {
                self.tell_queue(trace, now, served, out);
            }
            self.serve_response(served, response, out);
        }
    }

    pub(super) fn serve_response(
        &mut self,
        served: SimTime,
        response: &DeviceResponse,
        out: &mut Outbox<Message>,
    ) {
        match self.state.commands.answered(response.correlation, &response.id) {
            None => {
                if let Some(trace) = self.world.sampler.request(&response.id, response.srv) {
                    let correlation = trace.nth(Step::Correlation, served.0, self.taken(served), served);
                    out.trace(correlation.failed_if(true));
                }
            }
            Some(command) => {
                self.trace_command(&command, served, ResponseCode::I0, out);
                if response.result == DeviceResult::Success {
                    self.learn(served, &command, out);
                }
                self.respond(
                    served,
                    &command,
                    ResponseCode::I0,
                    response.result,
                    response.bytes,
                    out,
                );
            }
        }
    }

    pub(super) fn undeliverable(
        &mut self,
        now: SimTime,
        undeliverable: &Undeliverable,
        out: &mut Outbox<Message>,
    ) {
        if let Some(served) = self.served(now, || Work::Undeliverable(*undeliverable)) {
            self.serve_undeliverable(served, undeliverable, out);
        }
    }

    /// E20: the DCC cannot communicate with the device.
    pub(super) fn serve_undeliverable(
        &mut self,
        served: SimTime,
        undeliverable: &Undeliverable,
        out: &mut Outbox<Message>,
    ) {
        let undelivered = self
            .state
            .commands
            .undelivered(undeliverable.correlation, &undeliverable.id);
        if let Some(command) = undelivered {
            self.trace_command(&command, served, ResponseCode::E20, out);
            self.no_answer(served, &command, ResponseCode::E20, out);
        }
    }

    /// What the records learn from a command that succeeded.
    #[inline]
    pub(super) fn learn(&mut self, at: SimTime, command: &Outstanding, out: &mut Outbox<Message>) {
        let learnt = SrvRules::of(command.srv).learnt;
        // An activation that the device holds is one when it tells that it was executed.
        let is_held = learnt == Learnt::FirmwareActivated && command.origin == CommandOrigin::HeldByDevice;
        if learnt != Learnt::Nothing
            && !is_held
            && let Some(device) = command.id.target.device()
        {
            self.learn_of(at, learnt, device, command.id.originator, out);
        }
    }

    #[cold]
    pub(super) fn learn_of(
        &mut self,
        at: SimTime,
        learnt: Learnt,
        device: DeviceId,
        sender: UserId,
        out: &mut Outbox<Message>,
    ) {
        let (world, records) = (&*self.world, &mut self.state.records);
        match learnt {
            Learnt::Nothing => {}
            Learnt::Commissioned => records.commissioned(world, device),
            Learnt::FirmwareActivated => self.activated(at, device, out),
            Learnt::CredentialsReplaced => {
                let replaced = records.credentials_replaced(world, device, sender);
                let removed = self
                    .schedules
                    .remove_other_suppliers(world, records, at, device, sender, replaced);
                self.schedules_removed(at, removed, device.eui64(), out);
            }
        }
    }

    /// E21, E30 or E31: no response in time.
    pub(super) fn time_out(&mut self, now: SimTime, command: &Outstanding, out: &mut Outbox<Message>) {
        let code = time_out_code(command.origin);
        self.trace_command(command, now, code, out);
        self.no_answer(now, command, code, out);
    }

    pub(super) fn no_answer(
        &mut self,
        at: SimTime,
        command: &Outstanding,
        code: ResponseCode,
        out: &mut Outbox<Message>,
    ) {
        match command.origin {
            CommandOrigin::Scheduled => self.reading_failed(at, command, code, out),
            CommandOrigin::OnDemand | CommandOrigin::HeldByDsp | CommandOrigin::HeldByDevice => {
                self.respond(at, command, code, DeviceResult::Error, NO_ANSWER_BYTES, out);
            }
        }
    }

    /// Nobody waits for a scheduled read: its owner hears by a DCC alert that the command was not delivered (N12) or had no response (N13;
    /// domain.md §2.5). That this is how it hears, and how it does not of requests of its own, is assumed.
    fn reading_failed(
        &mut self,
        at: SimTime,
        command: &Outstanding,
        code: ResponseCode,
        out: &mut Outbox<Message>,
    ) {
        let Outstanding { id, srv, .. } = *command;
        let (outcome, alert) = match code {
            ResponseCode::E20 => (Outcome::NotDelivered, DccAlertCode::N12),
            _ => (Outcome::ScheduleTimeOut, DccAlertCode::N13),
        };
        self.state.commands.ended(command);
        self.state
            .readings
            .failed(&self.world, at, command, outcome, code);
        self.state
            .ledger
            .close(ItemKind::ScheduledRead, outcome, id.identity(), at);
        if let Some(trace) = self.world.sampler.request(&id, srv) {
            let item = trace.span(Step::Item, command.started_at, at);
            out.trace(item.answered(code).ended(outcome));
        }
        self.alert_user(at, id.originator, alert, id.target, id.counter, out);
    }

    /// Ends a command: with this the DSP is rid of it.
    pub(super) fn respond(
        &mut self,
        at: SimTime,
        command: &Outstanding,
        code: ResponseCode,
        result: DeviceResult,
        bytes: u32,
        out: &mut Outbox<Message>,
    ) {
        let Outstanding {
            id,
            srv,
            origin,
            started_at,
        } = *command;
        self.state.commands.ended(command);
        self.state.messages.responded(srv);
        let response = ServiceResponse {
            id,
            srv,
            origin,
            code,
            result,
            bytes,
            started_at,
        };
        let due = at + self.delays.of_request(Leg::Response, &id);
        if let Some(trace) = self.world.sampler.request(&id, srv) {
            out.trace(trace.span(Step::Delivery, at, due).answered(code).bytes(bytes));
            if origin == CommandOrigin::Scheduled {
                let failed = code != ResponseCode::I0 || result == DeviceResult::Error;
                let item = trace.span(Step::Item, started_at, due);
                out.trace(item.answered(code).failed_if(failed));
            }
        }
        self.push(id.originator, at, due, response, out);
    }

    /// A command is over: answered, undeliverable or given up.
    #[inline]
    pub(super) fn trace_command(
        &self,
        command: &Outstanding,
        at: SimTime,
        code: ResponseCode,
        out: &mut Outbox<Message>,
    ) {
        if let Some(trace) = self.world.sampler.request(&command.id, command.srv) {
            self.tell_command(trace, command, at, code, out);
        }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn tell_command(
        &self,
        trace: Trace,
        command: &Outstanding,
        at: SimTime,
        code: ResponseCode,
        out: &mut Outbox<Message>,
    ) {
        out.trace(trace.span(Step::Command, command.started_at, at).answered(code));
        if matches!(code, ResponseCode::I0 | ResponseCode::E20) {
            out.trace(trace.span(Step::Correlation, self.taken(at), at));
        }
    }
}

/// E30 and E31 are the future-dated requests' and scheduled reads' own; all others get E21 (domain.md §2.3).
fn time_out_code(origin: CommandOrigin) -> ResponseCode {
    match origin {
        CommandOrigin::OnDemand | CommandOrigin::HeldByDevice => ResponseCode::E21,
        CommandOrigin::HeldByDsp => ResponseCode::E30,
        CommandOrigin::Scheduled => ResponseCode::E31,
    }
}
