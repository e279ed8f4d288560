//! What reads bytes of somebody's, made ready to be given any: each target panics when a promise is broken. The targets of `fuzz/` call
//! these, and so does `tests/fuzzed.rs` with mutations of the corpora.

mod corpora;
mod folders;

pub use corpora::seeds;
pub use folders::run_folder;

use secnet_director::live_run::Collection;
use secnet_engine::{Envelope, Pace, Promise};
use secnet_fabric::report::{Command, ProcessNews, ProcessResult, RunStatus};
use secnet_model::SimTime;
use secnet_topology::live_requests::parse_request;
use secnet_topology::{Layout, World};
use secnet_wire::codec::{CONTROL_BYTES_MAX, decode_value, encode_value};
use secnet_wire::frame::{Frame, FrameWriter, Hello, Kind, write_hello};
use secnet_wire::{Keys, LinkConfig, LinkEnd, Message, Tuning};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::OnceLock;
use std::time::Duration;

/// Something that reads what may come from anywhere.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub name: &'static str,
    /// Whether it was taken.
    pub read: fn(&[u8]) -> bool,
}

pub const TARGETS: [Target; 5] = [
    Target {
        name: "frames",
        read: frames,
    },
    Target {
        name: "envelopes",
        read: envelopes,
    },
    Target {
        name: "control",
        read: control,
    },
    Target {
        name: "scenario",
        read: scenario,
    },
    Target {
        name: "run_folder",
        read: run_folder,
    },
];

/// What the pinned frames are of, and from whom.
const RUN: &str = "demo-1";
const CONFIG_HASH: u64 = 0x0102_0304_0506_0708;
const PEER_SESSION: u32 = 2;
/// A link sends no more in one go than its window holds.
const SENT_MAX: usize = 1_000;

fn link_end() -> LinkEnd {
    LinkEnd::new(LinkConfig {
        run: RUN.to_owned(),
        config_hash: CONFIG_HASH,
        session: 1,
        peer: "peer".to_owned(),
        tuning: Tuning::default(),
    })
}

/// What comes over a link: frames one after the other, each after its length in two bytes. A first byte that is odd has the link up.
pub fn frames(data: &[u8]) -> bool {
    let Some((first, mut rest)) = data.split_first() else {
        return false;
    };
    let mut is_taken = true;
    let mut end = link_end();
    let (mut arrived, mut now) = (Vec::new(), 0);
    if first % 2 == 1 {
        let mut hello = Vec::new();
        let says = Hello {
            run: RUN.to_owned(),
            config_hash: CONFIG_HASH,
            is_up: true,
        };
        write_hello(&says, PEER_SESSION, 1, &mut hello);
        let received = end.handle_frame(&hello, now, &mut arrived);
        assert!(received.is_ok() && end.is_up());
        end.set_promise(Promise {
            not_before: SimTime(1),
            covers: 0,
            wants: SimTime::NEVER,
        });
    }
    while let [low, high, following @ ..] = rest {
        let length = usize::from(u16::from_le_bytes([*low, *high])).min(following.len());
        let (bytes, after) = following.split_at(length);
        rest = after;
        now += 1_000;
        let before = arrived.len();
        match end.handle_frame(bytes, now, &mut arrived) {
            Ok(received) => assert_eq!(received.envelopes, arrived.len() - before),
            Err(_) => is_taken = false,
        }
        let mut sent = 0;
        while end.poll_transmit(now).is_some() {
            sent += 1;
            assert!(sent < SENT_MAX, "it sends without an end");
        }
        let _ = end.next_timeout();
    }
    assert_eq!(end.stats().envelopes_received, arrived.len() as u64);
    is_taken
}

