//! The User's open requests: a slab, and an index from the request counter to the place in it.

use secnet_accounts::service::Place;
use secnet_accounts::{MorningHours, Part, ServiceKey, ServiceLevels, ServiceMode};
use secnet_engine::ItemKind;
use secnet_model::catalogue::FutureDating;
use secnet_model::{Region, SimTime};
use secnet_topology::{Population, World};
use secnet_wire::ServiceRequest;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Where an open request stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Stage {
    /// Sent; the web service call is not answered yet.
    Submitted,
    /// Refused for overload, waiting to be sent again.
    BackingOff,
    /// The pre-command is being compared and signed.
    Signing,
    /// Acknowledged; the service response is to come.
    Accepted,
    /// Held by anomaly detection until people have released or deleted it (SECMP0008); no patience runs out meanwhile.
    Quarantined,
    /// Ready to be sent; the gateway is closed, or a Modification keeps it.
    Kept,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OpenRequest {
    /// As it was last sent, or is to be sent next.
    pub request: ServiceRequest,
    pub stage: Stage,
    pub mode: ServiceMode,
    /// `None` for the DCC's own services and for unknown devices.
    pub region: Option<Region>,
    /// How often it was tried, the first time included; signing is no new attempt.
    pub attempts: u32,
    /// Messages sent for it: pre-command requests, signed pre-commands and their repetitions.
    pub submissions: u16,
    /// Requests for the same before it that had no answer.
    pub times_before: u8,
    /// The workload it came from, by its place among the User's.
    pub workload: u16,
    pub opened_at: SimTime,
    pub sent_at: SimTime,
}

impl OpenRequest {
    /// The moment from which its response time runs, if it is answered: its execution's, where the DSP holds it until then.
    pub fn answerable_since(&self) -> SimTime {
        let held_by_dsp = match self.request.srv.entry().future_dated {
            FutureDating::HeldByDsp | FutureDating::HeldByDspOrDevice => self.request.timing.execution(),
            FutureDating::NotAllowed | FutureDating::HeldByDevice => None,
        };
        held_by_dsp.map_or(self.opened_at, |execution| execution.max(self.opened_at))
    }

    /// The rows of the service levels it counts in.
    #[inline]
    pub fn counts_as(&self, population: &Population) -> (ServiceKey, Option<Place>) {
        let key = ServiceKey {
            srv: self.request.srv,
            mode: self.mode,
            user: self.request.id.originator,
            region: self.region,
        };
        // Without a region it is a service of the DCC's own, or about a device that does not exist.
        let device = self.region.and_then(|_| self.request.id.target.device());
        (key, device.map(|device| Place::of(population, device)))
    }
}

/// An open request's place in the book.
pub type Slot = u32;

/// Nothing is allocated unless more requests are open than ever before.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "SavedBook")]
pub struct RequestBook {
    slots: Vec<Option<OpenRequest>>,
    free: Vec<Slot>,
    #[serde(skip)]
    index: Index,
}

/// Where the request with a counter is. Counters are given one after the other, so this is a row with a place for each from
/// the oldest open one on: four bytes, found without a search. A hash table of the open ones costs some hundredths of a round
/// trip more.
#[derive(Clone, Default, Debug)]
struct Index {
    /// The counter the first place is for.
    first: u64,
    places: VecDeque<Slot>,
    open: usize,
}

/// The place of a counter whose request is not open.
const NOT_OPEN: Slot = Slot::MAX;

impl Index {
    #[inline]
    fn get(&self, counter: u64) -> Option<Slot> {
        let place = usize::try_from(counter.checked_sub(self.first)?).ok()?;
        self.places.get(place).copied().filter(|slot| *slot != NOT_OPEN)
    }

    /// `counter` is later than every one before.
    #[inline]
    fn insert(&mut self, counter: u64, slot: Slot) {
        if self.places.is_empty() {
            self.first = counter;
        }
        while self.first + (self.places.len() as u64) < counter {
            self.places.push_back(NOT_OPEN);
        }
        self.places.push_back(slot);
        self.open += 1;
    }

    #[inline]
    fn remove(&mut self, counter: u64) {
        let place = counter.wrapping_sub(self.first) as usize;
        if let Some(slot) = self.places.get_mut(place) {
            *slot = NOT_OPEN;
            self.open -= 1;
        }
        while self.places.front() == Some(&NOT_OPEN) {
            self.places.pop_front();
            self.first += 1;
        }
    }
}

/// The book without its index, which follows from the rest.
#[derive(Deserialize)]
struct SavedBook {
    slots: Vec<Option<OpenRequest>>,
    free: Vec<Slot>,
}

impl From<SavedBook> for RequestBook {
    fn from(saved: SavedBook) -> RequestBook {
        let mut open: Vec<(u64, Slot)> = saved
            .slots
            .iter()
            .zip(0..)
            .filter_map(|(open, slot)| Some((open.as_ref()?.request.id.counter, slot)))
            .collect();
        open.sort_unstable();
        let mut index = Index::default();
        open.into_iter()
            .for_each(|(counter, slot)| index.insert(counter, slot));
        RequestBook {
            slots: saved.slots,
            free: saved.free,
            index,
        }
    }
}

impl Part for RequestBook {
    fn held(&self, kind: ItemKind) -> u64 {
        match kind {
            ItemKind::ServiceRequest => self.len() as u64,
            ItemKind::ScheduledRead
            | ItemKind::DeviceAlert
            | ItemKind::DccAlert
            | ItemKind::FirmwareUpdate => 0,
        }
    }

    fn unanswered(&self, world: &World, at: SimTime, levels: &mut ServiceLevels) {
        for (_, open) in self.iter() {
            let (key, place) = open.counts_as(&world.population);
            let since = open.answerable_since();
            levels.opened(key, place, since, MorningHours::default());
            levels.unanswered(key, place, since, at);
        }
    }

    fn memory_bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Option<OpenRequest>>()
            + (self.free.capacity() + self.index.places.capacity()) * size_of::<Slot>()
    }
}

