//! What each table has, in words: `docs/data.md`.

use super::columns::{ColumnFacts, Row, Sort};
use super::rows::{
    AlertRow, CampaignDayRow, CampaignFateRow, CampaignRow, EventRow, FirmwareCellRow, HistogramRow, ItemRow,
    KpiRow, LinkRow, OutageRow, SeriesRow, SpanRow, UserSeriesRow,
};
use std::fmt::Write;

pub(super) struct TableFacts {
    pub(super) name: &'static str,
    about: &'static [&'static str],
    columns: &'static [ColumnFacts],
}

impl TableFacts {
    fn of<R: Row>() -> TableFacts {
        TableFacts {
            name: R::NAME,
            about: R::ABOUT,
            columns: R::COLUMNS,
        }
    }
}

pub(super) fn all() -> Vec<TableFacts> {
    vec![
        TableFacts::of::<SeriesRow>(),
        TableFacts::of::<UserSeriesRow>(),
        TableFacts::of::<AlertRow>(),
        TableFacts::of::<LinkRow>(),
        TableFacts::of::<KpiRow>(),
        TableFacts::of::<HistogramRow>(),
        TableFacts::of::<ItemRow>(),
        TableFacts::of::<SpanRow>(),
        TableFacts::of::<EventRow>(),
        TableFacts::of::<OutageRow>(),
        TableFacts::of::<CampaignRow>(),
        TableFacts::of::<CampaignDayRow>(),
        TableFacts::of::<CampaignFateRow>(),
        TableFacts::of::<FirmwareCellRow>(),
    ]
}

/// The whole of `docs/data.md`: a section a table, a line a column.
pub fn dictionary() -> String {
    let mut text = include_str!("page.md").to_owned();
    for TableFacts { name, about, columns } in all() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "### `tables/{name}.parquet`\n\n{}\n", about.concat().trim());
        let _ = writeln!(text, "| Column | Type | Unit | |\n|---|---|---|---|");
        for facts in columns {
            let sort = match facts.sort {
                Sort::Integer => "INT64",
                Sort::Number => "DOUBLE",
                Sort::Text => "STRING",
                Sort::Truth => "BOOLEAN",
                Sort::Instant => "TIMESTAMP(µs)",
            };
            let optional = if facts.is_optional { ", may be absent" } else { "" };
            let (name, unit, about) = (facts.name, facts.unit(), facts.about());
            let _ = writeln!(text, "| `{name}` | {sort}{optional} | {unit} | {about} |");
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}
