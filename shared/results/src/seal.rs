//! `digests.json`: what each file of a run folder held when the run wrote it. It is how a reader knows that nothing has changed
//! since, by accident: it proves nothing against somebody who writes a new seal.

use crate::digest::digest;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::{self, Read};

/// How much of a file is hashed at a time, in bytes.
const CHUNK_BYTES: usize = 64 << 10;

/// The digests of a run's files, and the root over them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// Of `files`: equal for two folders exactly when all their files are.
    pub root: String,
    /// By name: SHA-256 of its bytes, as hexadecimal digits.
    pub files: BTreeMap<String, String>,
}

#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("{0}")]
    Unreadable(#[from] serde_json::Error),
    #[error("its root is not the digest of what it lists")]
    Root,
    #[error("it is not written as a run writes it")]
    Spelling,
}

impl Seal {
    pub fn of(files: BTreeMap<String, String>) -> Seal {
        Seal {
            root: digest(&files),
            files,
        }
    }

    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        Ok(text)
    }

    /// Refuses whatever [`Seal::to_bytes`] would not have written, to the last blank.
    pub fn parse(bytes: &[u8]) -> Result<Seal, SealError> {
        let seal: Seal = serde_json::from_slice(bytes)?;
        if seal.root != digest(&seal.files) {
            return Err(SealError::Root);
        }
        if seal.to_bytes()? != bytes {
            return Err(SealError::Spelling);
        }
        Ok(seal)
    }
}

/// SHA-256 of a file's bytes, as hexadecimal digits, in little memory.
pub fn digest_of_bytes(mut content: impl Read) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match content.read(&mut chunk)? {
            0 => break,
            count => hasher.update(&chunk[..count]),
        }
    }
    let mut text = String::with_capacity(64);
    for byte in hasher.finalize() {
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal() -> Seal {
        let files = [("ledger.json", "{}\n"), ("kpis.json", "[]\n")];
        let of =
            |(name, content): (&str, &str)| (name.to_owned(), digest_of_bytes(content.as_bytes()).unwrap());
        Seal::of(files.into_iter().map(of).collect())
    }

    #[test]
    fn the_digest_of_a_file_is_what_sha256sum_says() {
        // printf abc | sha256sum
        assert_eq!(
            digest_of_bytes(&b"abc"[..]).unwrap(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn a_seal_with_any_bit_changed_or_any_byte_missing_is_refused() {
        let bytes = seal().to_bytes().unwrap();
        assert_eq!(Seal::parse(&bytes).unwrap(), seal());
        for position in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[position] ^= 1 << bit;
                assert!(Seal::parse(&changed).is_err(), "bit {bit} of byte {position}");
            }
            assert!(Seal::parse(&bytes[..position]).is_err(), "{position} bytes");
        }
    }
}
