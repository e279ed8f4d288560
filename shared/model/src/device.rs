//! Device types and the statuses the Smart Metering Inventory gives them (DUIS XSD, domain notes §2.4).

use serde::{Deserialize, Serialize};

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

    pub const fn index(self) -> u8 {
        self as u8
    }

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

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[repr(u8)]
pub enum DeviceStatus {
    Pending,
    Whitelisted,
    InstalledNotCommissioned,
    Commissioned,
    Decommissioned,
    Withdrawn,
    Suspended,
    Recovery,
    Recovered,
}
