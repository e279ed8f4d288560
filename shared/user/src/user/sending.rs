//! How a request comes to be and goes out: an arrival or a single request's time, and again after a back-off, a signing or a
//! closed gateway.

use super::drafts::Draft;
use super::{GATEWAY_DELAY, User};
use crate::asking_again::Again;
use crate::desk::{Ask, Desk};
use crate::request_book::{OpenRequest, Slot, Stage};
use crate::request_form::{RequestForm, Unsendable, Wishes};
use crate::single_requests::{NO_WORKLOAD, SingleRequest};
use secnet_accounts::ServiceMode;
use secnet_engine::{ItemKind, Outbox, Step};
use secnet_model::{Address, SimTime};
use secnet_wire::{Message, Timing};

impl<D: Desk> User<D> {
    /// The next arrival of a workload is here, one request or a batch of them.
    pub(super) fn arrive(&mut self, now: SimTime, place: usize, out: &mut Outbox<Message>) {
        let n = self.state.arrivals.number(place);
        let batch = u64::from(self.workloads[place].batch);
        for n in n * batch..(n + 1) * batch {
            match self.draft(now, &self.workloads[place], n) {
                Ok(draft) => self.open(now, place as u16, draft, 0, out),
                Err(Unsendable::Lost) => {}
                Err(Unsendable::NoTarget) => self.state.counts.arrivals_without_target += 1,
                Err(Unsendable::MistakeNotPossible) => self.state.counts.mistakes_not_possible += 1,
            }
        }
        let workload = &self.workloads[place];
        let exponential =
            self.world
                .draws
                .exponential(workload.streams.arrivals, u64::from(self.id.0), n + 1);
        self.state.arrivals.advance(place, &workload.process, exponential);
    }

    /// The next of the single requests is due.
    pub(super) fn send_single(&mut self, now: SimTime, out: &mut Outbox<Message>) {
        let Some(single) = self.state.singles.take_next(&self.single) else {
            return;
        };
        let mut single = single.clone();
        let listed = single.campaign.and_then(|campaign| {
            let batch = self.state.desk.list_next(now, campaign, &self.world)?;
            Some(Timing::Images { campaign, batch })
        });
        single.timing = listed.unwrap_or(single.timing);
        self.send_one(now, &single, out);
    }

    /// What the desk wants sent.
    pub(super) fn send_asked(&mut self, now: SimTime, ask: Ask, out: &mut Outbox<Message>) {
        let Some(user) = self.world.user(self.id) else {
            return;
        };
        let (srv, device, timing) = match ask {
            Ask::Device {
                srv,
                device,
                execution,
            } => (srv, Some(device), execution.map_or(Timing::Now, Timing::at)),
            Ask::Images { srv, campaign, batch } => (srv, None, Timing::Images { campaign, batch }),
        };
        let wishes = Wishes {
            target: device.map(|device| device.device_type),
            future_dated: timing.execution().is_some(),
            mistake: None,
        };
        let single = SingleRequest {
            at: now,
            form: RequestForm::new::<D>(srv, user.roles, wishes),
            premises: device.map(|device| device.premises),
            timing,
            campaign: None,
            taken: None,
        };
        self.send_one(now, &single, out);
    }

    fn send_one(&mut self, now: SimTime, single: &SingleRequest, out: &mut Outbox<Message>) {
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
            self.state.singles.taken.sent(place, request.id);
        }
        let draft = Draft {
            request,
            mode: form.mode,
            region,
        };
        self.open(now, NO_WORKLOAD, draft, 0, out);
    }

    /// Somebody asks again for what had no answer, unless it is another Supplier's by now.
    pub(super) fn ask_again(&mut self, now: SimTime, again: Again, out: &mut Outbox<Message>) {
        let Some(draft) = self.draft_again(now, again) else {
            return;
        };
        self.state.counts.asked_again += 1;
        self.open(now, again.workload, draft, again.times_before, out);
    }

    fn open(
        &mut self,
        now: SimTime,
        workload: u16,
        draft: Draft,
        times_before: u8,
        out: &mut Outbox<Message>,
    ) {
        self.state.numbers.requests += 1;
        self.state.ledger.open(ItemKind::ServiceRequest);
        let slot = self.state.book.insert(OpenRequest {
            request: draft.request,
            stage: Stage::Submitted,
            mode: draft.mode,
            region: draft.region,
            attempts: 1,
            submissions: 0,
            times_before,
            workload,
            opened_at: now,
            sent_at: now,
        });
        self.state.patience_check.note_opened(now, &self.patience);
        self.submit(now, slot, out);
    }

    /// A back-off or a signing is over, or the gateway opens.
    pub(super) fn resume(&mut self, now: SimTime, counter: u64, slot: Slot, out: &mut Outbox<Message>) {
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
            if let Some(trace) = self.world.sampler.request(&open.request.id, open.request.srv) {
                self.told.push(trace.nth(Step::Kept, now.0, now, goes_out));
            }
            // Of those that go out together the lowest counter goes first.
            let counter = open.request.id.counter;
            return self.state.waiting.push(goes_out, counter, slot);
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
        self.state.numbers.envelopes += 1;
        let message = Message::ServiceRequest(open.request);
        out.send(
            Address::user(self.id),
            Address::DSP,
            self.state.numbers.envelopes,
            now + delay,
            message,
        );
    }
}
