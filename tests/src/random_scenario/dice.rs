//! Draws in a row, and the times they choose from.

use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_topology::Span;

pub(super) const US: u64 = 1;
pub(super) const MS: u64 = 1_000;
pub(super) const S: u64 = 1_000_000;
pub(super) const MIN: u64 = 60 * S;
pub(super) const HOUR: u64 = 60 * MIN;
pub(super) const DAY: u64 = 24 * HOUR;

/// Draws in a row.
pub(super) struct Dice {
    draws: Draws,
    n: u64,
}

impl Dice {
    pub(super) fn new(number: u64) -> Dice {
        Dice {
            draws: Draws::new(number),
            n: 0,
        }
    }

    pub(super) fn bits(&mut self) -> u64 {
        self.n += 1;
        self.draws.bits(Stream::named("random-scenario"), 0, self.n)
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.bits() % bound.max(1)
    }

    pub(super) fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }

    pub(super) fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    pub(super) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }

    /// One of the microseconds, up to twice as long.
    pub(super) fn span(&mut self, micros: &[u64]) -> Span {
        let base = self.one_of(micros);
        Span::from_micros(base + self.below(base + 1))
    }

    /// A share whose edges are as likely as all that lies between.
    pub(super) fn share(&mut self, usual: f64) -> f64 {
        match self.below(6) {
            0 => 0.0,
            1 => 1.0,
            2 => self.below(1_001) as f64 / 1_000.0,
            _ => usual,
        }
    }

    pub(super) fn at_least(&mut self, least: Span, more: &[u64]) -> Span {
        Span::from_micros(least.as_micros() + self.span(more).as_micros())
    }
}
