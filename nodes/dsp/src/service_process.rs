//! The DSP's finite capacity: equal servers, fixed times, one queue in order of arrival.
//!
//! When a message is served is computed as it arrives: with equal times the servers come free in the order
//! they were taken, so the next to come free is the one taken longest ago.
//!
//! How many servers there are may change, and while the DSP is out there are none. These changes are on the timeline,
//! so that the moment of service is known on arrival all the same: the i-th server takes nothing while there are no more
//! than i, but finishes what it has begun.

use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::{Part, figures};
use secnet_model::{SimDuration, SimTime};
use secnet_topology::World;
use secnet_topology::timeline::Steps;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capacity {
    /// From when a server takes something until it has served it.
    pub service_time: SimDuration,
    /// From then until the server takes the next: the service time, but where the servers are meant for another number of
    /// premises.
    pub busy_time: SimDuration,
    /// Messages waiting beyond which a request that would have to wait is refused.
    pub queue_limit: usize,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ServiceProcess {
    /// When each server comes free, as a ring.
    free_at: Vec<SimTime>,
    /// The server that comes free first.
    next: u32,
    /// When each message still waiting will be taken, ascending.
    waiting: VecDeque<SimTime>,
    waiting_max: u64,
}

impl ServiceProcess {
    pub fn new(servers: &Steps) -> ServiceProcess {
        let servers = servers.max().max(1) as usize;
        ServiceProcess {
            free_at: vec![SimTime::ZERO; servers],
            next: 0,
            waiting: VecDeque::new(),
            waiting_max: 0,
        }
    }

    /// Whether a request that arrives now is refused for overload: it would have to wait, and the queue is full.
    #[inline]
    pub fn is_full(&mut self, now: SimTime, capacity: Capacity, servers: &Steps) -> bool {
        self.take_from_queue(now);
        self.waiting.len() >= capacity.queue_limit && self.first_free(now, servers).1 > now
    }

    /// A message arrives; the moment it has been served.
    #[inline]
    pub fn enter(&mut self, now: SimTime, capacity: Capacity, servers: &Steps) -> SimTime {
        self.take_from_queue(now);
        let (server, start) = self.first_free(now, servers);
        let served = start + capacity.service_time;
        self.free_at[server as usize] = start + capacity.busy_time;
        self.next = server + 1;
        if self.next as usize == self.free_at.len() {
            self.next = 0;
        }
        if start > now {
            self.waiting.push_back(start);
            self.waiting_max = self.waiting_max.max(self.waiting.len() as u64);
        }
        served
    }

    /// The server that is the first to take what arrives now, and when it does.
    #[inline]
    fn first_free(&self, now: SimTime, servers: &Steps) -> (u32, SimTime) {
        if servers.is_constant() {
            return (self.next, self.free_at[self.next as usize].max(now));
        }
        self.first_free_of_changing(now, servers)
    }

    #[inline(never)]
    fn first_free_of_changing(&self, now: SimTime, servers: &Steps) -> (u32, SimTime) {
        let (mut first, mut start) = (0, SimTime::NEVER);
        for (server, free_at) in (0..).zip(&self.free_at) {
            let mut at = now.max(*free_at);
            while at < start && servers.at(at) <= server {
                at = servers.next_change(at);
            }
            if at < start {
                (first, start) = (server, at);
            }
        }
        (first, start)
    }

    /// When each server that is busy comes free of all it has taken on.
    pub fn busy_until(&self, now: SimTime) -> impl Iterator<Item = SimTime> {
        self.free_at.iter().copied().filter(move |free_at| *free_at > now)
    }

    #[inline]
    fn take_from_queue(&mut self, now: SimTime) {
        while self.waiting.front().is_some_and(|start| *start <= now) {
            self.waiting.pop_front();
        }
    }
}

figures! {
    /// The DSP's queue in order of arrival.
    struct Queue: "DSP's queue" in "dsp" {
        /// The most that waited for a server at once: requests, and what `dsp.queue_limit` does not bound, which is responses, alerts
        /// and scheduled reads.
        queue_max: max "messages" says "longest queue of the DSP, with what its limit does not bound" tells overload,
    }
}

impl Part for ServiceProcess {
    fn figures(&self, _world: &World, figures: &mut Figures) {
        let queue_max = self.waiting_max;
        figures.put(Key::Whole, &Queue { queue_max });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000;

    fn servers(servers: u32) -> Steps {
        Steps::constant(servers)
    }

    fn capacity(service_ms: u64, queue_limit: usize) -> Capacity {
        Capacity {
            service_time: SimDuration(service_ms * MS),
            busy_time: SimDuration(service_ms * MS),
            queue_limit,
        }
    }

    #[test]
    fn messages_are_served_in_order_of_arrival_by_the_first_free_server() {
        let servers = servers(2);
        let mut process = ServiceProcess::new(&servers);
        let ten = capacity(10, 100);
        let served: Vec<u64> = [0, 1, 2, 3, 40]
            .iter()
            .map(|ms| process.enter(SimTime(ms * MS), ten, &servers).0 / MS)
            .collect();
        assert_eq!(served, [10, 11, 20, 21, 50]);
        assert_eq!(process.waiting_max, 2);
    }

    /// A tenth of a server for a tenth of the premises.
    #[test]
    fn a_slice_of_a_server_serves_as_fast_and_a_tenth_as_often() {
        let servers = servers(1);
        let mut process = ServiceProcess::new(&servers);
        let slice = Capacity {
            busy_time: SimDuration(100 * MS),
            ..capacity(10, 100)
        };
        let served = [0, 50, 60, 400].map(|ms| process.enter(SimTime(ms * MS), slice, &servers).0 / MS);
        assert_eq!(served, [10, 110, 210, 410]);
    }

    #[test]
    fn a_message_stops_waiting_at_the_moment_it_is_taken() {
        let servers = servers(1);
        let mut process = ServiceProcess::new(&servers);
        let ten = capacity(10, 1);
        process.enter(SimTime::ZERO, ten, &servers);
        assert!(!process.is_full(SimTime(0), ten, &servers), "one may wait");
        process.enter(SimTime::ZERO, ten, &servers);
        assert!(process.is_full(SimTime(10 * MS - 1), ten, &servers));
        assert!(!process.is_full(SimTime(10 * MS), ten, &servers));
    }

    #[test]
    fn without_a_queue_a_request_is_refused_only_while_all_servers_are_busy() {
        let servers = servers(1);
        let mut process = ServiceProcess::new(&servers);
        let none = capacity(10, 0);
        assert!(!process.is_full(SimTime::ZERO, none, &servers));
        process.enter(SimTime::ZERO, none, &servers);
        assert!(process.is_full(SimTime(9 * MS), none, &servers));
        assert!(!process.is_full(SimTime(10 * MS), none, &servers));
    }

    #[test]
    fn many_servers_agree_with_a_simulation_that_picks_the_earliest_free_one() {
        let servers = servers(3);
        let mut process = ServiceProcess::new(&servers);
        let seven = capacity(7, usize::MAX);
        let mut free = [0u64; 3];
        let mut now = 0;
        for step in 0..2_000u64 {
            now += step * step % 4 * MS + step % 3;
            let server = free.iter_mut().min().expect("three servers");
            *server = (*server).max(now) + 7 * MS;
            assert_eq!(process.enter(SimTime(now), seven, &servers), SimTime(*server));
        }
    }
}
