//! `impl Node for S1sp`: what comes in, and when it goes on.

use crate::air::{Air, Passage};
use crate::head_end::{HeadEnd, Served, Service};
use crate::hubs::{Hubs, Need};
use crate::resending::{Late, Resending};
use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::{Account, Accountable, Part, figures, part, parts};
use secnet_engine::draw::Stream;
use secnet_engine::{Input, ItemKind, Ledger, Node, Outbox, Outcome, Step, Trace};
use secnet_model::{Address, PremisesId, Region, SimDuration, SimTime, Srv};
use secnet_topology::timeline::Windows;
use secnet_topology::{TakesRequests, World};
use secnet_wire::codec::{CodecError, Problem, STATE_BYTES_MAX, decode_value, encode_value};
use secnet_wire::{
    Command, DeviceResponse, Direction, Freight, Identity, Message, Undeliverable, UndeliverableReason,
};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::{Arc, LazyLock};

const STATE_NAME: &str = "the state of an S1SP";

const TO_PREMISES: Stream = Stream::named("s1sp-to-premises");
const TO_DSP: Stream = Stream::named("s1sp-to-dsp");
const UNDELIVERABLE_TO_DSP: Stream = Stream::named("s1sp-undeliverable-to-dsp");

/// The SMETS1 Service Provider.
pub struct S1sp {
    world: Arc<World>,
    premises: Range<u32>,
    air: Air,
    closed: Windows,
    queue_limit: usize,
    state: S1spState,
}

parts! {
    /// Everything about the S1SP that changes.
    pub struct S1spState {
        head_end: HeadEnd,
        hubs: Hubs,
        resending: Resending,
        desk: Desk,
    }
}

/// What was sent, closed and counted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Desk {
    /// Envelopes sent so far.
    sent: u64,
    ledger: Ledger,
    counts: Counts,
}

impl Part for Desk {
    fn figures(&self, _: &World, figures: &mut Figures) {
        figures.put(Key::Whole, &self.counts);
    }
}

figures! {
    /// What the S1SP counts.
    struct Counts: "S1SP" in "s1sp" {
        /// Requests from the DSP.
        commands: sum "commands",
        /// Requests handed to the premises.
        commands_delivered: sum "commands",
        /// Requests for premises without coverage.
        no_coverage: sum "commands" as "commands_without_coverage",
        /// Requests whose hub could not be woken, or whose last transmission was lost.
        commands_lost: sum "commands",
        /// Requests for which the head end had no room.
        commands_queue_full: sum "commands",
        /// Critical requests that the DCO has checked.
        dual_controlled: sum "commands",
        /// Codes made for vends.
        vend_codes: sum "codes",
        /// Responses handed to the DSP.
        responses_delivered: sum "responses",
        /// Responses whose last transmission was lost.
        responses_lost: sum "responses",
        /// Responses for which the head end had no room.
        responses_queue_full: sum "responses",
        /// Alerts handed to the DSP.
        alerts_passed_on: sum "alerts",
        /// Alerts whose last transmission was lost.
        alerts_lost: sum "alerts",
        /// Alerts for which the head end had no room.
        alerts_queue_full: sum "alerts",
        /// Messages nobody should send to the S1SP.
        misrouted: sum "messages",
    }
}

/// Why something ends here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Lost,
    QueueFull,
}

/// The services the S1SP treats apart.
struct Special {
    vend: Option<Srv>,
    network_data: Option<Srv>,
}

static SPECIAL: LazyLock<Special> = LazyLock::new(|| Special {
    vend: Srv::from_number("2.2"),
    network_data: Srv::from_number("4.10"),
});

impl S1sp {
    pub fn new(world: &Arc<World>) -> S1sp {
        let state = S1spState {
            head_end: HeadEnd::new(world.scenario.s1sp.servers),
            hubs: Hubs::default(),
            resending: Resending::default(),
            desk: Desk::default(),
        };
        S1sp::with_state(world, state)
    }

    fn with_state(world: &Arc<World>, state: S1spState) -> S1sp {
        let premises = world.population.premises_count();
        S1sp {
            premises: world.population.region_range(Region::Smets1),
            air: Air::new(world),
            closed: world.timeline.csp(Region::Smets1).clone(),
            queue_limit: world.scenario.s1sp.queue_limit_for(premises),
            world: Arc::clone(world),
            state,
        }
    }

