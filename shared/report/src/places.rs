//! Where, and who: the fourteen licence areas as tiles about where they lie, and the Users.

use crate::page::Section;
use crate::source::Source;
use crate::words::{grouped, percent};
use maud::html;
use secnet_model::licence_areas;

/// Column and row of each licence area's tile.
const TILES: [(&str, u8, u8); 14] = [
    ("SHEPD", 2, 1),
    ("SPD", 2, 2),
    ("ENWL", 2, 3),
    ("NPgN", 3, 3),
    ("SPM", 1, 4),
    ("NPgY", 3, 4),
    ("SWALES", 1, 5),
    ("WMID", 2, 5),
    ("EMID", 3, 5),
    ("EPN", 4, 5),
    ("SWEST", 1, 6),
    ("SEPD", 2, 6),
    ("LPN", 3, 6),
    ("SPN", 4, 6),
];

pub(crate) fn section(source: &Source<'_>) -> Option<Section> {
    let rows = &source.run.kpis.service.by_area;
    if rows.is_empty() {
        return None;
    }
    let of = |code: &str| rows.iter().find(|row| row.key.area.as_deref() == Some(code));
    let name = |code: &str| {
        let area = licence_areas().iter().find(|area| area.code == code);
        area.map_or("", |area| area.name)
    };
    let body = html! {
        p { "Requests to devices, by the licence area of their premises: the share that was answered within its target response time, of how many." }
        ul.tiles { @for (code, column, row) in TILES { @if let Some(kpi) = of(code) {
            @let share = kpi.within_target_share.unwrap_or_default();
            li style={"grid-column:" (column) ";grid-row:" (row)} title=(name(code)) {
                strong { (code) } " " span { (percent(kpi.within_target_share)) } " " small { "of " (grouped(kpi.owed_a_response)) }
                span.bar aria-hidden="true" { span style={"width:" (format!("{:.1}", share * 100.0)) "%"} {} }
            }
        } } }
    };
    Some(Section {
        id: "places",
        title: "Where",
        body,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_licence_area_has_a_tile_and_no_two_have_one() {
        let mut codes: Vec<&str> = TILES.iter().map(|(code, _, _)| *code).collect();
        let mut areas: Vec<&str> = licence_areas().iter().map(|area| area.code).collect();
        codes.sort_unstable();
        areas.sort_unstable();
        assert_eq!(codes, areas);
        let mut places: Vec<(u8, u8)> = TILES.iter().map(|(_, column, row)| (*column, *row)).collect();
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), TILES.len());
    }
}
