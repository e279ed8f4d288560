//! The DSP as a node: its inputs, and which of the other modules' functions each is a matter for.

use crate::access_control::{self, Accepted, Register};
use crate::alerts;
use crate::correlation::{Correlations, Outstanding};
use crate::delays::{Delays, Leg};
use crate::delivery::{Delivery, Over, Patience, Push, Pushed};
use crate::future_dated::{FutureDated, Held};
use crate::inventory;
use crate::modifications::{Due, Ingress, Modifications, Northbound, Scrutiny, Turn, Work};
use crate::records::Records;
use crate::routing;
use crate::schedules::{ScheduledRead, Schedules, SchedulesState};
use crate::service_process::{Capacity, ServiceProcess};
use crate::services::{Learnt, NonDeviceService, SrvRules};
use crate::timeouts::{TimeoutClasses, Timeouts};
use crate::transform;
use secnet_engine::{Input, ItemKind, Ledger, Node, Outbox, Outcome, Span, Step, Trace};
use secnet_model::{Address, DeviceId, Eui64, RequestId, ResponseCode, SimDuration, SimTime, UserId};
use secnet_results::figures;
use secnet_results::figures::{Figures, Key};
use secnet_results::{Account, Accountable, AlertLevels, ServiceLevels};
use secnet_topology::{TakesRequests, World};
use secnet_wire::codec::{self, CodecError};
use secnet_wire::{
    Acknowledgement, Answer, Command, CommandOrigin, DccAlert, DccAlertCode, DeviceAlert, DeviceResponse,
    DeviceResult, Message, ServiceRequest, ServiceResponse, Undeliverable,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A service response that says only that there is no answer. Assumed.
const NO_ANSWER_BYTES: u32 = 200;

pub struct Dsp {
    world: Arc<World>,
    capacity: Capacity,
    retry_after_ms: u32,
    delays: Delays,
    timeout_classes: TimeoutClasses,
    patience: Patience,
    schedules: Schedules,
    state: DspState,
}

/// Everything that changes but the schedules' part, which `Schedules` holds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct DspState {
    seq: u64,
    service_process: ServiceProcess,
    correlations: Correlations,
    timeouts: Timeouts,
    future_dated: FutureDated,
    records: Records,
    delivery: Delivery,
    dcc_alerts: u64,
    scheduled_reads_held: u64,
    ledger: Ledger,
    counts: Counts,
    /// By response code; I99 for accepted requests.
    answers: [u64; ResponseCode::ALL.len()],
    modifications: Modifications,
}

figures! {
    /// What the DSP counts.
    struct Counts: "DSP" in "dsp" {
        /// Requests at the DSP's door.
        requests: sum "requests",
        /// Pre-commands sent to Users to sign.
        pre_commands: sum "pre-commands",
        /// Commands sent to CSPs.
        commands: sum "commands",
        /// Commands without an answer in time.
        time_outs: sum "commands",
        /// Commands that a CSP could not deliver.
        undeliverable: sum "commands",
        /// Responses to commands that had ended.
        late_responses: sum "responses",
        /// Device alerts from CSPs.
        device_alerts: sum "alerts",
        /// Messages nobody should send to the DSP.
        misdirected: sum "messages",
    }
}

figures! {
    /// The DSP's queue and what it holds.
    struct Standing: "DSP, standing" in "dsp" {
        /// Requests answered "Busy".
        busy_answers: sum "answers",
        /// The most that waited for a server at once.
        queue_max: max "messages",
        /// Commands under way.
        outstanding: sum "commands",
        /// Future-dated requests that wait for their time.
        future_dated_held: sum "requests",
    }
}

figures! {
    /// What was written into the DSP's records.
    struct RecordCounts: "DSP's records" in "dsp" {
        /// Changes of a device's entry in the Smart Metering Inventory.
        inventory_updates: sum "updates" if nonzero,
        /// Devices notified before they were installed.
        pre_notifications: sum "devices" if nonzero,
    }
}

figures! {
    /// What Users' gateways did not take at once.
    struct DeliveryCounts: "DSP's delivery to Users" in "dsp" {
        /// Responses and alerts kept because the User's gateway was closed.
        kept_for_users: sum "messages" if nonzero,
        /// Those of them that were dropped, as they had been kept too long.
        undelivered: sum "messages" if nonzero,
    }
}

