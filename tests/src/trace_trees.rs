//! What is promised of traces: each is one connected tree, parents before children.

use secnet_results::Traces;
use secnet_results::traces::SpanRecord;
use std::collections::BTreeMap;

/// `Err` names the first span that breaks the promise.
pub fn are_trees(traces: &Traces) -> Result<(), String> {
    if traces.dropped > 0 {
        return Err(format!("{} spans were dropped", traces.dropped));
    }
    traces.trees().try_for_each(is_tree)
}

fn is_tree(spans: &[SpanRecord]) -> Result<(), String> {
    let mut by_id = BTreeMap::new();
    for span in spans {
        if let Some(other) = by_id.insert(span.span, span) {
            return Err(format!("two spans have one id:\n{span:?}\n{other:?}"));
        }
    }
    let roots = spans.iter().filter(|span| span.is_root()).count();
    if roots != 1 {
        return Err(format!("{roots} roots: {spans:#?}"));
    }
    for span in spans {
        let Some(parent) = span.parent else { continue };
        match by_id.get(&parent) {
            None => return Err(format!("an orphan: {span:?} among {spans:#?}")),
            Some(parent) if parent.begin_us > span.begin_us => {
                return Err(format!("a child before its parent:\n{span:?}\n{parent:?}"));
            }
            Some(_) if span.end_us < span.begin_us => return Err(format!("ends before it begins: {span:?}")),
            Some(_) => {}
        }
    }
    Ok(())
}
