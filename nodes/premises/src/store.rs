//! What a shard keeps per premises: allocated block by block, where something has happened.

use secnet_accounts::Part;
use secnet_model::PremisesId;
use serde::{Deserialize, Serialize};

/// Premises per allocation.
const BLOCK: usize = 64;

/// What must be remembered of a premises in which something has happened. Budget: 16 B (tested). Whatever else one
/// would ask of a premises – its devices, its polls, its cell – is arithmetic over its index.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct PremisesState {
    /// Envelopes sent so far: the premises' sequence.
    pub sent: u32,
    /// Alerts raised so far.
    pub alerts: u32,
}

/// A flat table of blocks. An idle premises costs a 64th of a block's pointer, 0.25 B; one in a block where something
/// happened 8.25 B (tested).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PremisesStates {
    first: u32,
    blocks: Vec<Option<Box<[PremisesState]>>>,
}

impl PremisesStates {
    /// For the premises `first..end`.
    pub fn new(first: PremisesId, end: PremisesId) -> PremisesStates {
        let premises = end.0.saturating_sub(first.0) as usize;
        PremisesStates {
            first: first.0,
            blocks: vec![None; premises.div_ceil(BLOCK)],
        }
    }

    /// Whether this is a table for the premises `first..end`.
    pub fn is_for(&self, first: PremisesId, end: PremisesId) -> bool {
        let blocks = (end.0.saturating_sub(first.0) as usize).div_ceil(BLOCK);
        self.first == first.0
            && self.blocks.len() == blocks
            && self.blocks.iter().flatten().all(|block| block.len() == BLOCK)
    }

    /// The place of the premises' next envelope in its order, from 1.
    #[inline]
    pub fn next_sequence(&mut self, premises: PremisesId) -> u64 {
        let state = self.of(premises);
        state.sent += 1;
        u64::from(state.sent)
    }

    /// The number of the premises' next alert, from 1.
    #[inline]
    pub fn next_alert(&mut self, premises: PremisesId) -> u32 {
        let state = self.of(premises);
        state.alerts += 1;
        state.alerts
    }

    /// The state to change; `premises` must be in the shard.
    #[inline]
    fn of(&mut self, premises: PremisesId) -> &mut PremisesState {
        let place = (premises.0 - self.first) as usize;
        let block = self.blocks[place / BLOCK].get_or_insert_with(empty_block);
        &mut block[place % BLOCK]
    }
}

impl Part for PremisesStates {
    fn memory_bytes(&self) -> usize {
        let block_bytes = BLOCK * size_of::<PremisesState>();
        let blocks = self.blocks.iter().filter(|block| block.is_some()).count();
        self.blocks.capacity() * size_of::<Option<Box<[PremisesState]>>>() + blocks * block_bytes
    }
}

#[cold]
fn empty_block() -> Box<[PremisesState]> {
    vec![PremisesState::default(); BLOCK].into_boxed_slice()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_premises_costs_nothing_until_something_happens_in_its_block() {
        assert!(size_of::<PremisesState>() <= 16);
        let (first, end) = (PremisesId(1_000), PremisesId(1_000 + 64_000));
        let mut states = PremisesStates::new(first, end);
        assert!(states.memory_bytes() <= 64_000 / 4, "{}", states.memory_bytes());
        states.of(PremisesId(1_100)).sent = 3;
        assert_eq!(states.of(PremisesId(1_100)).sent, 3);
        assert_eq!(states.memory_bytes(), 1_000 * 16 + 64 * 8);
        *states.of(PremisesId(64_999)) = PremisesState { sent: 1, alerts: 1 };
        assert_eq!(states.of(PremisesId(64_999)).alerts, 1);
    }
}
