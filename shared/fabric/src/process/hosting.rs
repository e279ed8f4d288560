//! From a node of the layout to an actor that takes part in its segments.

use crate::access::Rights;
use crate::bus::{self, Inbox};
use crate::credentials::Credentials;
use crate::host::Host;
use crate::launch::Launch;
use crate::seat::{self, BoxedParticipant, BoxedSink, Ground, Seat};
use crate::session::{self, Attachment};
use actix::{Actor, Addr};
use anyhow::{Context, anyhow};
use secnet_engine::NodeIndex;
use secnet_telemetry::SpanExport;
use secnet_topology::{Layout, NodeKind, ProcessSpec, Segment, World};
use secnet_wire::Keys;
use std::collections::BTreeMap;
use zenoh::Session;

/// A node of this process.
pub(super) struct Hosted {
    pub(super) name: String,
    pub(super) is_user: bool,
    pub(super) actor: Addr<Host>,
    pub(super) inbox: Inbox,
}

/// What all nodes of a process have in common.
pub(super) struct Stage<'a> {
    pub(super) world: &'a World,
    pub(super) layout: &'a Layout,
    pub(super) launch: &'a Launch,
    pub(super) config_text: &'a str,
    pub(super) sessions: &'a BTreeMap<Segment, Session>,
    pub(super) export: &'a Option<SpanExport>,
}

#[tracing::instrument(name = "host a node", skip_all, fields(node = stage.layout.network.name(node)))]
pub(super) async fn host(
    stage: &Stage<'_>,
    node: NodeIndex,
    participant: BoxedParticipant,
) -> anyhow::Result<Hosted> {
    let Stage {
        world,
        layout,
        launch,
        config_text,
        export,
        ..
    } = *stage;
    let name = layout.network.name(node).to_owned();
    let inbox = Inbox::default();
    let ground = Ground {
        world,
        layout,
        run: &launch.run,
        scenario: config_text,
    };
    let sinks = connect(stage, node, &inbox).await?;
    let seat = Seat::new(ground, node, participant, sinks, export.clone());
    let actor = start_actor(&name, seat).await?;
    inbox.open(actor.clone().recipient());
    Ok(Hosted {
        name,
        is_user: matches!(layout.kinds[node.index()], NodeKind::User(_)),
        actor,
        inbox,
    })
}

/// Joins the node's links to the bus: where frames for its neighbours go. What comes in goes to the inbox.
async fn connect(stage: &Stage<'_>, node: NodeIndex, inbox: &Inbox) -> anyhow::Result<Vec<BoxedSink>> {
    let Stage {
        layout,
        launch,
        sessions,
        ..
    } = *stage;
    let name = layout.network.name(node);
    let keys = Keys::new(&launch.run)?;
    let mut sinks: Vec<BoxedSink> = Vec::new();
    for (link, neighbour) in seat::neighbours(&layout.network, node).into_iter().enumerate() {
        let neighbour_name = layout.network.name(neighbour);
        let session = layout.kinds[node.index()]
            .segment_with(layout.kinds[neighbour.index()])
            .and_then(|segment| sessions.get(&segment))
            .with_context(|| format!("no segment joins {name} and {neighbour_name}"))?;
        bus::subscribe(session, keys.link(neighbour_name, name)?, link, inbox.clone())
            .await
            .map_err(|e| anyhow!("cannot subscribe: {e}"))?;
        let publisher = bus::publisher(session, keys.link(name, neighbour_name)?)
            .await
            .map_err(|e| anyhow!("cannot publish: {e}"))?;
        sinks.push(Box::new(publisher));
    }
    Ok(sinks)
}

/// A thread and an actix system of its own for each node: actors of one process run side by side.
async fn start_actor(name: &str, seat: Seat) -> anyhow::Result<Addr<Host>> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            let system = actix::System::new();
            system.block_on(async move {
                let _ = sender.send(Host::new(seat).start());
            });
            if let Err(error) = system.run() {
                tracing::error!(%error, "the actor system failed");
            }
        })
        .context("cannot start a thread")?;
    receiver.await.context("the actor's thread ended at once")
}

#[tracing::instrument(name = "open sessions", skip_all)]
pub(super) async fn open_sessions(
    launch: &Launch,
    credentials: Option<&Credentials>,
    layout: &Layout,
    spec: &ProcessSpec,
) -> anyhow::Result<BTreeMap<Segment, Session>> {
    let keys = Keys::new(&launch.run)?;
    let mut sessions = BTreeMap::new();
    for (segment, owner) in layout.segments_of(spec) {
        let endpoint = launch.endpoints.of(segment)?;
        let attachment = match owner {
            true => {
                let rights = Rights::on_segment(layout, &keys, segment)?;
                Attachment::router(segment.name(), endpoint, credentials, rights)?
            }
            false => Attachment::client(segment.name(), endpoint, credentials)?,
        };
        let session = session::open(&attachment)
            .await
            .with_context(|| format!("cannot take part in segment {segment} at {endpoint}"))?;
        sessions.insert(segment, session);
    }
    Ok(sessions)
}
