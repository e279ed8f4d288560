//! From a file and command-line overrides to a valid scenario, or to all that is wrong with it.
//!
//! Three layers: the tables' own defaults, the file, the overrides. The text of the overrides is laid out behind the
//! file's, so that a place in the two together says which line or which flag a value came from.

use crate::conformance::{Finding, check_document};
use crate::scenario::Scenario;
use crate::schema::{Place, Shape};
use crate::suggest::mend;
use crate::validation::{Problem, validate};
use core::fmt;
use core::ops::Range;
use serde::Deserialize;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// More of a file is not read.
const SCENARIO_BYTES_MAX: u64 = 16 << 20;
/// So many complaints are made at once, of how many there are.
const COMPLAINTS_MAX: usize = 100;
/// Of a line that is longer, what is around the place is shown.
const LINE_CHARS_MAX: usize = 160;

/// Why there is no scenario.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("error: cannot read {path}: {source}")]
    Unreadable { path: String, source: std::io::Error },
    #[error("error: {path} is larger than the {} MiB a scenario may be", SCENARIO_BYTES_MAX >> 20)]
    TooLarge { path: String },
    #[error("{0}")]
    Wrong(Complaints),
}

/// What is wrong with a scenario's text, each with its place, ready to be shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Complaints {
    /// The first of them.
    pub shown: Vec<Complaint>,
    /// How many there are besides.
    pub more: usize,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Complaint {
    pub message: String,
    pub origin: Origin,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// Line and column count from one; `width` is the length of the stretch on that line. `text` is the line, or of a long one what is
    /// around the place, which begins behind `indent` characters of it.
    Line {
        file: String,
        line: usize,
        column: usize,
        width: usize,
        indent: usize,
        text: String,
    },
    /// An override, as it was given.
    Override(String),
    /// Nowhere in particular.
    Scenario(String),
}

/// Reads a scenario. Each override is `key.of.key=value`; entries of lists go by place or by name
/// (`suppliers.0.share=0.3`, `workloads.top-ups.per_device_per_day=2`).
pub fn load(path: &Path, overrides: &[String]) -> Result<Scenario, LoadError> {
    let shown = path.display().to_string();
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(SCENARIO_BYTES_MAX + 1).read_to_end(&mut bytes));
    // Before its text is looked at: it may have been cut off within a character.
    if bytes.len() as u64 > SCENARIO_BYTES_MAX {
        return Err(LoadError::TooLarge { path: shown });
    }
    match read.and_then(|_| io::read_to_string(bytes.as_slice())) {
        Ok(text) => parse(&shown, &text, overrides),
        Err(source) => Err(LoadError::Unreadable { path: shown, source }),
    }
}

/// The same from the text of a file; `name` is what errors call it.
pub fn parse(name: &str, text: &str, overrides: &[String]) -> Result<Scenario, LoadError> {
    let mut sources = Sources {
        name,
        text,
        overrides,
        ends: Vec::new(),
    };
    let padded = sources.lay_out_overrides();
    let (mut document, syntax_errors) = DeTable::parse_recoverable(text);
    if !syntax_errors.is_empty() {
        let findings = syntax_errors.iter().map(|error| Finding {
            span: error.span().unwrap_or(text.len()..text.len()),
            message: error.message().to_owned(),
        });
        return Err(sources.complain(findings));
    }
    let mut findings = Vec::new();
    for ((flag, padded), offset) in overrides.iter().zip(&padded).zip(sources.starts()) {
        if let Err(message) = apply_override(document.get_mut(), flag, padded, offset) {
            findings.push(Finding {
                span: offset..offset,
                message,
            });
        }
    }
    findings.extend(check_document(&document));
    if !findings.is_empty() {
        return Err(sources.complain(findings));
    }
    let mut layered = document.clone();
    let defaults = default_layer();
    if let Ok(defaults) = DeTable::parse(&defaults) {
        fill_in(layered.get_mut(), defaults.get_ref());
    }
    let scenario = Scenario::deserialize(toml::Deserializer::from(layered)).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        sources.complain([Finding {
            span,
            message: error.message().to_owned(),
        }])
    })?;
    validate(&scenario).map_err(|invalid| {
        let located = invalid.problems.iter().map(|problem| locate(&document, problem));
        sources.complain(located)
    })?;
    Ok(scenario)
}

impl Scenario {
    /// The processed scenario, every default written out. It loads back to the same value.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string_pretty(self)
    }
}

/// The tables a scenario may leave out, each with its own defaults, so that a table given in part keeps the rest.
fn default_layer() -> String {
    let optional: toml::Table = Place::root()
        .keys()
        .filter(|(_, place)| place.shape() == Shape::Table)
        .filter_map(|(key, place)| {
            Some((
                key.to_owned(),
                toml::Value::try_from(place.default_value()?).ok()?,
            ))
        })
        .collect();
    toml::to_string(&optional).unwrap_or_default()
}

