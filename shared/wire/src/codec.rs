//! Values to bytes and back: the only place that knows the encoding, which is bincode 2 through serde
//! (little endian, integers in as few bytes as they need).
//!
//! bincode 2.0.1 is the last release of the 2.x line and the crate is no longer maintained. It does what is
//! needed here and is pinned; it is confined to this module so that another encoding can take its place.
//!
//! Every limit is checked before memory is set aside. Bytes that do not decode are somebody's input, never a
//! panic, and the error says what was being read.
//!
//! Not here: frames and their headers (`frame`).

use crate::message::Message;
use bincode::config::{Configuration, Limit, LittleEndian, Varint, standard};
use bincode::enc::write::Writer;
use bincode::error::{DecodeError, EncodeError};
use bincode::serde as bincode_serde;
use secnet_engine::Envelope;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// No envelope takes more; tested with the largest of each kind.
pub const ENVELOPE_BYTES_MAX: usize = 96;
/// The limit for whatever is said on the control plane: commands, statuses, results.
pub const CONTROL_BYTES_MAX: usize = 16 << 20;
/// Below this a message is not worth more memory than it could take up itself.
const SMALL_BYTES: usize = 1 << 20;
/// The limit for the saved state of a process.
pub const STATE_BYTES_MAX: usize = 4 << 30;

/// What could not be written or read, and why.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{what}: {problem}")]
pub struct CodecError {
    /// What was being written or read: `envelope 3 of frame 12`, `the status of csp-north`.
    pub what: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with bytes to read, or with a value to write.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Problem {
    /// The bytes end in the middle of the value.
    #[error("ends {missing} bytes early")]
    EndsEarly {
        /// How many more the next part of it needs, at least.
        missing: usize,
    },
    /// The value was read, and bytes are left.
    #[error("{bytes} bytes follow its end")]
    TrailingBytes {
        /// How many.
        bytes: usize,
    },
    /// The value is beyond its limit, or a damaged length claims that it is.
    #[error("is larger than the {bytes_max} bytes allowed")]
    TooLarge {
        /// The limit.
        bytes_max: usize,
    },
    /// The bytes name nothing that exists; in the words of the encoding or of the type.
    #[error("{0}")]
    Invalid(String),
}

impl Problem {
    pub(crate) fn of(self, what: impl Into<String>) -> CodecError {
        CodecError {
            what: what.into(),
            problem: self,
        }
    }
}

/// Encodes a control message or a saved state; `what` names it in the error.
pub fn encode_value<T>(what: &str, value: &T, bytes_max: usize) -> Result<Vec<u8>, CodecError>
where
    T: Serialize + ?Sized,
{
    let mut bytes = Vec::new();
    let writer = LimitedWriter {
        out: &mut bytes,
        left: bytes_max,
    };
    bincode_serde::encode_into_writer(value, writer, standard())
        .map_err(|error| encode_problem(error, bytes_max).of(what))?;
    Ok(bytes)
}

/// Decodes what [`encode_value`] wrote, all of it.
pub fn decode_value<T: DeserializeOwned>(
    what: &str,
    bytes: &[u8],
    bytes_max: usize,
) -> Result<T, CodecError> {
    if bytes.len() > bytes_max {
        return Err(Problem::TooLarge { bytes_max }.of(what));
    }
    // A damaged length may ask for no more memory than these bytes could honestly need: an integer takes up
    // to eight times its encoded length.
    let decoded = if bytes.len() <= SMALL_BYTES {
        bincode_serde::decode_from_slice::<T, _>(bytes, limited::<{ 16 * SMALL_BYTES }>())
    } else if bytes.len() <= CONTROL_BYTES_MAX {
        bincode_serde::decode_from_slice::<T, _>(bytes, limited::<{ 16 * CONTROL_BYTES_MAX }>())
    } else {
        bincode_serde::decode_from_slice::<T, _>(bytes, limited::<{ 16 * STATE_BYTES_MAX }>())
    };
    let (value, used) = decoded.map_err(|error| decode_problem(error, bytes_max).of(what))?;
    match bytes.len() - used {
        0 => Ok(value),
        trailing => Err(Problem::TrailingBytes { bytes: trailing }.of(what)),
    }
}

/// Appends an envelope.
#[inline]
pub(crate) fn append_envelope(envelope: &Envelope<Message>, out: &mut Vec<u8>) -> Result<(), Problem> {
    append::<ENVELOPE_BYTES_MAX, _>(envelope, out)
}

/// Takes an envelope off the front.
#[inline]
pub(crate) fn take_envelope(bytes: &mut &[u8]) -> Result<Envelope<Message>, Problem> {
    take(bytes)
}

/// By way of the stack: one check of the buffer's room instead of one per integer.
#[inline]
fn append<const BYTES_MAX: usize, T: Serialize + Copy>(value: &T, out: &mut Vec<u8>) -> Result<(), Problem> {
    let mut buffer = [0; BYTES_MAX];
    let used = bincode_serde::encode_into_slice(value, &mut buffer, standard())
        .map_err(|error| encode_problem(error, BYTES_MAX))?;
    out.extend_from_slice(&buffer[..used]);
    Ok(())
}

/// A `Copy` value holds no list whose length could be damaged: it needs no limit, which would cost as much as
/// the decoding.
#[inline]
fn take<T: DeserializeOwned + Copy>(bytes: &mut &[u8]) -> Result<T, Problem> {
    let (value, used) = bincode_serde::decode_from_slice(bytes, standard())
        .map_err(|error| decode_problem(error, bytes.len()))?;
    *bytes = &bytes[used..];
    Ok(value)
}

const fn limited<const MEMORY_MAX: usize>() -> Configuration<LittleEndian, Varint, Limit<MEMORY_MAX>> {
    standard().with_limit::<MEMORY_MAX>()
}

struct LimitedWriter<'a> {
    out: &'a mut Vec<u8>,
    left: usize,
}

