//! How busy the DSP's servers are, and when it first turns a request away.

use secnet_accounts::Part;
use secnet_accounts::load::{Busy, First, Firsts, Load, Resource};
use secnet_model::{SimDuration, SimTime};
use secnet_wire::Answer;
use serde::{Deserialize, Serialize};

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct UseOfServers {
    busy: Busy,
    firsts: Firsts,
}

impl UseOfServers {
    /// A server takes something then, and takes nothing else for so long.
    #[inline]
    pub fn busy(&mut self, from: SimTime, lasts: SimDuration) {
        self.busy.add(from, lasts);
    }

    pub fn turned_away(&mut self, now: SimTime, answer: Answer) {
        match answer {
            Answer::Busy { .. } => self.firsts.note(First::Busy, now),
            Answer::Throttled { .. } => self.firsts.note(First::Throttled, now),
            Answer::Accepted | Answer::Done { .. } | Answer::PreCommand { .. } | Answer::Refused(_) => {}
        }
    }

    pub fn load(&self) -> Load {
        Load {
            uses: [(Resource::Dsp, self.busy.in_all())].into(),
            firsts: self.firsts.clone(),
        }
    }
}

impl Part for UseOfServers {
    fn memory_bytes(&self) -> usize {
        self.busy.memory_bytes()
    }
}
