//! Broken contracts: stop debug builds and tests at once, are counted and reported in release.

use serde::{Deserialize, Serialize};

/// Broken contracts of the engine, by kind; a run with one has failed.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Violations {
    /// An input was due before one already handled.
    pub time_went_back: u64,
    /// A node sent sooner than its link's lookahead allows.
    pub sent_inside_lookahead: u64,
    /// A node sent to an address its node has no link to.
    pub sent_without_link: u64,
    /// An input arrived that its sender had promised not to send.
    pub promise_broken: u64,
    /// A node's deadline did not move on after it was handled.
    pub stuck_deadline: u64,
}

impl Violations {
    /// How many there are.
    pub fn total(&self) -> u64 {
        self.time_went_back
            + self.sent_inside_lookahead
            + self.sent_without_link
            + self.promise_broken
            + self.stuck_deadline
    }

    /// Takes in another party's.
    pub fn add(&mut self, other: &Violations) {
        self.time_went_back += other.time_went_back;
        self.sent_inside_lookahead += other.sent_inside_lookahead;
        self.sent_without_link += other.sent_without_link;
        self.promise_broken += other.promise_broken;
        self.stuck_deadline += other.stuck_deadline;
    }
}

/// Counts a violation; in debug builds and tests stops there and then.
#[macro_export]
macro_rules! violated {
    ($counter:expr, $($what:tt)*) => {{
        $counter += 1;
        debug_assert!(false, $($what)*);
    }};
}
