//! Python programs that tests start: they share nothing with what they talk to.

use std::path::{Path, PathBuf};
use std::process::Command;

/// `required` where they must run; elsewhere they are skipped when their packages are missing.
const WISH: &str = "SECNET_PYTHON";

/// A script, with the packages `.ci/run` installs.
pub fn command(script: &Path) -> Command {
    let mut command = Command::new("python3");
    command.arg(script).env("PYTHONPATH", packages());
    command
}

/// Whether these can be imported.
///
/// # Panics
/// When they cannot and the environment requires it.
pub fn has(modules: &str) -> bool {
    let import = Command::new("python3")
        .args(["-c", &format!("import {modules}")])
        .env("PYTHONPATH", packages())
        .output();
    let has = import.is_ok_and(|output| output.status.success());
    if !has {
        missing(&format!("no {modules}"));
    }
    has
}

/// # Panics
/// When the environment requires what is missing.
pub fn missing(what: &str) {
    let required = std::env::var(WISH).is_ok_and(|wish| wish == "required");
    assert!(!required, "{what} in {:?}", packages());
}

fn packages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/python")
}
