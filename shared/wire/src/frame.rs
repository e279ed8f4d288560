//! A frame: what one link end puts on the bus at once. A fixed header, then envelopes, then a promise.
//!
//! ```text
//! offset  bytes  all integers little endian
//!      0      1  magic, 0x5E
//!      1      1  version
//!      2      1  kind: 0 hello, 1 data, 2 acknowledgement
//!      3      1  1 when a promise follows the envelopes
//!      4      4  session: the sender's incarnation
//!      8      4  to_session: the receiver's incarnation, as far as the sender knows it; 0 when it does not
//!     12      8  seq: numbers data frames from 1; 0 for the other kinds
//!     20      8  ack: every data frame up to this one has been received
//!     28      2  number of envelopes
//!     30         body
//!
//! data:            the envelopes, then the promise: not_before, covers, wants, 8 bytes each
//! hello:           configuration hash, 8 bytes; 1 when the sender has heard the receiver; the run's name
//! acknowledgement: the first frame received beyond a gap, 8 bytes, or 0
//! ```
//!
//! The fields that change when a frame is sent again (`to_session`, `ack`) are overwritten in place.
//!
//! Not here: when to send which frame (`link`), how an envelope is encoded (`codec`).

use crate::codec::{self, CodecError, ENVELOPE_BYTES_MAX, Problem};
use crate::message::Message;
use secnet_engine::{Envelope, Promise};
use secnet_model::SimTime;

/// Below the 64 KiB at which zenoh starts to fragment.
pub const FRAME_BYTES_MAX: usize = 60 * 1024;
/// Both ends of a link speak the same version or none.
pub const VERSION: u8 = 12;
/// A header's length, which is the same for each kind.
pub const HEADER_BYTES: usize = 30;
/// A promise's length behind the envelopes.
pub const PROMISE_BYTES: usize = 24;
const MAGIC: u8 = 0x5E;

/// What a frame is for; its number is the third byte of the header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The handshake: which run and which configuration.
    Hello,
    /// Envelopes, a promise or both; numbered, and kept by the sender until it is acknowledged.
    Data,
    /// A bare acknowledgement, from an end with nothing to send.
    Ack,
}

/// The fixed part of a frame; the layout is at the top of this file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// What the body holds.
    pub kind: Kind,
    /// The sender's incarnation; at least 1.
    pub session: u32,
    /// The receiver's incarnation; 0 while the sender does not know it.
    pub to_session: u32,
    /// The data frame's number, from 1; 0 for the other kinds.
    pub seq: u64,
    /// Every data frame of the receiver's up to this one has arrived.
    pub ack: u64,
    /// A promise follows the envelopes.
    pub has_promise: bool,
    /// How many envelopes the body holds.
    pub envelopes: u16,
}

/// The body of a hello: what both ends must agree on before anything else is said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hello {
    /// The run's name.
    pub run: String,
    /// Of whatever the two ends must have configured alike: the link's shortest delays above all.
    pub config_hash: u64,
    /// The sender has heard from the receiver; otherwise it wants an answer.
    pub is_up: bool,
}

/// Why bytes from the bus are not a frame, or their body cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FrameError {
    /// There is no room for a header.
    #[error("{bytes} bytes are no frame: a header has {HEADER_BYTES}")]
    TooShort {
        /// How many there are.
        bytes: usize,
    },
    /// It is longer than [`FRAME_BYTES_MAX`].
    #[error("a frame of {bytes} bytes exceeds the {FRAME_BYTES_MAX} allowed")]
    TooLong {
        /// How many there are.
        bytes: usize,
    },
    /// Somebody else's bytes.
    #[error("not a frame: starts with {found:#04x}")]
    Magic {
        /// The first byte.
        found: u8,
    },
    /// A frame of another release, whose layout is not known here.
    #[error("the peer speaks version {theirs} of the link protocol, this end speaks {VERSION}")]
    Version {
        /// The second byte.
        theirs: u8,
    },
    /// A field holds what none can.
    #[error("frame {seq}: {field} cannot be {value}")]
    Field {
        /// The frame's number; 0 for an unnumbered one.
        seq: u64,
        /// The field, in words.
        field: &'static str,
        /// What it holds.
        value: u64,
    },
    /// The header is sound, the rest is not.
    #[error(transparent)]
    Body(#[from] CodecError),
}

impl Header {
    fn write(&self, to: &mut [u8; HEADER_BYTES]) {
        to[0] = MAGIC;
        to[1] = VERSION;
        to[2] = self.kind as u8;
        to[3] = u8::from(self.has_promise);
        to[4..8].copy_from_slice(&self.session.to_le_bytes());
        to[8..12].copy_from_slice(&self.to_session.to_le_bytes());
        to[12..20].copy_from_slice(&self.seq.to_le_bytes());
        to[20..28].copy_from_slice(&self.ack.to_le_bytes());
        to[28..30].copy_from_slice(&self.envelopes.to_le_bytes());
    }

