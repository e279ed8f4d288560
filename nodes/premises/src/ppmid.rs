//! The prepayment interface: a display on mains power. Assumed: it is always on.

use secnet_model::SimTime;

/// When it takes a command that has reached its hub.
#[inline]
pub const fn fetches_at(arrival: SimTime) -> SimTime {
    arrival
}
