//! Who is who on the emulated network, in four bytes.

use crate::{PremisesId, Region, UserId};
use core::fmt;
use serde::{Deserialize, Serialize};

/// A participant as the network's order and routing know it. Premises have addresses of their own,
/// whatever shard holds them, so that nothing ordered by address depends on the number of shards.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Address(u32);

impl TryFrom<u32> for Address {
    type Error = String;
    fn try_from(bits: u32) -> Result<Address, String> {
        Address::from_bits(bits).ok_or_else(|| format!("address {bits:#x} names nobody"))
    }
}

impl From<Address> for u32 {
    fn from(address: Address) -> u32 {
        address.0
    }
}

/// Who an [`Address`] names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Participant {
    /// The Data Service Provider; there is one.
    Dsp,
    /// The Communications Service Provider of a region.
    Csp(Region),
    /// The SMETS1 Service Provider.
    S1sp,
    /// A DCC User: a Supplier, a DNO or another.
    User(UserId),
    /// The devices of one premises, its communications hub included.
    Premises(PremisesId),
}

const USERS: u32 = 0x0001_0000;
const PREMISES: u32 = 0x8000_0000;

impl Address {
    /// The Data Service Provider's.
    pub const DSP: Address = Address(0);

    /// Of who carries messages to a region's premises: its CSP, or the S1SP.
    pub const fn provider(region: Region) -> Address {
        Address(1 + region as u32)
    }

    /// Of a DCC User.
    pub const fn user(user: UserId) -> Address {
        Address(USERS + user.0 as u32)
    }

    /// Premises indices must stay below 2^31; the population's limit is far lower.
    pub const fn premises(premises: PremisesId) -> Address {
        Address(PREMISES | premises.0)
    }

    /// As it is written on the wire.
    pub const fn to_bits(self) -> u32 {
        self.0
    }

    /// `None` for bit patterns that name nobody, which only a damaged frame can hold.
    pub fn from_bits(bits: u32) -> Option<Address> {
        match bits {
            0..=4 | USERS..0x0002_0000 | PREMISES.. => Some(Address(bits)),
            _ => None,
        }
    }

    /// Who it is the address of.
    pub const fn participant(self) -> Participant {
        match self.0 {
            1 => Participant::Csp(Region::North),
            2 => Participant::Csp(Region::Central),
            3 => Participant::Csp(Region::South),
            4 => Participant::S1sp,
            bits if bits >= PREMISES => Participant::Premises(PremisesId(bits & !PREMISES)),
            bits if bits >= USERS => Participant::User(UserId((bits - USERS) as u16)),
            _ => Participant::Dsp,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.participant() {
            Participant::Dsp => f.write_str("dsp"),
            Participant::Csp(region) => f.write_str(region.provider()),
            Participant::S1sp => f.write_str(Region::Smets1.provider()),
            Participant::User(user) => write!(f, "user-{}", user.0),
            Participant::Premises(premises) => write!(f, "premises-{}", premises.0),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_one_participant_each() {
        let all = [
            Participant::Dsp,
            Participant::Csp(Region::South),
            Participant::S1sp,
            Participant::User(UserId(u16::MAX)),
            Participant::Premises(PremisesId(29_999_999)),
        ];
        let addresses = [
            Address::DSP,
            Address::provider(Region::South),
            Address::provider(Region::Smets1),
            Address::user(UserId(u16::MAX)),
            Address::premises(PremisesId(29_999_999)),
        ];
        for (participant, address) in all.into_iter().zip(addresses) {
            assert_eq!(address.participant(), participant);
            assert_eq!(Address::from_bits(address.to_bits()), Some(address));
        }
        assert_eq!(Address::from_bits(5), None);
        assert_eq!(Address::from_bits(0x7FFF_FFFF), None);
    }
}
