//! Data centres sized for another number of premises than the scenario has.

use secnet_model::SimDuration;

/// How many times as many premises there are as what is sized for so many; `None` where it is meant for those there are.
pub(super) fn scale(sized_for_premises: Option<u32>, premises: u32) -> Option<f64> {
    let sized_for = sized_for_premises.filter(|sized_for| *sized_for > 0)?;
    (sized_for != premises).then(|| f64::from(premises.max(1)) / f64::from(sized_for))
}

/// How long a server is busy with what takes it `time`: a fraction of a server is one that takes the next so much later.
pub(super) fn busy_time(scale: Option<f64>, time: SimDuration) -> SimDuration {
    match scale {
        Some(scale) => SimDuration((time.0 as f64 / scale).round().max(1.0) as u64),
        None => time,
    }
}

/// How many may wait.
pub(super) fn queue_limit(scale: Option<f64>, limit: u32) -> usize {
    match scale {
        Some(scale) => (f64::from(limit) * scale).round() as usize,
        None => limit as usize,
    }
}
