//! What a process does once its nodes are hosted: what the director says, until it says goodbye or is gone.

use super::hosting::Hosted;
use crate::belonging::Belonging;
use crate::control::{ProcessControl, RequestQuery};
use crate::host::{AskLedger, AskReport, AskRequests, AskStatus, Halt, Start, TakeRequest, TakeTraces};
use crate::report::{Command, ProcessNews, ProcessResult, ProcessStatus};
use crate::telling::Telling;
use anyhow::Context;
use secnet_engine::trace::TraceBook;
use secnet_model::SimTime;
use secnet_telemetry::{ExportCounts, SpanExport};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc::{Receiver, UnboundedReceiver};

/// How often a process says how it goes.
const STATUS_INTERVAL: Duration = Duration::from_millis(200);
/// Ledgers ride on every so many statuses.
const STATUSES_PER_LEDGER: u32 = 3;

/// A process that nobody started asks this often whether its control service is still there …
const CONTROL_INTERVAL: Duration = Duration::from_secs(5);
/// … and ends when so many questions in a row had no answer: longer than any pause or cut to be survived.
const CONTROL_MISSES_MAX: u32 = 24;
/// Who speaks, and in which run.
pub(super) struct Identity {
    pub(super) process: String,
    pub(super) belonging: Belonging,
}

/// Does what the director says until it says goodbye.
pub(super) async fn obey(
    control: &ProcessControl,
    mut commands: UnboundedReceiver<Command>,
    identity: &Identity,
    hosts: &[Hosted],
    horizon: SimTime,
    mut telling: Telling,
) -> anyhow::Result<()> {
    let mut tick = tokio::time::interval(STATUS_INTERVAL);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut ticks = 0u32;
    let mut result: Option<Vec<u8>> = None;
    loop {
        tokio::select! {
            command = commands.recv() => match command {
                Some(Command::Start { wall_unix_us, pace, ready }) => {
                    let start = instant_of(wall_unix_us);
                    for hosted in hosts {
                        let ready = ready.filter(|_| hosted.is_user).map(|every| (every, horizon));
                        hosted.actor.do_send(Start { start, pace, ready });
                    }
                }
                Some(Command::Halt { lost_nodes }) => {
                    hosts.iter().for_each(|hosted| hosted.actor.do_send(Halt { lost: lost_nodes.clone() }));
                }
                Some(Command::Bye) | None => return Ok(()),
            },
            _ = tick.tick() => {
                let with_ledgers = ticks.is_multiple_of(STATUSES_PER_LEDGER);
                ticks = ticks.wrapping_add(1);
                let news = news(identity, hosts, with_ledgers).await?;
                telling.tell(&news);
                let nodes = &news.status.nodes;
                control.pulse.beat(nodes.iter().find_map(|node| node.problem.clone()));
                control.news(&news).await?;
                let settled = nodes.iter().all(|node| node.settled);
                if settled && result.is_none() {
                    result = Some(gather_result(identity, hosts, telling.export.take()).await?);
                }
                if let Some(bytes) = &result {
                    control.result(bytes.clone()).await?;
                }
            }
        }
    }
}

/// Hands the Users' nodes what comes for them from outside, for as long as the process runs.
pub(super) async fn take_requests(mut queries: Receiver<RequestQuery>, hosts: &[Hosted]) {
    while let Some(query) = queries.recv().await {
        let answer = match hosts.iter().find(|hosted| hosted.name == query.node) {
            Some(hosted) => answer_request(&query, hosted).await,
            None => Err(format!("{} is not here", query.node)),
        };
        query.answer(answer).await;
    }
    std::future::pending().await
}

async fn answer_request(query: &RequestQuery, hosted: &Hosted) -> Result<Vec<u8>, String> {
    let ended = |_| format!("{} has ended", hosted.name);
    let json = match query.order() {
        Some(order) => {
            let taken = hosted.actor.send(TakeRequest(order?)).await.map_err(ended)??;
            serde_json::to_vec(&taken)
        }
        None => serde_json::to_vec(&hosted.actor.send(AskRequests).await.map_err(ended)?),
    };
    json.map_err(|error| error.to_string())
}

pub(super) async fn stdin_closed(watch: bool) {
    if !watch {
        return std::future::pending().await;
    }
    let mut stdin = tokio::io::stdin();
    let mut buffer = [0; 64];
    while matches!(stdin.read(&mut buffer).await, Ok(count) if count > 0) {}
}

/// Resolves at SIGTERM. As the first process of a container nothing else would end it.
pub(super) fn terminated() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = signal(SignalKind::terminate());
    async move {
        match terminate {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    }
}

/// Resolves when the control service of the run is gone for good, or serves another run.
pub(super) async fn control_gone(control: &ProcessControl, watch: bool) {
    if !watch {
        return std::future::pending().await;
    }
    let mut misses = 0;
    // Counted, not timed: the process may have been paused itself.
    while misses < CONTROL_MISSES_MAX {
        tokio::time::sleep(CONTROL_INTERVAL).await;
        misses = if control.is_control_there().await {
            0
        } else {
            misses + 1
        };
    }
}

async fn news(identity: &Identity, hosts: &[Hosted], with_ledgers: bool) -> anyhow::Result<ProcessNews> {
    let mut status = ProcessStatus {
        belonging: identity.belonging.clone(),
        process: identity.process.clone(),
        pid: std::process::id(),
        nodes: Vec::new(),
    };
    let mut ledgers = Vec::new();
    for hosted in hosts {
        let asked = hosted.actor.send(AskStatus).await;
        status
            .nodes
            .push(asked.with_context(|| format!("the actor of {} has ended", hosted.name))?);
        if with_ledgers {
            let ledger = hosted.actor.send(AskLedger).await?;
            ledgers.push((hosted.name.clone(), ledger));
        }
    }
    Ok(ProcessNews { status, ledgers })
}

#[tracing::instrument(name = "gather the result", skip_all)]
async fn gather_result(
    identity: &Identity,
    hosts: &[Hosted],
    export: Option<SpanExport>,
) -> anyhow::Result<Vec<u8>> {
    let mut nodes = Vec::new();
    let mut traces = TraceBook::default();
    for hosted in hosts {
        let dropped = hosted.inbox.dropped();
        if dropped > 0 {
            tracing::info!(
                node = hosted.name,
                dropped,
                "frames did not fit the mailbox and were sent again"
            );
        }
        let (report, account) = hosted.actor.send(AskReport).await?;
        for (neighbour, stats) in report.links.iter().filter(|(_, stats)| stats.resends > 0) {
            tracing::info!(node = hosted.name, neighbour, ?stats, "frames were sent again");
        }
        nodes.push((report, account));
        traces.append(hosted.actor.send(TakeTraces).await?);
    }
    // The hosts have let go of their ends: the rest is exported, or given up, off this runtime's threads.
    let exported = match export {
        Some(export) => tokio::task::spawn_blocking(|| export.finish()).await?,
        None => ExportCounts::default(),
    };
    ProcessControl::encode_result(ProcessResult {
        belonging: identity.belonging.clone(),
        process: identity.process.clone(),
        nodes,
        traces,
        spans_exported: exported.exported,
        spans_not_exported: exported.dropped,
    })
}

fn instant_of(wall_unix_us: u64) -> Instant {
    let now_us = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_micros() as u64;
    let now = Instant::now();
    if wall_unix_us >= now_us {
        now + Duration::from_micros(wall_unix_us - now_us)
    } else {
        now.checked_sub(Duration::from_micros(now_us - wall_unix_us))
            .unwrap_or(now)
    }
}