    /// An S1SP that goes on from what [`save`](Accountable::save) wrote. The state of another scenario's is refused.
    pub fn restore(world: &Arc<World>, saved: &[u8]) -> Result<S1sp, CodecError> {
        let state: S1spState = decode_value(STATE_NAME, saved, STATE_BYTES_MAX)?;
        let (servers, expected) = (state.head_end.servers(), world.scenario.s1sp.servers.max(1));
        if servers != expected as usize {
            let problem = Problem::Invalid(format!("is of {servers} servers, where there are {expected}"));
            return Err(CodecError {
                what: STATE_NAME.to_owned(),
                problem,
            });
        }
        Ok(S1sp::with_state(world, state))
    }

    /// A request from the DSP: through the head end and the DCO to the hub, once that is awake.
    fn command(&mut self, now: SimTime, command: &Command, out: &mut Outbox<Message>) {
        self.state.desk.counts.commands += 1;
        let Some(premises) = self.premises_of(command.id.target.device().map(|device| device.premises))
        else {
            self.state.desk.counts.misrouted += 1;
            return self.undeliverable(command, now, UndeliverableReason::NoCoverage, out);
        };
        if !self.air.is_recorded(premises, now) {
            self.state.desk.counts.no_coverage += 1;
            return self.undeliverable(command, now, UndeliverableReason::NoCoverage, out);
        }
        let freight = Freight::Command(*command);
        let Some(served) = self.through_head_end(now, &freight) else {
            return self.gone(&freight, End::QueueFull, now, out);
        };
        let ready = self.ready(command, served.ends);
        let awake = self.state.hubs.reach(
            &self.air,
            Need {
                premises,
                command: Identity::of(&freight),
                wake_ups: (Some(command.srv) == SPECIAL.network_data)
                    .then_some(self.world.scenario.s1sp.network_data_wake_ups),
            },
            ready,
            self.world.scenario.s1sp.awake_for.as_duration(),
        );
        let sent = match awake {
            Passage::Received { at, .. } => {
                self.air
                    .send(Direction::Downlink, premises, Identity::of(&freight), at)
            }
            lost @ Passage::Lost { .. } => lost,
        };
        let due = match sent {
            Passage::Received { at, .. } => at + self.latency_to(Identity::of(&freight)),
            Passage::Lost { at, .. } => at,
        };
        if let Some(trace) = self.trace_of(&freight) {
            tell_downlink(
                trace,
                out,
                &freight,
                [now, served.starts, served.ends, ready],
                awake,
                (sent, due),
            );
        }
        match sent {
            Passage::Received { .. } => {
                self.state.desk.counts.commands_delivered += 1;
                self.send(Address::premises(premises), due, freight.into(), out);
            }
            Passage::Lost { at, .. } => self.gone(&freight, End::Lost, at, out),
        }
    }

    /// When a request that the head end has translated may go: a critical one after the DCO has checked it, a vend with its code.
    fn ready(&mut self, command: &Command, translated: SimTime) -> SimTime {
        let (params, counts) = (&self.world.scenario.s1sp, &mut self.state.desk.counts);
        let mut ready = translated;
        if Some(command.srv) == SPECIAL.vend {
            counts.vend_codes += 1;
            ready += params.vend_code_time.as_duration();
        }
        if command.srv.entry().critical {
            counts.dual_controlled += 1;
            ready += params.dual_control_time.as_duration();
        }
        ready
    }

    /// What a hub has sent reaches the S1SP, at once or after some transmissions more.
    fn up(&mut self, now: SimTime, freight: Freight, out: &mut Outbox<Message>) {
        let Some(premises) = self.premises_of(freight.premises()) else {
            self.state.desk.counts.misrouted += 1;
            return self.gone(&freight, End::Lost, now, out);
        };
        let passage = self
            .air
            .send(Direction::Uplink, premises, Identity::of(&freight), now);
        let (at, received, tries) = match passage {
            Passage::Received { tries: 1, .. } => return self.received(now, freight, 1, out),
            Passage::Received { at, tries } => (at, true, tries),
            Passage::Lost { at, tries } => (at, false, tries),
        };
        let late = Late {
            freight,
            received,
            tries,
        };
        self.state.resending.insert(at, late);
    }

