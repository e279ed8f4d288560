//! SEC Modifications in the premises, one module each. One the scenario has switched off is not there.

pub mod secmp0062;