/// The envelopes of a data frame: what was read is written back to the same frame's worth, and read again.
pub fn envelopes(data: &[u8]) -> bool {
    let Ok(frame) = Frame::read(data) else {
        return false;
    };
    match frame.header.kind {
        Kind::Hello => frame.decode_hello().is_ok(),
        Kind::Ack => frame.decode_ack().is_ok(),
        Kind::Data => {
            let mut read: Vec<Envelope<Message>> = Vec::new();
            let Ok(promise) = frame.decode_data(&mut read) else {
                return false;
            };
            let mut writer = FrameWriter::new(Vec::new());
            for envelope in &read {
                writer
                    .push(envelope)
                    .unwrap_or_else(|error| panic!("{envelope:?} was read: {error}"));
            }
            let written = writer.finish(frame.header.session, frame.header.seq, promise.as_ref());
            let mut again = Vec::new();
            let frame = Frame::read(&written).unwrap_or_else(|error| panic!("{error}"));
            let promised = frame
                .decode_data(&mut again)
                .unwrap_or_else(|error| panic!("{error}"));
            assert_eq!((again, promised), (read, promise));
            true
        }
    }
}

/// What comes over the control plane; the first byte says which kind.
pub fn control(data: &[u8]) -> bool {
    let Some((first, rest)) = data.split_first() else {
        return false;
    };
    match first % 6 {
        0 => reread::<Command>(rest),
        1 => reread::<ProcessNews>(rest),
        2 => {
            let is_read = reread::<ProcessResult>(rest);
            // Made-up counts whose sums overflow are nonsense in the programs as they are built, and a panic under a fuzzer's checks.
            if cfg!(debug_assertions) {
                return is_read;
            }
            if let Ok(result) = decode_value::<ProcessResult>("fuzzed", rest, CONTROL_BYTES_MAX) {
                collected(&result);
            }
            is_read
        }
        3 => reread::<RunStatus>(rest),
        4 => parse_request(rest).is_ok(),
        _ => {
            let (Ok(keys), Ok(text)) = (Keys::new(RUN), std::str::from_utf8(rest)) else {
                return false;
            };
            let process = keys.read_process(text);
            assert!(process.is_none_or(|process| text.ends_with(process)));
            process.is_some()
        }
    }
}

/// What the director makes of a result that it takes.
fn collected(result: &ProcessResult) {
    static GROUND: OnceLock<(World, Layout)> = OnceLock::new();
    let (world, layout) = GROUND.get_or_init(|| {
        let world = World::new(corpora::small_scenario()).unwrap_or_else(|error| panic!("{error}"));
        let layout = world.layout();
        (world, layout)
    });
    let mut collection = Collection::new(world, layout, Pace::Max, Some(Duration::ZERO));
    collection.add_result(result);
    if let Ok((outcome, _)) = collection.into_outcome() {
        drop(outcome.report());
    }
}

/// What can be read is written, and what was written is read and written as the same.
fn reread<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> bool {
    let Ok(value) = decode_value::<T>("fuzzed", bytes, CONTROL_BYTES_MAX) else {
        return false;
    };
    let write = |value: &T| {
        encode_value("fuzzed", value, CONTROL_BYTES_MAX).unwrap_or_else(|error| panic!("{error}"))
    };
    let written = write(&value);
    let again = decode_value::<T>("fuzzed", &written, CONTROL_BYTES_MAX);
    assert_eq!(write(&again.unwrap_or_else(|error| panic!("{error}"))), written);
    true
}

/// A scenario's text: what is right is written out and read back as the same; what is wrong is complained about.
pub fn scenario(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else {
        return false;
    };
    match secnet_topology::parse("fuzzed.toml", text, &[]) {
        Ok(scenario) => {
            let written = scenario.to_toml().unwrap_or_else(|error| panic!("{error}"));
            let again = secnet_topology::parse("written.toml", &written, &[]);
            assert_eq!(
                again.unwrap_or_else(|error| panic!("{error}\n{written}")),
                scenario
            );
            true
        }
        Err(error) => {
            assert!(error.to_string().contains("fuzzed.toml"), "{error}");
            false
        }
    }
}
