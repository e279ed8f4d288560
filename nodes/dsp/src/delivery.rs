//! What the DSP could not push because its User's gateway is down.
//!
//! It tries again for a while, then waits for the gateway to open, and drops what it has kept for too long. A User's
//! messages stay in order: while one is kept, those after it wait behind it. When a gateway opens is on the timeline, so
//! that only the try that succeeds is emulated.
//!
//! The answer to a push takes as long as the push did (assumed). Where the gateway closes meanwhile, the message has come in
//! and the DSP cannot know it: it is pushed again as well, as a copy, and holds nothing back.
//!
//! Not here: the answer within a web service call, which is given if the call was made (assumed).

use crate::readings;
use secnet_accounts::figures::Figures;
use secnet_accounts::{Part, ServiceLevels, figures};
use secnet_engine::{Carries, ItemKind};
use secnet_model::{SimDuration, SimTime, UserId};
use secnet_topology::World;
use secnet_topology::scenario::DspParams;
use secnet_wire::{Message, Pushed};
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

/// The item a pushed message brings its User; a response to a User's own request belongs to an item of the User's.
fn item(pushed: &Pushed) -> Option<ItemKind> {
    Message::from(*pushed).carries()
}

/// A message that is kept.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
struct Kept {
    /// The first try that was in vain.
    first_try: SimTime,
    pushed: Pushed,
    /// It has come in; the DSP does not know.
    is_copy: bool,
}

impl Kept {
    /// The item that is in the DSP's custody with it.
    fn item(&self) -> Option<ItemKind> {
        item(&self.pushed).filter(|_| !self.is_copy)
    }
}

/// A User whose gateway was down when something was pushed.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
struct Line {
    /// Copies come before all else: once something is kept, nothing is pushed past it.
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
    counts: Counts,
}

figures! {
    /// What Users' gateways did not take at once.
    struct Counts: "DSP's delivery to Users" in "dsp" {
        /// Responses and alerts kept because the User's gateway was closed.
        kept_for_users: sum "messages" if nonzero,
        /// Those of them that were dropped, as they had been kept too long.
        undelivered: sum "messages" if nonzero,
        /// Pushed again although they had come in: the gateway closed before the DSP knew.
        pushed_twice: sum "messages" if nonzero,
    }
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
    Push {
        pushed: Pushed,
        /// It came in before.
        is_copy: bool,
        kept_since: SimTime,
        not_before: SimTime,
    },
    /// Kept for too long.
    Drop { pushed: Pushed, kept_since: SimTime },
    /// A copy was kept for too long: nothing is lost with it.
    DropCopy,
}

impl Delivery {
    /// What is pushed at `at` to a User whose gateway closes at times would arrive at `due`.
    #[inline(never)]
    pub fn push(&mut self, world: &World, user: UserId, at: SimTime, due: SimTime, pushed: &Pushed) -> Push {
        let gateway = world.timeline.gateway(user);
        let line = self.lines.entry(user).or_default();
        let due = due.max(line.last_arrives);
        let held_back = line.holds_back();
        if !held_back && !gateway.closed(due) {
            line.last_arrives = due;
            let answered = due + due.since(at);
            let closes = gateway.next_change(due);
            if closes <= answered {
                line.kept.push_back(Kept {
                    first_try: closes,
                    pushed: *pushed,
                    is_copy: true,
                });
            }
            return Push::Arrives(due);
        }
        let kept = Kept {
            first_try: if held_back || gateway.closed(at) { at } else { due },
            pushed: *pushed,
            is_copy: false,
        };
        self.counts.kept_for_users += 1;
        if let Some(kind) = kept.item() {
            self.held[kind as usize] += 1;
        }
        line.kept.push_back(kept);
        Push::Kept
    }

    /// One message whose waiting is over at `now`; asked again until there is none.
    pub fn take_due(&mut self, world: &World, now: SimTime) -> Option<(UserId, Over)> {
        let patience = Patience::new(&world.scenario.dsp);
        let is_due = |(user, line): &(&UserId, &mut Line)| line.due(world, **user, patience) <= now;
        let (user, line) = self.lines.iter_mut().find(is_due)?;
        let kept = line.kept.pop_front()?;
        if let Some(kind) = kept.item() {
            self.held[kind as usize] -= 1;
        }
        let Kept {
            pushed,
            is_copy,
            first_try: kept_since,
        } = kept;
        let is_too_old = kept.first_try + patience.kept_for <= now;
        let not_before = line.last_arrives;
        let over = match (is_too_old, is_copy) {
            (true, true) => Over::DropCopy,
            (true, false) => {
                self.counts.undelivered += 1;
                Over::Drop { pushed, kept_since }
            }
            (false, _) => {
                self.counts.pushed_twice += u64::from(is_copy);
                Over::Push {
                    pushed,
                    is_copy,
                    kept_since,
                    not_before,
                }
            }
        };
        if !is_too_old {
            line.pushed_again_at = now;
        }
        Some((*user, over))
    }

    /// What [`Over::Push`] handed out arrives at `due`.
    pub fn pushed_again(&mut self, user: UserId, due: SimTime) {
        self.lines.entry(user).or_default().last_arrives = due;
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

    fn unanswered(&self, world: &World, at: SimTime, levels: &mut ServiceLevels) {
        let kept = self.lines.values().flat_map(|line| &line.kept);
        for kept in kept.filter(|kept| kept.item() == Some(ItemKind::ScheduledRead)) {
            if let Pushed::Response(response) = kept.pushed
                && let Some(device) = response.id.target.device()
            {
                let (key, place) = readings::counts_as(world, response.id.originator, response.srv, device);
                levels.unanswered(key, Some(place), response.started_at, at);
            }
        }
    }

    fn figures(&self, world: &World, figures: &mut Figures) {
        self.counts.figures(world, figures);
    }
}

impl Line {
    /// Whether what is pushed now waits behind something.
    fn holds_back(&self) -> bool {
        self.kept.back().is_some_and(|last| !last.is_copy)
    }

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
