//! Between the actors and zenoh: frames in, frames out, nothing that blocks either side.

use actix::Recipient;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use zenoh::Wait;
use zenoh::bytes::ZBytes;
use zenoh::pubsub::Publisher;
use zenoh::qos::{CongestionControl, Priority};

/// A frame that came over a link of the hosted node.
#[derive(actix::Message)]
#[rtype(result = "()")]
pub struct Frame {
    pub link: usize,
    pub bytes: ZBytesView,
}

/// The bytes of a received frame, in one piece.
pub struct ZBytesView(Vec<u8>);

impl std::ops::Deref for ZBytesView {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// Where an actor's frames go. What the bus drops the link sends again.
pub trait FrameSink {
    fn put(&self, frame: &[u8]);
}

impl FrameSink for Publisher<'static> {
    fn put(&self, frame: &[u8]) {
        // `Ok` says nothing about delivery and an error nothing more than a lost frame would.
        if let Err(error) = Publisher::put(self, frame).wait() {
            tracing::debug!(key = %self.key_expr(), %error, "the bus refused a frame");
        }
    }
}

/// Where the bus leaves a node's frames: its actor, once there is one.
#[derive(Clone, Default)]
pub struct Inbox {
    actor: Arc<OnceLock<Recipient<Frame>>>,
    dropped: Arc<AtomicU64>,
}

impl Inbox {
    pub fn open(&self, actor: Recipient<Frame>) {
        let _ = self.actor.set(actor);
    }

    /// Called on zenoh's receive thread: must not block. What does not fit is sent again by the link.
    fn put(&self, link: usize, payload: &ZBytes) {
        let Some(actor) = self.actor.get() else { return };
        let frame = Frame {
            link,
            bytes: ZBytesView(payload.to_bytes().into_owned()),
        };
        if actor.try_send(frame).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Frames dropped because the actor's mailbox was full.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

/// Declares the publisher of one direction of a link.
pub async fn publisher(session: &zenoh::Session, key: String) -> zenoh::Result<Publisher<'static>> {
    session
        .declare_publisher(key)
        // Never wait for a full queue: a blocked put would close the transport after a while.
        .congestion_control(CongestionControl::Drop)
        .priority(Priority::Data)
        .express(true)
        .await
}

/// Subscribes one direction of a link to the node's inbox for as long as the session lives.
pub async fn subscribe(
    session: &zenoh::Session,
    key: String,
    link: usize,
    inbox: Inbox,
) -> zenoh::Result<()> {
    session
        .declare_subscriber(key)
        .callback(move |sample| inbox.put(link, sample.payload()))
        .background()
        .await
}
