//! What is worth saying of a scenario that is good all the same: at `topology check`, and beside its results.

use crate::modifications::Growth;
use crate::scenario::Scenario;
use crate::users::{UserEntry, UserKind};
use secnet_model::{DeviceType, Srv};

impl Scenario {
    /// A sentence or two each.
    pub fn remarks(&self) -> Vec<String> {
        let users = self.users();
        let growths = self.parameters.growths(&self.releases());
        let of_growths = growths
            .into_iter()
            .filter_map(|(name, growth)| nothing_grows(self, &users, name, growth));
        let slice = self.dsp.slice(self.population.premises);
        slice.into_iter().chain(of_growths).collect()
    }
}

/// A Modification is on that lets daily schedules grow, and the scenario has none it could.
fn nothing_grows(scenario: &Scenario, users: &[UserEntry], name: &str, growth: Growth) -> Option<String> {
    let grows_to = |holder, srv, device_type| growth(&scenario.parameters, holder, srv, device_type);
    let grows = scenario.schedules.iter().any(|schedule| {
        let Some(srv) = Srv::from_number(&schedule.srv) else {
            return false;
        };
        let Some(device_type) = schedule.device_type(srv) else {
            return false;
        };
        let mut holders = users.iter().filter(|user| user.is_meant_by(&schedule.from));
        holders.any(|user| {
            grows_to(user.kind, srv, device_type).is_some_and(|growth| growth.to > schedule.share)
        })
    });
    if grows {
        return None;
    }
    let mut meant = Vec::new();
    for holder in UserKind::ALL {
        for srv in Srv::all().filter(|srv| srv.entry().dsp_schedulable) {
            for device_type in DeviceType::ALL {
                if let Some(growth) = grows_to(holder, srv, device_type) {
                    let (whose, device) = (holder.group(), device_type.name());
                    meant.push(format!(
                        "of {srv} of each {device} by `{whose}` with a share below {}",
                        growth.to
                    ));
                }
            }
        }
    }
    // One that grows nothing at all has other things to do.
    (!meant.is_empty()).then(|| {
        let meant = meant.join(", or ");
        format!("{name} is on and changes nothing here: it lets daily schedules grow, and the scenario has none {meant}.")
    })
}
