//! Requests that wait for their moment: a back-off or a signing to end, the gateway to open.

use crate::request_book::Slot;
use secnet_accounts::Part;
use secnet_model::SimTime;
use secnet_topology::World;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// By time; of those with one time the lowest counter comes first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Waiting {
    queue: BinaryHeap<Reverse<(SimTime, u64, Slot)>>,
}

impl Waiting {
    /// The request with that counter, in that place of the book, waits until `due`.
    pub(crate) fn push(&mut self, due: SimTime, counter: u64, slot: Slot) {
        self.queue.push(Reverse((due, counter, slot)));
    }

    /// The next whose moment has come, with its counter. The request may have been closed meanwhile.
    pub(crate) fn take_due(&mut self, now: SimTime) -> Option<(u64, Slot)> {
        let Reverse((due, _, _)) = self.queue.peek()?;
        if *due > now {
            return None;
        }
        let Reverse((_, counter, slot)) = self.queue.pop()?;
        Some((counter, slot))
    }
}

impl Part for Waiting {
    #[inline]
    fn next_deadline(&self, _: &World) -> SimTime {
        self.queue
            .peek()
            .map_or(SimTime::NEVER, |Reverse((due, _, _))| *due)
    }

    fn memory_bytes(&self) -> usize {
        self.queue.capacity() * size_of::<Reverse<(SimTime, u64, Slot)>>()
    }
}
