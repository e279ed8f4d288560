//! What the DSP could not push because its User's gateway is down.
//!
//! It tries again for a while, then waits for the gateway to open, and drops what it has kept for too long. A User's
//! messages stay in order: while one is kept, those after it wait behind it. When a gateway opens is on the timeline, so
//! that only the try that succeeds is emulated.
//!
//! Not here: the answer within a web service call, which is given if the call was made (assumed).

use secnet_engine::ItemKind;
use secnet_model::{SimDuration, SimTime, UserId};
use secnet_results::figures::{Figures, Key};
use secnet_results::{Part, figures};
use secnet_topology::World;
use secnet_topology::scenario::DspParams;
use secnet_wire::{CommandOrigin, DccAlert, DeviceAlert, Message, ServiceResponse};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// How long and how often the DSP tries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Patience {
    every: SimDuration,
    tries_for: SimDuration,
    kept_for: SimDuration,
}

impl Patience {
    fn new(params: &DspParams) -> Patience {
        Patience {
            every: params.push_again_every.as_duration().max(SimDuration(1)),
            tries_for: params.push_again_for.as_duration(),
            kept_for: params.undelivered_kept_for.as_duration(),
        }
    }

    /// When something pushed in vain at `first` is pushed with success to a gateway that opens at `opens`.
    fn succeeds(self, first: SimTime, opens: SimTime) -> SimTime {
        if opens > first + self.tries_for {
            return opens;
        }
        let tries = opens.since(first).0.div_ceil(self.every.0);
        first + SimDuration(tries * self.every.0)
    }
}

/// What the DSP pushes to Users.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub enum Pushed {
    Response(ServiceResponse),
    DeviceAlert(DeviceAlert),
    DccAlert(DccAlert),
}

impl Pushed {
    /// The item it brings its User; a response to a User's own request belongs to an item of the User's.
    fn item(&self) -> Option<ItemKind> {
        match self {
            Pushed::Response(response) => match response.origin {
                CommandOrigin::Scheduled => Some(ItemKind::ScheduledRead),
                CommandOrigin::OnDemand | CommandOrigin::HeldByDsp | CommandOrigin::HeldByDevice => None,
            },
            Pushed::DeviceAlert(_) => Some(ItemKind::DeviceAlert),
            Pushed::DccAlert(_) => Some(ItemKind::DccAlert),
        }
    }
}

impl From<Pushed> for Message {
    fn from(pushed: Pushed) -> Message {
        match pushed {
            Pushed::Response(response) => Message::ServiceResponse(response),
            Pushed::DeviceAlert(alert) => Message::DeviceAlert(alert),
            Pushed::DccAlert(alert) => Message::DccAlert(alert),
        }
    }
}

/// A message that is kept.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
struct Kept {
    /// The first try that was in vain.
    first_try: SimTime,
    pushed: Pushed,
}

/// A User whose gateway was down when something was pushed.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
struct Line {
    kept: VecDeque<Kept>,
    /// When something kept was last pushed with success.
    pushed_again_at: SimTime,
    /// When the last one pushed arrives: none after it arrives sooner.
    last_arrives: SimTime,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Delivery {
    lines: BTreeMap<UserId, Line>,
    /// By [`ItemKind`].
    held: [u64; ItemKind::COUNT],
    kept_total: u64,
    dropped_total: u64,
}

/// What becomes of what is pushed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Push {
    Arrives(SimTime),
    Kept,
}

/// A message whose waiting is over.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Over {
    /// Pushed again; it arrives no sooner than `not_before`.
    Push { pushed: Pushed, not_before: SimTime },
    /// Kept for too long.
    Drop(Pushed),
}

impl Delivery {
    /// What is pushed at `at` would arrive at `due`.
    #[inline]
    pub fn push(&mut self, world: &World, user: UserId, at: SimTime, due: SimTime, pushed: &Pushed) -> Push {
        if world.timeline.gateway(user).is_empty() {
            return Push::Arrives(due);
        }
        self.push_to_one_that_closes(world, user, at, due, pushed)
    }

