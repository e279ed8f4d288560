//! What the network does against what theory says of it, and what is reported against what was traced: closed forms and recomputations
//! that know nothing of the code they check. Whole networks in virtual time; one file per theory.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stdout, reason = "how close it comes is worth reading")]

mod alert_storms;
mod arrivals;
mod losses;
mod queues;
mod recomputed;
mod traffic_management;
