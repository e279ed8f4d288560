//! Figures as a reader has them.

use secnet_model::{SimDuration, SimTime};
use secnet_results::verdicts;

pub(crate) use secnet_topology::grouped;

/// What stands where there is no figure.
pub(crate) const NONE: &str = "–";

pub(crate) fn percent(share: Option<f64>) -> String {
    share.map_or(NONE.to_owned(), verdicts::percent)
}

pub(crate) fn seconds(seconds: Option<f64>) -> String {
    seconds.map_or(NONE.to_owned(), |seconds| {
        SimDuration::from_secs_f64(seconds).to_string()
    })
}

/// `06:00:00`, `2d 06:00:00`.
pub(crate) fn moment(micros: u64) -> String {
    let text = SimTime(micros).to_string();
    text.trim_end_matches(".000").to_owned()
}

/// Of a name as files have it.
pub(crate) fn plain(name: &str) -> String {
    name.replace('_', " ")
}
