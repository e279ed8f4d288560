//! The reference page of the scenario's format, rendered from its schema.

use crate::schema::{Place, Shape};
use core::fmt::Write;
use serde_json::Value;

/// Every key with its type or unit, default and meaning, as Markdown.
pub fn reference() -> String {
    let mut page = String::from(
        "# The scenario's keys\n\nGenerated from the scenario's schema (`secnet topology reference`). Quantities are text with a unit; a key \
         without a default must be given. References to domain.md are to [the notes on the domain](domain.md).\n",
    );
    section(&mut page, "", Place::root(), None);
    page
}

/// A table's keys, then its tables' and lists' own sections. `defaults` are those of the table as a whole.
fn section(page: &mut String, path: &str, place: Place, defaults: Option<&Value>) {
    // Writing to a string does not fail.
    let _ = match path {
        "" => write!(page, "\n## At the top\n\n"),
        _ => write!(page, "\n## `{path}`\n\n"),
    };
    for description in [place.description(), place.type_description()] {
        if !description.is_empty() && !path.is_empty() {
            let _ = write!(page, "{}\n\n", one_line(description));
            break;
        }
    }
    page.push_str("| Key | Type | Default | Meaning |\n|---|---|---|---|\n");
    let mut inner_tables = Vec::new();
    for (key, inner) in place.keys() {
        let default_value = defaults
            .and_then(|table| table.get(key))
            .or(inner.default_value());
        let required = place.required_keys().any(|required| required == key);
        match table_within(inner) {
            Some(table) => {
                let heading = match (path, inner.shape()) {
                    ("", Shape::List) => format!("[[{key}]]"),
                    ("", _) => format!("[{key}]"),
                    _ => format!("{}.{key}]", path.trim_end_matches(']')),
                };
                let kind = if inner.shape() == Shape::List {
                    "list of tables"
                } else {
                    "table"
                };
                let default = if required { "" } else { "see there" };
                row(
                    page,
                    key,
                    kind,
                    default,
                    first_of(inner.description(), table.type_description()),
                );
                let own_defaults = default_value.filter(|_| inner.shape() == Shape::Table);
                // A list's meaning is its entries'.
                let described = if inner.shape() == Shape::List {
                    table
                } else {
                    inner
                };
                inner_tables.push((heading, described, own_defaults));
            }
            None => {
                let shown = match default_value {
                    _ if required => String::new(),
                    Some(Value::Null) | None => "none".to_owned(),
                    Some(Value::String(text)) => format!("`\"{text}\"`"),
                    Some(value) => format!("`{value}`"),
                };
                let meaning = meaning(inner);
                row(page, key, &type_of(inner), &shown, &meaning);
            }
        }
    }
    for (heading, described, own_defaults) in inner_tables {
        section(page, &heading, described, own_defaults);
    }
}

/// The table a key holds, itself or in a list.
fn table_within(place: Place) -> Option<Place> {
    match place.shape() {
        Shape::Table => Some(place),
        Shape::List => place.items().filter(|items| items.shape() == Shape::Table),
        _ => None,
    }
}

fn type_of(place: Place) -> String {
    match place.shape() {
        Shape::Table => "table".to_owned(),
        Shape::List => match place.items() {
            Some(items) => format!("list of {}", type_of(items)),
            None => "list".to_owned(),
        },
        Shape::Text => match (place.words(), place.quantity()) {
            (Some(words), _) => {
                let words: Vec<String> = words.iter().map(|(word, _)| format!("`\"{word}\"`")).collect();
                words.join(", ")
            }
            (None, Some(quantity)) => quantity.to_owned(),
            (None, None) => "text".to_owned(),
        },
        Shape::Integer => "whole number".to_owned(),
        Shape::Number => "number".to_owned(),
        Shape::Boolean => "`true` or `false`".to_owned(),
    }
}

/// The key's description, with those of the words it may be.
fn meaning(place: Place) -> String {
    let mut meaning = one_line(first_of(place.description(), place.type_description()));
    for (word, description) in place.words().unwrap_or_default() {
        if !description.is_empty() {
            let _ = write!(meaning, " `\"{word}\"`: {}", one_line(description));
        }
    }
    meaning
}

fn first_of(preferred: &'static str, other: &'static str) -> &'static str {
    if preferred.is_empty() { other } else { preferred }
}

fn row(page: &mut String, key: &str, kind: &str, default: &str, meaning: &str) {
    let _ = writeln!(page, "| `{key}` | {kind} | {default} | {} |", one_line(meaning));
}

/// Without line breaks, and with what a table's cell would take for its end escaped.
fn one_line(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('|', "\\|")
}
