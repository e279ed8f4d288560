//! SECMP0028: demand management by priority (domain.md §5.1), an alternative to SECMP0067 that throttles nobody. A free server
//! takes the longest waiting of the most urgent class; service is not interrupted.
//!
//! In order of arrival the moment of service is known on arrival; here it depends on who comes later, so what waits is
//! kept until a server comes free.

use crate::modifications::{Due, Modification, Turn, Work};
use crate::records::Records;
use crate::service_process::{Capacity, ServiceProcess};
use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::{Part, figures};
use secnet_engine::ItemKind;
use secnet_model::{SimTime, Srv};
use secnet_topology::World;
use secnet_topology::timeline::Steps;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

figures! {
    /// The queue of a priority class.
    struct Tally: "SECMP0028 by class" in "dsp" {
        /// The most that waited in it at once.
        queue_max: max "messages",
        /// Requests for which it had no place.
        refused: sum "requests",
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PriorityOrder {
    class_by_srv: Vec<u8>,
    /// What is being served when their number falls is finished, and counts until then.
    servers: Steps,
    /// When their number changes next.
    changes_at: SimTime,
    /// When each busy server comes free, ascending.
    busy_until: VecDeque<SimTime>,
    /// By class, the most urgent first.
    waiting: Vec<Class>,
    waiting_total: u64,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
struct Class {
    queue: VecDeque<Work>,
    refused: u64,
    waiting_max: u64,
}

impl Modification for PriorityOrder {
    fn new(world: &World) -> Option<PriorityOrder> {
        let params = &world.scenario.parameters.secmp0028;
        let servers = world.timeline.dsp_servers();
        Some(PriorityOrder {
            class_by_srv: params.class_by_srv(),
            servers: servers.clone(),
            changes_at: servers.next_change(SimTime::ZERO),
            busy_until: VecDeque::new(),
            waiting: vec![Class::default(); params.class_count()],
            waiting_total: 0,
        })
    }

    /// A server is free once it has served what waited for it in order of arrival.
    fn goes_live(&mut self, now: SimTime, service_process: &ServiceProcess) {
        let mut busy_until: Vec<SimTime> = service_process.busy_until(now).collect();
        busy_until.sort_unstable();
        self.busy_until = busy_until.into();
    }

    fn takes_turn(&mut self, now: SimTime, capacity: Capacity, work: &Work) -> Turn {
        self.free_servers(now);
        if self.waiting_total == 0 && self.has_free_server(now) {
            return Turn::ServedAt(self.start(now, capacity));
        }
        let class = self.class(work);
        let class = &mut self.waiting[class];
        if matches!(work, Work::Request { .. }) && class.queue.len() >= capacity.queue_limit {
            class.refused += 1;
            return Turn::Refused;
        }
        class.queue.push_back(*work);
        class.waiting_max = class.waiting_max.max(class.queue.len() as u64);
        self.waiting_total += 1;
        Turn::Waits
    }

    fn due(&mut self, now: SimTime, _world: &World, _records: &Records, capacity: Capacity) -> Option<Due> {
        if self.waiting_total == 0 {
            return None;
        }
        self.free_servers(now);
        if !self.has_free_server(now) {
            return None;
        }
        let work = self
            .waiting
            .iter_mut()
            .find_map(|class| class.queue.pop_front())?;
        self.waiting_total -= 1;
        let served = self.start(now, capacity);
        Some(Due::Serve { work, served })
    }
}

impl Part for PriorityOrder {
    fn next_deadline(&self, _world: &World) -> SimTime {
        if self.waiting_total == 0 {
            return SimTime::NEVER;
        }
        self.busy_until
            .front()
            .map_or(self.changes_at, |free_at| self.changes_at.min(*free_at))
    }

    fn held(&self, kind: ItemKind) -> u64 {
        // All else that waits is in the custody of its User, or counted as a scheduled read under way.
        if kind != ItemKind::DeviceAlert {
            return 0;
        }
        let waiting = self.waiting.iter().flat_map(|class| &class.queue);
        waiting.filter(|work| matches!(work, Work::Alert(_))).count() as u64
    }

    fn figures(&self, _world: &World, figures: &mut Figures) {
        for (number, class) in self.waiting.iter().enumerate() {
            let tally = Tally {
                queue_max: class.waiting_max,
                refused: class.refused,
            };
            figures.put(Key::Class(number as u8), &tally);
        }
    }
}

impl PriorityOrder {
    fn free_servers(&mut self, now: SimTime) {
        while self.busy_until.front().is_some_and(|free_at| *free_at <= now) {
            self.busy_until.pop_front();
        }
        if self.changes_at <= now {
            self.changes_at = self.servers.next_change(now);
        }
    }

    fn has_free_server(&self, now: SimTime) -> bool {
        self.busy_until.len() < self.servers.at(now) as usize
    }

    /// A free server takes something; the moment it has been served.
    fn start(&mut self, now: SimTime, capacity: Capacity) -> SimTime {
        let free_at = now + capacity.busy_time;
        // These times are equal, so this is the last place but where a server still has what came before the release.
        let place = self.busy_until.partition_point(|other| *other <= free_at);
        self.busy_until.insert(place, free_at);
        now + capacity.service_time
    }

    fn class(&self, work: &Work) -> usize {
        let of_srv = |srv: Srv| usize::from(self.class_by_srv[usize::from(srv.index())]);
        match work {
            Work::Request { request, .. } | Work::Released(request) => of_srv(request.srv),
            Work::Response(response) => of_srv(response.srv),
            Work::FutureDated { held, .. } => of_srv(held.srv),
            Work::Undeliverable(_) | Work::Scheduled(_) | Work::Alert(_) => self.waiting.len() - 1,
        }
    }
}
