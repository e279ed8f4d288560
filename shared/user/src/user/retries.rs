//! When the User sends again what was refused for overload.

use super::User;
use crate::desk::Desk;
use crate::outcomes::outcome_of;
use crate::request_book::{Slot, Stage};
use crate::retries::BACKOFF_JITTER;
use secnet_engine::Step;
use secnet_model::{ResponseCode, SimDuration, SimTime};
use secnet_wire::DeviceResult;

impl<D: Desk> User<D> {
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
        self.wait_until(again_at, counter, slot);
    }
}
