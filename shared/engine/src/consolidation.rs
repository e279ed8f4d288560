//! Repeated events of which some kinds always pass: what is held back of the others, counted.
//!
//! Not here: what the events and kinds are (SECMP0062 in the DSP and the premises).

use crate::Repeats;
use crate::repeats::{Consolidated, Limits, Repeat};
use secnet_model::SimTime;
use serde::{Deserialize, Serialize};

/// [`Repeats`] but for the kinds that are excluded.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(bound(serialize = "T: Copy + Serialize", deserialize = "T: Deserialize<'de>"))]
pub struct Consolidation<T> {
    limits: Limits,
    /// By kind.
    excluded: Vec<bool>,
    repeats: Repeats<T>,
    suppressed: u64,
    consolidated: u64,
}

impl<T: Copy> Consolidation<T> {
    /// `excluded` says of each kind whether it always passes.
    pub fn new(limits: Limits, excluded: Vec<bool>) -> Consolidation<T> {
        Consolidation {
            limits,
            excluded,
            repeats: Repeats::default(),
            suppressed: 0,
            consolidated: 0,
        }
    }

    /// An event of a kind, which repeats others by its key; not before the last.
    pub fn note(&mut self, now: SimTime, kind: usize, key: u64, event: T) -> Repeat {
        if self.excluded[kind] {
            return Repeat::Passes;
        }
        let repeat = self.repeats.note(now, self.limits, key, event);
        self.suppressed += u64::from(repeat == Repeat::Suppressed);
        repeat
    }

    /// The next event whose period has ended by `now`.
    pub fn take_due(&mut self, now: SimTime) -> Option<Consolidated<T>> {
        let due = self.repeats.take_due(now, self.limits)?;
        self.consolidated += 1;
        Some(due)
    }

    /// What is remembered at the moment.
    pub fn repeats(&self) -> &Repeats<T> {
        &self.repeats
    }

    /// Events that one kept spoke for.
    pub fn suppressed(&self) -> u64 {
        self.suppressed
    }

    /// Events handed back.
    pub fn consolidated(&self) -> u64 {
        self.consolidated
    }
}
