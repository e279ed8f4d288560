//! Conservative synchronisation (Chandy–Misra–Bryant null messages) as a machine without IO.
//!
//! Each party – a node in the live network, a thread's nodes in the virtual one – keeps one [`Promises`]. It takes
//! in what was sent, received and promised on each link and answers three questions: how far may I go
//! ([`Promises::horizon`]), what can I promise a neighbour ([`Promises::promise_to`]), and must I tell it now
//! ([`Promises::due_promise`]).
//!
//! A promise to a neighbour leaves out what that neighbour itself may cause: it says "nothing from me before T,
//! but for answers to what you sent after the first `covers` messages". The neighbour knows what it sent and adds
//! the delay of an answer itself. On a tree – and the network is one – idle neighbours therefore promise
//! each other "never" instead of creeping forward one lookahead at a time; on any other graph of positive
//! lookaheads the promises still only ever move forward, and do.

use secnet_model::{SimDuration, SimTime};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// What one party tells a neighbour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Promise {
    /// Nothing from me is due before this, answers to messages not covered excepted.
    pub not_before: SimTime,
    /// How many of your messages this takes into account.
    pub covers: u64,
    /// I am held up until you promise past this; no less would help.
    pub wants: SimTime,
}

/// Until when each inbound link has promised to bring nothing earlier.
#[derive(Clone, Debug, Default)]
pub struct Promises {
    links: Vec<LinkPromises>,
}

#[derive(Clone, Debug)]
struct LinkPromises {
    /// Shortest delay of what we send.
    lookahead_out: SimDuration,
    /// Shortest delay of what the neighbour sends.
    lookahead_in: SimDuration,

    /// The neighbour's latest promise.
    heard: SimTime,
    /// Messages we sent, counted from 1, that its promise does not take into account.
    sent: u64,
    uncovered_sent: MonotoneMinimum,

    /// Messages received, and the earliest due of those our latest promise does not take into account.
    received: u64,
    uncovered_received_due: SimTime,
    /// Our latest promise, and what the neighbour wants of it.
    told: SimTime,
    neighbour_wants: SimTime,
    /// What we last said we want of it.
    told_wants: SimTime,
}

impl Promises {
    /// No links.
    pub fn new() -> Promises {
        Promises::default()
    }

    /// Adds a link and returns its index. Both lookaheads must be positive: a zero delay would let two neighbours
    /// wait for each other for ever.
    pub fn add_link(&mut self, lookahead_out: SimDuration, lookahead_in: SimDuration) -> usize {
        debug_assert!(
            lookahead_out.0 > 0 && lookahead_in.0 > 0,
            "lookaheads are positive"
        );
        self.links.push(LinkPromises {
            lookahead_out,
            lookahead_in,
            heard: SimTime::ZERO,
            sent: 0,
            uncovered_sent: MonotoneMinimum::default(),
            received: 0,
            uncovered_received_due: SimTime::NEVER,
            told: SimTime::ZERO,
            neighbour_wants: SimTime::ZERO,
            told_wants: SimTime::ZERO,
        });
        self.links.len() - 1
    }

    /// How many links there are.
    pub fn link_count(&self) -> usize {
        self.links.len()
    }

    /// A message was sent over `link`, due at `due`.
    #[inline]
    pub fn sent(&mut self, link: usize, due: SimTime) {
        let link = &mut self.links[link];
        link.sent += 1;
        link.uncovered_sent.push(link.sent, due);
    }

    /// A message arrived over `link`. `false` when the neighbour had promised not to send it.
    #[inline]
    #[must_use]
    pub fn received(&mut self, link: usize, due: SimTime) -> bool {
        let link = &mut self.links[link];
        let kept = due >= link.bound();
        link.received += 1;
        link.uncovered_received_due = link.uncovered_received_due.min(due);
        kept
    }

    /// A promise arrived over `link`, after every message sent before it.
    pub fn heard(&mut self, link: usize, promise: &Promise) {
        let link = &mut self.links[link];
        // Not the later of the two: a promise that covers more messages may have to reckon with what they cause.
        link.heard = promise.not_before;
        link.uncovered_sent.drop_through(promise.covers);
        link.neighbour_wants = promise.wants;
    }

