//! Which answer belongs to which request: a slab of the commands that are out.
//!
//! The reference a command carries is its slot and the slot's generation. Generations wrap; an answer must therefore
//! name the request as well. An answer that finds nothing is late or a duplicate.

use secnet_model::{RequestId, SimTime, Srv};
use secnet_wire::CommandOrigin;
use serde::{Deserialize, Serialize};

const SLOT_BITS: u32 = 26;
const SLOT_MASK: u32 = (1 << SLOT_BITS) - 1;
const GENERATION_MASK: u8 = (1 << (32 - SLOT_BITS)) - 1;
const NONE: u32 = u32::MAX;

/// A command that is out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Outstanding {
    pub id: RequestId,
    /// When the DSP accepted the request, released it at its time, or started the scheduled read.
    pub started_at: SimTime,
    pub srv: Srv,
    pub origin: CommandOrigin,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Slot {
    outstanding: Option<Outstanding>,
    /// While free, the next free slot.
    next_free: u32,
    generation: u8,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Correlations {
    slots: Vec<Slot>,
    first_free: u32,
    outstanding: u32,
}

impl Correlations {
    pub fn new() -> Correlations {
        Correlations {
            slots: Vec::new(),
            first_free: NONE,
            outstanding: 0,
        }
    }

    pub fn len(&self) -> u32 {
        self.outstanding
    }

    pub fn is_empty(&self) -> bool {
        self.outstanding == 0
    }

    /// Whether every reference is taken: 67 million commands are out.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.first_free == NONE && self.slots.len() > SLOT_MASK as usize
    }

    /// Keeps a command; its slot and the reference it is to carry. `None` when full.
    #[inline]
    pub fn insert(&mut self, outstanding: Outstanding) -> Option<(u32, u32)> {
        if self.is_full() {
            return None;
        }
        let index = if self.first_free == NONE {
            self.slots.push(Slot {
                outstanding: None,
                next_free: NONE,
                generation: 0,
            });
            self.slots.len() as u32 - 1
        } else {
            self.first_free
        };
        let slot = &mut self.slots[index as usize];
        self.first_free = slot.next_free;
        slot.next_free = NONE;
        slot.outstanding = Some(outstanding);
        self.outstanding += 1;
        Some((index, u32::from(slot.generation) << SLOT_BITS | index))
    }

    /// The command an answer is for, with its slot, which becomes free. `None` for a late or duplicate answer.
    #[inline]
    pub fn take(&mut self, correlation: u32, id: &RequestId) -> Option<(u32, Outstanding)> {
        let index = correlation & SLOT_MASK;
        let slot = self.slots.get(index as usize)?;
        if u32::from(slot.generation) != correlation >> SLOT_BITS || slot.outstanding.as_ref()?.id != *id {
            return None;
        }
        Some((index, self.release(index)?))
    }

    /// The commands that are out.
    pub fn iter(&self) -> impl Iterator<Item = &Outstanding> {
        self.slots.iter().filter_map(|slot| slot.outstanding.as_ref())
    }

    /// Frees a slot whose command is given up.
    #[inline]
    pub fn release(&mut self, index: u32) -> Option<Outstanding> {
        let slot = self.slots.get_mut(index as usize)?;
        let outstanding = slot.outstanding.take()?;
        slot.generation = slot.generation.wrapping_add(1) & GENERATION_MASK;
        slot.next_free = self.first_free;
        self.first_free = index;
        self.outstanding -= 1;
        Some(outstanding)
    }
}

impl Default for Correlations {
    fn default() -> Self {
        Correlations::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secnet_model::{DeviceType, PremisesId, UserId};

    fn outstanding(counter: u64) -> Outstanding {
        let target = PremisesId(1).device(DeviceType::Esme).eui64();
        Outstanding {
            id: RequestId {
                originator: UserId(0),
                target,
                counter,
            },
            started_at: SimTime::ZERO,
            srv: Srv::from_index(0).expect("the first SRV"),
            origin: CommandOrigin::OnDemand,
        }
    }

    #[test]
    fn an_answer_finds_its_request_once() {
        let mut correlations = Correlations::new();
        let (a, b) = (outstanding(1), outstanding(2));
        let (_, first) = correlations.insert(a).expect("room");
        let (_, second) = correlations.insert(b).expect("room");
        assert_eq!(correlations.take(second, &b.id).map(|(_, o)| o), Some(b));
        assert_eq!(correlations.take(second, &b.id), None, "a duplicate");
        assert_eq!(
            correlations.take(first, &b.id),
            None,
            "another request's reference"
        );
        assert_eq!(correlations.take(first, &a.id).map(|(_, o)| o), Some(a));
        assert!(correlations.is_empty());
    }

    #[test]
    fn a_late_answer_does_not_take_the_slots_next_command() {
        let mut correlations = Correlations::new();
        let (slot, late) = correlations.insert(outstanding(0)).expect("room");
        correlations.release(slot);
        for counter in 1..=200 {
            let (again, reference) = correlations.insert(outstanding(counter)).expect("room");
            assert_eq!(again, slot, "slots are used again");
            assert_eq!(
                correlations.take(late, &outstanding(0).id),
                None,
                "also when the generation wraps"
            );
            assert!(correlations.take(reference, &outstanding(counter).id).is_some());
        }
    }

    #[test]
    fn a_slot_fits_a_cache_line() {
        assert!(size_of::<Slot>() <= 56, "{}", size_of::<Slot>());
    }
}
