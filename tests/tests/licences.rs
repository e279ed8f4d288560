//! Everything the programs are built from may be passed on with them: each dependency has a licence that asks for no more than
//! to be named.

#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::process::Command;

/// CC0-1.0 gives all rights up. MPL-2.0 asks for the sources of its own files only, which their registry has; CDLA-Permissive-2.0, of a list of authorities, for its
/// text.
const ACCEPTED: [&str; 12] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MPL-2.0",
    "Unicode-3.0",
    "Zlib",
];

/// An expression of names, `OR` (also written `/`), `AND` and brackets around the whole of a part.
fn is_accepted(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    let all_of = expression.split(" AND ");
    all_of.into_iter().all(|part| {
        let part = part.trim().trim_start_matches('(').trim_end_matches(')');
        part.split(" OR ").any(|name| ACCEPTED.contains(&name.trim()))
    })
}

#[test]
fn every_dependency_has_an_accepted_licence() {
    let rustc = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(rustc.stdout).unwrap();
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .unwrap();
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .args(["--filter-platform", host])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(
        metadata.status.success(),
        "{}",
        String::from_utf8_lossy(&metadata.stderr)
    );
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 100, "{} packages", packages.len());
    let refused: Vec<String> = packages
        .iter()
        .filter(|package| !package["license"].as_str().is_some_and(is_accepted))
        .map(|package| format!("{}: {}", package["name"], package["license"]))
        .collect();
    assert!(refused.is_empty(), "{refused:#?}");
}

#[test]
fn an_expression_is_accepted_where_one_alternative_of_each_part_is() {
    for accepted in [
        "MIT",
        "MIT/Apache-2.0",
        "EPL-2.0 OR Apache-2.0",
        "(MIT OR GPL-3.0) AND Unicode-3.0",
    ] {
        assert!(is_accepted(accepted), "{accepted}");
    }
    for refused in ["GPL-3.0", "EPL-2.0", "MIT AND GPL-3.0", ""] {
        assert!(!is_accepted(refused), "{refused}");
    }
}
