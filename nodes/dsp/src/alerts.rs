//! Whom a device alert goes to (the alert table: domain.md §4).

use crate::records::Records;
use secnet_model::{AlertRecipient, SimTime, UserId};
use secnet_topology::World;
use secnet_wire::DeviceAlert;

/// The one User registered to receive it; `None` when the scenario has nobody.
pub fn recipient(world: &World, records: &Records, at: SimTime, alert: &DeviceAlert) -> Option<UserId> {
    let premises = alert.device.premises;
    if premises.0 >= world.population.premises_count() {
        return None;
    }
    let user = match alert.alert.entry().recipient {
        AlertRecipient::Supplier => records.supplier(world, alert.device, at)?,
        AlertRecipient::Dno => records.dno(world, premises)?,
        AlertRecipient::CommandSender => alert.command_sender?,
    };
    world.users.get(user.index()).map(|_| user)
}
