//! The DSP as a node: its parts, its inputs, and which of the modules below each is a matter for.

mod door;
mod firmware;
mod northbound;
mod requests;
mod responses;

use crate::answers::Answers;
use crate::commands::Commands;
use crate::correlation::Outstanding;
use crate::delays::Delays;
use crate::delivery::Delivery;
use crate::future_dated::FutureDated;
use crate::images::Images;
use crate::modifications::{Due, Modifications, Work};
use crate::readings::Readings;
use crate::records::Records;
use crate::schedules::{Schedules, SchedulesState};
use crate::service_process::{Capacity, ServiceProcess};
use crate::timeouts::TimeoutClasses;
use crate::use_of_servers::UseOfServers;
use secnet_accounts::alerts::RaisedAlerts;
use secnet_accounts::faults::FaultTallies;
use secnet_accounts::{Account, Accountable, Messages, Part, ServiceLevels, figures, part, parts};
use secnet_engine::{Input, Ledger, Node, Outbox, Span, Step};
use secnet_model::{Address, ResponseCode, SimTime};
use secnet_topology::{TakesRequests, World};
use secnet_wire::codec::CodecError;
use secnet_wire::{CommandOrigin, Message, codec};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub struct Dsp {
    world: Arc<World>,
    capacity: Capacity,
    retry_after_ms: u32,
    delays: Delays,
    timeout_classes: TimeoutClasses,
    schedules: Schedules,
    state: DspState,
}

parts! {
    /// Everything that changes but the schedules' part, which [`Schedules`] holds with the plan it reads.
    #[derive(PartialEq)]
    struct DspState {
        numbers: Numbers,
        service_process: ServiceProcess,
        answers: Answers,
        commands: Commands,
        future_dated: FutureDated,
        readings: Readings,
        records: Records,
        delivery: Delivery,
        use_of_servers: UseOfServers,
        images: Images,
        unaddressed: RaisedAlerts,
        faults: FaultTallies,
        modifications: Modifications,
        ledger: Ledger,
        messages: Messages,
        counts: Counts,
    }
}

/// What the DSP numbers.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
struct Numbers {
    messages: u64,
    dcc_alerts: u64,
}

impl Part for Numbers {}

figures! {
    /// What comes to the DSP's door.
    struct Counts: "DSP" in "dsp" {
        /// Requests at the DSP's door.
        requests: sum "requests",
        /// Device alerts from CSPs.
        device_alerts: sum "alerts",
        /// Copies of alerts for a second User.
        alert_copies: sum "alerts",
        /// Messages nobody should send to the DSP.
        misdirected: sum "messages",
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

    fn handle(&mut self, now: SimTime, input: Input<'_, Message>, out: &mut Outbox<Message>) {
        let Input::Message(envelope) = input else {
            return self.deadline(now, out);
        };
        match &envelope.message {
            Message::ServiceRequest(request) => self.service_request(now, envelope.from, request, out),
            Message::DeviceResponse(response) => self.device_response(now, response, out),
            Message::Undeliverable(undeliverable) => self.undeliverable(now, undeliverable, out),
            Message::DeviceAlert(alert) => self.device_alert(now, *alert, out),
            Message::ImageReport(report) => self.image_report(now, report, out),
            Message::Acknowledgement(_)
            | Message::Image(_)
            | Message::ImageWarning(_)
            | Message::Command(_)
            | Message::ServiceResponse(_)
            | Message::DccAlert(_)
            | Message::PushedAgain(_)
            | Message::AlertCopy(_) => self.state.counts.misdirected += 1,
        }
    }

    #[inline]
    fn next_deadline(&self) -> SimTime {
        self.state
            .next_deadline(&self.world)
            .min(self.schedules.next_deadline(&self.world))
    }
}

impl Dsp {
    pub fn new(world: &Arc<World>) -> Dsp {
        let (params, premises) = (&world.scenario.dsp, world.population.premises_count());
        let timeout_classes = TimeoutClasses::new(params);
        let state = DspState {
            numbers: Numbers::default(),
            service_process: ServiceProcess::new(world.timeline.dsp_servers()),
            answers: Answers::default(),
            commands: Commands::new(&timeout_classes),
            future_dated: FutureDated::new(),
            readings: Readings::default(),
            records: Records::new(world),
            delivery: Delivery::default(),
            use_of_servers: UseOfServers::default(),
            images: Images::default(),
            unaddressed: RaisedAlerts::default(),
            faults: FaultTallies::default(),
            modifications: Modifications::new(world),
            ledger: Ledger::default(),
            messages: Messages::default(),
            counts: Counts::default(),
        };
        Dsp {
            capacity: Capacity {
                service_time: params.service_time.as_duration(),
                busy_time: params.busy_time_for(premises),
                queue_limit: params.queue_limit_for(premises),
            },
            retry_after_ms: u32::try_from(params.retry_after.as_micros() / 1_000).unwrap_or(u32::MAX),
            delays: Delays::new(world),
            timeout_classes,
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

    /// While the DSP is out nothing is given up, and no Modification does anything: that happens when it is back. What
    /// is to be started waits for a server with all else.
    fn deadline(&mut self, now: SimTime, out: &mut Outbox<Message>) {
        let is_out = self.world.timeline.dsp_servers().opens(now) > now;
        self.state.modifications.go_live(now, &self.state.service_process);
        while !is_out && let Some(command) = self.state.commands.take_expired(now) {
            self.time_out(now, &command, out);
        }
        while !is_out && let Some((at, devices)) = self.state.records.take_suspended(&self.world, now) {
            self.suspended(at.max(now), &devices, out);
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
        while !is_out && let Some((user, over)) = self.state.delivery.take_due(&self.world, now) {
            self.kept_no_longer(now, user, over, out);
        }
    }

    /// What a Modification kept.
    fn handed_back(&mut self, now: SimTime, due: Due, out: &mut Outbox<Message>) {
        match due {
            Due::Serve { work, served } => {
                self.is_busy(served);
                self.serve(now, served, work, out);
            }
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
            Due::ForwardDcc(user, alert) => self.push_dcc_alert(now, user, alert, out),
            Due::Withdraw(user, right) => self.state.records.withdraw(user, right, now),
        }
    }

    #[inline]
    fn send(&mut self, to: Address, due: SimTime, message: Message, out: &mut Outbox<Message>) {
        let numbers = &mut self.state.numbers;
        numbers.messages += 1;
        out.send(Address::DSP, to, numbers.messages, due, message);
    }
}

impl TakesRequests for Dsp {}

impl Accountable for Dsp {
    fn account(&self) -> Account {
        Account {
            raised: self.state.unaddressed.clone(),
            faults: self.state.faults.clone(),
            load: self.state.use_of_servers.load(),
            ..part::account(&self.state, &self.state.ledger, &self.world)
        }
    }

    fn unanswered(&self, at: SimTime, levels: &mut ServiceLevels) {
        self.state.unanswered(&self.world, at, levels);
    }

    fn ledger(&self) -> &Ledger {
        &self.state.ledger
    }

    fn open_spans(&self, at: SimTime, spans: &mut Vec<Span>) {
        for command in self.state.commands.iter() {
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
