//! How whoever started a run stops it.

use std::sync::Arc;
use tokio::sync::watch;

/// Stops the runs it was given to. Clones stop the same runs.
#[derive(Clone, Debug)]
pub struct Cancellation(Arc<watch::Sender<bool>>);

impl Default for Cancellation {
    fn default() -> Cancellation {
        Cancellation(Arc::new(watch::Sender::new(false)))
    }
}

impl Cancellation {
    /// Stops them, and those that have not started yet as soon as they do.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    /// Resolves when they are to stop.
    pub async fn stopped(&self) {
        // Cannot fail: the sender lives as long as `self`.
        let _ = self.0.subscribe().wait_for(|stopped| *stopped).await;
    }
}
