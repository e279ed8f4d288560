//! The User and its gateway: what is kept while it is closed, and what comes in once more.

use super::User;
use crate::desk::Desk;
use crate::request_book::{Slot, Stage};
use secnet_model::SimTime;
use secnet_wire::Pushed;

impl<D: Desk> User<D> {
    /// The gateway is closed: the request goes out when it `opens`. Of those kept the lowest counter goes first.
    pub(crate) fn keep(&mut self, slot: Slot, opens: SimTime) {
        let Some(open) = self.state.book.get_mut(slot) else {
            return;
        };
        open.stage = Stage::Kept;
        let counter = open.request.id.counter;
        self.state.counts.kept_by_gateway += 1;
        self.wait_until(opens, counter, slot);
    }

    /// What came in once more. Its item ended when it came in first, so that nothing else is done about it even where the User
    /// has forgotten.
    pub(crate) fn receive_copy(&mut self, pushed: &Pushed) {
        let counts = &mut self.state.counts;
        if self.state.received.knows(pushed) {
            counts.duplicates += 1;
        } else {
            counts.duplicates_not_recognised += 1;
        }
    }
}
