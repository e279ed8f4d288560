//! Whether what a file says has the scenario's shape: keys that exist, values of the right kind, words that are known.
//! Everything that is wrong is found at once, with its place and its mend.

use crate::schema::{Place, Shape};
use crate::suggest::mend;
use crate::{modifications, units};
use core::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Keys of earlier versions, and what to say instead.
const RENAMED: &[(&str, &str)] = &[(
    "per_premises_per_day",
    "say `per_device_per_day`, the requests per device they may be sent to; the old key counted every premises, so divide by \
     `population.enrolled_share`, and by `prepayment_share` with `prepayment_only`",
)];

/// Something wrong with a stretch of the text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Finding {
    pub span: Range<usize>,
    pub message: String,
}

pub(crate) fn check_document(document: &Spanned<DeTable>) -> Vec<Finding> {
    let mut findings = Vec::new();
    check_table(
        document.get_ref(),
        document.span(),
        Place::root(),
        "the scenario",
        &mut findings,
    );
    findings
}

fn check_table(table: &DeTable, span: Range<usize>, place: Place, name: &str, findings: &mut Vec<Finding>) {
    for (key, value) in table {
        match place.key(key.get_ref()) {
            Some(inner) => check_value(value, inner, key.get_ref(), findings),
            None => {
                let mend = match RENAMED.iter().find(|(old, _)| old == key.get_ref()) {
                    Some((_, mend)) => format!(": {mend}"),
                    None => mend(key.get_ref(), place.keys().map(|(known, _)| known)),
                };
                let message = format!("unknown key `{}` in {name}{mend}", key.get_ref());
                findings.push(Finding {
                    span: key.span(),
                    message,
                });
            }
        }
    }
    let missing: Vec<String> = place
        .required_keys()
        .filter(|key| !table.contains_key(*key))
        .map(|key| format!("`{key}`"))
        .collect();
    if !missing.is_empty() {
        findings.push(Finding {
            span,
            message: format!("{name} lacks {}", missing.join(", ")),
        });
    }
}

fn check_value(value: &Spanned<DeValue>, place: Place, key: &str, findings: &mut Vec<Finding>) {
    let mut wrong = |message: String| {
        findings.push(Finding {
            span: value.span(),
            message,
        })
    };
    match (place.shape(), value.get_ref()) {
        (Shape::Table, DeValue::Table(table)) => {
            check_table(table, value.span(), place, &format!("`{key}`"), findings);
        }
        (Shape::List, DeValue::Array(entries)) => {
            let Some(inner) = place.items() else { return };
            for entry in entries.iter() {
                check_value(entry, inner, key, findings);
            }
        }
        (Shape::Text, DeValue::String(text)) => {
            if let Some(words) = place.words() {
                if !words.iter().any(|(word, _)| word == text) {
                    let mend = mend(text, words.iter().map(|(word, _)| *word));
                    wrong(format!("`{key}` cannot be `{text}`{mend}"));
                }
            } else if let Some(problem) = place.quantity().and_then(|quantity| {
                units::problem(quantity, text).or_else(|| modifications::problem(quantity, text))
            }) {
                wrong(format!("`{key}`: {problem}"));
            }
        }
        (Shape::Text, DeValue::Datetime(_)) if place.quantity().is_some() => {}
        (Shape::Integer, DeValue::Integer(number)) => {
            let (least, most) = place.bounds();
            let fits = i128::from_str_radix(number.as_str(), number.radix())
                .is_ok_and(|number| (least..=most).contains(&number));
            if !fits {
                wrong(format!(
                    "`{key}` must be a whole number from {least} to {most}, not {number}"
                ));
            }
        }
        (Shape::Number, DeValue::Integer(_) | DeValue::Float(_)) | (Shape::Boolean, DeValue::Boolean(_)) => {}
        (shape, found) => {
            let expected = match shape {
                Shape::Table => "a table",
                Shape::List => "a list",
                Shape::Text => place.quantity().unwrap_or("text in quotes"),
                Shape::Integer => "a whole number",
                Shape::Number => "a number",
                Shape::Boolean => "true or false",
            };
            wrong(format!("`{key}` must be {expected}, not {}", kind_of(found)));
        }
    }
}

fn kind_of(value: &DeValue) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
