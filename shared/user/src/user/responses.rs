//! Acknowledgements and service responses: what each means for the request it answers.

use super::{User, submission};
use crate::desk::Desk;
use crate::outcomes::outcome_of;
use crate::request_book::{OpenRequest, Slot, Stage};
use crate::single_requests::NO_WORKLOAD;
use secnet_engine::{ItemKind, Outcome, Step};
use secnet_model::{ResponseCode, SimTime};
use secnet_results::service::Place;
use secnet_results::{ServiceKey, ServiceLevels, ServiceMode};
use secnet_wire::{Acknowledgement, Answer, CommandOrigin, ServiceResponse};

impl<D: Desk> User<D> {
    pub(crate) fn receive_acknowledgement(&mut self, now: SimTime, acknowledgement: Acknowledgement) {
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
                let request = open.request;
                self.remember_schedule(request);
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

    pub(crate) fn receive_service_response(&mut self, now: SimTime, response: ServiceResponse) {
        self.state.received.note(&self.gateway, now, &response);
        if response.origin == CommandOrigin::Scheduled {
            self.receive_scheduled_read(now, response);
            return;
        }
        let Some(slot) = self.state.book.find(response.id.counter) else {
            self.state.counts.duplicate_answers += 1;
            return;
        };
        self.state.desk.note_response(now, &response);
        let outcome = outcome_of(response.code, response.result);
        // What the DSP held until its time could not have been answered before.
        let execution = match self.state.book.get_mut(slot) {
            Some(open) if response.origin == CommandOrigin::HeldByDsp => open.request.timing.execution(),
            _ => None,
        };
        self.close(now, slot, outcome, response.code, execution);
    }

    /// A reading the DSP started: the item came with the message.
    fn receive_scheduled_read(&mut self, now: SimTime, response: ServiceResponse) {
        let population = &self.world.population;
        let device = response.id.target.device();
        let key = ServiceKey {
            srv: response.srv,
            mode: ServiceMode::Scheduled,
            user: self.id,
            region: device.map(|device| population.region_of(device.premises)),
        };
        let place = device.map(|device| Place::of(population, device));
        self.state.desk.note_response(now, &response);
        let outcome = outcome_of(response.code, response.result);
        self.state.service.record(
            key,
            place,
            outcome,
            response.code,
            now.since(response.started_at),
            1,
        );
        self.state
            .ledger
            .close(ItemKind::ScheduledRead, outcome, response.id.identity(), now);
        if let Some(trace) = self.world.sampler.request(&response.id, response.srv) {
            self.told.push(trace.span(Step::Receipt, now, now).ended(outcome));
        }
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
        let (key, place) = self.counts_as(&open);
        if let Some(trace) = self.trace_of(&open.request) {
            if open.stage == Stage::Submitted {
                self.told.push(submission(trace, &open, now).failed_if(true));
            }
            let item = trace.span(Step::Item, open.opened_at, now).count(open.attempts);
            self.told.push(item.answered(code).ended(outcome));
        }
        if open.workload == NO_WORKLOAD {
            let (id, attempts) = (open.request.id, open.attempts);
            self.state.taken.ended(id, now, outcome, code, attempts);
        }
        let since = execution.unwrap_or(open.opened_at);
        self.state
            .service
            .record(key, place, outcome, code, now.since(since), open.attempts);
        self.state
            .ledger
            .close(ItemKind::ServiceRequest, outcome, open.request.id.identity(), now);
    }
    /// The rows of the service levels a request counts in.
    #[inline]
    fn counts_as(&self, open: &OpenRequest) -> (ServiceKey, Option<Place>) {
        let key = ServiceKey {
            srv: open.request.srv,
            mode: open.mode,
            user: self.id,
            region: open.region,
        };
        // Without a region it is a service of the DCC's own, or about a device that does not exist.
        let device = open.region.and_then(|_| open.request.id.target.device());
        (
            key,
            device.map(|device| Place::of(&self.world.population, device)),
        )
    }

    /// Its own requests are counted as opened here, whether answered or not; scheduled reads are the DSP's.
    pub(crate) fn add_unanswered(&self, at: SimTime, levels: &mut ServiceLevels) {
        levels.ended_were_opened(ServiceMode::Scheduled);
        for (_, open) in self.state.book.iter() {
            let (key, place) = self.counts_as(open);
            levels.opened(key, place);
            levels.unanswered(key, place, open.answerable_since(), at);
        }
    }
}
