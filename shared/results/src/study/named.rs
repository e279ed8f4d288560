//! The figures of a run by names that a person can write: `requests.within_target_share`, `vends.response_time_s.p99`,
//! `alerts.delivered@north`, `network.counters.dsp.queue_max`.

use crate::assessment::figures::request_shares;
use crate::assessment::{About, FairShare, Measure, RunFigures, Statistic, Subject, Unit};
use crate::campaigns::CampaignMeasure;
use crate::kpis::KpiKey;
use crate::load::LoadMeasure;
use crate::power::PowerMeasure;
use secnet_engine::{ItemKind, Outcome};
use secnet_model::Region;
use secnet_topology::mend;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a study looks at where it does not say.
pub const DEFAULT_HEADLINE: [&str; 5] = [
    "vends.within_target_share",
    "requests.within_target_share",
    "requests.completed_share",
    "requests.response_time_s.p99",
    "alerts.within_target_share",
];

/// Figures that nodes count: which there are is theirs to say.
const COUNTERS: &str = "network.counters.";
/// And the name of one of the scenario's: `campaigns.esme-2026.days_to_90_percent`.
const CAMPAIGNS: &str = "campaigns.";

#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    pub value: f64,
    pub unit: Unit,
}

/// Those of a run that have such a name.
pub(super) fn figures(run: &RunFigures) -> BTreeMap<String, Figure> {
    let named = run.values.iter().filter_map(|((subject, measure), value)| {
        let figure = Figure {
            value: *value,
            unit: measure.unit(),
        };
        Some((name(subject, measure)?, figure))
    });
    named.collect()
}

fn name(subject: &Subject, measure: &Measure) -> Option<String> {
    let region = subject.key.region.clone();
    let everywhere = KpiKey {
        region: None,
        ..subject.key.clone()
    };
    if subject.about == About::Campaigns {
        let campaign = subject.key.campaign.as_ref()?;
        let place = region.map(|region| format!("@{region}")).unwrap_or_default();
        return Some(format!("{CAMPAIGNS}{campaign}.{measure}{place}"));
    }
    let group = match subject.about {
        About::Requests if everywhere == Subject::vends().key => "vends",
        _ if everywhere != KpiKey::default() => return None,
        About::Requests => "requests",
        About::Alerts => "alerts",
        About::Faults => "faults",
        About::Network => "network",
        About::Campaigns => return None,
    };
    let place = region.map(|region| format!("@{region}")).unwrap_or_default();
    Some(format!("{group}.{measure}{place}"))
}

/// What is wrong with a name: nobody should learn it after a night of runs.
pub fn problem_of(name: &str) -> Option<String> {
    let (plain, region) = match name.split_once('@') {
        Some((plain, region)) => (plain, Some(region)),
        None => (name, None),
    };
    if let Some(region) = region
        && !Region::ALL.iter().any(|known| known.name() == region)
    {
        let known = Region::ALL.map(Region::name).join(", ");
        return Some(format!(
            "`{name}`: there is no region `{region}`; there are {known}"
        ));
    }
    if let Some((campaign, measure)) = plain.strip_prefix(CAMPAIGNS).and_then(|of| of.rsplit_once('.')) {
        let known = CampaignMeasure::ALL.map(CampaignMeasure::name);
        let is_known = known.contains(&measure) && !campaign.is_empty();
        return (!is_known).then(|| {
            format!(
                "`{name}` is no measure of a campaign{}",
                mend(measure, known.into_iter())
            )
        });
    }
    let known = known();
    if plain.starts_with(COUNTERS) || known.iter().any(|known| known == plain) {
        return None;
    }
    let mend = mend(plain, known.iter().map(String::as_str));
    Some(format!(
        "`{name}` is no measure{mend} What nodes count is `{COUNTERS}` and a name of `ledger.json`'s counters"
    ))
}

fn known() -> Vec<String> {
    let of = |group: &'static str| move |measure: Measure| format!("{group}.{measure}");
    let requests = || {
        let outcomes = Outcome::ALL.iter().copied().map(Measure::Ended);
        let times = Statistic::ALL.map(Measure::ResponseTime);
        request_shares()
            .chain(times)
            .chain([Measure::Requests, Measure::Retries])
            .chain(outcomes)
    };
    let fairness =
        [FairShare::WithinTarget, FairShare::Completed, FairShare::Entitled].map(Measure::Fairness);
    let alerts = [
        Measure::Delivered,
        Measure::DeliveredWithinTarget,
        Measure::Consolidated,
        Measure::SpokenFor,
    ];
    let alerts = alerts
        .into_iter()
        .chain(Statistic::ALL.map(Measure::DeliveryTime));
    let network = ItemKind::ALL.iter().flat_map(|kind| {
        let closed = Outcome::ALL
            .iter()
            .map(|outcome| Measure::Closed(*kind, *outcome));
        [Measure::Opened(*kind), Measure::InFlight(*kind)]
            .into_iter()
            .chain(closed)
    });
    let mut names: Vec<String> = requests().map(of("vends")).collect();
    names.extend(requests().chain(fairness).map(of("requests")));
    names.extend(alerts.map(of("alerts")));
    names.extend(PowerMeasure::ALL.map(Measure::Power).map(of("faults")));
    names.extend(network.map(of("network")));
    names.extend(LoadMeasure::all().map(Measure::Load).map(of("network")));
    names
}
