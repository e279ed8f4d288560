//! What a comparison begins with: the measures an assessment takes for its headline, whatever they show, as far as a run's folder
//! has them.

use crate::assessment::rendering::{amount, signed};
use crate::assessment::{Unit, VEND};
use crate::kpis::{AlertKpi, Kpis, ServiceKpi};
use crate::load::LoadMeasure;
use crate::measure::Quantiles;
use crate::power::PowerMeasure;
use secnet_accounts::ServiceMode;
use secnet_accounts::load::Resource;
use serde::Serialize;
use std::fmt;

/// One of the measures in either run.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct HeadlineMeasure {
    pub measure: &'static str,
    pub unit: Unit,
    /// `None` where the run had nothing to measure.
    pub a: Option<f64>,
    pub b: Option<f64>,
}

type Named = (&'static str, Unit, Option<f64>);

/// Those that at least one of the runs has.
pub(super) fn headline(a: &Kpis, b: &Kpis) -> Vec<HeadlineMeasure> {
    let measures = measures(a).into_iter().zip(measures(b));
    let measures = measures.map(|((measure, unit, a), (_, _, b))| HeadlineMeasure { measure, unit, a, b });
    measures
        .filter(|row| row.a.is_some() || row.b.is_some())
        .collect()
}

fn measures(kpis: &Kpis) -> [Named; 14] {
    let is_vend = |row: &&ServiceKpi| {
        row.key.srv.as_deref() == Some(VEND) && row.key.mode == Some(ServiceMode::OnDemand)
    };
    let vends = kpis.service.by_srv.iter().find(is_vend);
    let (all, alerts): (&ServiceKpi, &AlertKpi) = (&kpis.service.overall, &kpis.alerts.overall);
    let faults = kpis.power.as_ref().and_then(|power| power.all_in(None));
    let told = |words: &'static str, measure: PowerMeasure| {
        (words, Unit::Share, faults.and_then(|row| measure.of(row)))
    };
    let p99 = |quantiles: Option<Quantiles>| quantiles.map(|quantiles| quantiles.p99);
    [
        (
            "vends within target",
            Unit::Share,
            vends.and_then(|row| row.within_target_share),
        ),
        (
            "vends completed",
            Unit::Share,
            vends.and_then(|row| row.completed_share),
        ),
        (
            "vends' response time, p99",
            Unit::Seconds,
            vends.and_then(|row| p99(row.response_time_s)),
        ),
        ("requests within target", Unit::Share, all.within_target_share),
        ("requests completed", Unit::Share, all.completed_share),
        (
            "requests completed at first attempt",
            Unit::Share,
            all.first_attempt_share,
        ),
        (
            "requests' response time, p99",
            Unit::Seconds,
            p99(all.response_time_s),
        ),
        ("alerts within target", Unit::Share, alerts.within_target_share),
        (
            "alerts' delivery time, p99",
            Unit::Seconds,
            p99(alerts.delivery_time_s),
        ),
        told("outages told in 60 s", PowerMeasure::OutagesWithin60s),
        told("faults known in 5 min", PowerMeasure::FaultsKnownWithin5Min),
        told("restorations told in 60 s", PowerMeasure::RestorationsWithin60s),
        (
            "DSP's servers busy at their peak",
            Unit::Share,
            LoadMeasure::peak(Resource::Dsp).of(&kpis.load),
        ),
        (
            "CSPs' busiest cell",
            Unit::Share,
            kpis.load.busiest_cell().map(|cell| cell.share),
        ),
    ]
}

/// As a line of the table, under its titles.
impl fmt::Display for HeadlineMeasure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figure = |value: Option<f64>| value.map_or("–".to_owned(), |value| amount(self.unit, value));
        let (a, b) = (figure(self.a), figure(self.b));
        write!(f, "{:<37} {a:>12} {b:>12}", self.measure)?;
        match self.a.zip(self.b) {
            Some((a, b)) if a == b => write!(f, "  {:>14}", "="),
            Some((a, b)) => write!(f, "  {:>14}", signed(self.unit, b - a)),
            None => Ok(()),
        }
    }
}

impl HeadlineMeasure {
    /// A value of it as a person would write it.
    pub fn amount(&self, value: f64) -> String {
        amount(self.unit, value)
    }

    /// A difference of two, with its sign.
    pub fn signed(&self, difference: f64) -> String {
        signed(self.unit, difference)
    }

    pub(super) const TITLES: &str =
        "Headline                                           A            B      difference";
}
