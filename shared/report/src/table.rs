//! Tables that can be sorted, scrolled and read by ear.

use maud::{Markup, html};

/// A cell, with what it is sorted by where its text would not do.
pub(crate) struct Cell {
    text: String,
    sorts_by: Option<f64>,
    marks: Option<bool>,
}

pub(crate) fn text(text: impl Into<String>) -> Cell {
    Cell {
        text: text.into(),
        sorts_by: None,
        marks: None,
    }
}

/// `value` is what it is sorted by: the least where there is none.
pub(crate) fn figure(text: String, value: Option<f64>) -> Cell {
    Cell {
        text,
        sorts_by: Some(value.unwrap_or(-1.0)),
        marks: None,
    }
}

pub(crate) fn count(count: u64) -> Cell {
    figure(crate::words::grouped(count), Some(count as f64))
}

pub(crate) fn share(share: Option<f64>) -> Cell {
    figure(crate::words::percent(share), share)
}

pub(crate) fn seconds(seconds: Option<f64>) -> Cell {
    figure(crate::words::seconds(seconds), seconds)
}

impl Cell {
    /// Set off: as good, or as bad.
    pub(crate) fn marked(mut self, is_good: bool) -> Cell {
        self.marks = Some(is_good);
        self
    }
}

/// The first cell of each row names it.
pub(crate) fn table(caption: &str, titles: &[&str], rows: Vec<Vec<Cell>>) -> Markup {
    html! { div.scroll tabindex="0" role="region" aria-label=(caption) {
        table.sortable {
            caption { (caption) }
            thead { tr { @for title in titles { th scope="col" { (title) } } } }
            tbody { @for row in rows { tr { @for (number, cell) in row.into_iter().enumerate() {
                @let class = cell.marks.map(|is_good| if is_good { "good" } else { "bad" });
                @if number == 0 { th scope="row" data-by=[cell.sorts_by] { (cell.text) } }
                @else { td class=[class] data-by=[cell.sorts_by] { (cell.text) } }
            } } } }
        }
    } }
}
