//! Whom a device alert goes to (the alert table: domain.md §4).

use crate::records::Records;
use secnet_model::{AlertRecipient, SimTime, UserId};
use secnet_topology::World;
use secnet_wire::DeviceAlert;

/// The Users registered to receive it that the scenario has, each once; the first is the one the item goes to.
pub fn recipients(
    world: &World,
    records: &Records,
    at: SimTime,
    alert: &DeviceAlert,
) -> impl Iterator<Item = UserId> + use<> {
    let premises = alert.device.premises;
    let user = |recipient| {
        let user = match recipient {
            AlertRecipient::Supplier => records.supplier(world, alert.device, at)?,
            AlertRecipient::Dno => records.dno(world, premises)?,
            AlertRecipient::CommandSender => alert.command?.sender,
        };
        world.users.get(user.index()).map(|_| user)
    };
    let entry = alert.alert.entry();
    let is_known = premises.0 < world.population.premises_count();
    let first = is_known.then(|| user(entry.recipient)).flatten();
    let also = entry.also.filter(|_| is_known).and_then(user);
    first.into_iter().chain(also.filter(|also| first != Some(*also)))
}
