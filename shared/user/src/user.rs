//! A User as a node: its parts, its inputs, and which of the modules below each is a matter for.

mod alerts;
mod answers;
mod drafts;
mod sending;
mod taking;

use crate::arrivals::NextArrivals;
use crate::asking_again::ToAskAgain;
use crate::counts::Counts;
use crate::desk::Desk;
use crate::gateway::{Gateway, Received};
use crate::modifications::Modifications;
use crate::own_schedules::OwnSchedules;
use crate::patience::{Patience, PatienceCheck};
use crate::request_book::{RequestBook, Stage};
use crate::signing::SigningTime;
use crate::single_requests::{SingleRequests, Singles};
use crate::waiting::Waiting;
use crate::workload::Workload;
use answers::submission;
use secnet_accounts::campaigns::{CampaignNews, CampaignTallies, Progress};
use secnet_accounts::faults::FaultTallies;
use secnet_accounts::{
    Account, Accountable, AlertTally, Part, ServiceLevels, ServiceMode, ServiceTally, part, parts,
};
use secnet_engine::draw::Stream;
use secnet_engine::{Input, ItemKind, Ledger, Node, Outbox, Outcome, Span, Step, Trace};
use secnet_model::{ResponseCode, SimDuration, SimTime, UserId};
use secnet_topology::{UserKind, World};
use secnet_wire::codec::{self, CodecError};
use secnet_wire::{Message, ServiceRequest};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const GATEWAY_DELAY: Stream = Stream::named("user-gateway-delay");
const REQUEST_SIZE: Stream = Stream::named("user-request-size");
const SAVED: &str = "the state of a User";

/// A DCC User: what every kind does alike.
#[derive(Debug)]
pub struct User<D: Desk> {
    world: Arc<World>,
    id: UserId,
    is_supplier: bool,
    signing_time: SigningTime,
    patience: Patience,
    gateway: Gateway,
    gateway_delay_min: SimDuration,
    gateway_delay_mean: SimDuration,
    workloads: Vec<Workload>,
    single: SingleRequests,
    state: UserState<D>,
    /// What is told of sampled requests while an input is handled.
    told: Vec<Span>,
}

parts! {
    /// Everything of a User that changes.
    pub struct UserState<D: Desk> {
        desk: D,
        numbers: Numbers,
        arrivals: NextArrivals,
        singles: Singles,
        pub(crate) book: RequestBook,
        waiting: Waiting,
        to_ask_again: ToAskAgain,
        patience_check: PatienceCheck,
        own_schedules: OwnSchedules,
        received: Received,
        modifications: Modifications,
        ledger: Ledger,
        service: ServiceTally,
        alerts: AlertTally,
        faults: FaultTallies,
        campaigns: CampaignTallies,
        counts: Counts,
    }
}

/// What a User numbers: the last number of each.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Numbers {
    envelopes: u64,
    /// The counters of requests are strictly increasing (domain.md §2.1).
    requests: u64,
}

impl Part for Numbers {}

impl<D: Desk> Node for User<D> {
    type Message = Message;

    fn handle(&mut self, now: SimTime, input: Input<'_, Message>, out: &mut Outbox<Message>) {
        match input {
            Input::Deadline => self.wake(now, out),
            Input::Message(envelope) => self.receive(now, &envelope.message),
        }
        while let Some(news) = self.state.desk.take_news() {
            self.campaign_news(now, news);
        }
        if !self.told.is_empty() {
            self.told.drain(..).for_each(|span| out.trace(span));
        }
    }

    #[inline]
    fn next_deadline(&self) -> SimTime {
        self.state.next_deadline(&self.world)
    }
}

impl<D: Desk> User<D> {
    /// A User the world does not list has neither roles nor workloads.
    pub fn new(world: &Arc<World>, id: UserId) -> User<D> {
        let scenario = &world.scenario;
        let workloads = match world.user(id) {
            Some(entry) => Workload::all_of::<D>(world, entry),
            None => Vec::new(),
        };
        let first_arrival = |workload: &Workload| {
            let draw = world
                .draws
                .exponential(workload.streams.arrivals, u64::from(id.0), 0);
            workload.process.start(draw)
        };
        let single = SingleRequests::of_scenario::<D>(world, world.user(id));
        let mut desk = D::default();
        desk.begin(id, world);
        let state = UserState {
            desk,
            numbers: Numbers::default(),
            arrivals: workloads.iter().map(first_arrival).collect(),
            singles: Singles::new(&single),
            book: RequestBook::default(),
            waiting: Waiting::default(),
            to_ask_again: ToAskAgain::default(),
            patience_check: PatienceCheck::default(),
            own_schedules: OwnSchedules::default(),
            received: Received::default(),
            modifications: Modifications::new(world, id),
            ledger: Ledger::default(),
            service: ServiceTally::default(),
            alerts: AlertTally::default(),
            faults: FaultTallies::default(),
            campaigns: CampaignTallies::default(),
            counts: Counts::default(),
        };
        User {
            world: Arc::clone(world),
            id,
            is_supplier: world.user(id).is_some_and(|user| user.kind == UserKind::Supplier),
            signing_time: SigningTime::new(&scenario.user),
            patience: Patience::new(scenario),
            gateway: Gateway::new(world, id),
            gateway_delay_min: scenario.gateway.latency_min.as_duration(),
            gateway_delay_mean: scenario.gateway.latency_mean.as_duration(),
            workloads,
            single,
            state,
            told: Vec::new(),
        }
    }

