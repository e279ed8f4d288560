//! Whom a device alert goes to (the alert table: domain.md §4).

use secnet_model::{AlertRecipient, DeviceType, UserId};
use secnet_topology::World;
use secnet_wire::DeviceAlert;

/// The one User registered to receive it; `None` when the scenario has nobody.
pub fn recipient(world: &World, alert: &DeviceAlert) -> Option<UserId> {
    let premises = alert.device.premises;
    if premises.0 >= world.population.premises_count() {
        return None;
    }
    let user = match alert.alert.entry().recipient {
        AlertRecipient::Supplier => match alert.device.device_type {
            DeviceType::Gsme | DeviceType::Gpf => world.population.gas_supplier(premises)?,
            _ => world.population.electricity_supplier(premises),
        },
        AlertRecipient::Dno => world.population.dno(premises)?,
        AlertRecipient::CommandSender => alert.command_sender?,
    };
    world.users.get(user.index()).map(|_| user)
}
