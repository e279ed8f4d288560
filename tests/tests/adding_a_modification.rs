//! "Adding a SEC Modification" in ARCHITECTURE.md, followed to the letter in a copy of the workspace: a folder copied from
//! the template and one line make a Modification that compiles and has a switch and parameters.
//!
//! What depends on nothing of ours is not compiled again: `.ci/run` has checked it for the same targets before.

#![allow(clippy::unwrap_used)]

use secnet_tests::programs::cargo;
use std::fs;
use std::path::{Path, PathBuf};

const LINE: &str = "    /// Said nowhere else.\n    \
    \"SECMP0999\" secmp0999 { parameters: Secmp0999Params, plan: Secmp0999, user: Secmp0999, dsp: Secmp0999, \
    csp: Secmp0999, premises: Secmp0999 }\n}\n";

const RENAMED: [(&str, &str); 3] = [
    ("TEMPLATE", "SECMP0999"),
    ("Template", "Secmp0999"),
    ("template", "secmp0999"),
];

#[test]
fn a_folder_and_a_line_make_a_modification() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let copy = std::env::temp_dir().join(format!("secnet-adding-{}", std::process::id()));
    copy_folder(&workspace, &copy);

    let folder = copy.join("modifications/secmp0999");
    copy_folder(&copy.join("modifications/template"), &folder);
    for file in files(&folder) {
        let text = fs::read_to_string(&file).unwrap();
        let renamed = RENAMED
            .iter()
            .fold(text, |text, (from, to)| text.replace(from, to));
        fs::write(file, renamed).unwrap();
    }
    let registry = copy.join("modifications/registry.rs");
    let lines = fs::read_to_string(&registry).unwrap();
    let lines = lines
        .trim_end()
        .strip_suffix('}')
        .expect("the registry ends with its brace");
    fs::write(&registry, format!("{lines}{LINE}")).unwrap();

    // What a program is built of is worked out once for all that cargo takes for the same package: the copy, which is of no commit,
    // must not be.
    let renumber = |file: &str, from: &str, to: &str| {
        let text = fs::read_to_string(copy.join(file)).unwrap();
        assert!(text.contains(from), "{from} in {file}");
        fs::write(copy.join(file), text.replacen(from, to, 1)).unwrap();
    };
    let version = env!("CARGO_PKG_VERSION");
    let of_copy = format!("version = \"{version}-copy\"");
    renumber("nodes/director/Cargo.toml", "version.workspace = true", &of_copy);
    let locked = "name = \"secnet-director\"\n";
    let (before, after) = (
        format!("{locked}version = \"{version}\""),
        format!("{locked}{of_copy}"),
    );
    renumber("Cargo.lock", &before, &after);

    let check = cargo(Path::new(env!("CARGO")))
        .args(["check", "--release", "--locked", "--offline"])
        .args(["--workspace", "--all-targets"])
        .current_dir(&copy)
        .env("CARGO_TARGET_DIR", workspace.join("target"))
        .output()
        .unwrap();
    fs::remove_dir_all(&copy).unwrap();
    assert!(
        check.status.success(),
        "{}",
        String::from_utf8_lossy(&check.stderr)
    );
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Without what is built or kept beside the sources.
fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for path in files(from) {
        let name = path.file_name().unwrap();
        if path.is_file() {
            fs::copy(&path, to.join(name)).unwrap();
        } else if path.is_dir()
            && !["target", ".git", "runs"]
                .iter()
                .any(|left_out| name == *left_out)
        {
            copy_folder(&path, &to.join(name));
        }
    }
}