    /// Every input due before this has arrived.
    #[inline]
    pub fn horizon(&self) -> SimTime {
        self.links
            .iter()
            .map(LinkPromises::bound)
            .min()
            .unwrap_or(SimTime::NEVER)
    }

    /// What `link`'s neighbour may still send is not due before this.
    pub fn bound(&self, link: usize) -> SimTime {
        self.links[link].bound()
    }

    /// The most that can be promised over `link` by a party whose next own event – deadline or queued input – is at `next_own`.
    pub fn promise_to(&self, link: usize, next_own: SimTime) -> SimTime {
        let others = self.links.iter().enumerate().filter(|(other, _)| *other != link);
        let earliest = others
            .map(|(_, other)| other.bound())
            .min()
            .unwrap_or(SimTime::NEVER);
        earliest.min(next_own) + self.links[link].lookahead_out
    }

    /// The earliest time of an own event that nobody has been promised would not be: for what comes from outside the network.
    pub fn earliest_unpromised(&self) -> SimTime {
        let earliest = |link: &LinkPromises| {
            if link.told.is_never() {
                SimTime::NEVER
            } else {
                link.told.saturating_sub(link.lookahead_out)
            }
        };
        self.links.iter().map(earliest).max().unwrap_or_default()
    }

    /// The promise to put on a frame that goes to `link` anyway. `wants` as for [`Promises::due_promise`].
    pub fn make_promise(&mut self, link: usize, next_own: SimTime, end: SimTime) -> Promise {
        let not_before = self.promise_to(link, next_own);
        let wants = self.needed_of(link, next_own, end);
        let link = &mut self.links[link];
        link.told = not_before;
        link.uncovered_received_due = SimTime::NEVER;
        link.told_wants = wants;
        Promise {
            not_before,
            covers: link.received,
            wants,
        }
    }

    /// The promise `link`'s neighbour must be told now, if any: because it is held up and ours lets it go on, or because
    /// we are held up and it does not know. `end` is when the run ends: everybody wants promises that far.
    pub fn due_promise(&mut self, link: usize, next_own: SimTime, end: SimTime) -> Option<Promise> {
        let state = &self.links[link];
        let waits = state.seen_by_neighbour() <= state.neighbour_wants;
        // A promise short of what it wants would help nobody: the neighbour asks for the least that does.
        let releases_neighbour = waits && self.promise_to(link, next_own) > state.neighbour_wants;
        let asks_neighbour = || {
            let needed = self.needed_of(link, next_own, end);
            let believed_content = state.told_wants < state.bound();
            state.bound() <= needed && (believed_content || state.told_wants > needed)
        };
        if releases_neighbour || asks_neighbour() {
            Some(self.make_promise(link, next_own, end))
        } else {
            None
        }
    }

    /// The least that `link`'s neighbour must promise past to help: for our own next event, or for a neighbour who waits
    /// for us. Short of the link's bound when it need not promise anything more.
    fn needed_of(&self, link: usize, next_own: SimTime, end: SimTime) -> SimTime {
        let bound = self.links[link].bound();
        let own = next_own.min(end);
        let mut needed = own;
        for (_, other) in self.links.iter().enumerate().filter(|(other, _)| *other != link) {
            let waits = other.seen_by_neighbour() <= other.neighbour_wants;
            // Where our own next event stands in the way, the promises of others would not help.
            if waits && next_own + other.lookahead_out > other.neighbour_wants {
                let for_other = other.neighbour_wants.saturating_sub(other.lookahead_out).min(end);
                if for_other >= bound && (for_other < needed || needed < bound) {
                    needed = for_other;
                }
            }
        }
        needed
    }
}

impl LinkPromises {
    #[inline]
    fn bound(&self) -> SimTime {
        // An answer to what the neighbour has not taken into account comes at least its lookahead later.
        let answer = self.uncovered_sent.minimum();
        if answer.is_never() {
            self.heard
        } else {
            self.heard.min(answer + self.lookahead_in)
        }
    }

    /// What the neighbour makes of our latest promise, knowing what it sent since.
    fn seen_by_neighbour(&self) -> SimTime {
        if self.uncovered_received_due.is_never() {
            return self.told;
        }
        self.told.min(self.uncovered_received_due + self.lookahead_out)
    }
}

