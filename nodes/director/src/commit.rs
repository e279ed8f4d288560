//! What this program was built of.

/// `685e26918f0c`, with ` with changes` where the sources were not that commit's; `of no known commit` where nothing told.
pub const COMMIT: &str = env!("SECNET_COMMIT");
/// As `0.1.0 (685e26918f0c)`.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("SECNET_COMMIT"), ")");
