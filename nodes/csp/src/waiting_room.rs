//! One store for every message that waits in a region: in a cell's queue, or for its loss to be noticed.
//!
//! Queues are rings linked through the store, so that a cell in which nothing waits costs nothing here and a
//! message costs the same whichever cell it waits in.

use secnet_model::SimTime;
use secnet_wire::Freight;
use serde::{Deserialize, Serialize};

/// No place.
pub const NOWHERE: u32 = u32::MAX;

/// A message in the CSP's hands.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Parcel {
    pub freight: Freight,
    /// When it came to the CSP.
    pub came: SimTime,
    /// When it joined the queue it waits in, for the last time.
    pub joined: SimTime,
    /// Which cell and direction it goes through.
    pub server: u32,
    /// Transmissions begun so far.
    pub transmissions: u16,
    pub class: u8,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct WaitingRoom {
    places: Vec<Place>,
    vacant: Vec<u32>,
    /// Device alerts among what is stored: the CSP's custody for the ledger.
    alerts: u64,
}

#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
struct Place {
    parcel: Parcel,
    next: u32,
    previous: u32,
}

impl WaitingRoom {
    pub fn insert(&mut self, parcel: Parcel) -> u32 {
        self.alerts += u64::from(parcel.freight.is_alert());
        let place = Place {
            parcel,
            next: NOWHERE,
            previous: NOWHERE,
        };
        match self.vacant.pop() {
            Some(index) => {
                self.places[index as usize] = place;
                index
            }
            None => {
                self.places.push(place);
                (self.places.len() - 1) as u32
            }
        }
    }

    pub fn remove(&mut self, place: u32) -> Parcel {
        let parcel = self.places[place as usize].parcel;
        self.alerts -= u64::from(parcel.freight.is_alert());
        self.vacant.push(place);
        parcel
    }

    pub fn alerts(&self) -> u64 {
        self.alerts
    }

    pub fn len(&self) -> usize {
        self.places.len() - self.vacant.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes the store has taken so far, for its most.
    pub fn memory_bytes(&self) -> usize {
        self.places.capacity() * size_of::<Place>() + self.vacant.capacity() * size_of::<u32>()
    }

    /// Makes `place` the last of the ring that begins at `head`.
    pub fn append(&mut self, head: &mut u32, place: u32) {
        if *head == NOWHERE {
            (self.at(place).next, self.at(place).previous) = (place, place);
            *head = place;
            return;
        }
        let first = *head;
        let last = self.last_of(first);
        (self.at(place).next, self.at(place).previous) = (first, last);
        self.at(last).next = place;
        self.at(first).previous = place;
    }

    pub fn unlink(&mut self, head: &mut u32, place: u32) {
        let Place { next, previous, .. } = *self.at(place);
        if next == place {
            *head = NOWHERE;
            return;
        }
        self.at(previous).next = next;
        self.at(next).previous = previous;
        if *head == place {
            *head = next;
        }
    }

    pub fn last_of(&self, head: u32) -> u32 {
        self.places[head as usize].previous
    }

    fn at(&mut self, place: u32) -> &mut Place {
        &mut self.places[place as usize]
    }
}