fn fill_in<'a>(table: &mut DeTable<'a>, defaults: &DeTable<'a>) {
    for (key, default) in defaults {
        match (
            table.get_mut(key.get_ref().as_ref()).map(Spanned::get_mut),
            default.get_ref(),
        ) {
            (None, _) => {
                table.insert(key.clone(), default.clone());
            }
            (Some(DeValue::Table(inner)), DeValue::Table(inner_defaults)) => fill_in(inner, inner_defaults),
            (Some(_), _) => {}
        }
    }
}

/// The file's text and the overrides as one stretch of text.
struct Sources<'a> {
    name: &'a str,
    text: &'a str,
    overrides: &'a [String],
    /// Where each override's text ends.
    ends: Vec<usize>,
}

impl Sources<'_> {
    /// Each override's value as a document of its own, `v = value`, behind as much blank as comes before it.
    fn lay_out_overrides(&mut self) -> Vec<String> {
        let mut padded = Vec::with_capacity(self.overrides.len());
        let mut offset = self.text.len() + 1;
        for flag in self.overrides {
            let value = flag.split_once('=').map_or("", |(_, value)| value.trim());
            // A width of `format!` goes no further than 65,535.
            let document = " ".repeat(offset) + &format!("v = {value}");
            offset = document.len() + 1;
            self.ends.push(offset);
            padded.push(document);
        }
        padded
    }

    fn starts(&self) -> Vec<usize> {
        let ends = self.ends.iter().copied();
        std::iter::once(self.text.len() + 1)
            .chain(ends)
            .take(self.overrides.len())
            .collect()
    }

    fn complain(&self, findings: impl IntoIterator<Item = Finding>) -> LoadError {
        let mut findings: Vec<Finding> = findings.into_iter().collect();
        findings.sort_by_key(|finding| finding.span.start);
        let more = findings.len().saturating_sub(COMPLAINTS_MAX);
        let complaints = findings
            .into_iter()
            .take(COMPLAINTS_MAX)
            .map(|finding| Complaint {
                origin: self.origin(finding.span),
                message: finding.message,
            });
        LoadError::Wrong(Complaints {
            shown: complaints.collect(),
            more,
        })
    }

    fn origin(&self, span: Range<usize>) -> Origin {
        if span.start > self.text.len() {
            let flag = self.ends.partition_point(|end| *end <= span.start);
            return Origin::Override(self.overrides.get(flag).cloned().unwrap_or_default());
        }
        if span == (0..0) || span == (0..self.text.len()) {
            return Origin::Scenario(self.name.to_owned());
        }
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let text = self.text[line_start..].lines().next().unwrap_or_default();
        let column = before[line_start..].chars().count() + 1;
        let (indent, shown) = around(text, column);
        let on_line = span.end.min(line_start + text.len()).saturating_sub(span.start);
        let stretch = self
            .text
            .get(span.start..span.start + on_line)
            .unwrap_or_default();
        Origin::Line {
            file: self.name.to_owned(),
            line: before.matches('\n').count() + 1,
            column,
            width: stretch.chars().count().clamp(1, LINE_CHARS_MAX),
            indent,
            text: shown,
        }
    }
}

/// What is shown of a line with a complaint at that column, and how many characters of it are before that place.
fn around(line: &str, column: usize) -> (usize, String) {
    let count = line.chars().count();
    if count <= LINE_CHARS_MAX {
        return (column - 1, line.to_owned());
    }
    let first = (column - 1)
        .saturating_sub(LINE_CHARS_MAX / 2)
        .min(count - LINE_CHARS_MAX);
    let shown: String = line.chars().skip(first).take(LINE_CHARS_MAX).collect();
    let before = if first > 0 { "…" } else { "" };
    let after = if first + LINE_CHARS_MAX < count { "…" } else { "" };
    let indent = column - 1 - first + before.chars().count();
    (indent, format!("{before}{shown}{after}"))
}

fn apply_override<'a>(
    document: &mut DeTable<'a>,
    flag: &'a str,
    padded: &'a str,
    offset: usize,
) -> Result<(), String> {
    let Some((path, raw)) = flag.split_once('=') else {
        return Err("an override is written key=value, as in dsp.servers=32".to_owned());
    };
    let (path, raw) = (path.trim(), raw.trim());
    let steps: Vec<&'a str> = path.split('.').collect();
    let Some((last, tables)) = steps.split_last() else {
        return Ok(());
    };
    if steps.iter().any(|step| step.is_empty()) {
        return Err(format!("`{path}` is not a path of keys joined by dots"));
    }
    let place = place_of(&steps);
    let text = || Spanned::new(offset..offset + raw.len().max(1), DeValue::String(raw.into()));
    let value = match parsed_value(padded) {
        // What must be text may be given without quotes, whatever it looks like.
        Some(value) if is_text(&value) || place.is_none_or(|place| place.shape() != Shape::Text) => value,
        _ => text(),
    };
    let span = value.span();
    let mut table = document;
    let mut walked = tables.iter();
    while let Some(&step) = walked.next() {
        let entry = table
            .entry(Spanned::new(span.clone(), step.into()))
            .or_insert_with(|| Spanned::new(span.clone(), DeValue::Table(DeTable::new())));
        table = match entry.get_mut() {
            DeValue::Table(inner) => inner,
            DeValue::Array(entries) => match walked.next() {
                Some(entry_name) => list_entry(entries, step, entry_name)?,
                None => return replace_in_list(entries, step, last, value),
            },
            _ => return Err(format!("`{step}` is a single value and has no key `{last}`")),
        };
    }
    // Replaced as a whole, so that the key's place is the override's too.
    table.remove(*last);
    table.insert(Spanned::new(span, (*last).into()), value);
    Ok(())
}