    /// Through the head end and on to the DSP.
    fn received(&mut self, now: SimTime, freight: Freight, tries: u32, out: &mut Outbox<Message>) {
        let Some(served) = self.through_head_end(now, &freight) else {
            return self.gone(&freight, End::QueueFull, now, out);
        };
        let counts = &mut self.state.desk.counts;
        match freight {
            Freight::Alert(_) => counts.alerts_passed_on += 1,
            Freight::Response(_) | Freight::Command(_) => counts.responses_delivered += 1,
        }
        let due = served.ends + self.latency_to_dsp(TO_DSP, Identity::of(&freight));
        if let Some(trace) = self.trace_of(&freight) {
            let uplink = trace.span(Step::Uplink, served.starts, served.ends);
            out.trace(trace.span(Step::UplinkQueue, now, served.starts));
            out.trace(uplink.count(tries).bytes(freight.bytes()));
            out.trace(trace.span(Step::FromCsp, served.ends, due));
        }
        self.send(Address::DSP, due, freight.into(), out);
    }

    fn wake(&mut self, now: SimTime, out: &mut Outbox<Message>) {
        while let Some((at, late)) = self.state.resending.take_due(now) {
            match late.received {
                true => self.received(at, late.freight, late.tries, out),
                false => self.gone(&late.freight, End::Lost, at, out),
            }
        }
    }

    fn through_head_end(&mut self, now: SimTime, freight: &Freight) -> Option<Served> {
        let premises = self.world.population.premises_count();
        let (time, busy) = self.world.scenario.s1sp.service(freight.bytes(), premises);
        let service = Service { time, busy };
        self.state
            .head_end
            .enter(now, service, self.queue_limit, &self.closed)
    }

    /// The DSP is told of a request that is gone. A response that is gone leaves the DSP to its time-out (E21). An alert ends here.
    fn gone(&mut self, freight: &Freight, end: End, at: SimTime, out: &mut Outbox<Message>) {
        let counts = &mut self.state.desk.counts;
        let count = match (freight, end) {
            (Freight::Command(_), End::Lost) => &mut counts.commands_lost,
            (Freight::Command(_), End::QueueFull) => &mut counts.commands_queue_full,
            (Freight::Response(_), End::Lost) => &mut counts.responses_lost,
            (Freight::Response(_), End::QueueFull) => &mut counts.responses_queue_full,
            (Freight::Alert(_), End::Lost) => &mut counts.alerts_lost,
            (Freight::Alert(_), End::QueueFull) => &mut counts.alerts_queue_full,
        };
        *count += 1;
        let (outcome, reason) = match end {
            End::Lost => (Outcome::LostOnWan, UndeliverableReason::LostOnWan),
            End::QueueFull => (Outcome::DroppedQueueFull, UndeliverableReason::QueueFull),
        };
        match freight {
            Freight::Command(command) => return self.undeliverable(command, at, reason, out),
            Freight::Response(_) => {}
            Freight::Alert(alert) => {
                let ledger = &mut self.state.desk.ledger;
                ledger.close(ItemKind::DeviceAlert, outcome, alert.identity(), at);
            }
        }
        if let Some(trace) = self.trace_of(freight) {
            out.trace(trace.span(Step::Uplink, at, at).ended(outcome));
        }
    }

    /// Tells the DSP, which answers the User with E20.
    fn undeliverable(
        &mut self,
        command: &Command,
        known_at: SimTime,
        reason: UndeliverableReason,
        out: &mut Outbox<Message>,
    ) {
        let due = known_at + self.latency_to_dsp(UNDELIVERABLE_TO_DSP, Identity::of_request(command.id));
        if let Some(trace) = self.world.sampler.request(&command.id, command.srv) {
            out.trace(trace.span(Step::Undeliverable, known_at, due).failed_if(true));
        }
        let word = Undeliverable {
            id: command.id,
            correlation: command.correlation,
            reason,
        };
        self.send(Address::DSP, due, Message::Undeliverable(word), out);
    }

