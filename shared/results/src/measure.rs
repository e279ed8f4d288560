//! The two sorts of figure reports are made of besides counts: shares and quantiles; and names that fit a column.

use secnet_accounts::DurationHistogram;
use secnet_model::SimDuration;
use serde::{Deserialize, Serialize};

/// Seconds; quantiles are the upper ends of buckets less than 1 % wide, the maximum is exact.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Quantiles {
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub max: f64,
}

impl Quantiles {
    pub(crate) fn of(durations: &DurationHistogram) -> Option<Quantiles> {
        let seconds = |quantile| SimDuration::as_secs_f64(durations.quantile(quantile));
        (!durations.is_empty()).then(|| Quantiles {
            p50: seconds(0.5),
            p90: seconds(0.9),
            p99: seconds(0.99),
            max: durations.max().as_secs_f64(),
        })
    }
}

/// To six decimals, as a person reads it; `None` of nothing.
pub(crate) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 1e6).round() / 1e6)
}

/// To so many columns.
pub(crate) fn shortened(name: &str, columns: usize) -> String {
    if name.chars().count() <= columns {
        return name.to_owned();
    }
    let kept: String = name.chars().take(columns - 1).collect();
    format!("{}…", kept.trim_end())
}
