//! The earliest of a few dozen deadlines, kept as a tournament tree: an update touches its path to the root only.

use secnet_model::SimTime;

/// The earliest of a few deadlines, each of which can be moved.
#[derive(Clone, Debug)]
pub struct Deadlines {
    /// A complete binary tree of minima; the leaves are the second half.
    tree: Vec<SimTime>,
    leaves: usize,
}

impl Deadlines {
    /// So many deadlines, all "never".
    pub fn new(count: usize) -> Deadlines {
        let leaves = count.max(1).next_power_of_two();
        Deadlines {
            tree: vec![SimTime::NEVER; 2 * leaves],
            leaves,
        }
    }

    /// One of them; `index` must be below their number.
    #[inline]
    pub fn get(&self, index: usize) -> SimTime {
        self.tree[self.leaves + index]
    }

    /// Moves one of them; `index` must be below their number.
    #[inline]
    pub fn set(&mut self, index: usize, deadline: SimTime) {
        let mut at = self.leaves + index;
        if self.tree[at] == deadline {
            return;
        }
        self.tree[at] = deadline;
        while at > 1 {
            at /= 2;
            let minimum = self.tree[2 * at].min(self.tree[2 * at + 1]);
            if self.tree[at] == minimum {
                break;
            }
            self.tree[at] = minimum;
        }
    }

    /// The earliest of them; "never" where there is none.
    #[inline]
    pub fn earliest(&self) -> SimTime {
        self.tree[1]
    }

    /// Whose the earliest is; the lowest index among equals.
    #[inline]
    pub fn earliest_index(&self) -> usize {
        let mut at = 1;
        while at < self.leaves {
            at = if self.tree[2 * at] == self.tree[at] {
                2 * at
            } else {
                2 * at + 1
            };
        }
        at - self.leaves
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::{Draws, Stream};

    #[test]
    fn the_tree_agrees_with_a_scan() {
        let draws = Draws::new(1);
        for count in [1, 2, 7, 33] {
            let mut tree = Deadlines::new(count);
            let mut reference = vec![SimTime::NEVER; count];
            for step in 0..500 {
                let index = draws.below(count as u64, Stream::named("index"), 0, step) as usize;
                let deadline = SimTime(draws.below(20, Stream::named("deadline"), 0, step));
                tree.set(index, deadline);
                reference[index] = deadline;
                let earliest = reference.iter().copied().min().unwrap_or(SimTime::NEVER);
                assert_eq!(tree.earliest(), earliest);
                assert_eq!(
                    Some(tree.earliest_index()),
                    reference.iter().position(|d| *d == earliest)
                );
            }
        }
    }
}
