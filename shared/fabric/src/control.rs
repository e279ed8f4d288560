//! The control plane: its own session, so that a stalled data plane cannot stop a halt.
//!
//! Nothing here is sent once: statuses come round, commands and results are repeated until their effect shows.

mod director;
mod process;
mod questions;
mod service;

pub use director::{DirectorControl, Event, Events};
pub use process::{ProcessControl, Pulse, RequestQuery};
pub use questions::{Refused, RequestClient, ask_status, check_health, fetch_offer};
pub use service::ControlService;

use crate::access::Rights;
use crate::credentials::Credentials;
use crate::session::{self, Attachment};
use anyhow::anyhow;
use secnet_topology::Layout;
pub use secnet_topology::identities::CONTROL;
use secnet_wire::Keys;
use zenoh::Session;

/// A control plane, and who one is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ControlPlane {
    /// Where its router listens: `tcp/127.0.0.1:7447`.
    pub endpoint: String,
    /// By what one proves that; none where the bus is open to all.
    pub credentials: Option<Credentials>,
}

impl ControlPlane {
    fn client(&self) -> anyhow::Result<Attachment> {
        Attachment::client(CONTROL, &self.endpoint, self.credentials.as_ref())
    }

    /// Its router, which lets everybody of the network say what is its to say.
    fn router(&self, layout: &Layout, keys: &Keys) -> anyhow::Result<Attachment> {
        let rights = Rights::on_control(layout, keys)?;
        Attachment::router(CONTROL, &self.endpoint, self.credentials.as_ref(), rights)
    }

    /// A client's session.
    async fn enter(&self) -> anyhow::Result<Session> {
        session::open(&self.client()?).await
    }
}

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
