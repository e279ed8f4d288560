//! Rows of a dot with its interval on a track: services, effects, points of a study.

use maud::{Markup, html};

/// Places are from 0 at the left end to 1 at the right.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) from: f64,
    pub(crate) until: f64,
    /// An open circle besides.
    pub(crate) also: Option<f64>,
    pub(crate) dot: f64,
    pub(crate) is_full: bool,
    /// An upright line.
    pub(crate) mark: Option<f64>,
    pub(crate) words: String,
}

pub(crate) struct Dots {
    pub(crate) rows: Vec<Row>,
}

impl Dots {
    pub(crate) fn render(&self) -> Markup {
        let place = |place: f64| format!("{:.1}", place.clamp(0.0, 1.0) * 100.0);
        html! { div.dots { @for row in &self.rows { div.row {
            div.name { (row.name) }
            div.track aria-hidden="true" {
                @if let Some(mark) = row.mark { span.mark style={"left:" (place(mark)) "%"} {} }
                span.span style={"left:" (place(row.from)) "%;right:calc(100% - " (place(row.until)) "%)"} {}
                @if let Some(also) = row.also { span.dot.hollow style={"left:" (place(also)) "%"} {} }
                span class={"dot" @if !row.is_full { " hollow" }} style={"left:" (place(row.dot)) "%"} {}
            }
            div.figures { (row.words) }
        } } } }
    }
}
