//! The director's end of the control plane.

use super::{ControlPlane, failed};
use crate::report::{Command, ProcessNews, ProcessResult, RunStatus};
use crate::session::{self, Attachment};
use anyhow::Context;
use secnet_topology::Layout;
use secnet_wire::Keys;
use secnet_wire::codec::{CONTROL_BYTES_MAX, decode_value, encode_value};
use serde::de::DeserializeOwned;
use std::sync::atomic::{AtomicUsize, Ordering};
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

/// What is said and not yet looked at holds at most so many bytes; more is dropped, and said again by whoever means it.
const QUEUED_BYTES_MAX: usize = 8 * CONTROL_BYTES_MAX;
/// What a message takes up besides its bytes, at least.
const MESSAGE_BYTES: usize = 256;

/// What has reached the director, in the order in which it came.
pub struct Events {
    queue: mpsc::UnboundedReceiver<(Event, usize)>,
    queued_bytes: Arc<AtomicUsize>,
}

impl Events {
    /// `None` once the control plane is closed.
    pub async fn recv(&mut self) -> Option<Event> {
        let (event, bytes) = self.queue.recv().await?;
        self.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        Some(event)
    }

    /// One that is there already.
    pub fn try_recv(&mut self) -> Option<Event> {
        let (event, bytes) = self.queue.try_recv().ok()?;
        self.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        Some(event)
    }
}

/// The other end.
#[derive(Clone)]
struct EventsSender {
    queue: mpsc::UnboundedSender<(Event, usize)>,
    queued_bytes: Arc<AtomicUsize>,
}

impl EventsSender {
    fn pair() -> (EventsSender, Events) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let queued_bytes = Arc::<AtomicUsize>::default();
        let own = EventsSender {
            queue: sender,
            queued_bytes: Arc::clone(&queued_bytes),
        };
        let events = Events {
            queue: receiver,
            queued_bytes,
        };
        (own, events)
    }

    /// Who comes and goes is said once: it always finds room.
    fn send(&self, event: Event) {
        let _ = self.queue.send((event, 0));
    }

    /// What so many bytes say, unless too much waits already.
    fn offer(&self, bytes: usize, read: impl FnOnce() -> Event) {
        let bytes = bytes + MESSAGE_BYTES;
        if self.queued_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes > QUEUED_BYTES_MAX {
            self.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
            tracing::warn!("the director is behind with what it is told: some of it is dropped");
            return;
        }
        let _ = self.queue.send((read(), bytes));
    }
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
    ) -> anyhow::Result<(DirectorControl, Events)> {
        DirectorControl::open(&plane.router(layout, &Keys::new(run)?)?, run).await
    }

    /// The director that attaches to a network that is there is a client of the control service's.
    pub async fn attach(plane: &ControlPlane, run: &str) -> anyhow::Result<(DirectorControl, Events)> {
        DirectorControl::open(&plane.client()?, run).await
    }

    async fn open(attachment: &Attachment, run: &str) -> anyhow::Result<(DirectorControl, Events)> {
        let keys = Keys::new(run)?;
        let session = session::open(attachment)
            .await
            .context("cannot take part in the control segment")?;
        let (sender, events) = EventsSender::pair();
        let alive = sender.clone();
        session
            .liveliness()
            .declare_subscriber(keys.every_alive())
            .history(true)
            .callback(move |sample| {
                let process = last_chunk(sample.key_expr().as_str());
                alive.send(match sample.kind() {
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
    events: EventsSender,
) -> zenoh::Result<()> {
    let keys = keys.clone();
    session
        .declare_subscriber(every)
        .callback(move |sample| {
            let payload = sample.payload();
            events.offer(payload.len(), || {
                heard.read(&keys, sample.key_expr().as_str(), &payload.to_bytes())
            });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_and_not_looked_at_is_bounded_and_who_goes_is_heard_of_all_the_same() {
        let (sender, mut events) = EventsSender::pair();
        let said = || Event::Unreadable(String::new());
        let fit = QUEUED_BYTES_MAX / (CONTROL_BYTES_MAX + MESSAGE_BYTES);
        for _ in 0..2 * fit {
            sender.offer(CONTROL_BYTES_MAX, said);
        }
        sender.send(Event::Gone {
            process: "dsp".to_owned(),
        });
        let mut waiting = 0;
        while let Some(Event::Unreadable(_)) = events.try_recv() {
            waiting += 1;
        }
        assert_eq!(waiting, fit, "and the last was who has gone");
        assert_eq!(events.queued_bytes.load(Ordering::Relaxed), 0);
        sender.offer(CONTROL_BYTES_MAX, said);
        assert!(matches!(events.try_recv(), Some(Event::Unreadable(_))));
    }
}
