//! The director's modules depend one way: none imports one that leads back to it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

type Imports = BTreeMap<String, BTreeSet<String>>;

#[test]
fn no_module_of_the_director_leads_back_to_itself() {
    let imports = imports_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../nodes/director/src"));
    assert!(imports["run_command"].contains("run"), "{imports:?}");
    for module in imports.keys() {
        let circle = way(&imports, module, module, &mut BTreeSet::new());
        assert!(
            circle.is_none(),
            "{module} → {}",
            circle.unwrap_or_default().join(" → ")
        );
    }
}

/// A folder's files count as the module it is named after.
fn imports_of(folder: &Path) -> Imports {
    let mut imports = Imports::new();
    for file in sources(folder) {
        let inside = file.strip_prefix(folder).expect("a file of the folder");
        let module = inside
            .components()
            .next()
            .map(|part| part.as_os_str().to_string_lossy());
        let module = module.expect("a name").trim_end_matches(".rs").to_owned();
        if ["lib", "main"].contains(&module.as_str()) {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("a source file");
        assert!(
            !text.contains("use crate::{"),
            "{}: one import a line",
            file.display()
        );
        let names = text.split("crate::").skip(1).map(|rest| {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            rest[..end.unwrap_or(rest.len())].to_owned()
        });
        let others = names.filter(|name| *name != module);
        imports.entry(module.clone()).or_default().extend(others);
    }
    imports
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder of sources");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let below = |path: PathBuf| match path.is_dir() {
        true => sources(&path),
        false => vec![path],
    };
    paths.flat_map(below).collect()
}

/// How `from` leads to `to`: the modules in between, and `to`.
fn way(imports: &Imports, from: &str, to: &str, seen: &mut BTreeSet<String>) -> Option<Vec<String>> {
    for next in imports.get(from)? {
        if next == to {
            return Some(vec![to.to_owned()]);
        }
        if seen.insert(next.clone())
            && let Some(mut rest) = way(imports, next, to, seen)
        {
            rest.insert(0, next.clone());
            return Some(rest);
        }
    }
    None
}
