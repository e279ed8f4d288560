//! What is particular to a kind of User, as its node crate states it.

use secnet_model::{AlertRecipient, DeviceType, Role};

#[derive(Clone, Copy, Debug)]
pub struct Duties {
    /// The roles in which it deals with devices of a type, the most fitting first.
    pub roles_for: fn(DeviceType) -> &'static [Role],
    /// Whether alerts to such a recipient concern it.
    pub expects: fn(AlertRecipient) -> bool,
    /// What it has read daily where it creates schedules (SRV 5.1) itself. Assumed.
    pub schedules: &'static [&'static str],
}
