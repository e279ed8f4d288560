//! Crates depend on each other as ARCHITECTURE.md says, and the modules of each one way: none imports one that leads back to it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

type Imports = BTreeMap<String, BTreeSet<String>>;

#[test]
fn no_module_leads_back_to_itself() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let crates = ["nodes", "shared"].map(|folder| folders(&workspace.join(folder)));
    let mut crates: Vec<PathBuf> = crates.concat();
    crates.push(workspace.join("topology"));
    assert!(crates.len() > 12, "{crates:?}");
    for folder in crates {
        let imports = imports_of(&folder.join("src"));
        for module in imports.keys() {
            let circle = way(&imports, module, module, &mut BTreeSet::new());
            assert!(
                circle.is_none(),
                "{}: {module} → {}",
                folder.display(),
                circle.unwrap_or_default().join(" → ")
            );
        }
    }
}

/// `dsp, csp, premises   on accounts   (their main.rs: fabric)`: a crate may use what stands there, and what that uses.
#[test]
fn crates_depend_on_each_other_as_architecture_md_says() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = std::fs::read_to_string(workspace.join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let (_, diagram) = text
        .split_once("Dependencies point one way:")
        .expect("the diagram");
    let diagram = diagram.split("```").nth(1).expect("the diagram's lines");
    let list =
        |names: &str| -> BTreeSet<String> { names.split(',').map(|name| name.trim().to_owned()).collect() };
    let mut stated = Imports::new();
    for line in diagram.lines().skip(1).filter(|line| !line.trim().is_empty()) {
        let (crates, rest) = line.split_once("  on ").unwrap_or((line, ""));
        let (on, note) = rest.split_once('(').unwrap_or((rest, ""));
        let mut on = list(on.split(':').next().unwrap_or(on));
        if note.contains("main.rs: fabric") {
            on.insert("fabric".to_owned());
        }
        list(crates).into_iter().for_each(|name| {
            stated.insert(name, on.clone());
        });
    }
    assert!(stated.len() > 15, "{stated:?}");
    let mut manifests: Vec<PathBuf> = ["nodes", "shared"]
        .map(|folder| folders(&workspace.join(folder)))
        .concat();
    manifests.extend(["topology", "tests"].map(|folder| workspace.join(folder)));
    for folder in manifests {
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
        let (_, needs) = manifest.split_once("[dependencies]").expect("dependencies");
        let needs = needs.lines().take_while(|line| !line.starts_with('['));
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        let mut allowed = BTreeSet::new();
        reach(&stated, &name, &mut allowed);
        assert!(
            stated.contains_key(&name),
            "ARCHITECTURE.md says nothing of {name}"
        );
        for other in needs.filter_map(|line| line.strip_prefix("secnet-")?.split(' ').next()) {
            assert!(
                allowed.contains(other) || allowed.contains("all"),
                "{name} depends on {other}"
            );
        }
    }
}

fn reach(stated: &Imports, name: &str, into: &mut BTreeSet<String>) {
    for next in stated.get(name).into_iter().flatten() {
        if into.insert(next.clone()) {
            reach(stated, next, into);
        }
    }
}

#[test]
fn imports_are_read_from_paths_and_from_braces() {
    let text = "use crate::{a, b::{c, d}};\nuse crate::e::f;\nlet x = crate::g::h();\n#[cfg(test)]\nuse crate::tests;\n";
    assert_eq!(
        names(text),
        BTreeSet::from(["a", "b", "e", "g"].map(str::to_owned))
    );
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(parent).expect("a folder of crates");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.filter(|path| path.join("src").is_dir()).collect()
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
        let others = names(&text).into_iter().filter(|name| *name != module);
        imports.entry(module.clone()).or_default().extend(others);
    }
    imports
}

/// The modules that the text of a file names, but for its tests.
fn names(text: &str) -> BTreeSet<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let word = |text: &str| {
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
        text[..end.unwrap_or(text.len())].to_owned()
    };
    let mut names = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let Some(list) = rest.strip_prefix('{') else {
            names.insert(word(rest));
            continue;
        };
        let (mut depth, mut at_name) = (1, true);
        for (i, c) in list.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => at_name = true,
                c if at_name && !c.is_whitespace() => {
                    names.insert(word(&list[i..]));
                    at_name = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    names
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
