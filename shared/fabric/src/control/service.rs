//! The control service of a network that somebody else starts.

use super::{CONTROL, ControlPlane, answer, failed};
use crate::launch::Offer;
use crate::report::Command;
use crate::session;
use anyhow::Context;
use secnet_topology::Layout;
use secnet_wire::Keys;
use secnet_wire::codec::{CONTROL_BYTES_MAX, decode_value};
use secnet_wire::keys::LAUNCH_QUERY;
use tokio::sync::mpsc;
use zenoh::Session;

/// The service that owns the control segment's router where nobody starts the processes: it hands them, and the
/// director that attaches, the launch and the scenario.
pub struct ControlService {
    session: Session,
    /// Resolves when the director has said goodbye.
    pub goodbye: mpsc::UnboundedReceiver<()>,
}

impl ControlService {
    /// `plane` is where it is to listen.
    pub async fn open(
        plane: &ControlPlane,
        layout: &Layout,
        offer: &Offer,
    ) -> anyhow::Result<ControlService> {
        let keys = Keys::new(&offer.launch.run)?;
        let session = session::open(&plane.router(layout, &keys)?)
            .await
            .context("cannot open the control segment's router")?;
        let text = serde_json::to_vec(offer)?;
        answer(&session, LAUNCH_QUERY.to_owned(), move || Ok(text.clone())).await?;
        answer(&session, keys.healthy(CONTROL)?, || Ok(Vec::new())).await?;
        let (sender, goodbye) = mpsc::unbounded_channel();
        session
            .declare_subscriber(keys.command())
            .callback(move |sample| {
                let command = decode_value("a command", &sample.payload().to_bytes(), CONTROL_BYTES_MAX);
                if matches!(command, Ok(Command::Bye)) {
                    let _ = sender.send(());
                }
            })
            .background()
            .await
            .map_err(failed("cannot subscribe to commands"))?;
        Ok(ControlService { session, goodbye })
    }

    pub async fn close(self) {
        if let Err(error) = self.session.close().await {
            tracing::debug!(%error, "closing the control session");
        }
    }
}
