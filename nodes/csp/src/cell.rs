//! One direction of one cell: a channel that sends one message at a time, the most urgent class first and in order of
//! arrival within a class.
//!
//! Not here: where waiting messages are stored ([`WaitingRoom`]), what becomes of a lost transmission (`cells.rs`).

use crate::waiting_room::{NOWHERE, WaitingRoom};
use secnet_model::{SimDuration, SimTime};
use serde::{Deserialize, Serialize};

/// The CSPs' priority classes; 0 is the most urgent. Assumed: no source says how many there are.
pub const CLASSES: usize = 4;

/// What the premises of a cell share in one direction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Channel {
    pub bits_per_second: u64,
    /// What the WAN adds to each GBCS message.
    pub overhead_bytes: u32,
}

impl Channel {
    /// Rounded up to a whole microsecond, and never zero: a channel's next moment of freedom is always later than now.
    #[inline]
    pub fn transmission_time(self, bytes: u32) -> SimDuration {
        let bits = (u64::from(bytes) + u64::from(self.overhead_bytes)) * 8;
        SimDuration((bits * 1_000_000).div_ceil(self.bits_per_second.max(1)).max(1))
    }

    /// How long a whole channel would be busy with what takes so long on this part of it.
    #[inline]
    pub fn part_of(self, whole: Channel, takes: SimDuration) -> SimDuration {
        if self.bits_per_second == whole.bits_per_second {
            return takes;
        }
        SimDuration(takes.0 * self.bits_per_second / whole.bits_per_second.max(1))
    }
}

/// A direction of a cell as a single server with priority queues, non-preemptive.
/// Budget: 32 B, so that an idle cell costs 64 B for both directions (tested).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Server {
    /// When the transmission under way, or the last one, ends.
    pub free_at: SimTime,
    /// By class: the place of the message that has waited longest, [`NOWHERE`] when none waits.
    heads: [u32; CLASSES],
    waiting: u32,
}

impl Server {
    pub const IDLE: Server = Server {
        free_at: SimTime::ZERO,
        heads: [NOWHERE; CLASSES],
        waiting: 0,
    };

    /// Whether a message arriving now is sent at once.
    #[inline]
    pub fn is_idle(&self, now: SimTime) -> bool {
        self.waiting == 0 && self.free_at <= now
    }

    #[inline]
    pub fn waiting(&self) -> u32 {
        self.waiting
    }

    pub fn join(&mut self, room: &mut WaitingRoom, place: u32, class: u8) {
        room.append(&mut self.heads[usize::from(class)], place);
        self.waiting += 1;
    }

    /// Takes out what is to be sent next: the most urgent class's longest waiting.
    pub fn take_next(&mut self, room: &mut WaitingRoom) -> Option<u32> {
        let head = self.heads.iter_mut().find(|head| **head != NOWHERE)?;
        let place = *head;
        room.unlink(head, place);
        self.waiting -= 1;
        Some(place)
    }

    /// Takes out the last to have joined of the least urgent class, if that class is less urgent than `class`.
    pub fn take_less_urgent(&mut self, room: &mut WaitingRoom, class: u8) -> Option<u32> {
        let head = self.heads[usize::from(class) + 1..]
            .iter_mut()
            .rev()
            .find(|head| **head != NOWHERE)?;
        let place = room.last_of(*head);
        room.unlink(head, place);
        self.waiting -= 1;
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transmission_time_is_that_of_bytes_and_overhead_at_the_rate() {
        let channel = Channel {
            bits_per_second: 20_000,
            overhead_bytes: 24,
        };
        assert_eq!(channel.transmission_time(101), SimDuration::from_millis(50));
        assert_eq!(channel.transmission_time(102).0, 50_400);
        let fast = Channel {
            bits_per_second: 3_000_000,
            overhead_bytes: 0,
        };
        assert_eq!(fast.transmission_time(1).0, 3, "rounded up");
        assert_eq!(fast.transmission_time(0).0, 1, "never zero");
    }

    #[test]
    fn an_idle_cell_keeps_its_memory_budget() {
        assert!(2 * size_of::<Server>() <= 64, "{}", size_of::<Server>());
    }
}
