//! Another DCC User: a price comparison site, an energy adviser. It reads consumption profiles and daily
//! consumption where the consumer consents.
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

    fn roles_for(_: DeviceType) -> &'static [Role] {
        &[Role::OtherUser]
    }

    /// The alert table sends it nothing but what its own commands cause.
    fn expects(recipient: AlertRecipient) -> bool {
        recipient == AlertRecipient::CommandSender
    }
}
