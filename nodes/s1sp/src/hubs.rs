//! Which hubs are awake. A hub sleeps until it is woken, and stays awake for a while after the last it was sent.

use crate::air::{Air, Passage};
use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::{Part, figures};
use secnet_model::{PremisesId, SimDuration, SimTime};
use secnet_topology::World;
use secnet_wire::Identity;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Below so many the hubs that have gone to sleep again are not looked for.
const AWAKE_MIN: usize = 1_024;

/// The hubs that are awake, or on their way to be.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Hubs {
    awake: BTreeMap<PremisesId, Awake>,
    /// With so many of them those that sleep again are thrown out.
    sweep_at: usize,
    counts: Counts,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Awake {
    from: SimTime,
    until: SimTime,
}

figures! {
    /// What it takes to reach a sleeping hub.
    struct Counts: "S1SP's hubs" in "s1sp" {
        /// Short messages sent to wake hubs.
        wake_ups: sum "short messages",
        /// Hubs that no short message woke.
        not_woken: sum "hubs",
        /// Commands for a hub that was awake.
        already_awake: sum "commands" as "commands_to_hubs_awake",
    }
}

/// What a command needs of its hub.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    pub premises: PremisesId,
    pub command: Identity,
    /// Wake-ups it takes even where the hub is awake.
    pub wake_ups: Option<u32>,
}

impl Hubs {
    /// When the hub can be sent a command that is ready at `ready`, after how many short messages; it stays awake for `awake_for` from
    /// then on.
    pub fn reach(&mut self, air: &Air, need: Need, ready: SimTime, awake_for: SimDuration) -> Passage {
        let known = self.awake.get(&need.premises).filter(|hub| hub.until > ready);
        let passage = match (need.wake_ups, known) {
            (None, Some(hub)) => {
                self.counts.already_awake += 1;
                Passage::Received {
                    at: hub.from.max(ready),
                    tries: 0,
                }
            }
            (rounds, _) => self.wake(air, need, rounds.unwrap_or(1), ready),
        };
        match passage {
            Passage::Received { at, .. } => self.stays_awake(need.premises, at, at + awake_for, ready),
            Passage::Lost { .. } => self.counts.not_woken += 1,
        }
        passage
    }

    fn wake(&mut self, air: &Air, need: Need, rounds: u32, ready: SimTime) -> Passage {
        let (mut now, mut sent) = (ready, 0);
        for round in 0..rounds {
            match air.wake(need.premises, need.command, round, now) {
                Passage::Received { at, tries } => (now, sent) = (at, sent + tries),
                Passage::Lost { at, tries } => {
                    self.counts.wake_ups += u64::from(sent + tries);
                    return Passage::Lost {
                        at,
                        tries: sent + tries,
                    };
                }
            }
        }
        self.counts.wake_ups += u64::from(sent);
        Passage::Received { at: now, tries: sent }
    }

    fn stays_awake(&mut self, premises: PremisesId, from: SimTime, until: SimTime, now: SimTime) {
        let hub = self.awake.entry(premises).or_insert(Awake { from, until });
        if hub.until <= now {
            *hub = Awake { from, until };
        }
        hub.from = hub.from.min(from);
        hub.until = hub.until.max(until);
        if self.awake.len() >= self.sweep_at.max(AWAKE_MIN) {
            self.awake.retain(|_, hub| hub.until > now);
            self.sweep_at = self.awake.len() * 2;
        }
    }
}

impl Part for Hubs {
    fn figures(&self, _: &World, figures: &mut Figures) {
        figures.put(Key::Whole, &self.counts);
    }

    fn memory_bytes(&self) -> usize {
        self.awake.len() * size_of::<(PremisesId, Awake)>()
    }
}
