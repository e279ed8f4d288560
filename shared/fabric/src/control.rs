//! The control plane: its own session, so that a stalled data plane cannot stop a halt.
//!
//! Nothing here is sent once: statuses come round, commands and results are repeated until their effect shows.

use crate::launch::Offer;
use crate::report::{Command, ProcessNews, ProcessResult, RunStatus};
use crate::session::{self, Attachment};
use anyhow::{Context, anyhow};
use secnet_topology::live_requests::{TakenRequest, parse_request};
use secnet_topology::scenario::RequestParams;
use secnet_wire::Keys;
use secnet_wire::codec::{CONTROL_BYTES_MAX, Problem, decode_value, encode_value};
use secnet_wire::keys::LAUNCH_QUERY;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use zenoh::Session;
use zenoh::liveliness::LivelinessToken;
use zenoh::qos::CongestionControl;
use zenoh::sample::SampleKind;

/// What reaches the director.
#[derive(Debug)]
pub enum Event {
    Alive {
        process: String,
    },
    /// The process's liveliness token is gone: it ended, died or was cut off.
    Gone {
        process: String,
    },
    News(Box<ProcessNews>),
    Result(Box<ProcessResult>),
    /// Something on the control plane could not be read.
    Unreadable(String),
}

/// What a health check of the control service calls it.
pub const CONTROL: &str = "control";

/// A process that has not gone round for so long is not healthy.
const ROUND_MAX: Duration = Duration::from_secs(10);
/// Whoever was asked has answered that it cannot be.
#[derive(Debug)]
pub struct Refused(pub String);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// How long an answer may take before the question is put again.
const ANSWER_WAIT: Duration = Duration::from_secs(2);
const ASK_AGAIN: Duration = Duration::from_millis(300);

/// The director's end.
pub struct DirectorControl {
    session: Session,
    keys: Keys,
    /// What `secnet status` is answered.
    status: Arc<Mutex<Option<RunStatus>>>,
}

fn failed(what: &str) -> impl FnOnce(zenoh::Error) -> anyhow::Error + '_ {
    move |error| anyhow!("{what}: {error}")
}

impl DirectorControl {
    /// The director of processes it starts itself owns the control segment's router; one that attaches to a network
    /// that is there is a client of the control service's.
    pub async fn open(
        attachment: &Attachment,
        run: &str,
    ) -> anyhow::Result<(DirectorControl, mpsc::UnboundedReceiver<Event>)> {
        let keys = Keys::new(run)?;
        let session = session::open(attachment)
            .await
            .map_err(failed("cannot take part in the control segment"))?;
        let (sender, events) = mpsc::unbounded_channel();
        let alive = sender.clone();
        session
            .liveliness()
            .declare_subscriber(keys.every_alive())
            .history(true)
            .callback(move |sample| {
                let process = last_chunk(sample.key_expr().as_str());
                let _ = alive.send(match sample.kind() {
                    SampleKind::Put => Event::Alive { process },
                    SampleKind::Delete => Event::Gone { process },
                });
            })
            .background()
            .await
            .map_err(failed("cannot watch liveliness"))?;
        let statuses = sender.clone();
        session
            .declare_subscriber(keys.every_status())
            .callback(move |sample| {
                let event = decode_value(
                    "a process status",
                    &sample.payload().to_bytes(),
                    CONTROL_BYTES_MAX,
                )
                .map_or_else(
                    |e| Event::Unreadable(e.to_string()),
                    |news| Event::News(Box::new(news)),
                );
                let _ = statuses.send(event);
            })
            .background()
            .await
            .map_err(failed("cannot subscribe to statuses"))?;
        session
            .declare_subscriber(keys.every_result())
            .callback(move |sample| {
                let event = decode_value(
                    "a process result",
                    &sample.payload().to_bytes(),
                    CONTROL_BYTES_MAX,
                )
                .map_or_else(
                    |e| Event::Unreadable(e.to_string()),
                    |result| Event::Result(Box::new(result)),
                );
                let _ = sender.send(event);
            })
            .background()
            .await
            .map_err(failed("cannot subscribe to results"))?;
        let status: Arc<Mutex<Option<RunStatus>>> = Arc::default();
        let answer = Arc::clone(&status);
        session
            .declare_queryable(keys.status_query())
            .callback(move |query| {
                let status = answer.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let Some(status) = status else { return };
                match encode_value("the run's status", &status, CONTROL_BYTES_MAX) {
                    Ok(bytes) => {
                        use zenoh::Wait;
                        tracing::trace!(bytes = bytes.len(), "answers a status query");
                        if let Err(error) = query.reply(query.key_expr().clone(), bytes).wait() {
                            tracing::warn!(%error, "could not answer a status query");
                        }
                    }
                    Err(error) => tracing::warn!(%error, "could not answer a status query"),
                }
            })
            .background()
            .await
            .map_err(failed("cannot offer the run's status"))?;
        Ok((
            DirectorControl {
                session,
                keys,
                status,
            },
            events,
        ))
    }