impl Writer for LimitedWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.left = self
            .left
            .checked_sub(bytes.len())
            .ok_or(EncodeError::UnexpectedEnd)?;
        self.out.extend_from_slice(bytes);
        Ok(())
    }
}

#[cold]
fn encode_problem(error: EncodeError, bytes_max: usize) -> Problem {
    match error {
        EncodeError::UnexpectedEnd => Problem::TooLarge { bytes_max },
        EncodeError::OtherString(text) => Problem::Invalid(text),
        other => Problem::Invalid(other.to_string()),
    }
}

#[cold]
fn decode_problem(error: DecodeError, bytes_max: usize) -> Problem {
    match error {
        DecodeError::UnexpectedEnd { additional } => Problem::EndsEarly { missing: additional },
        DecodeError::LimitExceeded => Problem::TooLarge { bytes_max },
        DecodeError::OtherString(text) => Problem::Invalid(text),
        other => Problem::Invalid(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn every_envelope_keeps_within_its_bytes() {
        for (name, message) in samples::largest_messages() {
            let envelope = samples::largest_envelope(message);
            let mut bytes = Vec::new();
            append_envelope(&envelope, &mut bytes).unwrap();
            assert!(bytes.len() <= ENVELOPE_BYTES_MAX, "{name}: {}", bytes.len());
            let mut rest = &bytes[..];
            assert_eq!(take_envelope(&mut rest), Ok(envelope), "{name}");
            assert!(rest.is_empty(), "{name}");
        }
    }

    #[test]
    fn values_are_read_back_whole_or_not_at_all() {
        let value = (7_u32, String::from("csp-north"), vec![u64::MAX, 0, 300]);
        let bytes = encode_value("a value", &value, 100).unwrap();
        assert_eq!(
            decode_value::<(u32, String, Vec<u64>)>("a value", &bytes, 100),
            Ok(value.clone())
        );

        type Value = (u32, String, Vec<u64>);
        let error = |bytes: &[u8], max| {
            decode_value::<Value>("status of dsp", bytes, max)
                .unwrap_err()
                .to_string()
        };
        let longer = [&bytes[..], &[0, 0]].concat();
        assert_eq!(error(&longer, 100), "status of dsp: 2 bytes follow its end");
        assert_eq!(
            error(&bytes[..bytes.len() - 2], 100),
            "status of dsp: ends 2 bytes early"
        );
        assert_eq!(
            error(&bytes, 5),
            "status of dsp: is larger than the 5 bytes allowed"
        );
        let error = encode_value("status of dsp", &value, 5).unwrap_err();
        assert_eq!(
            error.to_string(),
            "status of dsp: is larger than the 5 bytes allowed"
        );
    }

    #[test]
    fn a_damaged_length_claims_no_memory() {
        let mut bytes = vec![253];
        bytes.extend(u64::MAX.to_le_bytes());
        let error = decode_value::<String>("a name", &bytes, 100).unwrap_err();
        assert_eq!(error.problem, Problem::TooLarge { bytes_max: 100 });
        assert!(decode_value::<Vec<u64>>("a list", &bytes, 100).is_err());
    }

    #[test]
    fn long_values_of_small_integers_fit_their_limit() {
        let value = vec![1_u64; CONTROL_BYTES_MAX - 16];
        let bytes = encode_value("ones", &value, CONTROL_BYTES_MAX).unwrap();
        assert_eq!(
            decode_value::<Vec<u64>>("ones", &bytes, CONTROL_BYTES_MAX),
            Ok(value)
        );
    }

    #[test]
    fn bytes_that_name_nobody_are_refused() {
        let (_, message) = samples::largest_messages().remove(0);
        let mut envelope = samples::largest_envelope(message);
        envelope.due = secnet_model::SimTime(0);
        envelope.seq = 0;
        let mut bytes = Vec::new();
        append_envelope(&envelope, &mut bytes).unwrap();
        bytes[3..7].copy_from_slice(&0x7FFF_FFFF_u32.to_le_bytes());
        let problem = take_envelope(&mut &bytes[..]).unwrap_err();
        assert_eq!(
            problem,
            Problem::Invalid("address 0x7fffffff names nobody".into())
        );
    }
}
