//! The control plane: its own session, so that a stalled data plane cannot stop a halt.
//!
//! Nothing here is sent once: statuses come round, commands and results are repeated until their effect shows.

use crate::report::{Command, ProcessResult, ProcessStatus, RunStatus};
use crate::session::{self, Attachment};
use anyhow::{Context, anyhow};
use secnet_wire::Keys;
use secnet_wire::codec::{CONTROL_BYTES_MAX, STATE_BYTES_MAX, decode_value, encode_value};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
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
    Status(Box<ProcessStatus>),
    Result(Box<ProcessResult>),
    /// Something on the control plane could not be read.
    Unreadable(String),
}

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
    pub async fn open(
        endpoint: &str,
        run: &str,
    ) -> anyhow::Result<(DirectorControl, mpsc::UnboundedReceiver<Event>)> {
        let keys = Keys::new(run)?;
        let session = session::open(&Attachment::Router(endpoint.to_owned()))
            .await
            .map_err(failed("cannot open the control segment's router"))?;
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
                    |status| Event::Status(Box::new(status)),
                );
                let _ = statuses.send(event);
            })
            .background()
            .await
            .map_err(failed("cannot subscribe to statuses"))?;
        session
            .declare_subscriber(keys.every_result())
            .callback(move |sample| {
                let event = decode_value("a process result", &sample.payload().to_bytes(), STATE_BYTES_MAX)
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

/// Asks the run whose director listens at `endpoint` how it goes.
pub async fn ask_status(endpoint: &str, run: &str, patience: Duration) -> anyhow::Result<RunStatus> {
    let client = Attachment::Client(endpoint.to_owned());
    let session = tokio::time::timeout(patience, session::open(&client))
        .await
        .map_err(|_| anyhow!("no run answers at {endpoint}: it has ended, or runs elsewhere"))?
        .map_err(failed("cannot connect"))?;
    let replies = session
        .get(Keys::new(run)?.status_query())
        .timeout(patience)
        .await
        .map_err(failed("cannot ask"))?;
    let reply = replies
        .recv_async()
        .await
        .map_err(|_| anyhow!("the run at {endpoint} did not answer"))?;
    let sample = reply
        .into_result()
        .map_err(|error| anyhow!("the run answered with an error: {error:?}"))?;
    let status = decode_value(
        "the run's status",
        &sample.payload().to_bytes(),
        CONTROL_BYTES_MAX,
    )?;
    let _ = session.close().await;
    Ok(status)
}

/// A process's end.
pub struct ProcessControl {
    session: Session,
    keys: Keys,
    process: String,
    token: Option<LivelinessToken>,
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
        };
        Ok((control, commands))
    }

    pub async fn status(&self, status: &ProcessStatus) -> anyhow::Result<()> {
        let bytes = encode_value("a process status", status, CONTROL_BYTES_MAX)?;
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

    pub fn encode_result(result: &ProcessResult) -> anyhow::Result<Vec<u8>> {
        encode_value("a process result", result, STATE_BYTES_MAX)
            .context("the result does not fit the control plane")
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
