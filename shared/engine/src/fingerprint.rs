//! An order-free fingerprint of what happened: equal for two runs when the same events happened at the same
//! emulated times, whatever node counted them first.

use serde::{Deserialize, Serialize};

/// A commutative 128-bit sum of hashed events. Two lanes, so that one event cannot cancel another unseen.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Fingerprint {
    low: u64,
    high: u64,
}

impl Fingerprint {
    /// Takes in one event, described by a few words.
    #[inline]
    pub fn note(&mut self, words: [u64; 4]) {
        const KEYS: [u64; 4] = [
            0xA076_1D64_78BD_642F,
            0xE703_7ED1_A0B4_28DB,
            0x8EBC_6AF0_9C88_C6E3,
            0x5899_65CC_7537_4CC3,
        ];
        let mut low = 0x2D35_8DCC_AA6C_78A5_u64;
        for (word, key) in words.into_iter().zip(KEYS) {
            let product = u128::from(low ^ word) * u128::from(key);
            low = (product as u64).rotate_left(23) ^ (product >> 64) as u64 ^ word.wrapping_mul(key);
        }
        let high = (low ^ low >> 32).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        self.low = self.low.wrapping_add(low);
        self.high = self.high.wrapping_add(high ^ high >> 29);
    }

    /// Takes in another node's; the order does not matter.
    pub fn add(&mut self, other: &Fingerprint) {
        self.low = self.low.wrapping_add(other.low);
        self.high = self.high.wrapping_add(other.high);
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}{:016x}", self.high, self.low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_does_not_matter_and_every_word_does() {
        let events = [[1, 2, 3, 4], [1, 2, 3, 5], [0, 0, 0, 0], [4, 3, 2, 1]];
        let of = |events: &[[u64; 4]]| {
            let mut fingerprint = Fingerprint::default();
            events.iter().for_each(|event| fingerprint.note(*event));
            fingerprint
        };
        let mut reversed = events;
        reversed.reverse();
        assert_eq!(of(&events), of(&reversed));
        for changed in 0..4 {
            let mut other = events;
            other[0][changed] ^= 1;
            assert_ne!(of(&events), of(&other), "word {changed}");
        }
        assert_ne!(of(&events[..3]), of(&events));
        assert_ne!(of(&[[0; 4]]), of(&[]), "an event of zeros leaves a mark");
    }
}
