//! The asynchronous part of a command: zenoh and child processes need tokio's runtime.

use std::time::Duration;

/// What zenoh still does in the background when the work is done may take this long.
const LEAVE_MAX: Duration = Duration::from_millis(500);

/// Does the work on a runtime of its own.
pub fn on_a_runtime<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let result = runtime.block_on(work);
    runtime.shutdown_timeout(LEAVE_MAX);
    result
}
