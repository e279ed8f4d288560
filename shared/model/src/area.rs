//! The fourteen electricity distribution licence areas of Great Britain (`data/dno_licence_areas.csv`).

use crate::{Region, csv};
use std::sync::LazyLock;

/// One of the fourteen electricity distribution areas of Great Britain (`data/dno_licence_areas.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct LicenceArea {
    /// First two digits of the area's MPANs.
    pub mpan_prefix: u8,
    /// The area's name in words.
    pub name: &'static str,
    /// Short name of the licence, `EPN` for Eastern England.
    pub code: &'static str,
    /// The company that holds the licence.
    pub group: &'static str,
    /// Electricity customers, in millions (domain.md §7.4).
    pub customers_millions: f64,
    /// The CSP region it lies in.
    pub region: Region,
}

const DATA: &str = include_str!("../data/dno_licence_areas.csv");

/// All fourteen, in the order of their MPAN prefixes.
pub fn licence_areas() -> &'static [LicenceArea] {
    static AREAS: LazyLock<Vec<LicenceArea>> = LazyLock::new(|| match parse(DATA) {
        Ok(areas) => areas,
        Err(problem) => unreachable!("data/dno_licence_areas.csv is tested: {problem}"),
    });
    &AREAS
}

fn parse(text: &'static str) -> Result<Vec<LicenceArea>, String> {
    let mut areas = Vec::new();
    for row in csv::rows(text, 6)? {
        areas.push(LicenceArea {
            mpan_prefix: row[0].parse().map_err(|e| format!("{}: {e}", row[0]))?,
            name: row[1],
            code: row[2],
            group: row[3],
            customers_millions: row[4].parse().map_err(|e| format!("{}: {e}", row[4]))?,
            region: Region::from_name(row[5]).ok_or_else(|| format!("no CSP region {}", row[5]))?,
        });
    }
    Ok(areas)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fourteen_areas_sum_to_the_published_customers_of_each_region() {
        assert_eq!(licence_areas().len(), 14);
        let millions = |region| -> f64 {
            licence_areas()
                .iter()
                .filter(|a| a.region == region)
                .map(|a| a.customers_millions)
                .sum()
        };
        for (region, expected) in [
            (Region::North, 9.1),
            (Region::Central, 11.4),
            (Region::South, 9.4),
        ] {
            assert!((millions(region) - expected).abs() < 1e-9, "{region}");
        }
    }
}
