//! What becomes of a request that has had its turn: access control, the DCC's own services, a command to a device now or later.
//! Scheduled reads start here too.

use super::Dsp;
use crate::access_control;
use crate::access_control::{Accepted, Register};
use crate::correlation::Outstanding;
use crate::delays::Leg;
use crate::future_dated::Held;
use crate::inventory;
use crate::modifications::{Scrutiny, Work};
use crate::routing;
use crate::schedules::ScheduledRead;
use crate::services::NonDeviceService;
use crate::transform;
use secnet_engine::{ItemKind, Outbox, Step};
use secnet_model::{Address, DccAlertCode, DeviceId, Eui64, RequestId, ResponseCode, SimTime, UserId};
use secnet_wire::{Answer, Command, CommandOrigin, Message, ServiceRequest, Timing};

impl Dsp {
    pub(super) fn serve_request(
        &mut self,
        now: SimTime,
        served: SimTime,
        from: Address,
        request: &ServiceRequest,
        out: &mut Outbox<Message>,
    ) {
        let answer = match access_control::check(self.register(self.taken(served)), request) {
            Err(code) => Answer::Refused(code),
            Ok(accepted) => self.accepted(now, served, request, accepted, out),
        };
        self.state.answers.count(answer);
        self.state.messages.served(request);
        self.state.messages.answered(request.srv, answer);
        if let Some(trace) = self.world.sampler.request(&request.id, request.srv) {
            let control = trace.nth(Step::AccessControl, served.0, self.taken(served), served);
            out.trace(control.answered(answer.code()));
        }
        self.acknowledge(served, from, request, answer, out);
    }

    /// Does what an accepted request asks for; the answer to give.
    pub(super) fn accepted(
        &mut self,
        now: SimTime,
        served: SimTime,
        request: &ServiceRequest,
        accepted: Accepted,
        out: &mut Outbox<Message>,
    ) -> Answer {
        let (draws, id, srv) = (self.world.draws, request.id, request.srv);
        match accepted {
            Accepted::NonDevice(NonDeviceService::UpdateFirmware) => Answer::Done {
                bytes: self.distribute(served, request, out),
            },
            Accepted::NonDevice(service) => Answer::Done {
                bytes: self.non_device(now, request, service, out),
            },
            Accepted::PreCommand => Answer::PreCommand {
                srv,
                bytes: transform::pre_command_bytes(draws, &id, srv),
            },
            Accepted::Local => Answer::Done {
                bytes: transform::command_bytes(draws, &id, srv),
            },
            Accepted::Command { device, origin } => {
                match self
                    .state
                    .modifications
                    .command_accepted(now, &self.world, request)
                {
                    Scrutiny::Pass => self.start_command(now, served, request, device, origin, out),
                    Scrutiny::Quarantine(code) => self.quarantined(served, request, code, out),
                }
                Answer::Accepted
            }
        }
    }

    /// An accepted request becomes a command, at once or at its time.
    pub(super) fn start_command(
        &mut self,
        now: SimTime,
        served: SimTime,
        request: &ServiceRequest,
        device: DeviceId,
        origin: CommandOrigin,
        out: &mut Outbox<Message>,
    ) {
        let (id, srv, role) = (request.id, request.srv, request.role);
        let held_until = request.timing.execution().filter(|at| *at > now);
        if let (CommandOrigin::HeldByDsp, Some(execute_at)) = (origin, held_until) {
            self.state.future_dated.hold(execute_at, Held { id, srv, role });
            if let Some(trace) = self.world.sampler.request(&id, srv) {
                out.trace(trace.span(Step::HeldByDsp, served, execute_at.max(served)));
            }
            return;
        }
        let timing = match origin {
            CommandOrigin::HeldByDevice => request.timing,
            CommandOrigin::OnDemand | CommandOrigin::HeldByDsp | CommandOrigin::Scheduled => Timing::Now,
        };
        let command = Outstanding {
            id,
            srv,
            origin,
            started_at: served,
        };
        self.send_command(served, device, command, timing, out);
    }

    /// A request goes on from where it was quarantined, unless something has changed that now refuses it.
    pub(super) fn serve_released(
        &mut self,
        now: SimTime,
        served: SimTime,
        request: &ServiceRequest,
        out: &mut Outbox<Message>,
    ) {
        match access_control::check(self.register(self.taken(served)), request) {
            Ok(Accepted::Command { device, origin }) => {
                self.start_command(now, served, request, device, origin, out);
            }
            // Only what becomes a command is quarantined.
            Ok(Accepted::NonDevice(_) | Accepted::PreCommand | Accepted::Local) => {}
            Err(code) => {
                let command = Outstanding {
                    id: request.id,
                    srv: request.srv,
                    origin: CommandOrigin::OnDemand,
                    started_at: served,
                };
                self.refused_after_all(served, &command, code, out);
            }
        }
    }

