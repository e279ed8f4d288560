//! Outages of the electricity network, and firmware campaigns, where there were any.

use crate::page::Section;
use crate::source::Source;
use crate::table::{self, Cell, table};
use crate::words::{NONE, moment, percent, plain};
use maud::html;
use secnet_results::campaigns::CampaignKpi;
use secnet_results::power::PowerKpi;

/// Faults listed: those with most meters out.
const FAULTS: usize = 20;

pub(crate) fn section(source: &Source<'_>) -> Option<Section> {
    let (power, campaigns) = (&source.run.kpis.power, &source.run.kpis.campaigns);
    if power.is_none() && campaigns.is_empty() {
        return None;
    }
    let body = html! {
        @if let Some(power) = power {
            (table("What the DNOs knew of faults", &["", "faults", "known", "known within 5 min", "meters out", "told of", "told within 60 s", "restorations told within 60 s"],
                power.rows.iter().map(faults).collect()))
            (table("The largest faults", &["", "area", "meters out", "outage alerts that arrived", "the DNO first knew"], largest(source)))
        }
        @if !campaigns.is_empty() {
            (table("Firmware campaigns", &["", "devices", "at their hub", "run it", "of those listed", "half after", "90 % after", "99 % after", "others ended as"],
                campaigns.iter().map(campaign).collect()))
        }
    };
    Some(Section {
        id: "power",
        title: "Outages and firmware",
        body,
    })
}

fn faults(row: &PowerKpi) -> Vec<Cell> {
    let whose = row.region.as_deref().unwrap_or("all regions");
    let size = row.meters.as_deref().map_or("all sizes".to_owned(), plain);
    vec![
        table::text(format!("{whose}, {size}")),
        table::count(row.faults),
        table::share(row.faults_known_share),
        table::share(row.faults_known_within_5_min_share),
        table::count(row.meters_out),
        table::share(row.outage_alerts_delivered_share),
        table::share(row.outage_alerts_within_60_s_share),
        table::share(row.restoration_alerts_within_60_s_share),
    ]
}

fn largest(source: &Source<'_>) -> Vec<Vec<Cell>> {
    let mut outages: Vec<_> = source
        .run
        .outages
        .iter()
        .filter(|outage| outage.meters_out > 0)
        .collect();
    outages.sort_by_key(|outage| (std::cmp::Reverse(outage.meters_out), outage.fault));
    let row = |outage: &&secnet_results::Outage| {
        let known_after = outage
            .first_known_us
            .map(|at| at.saturating_sub(outage.begins_us));
        vec![
            table::text(format!(
                "fault {}: {}, from {}",
                outage.fault,
                outage.event,
                moment(outage.begins_us)
            )),
            table::text(outage.area.clone()),
            table::count(outage.meters_out.into()),
            table::count(outage.outage.delivered.into()),
            table::figure(
                known_after.map_or("never".to_owned(), |after| format!("after {}", moment(after))),
                known_after.map(|after| after as f64),
            ),
        ]
    };
    outages.iter().take(FAULTS).map(row).collect()
}

fn campaign(row: &CampaignKpi) -> Vec<Cell> {
    let days =
        |days: Option<f64>| table::figure(days.map_or(NONE.to_owned(), |days| format!("{days:.2} d")), days);
    let others = row
        .outcomes
        .iter()
        .filter(|(name, count)| **count > 0 && *name != "completed");
    let others: Vec<String> = others
        .map(|(name, count)| format!("{} {}", crate::words::grouped(*count), plain(name)))
        .collect();
    let region = row.region.as_deref().unwrap_or("all regions");
    vec![
        table::text(format!("{}, {} in {region}", row.campaign, row.device)),
        table::count(row.devices),
        table::count(row.at_hub),
        table::count(row.updated),
        table::figure(percent(row.updated_share), row.updated_share),
        days(row.days_to_50_percent),
        days(row.days_to_90_percent),
        days(row.days_to_99_percent),
        table::text(if others.is_empty() {
            NONE.to_owned()
        } else {
            others.join(", ")
        }),
    ]
}
