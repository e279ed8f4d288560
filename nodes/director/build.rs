//! Names the commit that this is built of, so that a digest can be tied to code: `SECNET_COMMIT` in the programs' environment at
//! build time, else what git says.

use std::path::Path;
use std::process::Command;

/// What decides results, from the repository's root.
const SOURCES: [&str; 5] = ["Cargo.lock", "modifications", "nodes", "shared", "topology"];
/// Digits of a commit that tell it from every other.
const DIGITS: usize = 12;

fn main() {
    println!("cargo::rerun-if-env-changed=SECNET_COMMIT");
    let root = Path::new("../..");
    // A path that is not there would have this run again every time.
    let watch = |path: &Path| {
        if path.exists() {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    };
    SOURCES.iter().for_each(|source| watch(&root.join(source)));
    if let Some(git) = git(root, &["rev-parse", "--absolute-git-dir"]) {
        // The first moves with every commit, the second with every change of branch.
        watch(&Path::new(&git).join("logs/HEAD"));
        watch(&Path::new(&git).join("HEAD"));
    }
    let commit = std::env::var("SECNET_COMMIT")
        .ok()
        .filter(|given| !given.is_empty());
    let commit = commit
        .or_else(|| of_git(root))
        .unwrap_or_else(|| "of no known commit".to_owned());
    println!("cargo::rustc-env=SECNET_COMMIT={commit}");
}

fn of_git(root: &Path) -> Option<String> {
    // Of a repository that is not ours a commit would say nothing.
    let top = git(root, &["rev-parse", "--show-toplevel"])?;
    if Path::new(&top).canonicalize().ok()? != root.canonicalize().ok()? {
        return None;
    }
    let commit = git(root, &["rev-parse", "HEAD"])?;
    let commit = commit.get(..DIGITS)?;
    let status = ["status", "--porcelain", "--"];
    let changes = git(root, &[&status[..], &SOURCES[..]].concat())?;
    Some(match changes.is_empty() {
        true => commit.to_owned(),
        false => format!("{commit} with changes"),
    })
}

fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(arguments)
        .output()
        .ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| said.trim().to_owned())
}
