//! The state machine every User is.

mod alerts;
mod gateway;
mod patience;
mod responses;
mod retries;
mod signing;
mod taking;

use crate::arrivals::Arrivals;
use crate::counts::Counts;
use crate::customers::Customers;
use crate::desk::Desk;
use crate::gateway::{Gateway, Received};
use crate::mistakes;
use crate::modifications::Modifications;
use crate::patience::Patience;
use crate::payload;
use crate::request_book::{OpenRequest, RequestBook, Slot, Stage};
use crate::request_form::{Candidate, RequestForm, Subject, Unsendable};
use crate::signing::SigningTime;
use crate::single_requests::{NO_WORKLOAD, SingleRequests, TakenRequests};
use crate::targets::{Search, Target};
use crate::workload::Workload;
use secnet_engine::deadlines::Deadlines;
use secnet_engine::draw::Stream;
use secnet_engine::{Input, ItemKind, Ledger, Node, Outbox, Span, Step, Trace};
use secnet_model::{Address, Eui64, Region, RequestId, Role, SimDuration, SimTime, Srv, UserId};
use secnet_results::alerts::RaisedAlerts;
use secnet_results::figures::Figures;
use secnet_results::{Account, Accountable, AlertLevels, Part, ServiceLevels, ServiceMode};
use secnet_topology::scenario::Mistake;
use secnet_topology::{UserKind, World};
use secnet_wire::codec::{self, CodecError};
use secnet_wire::{Message, ServiceRequest, Timing};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

const GATEWAY_DELAY: Stream = Stream::named("user-gateway-delay");
const REQUEST_SIZE: Stream = Stream::named("user-request-size");

/// Schedules of its own making that a User remembers, to read and delete them. Assumed; the oldest stay.
const SCHEDULES_REMEMBERED: usize = 1_024;

/// A DCC User: what every kind does alike.
#[derive(Debug)]
pub struct User<D: Desk> {
    pub(crate) world: Arc<World>,
    pub(crate) id: UserId,
    is_supplier: bool,
    pub(crate) signing_time: SigningTime,
    pub(crate) patience: Patience,
    pub(crate) gateway: Gateway,
    gateway_delay_min: SimDuration,
    gateway_delay_mean: SimDuration,
    pub(crate) workloads: Vec<Workload>,
    pub(crate) single: SingleRequests,
    /// The next arrival of each workload; follows from the state.
    arrivals_due: Deadlines,
    pub(crate) state: UserState<D>,
    /// What is told of sampled requests while an input is handled.
    pub(crate) told: Vec<Span>,
}

/// Everything of a User that changes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(bound = "D: Desk")]
pub struct UserState<D> {
    pub(crate) desk: D,
    /// Number of the last envelope sent.
    seq: u64,
    /// Counter of the last request; strictly increasing (domain.md §2.1).
    counter: u64,
    /// By workload.
    arrivals: Vec<Arrivals>,
    /// Single requests sent so far.
    singles_sent: u64,
    /// Single requests that are not the scenario's.
    pub(crate) taken: TakenRequests,
    pub(crate) book: RequestBook,
    /// Requests to be sent, again or signed, with the time to do so.
    waiting: BinaryHeap<Reverse<(SimTime, u64, Slot)>>,
    schedules: Vec<OwnSchedule>,
    pub(crate) received: Received,
    pub(crate) patience_check_at: SimTime,
    pub(crate) ledger: Ledger,
    pub(crate) service: ServiceLevels,
    pub(crate) alerts: AlertLevels,
    pub(crate) counts: Counts,
    pub(crate) modifications: Modifications,
}

/// A schedule the User created and has not deleted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct OwnSchedule {
    target: Eui64,
    srv: Srv,
    /// As which it was created.
    role: Role,
}

