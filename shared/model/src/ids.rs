//! Identifiers: EUI-64s, Users, premises, devices and requests.

use crate::device::DeviceType;
use core::fmt;
use serde::{Deserialize, Serialize};

/// An EUI-64 as GBCS uses it: the identifier of every device and of every User role.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Eui64(pub u64);

/// The index of a User (a SEC party's User ID) in the scenario's list of Users.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UserId(pub u16);

/// The index of a premises in the scenario's population.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PremisesId(pub u32);

/// A device in a premises: the two things its EUI-64 encodes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DeviceId {
    /// The premises it stands in.
    pub premises: PremisesId,
    /// Which of the premises' devices it is: there is at most one of each type.
    pub device_type: DeviceType,
}

/// `originator:target:counter` (DUIS): unique for the life of the network, the counter strictly
/// increasing per originator.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestId {
    /// The User that sent the request, or for which the DSP started it.
    pub originator: UserId,
    /// The device it is about, or the DCC.
    pub target: Eui64,
    /// Strictly increasing per originator; the DSP's own start at [`RequestId::DSP_COUNTER`].
    pub counter: u64,
}

impl RequestId {
    /// Marks the DSP's counters, those of scheduled reads; Users' own stay far below it.
    pub const DSP_COUNTER: u64 = 1 << 46;

    /// Whether the DSP's schedules started it, and no User did.
    pub const fn is_scheduled_read(&self) -> bool {
        self.counter & RequestId::DSP_COUNTER != 0
    }

    /// The two words that tell it from every other request, for ledgers, traces and draws. The first names its sender
    /// and number, the second the device; the top bit of the first and the top byte of the second are zero, except in a
    /// target that is no emulated device.
    #[inline]
    pub const fn identity(&self) -> [u64; 2] {
        [(self.originator.0 as u64) << 47 ^ self.counter, self.target.0]
    }
}

/// First 24 bits (the organisation part) of emulated devices' EUI-64s: the range DCC Boxed uses for its test devices.
const DEVICE_PREFIX: u64 = 0x00DB12;
/// First 24 bits of emulated Users' EUI-64s.
const USER_PREFIX: u64 = 0x90B3D5;

impl Eui64 {
    /// The identifier non-device service requests carry as their target: the DCC's own (access control broker).
    pub const DCC: Eui64 = Eui64(0x90B3_D5FF_FFFF_FFFF);

    /// The device this identifies, if it is one the emulated population can hold.
    pub fn device(self) -> Option<DeviceId> {
        if self.0 >> 40 != DEVICE_PREFIX {
            return None;
        }
        let device_type = DeviceType::from_index((self.0 & 0xF) as u8)?;
        let premises = self.0 >> 4 & 0xF_FFFF_FFFF;
        Some(DeviceId {
            premises: PremisesId(u32::try_from(premises).ok()?),
            device_type,
        })
    }

    /// The User this identifies, if it has the form of one.
    pub fn user(self) -> Option<UserId> {
        if self.0 >> 40 != USER_PREFIX {
            return None;
        }
        u16::try_from(self.0 & 0xFF_FFFF_FFFF).ok().map(UserId)
    }
}

impl DeviceId {
    /// The User's identifier on messages.
    pub fn eui64(self) -> Eui64 {
        Eui64(DEVICE_PREFIX << 40 | u64::from(self.premises.0) << 4 | u64::from(self.device_type.index()))
    }

    /// The two words that tell its alert of that number from every other, for ledgers, traces and draws.
    #[inline]
    pub fn alert_identity(self, number: u32) -> [u64; 2] {
        [self.eui64().0, u64::from(number)]
    }
}

impl UserId {
    /// The device's identifier on messages.
    pub fn eui64(self) -> Eui64 {
        Eui64(USER_PREFIX << 40 | u64::from(self.0))
    }

    /// Its place in the list of Users.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl PremisesId {
    /// The premises' device of a type, whether or not there is one.
    pub fn device(self, device_type: DeviceType) -> DeviceId {
        DeviceId {
            premises: self,
            device_type,
        }
    }
}

impl fmt::Display for Eui64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0.to_be_bytes();
        for (i, byte) in bytes.iter().enumerate() {
            if i > 0 {
                f.write_str("-")?;
            }
            write!(f, "{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Eui64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "user {}", self.0)
    }
}

impl fmt::Debug for PremisesId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "premises {}", self.0)
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {:?}", self.device_type, self.premises)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.originator.eui64(), self.target, self.counter)
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_read_back_from_its_eui64() {
        for premises in [0, 1, 29_999_999, u32::MAX] {
            for device_type in DeviceType::ALL {
                let device = PremisesId(premises).device(device_type);
                assert_eq!(device.eui64().device(), Some(device));
            }
        }
    }

    #[test]
    fn foreign_identifiers_are_no_devices_and_no_users() {
        assert_eq!(Eui64(0).device(), None);
        assert_eq!(Eui64::DCC.device(), None);
        assert_eq!(Eui64::DCC.user(), None);
        assert_eq!(
            Eui64(0x00DB_12FF_FFFF_FFF0).device(),
            None,
            "premises index out of 32 bits"
        );
        assert_eq!(UserId(7).eui64().user(), Some(UserId(7)));
    }

    #[test]
    fn requests_of_all_users_and_of_schedules_have_identities_of_their_own() {
        let target = PremisesId(u32::MAX).device(DeviceType::Cad).eui64();
        let counters = [
            0,
            1,
            RequestId::DSP_COUNTER - 1,
            RequestId::DSP_COUNTER,
            2 * RequestId::DSP_COUNTER - 1,
        ];
        let mut seen = std::collections::BTreeSet::new();
        for originator in [0, 1, 2, 0x7FFF, 0x8000, u16::MAX].map(UserId) {
            for counter in counters {
                let [request, device] = RequestId {
                    originator,
                    target,
                    counter,
                }
                .identity();
                assert_eq!((request >> 63, device >> 56), (0, 0));
                assert!(seen.insert([request, device]), "{originator:?} {counter}");
            }
        }
    }

    #[test]
    fn request_ids_read_as_duis_writes_them() {
        let id = RequestId {
            originator: UserId(1),
            target: PremisesId(2).device(DeviceType::Esme).eui64(),
            counter: 1000,
        };
        assert_eq!(
            id.to_string(),
            "90-B3-D5-00-00-00-00-01:00-DB-12-00-00-00-00-20:1000"
        );
    }
}
