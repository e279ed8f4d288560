//! Future-dated requests the DSP holds until their time. Access control looks at each again then.

use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::{Part, figures};
use secnet_model::{RequestId, Role, SimTime, Srv};
use secnet_topology::World;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Held {
    pub id: RequestId,
    pub srv: Srv,
    /// The role the User claimed.
    pub role: Role,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FutureDated {
    /// By execution time, then in the order of acceptance.
    held: BTreeMap<(SimTime, u64), Held>,
    accepted: u64,
    next: SimTime,
    counts: Counts,
}

impl FutureDated {
    pub fn new() -> FutureDated {
        FutureDated {
            held: BTreeMap::new(),
            accepted: 0,
            next: SimTime::NEVER,
            counts: Counts::default(),
        }
    }

    pub fn hold(&mut self, execute_at: SimTime, request: Held) {
        self.held.insert((execute_at, self.accepted), request);
        self.accepted += 1;
        self.next = self.next.min(execute_at);
    }

    /// A request whose time has come.
    pub fn take_due(&mut self, now: SimTime) -> Option<(SimTime, Held)> {
        let first = self.held.first_entry()?;
        let at = first.key().0;
        if at > now {
            return None;
        }
        let request = first.remove();
        self.next = self
            .held
            .first_key_value()
            .map_or(SimTime::NEVER, |((at, _), _)| *at);
        Some((at, request))
    }

    /// Access control refused one when it came due.
    pub fn refused(&mut self) {
        self.counts.future_dated_refused += 1;
    }

    pub fn len(&self) -> usize {
        self.held.len()
    }

    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }
}

figures! {
    /// What became of what the DSP held.
    struct Counts: "DSP's future-dated requests" in "dsp" {
        /// Future-dated requests that access control refused when they came due.
        future_dated_refused: sum "requests" if nonzero,
    }
}

figures! {
    /// What the DSP holds until its time.
    struct Standing: "DSP's future-dated requests held" in "dsp" {
        /// Future-dated requests that wait for their time.
        future_dated_held: sum "requests",
    }
}

impl Part for FutureDated {
    /// The first execution time.
    #[inline]
    fn next_deadline(&self, _world: &World) -> SimTime {
        self.next
    }

    fn figures(&self, _world: &World, figures: &mut Figures) {
        figures.put(Key::Whole, &self.counts);
        let future_dated_held = self.held.len() as u64;
        figures.put(Key::Whole, &Standing { future_dated_held });
    }
}

impl Default for FutureDated {
    fn default() -> Self {
        FutureDated::new()
    }
}
