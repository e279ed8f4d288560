//! The User's open requests: a slab, and an index from the request counter to the place in it.

use secnet_model::{Region, SimTime};
use secnet_results::ServiceMode;
use secnet_wire::ServiceRequest;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

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
    /// The workload it came from, by its place among the User's.
    pub workload: u16,
    pub opened_at: SimTime,
    pub sent_at: SimTime,
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
    slot_by_counter: HashMap<u64, Slot, BuildHasherDefault<CounterHasher>>,
}

/// Keeps neighbours together: what is open was mostly opened one after the other, so its entries share cache lines where
/// a mixing hash would strew them over the whole table, which costs a sixth of a round trip with 100,000 in flight.
#[derive(Clone, Copy, Default, Debug)]
struct CounterHasher(u64);

impl Hasher for CounterHasher {
    fn write_u64(&mut self, counter: u64) {
        // The table takes an entry's place from the low bits and its tag from the seven highest.
        self.0 = counter ^ counter << 57;
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(self.0 << 8 | u64::from(*byte));
        }
    }

    fn finish(&self) -> u64 {
        self.0
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
        let slot_by_counter = saved
            .slots
            .iter()
            .zip(0..)
            .filter_map(|(open, slot)| Some((open.as_ref()?.request.id.counter, slot)))
            .collect();
        RequestBook {
            slots: saved.slots,
            free: saved.free,
            slot_by_counter,
        }
    }
}

impl RequestBook {
    pub fn len(&self) -> usize {
        self.slot_by_counter.len()
    }

    pub fn is_empty(&self) -> bool {
        self.slot_by_counter.is_empty()
    }

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
        self.slot_by_counter.insert(open.request.id.counter, slot);
        slot
    }

    #[inline]
    pub fn find(&self, counter: u64) -> Option<Slot> {
        self.slot_by_counter.get(&counter).copied()
    }

    #[inline]
    pub fn get_mut(&mut self, slot: Slot) -> Option<&mut OpenRequest> {
        self.slots.get_mut(slot as usize)?.as_mut()
    }

    #[inline]
    pub fn remove(&mut self, slot: Slot) -> Option<OpenRequest> {
        let open = self.slots.get_mut(slot as usize)?.take()?;
        self.free.push(slot);
        self.slot_by_counter.remove(&open.request.id.counter);
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

    #[test]
    fn an_open_request_keeps_its_memory_budget() {
        // A million open requests are to fit a laptop's memory beside everything else.
        assert!(
            size_of::<Option<OpenRequest>>() <= 72,
            "{}",
            size_of::<Option<OpenRequest>>()
        );
    }
}