    pub async fn command(&self, command: &Command) -> anyhow::Result<()> {
        let bytes = encode_value("a command", command, CONTROL_BYTES_MAX)?;
        let put = self
            .session
            .put(self.keys.command(), bytes)
            .congestion_control(CongestionControl::Block);
        put.await.map_err(failed("cannot send a command"))
    }

    pub fn set_status(&self, status: RunStatus) {
        *self.status.lock().unwrap_or_else(PoisonError::into_inner) = Some(status);
    }

    pub async fn close(self) {
        if let Err(error) = self.session.close().await {
            tracing::debug!(%error, "closing the control session");
        }
    }
}

/// The service that owns the control segment's router where nobody starts the processes: it hands them, and the
/// director that attaches, the launch and the scenario.
pub struct ControlService {
    session: Session,
    /// Resolves when the director has said goodbye.
    pub goodbye: mpsc::UnboundedReceiver<()>,
}

impl ControlService {
    pub async fn open(listen: &str, offer: &Offer) -> anyhow::Result<ControlService> {
        let keys = Keys::new(&offer.launch.run)?;
        let session = session::open(&Attachment::Router(listen.to_owned()))
            .await
            .map_err(failed("cannot open the control segment's router"))?;
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

async fn client(endpoint: &str, patience: Duration) -> anyhow::Result<Session> {
    let client = Attachment::Client(endpoint.to_owned());
    tokio::time::timeout(patience, session::open(&client))
        .await
        .map_err(|_| anyhow!("nobody answers at {endpoint}: what ran there has ended, or runs elsewhere"))?
        .map_err(failed("cannot connect"))
}

/// The first answer to a query.
async fn ask(session: &Session, key: String, patience: Duration) -> anyhow::Result<Vec<u8>> {
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

/// What the control service at `endpoint` has to run; asks until it answers, at most so long.
pub async fn fetch_offer(endpoint: &str, patience: Duration) -> anyhow::Result<Offer> {
    let deadline = Instant::now() + patience;
    let session = client(endpoint, patience).await?;
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
pub async fn check_health(endpoint: &str, process: &str, patience: Duration) -> anyhow::Result<()> {
    let key = Keys::healthy_in_any_run(process)?;
    let session = client(endpoint, patience).await?;
    let answer = ask(&session, key, patience).await;
    let _ = session.close().await;
    answer
        .map(|_| ())
        .with_context(|| format!("{process} is not healthy"))
}

/// Asks the run whose control segment's router listens at `endpoint` how it goes.
pub async fn ask_status(endpoint: &str, run: &str, patience: Duration) -> anyhow::Result<RunStatus> {
    let session = client(endpoint, patience).await?;
    let answer = ask(&session, Keys::new(run)?.status_query(), patience).await;
    let _ = session.close().await;
    let answer = answer.with_context(|| format!("no director answers at {endpoint}"))?;
    Ok(decode_value("the run's status", &answer, CONTROL_BYTES_MAX)?)
}

/// A client that gives Users of a run requests while it goes on.
pub struct RequestClient {
    session: Session,
    keys: Keys,
}

impl RequestClient {
    /// `endpoint` is where the control segment's router of that run listens.
    pub async fn open(endpoint: &str, run: &str, patience: Duration) -> anyhow::Result<RequestClient> {
        Ok(RequestClient {
            session: client(endpoint, patience).await?,
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
        endpoint: &str,
        run: &str,
        process: &str,
    ) -> anyhow::Result<(ProcessControl, mpsc::UnboundedReceiver<Command>)> {
        let keys = Keys::new(run)?;
        let session = session::open(&Attachment::Client(endpoint.to_owned()))
            .await
            .map_err(failed("cannot connect to the control segment"))?;
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
    ) -> anyhow::Result<mpsc::UnboundedReceiver<RequestQuery>> {
        let (sender, queries) = mpsc::unbounded_channel();
        for node in nodes {
            let (sender, node) = (sender.clone(), node.to_owned());
            self.session
                .declare_queryable(self.keys.requests(&node)?)
                .callback(move |query| {
                    let node = node.clone();
                    let _ = sender.send(RequestQuery { node, query });
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

fn last_chunk(key: &str) -> String {
    key.rsplit('/').next().unwrap_or_default().to_owned()
}
