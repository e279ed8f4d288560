//! An electricity distribution network operator (DNO) as a DCC User: it reads meters and network data in its licence areas as
//! electricity distributor, sets voltage thresholds, and hears of outages and voltages.
//!
//! Not here: what all Users do alike, the state machine itself among it (`secnet-user`).

use secnet_model::{AlertRecipient, DeviceType, Role};
use secnet_user::{Desk, Part};
use serde::{Deserialize, Serialize};

/// What a distribution network operator is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct DnoDesk;

impl Part for DnoDesk {}

impl Desk for DnoDesk {
    const SCHEDULES: &'static [&'static str] = &["4.10"];

    /// A distributor has no business with gas; of the hub it may read the logs.
    fn roles_for(device_type: DeviceType) -> &'static [Role] {
        match device_type {
            DeviceType::Esme | DeviceType::Chf | DeviceType::Hcalcs | DeviceType::Sapc => {
                &[Role::ElectricityDistributor]
            }
            DeviceType::Gsme | DeviceType::Gpf | DeviceType::Ppmid | DeviceType::Ihd | DeviceType::Cad => &[],
        }
    }

    /// AD1, 8F35, 8F36 and the voltage alerts (domain.md §4), and what its own commands cause.
    fn expects(recipient: AlertRecipient) -> bool {
        matches!(recipient, AlertRecipient::Dno | AlertRecipient::CommandSender)
    }
}
