//! The scenario's JSON Schema, and the walk over it that the loader, the reference and the list of assumptions share.

use crate::scenario::Scenario;
use serde_json::Value;
use std::sync::LazyLock;

/// The JSON Schema of a scenario.
pub fn json_schema() -> &'static Value {
    static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
        let mut schema = schemars::schema_for!(Scenario);
        schema.insert("title".to_owned(), "secnet scenario".into());
        schema.to_value()
    });
    &SCHEMA
}

/// A place in the schema: what a key's value may be.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// As the table that holds the key describes it.
    outer: &'static Value,
    /// The same with references followed.
    inner: &'static Value,
}

/// What stands at a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    Table,
    List,
    Text,
    Integer,
    Number,
    Boolean,
}

impl Place {
    pub(crate) fn root() -> Place {
        Place::at(json_schema())
    }

    fn at(outer: &'static Value) -> Place {
        let mut inner = outer;
        while let Some(next) = referred(inner) {
            inner = next;
        }
        Place { outer, inner }
    }

    pub(crate) fn shape(self) -> Shape {
        let named = match &self.inner["type"] {
            Value::Array(types) => types.iter().find_map(Value::as_str).unwrap_or_default(),
            single => single.as_str().unwrap_or_default(),
        };
        match named {
            "object" => Shape::Table,
            "array" => Shape::List,
            "integer" => Shape::Integer,
            "number" => Shape::Number,
            "boolean" => Shape::Boolean,
            _ => Shape::Text,
        }
    }

    /// The keys of a table.
    pub(crate) fn keys(self) -> impl Iterator<Item = (&'static str, Place)> + Clone {
        let properties = self.inner["properties"].as_object();
        properties
            .into_iter()
            .flatten()
            .map(|(key, schema)| (key.as_str(), Place::at(schema)))
    }

    pub(crate) fn key(self, key: &str) -> Option<Place> {
        self.inner["properties"].get(key).map(Place::at)
    }

    pub(crate) fn required_keys(self) -> impl Iterator<Item = &'static str> {
        self.inner["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
    }

    /// The entries of a list.
    pub(crate) fn items(self) -> Option<Place> {
        self.inner.get("items").map(Place::at)
    }

    /// The words a text may be, with their descriptions; `None` for free text.
    pub(crate) fn words(self) -> Option<Vec<(&'static str, &'static str)>> {
        if let Some(names) = self.inner["enum"].as_array() {
            return Some(
                names
                    .iter()
                    .filter_map(Value::as_str)
                    .map(|name| (name, ""))
                    .collect(),
            );
        }
        let mut words = Vec::new();
        for choice in self.inner["oneOf"].as_array()? {
            let description = choice["description"].as_str().unwrap_or_default();
            words.extend(choice["const"].as_str().map(|word| (word, description)));
            let listed = choice["enum"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str);
            words.extend(listed.map(|word| (word, description)));
        }
        Some(words)
    }

    /// What a text with a unit must look like.
    pub(crate) fn quantity(self) -> Option<&'static str> {
        self.inner["format"]
            .as_str()
            .filter(|_| self.shape() == Shape::Text)
    }

    /// The least and the most a whole number may be.
    pub(crate) fn bounds(self) -> (i128, i128) {
        match self.inner["format"].as_str() {
            Some("uint8") => (0, i128::from(u8::MAX)),
            Some("uint16") => (0, i128::from(u16::MAX)),
            Some("uint32") => (0, i128::from(u32::MAX)),
            // TOML's own whole numbers go no further.
            Some("uint64" | "uint") => (0, i128::from(i64::MAX)),
            _ => (i128::from(i64::MIN), i128::from(i64::MAX)),
        }
    }

    /// What the key means in this table; empty where only its type says so.
    pub(crate) fn description(self) -> &'static str {
        self.outer["description"].as_str().unwrap_or_default()
    }

    /// What the type means wherever it is used.
    pub(crate) fn type_description(self) -> &'static str {
        self.inner["description"].as_str().unwrap_or_default()
    }

    pub(crate) fn default_value(self) -> Option<&'static Value> {
        self.outer.get("default")
    }
}

/// The schema a reference or an optional value stands for.
fn referred(schema: &'static Value) -> Option<&'static Value> {
    if let Some(pointer) = schema["$ref"].as_str() {
        return json_schema().pointer(pointer.trim_start_matches('#'));
    }
    schema["anyOf"]
        .as_array()?
        .iter()
        .find(|choice| choice["type"] != "null")
}
