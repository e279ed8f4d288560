//! A study's folder: the parts, one for each run, and the report put together from them.
//!
//! A part is named by the hash of program, processed scenario and seed. So a study that is killed goes on where it stopped, points and
//! seeds can be added, and several processes or machines can share a folder.

use crate::commit::{COMMIT, VERSION};
use crate::exit::bad_input;
use anyhow::Context;
use secnet_results::digest::digest;
use secnet_results::run_folder::read_bounded;
use secnet_results::study::Part;
use secnet_topology::Scenario;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

const PARTS: &str = "parts";
const PART_BYTES_MAX: u64 = 16 << 20;

pub struct Folder {
    path: PathBuf,
    program: String,
}

impl Folder {
    /// A new folder, or one that a study made.
    pub fn open(path: &Path) -> anyhow::Result<Folder> {
        let parts = path.join(PARTS);
        let is_new = match fs::read_dir(path) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) if error.kind() == ErrorKind::NotFound => true,
            Err(error) => return Err(bad_input(format!("{}: {error}", path.display()))),
        };
        if !is_new && !parts.is_dir() {
            return Err(bad_input(format!(
                "{} is no study's folder: it has no `{PARTS}`; choose another with --out",
                path.display()
            )));
        }
        fs::create_dir_all(&parts).with_context(|| format!("cannot make {}", parts.display()))?;
        Ok(Folder::at(path))
    }

    /// What may not be there yet, to look at.
    pub fn at(path: &Path) -> Folder {
        Folder {
            path: path.to_owned(),
            program: program(),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name of the part that a run of the scenario is.
    pub fn name_of(&self, scenario: &Scenario) -> anyhow::Result<String> {
        let mut name = digest(&(&self.program, scenario.to_toml()?));
        name.truncate(32);
        Ok(name)
    }

    fn place_of(&self, name: &str) -> PathBuf {
        self.path.join(PARTS).join(format!("{name}.json"))
    }

    pub fn has(&self, name: &str) -> bool {
        self.place_of(name).is_file()
    }

    pub fn read(&self, name: &str) -> anyhow::Result<Part> {
        let place = self.place_of(name);
        let bytes = read_bounded(&place, PART_BYTES_MAX).map_err(bad_input)?;
        serde_json::from_slice(&bytes).map_err(|error| {
            bad_input(format!(
                "{} is not what a study writes there: {error}; delete it, and it is run again",
                place.display()
            ))
        })
    }

    pub fn write(&self, name: &str, part: &Part) -> anyhow::Result<()> {
        self.write_file(&self.place_of(name), &serde_json::to_vec(part)?)
    }

    /// Beside the parts.
    pub fn write_result(&self, name: &str, content: &[u8]) -> anyhow::Result<()> {
        self.write_file(&self.path.join(name), content)
    }

    /// Beside the file, then in its place: no other process meets half of it.
    fn write_file(&self, place: &Path, content: &[u8]) -> anyhow::Result<()> {
        let beside = place.with_extension(format!("{}.part", std::process::id()));
        let written = fs::write(&beside, content).and_then(|()| fs::rename(&beside, place));
        written.map_err(|error| {
            let _ = fs::remove_file(&beside);
            anyhow::anyhow!("cannot write {}: {error}", place.display())
        })
    }
}

/// What the parts are of. A commit says it, unless the sources had changes that no commit has.
fn program() -> String {
    let is_known = !COMMIT.contains(' ');
    let executable = || std::env::current_exe().and_then(fs::read);
    match is_known {
        true => VERSION.to_owned(),
        false => match executable() {
            Ok(bytes) => format!("{VERSION} {}", digest(&bytes)),
            Err(_) => VERSION.to_owned(),
        },
    }
}