figures! {
    /// The DSP's answers but "Busy".
    struct Answers: "DSP's answers" in "dsp" {
        /// Answers with this code; I99 for accepted requests.
        answers: sum "answers" if nonzero,
    }
}

/// What `save` writes.
#[derive(Serialize)]
struct Saved<'a> {
    dsp: &'a DspState,
    schedules: &'a SchedulesState,
}

#[derive(Deserialize)]
struct Restored {
    dsp: DspState,
    schedules: SchedulesState,
}

#[derive(Debug)]
pub enum RestoreError {
    Damaged(CodecError),
    /// The state does not fit the scenario.
    OtherScenario,
}

impl std::fmt::Display for RestoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RestoreError::Damaged(error) => write!(f, "{error}"),
            RestoreError::OtherScenario => f.write_str("the saved state of the DSP is of another scenario"),
        }
    }
}

impl std::error::Error for RestoreError {}

impl Node for Dsp {
    type Message = Message;

    fn handle(&mut self, now: SimTime, input: Input<Message>, out: &mut Outbox<Message>) {
        let Input::Message(envelope) = input else {
            return self.deadline(now, out);
        };
        match envelope.message {
            Message::ServiceRequest(request) => self.service_request(now, envelope.from, &request, out),
            Message::DeviceResponse(response) => self.device_response(now, &response, out),
            Message::Undeliverable(undeliverable) => self.undeliverable(now, &undeliverable, out),
            Message::DeviceAlert(alert) => self.device_alert(now, alert, out),
            Message::Acknowledgement(_)
            | Message::Command(_)
            | Message::ServiceResponse(_)
            | Message::DccAlert(_) => self.state.counts.misdirected += 1,
        }
    }

    #[inline]
    fn next_deadline(&self) -> SimTime {
        let state = &self.state;
        let not_while_out = state
            .timeouts
            .earliest()
            .min(state.modifications.next_deadline())
            .min(state.delivery.next(&self.world, self.patience));
        let servers = self.world.timeline.dsp_servers();
        servers
            .opens(not_while_out)
            .min(state.future_dated.next())
            .min(self.schedules.next())
    }
}

impl Dsp {
    pub fn new(world: &Arc<World>) -> Dsp {
        let (params, premises) = (&world.scenario.dsp, world.population.premises_count());
        let timeout_classes = TimeoutClasses::new(params);
        let state = DspState {
            seq: 0,
            service_process: ServiceProcess::new(world.timeline.dsp_servers()),
            correlations: Correlations::new(),
            timeouts: Timeouts::new(timeout_classes.count()),
            future_dated: FutureDated::new(),
            records: Records::new(world),
            delivery: Delivery::default(),
            dcc_alerts: 0,
            scheduled_reads_held: 0,
            ledger: Ledger::default(),
            counts: Counts::default(),
            answers: [0; ResponseCode::ALL.len()],
            modifications: Modifications::new(world),
        };
        Dsp {
            capacity: Capacity {
                service_time: params.service_time_for(premises),
                queue_limit: params.queue_limit_for(premises),
            },
            retry_after_ms: u32::try_from(params.retry_after.as_micros() / 1_000).unwrap_or(u32::MAX),
            delays: Delays::new(world),
            timeout_classes,
            patience: Patience::new(params),
            schedules: Schedules::new(world, &state.records),
            world: Arc::clone(world),
            state,
        }
    }

    /// The node whose `save` wrote `bytes`, for the same scenario.
    pub fn restore(world: &Arc<World>, bytes: &[u8]) -> Result<Dsp, RestoreError> {
        let restored: Restored = codec::decode_value("the state of the DSP", bytes, codec::STATE_BYTES_MAX)
            .map_err(RestoreError::Damaged)?;
        let schedules = Schedules::restore(world, &restored.dsp.records, restored.schedules)
            .ok_or(RestoreError::OtherScenario)?;
        Ok(Dsp {
            schedules,
            state: restored.dsp,
            ..Dsp::new(world)
        })
    }
}