    /// The DCC's own services; the size of the answer.
    pub(super) fn non_device(
        &mut self,
        now: SimTime,
        request: &ServiceRequest,
        service: NonDeviceService,
        out: &mut Outbox<Message>,
    ) -> u32 {
        let (world, records) = (&*self.world, &mut self.state.records);
        let (owner, target) = (request.id.originator, request.id.target);
        let whose = access_control::scheduled_srv(request).map(|srv| (owner, target, srv));
        let mut schedules = 0;
        let mut removed = Vec::new();
        match service {
            NonDeviceService::CreateSchedule => {
                if let Some(whose) = whose {
                    self.schedules.create(world, records, now, whose);
                }
            }
            NonDeviceService::DeleteSchedule => {
                if let Some(whose) = whose {
                    self.schedules.delete(world, records, now, whose);
                }
            }
            NonDeviceService::ReadSchedule => {
                schedules = self.schedules.count(world, records, now, owner, target);
            }
            NonDeviceService::DecommissionDevice => {
                removed = self.schedules.remove_all_of(world, records, now, target);
                if let Some(device) = target.device() {
                    records.decommissioned(device);
                }
            }
            NonDeviceService::UpdateInventory => records.inventory_updated(),
            NonDeviceService::PreNotify => {
                if let Some(device) = target.device() {
                    records.pre_notified(world, device);
                }
            }
            NonDeviceService::ReadInventory
            | NonDeviceService::RequestWanMatrix
            | NonDeviceService::UpdateFirmware
            | NonDeviceService::Other => {}
        }
        let bytes = inventory::answer_bytes(world, records, service, target, schedules);
        self.schedules_removed(now, removed, target, out);
        bytes
    }

    pub(super) fn register(&self, at: SimTime) -> Register<'_> {
        Register {
            world: &self.world,
            records: &self.state.records,
            at,
        }
    }

    /// N17: the DSP removed schedules; each owner is told.
    pub(super) fn schedules_removed(
        &mut self,
        now: SimTime,
        owners: Vec<UserId>,
        about: Eui64,
        out: &mut Outbox<Message>,
    ) {
        for owner in owners {
            self.alert_user(now, owner, DccAlertCode::N17, about, 0, out);
        }
    }

    /// N46–N48: a request is quarantined (SECMP0008, domain.md §5.3).
    pub(super) fn quarantined(
        &mut self,
        at: SimTime,
        request: &ServiceRequest,
        code: DccAlertCode,
        out: &mut Outbox<Message>,
    ) {
        let RequestId {
            originator,
            target,
            counter,
        } = request.id;
        if let Some(trace) = self.world.sampler.request(&request.id, request.srv) {
            out.trace(trace.span(Step::Quarantine, at, at).failed_if(true));
        }
        self.alert_user(at, originator, code, target, counter, out);
    }

    /// A future-dated request's time has come.
    pub(super) fn release(
        &mut self,
        now: SimTime,
        execute_at: SimTime,
        held: Held,
        out: &mut Outbox<Message>,
    ) {
        if let Some(served) = self.served(now, || Work::FutureDated { execute_at, held }) {
            self.serve_future_dated(served, execute_at, held, out);
        }
    }

    pub(super) fn serve_future_dated(
        &mut self,
        served: SimTime,
        execute_at: SimTime,
        held: Held,
        out: &mut Outbox<Message>,
    ) {
        let command = Outstanding {
            id: held.id,
            srv: held.srv,
            origin: CommandOrigin::HeldByDsp,
            started_at: execute_at,
        };
        match access_control::check_again(self.register(self.taken(served)), &held) {
            Ok(device) => self.send_command(served, device, command, Timing::Now, out),
            Err(code) => {
                self.state.future_dated.refused();
                self.refused_after_all(served, &command, code, out);
            }
        }
    }

    /// Access control refuses an accepted request when it looks again; a service response says so, with the code (assumed).
    fn refused_after_all(
        &mut self,
        served: SimTime,
        command: &Outstanding,
        code: ResponseCode,
        out: &mut Outbox<Message>,
    ) {
        if let Some(trace) = self.world.sampler.request(&command.id, command.srv) {
            let control = trace.nth(Step::AccessControl, served.0, self.taken(served), served);
            out.trace(control.answered(code));
        }
        self.no_answer(served, command, code, out);
    }

    pub(super) fn start_scheduled_read(
        &mut self,
        now: SimTime,
        read: ScheduledRead,
        out: &mut Outbox<Message>,
    ) {
        self.state.ledger.open(ItemKind::ScheduledRead);
        self.state.commands.reading_started();
        self.state.readings.started(&self.world, &read);
        if let Some(served) = self.served(now, || Work::Scheduled(read)) {
            self.serve_scheduled_read(served, &read, out);
        }
    }

    pub(super) fn serve_scheduled_read(
        &mut self,
        served: SimTime,
        read: &ScheduledRead,
        out: &mut Outbox<Message>,
    ) {
        let origin = CommandOrigin::Scheduled;
        let command = Outstanding {
            id: read.id,
            srv: read.srv,
            origin,
            started_at: read.at,
        };
        self.send_command(served, read.device, command, Timing::Now, out);
    }

    pub(super) fn send_command(
        &mut self,
        at: SimTime,
        device: DeviceId,
        outstanding: Outstanding,
        timing: Timing,
        out: &mut Outbox<Message>,
    ) {
        let Outstanding { id, srv, origin, .. } = outstanding;
        let classes = &self.timeout_classes;
        let is_smets1 = self.world.population.is_smets1(device.premises);
        let sent = self.state.commands.send(classes, at, outstanding, is_smets1);
        let Some(correlation) = sent else {
            return self.no_answer(at, &outstanding, ResponseCode::E20, out);
        };
        let command = Command {
            id,
            srv,
            origin,
            priority: routing::priority(srv, origin),
            correlation,
            bytes: transform::command_bytes(self.world.draws, &id, srv),
            timing,
        };
        let due = at + self.delays.of_request(Leg::Command, &id);
        if let Some(trace) = self.world.sampler.request(&id, srv) {
            out.trace(trace.span(Step::ToCsp, at, due).bytes(command.bytes));
        }
        self.send(
            routing::provider(&self.world.population, device),
            due,
            Message::Command(command),
            out,
        );
    }
}
