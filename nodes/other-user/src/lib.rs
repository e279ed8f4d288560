//! Another DCC User: a price comparison site or an energy adviser, which reads consumption profiles and daily consumption where the
//! consumer consents; a gas transporter; a Supplier's agent.
//!
//! Consent is not modelled: every enrolled premises counts as consenting, and how many are read is the workload's rate. Assumed.
//!
//! Not here: what all Users do alike, the state machine itself among it (`secnet-user`).

use secnet_model::{AlertRecipient, DeviceType, Role};
use secnet_user::{Desk, Part};
use serde::{Deserialize, Serialize};

/// What any other DCC User is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct OtherUserDesk;

impl Part for OtherUserDesk {}

impl Desk for OtherUserDesk {
    const SCHEDULES: &'static [&'static str] = &["4.8.1", "4.17"];

    fn roles_for(device_type: DeviceType) -> &'static [Role] {
        match device_type.is_gas() || device_type == DeviceType::Chf {
            true => &[
                Role::GasTransporter,
                Role::RegisteredSupplierAgent,
                Role::OtherUser,
            ],
            false => &[Role::RegisteredSupplierAgent, Role::OtherUser],
        }
    }

    /// The alert table sends it nothing but what its own commands cause.
    fn expects(recipient: AlertRecipient) -> bool {
        recipient == AlertRecipient::CommandSender
    }
}
