//! Which share of a day's scheduled readings is there by which hour of the morning.

use crate::measure::share;
use secnet_accounts::mornings::READ_BY;
use secnet_accounts::service::ServiceLevel;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The readings the DSP was to have by an hour, and had.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct ReadByKpi {
    /// Readings of mornings whose hour came before the run ended, whether started by then or not.
    pub wanted: u64,
    /// Those that had arrived at the User by then, the device having answered.
    pub read: u64,
    /// … of those wanted.
    pub read_share: f64,
}

/// By the hour, `06:00` by the clocks: those some reading is held against. From noon on, readings are for the next morning.
pub type ReadBy = BTreeMap<String, ReadByKpi>;

pub(crate) fn of(level: &ServiceLevel) -> ReadBy {
    let hour = |place: usize| {
        let (wanted, read) = (level.wanted_by[place], level.read_by[place]);
        let read_share = share(read, wanted)?;
        let row = ReadByKpi {
            wanted,
            read,
            read_share,
        };
        Some((name(place), row))
    };
    (0..READ_BY.len()).filter_map(hour).collect()
}

/// Of the hour at this place of [`READ_BY`].
pub(crate) fn name(place: usize) -> String {
    format!("{:02}:00", READ_BY[place])
}
