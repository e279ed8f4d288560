//! A set of small numbers at a bit for each.

use serde::{Deserialize, Serialize};

/// Numbers from 0 on. It grows to the largest that was put in.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Bits {
    words: Vec<u64>,
    count: u32,
}

impl Bits {
    /// How many numbers it holds.
    pub fn len(&self) -> u32 {
        self.count
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether it holds the number.
    #[inline]
    pub fn has(&self, number: u32) -> bool {
        let word = self.words.get(number as usize / 64);
        word.is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// Puts a number in; whether it was not there.
    pub fn insert(&mut self, number: u32) -> bool {
        let place = number as usize / 64;
        if self.words.len() <= place {
            self.words.resize(place + 1, 0);
        }
        let (word, bit) = (&mut self.words[place], 1 << (number % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        self.count += u32::from(is_new);
        is_new
    }

    /// Takes a number out; whether it was there.
    pub fn remove(&mut self, number: u32) -> bool {
        let was_there = self.has(number);
        if was_there {
            self.words[number as usize / 64] &= !(1 << (number % 64));
            self.count -= 1;
        }
        was_there
    }

    /// Takes all out and keeps the memory.
    pub fn clear(&mut self) {
        self.words.fill(0);
        self.count = 0;
    }

    /// In ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.from(0)
    }

    /// Those from `first` on, in ascending order.
    pub fn from(&self, first: u32) -> impl Iterator<Item = u32> {
        let start = first as usize / 64;
        let words = self.words.iter().enumerate().skip(start);
        words.flat_map(move |(place, word)| {
            let below = if place == start {
                (1 << (first % 64)) - 1
            } else {
                0
            };
            let mut rest = word & !below;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(place as u32 * 64 + bit)
            })
        })
    }

    /// What it keeps on the heap.
    pub fn memory_bytes(&self) -> usize {
        self.words.capacity() * size_of::<u64>()
    }
}

impl FromIterator<u32> for Bits {
    fn from_iter<I: IntoIterator<Item = u32>>(numbers: I) -> Bits {
        let mut bits = Bits::default();
        for number in numbers {
            bits.insert(number);
        }
        bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn it_is_a_set() {
        let (mut bits, mut set) = (Bits::default(), BTreeSet::new());
        for step in 0..4_000u32 {
            let number = step.wrapping_mul(2_654_435_761) >> 23;
            match step % 3 {
                0 => assert_eq!(bits.remove(number), set.remove(&number)),
                _ => assert_eq!(bits.insert(number), set.insert(number)),
            }
            assert_eq!(bits.len() as usize, set.len());
        }
        assert!(bits.iter().eq(set.iter().copied()));
        for first in [0, 1, 63, 64, 65, 200, 511, 9_000] {
            assert!(bits.from(first).eq(set.range(first..).copied()), "{first}");
        }
        bits.clear();
        assert!(bits.is_empty() && bits.iter().next().is_none() && !bits.has(7));
    }
}
