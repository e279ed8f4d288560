//! The schedules the User created itself (SRV 5.1) and has not deleted, so that it can read and delete them.

use secnet_accounts::Part;
use secnet_model::{Eui64, Role, Srv};
use secnet_wire::ServiceRequest;
use serde::{Deserialize, Serialize};

/// As many as it remembers. Assumed; the oldest stay.
const REMEMBERED_MAX: usize = 1_024;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct OwnSchedules {
    schedules: Vec<OwnSchedule>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct OwnSchedule {
    pub target: Eui64,
    pub srv: Srv,
    /// As which it was created.
    pub role: Role,
}

impl OwnSchedules {
    pub(crate) fn as_slice(&self) -> &[OwnSchedule] {
        &self.schedules
    }

    /// The DSP has done what `request` asks; perhaps it holds a schedule more now, or one less.
    pub(crate) fn note_done(&mut self, request: &ServiceRequest) {
        let Some(srv) = request.timing.daily() else { return };
        let schedule = OwnSchedule {
            target: request.id.target,
            srv,
            role: request.role,
        };
        let place = self.schedules.iter().position(|known| *known == schedule);
        match (request.srv.number(), place) {
            ("5.1", None) if self.schedules.len() < REMEMBERED_MAX => self.schedules.push(schedule),
            ("5.3", Some(place)) => {
                self.schedules.swap_remove(place);
            }
            _ => {}
        }
    }
}

impl Part for OwnSchedules {
    fn memory_bytes(&self) -> usize {
        self.schedules.capacity() * size_of::<OwnSchedule>()
    }
}
