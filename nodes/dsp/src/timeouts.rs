//! When commands without an answer are given up. SRVs share a few time-outs, and commands start in order of time, so
//! each time-out's deadlines are a first-in-first-out list: an answered command leaves its list at once.

use secnet_accounts::service::FUTURE_DATED_TARGET;
use secnet_model::{Region, SimDuration, SimTime, Srv};
use secnet_topology::scenario::DspParams;
use secnet_wire::CommandOrigin;
use serde::{Deserialize, Serialize};

const NONE: u32 = u32::MAX;

/// The distinct time-outs and which SRV has which.
#[derive(Clone, Debug)]
pub struct TimeoutClasses {
    timeouts: Vec<SimDuration>,
    /// Of a command to a SMETS2+ device, and to one of SMETS1.
    class_by_srv: Vec<[u8; 2]>,
    /// The class of all commands for a device to hold until their time.
    held_by_device: u8,
}

impl TimeoutClasses {
    pub fn new(params: &DspParams) -> TimeoutClasses {
        let at_once = |srv: Srv, region| params.timeout(srv.entry().target_response_time(region).time);
        let (smets2, smets1) = (None, Some(Region::Smets1));
        let held_by_device = params.timeout(FUTURE_DATED_TARGET);
        let mut timeouts: Vec<SimDuration> = Srv::all()
            .flat_map(|srv| [at_once(srv, smets2), at_once(srv, smets1)])
            .chain([held_by_device])
            .collect();
        timeouts.sort_unstable();
        timeouts.dedup();
        let class = |timeout| timeouts.iter().position(|t| *t == timeout).unwrap_or(0) as u8;
        TimeoutClasses {
            class_by_srv: Srv::all()
                .map(|srv| [class(at_once(srv, smets2)), class(at_once(srv, smets1))])
                .collect(),
            held_by_device: class(held_by_device),
            timeouts,
        }
    }

    pub fn count(&self) -> usize {
        self.timeouts.len()
    }

    /// The class of a command with that SRV, and its time-out.
    #[inline]
    pub fn of(&self, srv: Srv, origin: CommandOrigin, is_smets1: bool) -> (u8, SimDuration) {
        let class = match origin {
            CommandOrigin::HeldByDevice => self.held_by_device,
            CommandOrigin::OnDemand | CommandOrigin::HeldByDsp | CommandOrigin::Scheduled => {
                self.class_by_srv[usize::from(srv.index())][usize::from(is_smets1)]
            }
        };
        (class, self.timeouts[usize::from(class)])
    }
}

/// Slot `i` of the correlations has link `i`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Link {
    deadline: SimTime,
    older: u32,
    newer: u32,
    class: u8,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct List {
    /// The oldest's deadline; "never" when empty.
    earliest: SimTime,
    oldest: u32,
    newest: u32,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Timeouts {
    lists: Vec<List>,
    links: Vec<Link>,
}

impl Timeouts {
    pub fn new(classes: usize) -> Timeouts {
        let empty = List {
            earliest: SimTime::NEVER,
            oldest: NONE,
            newest: NONE,
        };
        Timeouts {
            lists: vec![empty; classes],
            links: Vec::new(),
        }
    }

    /// Watches a slot. Deadlines of one class must not decrease.
    #[inline]
    pub fn watch(&mut self, slot: u32, class: u8, deadline: SimTime) {
        if self.links.len() <= slot as usize {
            let unused = Link {
                deadline: SimTime::NEVER,
                older: NONE,
                newer: NONE,
                class: 0,
            };
            self.links.resize(slot as usize + 1, unused);
        }
        let list = &mut self.lists[usize::from(class)];
        let older = list.newest;
        list.newest = slot;
        if older == NONE {
            (list.oldest, list.earliest) = (slot, deadline);
        } else {
            debug_assert!(
                self.links[older as usize].deadline <= deadline,
                "deadlines of a class decrease"
            );
            self.links[older as usize].newer = slot;
        }
        self.links[slot as usize] = Link {
            deadline,
            older,
            newer: NONE,
            class,
        };
    }

    /// Stops watching a slot that is being watched.
    #[inline]
    pub fn forget(&mut self, slot: u32) {
        let Link {
            older, newer, class, ..
        } = self.links[slot as usize];
        if newer == NONE {
            self.lists[usize::from(class)].newest = older;
        } else {
            self.links[newer as usize].older = older;
        }
        if older != NONE {
            self.links[older as usize].newer = newer;
            return;
        }
        let earliest = self
            .links
            .get(newer as usize)
            .map_or(SimTime::NEVER, |link| link.deadline);
        let list = &mut self.lists[usize::from(class)];
        (list.oldest, list.earliest) = (newer, earliest);
    }

    #[inline]
    pub fn earliest(&self) -> SimTime {
        self.lists
            .iter()
            .fold(SimTime::NEVER, |earliest, list| earliest.min(list.earliest))
    }

    /// The slot whose deadline came first, if it has come; it is no longer watched.
    pub fn take_expired(&mut self, now: SimTime) -> Option<u32> {
        let earliest = self.earliest();
        if earliest > now || earliest.is_never() {
            return None;
        }
        let slot = self.lists.iter().find(|list| list.earliest == earliest)?.oldest;
        self.forget(slot);
        Some(slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expired(timeouts: &mut Timeouts, now: u64) -> Vec<u32> {
        std::iter::from_fn(|| timeouts.take_expired(SimTime(now))).collect()
    }

    #[test]
    fn slots_expire_in_the_order_of_their_deadlines_over_all_classes() {
        let mut timeouts = Timeouts::new(2);
        timeouts.watch(0, 1, SimTime(50));
        timeouts.watch(1, 0, SimTime(20));
        timeouts.watch(2, 0, SimTime(50));
        assert_eq!(timeouts.earliest(), SimTime(20));
        assert!(expired(&mut timeouts, 19).is_empty());
        assert_eq!(expired(&mut timeouts, 50), [1, 2, 0]);
        assert!(timeouts.earliest().is_never());
    }

    #[test]
    fn forgotten_slots_leave_from_any_place_in_the_list_and_come_back() {
        for forgotten in 0..3u32 {
            let mut timeouts = Timeouts::new(1);
            for slot in 0..3 {
                timeouts.watch(slot, 0, SimTime(10 + u64::from(slot)));
            }
            timeouts.forget(forgotten);
            timeouts.watch(forgotten, 0, SimTime(20));
            let mut order: Vec<u32> = (0..3).filter(|slot| *slot != forgotten).collect();
            assert_eq!(timeouts.earliest(), SimTime(10 + u64::from(order[0])));
            order.push(forgotten);
            assert_eq!(expired(&mut timeouts, 20), order);
        }
    }

    #[test]
    fn a_thousand_answers_leave_nothing_behind() {
        let mut timeouts = Timeouts::new(1);
        for round in 0..1_000 {
            timeouts.watch(round % 7, 0, SimTime(u64::from(round)));
            timeouts.forget(round % 7);
        }
        assert!(timeouts.earliest().is_never());
        assert_eq!(timeouts.links.len(), 7);
    }
}
