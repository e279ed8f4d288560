//! The head end: equal servers, one queue in order of arrival, longer messages take longer. It deals with what goes either way.
//!
//! When a message is served is known as it arrives, since nothing overtakes.

use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::load::{Busy, First, Firsts, Load, Resource};
use secnet_accounts::{Part, figures};
use secnet_model::{SimDuration, SimTime};
use secnet_topology::World;
use secnet_topology::timeline::Windows;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// What one message takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Service {
    /// From when a server takes it until it has been dealt with.
    pub time: SimDuration,
    /// From then until the server takes the next.
    pub busy: SimDuration,
}

/// When a server takes a message, and when it has dealt with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Served {
    pub starts: SimTime,
    pub ends: SimTime,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HeadEnd {
    /// When each server comes free.
    free_at: BinaryHeap<Reverse<SimTime>>,
    /// When each message still waiting will be taken, ascending.
    waiting: VecDeque<SimTime>,
    waiting_max: u64,
    waited: SimDuration,
    busy: Busy,
    firsts: Firsts,
}

impl HeadEnd {
    pub fn new(servers: u32) -> HeadEnd {
        HeadEnd {
            free_at: vec![Reverse(SimTime::ZERO); servers.max(1) as usize].into(),
            waiting: VecDeque::new(),
            waiting_max: 0,
            waited: SimDuration::ZERO,
            busy: Busy::default(),
            firsts: Firsts::default(),
        }
    }

    pub fn servers(&self) -> usize {
        self.free_at.len()
    }

    /// A message arrives; `None` where it would have to wait and the queue is full. While the S1SP is out, servers take nothing, but
    /// finish what they have begun.
    pub fn enter(
        &mut self,
        now: SimTime,
        service: Service,
        queue_limit: usize,
        closed: &Windows,
    ) -> Option<Served> {
        while self.waiting.front().is_some_and(|starts| *starts <= now) {
            self.waiting.pop_front();
        }
        let mut next = self.free_at.peek_mut()?;
        let starts = closed.opens(next.0.max(now));
        if starts > now {
            if self.waiting.len() >= queue_limit {
                self.firsts.note(First::QueueFull(Resource::S1sp), now);
                return None;
            }
            self.waiting.push_back(starts);
            self.waiting_max = self.waiting_max.max(self.waiting.len() as u64);
            self.waited += starts.since(now);
        }
        *next = Reverse(starts + service.busy);
        self.busy.add(starts, service.busy);
        Some(Served {
            starts,
            ends: starts + service.time,
        })
    }
}

impl HeadEnd {
    /// How busy its servers were.
    pub fn load(&self) -> Load {
        Load {
            uses: [(Resource::S1sp, self.busy.in_all())].into(),
            firsts: self.firsts.clone(),
        }
    }
}

figures! {
    /// The S1SP's queue in order of arrival.
    struct Queue: "S1SP's head end" in "s1sp" {
        /// The most that waited for its servers at once.
        queue_max: max "messages" says "longest queue of the S1SP" tells overload,
        /// Time that messages waited for its servers.
        waiting_us: sum "µs",
    }
}

impl Part for HeadEnd {
    fn figures(&self, _: &World, figures: &mut Figures) {
        let queue = Queue {
            queue_max: self.waiting_max,
            waiting_us: self.waited.0,
        };
        figures.put(Key::Whole, &queue);
    }

    fn memory_bytes(&self) -> usize {
        self.free_at.capacity() * size_of::<Reverse<SimTime>>()
            + self.waiting.capacity() * size_of::<SimTime>()
            + self.busy.memory_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000;

    fn takes(ms: u64) -> Service {
        Service {
            time: SimDuration(ms * MS),
            busy: SimDuration(ms * MS),
        }
    }

    #[test]
    fn messages_of_different_lengths_are_served_in_order_of_arrival_by_the_first_server_that_is_free() {
        let mut head_end = HeadEnd::new(2);
        let served = [(0, 50), (1, 10), (2, 10), (3, 10), (70, 5)].map(|(at, ms)| {
            let served = head_end.enter(SimTime(at * MS), takes(ms), 10, &Windows::ALWAYS_OPEN);
            let served = served.expect("there is room");
            (served.starts.0 / MS, served.ends.0 / MS)
        });
        assert_eq!(served, [(0, 50), (1, 11), (11, 21), (21, 31), (70, 75)]);
        assert_eq!(head_end.waiting_max, 2);
        assert_eq!(head_end.waited, SimDuration((9 + 18) * MS));
    }

    #[test]
    fn what_would_have_to_wait_finds_a_full_queue() {
        let mut head_end = HeadEnd::new(1);
        let mut enter = |at| {
            head_end
                .enter(SimTime(at * MS), takes(10), 1, &Windows::ALWAYS_OPEN)
                .is_some()
        };
        assert_eq!([0, 0, 0, 9].map(&mut enter), [true, true, false, false]);
        assert!(enter(10), "the first that waited has been taken");
    }

    /// M/D/c would need draws; D/D/1 with a smaller capacity than its load grows by the difference, exactly.
    #[test]
    fn under_overload_the_wait_grows_by_what_cannot_be_served() {
        let mut head_end = HeadEnd::new(1);
        for number in 0..1_000 {
            let now = SimTime(number * 10 * MS);
            let served = head_end.enter(now, takes(12), usize::MAX, &Windows::ALWAYS_OPEN);
            assert_eq!(served.map(|it| it.starts.since(now).0), Some(number * 2 * MS));
        }
    }
}
