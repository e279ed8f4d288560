//! The DSP's finite capacity: equal servers, a fixed service time, one queue in order of arrival.
//!
//! When a message is served is computed as it arrives: with equal service times the servers come free in the order
//! they were taken, so the next to come free is the one taken longest ago.

use secnet_model::{SimDuration, SimTime};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capacity {
    pub service_time: SimDuration,
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
    pub fn new(servers: u32) -> ServiceProcess {
        let servers = servers.max(1) as usize;
        ServiceProcess {
            free_at: vec![SimTime::ZERO; servers],
            next: 0,
            waiting: VecDeque::new(),
            waiting_max: 0,
        }
    }

    /// Whether a request that arrives now is refused for overload: it would have to wait, and the queue is full.
    #[inline]
    pub fn is_full(&mut self, now: SimTime, capacity: Capacity) -> bool {
        self.take_from_queue(now);
        self.waiting.len() >= capacity.queue_limit && self.free_at[self.next as usize] > now
    }

    /// A message arrives; the moment it has been served.
    #[inline]
    pub fn enter(&mut self, now: SimTime, capacity: Capacity) -> SimTime {
        self.take_from_queue(now);
        let server = &mut self.free_at[self.next as usize];
        let start = now.max(*server);
        let served = start + capacity.service_time;
        *server = served;
        self.next += 1;
        if self.next as usize == self.free_at.len() {
            self.next = 0;
        }
        if start > now {
            self.waiting.push_back(start);
            self.waiting_max = self.waiting_max.max(self.waiting.len() as u64);
        }
        served
    }

    /// Most messages that ever waited at once.
    pub fn waiting_max(&self) -> u64 {
        self.waiting_max
    }

    #[inline]
    fn take_from_queue(&mut self, now: SimTime) {
        while self.waiting.front().is_some_and(|start| *start <= now) {
            self.waiting.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000;

    fn capacity(service_ms: u64, queue_limit: usize) -> Capacity {
        Capacity {
            service_time: SimDuration(service_ms * MS),
            queue_limit,
        }
    }

    #[test]
    fn messages_are_served_in_order_of_arrival_by_the_first_free_server() {
        let mut process = ServiceProcess::new(2);
        let ten = capacity(10, 100);
        let served: Vec<u64> = [0, 1, 2, 3, 40]
            .iter()
            .map(|ms| process.enter(SimTime(ms * MS), ten).0 / MS)
            .collect();
        assert_eq!(served, [10, 11, 20, 21, 50]);
        assert_eq!(process.waiting_max(), 2);
    }

    #[test]
    fn a_message_stops_waiting_at_the_moment_it_is_taken() {
        let mut process = ServiceProcess::new(1);
        let ten = capacity(10, 1);
        process.enter(SimTime::ZERO, ten);
        assert!(!process.is_full(SimTime(0), ten), "one may wait");
        process.enter(SimTime::ZERO, ten);
        assert!(process.is_full(SimTime(10 * MS - 1), ten));
        assert!(!process.is_full(SimTime(10 * MS), ten));
    }

    #[test]
    fn without_a_queue_a_request_is_refused_only_while_all_servers_are_busy() {
        let mut process = ServiceProcess::new(1);
        let none = capacity(10, 0);
        assert!(!process.is_full(SimTime::ZERO, none));
        process.enter(SimTime::ZERO, none);
        assert!(process.is_full(SimTime(9 * MS), none));
        assert!(!process.is_full(SimTime(10 * MS), none));
    }

    #[test]
    fn many_servers_agree_with_a_simulation_that_picks_the_earliest_free_one() {
        let mut process = ServiceProcess::new(3);
        let seven = capacity(7, usize::MAX);
        let mut free = [0u64; 3];
        let mut now = 0;
        for step in 0..2_000u64 {
            now += step * step % 4 * MS + step % 3;
            let server = free.iter_mut().min().expect("three servers");
            *server = (*server).max(now) + 7 * MS;
            assert_eq!(process.enter(SimTime(now), seven), SimTime(*server));
        }
    }
}
