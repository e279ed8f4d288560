//! A run folder in which one file is somebody else's, behind a seal that fits: what the seal finds is not what the readers meet.

use super::corpora::{FILES, small_run};
use secnet_results::run_folder::DIGESTS;
use secnet_results::seal::{Seal, digest_of_bytes};
use secnet_results::{LoadedRun, compare};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// A folder in memory where there is one, gone with this value.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let memory = PathBuf::from("/dev/shm");
        let base = if memory.is_dir() {
            memory
        } else {
            std::env::temp_dir()
        };
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let folder = base.join(format!("secnet-fuzzed-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        Folder(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The first byte says which file the others are.
pub fn run_folder(data: &[u8]) -> bool {
    static WHOLE: OnceLock<BTreeMap<&'static str, Vec<u8>>> = OnceLock::new();
    let Some((first, rest)) = data.split_first() else {
        return false;
    };
    let mut files = WHOLE.get_or_init(small_run).clone();
    let name = FILES[usize::from(*first) % FILES.len()];
    files.insert(name, rest.to_vec());
    let folder = Folder::new();
    if name != DIGESTS {
        files.remove(DIGESTS);
        let digest = |bytes: &Vec<u8>| digest_of_bytes(bytes.as_slice()).expect("a digest");
        let digests = files
            .iter()
            .map(|(name, bytes)| ((*name).to_owned(), digest(bytes)));
        let seal = Seal::of(digests.collect()).to_bytes().expect("a seal");
        files.insert(DIGESTS, seal);
    }
    for (name, bytes) in &files {
        fs::write(folder.0.join(name), bytes).expect("a file");
    }
    let loaded = LoadedRun::load(&folder.0).and_then(|run| Ok((run.load_traces()?, run)));
    match loaded {
        Ok((_, run)) => {
            assert!(compare(&run, &run).is_same());
            true
        }
        // It names the file.
        Err(error) => {
            assert!(error.to_string().contains(name), "{name}: {error}");
            false
        }
    }
}