/// What Users and CSPs send.
impl Dsp {
    /// Throttled or refused for overload at once, or answered when its turn has been.
    fn service_request(
        &mut self,
        now: SimTime,
        from: Address,
        request: &ServiceRequest,
        out: &mut Outbox<Message>,
    ) {
        self.state.counts.requests += 1;
        let ingress = self
            .state
            .modifications
            .request_arrives(now, &self.world, request);
        if self.state.modifications.manages_traffic()
            && let Some(trace) = self.world.sampler.request(&request.id, request.srv)
        {
            let look = trace.nth(Step::TrafficManagement, now.0, now, now);
            out.trace(look.failed_if(ingress != Ingress::Admit));
        }
        if let Ingress::Throttle { retry_after_ms } = ingress {
            return self.turn_away(now, from, request, Answer::Throttled { retry_after_ms }, out);
        }
        let work = || Work::Request {
            from,
            request: *request,
        };
        let turn = if self.state.correlations.is_full() {
            Turn::Refused
        } else {
            self.state.modifications.takes_turn(now, self.capacity, work)
        };
        let served = match turn {
            Turn::InOrderOfArrival if !self.is_full(now) => self.enter(now),
            Turn::ServedAt(served) => served,
            Turn::Waits => return,
            Turn::InOrderOfArrival | Turn::Refused => {
                let answer = Answer::Busy {
                    retry_after_ms: self.retry_after_ms,
                };
                return self.turn_away(now, from, request, answer, out);
            }
        };
        if self.taken(served) > now
            && let Some(trace) = self.world.sampler.request(&request.id, request.srv)
        {
            self.tell_queue(trace, now, served, out);
        }
        self.serve_request(now, served, from, request, out);
    }

    #[inline]
    fn is_full(&mut self, now: SimTime) -> bool {
        let servers = self.world.timeline.dsp_servers();
        self.state.service_process.is_full(now, self.capacity, servers)
    }

    #[inline]
    fn enter(&mut self, now: SimTime) -> SimTime {
        let servers = self.world.timeline.dsp_servers();
        self.state.service_process.enter(now, self.capacity, servers)
    }

    /// When something has been served that nobody refuses; `None` where a Modification keeps it and will hand it back.
    #[inline]
    fn served(&mut self, now: SimTime, work: impl FnOnce() -> Work) -> Option<SimTime> {
        match self.state.modifications.takes_turn(now, self.capacity, work) {
            Turn::InOrderOfArrival | Turn::Refused => Some(self.enter(now)),
            Turn::ServedAt(served) => Some(served),
            Turn::Waits => None,
        }
    }

    /// What is served now and has been served at `served`.
    fn serve(&mut self, now: SimTime, served: SimTime, work: Work, out: &mut Outbox<Message>) {
        match work {
            Work::Request { from, request } => self.serve_request(now, served, from, &request, out),
            Work::Released(request) => self.serve_released(now, served, &request, out),
            Work::FutureDated { execute_at, held } => self.serve_future_dated(served, execute_at, held, out),
            Work::Scheduled(read) => self.serve_scheduled_read(served, &read, out),
            Work::Response(response) => self.serve_response(served, &response, out),
            Work::Undeliverable(undeliverable) => self.serve_undeliverable(served, &undeliverable, out),
            Work::Alert(alert) => self.serve_alert(now, served, alert, out),
        }
    }

    fn serve_request(
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
        self.count_answer(answer);
        if let Some(trace) = self.world.sampler.request(&request.id, request.srv) {
            let control = trace.nth(Step::AccessControl, served.0, self.taken(served), served);
            out.trace(control.answered(answer.code()));
        }
        self.acknowledge(served, from, request, answer, out);
    }