    fn read(from: &[u8; HEADER_BYTES]) -> Result<Header, FrameError> {
        if from[0] != MAGIC {
            return Err(FrameError::Magic { found: from[0] });
        }
        if from[1] != VERSION {
            return Err(FrameError::Version { theirs: from[1] });
        }
        let u32_at = |at: usize| {
            from[at..]
                .first_chunk()
                .map_or(0, |bytes| u32::from_le_bytes(*bytes))
        };
        let u64_at = |at: usize| {
            from[at..]
                .first_chunk()
                .map_or(0, |bytes| u64::from_le_bytes(*bytes))
        };
        let seq = u64_at(12);
        let refused = |field, value: u8| FrameError::Field {
            seq,
            field,
            value: u64::from(value),
        };
        let header = Header {
            kind: match from[2] {
                0 => Kind::Hello,
                1 => Kind::Data,
                2 => Kind::Ack,
                other => return Err(refused("kind", other)),
            },
            session: u32_at(4),
            to_session: u32_at(8),
            seq,
            ack: u64_at(20),
            has_promise: match from[3] {
                0 => false,
                1 => true,
                other => return Err(refused("the promise's mark", other)),
            },
            envelopes: u16::from_le_bytes([from[28], from[29]]),
        };
        if (header.kind == Kind::Data) != (seq > 0) {
            return Err(refused("kind", from[2]));
        }
        Ok(header)
    }
}

/// A data frame being filled.
#[derive(Clone, Debug, Default)]
pub struct FrameWriter {
    bytes: Vec<u8>,
    envelopes: u16,
}

impl FrameWriter {
    /// Starts a frame in `buffer`, whose contents are dropped and whose memory is used again.
    pub fn new(mut buffer: Vec<u8>) -> FrameWriter {
        buffer.clear();
        buffer.resize(HEADER_BYTES, 0);
        FrameWriter {
            bytes: buffer,
            envelopes: 0,
        }
    }

    /// Whether another envelope and a promise are sure to fit.
    pub fn has_room(&self) -> bool {
        self.bytes.len() + ENVELOPE_BYTES_MAX + PROMISE_BYTES <= FRAME_BYTES_MAX && self.envelopes < u16::MAX
    }

    /// To be called while there [is room](FrameWriter::has_room).
    #[inline]
    pub fn push(&mut self, envelope: &Envelope<Message>) -> Result<(), CodecError> {
        codec::append_envelope(envelope, &mut self.bytes)
            .map_err(|problem| problem.of("an envelope to send"))?;
        self.envelopes += 1;
        Ok(())
    }

    /// How many envelopes it holds so far.
    pub fn envelopes(&self) -> u16 {
        self.envelopes
    }

    /// The bytes it takes so far, the header included.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether it holds no envelope; a header is always there.
    pub fn is_empty(&self) -> bool {
        self.envelopes == 0
    }

    /// The finished frame; `ack` and `to_session` are filled in when it is sent ([`readdress`]).
    pub fn finish(mut self, session: u32, seq: u64, promise: Option<&Promise>) -> Vec<u8> {
        if let Some(promise) = promise {
            for word in [promise.not_before.0, promise.covers, promise.wants.0] {
                self.bytes.extend_from_slice(&word.to_le_bytes());
            }
        }
        let header = Header {
            kind: Kind::Data,
            session,
            to_session: 0,
            seq,
            ack: 0,
            has_promise: promise.is_some(),
            envelopes: self.envelopes,
        };
        if let Some(place) = self.bytes.first_chunk_mut() {
            header.write(place);
        }
        self.bytes
    }
}

/// Sets the fields of a finished frame that are only known when it is sent.
pub fn readdress(frame: &mut [u8], to_session: u32, ack: u64) {
    if frame.len() >= HEADER_BYTES {
        frame[8..12].copy_from_slice(&to_session.to_le_bytes());
        frame[20..28].copy_from_slice(&ack.to_le_bytes());
    }
}

/// Writes a hello into `out`, replacing what is there.
pub fn write_hello(hello: &Hello, session: u32, to_session: u32, out: &mut Vec<u8>) {
    write_unnumbered(Kind::Hello, session, to_session, 0, out);
    out.extend_from_slice(&hello.config_hash.to_le_bytes());
    out.push(u8::from(hello.is_up));
    out.extend_from_slice(hello.run.as_bytes());
}

