//! Device types and the statuses the Smart Metering Inventory gives them (DUIS XSD, domain notes §2.4).

use serde::{Deserialize, Serialize};

/// The types of device on a premises' home area network (SMETS, CHTS).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[repr(u8)]
pub enum DeviceType {
    /// Electricity smart metering equipment.
    Esme,
    /// Gas smart metering equipment: battery-powered, asleep but for its polls.
    Gsme,
    /// Gas proxy function: the hub's mirror of the gas meter.
    Gpf,
    /// Communications hub function.
    Chf,
    /// Prepayment interface device.
    Ppmid,
    /// Home area network connected auxiliary load control switch.
    Hcalcs,
    /// Standalone auxiliary proportional controller.
    Sapc,
    /// In-home display.
    Ihd,
    /// Consumer access device.
    Cad,
}

impl DeviceType {
    /// In the order of [`DeviceType::index`].
    pub const ALL: [DeviceType; 9] = [
        DeviceType::Esme,
        DeviceType::Gsme,
        DeviceType::Gpf,
        DeviceType::Chf,
        DeviceType::Ppmid,
        DeviceType::Hcalcs,
        DeviceType::Sapc,
        DeviceType::Ihd,
        DeviceType::Cad,
    ];

    /// Its place in [`DeviceType::ALL`].
    pub const fn index(self) -> u8 {
        self as u8
    }

    /// The type at a place in [`DeviceType::ALL`].
    pub fn from_index(index: u8) -> Option<DeviceType> {
        DeviceType::ALL.get(usize::from(index)).copied()
    }

    /// The one-letter code of `data/srv.csv`.
    pub fn from_catalogue_letter(letter: &str) -> Option<DeviceType> {
        Some(match letter {
            "E" => DeviceType::Esme,
            "G" => DeviceType::Gsme,
            "P" => DeviceType::Gpf,
            "C" => DeviceType::Chf,
            "D" => DeviceType::Ppmid,
            "H" => DeviceType::Hcalcs,
            "S" => DeviceType::Sapc,
            _ => return None,
        })
    }

    /// Whether the gas Supplier is the one responsible for it, rather than the electricity Supplier.
    pub const fn is_gas(self) -> bool {
        matches!(self, DeviceType::Gsme | DeviceType::Gpf)
    }

    /// Whether it activates a new firmware without being asked: PPMIDs (domain.md §9) and, assumed, hubs.
    pub const fn activates_firmware_itself(self) -> bool {
        matches!(self, DeviceType::Ppmid | DeviceType::Chf)
    }

    /// Its acronym: `ESME`.
    pub const fn name(self) -> &'static str {
        match self {
            DeviceType::Esme => "ESME",
            DeviceType::Gsme => "GSME",
            DeviceType::Gpf => "GPF",
            DeviceType::Chf => "CHF",
            DeviceType::Ppmid => "PPMID",
            DeviceType::Hcalcs => "HCALCS",
            DeviceType::Sapc => "SAPC",
            DeviceType::Ihd => "IHD",
            DeviceType::Cad => "CAD",
        }
    }
}

/// A device's status in the Smart Metering Inventory (domain.md §2.4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[repr(u8)]
pub enum DeviceStatus {
    /// The inventory expects it; it is not installed yet.
    Pending,
    /// It is on its hub's list of devices and has not joined.
    Whitelisted,
    /// It has joined the network and is not commissioned.
    InstalledNotCommissioned,
    /// It is in service.
    Commissioned,
    /// It has been taken out of service (SRV 8.3).
    Decommissioned,
    /// It has left the inventory's service for good.
    Withdrawn,
    /// Its model or firmware is not approved any more.
    Suspended,
    /// Its credentials are being recovered.
    Recovery,
    /// Its credentials have been recovered.
    Recovered,
}