    #[inline(never)]
    fn push_to_one_that_closes(
        &mut self,
        world: &World,
        user: UserId,
        at: SimTime,
        due: SimTime,
        pushed: &Pushed,
    ) -> Push {
        let gateway = world.timeline.gateway(user);
        let line = self.lines.entry(user).or_default();
        let due = due.max(line.last_arrives);
        if line.kept.is_empty() && !gateway.closed(due) {
            line.last_arrives = due;
            return Push::Arrives(due);
        }
        line.kept.push_back(Kept {
            first_try: if line.kept.is_empty() && !gateway.closed(at) {
                due
            } else {
                at
            },
            pushed: *pushed,
        });
        self.kept_total += 1;
        if let Some(kind) = pushed.item() {
            self.held[kind as usize] += 1;
        }
        Push::Kept
    }

    /// One message whose waiting is over at `now`; asked again until there is none.
    pub fn take_due(&mut self, world: &World, now: SimTime) -> Option<(UserId, Over)> {
        let patience = Patience::new(&world.scenario.dsp);
        let is_due = |(user, line): &(&UserId, &mut Line)| line.due(world, **user, patience) <= now;
        let (user, line) = self.lines.iter_mut().find(is_due)?;
        let Kept { first_try, pushed } = line.kept.pop_front()?;
        if let Some(kind) = pushed.item() {
            self.held[kind as usize] -= 1;
        }
        let over = if first_try + patience.kept_for <= now {
            self.dropped_total += 1;
            Over::Drop(pushed)
        } else {
            line.pushed_again_at = now;
            let not_before = line.last_arrives;
            Over::Push { pushed, not_before }
        };
        Some((*user, over))
    }

    /// What [`Over::Push`] handed out arrives at `due`.
    pub fn pushed_again(&mut self, user: UserId, due: SimTime) {
        self.lines.entry(user).or_default().last_arrives = due;
    }
}

figures! {
    /// What Users' gateways did not take at once.
    struct Counts: "DSP's delivery to Users" in "dsp" {
        /// Responses and alerts kept because the User's gateway was closed.
        kept_for_users: sum "messages" if nonzero,
        /// Those of them that were dropped, as they had been kept too long.
        undelivered: sum "messages" if nonzero,
    }
}

impl Part for Delivery {
    /// When something kept is pushed again with success, or dropped; nothing while the DSP is out.
    #[inline]
    fn next_deadline(&self, world: &World) -> SimTime {
        if self.lines.is_empty() {
            return SimTime::NEVER;
        }
        let patience = Patience::new(&world.scenario.dsp);
        let due = |(user, line): (&UserId, &Line)| line.due(world, *user, patience);
        let next = self.lines.iter().map(due).min();
        world.timeline.dsp_servers().opens(next.unwrap_or(SimTime::NEVER))
    }

    fn held(&self, kind: ItemKind) -> u64 {
        self.held[kind as usize]
    }

    fn figures(&self, _world: &World, figures: &mut Figures) {
        let counts = Counts {
            kept_for_users: self.kept_total,
            undelivered: self.dropped_total,
        };
        figures.put(Key::Whole, &counts);
    }
}

impl Line {
    /// When its first message is pushed again with success, or dropped; those behind it follow at once.
    fn due(&self, world: &World, user: UserId, patience: Patience) -> SimTime {
        let Some(Kept { first_try, .. }) = self.kept.front().copied() else {
            return SimTime::NEVER;
        };
        let gateway = world.timeline.gateway(user);
        let opens = gateway.opens(first_try);
        let succeeds = if opens <= self.pushed_again_at {
            self.pushed_again_at.max(first_try)
        } else {
            // It may be down once more by then.
            gateway.opens(patience.succeeds(first_try, opens))
        };
        succeeds.min(first_try + patience.kept_for)
    }
}
