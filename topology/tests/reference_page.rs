//! The reference page names every key, and `docs/` holds it and the schema as they are today
//! (`UPDATE_EXPECT=1` writes them anew).

#![allow(clippy::unwrap_used)]

use expect_test::expect_file;
use secnet_topology::{json_schema, reference};

#[test]
fn the_page_in_docs_is_todays() {
    expect_file!["../../docs/scenario.md"].assert_eq(&reference());
}

#[test]
fn the_schema_in_docs_is_todays() {
    let schema = serde_json::to_string_pretty(json_schema()).unwrap();
    expect_file!["../../docs/scenario.schema.json"].assert_eq(&format!("{schema}\n"));
}

#[test]
fn every_key_of_the_schema_has_a_row_with_a_meaning() {
    let page = reference();
    let mut tables = vec![json_schema()];
    tables.extend(json_schema()["$defs"].as_object().unwrap().values());
    for table in tables {
        for key in table["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, _)| key)
        {
            assert!(page.contains(&format!("| `{key}` |")), "{key}");
        }
    }
    let unexplained: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("| `") && line.ends_with("|  |"))
        .collect();
    assert!(unexplained.is_empty(), "no meaning:\n{}", unexplained.join("\n"));
}

#[test]
fn regions_have_their_own_defaults() {
    let page = reference();
    let section = |heading: &str| {
        page.split(heading)
            .nth(1)
            .unwrap()
            .split("\n## ")
            .next()
            .unwrap()
            .to_owned()
    };
    assert!(section("## `[csp.north]`").contains("`\"20kbit/s\"`"));
    assert!(section("## `[csp.south]`").contains("`\"200kbit/s\"`"));
}