/// Writes an acknowledgement into `out`, replacing what is there. `next_held` is the first frame received
/// beyond a gap after `ack`; 0 when there is none.
pub fn write_ack(next_held: u64, session: u32, to_session: u32, ack: u64, out: &mut Vec<u8>) {
    write_unnumbered(Kind::Ack, session, to_session, ack, out);
    out.extend_from_slice(&next_held.to_le_bytes());
}

fn write_unnumbered(kind: Kind, session: u32, to_session: u32, ack: u64, out: &mut Vec<u8>) {
    let header = Header {
        kind,
        session,
        to_session,
        seq: 0,
        ack,
        has_promise: false,
        envelopes: 0,
    };
    let mut bytes = [0; HEADER_BYTES];
    header.write(&mut bytes);
    out.clear();
    out.extend_from_slice(&bytes);
}

/// A received frame whose header has been read.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// What it says of itself; checked.
    pub header: Header,
    body: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Checks length and header; the body is read by one of the `decode_…`, as [`Header::kind`] says.
    pub fn read(bytes: &'a [u8]) -> Result<Frame<'a>, FrameError> {
        if bytes.len() > FRAME_BYTES_MAX {
            return Err(FrameError::TooLong { bytes: bytes.len() });
        }
        let Some((header, body)) = bytes.split_first_chunk() else {
            return Err(FrameError::TooShort { bytes: bytes.len() });
        };
        Ok(Frame {
            header: Header::read(header)?,
            body,
        })
    }

    /// Appends a data frame's envelopes and returns its promise. After an error nothing has been appended.
    pub fn decode_data(&self, envelopes: &mut Vec<Envelope<Message>>) -> Result<Option<Promise>, FrameError> {
        let before = envelopes.len();
        let decoded = self.decode_body(envelopes);
        if decoded.is_err() {
            envelopes.truncate(before);
        }
        Ok(decoded?)
    }

    fn decode_body(&self, envelopes: &mut Vec<Envelope<Message>>) -> Result<Option<Promise>, CodecError> {
        let seq = self.header.seq;
        let mut rest = self.body;
        for number in 1..=self.header.envelopes {
            let envelope = codec::take_envelope(&mut rest)
                .map_err(|problem| problem.of(format!("envelope {number} of frame {seq}")))?;
            envelopes.push(envelope);
        }
        let promise = if self.header.has_promise {
            let read = take_promise(&mut rest);
            Some(read.map_err(|problem| problem.of(format!("the promise of frame {seq}")))?)
        } else {
            None
        };
        match rest.len() {
            0 => Ok(promise),
            bytes => Err(Problem::TrailingBytes { bytes }.of(format!("frame {seq}"))),
        }
    }

    /// The body of a hello; whatever follows the fixed part is the run's name.
    pub fn decode_hello(&self) -> Result<Hello, FrameError> {
        let mut rest = self.body;
        let mut read = || {
            let config_hash = take_u64(&mut rest)?;
            let Some((is_up, run)) = rest.split_first() else {
                return Err(Problem::EndsEarly { missing: 1 });
            };
            let run = std::str::from_utf8(run).map_err(|error| Problem::Invalid(error.to_string()))?;
            Ok(Hello {
                run: run.to_owned(),
                config_hash,
                is_up: *is_up != 0,
            })
        };
        Ok(read().map_err(|problem| problem.of("a hello"))?)
    }

    /// The first frame the peer holds beyond a gap after `ack`; `None` when it misses nothing it knows of.
    pub fn decode_ack(&self) -> Result<Option<u64>, FrameError> {
        let mut rest = self.body;
        let next_held = take_u64(&mut rest).map_err(|problem| problem.of("an acknowledgement"))?;
        if !rest.is_empty() {
            return Err(Problem::TrailingBytes { bytes: rest.len() }
                .of("an acknowledgement")
                .into());
        }
        match next_held {
            0 => Ok(None),
            held if held > self.header.ack.saturating_add(1) => Ok(Some(held)),
            value => Err(FrameError::Field {
                seq: 0,
                field: "the next frame held",
                value,
            }),
        }
    }
}

fn take_promise(bytes: &mut &[u8]) -> Result<Promise, Problem> {
    Ok(Promise {
        not_before: SimTime(take_u64(bytes)?),
        covers: take_u64(bytes)?,
        wants: SimTime(take_u64(bytes)?),
    })
}

