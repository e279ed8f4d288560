//! What clients ask over the control plane, and how a question is put.

use super::{ControlPlane, failed};
use crate::launch::Offer;
use crate::report::RunStatus;
use anyhow::{Context, anyhow};
use secnet_topology::live_requests::TakenRequest;
use secnet_topology::scenario::RequestParams;
use secnet_wire::Keys;
use secnet_wire::codec::{CONTROL_BYTES_MAX, decode_value};
use secnet_wire::keys::LAUNCH_QUERY;
use std::time::{Duration, Instant};
use zenoh::Session;

/// How long an answer may take before the question is put again.
pub(super) const ANSWER_WAIT: Duration = Duration::from_secs(2);
const ASK_AGAIN: Duration = Duration::from_millis(300);

/// Whoever was asked has answered that it cannot be.
#[derive(Debug)]
pub struct Refused(pub String);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// What the control service has to run; asks until it answers, at most so long.
pub async fn fetch_offer(plane: &ControlPlane, patience: Duration) -> anyhow::Result<Offer> {
    let endpoint = &plane.endpoint;
    let deadline = Instant::now() + patience;
    let session = client(plane, patience).await?;
    loop {
        match ask(&session, LAUNCH_QUERY.to_owned(), ANSWER_WAIT).await {
            Ok(text) => {
                let _ = session.close().await;
                return serde_json::from_slice(&text).with_context(|| {
                    format!("the control service at {endpoint} is not of this version of secnet")
                });
            }
            Err(error) if Instant::now() > deadline => {
                let _ = session.close().await;
                return Err(error.context(format!("no control service answers at {endpoint}")));
            }
            Err(_) => tokio::time::sleep(ASK_AGAIN).await,
        }
    }
}

/// A round trip over the bus: through the control segment's router to the process and back.
pub async fn check_health(plane: &ControlPlane, process: &str, patience: Duration) -> anyhow::Result<()> {
    let key = Keys::healthy_in_any_run(process)?;
    let sick = || format!("{process} is not healthy");
    let session = client(plane, patience).await.with_context(sick)?;
    let answer = ask(&session, key, patience).await;
    let _ = session.close().await;
    answer.map(|_| ()).with_context(sick)
}

/// Asks a run how it goes.
pub async fn ask_status(plane: &ControlPlane, run: &str, patience: Duration) -> anyhow::Result<RunStatus> {
    let session = client(plane, patience).await?;
    let answer = ask(&session, Keys::new(run)?.status_query(), patience).await;
    let _ = session.close().await;
    let answer = answer.with_context(|| format!("no director answers at {}", plane.endpoint))?;
    Ok(decode_value("the run's status", &answer, CONTROL_BYTES_MAX)?)
}

/// A client that gives Users of a run requests while it goes on.
pub struct RequestClient {
    session: Session,
    keys: Keys,
}

impl RequestClient {
    pub async fn open(plane: &ControlPlane, run: &str, patience: Duration) -> anyhow::Result<RequestClient> {
        Ok(RequestClient {
            session: client(plane, patience).await?,
            keys: Keys::new(run)?,
        })
    }

    /// Has the User that `node` plays send a request.
    pub async fn send(
        &self,
        node: &str,
        request: &RequestParams,
        patience: Duration,
    ) -> anyhow::Result<TakenRequest> {
        let payload = serde_json::to_vec(request)?;
        let answer = put_question(&self.session, self.keys.requests(node)?, Some(payload), patience).await?;
        serde_json::from_slice(&answer).with_context(|| format!("{node} is not of this version of secnet"))
    }

    /// Those that node has been given.
    pub async fn list(&self, node: &str, patience: Duration) -> anyhow::Result<Vec<TakenRequest>> {
        let answer = put_question(&self.session, self.keys.requests(node)?, None, patience).await?;
        serde_json::from_slice(&answer).with_context(|| format!("{node} is not of this version of secnet"))
    }

    pub async fn close(self) {
        let _ = self.session.close().await;
    }
}

async fn client(plane: &ControlPlane, patience: Duration) -> anyhow::Result<Session> {
    let and = match plane.credentials {
        Some(_) => ", or it does not take these credentials",
        None => ", or it takes nobody without --credentials",
    };
    tokio::time::timeout(patience, plane.enter())
        .await
        .map_err(|_| {
            let endpoint = &plane.endpoint;
            anyhow!("nobody answers at {endpoint}: what ran there has ended, or runs elsewhere{and}")
        })?
        .context("cannot connect")
}

/// The first answer to a query.
pub(super) async fn ask(session: &Session, key: String, patience: Duration) -> anyhow::Result<Vec<u8>> {
    put_question(session, key, None, patience).await
}

/// The first answer to a query that perhaps brings something along.
async fn put_question(
    session: &Session,
    key: String,
    payload: Option<Vec<u8>>,
    patience: Duration,
) -> anyhow::Result<Vec<u8>> {
    let mut get = session.get(key).timeout(patience);
    if let Some(payload) = payload {
        get = get.payload(payload);
    }
    let replies = get.await.map_err(failed("cannot ask"))?;
    let reply = replies.recv_async().await;
    let reply = reply.map_err(|_| anyhow!("no answer within {patience:?}"))?;
    match reply.into_result() {
        Ok(sample) => Ok(sample.payload().to_bytes().into_owned()),
        Err(error) => {
            let problem = error.payload().try_to_string().unwrap_or_default();
            Err(Refused(problem.into_owned()).into())
        }
    }
}