/// The least due of a queue of numbered messages: push at the back, drop from the front, minimum in O(1).
#[derive(Clone, Debug, Default)]
struct MonotoneMinimum {
    /// Numbers and dues both ascend: a message is kept only while no later one is due sooner.
    candidates: VecDeque<(u64, SimTime)>,
}

impl MonotoneMinimum {
    #[inline]
    fn push(&mut self, number: u64, due: SimTime) {
        while self.candidates.back().is_some_and(|(_, last)| *last >= due) {
            self.candidates.pop_back();
        }
        self.candidates.push_back((number, due));
    }

    fn drop_through(&mut self, number: u64) {
        while self.candidates.front().is_some_and(|(first, _)| *first <= number) {
            self.candidates.pop_front();
        }
    }

    #[inline]
    fn minimum(&self) -> SimTime {
        self.candidates.front().map_or(SimTime::NEVER, |(_, due)| *due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOKAHEAD: SimDuration = SimDuration(10);

    fn pair() -> Promises {
        let mut promises = Promises::new();
        promises.add_link(LOOKAHEAD, LOOKAHEAD);
        promises.add_link(LOOKAHEAD, LOOKAHEAD);
        promises
    }

    #[test]
    fn a_party_without_neighbours_may_go_on_for_ever() {
        assert!(Promises::new().horizon().is_never());
    }

    #[test]
    fn a_promise_leaves_out_what_its_receiver_may_cause() {
        let mut promises = pair();
        promises.heard(
            0,
            &Promise {
                not_before: SimTime(50),
                covers: 0,
                wants: SimTime::ZERO,
            },
        );
        assert_eq!(
            promises.horizon(),
            SimTime::ZERO,
            "link 1 has promised nothing yet"
        );
        assert_eq!(
            promises.promise_to(1, SimTime(70)),
            SimTime(60),
            "link 0 may cause something at 50"
        );
        assert_eq!(
            promises.promise_to(0, SimTime(70)),
            SimTime(10),
            "link 1 may cause something at 0"
        );
    }

    #[test]
    fn what_was_sent_bounds_the_answer_until_it_is_covered() {
        let mut promises = pair();
        for link in 0..2 {
            promises.heard(
                link,
                &Promise {
                    not_before: SimTime::NEVER,
                    covers: 0,
                    wants: SimTime::ZERO,
                },
            );
        }
        assert!(promises.horizon().is_never());
        promises.sent(0, SimTime(30));
        promises.sent(0, SimTime(25));
        assert_eq!(promises.horizon(), SimTime(35));
        promises.heard(
            0,
            &Promise {
                not_before: SimTime::NEVER,
                covers: 1,
                wants: SimTime::ZERO,
            },
        );
        assert_eq!(promises.horizon(), SimTime(35), "the second message is due first");
        promises.heard(
            0,
            &Promise {
                not_before: SimTime::NEVER,
                covers: 2,
                wants: SimTime::ZERO,
            },
        );
        assert!(promises.horizon().is_never());
    }

    #[test]
    fn a_bare_promise_is_due_only_to_a_neighbour_held_up_or_holding_up() {
        let end = SimTime(1_000);
        let mut promises = pair();
        for link in 0..2 {
            promises.heard(
                link,
                &Promise {
                    not_before: SimTime(500),
                    covers: 0,
                    wants: SimTime(40),
                },
            );
        }
        // Both neighbours want past 40 and have been told nothing: both are due.
        assert_eq!(
            promises.due_promise(0, SimTime(100), end).map(|p| p.not_before),
            Some(SimTime(110))
        );
        assert_eq!(
            promises.due_promise(1, SimTime(100), end).map(|p| p.not_before),
            Some(SimTime(110))
        );
        // Now both have more than they want: progress alone is not worth a frame.
        assert_eq!(promises.due_promise(0, SimTime(300), end), None);
        // Until we want something ourselves that they have not been asked for.
        let asked = promises.due_promise(0, SimTime(600), end);
        assert_eq!(asked.map(|p| p.wants), Some(SimTime(600)));
        assert_eq!(promises.due_promise(0, SimTime(600), end), None, "asked once");
    }
}
