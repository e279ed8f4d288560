//! What comes in once more after the gateway was closed.

use super::User;
use crate::desk::Desk;
use secnet_wire::Pushed;

impl<D: Desk> User<D> {
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
