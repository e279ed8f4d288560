//! How long a reading of profile data is (SRVs 4.8.1 to 4.8.3): its framing and its entries.

use crate::DeviceType;

/// Most days a device keeps: 19,056 half-hours (domain.md §1).
pub const PROFILE_DAYS_MAX: u32 = 397;

/// The response to a profile read on one type of device, in octets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProfileSize {
    /// Headers, signature and encryption.
    pub framing: u32,
    /// Each entry.
    pub entry: u32,
}

/// RTDS ECS22b: 552 octets with 48 entries, each a structure's tag and length, a null time stamp and a tagged 32-bit reading.
const ELECTRICITY: ProfileSize = ProfileSize {
    framing: 168,
    entry: 8,
};

/// RTDS GCS17: 398 octets with 97 entries of 24 bits.
const GAS: ProfileSize = ProfileSize {
    framing: 107,
    entry: 3,
};

impl ProfileSize {
    /// On devices of that type.
    pub const fn of(device_type: DeviceType) -> ProfileSize {
        if device_type.is_gas() { GAS } else { ELECTRICITY }
    }

    /// With so many entries.
    pub const fn bytes(self, entries: u32) -> u32 {
        self.framing + self.entry * entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_lengths_follow_from_their_entries() {
        assert_eq!(ProfileSize::of(DeviceType::Esme).bytes(48), 552);
        assert_eq!(ProfileSize::of(DeviceType::Gsme).bytes(97), 398);
        assert_eq!(ProfileSize::of(DeviceType::Gpf).bytes(97), 398);
    }
}
