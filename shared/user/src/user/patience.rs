//! When the User gives up what has not been answered.

use super::User;
use crate::desk::Desk;
use crate::patience::CHECK_INTERVAL;
use crate::request_book::Slot;
use secnet_engine::Outcome;
use secnet_model::{ResponseCode, SimTime};

impl<D: Desk> User<D> {
    /// A request was opened at `now`: from when on one could be unanswered.
    #[inline]
    pub(crate) fn note_patience(&mut self, now: SimTime) {
        if self.state.patience_check_at.is_never() {
            self.state.patience_check_at = now + self.patience.shortest;
        }
    }

    pub(crate) fn give_up_unanswered(&mut self, now: SimTime) {
        let mut unanswered: Vec<Slot> = Vec::new();
        let mut earliest = SimTime::NEVER;
        for (slot, open) in self.state.book.iter() {
            match self.patience.ends_at(open) {
                Some(at) if at <= now => unanswered.push(slot),
                Some(at) => earliest = earliest.min(at),
                None => {}
            }
        }
        for slot in unanswered {
            self.close(now, slot, Outcome::NoResponse, ResponseCode::E21, None);
        }
        self.state.patience_check_at = if self.state.book.is_empty() {
            SimTime::NEVER
        } else {
            earliest
                .max(now + CHECK_INTERVAL)
                .min(now + self.patience.shortest.max(CHECK_INTERVAL))
        };
    }
}