    /// The User whose state [`Accountable::save`] wrote down.
    pub fn restore(world: &Arc<World>, id: UserId, saved: &[u8]) -> Result<User<D>, CodecError> {
        let state: UserState<D> = codec::decode_value(SAVED, saved, codec::STATE_BYTES_MAX)?;
        let mut user = User::new(world, id);
        if state.arrivals.len() != user.workloads.len() {
            let problem = codec::Problem::Invalid(format!(
                "has {} workloads where the scenario gives it {}",
                state.arrivals.len(),
                user.workloads.len()
            ));
            return Err(CodecError {
                what: SAVED.to_owned(),
                problem,
            });
        }
        user.single
            .insert_taken::<D>(world.user(id), &state.singles.taken);
        user.state = state;
        Ok(user)
    }

    pub fn id(&self) -> UserId {
        self.id
    }

    pub fn state(&self) -> &UserState<D> {
        &self.state
    }

    fn wake(&mut self, now: SimTime, out: &mut Outbox<Message>) {
        self.state.modifications.go_live(now);
        if self.state.desk.next_deadline(&self.world) <= now {
            self.state.desk.comes_due(now, &self.world);
            while let Some(ask) = self.state.desk.take_ask() {
                self.send_asked(now, ask, out);
            }
        }
        while let Some(place) = self.state.arrivals.due(now) {
            self.arrive(now, place, out);
        }
        while self.state.singles.next_deadline(&self.world) <= now {
            self.send_single(now, out);
        }
        while let Some(again) = self.state.to_ask_again.take_due(now) {
            self.ask_again(now, again, out);
        }
        while let Some((counter, slot)) = self.state.waiting.take_due(now) {
            self.resume(now, counter, slot, out);
        }
        let (check, book) = (&mut self.state.patience_check, &self.state.book);
        for slot in check.take_unanswered(now, &self.patience, book) {
            self.close(now, slot, Outcome::NoResponse, ResponseCode::E21, None);
        }
    }

    fn receive(&mut self, now: SimTime, message: &Message) {
        let (modifications, world) = (&mut self.state.modifications, &*self.world);
        match message {
            Message::Acknowledgement(acknowledgement) => {
                modifications.is_acknowledged(now, world, acknowledgement);
                self.receive_acknowledgement(now, acknowledgement);
            }
            Message::ServiceResponse(response) => {
                modifications.is_answered(now, world, response);
                self.receive_service_response(now, response);
            }
            Message::DeviceAlert(alert) => {
                modifications.hears_device_alert(now, world, alert);
                self.receive_device_alert(now, alert);
            }
            Message::DccAlert(alert) => {
                modifications.hears_dcc_alert(now, world, alert);
                self.receive_dcc_alert(now, alert);
            }
            Message::AlertCopy(copy) => {
                modifications.hears_device_alert(now, world, &copy.0);
                self.receive_alert_copy(now, copy);
            }
            // Its item ended when it came in first: nothing else is done about it, even where the User has forgotten.
            Message::PushedAgain(pushed) => self.state.counts.copy(self.state.received.knows(pushed)),
            Message::ImageWarning(warning) => self.state.desk.note_warning(warning, world),
            Message::ServiceRequest(_)
            | Message::Image(_)
            | Message::ImageReport(_)
            | Message::Command(_)
            | Message::Undeliverable(_)
            | Message::DeviceResponse(_) => self.state.counts.unexpected_messages += 1,
        }
    }

    /// A device of a firmware campaign has come further.
    fn campaign_news(&mut self, now: SimTime, news: CampaignNews) {
        let outcome = match news.what {
            Progress::Listed { .. } => {
                self.state.ledger.open(ItemKind::FirmwareUpdate);
                None
            }
            Progress::AtHub | Progress::Sound | Progress::Asked => None,
            Progress::Warned(_) => Some(Outcome::Refused),
            Progress::Ended(outcome) => Some(outcome),
        };
        if let Some(outcome) = outcome {
            let id = [news.device.eui64().0, u64::from(news.campaign)];
            let ledger = &mut self.state.ledger;
            ledger.close(ItemKind::FirmwareUpdate, outcome, id, now);
        }
        self.state.campaigns.note(&self.world, now, news);
    }

    fn trace_of(&self, request: &ServiceRequest) -> Option<Trace> {
        self.world.sampler.request(&request.id, request.srv)
    }
}

impl<D: Desk> Accountable for User<D> {
    fn account(&self) -> Account {
        Account {
            service: self.state.service.levels(),
            alerts: self.state.alerts.levels(),
            faults: self.state.faults.clone(),
            campaigns: self.state.campaigns.clone(),
            ..part::account(&self.state, &self.state.ledger, &self.world)
        }
    }

    /// Its own requests are counted as opened here, whether answered or not; scheduled reads are the DSP's.
    fn unanswered(&self, at: SimTime, levels: &mut ServiceLevels) {
        levels.ended_were_opened(ServiceMode::Scheduled);
        self.state.unanswered(&self.world, at, levels);
    }

    fn ledger(&self) -> &Ledger {
        &self.state.ledger
    }

    fn open_spans(&self, at: SimTime, spans: &mut Vec<Span>) {
        for (_, open) in self.state.book.iter() {
            let Some(trace) = self.trace_of(&open.request) else {
                continue;
            };
            if open.stage == Stage::Submitted {
                spans.push(submission(trace, open, at));
            }
            spans.push(trace.span(Step::Item, open.opened_at, at).count(open.attempts));
        }
    }

    fn save(&self) -> Result<Vec<u8>, CodecError> {
        codec::encode_value(SAVED, &self.state, codec::STATE_BYTES_MAX)
    }
}
