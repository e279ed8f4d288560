//! Acknowledgements and service responses: what each means for the request it answers, which is signed, sent again or closed.

use super::User;
use crate::asking_again::{Again, PERSONS_DELAY};
use crate::desk::{Desk, Pinged};
use crate::outcomes::outcome_of;
use crate::payload;
use crate::request_book::{OpenRequest, Slot, Stage};
use crate::retries::BACKOFF_JITTER;
use crate::signing::{SIGNING_TIME, SigningTime};
use crate::single_requests::NO_WORKLOAD;
use secnet_accounts::service::Place;
use secnet_accounts::{Ended, MorningHours, ServiceKey, ServiceMode};
use secnet_engine::{ItemKind, Outcome, Span, Step, Trace};
use secnet_model::{CommandVariant, ResponseCode, SimDuration, SimTime, Srv};
use secnet_wire::{
    Acknowledgement, Answer, CommandOrigin, DeviceResult, ServiceRequest, ServiceResponse, Timing,
};

impl<D: Desk> User<D> {
    pub(crate) fn receive_acknowledgement(&mut self, now: SimTime, acknowledgement: &Acknowledgement) {
        let counter = acknowledgement.id.counter;
        let found = self.state.book.find(counter).and_then(|slot| {
            let open = self.state.book.get_mut(slot)?;
            Some((slot, open))
        });
        let (slot, open) = match found {
            Some((slot, open)) if open.stage == Stage::Submitted => (slot, open),
            // The alert that tells of the quarantine overtook it.
            Some((_, open)) if open.stage == Stage::Quarantined => return,
            _ => {
                self.state.counts.duplicate_answers += 1;
                return;
            }
        };
        open.stage = Stage::Accepted;
        if let Some(trace) = self.world.sampler.request(&open.request.id, open.request.srv) {
            let code = acknowledgement.answer.code();
            self.told.push(submission(trace, open, now).answered(code));
        }
        match acknowledgement.answer {
            Answer::Accepted => {}
            Answer::Done { .. } => {
                self.state.own_schedules.note_done(&open.request);
                self.close(now, slot, Outcome::Completed, ResponseCode::I0, None);
            }
            Answer::PreCommand { srv, bytes } => self.correlate_pre_command(now, slot, srv, bytes),
            Answer::Refused(code) => self.close(now, slot, Outcome::Refused, code, None),
            Answer::Busy { retry_after_ms } => {
                self.back_off_or_give_up(now, slot, retry_after_ms, ResponseCode::Busy);
            }
            Answer::Throttled { retry_after_ms } => {
                self.state.counts.throttled_answers += 1;
                self.back_off_or_give_up(now, slot, retry_after_ms, ResponseCode::Throttled);
            }
        }
    }

    pub(crate) fn receive_service_response(&mut self, now: SimTime, response: &ServiceResponse) {
        self.state.received.note(&self.gateway, now, response);
        if response.origin == CommandOrigin::Scheduled {
            self.receive_scheduled_read(now, response);
            return;
        }
        let Some(slot) = self.state.book.find(response.id.counter) else {
            self.state.counts.duplicate_answers += 1;
            return;
        };
        let outcome = outcome_of(response.code, response.result);
        // What the DSP held until its time could not have been answered before.
        let execution = match self.state.book.get_mut(slot) {
            Some(open) if response.origin == CommandOrigin::HeldByDsp => open.request.timing.execution(),
            _ => None,
        };
        self.close(now, slot, outcome, response.code, execution);
    }

    #[inline]
    fn tell_desk(&mut self, now: SimTime, request: &ServiceRequest, code: ResponseCode, outcome: Outcome) {
        let Some(device) = request.id.target.device() else {
            if let Timing::Images { campaign, batch } = request.timing {
                self.state
                    .desk
                    .note_batch_end(campaign, batch, outcome, &self.world);
            }
            return;
        };
        let desk = &mut self.state.desk;
        if let Some(pinged) = desk.note_end(now, request, device, code, outcome, &self.world) {
            let Pinged {
                premises,
                answered,
                silent,
            } = pinged;
            self.state
                .faults
                .pinged(&self.world, premises, now, answered, silent);
        }
    }

    /// A reading the DSP started: the item came with the message.
    fn receive_scheduled_read(&mut self, now: SimTime, response: &ServiceResponse) {
        let population = &self.world.population;
        let device = response.id.target.device();
        let key = ServiceKey {
            srv: response.srv,
            mode: ServiceMode::Scheduled,
            user: self.id,
            region: device.map(|device| population.region_of(device.premises)),
        };
        let place = device.map(|device| Place::of(population, device));
        let outcome = outcome_of(response.code, response.result);
        let ended = Ended {
            outcome,
            code: response.code,
            asked_at: response.started_at,
            response_time: now.since(response.started_at),
            attempts: 1,
            in_time_for: MorningHours::met(&self.world, response.started_at, now),
        };
        self.state.service.ended(key, place, ended);
        self.state
            .ledger
            .close(ItemKind::ScheduledRead, outcome, response.id.identity(), now);
        if let Some(trace) = self.world.sampler.request(&response.id, response.srv) {
            self.told.push(trace.span(Step::Receipt, now, now).ended(outcome));
        }
    }