/// A request ready to be opened.
struct Draft {
    request: ServiceRequest,
    mode: ServiceMode,
    region: Option<Region>,
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
            workload.process.start(
                world
                    .draws
                    .exponential(workload.streams.arrivals, u64::from(id.0), 0),
            )
        };
        let state = UserState {
            arrivals: workloads.iter().map(first_arrival).collect(),
            patience_check_at: SimTime::NEVER,
            modifications: Modifications::new(world, id),
            ..UserState::default()
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
            single: SingleRequests::new::<D>(world, world.user(id), &state.taken),
            arrivals_due: deadlines_of(&state.arrivals),
            state,
            told: Vec::new(),
        }
    }

    /// The User whose state [`Accountable::save`] wrote down.
    pub fn restore(world: &Arc<World>, id: UserId, saved: &[u8]) -> Result<User<D>, CodecError> {
        const WHAT: &str = "the state of a User";
        let state: UserState<D> = codec::decode_value(WHAT, saved, codec::STATE_BYTES_MAX)?;
        let mut user = User::new(world, id);
        if state.arrivals.len() != user.workloads.len() {
            let problem = codec::Problem::Invalid(format!(
                "has {} workloads where the scenario gives it {}",
                state.arrivals.len(),
                user.workloads.len()
            ));
            return Err(CodecError {
                what: WHAT.to_owned(),
                problem,
            });
        }
        user.arrivals_due = deadlines_of(&state.arrivals);
        user.single = SingleRequests::new::<D>(world, world.user(id), &state.taken);
        user.state = state;
        Ok(user)
    }

    pub fn id(&self) -> UserId {
        self.id
    }

    pub fn state(&self) -> &UserState<D> {
        &self.state
    }

    /// To send the request in `slot`, again or signed, at `due`.
    pub(crate) fn wait_until(&mut self, due: SimTime, counter: u64, slot: Slot) {
        self.state.waiting.push(Reverse((due, counter, slot)));
    }

    fn receive(&mut self, now: SimTime, message: Message) {
        let (modifications, world) = (&mut self.state.modifications, &*self.world);
        match message {
            Message::Acknowledgement(acknowledgement) => {
                modifications.is_acknowledged(now, world, &acknowledgement);
                self.receive_acknowledgement(now, acknowledgement);
            }
            Message::ServiceResponse(response) => {
                modifications.is_answered(now, world, &response);
                self.receive_service_response(now, response);
            }
            Message::DeviceAlert(alert) => {
                modifications.hears_device_alert(now, world, &alert);
                self.receive_device_alert(now, alert);
            }
            Message::DccAlert(alert) => {
                modifications.hears_dcc_alert(now, world, &alert);
                self.receive_dcc_alert(now, alert);
            }
            Message::PushedAgain(pushed) => self.receive_copy(&pushed),
            Message::ServiceRequest(_)
            | Message::Command(_)
            | Message::Undeliverable(_)
            | Message::DeviceResponse(_) => self.state.counts.unexpected_messages += 1,
        }
    }

    pub(crate) fn trace_of(&self, request: &ServiceRequest) -> Option<Trace> {
        self.world.sampler.request(&request.id, request.srv)
    }

    fn wake(&mut self, now: SimTime, out: &mut Outbox<Message>) {
        self.state.modifications.go_live(now);
        while self.arrivals_due.earliest() <= now {
            self.arrive(now, self.arrivals_due.earliest_index(), out);
        }
        while self.single.next_at(self.state.singles_sent as usize) <= now {
            self.send_single(now, out);
        }
        while let Some(&Reverse((due, counter, slot))) = self.state.waiting.peek()
            && due <= now
        {
            self.state.waiting.pop();
            self.resume(now, counter, slot, out);
        }
        if self.state.patience_check_at <= now {
            self.give_up_unanswered(now);
        }
    }

    /// The next arrival of a workload is here.
    fn arrive(&mut self, now: SimTime, place: usize, out: &mut Outbox<Message>) {
        let n = self.state.arrivals[place].n;
        match self.draft(now, &self.workloads[place], n) {
            Ok(draft) => self.open(now, place as u16, draft, out),
            Err(Unsendable::Lost) => {}
            Err(Unsendable::NoTarget) => self.state.counts.arrivals_without_target += 1,
            Err(Unsendable::MistakeNotPossible) => self.state.counts.mistakes_not_possible += 1,
        }
        let workload = &self.workloads[place];
        let exponential =
            self.world
                .draws
                .exponential(workload.streams.arrivals, u64::from(self.id.0), n + 1);
        let arrivals = &mut self.state.arrivals[place];
        workload.process.advance(arrivals, exponential);
        self.arrivals_due.set(place, arrivals.next_at);
    }

    /// The next of the single requests is due.
    fn send_single(&mut self, now: SimTime, out: &mut Outbox<Message>) {
        let number = self.state.singles_sent as usize;
        self.state.singles_sent += 1;
        let Some(single) = self.single.get(number) else {
            return;
        };
        let Ok(form) = &single.form else {
            self.state.counts.arrivals_without_target += 1;
            return;
        };
        let Some((target, role)) = single.target(&self.world, form) else {
            self.state.counts.arrivals_without_target += 1;
            return;
        };
        let region = single
            .premises
            .filter(|_| form.mode != ServiceMode::NonDevice)
            .map(|premises| self.world.population.region_of(premises));
        let request = self.request(form, target, role, single.timing);
        if let Some(place) = single.taken {
            self.state.taken.sent(place, request.id);
        }
        let draft = Draft {
            request,
            mode: form.mode,
            region,
        };
        self.open(now, NO_WORKLOAD, draft, out);
    }

    /// The next request, filled in.
    fn request(&self, form: &RequestForm, target: Eui64, role: Role, timing: Timing) -> ServiceRequest {
        let counter = self.state.counter + 1;
        let size = self.world.draws.bits(REQUEST_SIZE, u64::from(self.id.0), counter);
        ServiceRequest {
            id: RequestId {
                originator: self.id,
                target,
                counter,
            },
            srv: form.srv,
            variant: form.variant,
            service: form.service,
            role: form.claimed_role.unwrap_or(role),
            bytes: payload::service_request(form.srv, size),
            timing,
        }
    }

    /// Fills in a workload's `n`-th request.
    fn draft(&self, now: SimTime, workload: &Workload, n: u64) -> Result<Draft, Unsendable> {
        let (draws, user) = (self.world.draws, u64::from(self.id.0));
        if self.has_lost(now, workload, n) {
            return Err(Unsendable::Lost);
        }
        let choice = match workload.forms.len() {
            1 => 0,
            count => draws.below(count as u64, workload.streams.srv, user, n) as usize,
        };
        let form = workload
            .forms
            .get(choice)
            .ok_or(Unsendable::NoTarget)?
            .as_ref()
            .map_err(|problem| *problem)?;
        let (target, role, region, timing) = match &form.subject {
            Subject::Dcc(role) => (Eui64::DCC, *role, None, Timing::Now),
            Subject::Device(candidates) => {
                let (target, role, region) = self.choose_device(now, workload, form.srv, candidates, n)?;
                let region = region.filter(|_| form.mode != ServiceMode::NonDevice);
                (target, role, region, timing(now, workload, form))
            }
            Subject::Schedule(choices) => {
                let schedule = self.choose_schedule(now, workload, form, choices, n)?;
                let timing = Timing::Daily { srv: schedule.srv };
                (schedule.target, schedule.role, None, timing)
            }
        };
        Ok(Draft {
            request: self.request(form, target, role, timing),
            mode: form.mode,
            region,
        })
    }

    /// What 5.1–5.3 are about: a schedule to create, or one of its own to read or delete where it has any.
    fn choose_schedule(
        &self,
        now: SimTime,
        workload: &Workload,
        form: &RequestForm,
        choices: &[(Srv, Vec<Candidate>)],
        n: u64,
    ) -> Result<OwnSchedule, Unsendable> {
        let choose = |count: usize| {
            let stream = workload.streams.schedule;
            self.world
                .draws
                .below(count as u64, stream, u64::from(self.id.0), n) as usize
        };
        let own = &self.state.schedules;
        if form.srv.number() != "5.1" && workload.mistake.is_none() && !own.is_empty() {
            return Ok(own[choose(own.len())]);
        }
        let (srv, candidates) = choices.get(choose(choices.len())).ok_or(Unsendable::NoTarget)?;
        let (target, role, _) = self.choose_device(now, workload, *srv, candidates, n)?;
        Ok(OwnSchedule {
            target,
            srv: *srv,
            role,
        })
    }

    /// The device `srv` goes to, the role in which, and its region.
    fn choose_device(
        &self,
        now: SimTime,
        workload: &Workload,
        srv: Srv,
        candidates: &[Candidate],
        n: u64,
    ) -> Result<(Eui64, Role, Option<Region>), Unsendable> {
        let population = &self.world.population;
        if workload.mistake == Some(Mistake::UnknownDevice) {
            let role = candidates.first().ok_or(Unsendable::NoTarget)?.role;
            return Ok((self.unknown_device(workload, n), role, None));
        }
        let search = self.search(now, workload, n);
        let are_the_first = search.customers.are_the_first();
        let Target { premises, candidate } = if workload.each_once {
            search
                .given(&workload.portfolio, n, candidates)
                .ok_or(Unsendable::NoTarget)?
        } else if workload.mistake == Some(Mistake::NotResponsible) {
            search.foreign(candidates).ok_or(Unsendable::MistakeNotPossible)?
        } else {
            search
                .own(
                    &workload.portfolio,
                    |role| are_the_first && workload.implies(role),
                    candidates,
                )
                .ok_or(Unsendable::NoTarget)?
        };
        let device_type = match workload.mistake {
            Some(Mistake::WrongDeviceType) => mistakes::wrong_device_type(srv, population, premises)
                .ok_or(Unsendable::MistakeNotPossible)?,
            _ => candidate.device_type,
        };
        let region = population.region_of(premises);
        Ok((premises.device(device_type).eui64(), candidate.role, Some(region)))
    }

    #[inline]
    fn search<'a>(&'a self, now: SimTime, workload: &Workload, n: u64) -> Search<'a> {
        Search {
            customers: Customers::new(&self.world, self.id, now),
            draws: self.world.draws,
            stream: workload.streams.premises,
            n,
            prepayment_only: workload.prepayment_only,
        }
    }

    /// Whether the arrival's premises is known to be another Supplier's: so arrivals become fewer by the share of those lost.
    #[inline]
    fn has_lost(&self, now: SimTime, workload: &Workload, n: u64) -> bool {
        if self.world.timeline.takeovers().is_empty() || !self.is_supplier {
            return false;
        }
        let search = self.search(now, workload, n);
        let premises = search.first(&workload.portfolio);
        premises.is_some_and(|premises| workload.has_lost(search.customers, premises))
    }

    fn unknown_device(&self, workload: &Workload, n: u64) -> Eui64 {
        mistakes::unknown_device(self.world.draws.bits(
            workload.streams.unknown_device,
            u64::from(self.id.0),
            n,
        ))
    }

    fn open(&mut self, now: SimTime, workload: u16, draft: Draft, out: &mut Outbox<Message>) {
        self.state.counter += 1;
        self.state.ledger.open(ItemKind::ServiceRequest);
        let slot = self.state.book.insert(OpenRequest {
            request: draft.request,
            stage: Stage::Submitted,
            mode: draft.mode,
            region: draft.region,
            attempts: 1,
            submissions: 0,
            workload,
            opened_at: now,
            sent_at: now,
        });
        self.note_patience(now);
        self.submit(now, slot, out);
    }

    /// A back-off or a signing is over, or the gateway opens.
    fn resume(&mut self, now: SimTime, counter: u64, slot: Slot, out: &mut Outbox<Message>) {
        let Some(open) = self.state.book.get_mut(slot) else {
            return;
        };
        if open.request.id.counter != counter {
            return;
        }
        if open.stage == Stage::BackingOff {
            open.attempts += 1;
            self.state.counts.retries += 1;
        }
        self.submit(now, slot, out);
    }

    fn submit(&mut self, now: SimTime, slot: Slot, out: &mut Outbox<Message>) {
        let Some(open) = self.state.book.get_mut(slot) else {
            return;
        };
        let opens = self.gateway.opens(now);
        let goes_out = match opens > now {
            true => {
                self.state.counts.kept_by_gateway += 1;
                opens
            }
            false => self.state.modifications.submits(now, &self.world, &open.request),
        };
        if goes_out > now {
            open.stage = Stage::Kept;
            // Of those that go out together the lowest counter goes first.
            let counter = open.request.id.counter;
            return self.wait_until(goes_out, counter, slot);
        }
        open.stage = Stage::Submitted;
        open.sent_at = now;
        open.submissions = open.submissions.wrapping_add(1);
        let key = open.request.id.counter << 16 | u64::from(open.submissions);
        let delay = self.world.draws.delay(
            self.gateway_delay_min,
            self.gateway_delay_mean,
            GATEWAY_DELAY,
            u64::from(self.id.0),
            key,
        );
        if let Some(trace) = self.world.sampler.request(&open.request.id, open.request.srv) {
            let n = u64::from(open.submissions);
            let to_dsp = trace.nth(Step::ToDsp, n, now, now + delay);
            out.trace(to_dsp.under(trace, Step::Submission, n).bytes(open.request.bytes));
        }
        self.state.seq += 1;
        let message = Message::ServiceRequest(open.request);
        out.send(
            Address::user(self.id),
            Address::DSP,
            self.state.seq,
            now + delay,
            message,
        );
    }

    /// Keeps in mind which schedules the DSP holds on its request.
    pub(crate) fn remember_schedule(&mut self, request: ServiceRequest) {
        let Some(srv) = request.timing.daily() else { return };
        let schedule = OwnSchedule {
            target: request.id.target,
            srv,
            role: request.role,
        };
        let own = &mut self.state.schedules;
        let place = own.iter().position(|known| *known == schedule);
        match (request.srv.number(), place) {
            ("5.1", None) if own.len() < SCHEDULES_REMEMBERED => own.push(schedule),
            ("5.3", Some(place)) => {
                own.swap_remove(place);
            }
            _ => {}
        }
    }
}

