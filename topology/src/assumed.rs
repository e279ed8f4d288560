//! Which parameters are assumptions: those whose descriptions say so. Reports list them with their values.

use crate::scenario::Scenario;
use crate::schema::{Place, Shape};
use serde_json::Value;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assumption {
    /// Keys joined by dots; entries of lists by name where they have one (`workloads.top-ups.shape`).
    pub path: String,
    /// The same with entries of lists by number, as an override names it.
    pub key: String,
    /// As the scenario's file would say it.
    pub value: String,
    pub note: String,
}

/// The two names of a place.
#[derive(Clone, Default)]
struct Names {
    path: String,
    key: String,
}

impl Names {
    fn with(&self, path: &str, key: &str) -> Names {
        let dot = if self.key.is_empty() { "" } else { "." };
        Names {
            path: format!("{}{dot}{path}", self.path),
            key: format!("{}{dot}{key}", self.key),
        }
    }
}

/// Every assumed parameter of the scenario, in the order of the schema.
pub fn assumptions(scenario: &Scenario) -> Vec<Assumption> {
    let mut found = Vec::new();
    // Serialising plain data to JSON cannot fail; were it to, there would be nothing to list.
    let value = serde_json::to_value(scenario).unwrap_or_default();
    walk(&value, Place::root(), Names::default(), None, &mut found);
    found
}

/// `inherited` is the description of a table all of whose parameters are assumed.
fn walk(
    value: &Value,
    place: Place,
    names: Names,
    inherited: Option<&'static str>,
    found: &mut Vec<Assumption>,
) {
    match (value, place.shape()) {
        (Value::Null, _) => {}
        (Value::Object(table), Shape::Table) => {
            let inherited = note_of(place).or(inherited);
            for (key, inner) in place.keys() {
                let Some(value) = table.get(key) else { continue };
                walk(value, inner, names.with(key, key), inherited, found);
            }
        }
        (Value::Array(entries), Shape::List) => {
            let Some(inner) = place.items() else { return };
            if inner.shape() != Shape::Table {
                return leaf(value, place, names, inherited, found);
            }
            for (i, entry) in entries.iter().enumerate() {
                let number = i.to_string();
                let name = entry["name"].as_str().unwrap_or(&number);
                walk(entry, inner, names.with(name, &number), inherited, found);
            }
        }
        _ => leaf(value, place, names, inherited, found),
    }
}

fn leaf(
    value: &Value,
    place: Place,
    names: Names,
    inherited: Option<&'static str>,
    found: &mut Vec<Assumption>,
) {
    // A parameter that names its own source is not covered by what is said of the table around it.
    let inherited = inherited.filter(|_| !place.description().contains("domain.md"));
    if let Some(note) = note_of(place).or(inherited) {
        found.push(Assumption {
            path: names.path,
            key: names.key,
            value: value.to_string(),
            note: note.to_owned(),
        });
    }
}

/// The description, where it speaks of an assumption.
fn note_of(place: Place) -> Option<&'static str> {
    [place.description(), place.type_description()]
        .into_iter()
        .find(|description| {
            let description = description.to_lowercase();
            description.contains("assumed") || description.contains("unverified")
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loading::parse;
    use expect_test::expect;

    #[test]
    fn assumptions_are_found_in_tables_lists_and_the_tables_that_are_assumed_as_a_whole() {
        let text = r#"
            name = "small"
            horizon = "1h"
            [population]
            premises = 10
            [[suppliers]]
            name = "A"
            share = 1.0
            [[workloads]]
            name = "reads"
            from = "suppliers"
            srvs = ["4.1.1"]
            per_device_per_day = 1.0
        "#;
        let scenario = parse("small.toml", text, &[]).unwrap();
        let found = assumptions(&scenario);
        let of = |path: &str| found.iter().find(|assumption| assumption.path == path).cloned();
        assert!(of("population.dual_fuel_share").is_some());
        assert!(of("csp.north.downlink_rate").is_some());
        assert!(of("workloads.reads.shape").is_some());
        assert!(of("population.premises").is_none());
        assert!(of("population.prepayment_share").is_none());
        assert!(of("hosting.premises_shards").is_none());
        assert!(of("user.attempts_max").is_none());
        expect![[r#"
            Some(
                Assumption {
                    path: "dsp.servers",
                    key: "dsp.servers",
                    value: "16",
                    note: "Requests and responses served side by side. Assumed.",
                },
            )
        "#]]
        .assert_debug_eq(&of("dsp.servers"));
    }
}
