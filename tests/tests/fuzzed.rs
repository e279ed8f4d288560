//! What reads bytes of somebody's takes or refuses whatever it is given, and never panics: the corpora of `fuzz/corpus`, and mutations
//! of them. `fuzz/` has the same targets for a fuzzer that looks where it has been.
//!
//! `SECNET_SCENARIOS=100000` tries so many mutations of each target; `UPDATE_EXPECT=1` writes the corpora anew.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use secnet_tests::dice::Dice;
use secnet_tests::fuzzing::{TARGETS, Target, seeds};
use secnet_tests::numbered::{each_number, numbers};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Mutations of each target.
const MUTATIONS: u64 = 2_000;
/// One byte more or less wherever it may be.
const CHANGES_MAX: u64 = 8;

fn corpus(target: &Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/corpus")
        .join(target.name)
}

fn kept(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let file = |entry: fs::DirEntry| {
        (
            entry.file_name().into_string().unwrap(),
            fs::read(entry.path()).unwrap(),
        )
    };
    files.map(file).collect()
}

#[test]
fn the_corpora_are_what_is_written_today_and_what_once_went_wrong() {
    for target in TARGETS {
        let folder = corpus(&target);
        let written = seeds(target.name);
        if std::env::var("UPDATE_EXPECT").is_ok_and(|wish| wish == "1") {
            fs::create_dir_all(&folder).unwrap();
            for (name, bytes) in &written {
                fs::write(folder.join(name), bytes).unwrap();
            }
        }
        let kept = kept(&folder);
        for (name, bytes) in &written {
            let place = format!("fuzz/corpus/{}/{name}", target.name);
            assert!((target.read)(bytes), "{place} is refused");
            let same = kept.get(name) == Some(bytes);
            assert!(same, "{place} is of another version: UPDATE_EXPECT=1 writes it");
        }
        for bytes in kept.values() {
            (target.read)(bytes);
        }
    }
}

#[test]
fn the_fuzzer_has_the_same_targets() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    for Target { name, .. } in TARGETS {
        let target = fs::read_to_string(fuzz.join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(
            target.contains(&format!("secnet_tests::fuzzing::{name}(data);")),
            "{target}"
        );
        assert!(
            manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")),
            "{manifest}"
        );
    }
}

#[test]
fn whatever_bytes_come_they_are_taken_or_refused() {
    let numbers = numbers(MUTATIONS);
    for target in TARGETS {
        let corpus: Vec<Vec<u8>> = kept(&corpus(&target)).into_values().collect();
        let taken = AtomicU64::new(0);
        each_number(numbers.clone(), |number| {
            let mut dice = Dice::new(number, target.name);
            let is_taken = (target.read)(&mutated(&corpus, &mut dice));
            taken.fetch_add(u64::from(is_taken), Ordering::Relaxed);
            Ok(())
        });
        println!("{}: {taken:?} of {numbers:?} taken", target.name);
    }
}

/// One of the corpus with some bytes changed, left out, doubled, or with the end of another.
fn mutated(corpus: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let some = |dice: &mut Dice| corpus[dice.below(corpus.len() as u64) as usize].clone();
    let mut bytes = some(dice);
    for _ in 0..=dice.below(CHANGES_MAX) {
        let place = |dice: &mut Dice, bytes: &[u8]| dice.below(bytes.len() as u64) as usize;
        let at = place(dice, &bytes);
        match dice.below(8) {
            _ if bytes.is_empty() => bytes = some(dice),
            0..=2 => bytes[at] ^= 1 << dice.below(8),
            3 => bytes[at] = dice.one_of(&[0, 1, 0x7F, 0x80, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE, 0xFF]),
            4 => bytes.truncate(at),
            5 => drop(bytes.drain(at..bytes.len().min(at + 1 + dice.below(16) as usize))),
            6 => {
                let again = bytes[at..bytes.len().min(at + 64)].to_vec();
                bytes.splice(at..at, again);
            }
            _ => {
                let other = some(dice);
                bytes.truncate(at);
                bytes.extend(&other[place(dice, &other).min(other.len())..]);
            }
        }
    }
    bytes
}
