//! The electricity meter: on mains power, always listening.

use secnet_model::SimTime;

/// The ordinary alerts an ESME raises (domain.md §4; which of them GB meters raise how often is assumed).
pub const BACKGROUND_ALERTS: &[&str] = &[
    "8F32", "8F33", "8F0A", "8F0F", "810D", "810E", "8119", "8F75", "8F3F", "8F3D", "81C6", "8002", "8020",
    "8085", "808D",
];

/// When it takes a command that has reached its hub.
#[inline]
pub const fn fetches_at(arrival: SimTime) -> SimTime {
    arrival
}