fn take_u64(bytes: &mut &[u8]) -> Result<u64, Problem> {
    let Some((word, rest)) = bytes.split_first_chunk() else {
        return Err(Problem::EndsEarly {
            missing: 8 - bytes.len(),
        });
    };
    *bytes = rest;
    Ok(u64::from_le_bytes(*word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    fn sample() -> (Vec<Envelope<Message>>, Promise, Vec<u8>) {
        let envelopes: Vec<_> = samples::largest_messages()
            .into_iter()
            .map(|(_, message)| samples::largest_envelope(message))
            .collect();
        let promise = samples::largest_promise();
        let mut writer = FrameWriter::new(vec![1; 100]);
        envelopes
            .iter()
            .for_each(|envelope| writer.push(envelope).unwrap());
        let bytes = writer.finish(3, 12, Some(&promise));
        (envelopes, promise, bytes)
    }

    #[test]
    fn a_frame_is_read_back() {
        let (envelopes, promise, mut bytes) = sample();
        readdress(&mut bytes, 7, 11);
        let frame = Frame::read(&bytes).unwrap();
        let header = Header {
            kind: Kind::Data,
            session: 3,
            to_session: 7,
            seq: 12,
            ack: 11,
            has_promise: true,
            envelopes: envelopes.len() as u16,
        };
        assert_eq!(frame.header, header);
        let mut read = Vec::new();
        assert_eq!(frame.decode_data(&mut read), Ok(Some(promise)));
        assert_eq!(read, envelopes);
    }

    #[test]
    fn a_full_frame_keeps_within_its_bytes_with_its_promise() {
        let (envelopes, promise, _) = sample();
        let mut writer = FrameWriter::new(Vec::new());
        while writer.has_room() {
            writer.push(&envelopes[0]).unwrap();
        }
        let bytes = writer.finish(1, 1, Some(&promise));
        assert!(bytes.len() <= FRAME_BYTES_MAX, "{}", bytes.len());
        assert!(
            bytes.len() > FRAME_BYTES_MAX - 2 * ENVELOPE_BYTES_MAX,
            "{}",
            bytes.len()
        );
    }

    #[test]
    fn errors_say_what_and_where() {
        let (envelopes, _, bytes) = sample();
        let error = |bytes: &[u8]| {
            let mut read = vec![envelopes[0]];
            let error = Frame::read(bytes)
                .and_then(|frame| frame.decode_data(&mut read))
                .unwrap_err();
            assert_eq!(read, [envelopes[0]], "what was there stays, and nothing is added");
            error.to_string()
        };
        assert_eq!(error(&bytes[..29]), "29 bytes are no frame: a header has 30");
        assert_eq!(error(&[0; 40]), "not a frame: starts with 0x00");
        assert_eq!(
            error(&vec![0; FRAME_BYTES_MAX + 1]),
            "a frame of 61441 bytes exceeds the 61440 allowed"
        );
        let mut newer = bytes.clone();
        newer[1] = VERSION + 1;
        assert_eq!(
            error(&newer),
            "the peer speaks version 13 of the link protocol, this end speaks 12"
        );
        let mut unnumbered = bytes.clone();
        unnumbered[12] = 0;
        assert_eq!(error(&unnumbered), "frame 0: kind cannot be 1");
        let cut = &bytes[..bytes.len() - PROMISE_BYTES - 1];
        assert_eq!(error(cut), "envelope 19 of frame 12: ends 1 bytes early");
        assert_eq!(
            error(&bytes[..bytes.len() - 1]),
            "the promise of frame 12: ends 1 bytes early"
        );
        assert_eq!(
            error(&[&bytes[..], &[0]].concat()),
            "frame 12: 1 bytes follow its end"
        );
    }

    #[test]
    fn hellos_and_acknowledgements_are_read_back() {
        let hello = Hello {
            run: "demo-7".into(),
            config_hash: u64::MAX,
            is_up: true,
        };
        let mut bytes = vec![9; 3];
        write_hello(&hello, 2, 0, &mut bytes);
        let frame = Frame::read(&bytes).unwrap();
        assert_eq!((frame.header.kind, frame.header.session), (Kind::Hello, 2));
        assert_eq!(frame.decode_hello(), Ok(hello));

        for next_held in [None, Some(44)] {
            write_ack(next_held.unwrap_or(0), 2, 9, 41, &mut bytes);
            let frame = Frame::read(&bytes).unwrap();
            assert_eq!(
                (frame.header.kind, frame.header.to_session, frame.header.ack),
                (Kind::Ack, 9, 41)
            );
            assert_eq!(frame.decode_ack(), Ok(next_held));
        }
        write_ack(42, 2, 9, 41, &mut bytes);
        assert!(
            Frame::read(&bytes).unwrap().decode_ack().is_err(),
            "frame 42 is not beyond a gap after 41"
        );
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_reading_panic(
            mut bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
            kind in 0_u8..3,
        ) {
            if bytes.len() > 3 {
                let has_promise = bytes[3] & 1;
                bytes[..4].copy_from_slice(&[MAGIC, VERSION, kind, has_promise]);
            }
            if let Ok(frame) = Frame::read(&bytes) {
                let _ = frame.decode_data(&mut Vec::new());
                let _ = frame.decode_hello();
                let _ = frame.decode_ack();
            }
        }
    }
}
