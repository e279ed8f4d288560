//! A Modification's part in a participant, which is not there before its release.

use secnet_model::SimTime;
use serde::{Deserialize, Serialize};

/// `M` is asked nothing until it is live.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Released<M> {
    at: SimTime,
    is_live: bool,
    part: M,
}

impl<M> Released<M> {
    /// `None` where it is not released during the run, or where this participant has no part in it.
    pub fn new(at: SimTime, part: impl FnOnce() -> Option<M>) -> Option<Released<M>> {
        if at.is_never() {
            return None;
        }
        Some(Released {
            at,
            is_live: at == SimTime::ZERO,
            part: part()?,
        })
    }

    #[inline]
    pub fn is_live(&self) -> bool {
        self.is_live
    }

    /// `None` before its release.
    #[inline]
    pub fn live(&mut self) -> Option<&mut M> {
        self.is_live.then_some(&mut self.part)
    }

    /// When it next has something to do: before its release that is to go live.
    #[inline]
    pub fn next_deadline(&self, next: impl FnOnce(&M) -> SimTime) -> SimTime {
        match self.is_live {
            true => next(&self.part),
            false => self.at,
        }
    }

    /// It goes live if that is due; the part, the first time it is.
    pub fn go_live(&mut self, now: SimTime) -> Option<&mut M> {
        if self.is_live || now < self.at {
            return None;
        }
        self.is_live = true;
        Some(&mut self.part)
    }

    /// Whether it is live or not.
    pub fn part(&self) -> &M {
        &self.part
    }
}
