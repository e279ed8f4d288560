//! Draws in a row, a function of a number and of what they are for, so that what a test did at random it can do again; and the
//! times they choose from.

use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_topology::Span;

pub const US: u64 = 1;
pub const MS: u64 = 1_000;
pub const S: u64 = 1_000_000;
pub const MIN: u64 = 60 * S;
pub const HOUR: u64 = 60 * MIN;
pub const DAY: u64 = 24 * HOUR;

/// Draws in a row.
#[derive(Debug)]
pub struct Dice {
    draws: Draws,
    stream: Stream,
    n: u64,
}

impl Dice {
    pub fn new(number: u64, what_for: &str) -> Dice {
        Dice {
            draws: Draws::new(number),
            stream: Stream::named(what_for),
            n: 0,
        }
    }

    pub fn bits(&mut self) -> u64 {
        self.n += 1;
        self.draws.bits(self.stream, 0, self.n)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.bits() % bound.max(1)
    }

    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }

    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }

    /// One of the microseconds, up to twice as long.
    pub fn span(&mut self, micros: &[u64]) -> Span {
        let base = self.one_of(micros);
        Span::from_micros(base + self.below(base + 1))
    }

    /// A share whose edges are as likely as all that lies between.
    pub fn share(&mut self, usual: f64) -> f64 {
        match self.below(6) {
            0 => 0.0,
            1 => 1.0,
            2 => self.below(1_001) as f64 / 1_000.0,
            _ => usual,
        }
    }

    pub fn at_least(&mut self, least: Span, more: &[u64]) -> Span {
        Span::from_micros(least.as_micros() + self.span(more).as_micros())
    }
}