    /// The pre-command has come back: `srv` is what the DSP made of the request.
    pub(crate) fn correlate_pre_command(
        &mut self,
        now: SimTime,
        slot: Slot,
        srv: Srv,
        pre_command_bytes: u32,
    ) {
        let Some(open) = self.state.book.get_mut(slot) else {
            return;
        };
        if open.request.variant != CommandVariant::CriticalPreCommand {
            self.state.counts.duplicate_answers += 1;
            return;
        }
        if srv != open.request.srv {
            self.close(now, slot, Outcome::PreCommandMismatch, ResponseCode::I0, None);
            return;
        }
        open.stage = Stage::Signing;
        open.request.variant = CommandVariant::SignedWan;
        open.request.service = CommandVariant::SignedWan.web_service();
        open.request.bytes = payload::signed_pre_command(pre_command_bytes);
        let request = open.request;
        let counter = request.id.counter;
        let SigningTime { min, mean } = self.signing_time;
        let signing_time = self
            .world
            .draws
            .delay(min, mean, SIGNING_TIME, u64::from(self.id.0), counter);
        self.state.counts.pre_commands_signed += 1;
        if let Some(trace) = self.world.sampler.request(&request.id, srv) {
            let signing = trace.span(Step::Signing, now, now + signing_time);
            self.told.push(signing.bytes(request.bytes));
        }
        self.state.waiting.push(now + signing_time, counter, slot);
    }

    /// `code` is the answer's: with it the request ends when the User has tried often enough.
    pub(crate) fn back_off_or_give_up(
        &mut self,
        now: SimTime,
        slot: Slot,
        retry_after_ms: u32,
        code: ResponseCode,
    ) {
        let Some(open) = self.state.book.get_mut(slot) else {
            return;
        };
        let workload = self.workloads.get(usize::from(open.workload));
        let policy = workload.map_or(self.single.retry_policy, |workload| workload.retry_policy);
        let attempts = open.attempts;
        if attempts >= policy.attempts_max {
            let outcome = outcome_of(code, DeviceResult::Error);
            self.close(now, slot, outcome, code, None);
            return;
        }
        open.stage = Stage::BackingOff;
        let counter = open.request.id.counter;
        let jitter = self.world.draws.unit(
            BACKOFF_JITTER,
            u64::from(self.id.0),
            counter << 16 | u64::from(attempts),
        );
        let request = open.request;
        let retry_after = SimDuration::from_millis(u64::from(retry_after_ms));
        let again_at = now + policy.wait(attempts, retry_after, jitter);
        if let Some(trace) = self.trace_of(&request) {
            let back_off = trace.nth(Step::BackOff, u64::from(attempts), now, again_at);
            self.told.push(back_off.count(attempts));
        }
        self.state.waiting.push(again_at, counter, slot);
    }

    /// Ends an open request. Its response time runs from when it was opened, or from its `execution` where that was
    /// put off.
    pub(crate) fn close(
        &mut self,
        now: SimTime,
        slot: Slot,
        outcome: Outcome,
        code: ResponseCode,
        execution: Option<SimTime>,
    ) {
        let Some(open) = self.state.book.remove(slot) else {
            return;
        };
        let (key, place) = open.counts_as(&self.world.population);
        if let Some(trace) = self.trace_of(&open.request) {
            if open.stage == Stage::Submitted {
                self.told.push(submission(trace, &open, now).failed_if(true));
            }
            let item = trace.span(Step::Item, open.opened_at, now).count(open.attempts);
            self.told.push(item.answered(code).ended(outcome));
        }
        if open.workload == NO_WORKLOAD {
            let (id, attempts) = (open.request.id, open.attempts);
            self.state.singles.taken.ended(id, now, outcome, code, attempts);
        }
        self.may_ask_again(now, &open, code);
        self.tell_desk(now, &open.request, code, outcome);
        let since = execution.unwrap_or(open.opened_at);
        let ended = Ended {
            outcome,
            code,
            asked_at: since,
            response_time: now.since(since),
            attempts: open.attempts,
            in_time_for: MorningHours::default(),
        };
        self.state.service.ended(key, place, ended);
        self.state
            .ledger
            .close(ItemKind::ServiceRequest, outcome, open.request.id.identity(), now);
    }
}

impl<D: Desk> User<D> {
    /// A request is over; where it had no answer, somebody may ask again.
    #[inline]
    fn may_ask_again(&mut self, now: SimTime, open: &OpenRequest, code: ResponseCode) {
        let Some(workload) = self.workloads.get(usize::from(open.workload)) else {
            return;
        };
        let counter = open.request.id.counter;
        let jitter = || {
            self.world
                .draws
                .unit(PERSONS_DELAY, u64::from(self.id.0), counter)
        };
        let Some(wait) = workload.asking_again.wait(code, open.times_before, jitter) else {
            return;
        };
        let again = Again {
            workload: open.workload,
            srv: open.request.srv,
            target: open.request.id.target,
            role: open.request.role,
            times_before: open.times_before.saturating_add(1),
        };
        if now + wait < self.world.horizon {
            self.state.to_ask_again.push(now + wait, counter, again);
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
