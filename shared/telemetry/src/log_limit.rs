//! At most ten lines a second of one cause: a flood of bad messages fills no disk.

use std::collections::HashMap;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tracing::callsite::Identifier;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter};

/// A cause is a place in the source that logs.
const LINES_PER_SECOND: u32 = 10;
const SECOND: Duration = Duration::from_secs(1);

/// How much each cause has said. There are as many as places that log, however much they say.
#[derive(Debug, Default)]
pub(crate) struct LogLimit(Mutex<HashMap<Identifier, Said>>);

#[derive(Debug)]
struct Said {
    since: Instant,
    lines: u32,
    left_out: u64,
}

impl Said {
    fn new(now: Instant) -> Said {
        Said {
            since: now,
            lines: 0,
            left_out: 0,
        }
    }

    /// Whether one more line is told, and how many were not since the last that was.
    fn admit(&mut self, now: Instant) -> Option<u64> {
        let mut left_out = 0;
        if now.saturating_duration_since(self.since) >= SECOND {
            left_out = self.left_out;
            *self = Said::new(now);
        }
        if self.lines < LINES_PER_SECOND {
            self.lines += 1;
            Some(left_out)
        } else {
            self.left_out += 1;
            None
        }
    }
}

impl<S: Subscriber> Filter<S> for LogLimit {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        let now = Instant::now();
        let metadata = event.metadata();
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_cause = said.entry(metadata.callsite()).or_insert_with(|| Said::new(now));
        let admitted = of_cause.admit(now);
        drop(said);
        if let Some(left_out @ 1..) = admitted {
            let target = metadata.target();
            let _ = writeln!(
                std::io::stderr().lock(),
                "{target}: {left_out} lines like the next were left out"
            );
        }
        admitted.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_tells_ten_lines_a_second_and_then_how_many_it_left_out() {
        let start = Instant::now();
        let mut said = Said::new(start);
        let told = (0..1_000).filter(|_| said.admit(start).is_some()).count();
        assert_eq!(told, 10);
        assert_eq!(said.admit(start + SECOND), Some(990));
        assert_eq!(said.admit(start + SECOND), Some(0));
    }
}