    fn premises_of(&self, premises: Option<PremisesId>) -> Option<PremisesId> {
        premises.filter(|premises| self.premises.contains(&premises.0))
    }

    fn latency_to(&self, command: Identity) -> SimDuration {
        let params = &self.world.scenario.s1sp;
        let (min, mean) = (
            params.latency_min.as_duration(),
            params.latency_mean.as_duration(),
        );
        self.world
            .draws
            .delay(min, mean, TO_PREMISES, command.id, command.n)
    }

    fn latency_to_dsp(&self, stream: Stream, message: Identity) -> SimDuration {
        let link = &self.world.scenario.dsp_csp;
        let (min, mean) = (link.latency_min.as_duration(), link.latency_mean.as_duration());
        self.world.draws.delay(min, mean, stream, message.id, message.n)
    }

    fn trace_of(&self, freight: &Freight) -> Option<Trace> {
        let sampler = &self.world.sampler;
        match freight {
            Freight::Command(Command { id, srv, .. }) | Freight::Response(DeviceResponse { id, srv, .. }) => {
                sampler.request(id, *srv)
            }
            Freight::Alert(alert) => sampler.device_alert(alert.device, alert.alert, alert.number),
        }
    }

    fn send(&mut self, to: Address, due: SimTime, message: Message, out: &mut Outbox<Message>) {
        self.state.desk.sent += 1;
        let from = Address::provider(Region::Smets1);
        out.send(from, to, self.state.desk.sent, due, message);
    }
}

/// The wait for the head end, its service, the DCO's check, the wake-up, and the way to the hub.
#[cold]
fn tell_downlink(
    trace: Trace,
    out: &mut Outbox<Message>,
    freight: &Freight,
    [came, starts, served, ready]: [SimTime; 4],
    awake: Passage,
    (sent, due): (Passage, SimTime),
) {
    out.trace(trace.span(Step::DownlinkQueue, came, starts));
    out.trace(trace.span(Step::Downlink, starts, served).bytes(freight.bytes()));
    if ready > served {
        out.trace(trace.span(Step::DualControl, served, ready));
    }
    match awake {
        Passage::Received { at, tries } => {
            if at > ready {
                out.trace(trace.span(Step::WakeUp, ready, at).count(tries));
            }
            let way = trace.span(Step::ToHub, at, due);
            out.trace(match sent {
                Passage::Received { tries, .. } => way.count(tries),
                Passage::Lost { tries, .. } => way.count(tries).failed_if(true),
            });
        }
        Passage::Lost { at, tries } => {
            out.trace(trace.span(Step::WakeUp, ready, at).count(tries).failed_if(true));
        }
    }
}

impl Node for S1sp {
    type Message = Message;

    fn handle(&mut self, now: SimTime, input: Input<'_, Message>, out: &mut Outbox<Message>) {
        match input {
            Input::Deadline => self.wake(now, out),
            Input::Message(envelope) => match &envelope.message {
                Message::Command(command) => self.command(now, command, out),
                Message::DeviceResponse(response) => self.up(now, Freight::Response(*response), out),
                Message::DeviceAlert(alert) => self.up(now, Freight::Alert(*alert), out),
                Message::ServiceRequest(_)
                | Message::Acknowledgement(_)
                | Message::Undeliverable(_)
                | Message::ServiceResponse(_)
                | Message::DccAlert(_)
                | Message::PushedAgain(_)
                | Message::AlertCopy(_)
                | Message::Image(_)
                | Message::ImageReport(_)
                | Message::ImageWarning(_) => self.state.desk.counts.misrouted += 1,
            },
        }
    }

    #[inline]
    fn next_deadline(&self) -> SimTime {
        self.state.next_deadline(&self.world)
    }
}

impl TakesRequests for S1sp {}

impl Accountable for S1sp {
    fn account(&self) -> Account {
        Account {
            load: self.state.head_end.load(),
            ..part::account(&self.state, &self.state.desk.ledger, &self.world)
        }
    }

    fn ledger(&self) -> &Ledger {
        &self.state.desk.ledger
    }

    fn save(&self) -> Result<Vec<u8>, CodecError> {
        encode_value(STATE_NAME, &self.state, STATE_BYTES_MAX)
    }
}
