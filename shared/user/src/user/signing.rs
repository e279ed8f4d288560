//! How the User turns a pre-command into a signed one.

use super::User;
use crate::desk::Desk;
use crate::payload;
use crate::request_book::{Slot, Stage};
use crate::signing::{SIGNING_TIME, SigningTime};
use secnet_engine::{Outcome, Step};
use secnet_model::{CommandVariant, ResponseCode, SimTime, Srv};

impl<D: Desk> User<D> {
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
        self.wait_until(now + signing_time, counter, slot);
    }
}