    /// Does what an accepted request asks for; the answer to give.
    fn accepted(
        &mut self,
        now: SimTime,
        served: SimTime,
        request: &ServiceRequest,
        accepted: Accepted,
        out: &mut Outbox<Message>,
    ) -> Answer {
        let (draws, id, srv) = (self.world.draws, request.id, request.srv);
        match accepted {
            Accepted::NonDevice(service) => Answer::Done {
                bytes: self.non_device(now, request, service, out),
            },
            Accepted::PreCommand => {
                self.state.counts.pre_commands += 1;
                Answer::PreCommand {
                    srv,
                    bytes: transform::pre_command_bytes(draws, &id, srv),
                }
            }
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
    fn start_command(
        &mut self,
        now: SimTime,
        served: SimTime,
        request: &ServiceRequest,
        device: DeviceId,
        origin: CommandOrigin,
        out: &mut Outbox<Message>,
    ) {
        let (id, srv) = (request.id, request.srv);
        let execute_at = SimTime::from_secs(request.execute_at_s.into());
        if origin == CommandOrigin::HeldByDsp && execute_at > now {
            self.state.future_dated.hold(execute_at, Held { id, srv });
            if let Some(trace) = self.world.sampler.request(&id, srv) {
                out.trace(trace.span(Step::HeldByDsp, served, execute_at.max(served)));
            }
            return;
        }
        let execute_at_s = if origin == CommandOrigin::HeldByDevice {
            request.execute_at_s
        } else {
            0
        };
        let command = Outstanding {
            id,
            srv,
            origin,
            started_at: served,
        };
        self.send_command(served, device, command, execute_at_s, out);
    }

    /// A request goes on from where it was quarantined.
    fn serve_released(
        &mut self,
        now: SimTime,
        served: SimTime,
        request: &ServiceRequest,
        out: &mut Outbox<Message>,
    ) {
        if let Ok(Accepted::Command { device, origin }) =
            access_control::check(self.register(self.taken(served)), request)
        {
            self.start_command(now, served, request, device, origin, out);
        }
    }

    /// The DCC's own services; the size of the answer.
    fn non_device(
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
            | NonDeviceService::Other => {}
        }
        let bytes = inventory::answer_bytes(world, records, service, target, schedules);
        self.schedules_removed(now, removed, target, out);
        bytes
    }

    /// What the records learn from a command that succeeded.
    #[inline]
    fn learn(&mut self, at: SimTime, command: &Outstanding, out: &mut Outbox<Message>) {
        let learnt = SrvRules::of(command.srv).learnt;
        if learnt != Learnt::Nothing
            && let Some(device) = command.id.target.device()
        {
            self.learn_of(at, learnt, device, command.id.originator, out);
        }
    }

    #[cold]
    fn learn_of(
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
            Learnt::CredentialsReplaced => {
                records.credentials_replaced(world, device, sender);
                let target = device.eui64();
                let removed = self.schedules.remove_other_suppliers(world, sender, target);
                self.schedules_removed(at, removed, target, out);
            }
        }
    }