/// The web service call under way, as it stands at `end`. One that repeats or signs an earlier one is linked to it.
pub(crate) fn submission(trace: Trace, open: &OpenRequest, end: SimTime) -> Span {
    let n = u64::from(open.submissions);
    let earlier = (n > 1).then(|| trace.link_to(Step::Submission, n - 1));
    trace
        .nth(Step::Submission, n, open.sent_at, end)
        .linked(earlier)
        .count(open.attempts)
}

/// Execution time in whole seconds since the epoch, never 0; 0 for on-demand requests.
fn timing(now: SimTime, workload: &Workload, form: &RequestForm) -> Timing {
    match workload.future_dated_by {
        Some(span) if form.mode == ServiceMode::FutureDated => Timing::at(now + span),
        _ => Timing::Now,
    }
}

fn deadlines_of(arrivals: &[Arrivals]) -> Deadlines {
    let mut deadlines = Deadlines::new(arrivals.len());
    for (place, arrivals) in arrivals.iter().enumerate() {
        deadlines.set(place, arrivals.next_at);
    }
    deadlines
}

impl<D: Desk> Node for User<D> {
    type Message = Message;

    fn handle(&mut self, now: SimTime, input: Input<Message>, out: &mut Outbox<Message>) {
        match input {
            Input::Deadline => self.wake(now, out),
            Input::Message(envelope) => self.receive(now, envelope.message),
        }
        if !self.told.is_empty() {
            self.told.drain(..).for_each(|span| out.trace(span));
        }
    }

