//! A process's end of the control plane.

use super::questions::{ANSWER_WAIT, ask};
use super::{CONTROL, ControlPlane, answer, failed};
use crate::report::{Command, ProcessNews, ProcessResult};
use anyhow::Context;
use secnet_topology::live_requests::parse_request;
use secnet_topology::scenario::RequestParams;
use secnet_wire::Keys;
use secnet_wire::codec::{CONTROL_BYTES_MAX, Problem, decode_value, encode_value};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use zenoh::liveliness::LivelinessToken;
use zenoh::qos::CongestionControl;
use zenoh::{Session, Wait};

/// A process that has not gone round for so long is not healthy.
const ROUND_MAX: Duration = Duration::from_secs(10);

/// Questions that wait for a User's node; more are refused.
const QUERIES_MAX: usize = 1_024;

/// A process's end.
pub struct ProcessControl {
    session: Session,
    keys: Keys,
    process: String,
    token: Option<LivelinessToken>,
    pub pulse: Pulse,
}

impl ProcessControl {
    pub async fn open(
        plane: &ControlPlane,
        run: &str,
        process: &str,
    ) -> anyhow::Result<(ProcessControl, mpsc::UnboundedReceiver<Command>)> {
        let keys = Keys::new(run)?;
        let session = plane
            .enter()
            .await
            .context("cannot connect to the control segment")?;
        let (sender, commands) = mpsc::unbounded_channel();
        session
            .declare_subscriber(keys.command())
            .callback(move |sample| {
                match decode_value("a command", &sample.payload().to_bytes(), CONTROL_BYTES_MAX) {
                    Ok(command) => {
                        let _ = sender.send(command);
                    }
                    Err(error) => tracing::warn!(%error, "dropped a command"),
                }
            })
            .background()
            .await
            .map_err(failed("cannot subscribe to commands"))?;
        let pulse = Pulse::default();
        let told = pulse.clone();
        answer(&session, keys.healthy(process)?, move || told.health()).await?;
        let token = session
            .liveliness()
            .declare_token(keys.alive(process)?)
            .await
            .map_err(failed("cannot declare liveliness"))?;
        let control = ProcessControl {
            session,
            keys,
            process: process.to_owned(),
            token: Some(token),
            pulse,
        };
        Ok((control, commands))
    }

    /// Whether the control service of this run, if there is one, answers.
    pub async fn is_control_there(&self) -> bool {
        let Ok(key) = self.keys.healthy(CONTROL) else {
            return false;
        };
        ask(&self.session, key, ANSWER_WAIT).await.is_ok()
    }

    /// Offers to take requests for the Users' nodes it hosts; what comes in is to be answered.
    pub async fn offer_requests(
        &self,
        nodes: impl Iterator<Item = &str>,
    ) -> anyhow::Result<mpsc::Receiver<RequestQuery>> {
        let (sender, queries) = mpsc::channel(QUERIES_MAX);
        for node in nodes {
            let (sender, node) = (sender.clone(), node.to_owned());
            self.session
                .declare_queryable(self.keys.requests(&node)?)
                .callback(move |query| {
                    let node = node.clone();
                    if let Err(TrySendError::Full(asked)) = sender.try_send(RequestQuery { node, query }) {
                        asked.refuse("too much is asked at once: ask again");
                    }
                })
                .background()
                .await
                .map_err(failed("cannot offer to take requests"))?;
        }
        Ok(queries)
    }

    pub async fn news(&self, news: &ProcessNews) -> anyhow::Result<()> {
        let bytes = encode_value("a process status", news, CONTROL_BYTES_MAX)?;
        tracing::trace!(bytes = bytes.len(), "tells the director how it is");
        let put = self.session.put(self.keys.status(&self.process)?, bytes);
        put.await.map_err(failed("cannot send a status"))
    }

    pub async fn result(&self, bytes: Vec<u8>) -> anyhow::Result<()> {
        let key = self.keys.result(&self.process)?;
        let put = self
            .session
            .put(key, bytes)
            .congestion_control(CongestionControl::Block);
        put.await.map_err(failed("cannot send the result"))
    }

    /// Traces that make it larger than a message may be are left out, and counted as dropped: no ledger depends on them.
    pub fn encode_result(mut result: ProcessResult) -> anyhow::Result<Vec<u8>> {
        let what = "a process result";
        match encode_value(what, &result, CONTROL_BYTES_MAX) {
            Err(error)
                if matches!(error.problem, Problem::TooLarge { .. }) && !result.traces.spans.is_empty() =>
            {
                let left_out = std::mem::take(&mut result.traces.spans).len() as u64;
                result.traces.dropped += left_out;
                tracing::warn!(left_out, "spans do not fit a message of the control plane");
                encode_value(what, &result, CONTROL_BYTES_MAX)
            }
            encoded => encoded,
        }
        .context("the result does not fit the control plane: give the nodes more processes")
    }

    pub async fn close(mut self) {
        if let Some(token) = self.token.take()
            && let Err(error) = token.undeclare().await
        {
            tracing::debug!(%error, "withdrawing the liveliness token");
        }
        if let Err(error) = self.session.close().await {
            tracing::debug!(%error, "closing the control session");
        }
    }
}

/// When a process last went round, and what is wrong with it: what its health check is told.
#[derive(Clone, Default)]
pub struct Pulse(Arc<Mutex<Option<Beat>>>);

struct Beat {
    at: Instant,
    problem: Option<String>,
}

impl Pulse {
    /// The process has gone round.
    pub fn beat(&self, problem: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Beat {
            at: Instant::now(),
            problem,
        });
    }

    fn health(&self) -> Result<Vec<u8>, String> {
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            None => Err("it does not take part in all its segments yet".to_owned()),
            Some(Beat {
                problem: Some(problem),
                ..
            }) => Err(problem.clone()),
            Some(Beat { at, .. }) if at.elapsed() > ROUND_MAX => {
                Err(format!("it has stood still for {:.0?}", at.elapsed()))
            }
            Some(_) => Ok(Vec::new()),
        }
    }
}

/// A question for a User's node, to be answered with JSON.
pub struct RequestQuery {
    pub node: String,
    query: zenoh::query::Query,
}

impl RequestQuery {
    /// The request to be taken; `None` asks for those that were.
    pub fn order(&self) -> Option<Result<RequestParams, String>> {
        let payload = self.query.payload()?;
        Some(parse_request(&payload.to_bytes()))
    }

    /// On zenoh's thread, without waiting for anybody.
    fn refuse(self, why: &str) {
        if let Err(error) = self.query.reply_err(why).wait() {
            tracing::warn!(%error, "could not answer a query");
        }
    }

    pub async fn answer(self, answer: Result<Vec<u8>, String>) {
        let answered = match answer {
            Ok(text) => self.query.reply(self.query.key_expr().clone(), text).await,
            Err(problem) => self.query.reply_err(problem).await,
        };
        if let Err(error) = answered {
            tracing::warn!(%error, "could not answer a query");
        }
    }
}
