//! The control plane: its own session, so that a stalled data plane cannot stop a halt.
//!
//! Nothing here is sent once: statuses come round, commands and results are repeated until their effect shows.

mod director;
mod process;
mod questions;
mod service;

pub use director::{DirectorControl, Event};
pub use process::{ProcessControl, Pulse, RequestQuery};
pub use questions::{Refused, RequestClient, ask_status, check_health, fetch_offer};
pub use service::ControlService;

use anyhow::anyhow;
use zenoh::Session;

/// What a health check of the control service calls it.
pub const CONTROL: &str = "control";

fn failed(what: &str) -> impl FnOnce(zenoh::Error) -> anyhow::Error + '_ {
    move |error| anyhow!("{what}: {error}")
}

/// Answers every query for `key` for as long as the session lives; `Err` is answered as an error.
async fn answer(
    session: &Session,
    key: String,
    text: impl Fn() -> Result<Vec<u8>, String> + Send + Sync + 'static,
) -> anyhow::Result<()> {
    use zenoh::Wait;
    let own_key = key.clone();
    session
        .declare_queryable(key)
        .callback(move |query| {
            let replied = match text() {
                Ok(bytes) => query.reply(own_key.as_str(), bytes).wait(),
                Err(problem) => query.reply_err(problem).wait(),
            };
            if let Err(error) = replied {
                tracing::warn!(%error, "could not answer a query");
            }
        })
        .background()
        .await
        .map_err(failed("cannot offer answers"))
}
