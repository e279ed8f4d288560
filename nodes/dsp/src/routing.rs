//! Where a command goes and how urgent it is.

use crate::services::SrvRules;
use secnet_model::{Address, DeviceId, Srv};
use secnet_topology::Population;
use secnet_wire::CommandOrigin;

/// Who carries messages to the device's premises.
#[inline]
pub fn provider(population: &Population, device: DeviceId) -> Address {
    Address::provider(population.region_of(device.premises))
}

/// The CSPs' priority class, 0 first. The public default names the urgent ones – vends, supply, install and commission
/// (domain.md §5.1); the order of the rest is assumed: on demand, future-dated, scheduled.
#[inline]
pub fn priority(srv: Srv, origin: CommandOrigin) -> u8 {
    match origin {
        CommandOrigin::OnDemand => {
            let rules = SrvRules::of(srv);
            u8::from(!(rules.vend_or_supply || rules.install_and_commission))
        }
        CommandOrigin::HeldByDsp | CommandOrigin::HeldByDevice => 2,
        CommandOrigin::Scheduled => 3,
    }
}