fn is_text(value: &Spanned<DeValue>) -> bool {
    matches!(value.get_ref(), DeValue::String(_))
}

fn parsed_value(padded: &str) -> Option<Spanned<DeValue<'_>>> {
    let mut table = DeTable::parse(padded).ok()?.into_inner();
    // More than one key: a value with a line break in it.
    if table.len() == 1 { table.remove("v") } else { None }
}

fn list_entry<'t, 'a>(
    entries: &'t mut DeArray<'a>,
    list: &str,
    entry: &str,
) -> Result<&'t mut DeTable<'a>, String> {
    let names: Vec<String> = entries
        .iter()
        .map(|entry| name_of(entry.get_ref()).unwrap_or_default())
        .collect();
    let place = match entry.parse::<usize>() {
        Ok(place) => Some(place),
        Err(_) => names.iter().position(|name| name == entry),
    };
    let found = place
        .and_then(|place| entries.get_mut(place))
        .map(Spanned::get_mut);
    match found {
        Some(DeValue::Table(table)) => Ok(table),
        _ if entry.parse::<usize>().is_ok() => Err(format!(
            "`{list}` has {} entries, counted from 0; there is no entry {entry}",
            names.len()
        )),
        _ => Err(format!(
            "`{list}` has no entry named `{entry}`{}",
            mend(entry, names.iter().map(String::as_str))
        )),
    }
}

fn replace_in_list<'a>(
    entries: &mut DeArray<'a>,
    list: &str,
    place: &str,
    value: Spanned<DeValue<'a>>,
) -> Result<(), String> {
    let count = entries.len();
    match place
        .parse::<usize>()
        .ok()
        .and_then(|place| entries.get_mut(place))
    {
        Some(entry) => {
            *entry = value;
            Ok(())
        }
        None => Err(format!(
            "`{list}` has {count} entries, counted from 0; there is no entry {place}"
        )),
    }
}

fn name_of(entry: &DeValue) -> Option<String> {
    match entry {
        DeValue::Table(table) => match table.get("name")?.get_ref() {
            DeValue::String(name) => Some(name.to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// The place in the schema a path leads to.
fn place_of(steps: &[&str]) -> Option<Place> {
    steps
        .iter()
        .try_fold(Place::root(), |place, step| match place.shape() {
            Shape::List => place.items(),
            _ => place.key(step),
        })
}

/// Where a problem's value is written; where a default applies, the innermost table that is written.
fn locate(document: &Spanned<DeTable>, problem: &Problem) -> Finding {
    let mut span = document.span();
    let mut value: Option<&DeValue> = None;
    for step in problem.path.split('.') {
        let next = match value {
            None => document.get_ref().get(step),
            Some(DeValue::Table(table)) => table.get(step),
            Some(DeValue::Array(entries)) => step.parse().ok().and_then(|place: usize| entries.get(place)),
            Some(_) => None,
        };
        let Some(next) = next else { break };
        span = next.span();
        value = Some(next.get_ref());
    }
    Finding {
        span,
        message: problem.message.clone(),
    }
}

impl fmt::Display for Complaints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, complaint) in self.shown.iter().enumerate() {
            if i > 0 {
                f.write_str("\n\n")?;
            }
            write!(f, "{complaint}")?;
        }
        match self.more {
            0 => Ok(()),
            more => write!(f, "\n\nand {more} more"),
        }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.message)?;
        match &self.origin {
            Origin::Line {
                file,
                line,
                column,
                width,
                indent,
                text,
            } => {
                let number = line.to_string();
                let margin = " ".repeat(number.len());
                writeln!(f, "{margin}--> {file}:{line}:{column}")?;
                writeln!(f, "{margin} |")?;
                writeln!(f, "{number} | {}", text.replace('\t', " "))?;
                write!(f, "{margin} | {}{}", " ".repeat(*indent), "^".repeat(*width))
            }
            Origin::Override(flag) => write!(f, " --> --set {flag}"),
            Origin::Scenario(name) => write!(f, " --> {name}"),
        }
    }
}
