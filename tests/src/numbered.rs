//! Tests over many numbers, each of which stands for something made at random: on all cores, the failures by number.

use std::collections::BTreeMap;
use std::io::Write;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Failures told in full; of others the numbers.
const TOLD_MAX: usize = 3;

/// `usual` of them, or as many as `SECNET_SCENARIOS` says, or `SECNET_SCENARIO` alone.
///
/// # Panics
/// When one of the variables is no number.
pub fn numbers(usual: u64) -> Range<u64> {
    let number = |name: &str| {
        let text = std::env::var(name).ok()?;
        let number = text.parse::<u64>();
        Some(number.unwrap_or_else(|_| panic!("{name} must be a number, not {text}")))
    };
    match number("SECNET_SCENARIO") {
        Some(only) => only..only + 1,
        None => 0..number("SECNET_SCENARIOS").unwrap_or(usual),
    }
}

/// Checks each of them.
///
/// # Panics
/// When a check fails or panics, with the numbers; the first few say why.
pub fn each_number(numbers: Range<u64>, check: impl Fn(u64) -> Result<(), String> + Sync) {
    let next = AtomicU64::new(numbers.start);
    let failures = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, |cores| cores.get()) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= numbers.end {
                        return;
                    }
                    let checked = catch_unwind(AssertUnwindSafe(|| check(number)));
                    if let Err(problem) = checked.unwrap_or_else(|panic| Err(panic_text(&*panic))) {
                        let mut failures = failures.lock().unwrap_or_else(PoisonError::into_inner);
                        failures.insert(number, problem);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap_or_else(PoisonError::into_inner);
    for (number, problem) in failures.iter().take(TOLD_MAX) {
        let _ = writeln!(
            std::io::stderr(),
            "number {number}: {problem}\nAlone: SECNET_SCENARIO={number}\n"
        );
    }
    assert!(failures.is_empty(), "numbers {:?}", failures.keys());
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    format!("panicked: {}", text.unwrap_or_default())
}