    fn register(&self, at: SimTime) -> Register<'_> {
        Register {
            world: &self.world,
            records: &self.state.records,
            at,
        }
    }

    fn device_response(&mut self, now: SimTime, response: &DeviceResponse, out: &mut Outbox<Message>) {
        if let Some(served) = self.served(now, || Work::Response(*response)) {
            if self.taken(served) > now
                && let Some(trace) = self.world.sampler.request(&response.id, response.srv)
            {
                self.tell_queue(trace, now, served, out);
            }
            self.serve_response(served, response, out);
        }
    }

    fn serve_response(&mut self, served: SimTime, response: &DeviceResponse, out: &mut Outbox<Message>) {
        match self.state.correlations.take(response.correlation, &response.id) {
            None => {
                self.state.counts.late_responses += 1;
                if let Some(trace) = self.world.sampler.request(&response.id, response.srv) {
                    let correlation = trace.nth(Step::Correlation, served.0, self.taken(served), served);
                    out.trace(correlation.failed_if(true));
                }
            }
            Some((slot, command)) => {
                self.state.timeouts.forget(slot);
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

    fn undeliverable(&mut self, now: SimTime, undeliverable: &Undeliverable, out: &mut Outbox<Message>) {
        if let Some(served) = self.served(now, || Work::Undeliverable(*undeliverable)) {
            self.serve_undeliverable(served, undeliverable, out);
        }
    }

    /// E20: the DCC cannot communicate with the device.
    fn serve_undeliverable(
        &mut self,
        served: SimTime,
        undeliverable: &Undeliverable,
        out: &mut Outbox<Message>,
    ) {
        match self
            .state
            .correlations
            .take(undeliverable.correlation, &undeliverable.id)
        {
            None => self.state.counts.late_responses += 1,
            Some((slot, command)) => {
                self.state.counts.undeliverable += 1;
                self.state.timeouts.forget(slot);
                self.trace_command(&command, served, ResponseCode::E20, out);
                self.no_answer(served, &command, ResponseCode::E20, out);
            }
        }
    }

    fn device_alert(&mut self, now: SimTime, alert: DeviceAlert, out: &mut Outbox<Message>) {
        self.state.counts.device_alerts += 1;
        match self.state.modifications.alert_arrives(now, &alert) {
            Northbound::Forward => self.alert_admitted(now, alert, out),
            Northbound::Close(outcome) => self.close_alert(now, &alert, outcome, out),
            Northbound::Hold => {}
        }
    }

    fn alert_admitted(&mut self, now: SimTime, alert: DeviceAlert, out: &mut Outbox<Message>) {
        if let Some(served) = self.served(now, || Work::Alert(alert)) {
            if self.taken(served) > now
                && let Some(trace) = self.trace_of_alert(&alert)
            {
                self.tell_queue(trace, now, served, out);
            }
            self.serve_alert(now, served, alert, out);
        }
    }

    fn serve_alert(&mut self, now: SimTime, served: SimTime, alert: DeviceAlert, out: &mut Outbox<Message>) {
        let Some(user) = alerts::recipient(&self.world, &self.state.records, self.taken(served), &alert)
        else {
            return self.close_alert(now, &alert, Outcome::NoRecipient, out);
        };
        let (device, number) = (alert.device.eui64().0, u64::from(alert.number));
        let due = served + self.delays.of(Leg::DeviceAlert, device, number);
        if let Some(trace) = self.trace_of_alert(&alert) {
            out.trace(trace.span(Step::Correlation, self.taken(served), served));
            out.trace(
                trace
                    .span(Step::Delivery, served, due)
                    .bytes(u32::from(alert.bytes)),
            );
        }
        self.push(user, served, due, Pushed::DeviceAlert(alert), out);
    }

    fn close_alert(
        &mut self,
        now: SimTime,
        alert: &DeviceAlert,
        outcome: Outcome,
        out: &mut Outbox<Message>,
    ) {
        let id = [alert.device.eui64().0, u64::from(alert.number)];
        self.state.ledger.close(ItemKind::DeviceAlert, outcome, id, now);
        if let Some(trace) = self.trace_of_alert(alert) {
            out.trace(trace.span(Step::Correlation, now, now).ended(outcome));
        }
    }
}

/// What is told of sampled items.
impl Dsp {
    #[inline]
    fn trace_of_alert(&self, alert: &DeviceAlert) -> Option<Trace> {
        let sampler = &self.world.sampler;
        sampler.device_alert(alert.device, alert.alert, alert.number)
    }

    /// When a server took what it has served at `served`.
    fn taken(&self, served: SimTime) -> SimTime {
        served.saturating_sub(self.capacity.service_time)
    }

    /// What arrived at `now` waited until a server took it.
    #[cold]
    fn tell_queue(&self, trace: Trace, now: SimTime, served: SimTime, out: &mut Outbox<Message>) {
        out.trace(trace.nth(Step::DspQueue, now.0, now, self.taken(served)));
    }

    /// A command is over: answered, undeliverable or given up.
    #[inline]
    fn trace_command(
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
    fn tell_command(
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

/// What becomes due.
impl Dsp {
    /// While the DSP is out nothing is given up, and no Modification does anything: that happens when it is back. What
    /// is to be started waits for a server with all else.
    fn deadline(&mut self, now: SimTime, out: &mut Outbox<Message>) {
        let is_out = self.world.timeline.dsp_servers().opens(now) > now;
        self.state.modifications.go_live(now, &self.state.service_process);
        while !is_out && let Some(slot) = self.state.timeouts.take_expired(now) {
            self.time_out(now, slot, out);
        }
        while let Some((execute_at, held)) = self.state.future_dated.take_due(now) {
            self.release(now, execute_at, held, out);
        }
        while let Some(read) = self.schedules.take_due(&self.world, &self.state.records, now) {
            self.start_scheduled_read(now, read, out);
        }
        while !is_out
            && let Some(due) =
                self.state
                    .modifications
                    .due(now, &self.world, &self.state.records, self.capacity)
        {
            self.handed_back(now, due, out);
        }
        while !is_out
            && let Some((user, over)) = self.state.delivery.take_due(&self.world, self.patience, now)
        {
            self.kept_no_longer(now, user, over, out);
        }
    }

    /// What a Modification kept.
    fn handed_back(&mut self, now: SimTime, due: Due, out: &mut Outbox<Message>) {
        match due {
            Due::Serve { work, served } => self.serve(now, served, work, out),
            Due::Release(request) => {
                if let Some(served) = self.served(now, || Work::Released(request)) {
                    self.serve_released(now, served, &request, out);
                }
            }
            Due::Delete { id, srv } => {
                let command = Outstanding {
                    id,
                    srv,
                    origin: CommandOrigin::OnDemand,
                    started_at: now,
                };
                self.no_answer(now, &command, ResponseCode::Deleted, out);
            }
            Due::Forward(alert) => self.alert_admitted(now, alert, out),
            Due::Withdraw(user, right) => self.state.records.withdraw(user, right, now),
        }
    }

    /// E21, E30 or E31: no response in time.
    fn time_out(&mut self, now: SimTime, slot: u32, out: &mut Outbox<Message>) {
        let Some(command) = self.state.correlations.release(slot) else {
            return;
        };
        self.state.counts.time_outs += 1;
        let code = time_out_code(command.origin);
        self.trace_command(&command, now, code, out);
        self.no_answer(now, &command, code, out);
    }

    /// A future-dated request's time has come.
    fn release(&mut self, now: SimTime, execute_at: SimTime, held: Held, out: &mut Outbox<Message>) {
        if let Some(served) = self.served(now, || Work::FutureDated { execute_at, held }) {
            self.serve_future_dated(served, execute_at, held, out);
        }
    }

    fn serve_future_dated(
        &mut self,
        served: SimTime,
        execute_at: SimTime,
        held: Held,
        out: &mut Outbox<Message>,
    ) {
        let Some(device) = held.id.target.device() else {
            return;
        };
        let origin = CommandOrigin::HeldByDsp;
        let command = Outstanding {
            id: held.id,
            srv: held.srv,
            origin,
            started_at: execute_at,
        };
        self.send_command(served, device, command, 0, out);
    }

    fn start_scheduled_read(&mut self, now: SimTime, read: ScheduledRead, out: &mut Outbox<Message>) {
        self.state.ledger.open(ItemKind::ScheduledRead);
        self.state.scheduled_reads_held += 1;
        if let Some(served) = self.served(now, || Work::Scheduled(read)) {
            self.serve_scheduled_read(served, &read, out);
        }
    }

    fn serve_scheduled_read(&mut self, served: SimTime, read: &ScheduledRead, out: &mut Outbox<Message>) {
        let origin = CommandOrigin::Scheduled;
        let command = Outstanding {
            id: read.id,
            srv: read.srv,
            origin,
            started_at: read.at,
        };
        self.send_command(served, read.device, command, 0, out);
    }
}

/// What the DSP sends.
impl Dsp {
    fn send_command(
        &mut self,
        at: SimTime,
        device: DeviceId,
        outstanding: Outstanding,
        execute_at_s: u32,
        out: &mut Outbox<Message>,
    ) {
        let Outstanding { id, srv, origin, .. } = outstanding;
        let Some((slot, correlation)) = self.state.correlations.insert(outstanding) else {
            return self.no_answer(at, &outstanding, ResponseCode::E20, out);
        };
        let (class, timeout) = self.timeout_classes.of(srv);
        self.state.timeouts.watch(slot, class, at + timeout);
        self.state.counts.commands += 1;
        let command = Command {
            id,
            srv,
            origin,
            priority: routing::priority(srv, origin),
            correlation,
            bytes: transform::command_bytes(self.world.draws, &id, srv),
            execute_at_s,
        };
        let due = at + self.delays.of_request(Leg::Command, &id);
        if let Some(trace) = self.world.sampler.request(&id, srv) {
            out.trace(trace.span(Step::ToCsp, at, due).bytes(command.bytes));
        }
        self.send(
            routing::csp(&self.world.population, device),
            due,
            Message::Command(command),
            out,
        );
    }

    fn acknowledge(
        &mut self,
        at: SimTime,
        to: Address,
        request: &ServiceRequest,
        answer: Answer,
        out: &mut Outbox<Message>,
    ) {
        let leg = if matches!(answer, Answer::PreCommand { .. }) {
            Leg::PreCommand
        } else {
            Leg::Acknowledgement
        };
        let due = at + self.delays.of_request(leg, &request.id);
        self.trace_acknowledgement(at, due, request, answer, out);
        let acknowledgement = Acknowledgement {
            id: request.id,
            srv: request.srv,
            answer,
        };
        self.send(to, due, Message::Acknowledgement(acknowledgement), out);
    }

    /// 503: the answer of a web server that takes no more, or not from this User; it costs the servers behind it
    /// nothing (assumed).
    fn turn_away(
        &mut self,
        now: SimTime,
        to: Address,
        request: &ServiceRequest,
        answer: Answer,
        out: &mut Outbox<Message>,
    ) {
        self.count_answer(answer);
        let (key, n) = crate::delays::request_key(&request.id);
        let due = now + self.delays.of(Leg::Busy, key, n ^ now.0.rotate_left(20));
        self.trace_acknowledgement(now, due, request, answer, out);
        let acknowledgement = Acknowledgement {
            id: request.id,
            srv: request.srv,
            answer,
        };
        self.send(to, due, Message::Acknowledgement(acknowledgement), out);
    }

    fn trace_acknowledgement(
        &self,
        at: SimTime,
        due: SimTime,
        request: &ServiceRequest,
        answer: Answer,
        out: &mut Outbox<Message>,
    ) {
        if let Some(trace) = self.world.sampler.request(&request.id, request.srv) {
            let acknowledgement = trace.nth(Step::Acknowledgement, at.0, at, due);
            out.trace(acknowledgement.answered(answer.code()));
        }
    }

    fn no_answer(
        &mut self,
        at: SimTime,
        command: &Outstanding,
        code: ResponseCode,
        out: &mut Outbox<Message>,
    ) {
        self.respond(at, command, code, DeviceResult::Error, NO_ANSWER_BYTES, out);
    }

    /// Ends a command: with this the DSP is rid of it.
    fn respond(
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
        if origin == CommandOrigin::Scheduled {
            self.state.scheduled_reads_held -= 1;
        }
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
        self.push(id.originator, at, due, Pushed::Response(response), out);
    }

    /// N17: the DSP removed schedules; each owner is told.
    fn schedules_removed(
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
    fn quarantined(
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

    fn alert_user(
        &mut self,
        now: SimTime,
        user: UserId,
        code: DccAlertCode,
        about: Eui64,
        request: u64,
        out: &mut Outbox<Message>,
    ) {
        self.state.dcc_alerts += 1;
        self.state.ledger.open(ItemKind::DccAlert);
        let number = self.state.dcc_alerts;
        let alert = DccAlert {
            code,
            about,
            request,
            number,
            raised_at: now,
        };
        let due = now + self.delays.of(Leg::DccAlert, about.0, number);
        if let Some(trace) = self.world.sampler.dcc_alert(user, about, number) {
            out.trace(trace.span(Step::Item, now, due));
        }
        self.push(user, now, due, Pushed::DccAlert(alert), out);
    }

    /// Pushes to a User what arrives at `due`, or keeps it while its gateway is down.
    #[inline]
    fn push(&mut self, user: UserId, at: SimTime, due: SimTime, pushed: Pushed, out: &mut Outbox<Message>) {
        match self.state.delivery.push(&self.world, user, at, due, &pushed) {
            Push::Arrives(due) => self.send(Address::user(user), due, pushed.into(), out),
            Push::Kept => {}
        }
    }

    /// The waiting of something kept is over.
    fn kept_no_longer(&mut self, now: SimTime, user: UserId, over: Over, out: &mut Outbox<Message>) {
        match over {
            Over::Push { pushed, not_before } => {
                let due = (now + self.push_delay(&pushed)).max(not_before);
                self.state.delivery.pushed_again(user, due);
                if let Some(trace) = self.trace_of_pushed(user, &pushed) {
                    out.trace(trace.nth(Step::Delivery, now.0, now, due));
                }
                self.send(Address::user(user), due, pushed.into(), out);
            }
            Over::Drop(Pushed::DeviceAlert(alert)) => {
                self.close_alert(now, &alert, Outcome::Undelivered, out);
            }
            Over::Drop(Pushed::DccAlert(alert)) => {
                let id = [alert.about.0, alert.number];
                self.state
                    .ledger
                    .close(ItemKind::DccAlert, Outcome::Undelivered, id, now);
            }
            Over::Drop(Pushed::Response(response)) if response.origin == CommandOrigin::Scheduled => {
                let id = [
                    u64::from(response.id.originator.0) << 48 ^ response.id.counter,
                    response.id.target.0,
                ];
                self.state
                    .ledger
                    .close(ItemKind::ScheduledRead, Outcome::Undelivered, id, now);
            }
            // The request is its User's, which gives it up when its patience ends.
            Over::Drop(Pushed::Response(_)) => {}
        }
    }

    fn push_delay(&self, pushed: &Pushed) -> SimDuration {
        match pushed {
            Pushed::Response(response) => self.delays.of_request(Leg::Response, &response.id),
            Pushed::DeviceAlert(alert) => {
                let (device, number) = (alert.device.eui64().0, u64::from(alert.number));
                self.delays.of(Leg::DeviceAlert, device, number)
            }
            Pushed::DccAlert(alert) => self.delays.of(Leg::DccAlert, alert.about.0, alert.number),
        }
    }

    fn trace_of_pushed(&self, user: UserId, pushed: &Pushed) -> Option<Trace> {
        match pushed {
            Pushed::Response(response) => self.world.sampler.request(&response.id, response.srv),
            Pushed::DeviceAlert(alert) => self.trace_of_alert(alert),
            Pushed::DccAlert(alert) => self.world.sampler.dcc_alert(user, alert.about, alert.number),
        }
    }

    #[inline]
    fn send(&mut self, to: Address, due: SimTime, message: Message, out: &mut Outbox<Message>) {
        self.state.seq += 1;
        out.send(Address::DSP, to, self.state.seq, due, message);
    }

    fn count_answer(&mut self, answer: Answer) {
        self.state.answers[answer.code() as usize] += 1;
    }
}

impl TakesRequests for Dsp {}

impl Accountable for Dsp {
    fn account(&self) -> Account {
        let state = &self.state;
        let mut held = [0; ItemKind::COUNT];
        held[ItemKind::ScheduledRead as usize] = state.scheduled_reads_held;
        for kind in ItemKind::ALL {
            held[*kind as usize] += state.modifications.held(*kind) + state.delivery.held(*kind);
        }
        let standing = Standing {
            busy_answers: state.answers[ResponseCode::Busy as usize],
            queue_max: state.service_process.waiting_max(),
            outstanding: state.correlations.len().into(),
            future_dated_held: state.future_dated.len() as u64,
        };
        let mut figures = Figures::of(&state.counts);
        figures.put(Key::Whole, &standing);
        for code in ResponseCode::ALL {
            if code != ResponseCode::Busy {
                let answers = state.answers[code as usize];
                figures.put(Key::ResponseCode(code), &Answers { answers });
            }
        }
        let (kept_for_users, undelivered) = state.delivery.totals();
        let delivered_late = DeliveryCounts {
            kept_for_users,
            undelivered,
        };
        figures.put(Key::Whole, &delivered_late);
        let records = RecordCounts {
            inventory_updates: state.records.inventory_updates(),
            pre_notifications: state.records.pre_notifications(),
        };
        figures.put(Key::Whole, &records);
        state.modifications.figures(&self.world, &mut figures);
        Account {
            ledger: state.ledger.clone(),
            held,
            service: ServiceLevels::default(),
            alerts: AlertLevels::default(),
            figures,
        }
    }

    fn open_spans(&self, at: SimTime, spans: &mut Vec<Span>) {
        for command in self.state.correlations.iter() {
            let Some(trace) = self.world.sampler.request(&command.id, command.srv) else {
                continue;
            };
            // One whose server has it still may begin after the end.
            let at = at.max(command.started_at);
            spans.push(trace.span(Step::Command, command.started_at, at));
            if command.origin == CommandOrigin::Scheduled {
                spans.push(trace.span(Step::Item, command.started_at, at));
            }
        }
    }

    fn save(&self) -> Result<Vec<u8>, CodecError> {
        let saved = Saved {
            dsp: &self.state,
            schedules: self.schedules.state(),
        };
        codec::encode_value("the state of the DSP", &saved, codec::STATE_BYTES_MAX)
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
