//! A trace as a tree of text: when each step began, how long it took, where, and what came of it.

use super::items::has_failed;
use super::{SpanRecord, Traces, duration};
use secnet_engine::trace::SpanId;
use secnet_model::{SimDuration, SimTime};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Which traces to show.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Selection {
    /// Those of a request id (`originator:target:counter`), or whose trace id begins so.
    Named(String),
    /// The longest first, so many of them.
    Slowest(usize),
    /// Those whose item failed, so many of them.
    Failed(usize),
}

/// The chosen traces as trees; empty when there are none.
pub fn render(traces: &Traces, selection: &Selection) -> String {
    let mut text = String::new();
    for tree in select(traces, selection) {
        if !text.is_empty() {
            text.push('\n');
        }
        render_tree(tree, &mut text);
    }
    text
}

fn select<'t>(traces: &'t Traces, selection: &Selection) -> Vec<&'t [SpanRecord]> {
    let mut trees: Vec<&[SpanRecord]> = traces.trees().collect();
    match selection {
        Selection::Named(name) => {
            let wanted = name.to_ascii_lowercase();
            trees.retain(|tree| {
                let is_id = |span: &SpanRecord| {
                    let id = span.attributes.request_id.as_deref();
                    id.is_some_and(|id| id.eq_ignore_ascii_case(name))
                };
                tree.first()
                    .is_some_and(|span| span.trace.to_string().starts_with(&wanted) || is_id(span))
            });
        }
        Selection::Slowest(count) => {
            trees.sort_by_key(|tree| Reverse(duration(tree)));
            trees.truncate(*count);
        }
        Selection::Failed(count) => {
            trees.retain(|tree| has_failed(tree));
            trees.truncate(*count);
        }
    }
    trees
}

fn root(tree: &[SpanRecord]) -> Option<&SpanRecord> {
    tree.iter().find(|span| span.is_root())
}

fn render_tree(tree: &[SpanRecord], text: &mut String) {
    let Some(first) = tree.first() else { return };
    let head = root(tree).unwrap_or(first);
    let about = &head.attributes;
    let parts = [
        about.user.clone(),
        about.region.clone(),
        about.device_type.clone(),
        about.premises.map(|premises| format!("premises {premises}")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let _ = writeln!(text, "{}  {}", head.name, parts.join(", "));
    if let Some(id) = &about.request_id {
        let _ = writeln!(text, "  request {id}");
    }
    let _ = writeln!(
        text,
        "  trace {}, began {}, took {}{}",
        first.trace,
        SimTime(first.begin_us),
        SimDuration(duration(tree)),
        came_of(head)
    );
    let mut children: BTreeMap<Option<SpanId>, Vec<&SpanRecord>> = BTreeMap::new();
    for span in tree {
        children.entry(span.parent).or_default().push(span);
    }
    for orphaned in children.get(&None).into_iter().flatten() {
        render_children(&children, orphaned.span, first.begin_us, "  ", text);
    }
}

fn render_children(
    children: &BTreeMap<Option<SpanId>, Vec<&SpanRecord>>,
    parent: SpanId,
    origin_us: u64,
    indent: &str,
    text: &mut String,
) {
    let Some(spans) = children.get(&Some(parent)) else {
        return;
    };
    for (place, span) in spans.iter().enumerate() {
        let is_last = place + 1 == spans.len();
        let (branch, below) = if is_last { ("└ ", "  ") } else { ("├ ", "│ ") };
        let name = format!("{indent}{branch}{}", span.name);
        let _ = writeln!(
            text,
            "{name:<34} +{:<12} {:<12} {}{}",
            SimDuration(span.begin_us - origin_us).to_string(),
            SimDuration(span.end_us.saturating_sub(span.begin_us)).to_string(),
            span.participant,
            came_of(span)
        );
        render_children(children, span.span, origin_us, &format!("{indent}{below}"), text);
    }
}

fn came_of(span: &SpanRecord) -> String {
    let attributes = &span.attributes;
    let mut words: Vec<String> = Vec::new();
    words.extend(
        attributes
            .outcome
            .as_ref()
            .map(|outcome| outcome.replace('_', " ")),
    );
    words.extend(attributes.response_code.clone());
    words.extend(
        attributes
            .count
            .filter(|count| *count > 1)
            .map(|count| format!("no. {count}")),
    );
    words.extend(attributes.bytes.map(|bytes| format!("{bytes} B")));
    if span.failed && attributes.outcome.is_none() {
        words.push("failed".to_owned());
    }
    words.extend(attributes.events.iter().map(|event| format!("during “{event}”")));
    if words.is_empty() {
        String::new()
    } else {
        format!("  {}", words.join(", "))
    }
}
