//! An energy Supplier as a DCC User. It deals with electricity devices as import Supplier (export Supplier where the service
//! is for export) and with gas devices as gas Supplier; vends to its prepayment premises (SRV 2.2), sends tariffs and
//! prices, and has daily readings scheduled.
//!
//! Its portfolio is the premises it supplies electricity to; workloads that only deal with gas devices draw from the
//! premises it supplies gas to. Which SRVs, how often and whether to prepayment premises only is the scenario's affair.
//!
//! Not here: what all Users do alike, the state machine itself among it (`secnet-user`).

use secnet_model::{AlertRecipient, DeviceType, Role};
use secnet_user::{Desk, Part};
use serde::{Deserialize, Serialize};

/// What an energy Supplier is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct SupplierDesk;

impl Part for SupplierDesk {}

impl Desk for SupplierDesk {
    const SCHEDULES: &'static [&'static str] = &["4.6.1", "4.8.1"];

    /// The fuel decides; hub and in-home devices serve both, and the import Supplier is there for every premises.
    fn roles_for(device_type: DeviceType) -> &'static [Role] {
        match device_type {
            DeviceType::Gsme | DeviceType::Gpf => &[Role::GasSupplier],
            DeviceType::Esme | DeviceType::Hcalcs | DeviceType::Sapc => {
                &[Role::ImportSupplier, Role::ExportSupplier]
            }
            DeviceType::Chf | DeviceType::Ppmid | DeviceType::Ihd | DeviceType::Cad => {
                &[Role::ImportSupplier, Role::GasSupplier, Role::ExportSupplier]
            }
        }
    }

    /// Outages and voltages are the distributor's (domain.md §4).
    fn expects(recipient: AlertRecipient) -> bool {
        matches!(
            recipient,
            AlertRecipient::Supplier | AlertRecipient::CommandSender
        )
    }
}
