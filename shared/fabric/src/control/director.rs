//! The director's end of the control plane.

use super::{ControlPlane, failed};
use crate::report::{Command, ProcessNews, ProcessResult, RunStatus};
use crate::session::{self, Attachment};
use anyhow::Context;
use secnet_topology::Layout;
use secnet_wire::Keys;
use secnet_wire::codec::{CONTROL_BYTES_MAX, decode_value, encode_value};
use serde::de::DeserializeOwned;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;
use zenoh::qos::CongestionControl;
use zenoh::sample::SampleKind;
use zenoh::{Session, Wait};

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

/// The director's end.
pub struct DirectorControl {
    session: Session,
    keys: Keys,
    /// What `secnet status` is answered.
    status: Arc<Mutex<Option<RunStatus>>>,
}

impl DirectorControl {
    /// The director of processes it starts itself owns the control plane's router.
    pub async fn serve(
        plane: &ControlPlane,
        layout: &Layout,
        run: &str,
    ) -> anyhow::Result<(DirectorControl, mpsc::UnboundedReceiver<Event>)> {
        DirectorControl::open(&plane.router(layout, &Keys::new(run)?)?, run).await
    }

    /// The director that attaches to a network that is there is a client of the control service's.
    pub async fn attach(
        plane: &ControlPlane,
        run: &str,
    ) -> anyhow::Result<(DirectorControl, mpsc::UnboundedReceiver<Event>)> {
        DirectorControl::open(&plane.client()?, run).await
    }

    async fn open(
        attachment: &Attachment,
        run: &str,
    ) -> anyhow::Result<(DirectorControl, mpsc::UnboundedReceiver<Event>)> {
        let keys = Keys::new(run)?;
        let session = session::open(attachment)
            .await
            .context("cannot take part in the control segment")?;
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
        let news = Heard {
            what: "a process status",
            process: |news: &ProcessNews| &news.status.process,
            event: |news| Event::News(Box::new(news)),
        };
        hear(&session, &keys, keys.every_status(), news, sender.clone())
            .await
            .map_err(failed("cannot subscribe to statuses"))?;
        let result = Heard {
            what: "a process result",
            process: |result: &ProcessResult| &result.process,
            event: |result| Event::Result(Box::new(result)),
        };
        hear(&session, &keys, keys.every_result(), result, sender)
            .await
            .map_err(failed("cannot subscribe to results"))?;
        let status: Arc<Mutex<Option<RunStatus>>> = Arc::default();
        offer_status(&session, keys.status_query(), Arc::clone(&status))
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

/// What processes say under keys of their own.
struct Heard<T> {
    what: &'static str,
    /// Whose it says it is.
    process: fn(&T) -> &str,
    event: fn(T) -> Event,
}

impl<T: DeserializeOwned> Heard<T> {
    fn read(&self, keys: &Keys, key: &str, bytes: &[u8]) -> Event {
        match decode_value::<T>(self.what, bytes, CONTROL_BYTES_MAX) {
            // Who may put to a key the bus sees to: what is said under it must be of the same process.
            Ok(value) if keys.read_process(key) == Some((self.process)(&value)) => (self.event)(value),
            Ok(value) => {
                let (what, process) = (self.what, (self.process)(&value));
                Event::Unreadable(format!("{what} of {process} came as {key}"))
            }
            Err(error) => Event::Unreadable(error.to_string()),
        }
    }
}

/// Makes an event of each value of that kind on the bus, for as long as the session lives.
async fn hear<T: DeserializeOwned + 'static>(
    session: &Session,
    keys: &Keys,
    every: String,
    heard: Heard<T>,
    events: mpsc::UnboundedSender<Event>,
) -> zenoh::Result<()> {
    let keys = keys.clone();
    session
        .declare_subscriber(every)
        .callback(move |sample| {
            let bytes = sample.payload().to_bytes();
            let _ = events.send(heard.read(&keys, sample.key_expr().as_str(), &bytes));
        })
        .background()
        .await
}

/// Answers every query with the status as it is then; with nothing before the first.
async fn offer_status(
    session: &Session,
    key: String,
    status: Arc<Mutex<Option<RunStatus>>>,
) -> zenoh::Result<()> {
    session
        .declare_queryable(key)
        .callback(move |query| {
            let status = status.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let Some(status) = status else { return };
            match encode_value("the run's status", &status, CONTROL_BYTES_MAX) {
                Ok(bytes) => {
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
}

fn last_chunk(key: &str) -> String {
    key.rsplit('/').next().unwrap_or_default().to_owned()
}
