//! Quarantined requests, by event: all from one User above one limit in one window, until its people have decided. What comes in the same
//! window after that is an event of its own.

use secnet_model::{SimDuration, SimTime, UserId};
use secnet_wire::ServiceRequest;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// What makes requests one event.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(super) struct EventKey {
    pub user: UserId,
    /// What they are above.
    pub breach: u32,
    /// Number of the window.
    pub window: u64,
}

/// What people make of an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Decision {
    pub at: SimTime,
    /// Or delete.
    pub release: bool,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Quarantine {
    /// At least one.
    batch: u32,
    batch_every: SimDuration,
    /// By the time of the next batch, then by number.
    events: BTreeMap<(SimTime, u64), Event>,
    /// Events that take more requests: when they are decided, and their number.
    open: BTreeMap<EventKey, (SimTime, u64)>,
    /// Events so far.
    begun: u64,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Event {
    key: EventKey,
    release: bool,
    requests: VecDeque<ServiceRequest>,
    /// How many of the current batch are gone.
    of_batch: u32,
}

impl Quarantine {
    pub(super) fn new(batch: u32, batch_every: SimDuration) -> Quarantine {
        Quarantine {
            batch: batch.max(1),
            batch_every,
            events: BTreeMap::new(),
            open: BTreeMap::new(),
            begun: 0,
        }
    }

    /// Keeps a request; `decide` is asked where an event begins with it.
    pub(super) fn keep(
        &mut self,
        now: SimTime,
        key: EventKey,
        decide: impl FnOnce() -> Decision,
        request: ServiceRequest,
    ) {
        let open = self.open.get(&key).filter(|(decided_at, _)| *decided_at > now);
        if let Some(event) = open.and_then(|place| self.events.get_mut(place)) {
            return event.requests.push_back(request);
        }
        let Decision { at, release } = decide();
        let place = (at, self.begun);
        self.begun += 1;
        let event = Event {
            key,
            release,
            requests: VecDeque::from([request]),
            of_batch: 0,
        };
        self.open.insert(key, place);
        self.events.insert(place, event);
    }

    /// A request that leaves now, and whether it is released.
    pub(super) fn take_due(&mut self, now: SimTime) -> Option<(ServiceRequest, bool)> {
        let mut first = self.events.first_entry().filter(|first| first.key().0 <= now)?;
        let place = *first.key();
        let event = first.get_mut();
        let request = event.requests.pop_front()?;
        let release = event.release;
        event.of_batch += 1;
        if self.open.get(&event.key) == Some(&place) {
            self.open.remove(&event.key);
        }
        let (is_empty, is_full) = (event.requests.is_empty(), event.of_batch == self.batch);
        if is_empty || is_full {
            let event = first.remove();
            if !is_empty {
                let (_, number) = place;
                let rest = Event { of_batch: 0, ..event };
                self.events.insert((now + self.batch_every, number), rest);
            }
        }
        Some((request, release))
    }

    pub(super) fn next_at(&self) -> SimTime {
        let first = self.events.first_key_value();
        first.map_or(SimTime::NEVER, |((at, _), _)| *at)
    }

    /// How many have begun.
    pub(super) fn events(&self) -> u64 {
        self.begun
    }
}