    fn next_deadline(&self) -> SimTime {
        let waiting = self
            .state
            .waiting
            .peek()
            .map_or(SimTime::NEVER, |Reverse((due, _, _))| *due);
        self.arrivals_due
            .earliest()
            .min(self.single.next_at(self.state.singles_sent as usize))
            .min(waiting)
            .min(self.state.patience_check_at)
            .min(self.state.modifications.next_deadline(&self.world))
    }
}

impl<D: Desk> Accountable for User<D> {
    fn account(&self) -> Account {
        let mut held = [0; ItemKind::COUNT];
        held[ItemKind::ServiceRequest as usize] = self.state.book.len() as u64;
        let mut figures = Figures::of(&self.state.counts);
        self.state.modifications.figures(&self.world, &mut figures);
        Account {
            ledger: self.state.ledger.clone(),
            held,
            service: self.state.service.clone(),
            raised: RaisedAlerts::default(),
            alerts: self.state.alerts.clone(),
            figures,
        }
    }

    fn unanswered(&self, at: SimTime, levels: &mut ServiceLevels) {
        self.add_unanswered(at, levels);
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

    fn save(&self) -> Result<Vec<u8>, codec::CodecError> {
        codec::encode_value("the state of a User", &self.state, codec::STATE_BYTES_MAX)
    }
}
