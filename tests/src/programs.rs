//! The programs under test, built if need be: a test of a package does not build the binaries of the others.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The folder of all programs, each as its sources are now, in the profile of the test that asks.
///
/// Built by the cargo that runs the test. A test started by hand takes what is there; `SECNET_PROGRAMS` names another
/// folder.
///
/// # Panics
/// When they cannot be built.
pub fn programs() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        if let Some(given) = std::env::var_os("SECNET_PROGRAMS") {
            return PathBuf::from(given);
        }
        let test = std::env::current_exe().expect("a test knows its own file");
        // target/release/deps/cli-0123 → target/release
        let folder = test.ancestors().nth(2).expect("two folders up").to_owned();
        if let Some(at) = std::env::var_os("CARGO") {
            build(Path::new(&at), &folder);
        }
        folder
    })
}

/// The file of one of them.
pub fn program(name: &str) -> PathBuf {
    programs().join(name)
}

/// The cargo that runs the test, without what it has told the test of its package. Build scripts that look at that (ring's) would
/// run again, here and in the next build by hand, and with them all that depends on them.
pub fn cargo(at: &Path) -> Command {
    let mut command = Command::new(at);
    let of_this_package = std::env::vars_os().map(|(name, _)| name).filter(|name| {
        let name = name.to_string_lossy();
        name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
    });
    for name in of_this_package {
        command.env_remove(name);
    }
    command
}

fn build(at: &Path, folder: &Path) {
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(other) => other,
    };
    let built = cargo(at)
        .args(["build", "--quiet", "--workspace", "--bins", "--profile", profile])
        .arg("--target-dir")
        .arg(folder.parent().unwrap_or(folder))
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .output()
        .expect("cargo starts");
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "the programs do not build:\n{said}");
}