impl RequestBook {
    pub fn len(&self) -> usize {
        self.index.open
    }

    pub fn is_empty(&self) -> bool {
        self.index.open == 0
    }

    /// Counters only go up.
    #[inline]
    pub fn insert(&mut self, open: OpenRequest) -> Slot {
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = Some(open);
                slot
            }
            None => {
                self.slots.push(Some(open));
                (self.slots.len() - 1) as Slot
            }
        };
        self.index.insert(open.request.id.counter, slot);
        slot
    }

    #[inline]
    pub fn find(&self, counter: u64) -> Option<Slot> {
        self.index.get(counter)
    }

    #[inline]
    pub fn get_mut(&mut self, slot: Slot) -> Option<&mut OpenRequest> {
        self.slots.get_mut(slot as usize)?.as_mut()
    }

    #[inline]
    pub fn remove(&mut self, slot: Slot) -> Option<OpenRequest> {
        let open = self.slots.get_mut(slot as usize)?.take()?;
        self.free.push(slot);
        self.index.remove(open.request.id.counter);
        Some(open)
    }

    /// In the order of their places.
    pub fn iter(&self) -> impl Iterator<Item = (Slot, &OpenRequest)> {
        self.slots
            .iter()
            .zip(0..)
            .filter_map(|(open, slot)| Some((slot, open.as_ref()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secnet_engine::Draws;
    use secnet_engine::draw::Stream;
    use std::collections::BTreeMap;

    #[test]
    fn an_open_request_keeps_its_memory_budget() {
        // A million open requests are to fit a laptop's memory beside everything else.
        assert!(
            size_of::<Option<OpenRequest>>() <= 72,
            "{}",
            size_of::<Option<OpenRequest>>()
        );
    }

    /// The index alone: a request opened with each counter, and closed in any order.
    #[test]
    fn each_open_request_is_found_and_no_other() {
        let draws = Draws::new(5);
        let mut index = Index::default();
        let mut known: BTreeMap<u64, Slot> = BTreeMap::new();
        for counter in 1..5_000u64 {
            // Now and then a counter is never opened.
            if counter % 97 != 0 {
                index.insert(counter, counter as Slot * 3);
                known.insert(counter, counter as Slot * 3);
            }
            // The second stays open for long; the others go, most of them soon.
            let oldest = counter.saturating_sub(draws.below(60, Stream::named("age"), 0, counter));
            if oldest != 2 && known.remove(&oldest).is_some() {
                index.remove(oldest);
            }
            assert_eq!(index.open, known.len());
            for counter in [0, 1, 2, oldest, counter, counter + 1, u64::MAX] {
                assert_eq!(index.get(counter), known.get(&counter).copied(), "{counter}");
            }
        }
        assert_eq!(index.first, 2);
        for counter in known.into_keys() {
            index.remove(counter);
        }
        assert!(index.open == 0 && index.places.is_empty());
    }
}
