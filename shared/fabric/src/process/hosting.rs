//! From a node of the layout to an actor that takes part in its segments.

use crate::access::Rights;
use crate::bus::{self, Inbox};
use crate::credentials::Credentials;
use crate::host::{BoxedParticipant, Host, HostedLink, Tracing};
use crate::launch::Launch;
use crate::session::{self, Attachment};
use actix::{Actor, Addr};
use anyhow::{Context, anyhow};
use secnet_engine::draw::Stream;
use secnet_engine::{NodeIndex, Party};
use secnet_telemetry::SpanExport;
use secnet_topology::{Layout, NodeKind, ProcessSpec, Segment, World};
use secnet_wire::Keys;
use secnet_wire::link::{LinkConfig, LinkEnd, Tuning};
use std::collections::BTreeMap;
use std::sync::Arc;
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
        export,
        ..
    } = *stage;
    let network = Arc::new(layout.network.clone());
    let each_its_own: Vec<usize> = (0..network.nodes.len()).collect();
    let party = Party::new(
        Arc::clone(&network),
        &each_its_own,
        node.index(),
        vec![(node, participant)],
        world.end,
    );
    let name = network.name(node).to_owned();
    let inbox = Inbox::default();
    let links = connect(stage, node, &inbox).await?;
    let tracing = Tracing {
        spans_max: world.scenario.tracing.spans_max as usize,
        export: export.clone(),
    };
    let end = world.end;
    let host_name = name.clone();
    let host = move || Host::new(host_name, node, network, party, links, end, tracing);
    let actor = start_actor(&name, host).await?;
    inbox.open(actor.clone().recipient());
    Ok(Hosted {
        name,
        is_user: matches!(layout.kinds[node.index()], NodeKind::User(_)),
        actor,
        inbox,
    })
}

/// The node's ends of its links, joined to the bus; what comes in goes to the inbox.
async fn connect(stage: &Stage<'_>, node: NodeIndex, inbox: &Inbox) -> anyhow::Result<Vec<HostedLink>> {
    let Stage {
        layout,
        launch,
        config_text,
        sessions,
        ..
    } = *stage;
    let network = &layout.network;
    let name = network.name(node);
    let each_its_own: Vec<usize> = (0..network.nodes.len()).collect();
    let keys = Keys::new(&launch.run)?;
    let mut links = Vec::new();
    for (index, link) in secnet_engine::party::party_links(network, &each_its_own, node.index())
        .into_iter()
        .enumerate()
    {
        let neighbour = NodeIndex(link.neighbour as u16);
        let neighbour_name = network.name(neighbour).to_owned();
        let session = layout.kinds[node.index()]
            .segment_with(layout.kinds[neighbour.index()])
            .and_then(|segment| sessions.get(&segment))
            .with_context(|| format!("no segment joins {name} and {neighbour_name}"))?;
        let inward = keys.link(&neighbour_name, name)?;
        bus::subscribe(session, inward, index, inbox.clone())
            .await
            .map_err(|e| anyhow!("cannot subscribe: {e}"))?;
        let outward = keys.link(name, &neighbour_name)?;
        let publisher = bus::publisher(session, outward)
            .await
            .map_err(|e| anyhow!("cannot publish: {e}"))?;
        let end = LinkEnd::new(LinkConfig {
            run: launch.run.clone(),
            config_hash: Stream::named(config_text).0,
            session: 1,
            peer: neighbour_name.clone(),
            tuning: Tuning::default(),
        });
        links.push(HostedLink {
            neighbour: neighbour_name,
            neighbour_index: neighbour,
            end,
            sink: Box::new(publisher),
        });
    }
    Ok(links)
}

/// A thread and an actix system of its own for each node: actors of one process run side by side.
async fn start_actor(name: &str, host: impl FnOnce() -> Host + Send + 'static) -> anyhow::Result<Addr<Host>> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            let system = actix::System::new();
            system.block_on(async move {
                let _ = sender.send(host().start());
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
