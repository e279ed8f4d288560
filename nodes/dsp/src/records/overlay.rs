//! Single devices' values, laid over a base. Neighbours share a block, so that a change costs a few bytes wherever many
//! are made, and the order is that of the devices.

use secnet_model::DeviceId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Premises of a block: with sixteen places for devices each, a place in a block fits 16 bits.
const BLOCK_PREMISES_BITS: u32 = 12;

/// 4 B for a device's small value, 5 with room to grow: within the budget of 16 B per changed premises, which has
/// two meters.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Overlay<V> {
    blocks: BTreeMap<u32, Vec<(u16, V)>>,
}

impl<V> Default for Overlay<V> {
    fn default() -> Overlay<V> {
        Overlay {
            blocks: BTreeMap::new(),
        }
    }
}

impl<V: Copy> Overlay<V> {
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    pub(super) fn get(&self, device: DeviceId) -> Option<V> {
        let (block, place) = place(device);
        let block = self.blocks.get(&block)?;
        let found = block.binary_search_by_key(&place, |(place, _)| *place).ok()?;
        Some(block[found].1)
    }

    pub(super) fn set(&mut self, device: DeviceId, value: V) {
        let (block, place) = place(device);
        let block = self.blocks.entry(block).or_default();
        match block.binary_search_by_key(&place, |(place, _)| *place) {
            Ok(found) => block[found].1 = value,
            Err(at) => {
                if block.len() == block.capacity() {
                    block.reserve_exact(1 + block.len() / 4);
                }
                block.insert(at, (place, value));
            }
        }
    }

    pub(super) fn memory_bytes(&self) -> usize {
        // A node of the tree is at least half full.
        let block = 2 * size_of::<(u32, Vec<(u16, V)>)>();
        let values: usize = self.blocks.values().map(Vec::capacity).sum();
        self.blocks.len() * block + values * size_of::<(u16, V)>()
    }
}

fn place(device: DeviceId) -> (u32, u16) {
    let premises = device.premises.0;
    let within = premises & ((1 << BLOCK_PREMISES_BITS) - 1);
    let place = (within as u16) << 4 | u16::from(device.device_type.index());
    (premises >> BLOCK_PREMISES_BITS, place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secnet_model::{DeviceStatus, DeviceType, PremisesId, UserId};

    fn meters(premises: u32) -> [DeviceId; 2] {
        [DeviceType::Esme, DeviceType::Gsme].map(|meter| PremisesId(premises).device(meter))
    }

    #[test]
    fn a_campaign_at_a_tenth_of_a_million_premises_keeps_to_16_bytes_each_for_statuses_and_for_credentials() {
        let mut statuses = Overlay::default();
        let mut credentials = Overlay::default();
        let changed = 100_000;
        for premises in (0..changed).map(|i| i * 10) {
            for meter in meters(premises) {
                statuses.set(meter, DeviceStatus::Decommissioned);
            }
            credentials.set(meters(premises)[0], UserId(3));
        }
        for bytes in [statuses.memory_bytes(), credentials.memory_bytes()] {
            assert!(bytes <= 16 * changed as usize, "{bytes} B for {changed} premises");
        }
    }

    #[test]
    fn the_last_value_holds_and_the_order_of_changes_leaves_no_trace() {
        let devices: Vec<DeviceId> = [0, 4_095, 4_096, 77, 3_000_000, 5]
            .into_iter()
            .flat_map(meters)
            .collect();
        let mut forwards = Overlay::default();
        let mut backwards = Overlay::default();
        for (n, device) in devices.iter().enumerate() {
            forwards.set(*device, 0);
            forwards.set(*device, n);
        }
        for (n, device) in devices.iter().enumerate().rev() {
            backwards.set(*device, n);
        }
        assert_eq!(forwards, backwards);
        for (n, device) in devices.iter().enumerate() {
            assert_eq!(forwards.get(*device), Some(n));
        }
        assert_eq!(forwards.get(PremisesId(6).device(DeviceType::Esme)), None);
    }
}
