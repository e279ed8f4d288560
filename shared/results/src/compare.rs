//! What differs between two runs: the measures that count first, then whatever else does, the largest difference first.

mod headline;

pub use headline::HeadlineMeasure;

use crate::kpis::{AlertKpi, KpiKey, Kpis, ServiceKpi};
use crate::run_folder::LoadedRun;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt;

/// Differences of each sort that fit a screen with all others.
const SHOWN_MAX: usize = 10;

/// The differences of run B from run A.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Comparison {
    pub a: String,
    pub b: String,
    pub ledger_digests: (String, String),
    pub kpis_digests: (String, String),
    /// Where both runs sampled items.
    pub traces_digests: Option<(String, String)>,
    /// Spans that did not fit: what they said is not in the digests.
    pub spans_dropped: (u64, u64),
    pub standings: (Standing, Standing),
    /// What each was run by; empty where the run does not say.
    pub commits: (String, String),
    /// What a reader looks for first, whatever it shows.
    pub headline: Vec<HeadlineMeasure>,
    pub scenario: Vec<Difference>,
    pub ledger: Vec<Difference>,
    /// The largest first, relative to the larger of the two values.
    pub kpis: Vec<KpiDifference>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Difference {
    /// `csp.north.loss`, `outcomes.service_request.completed`.
    pub key: String,
    /// `None` where the run has no such key.
    pub a: Option<String>,
    pub b: Option<String>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct KpiDifference {
    /// Which requests or alerts.
    pub row: String,
    /// `response_time_s.p99`
    pub measure: String,
    pub a: Option<f64>,
    pub b: Option<f64>,
}

impl Comparison {
    /// Whether the two runs had the same results. Their scenarios may differ all the same, in hosting for one.
    pub fn is_same(&self) -> bool {
        let traces = self.traces_digests.as_ref();
        self.standings.0 == self.standings.1
            && self.ledger_digests.0 == self.ledger_digests.1
            && self.kpis_digests.0 == self.kpis_digests.1
            && traces.is_none_or(|(a, b)| a == b && self.spans_dropped.0 == self.spans_dropped.1)
    }
}

/// What no digest says of a run: whether its results may be relied on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Standing {
    pub balanced: bool,
    pub complete: bool,
    /// Broken contracts of the engine.
    pub violations: u64,
}

impl Standing {
    fn of(run: &LoadedRun) -> Standing {
        Standing {
            balanced: run.ledger.balanced,
            complete: run.ledger.complete,
            violations: run.ledger.violations.total(),
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = |is: bool| if is { "" } else { "not " };
        write!(
            f,
            "{}balanced, {}complete, {} broken invariants",
            not(self.balanced),
            not(self.complete),
            self.violations
        )
    }
}

impl KpiDifference {
    /// 0 to 1 for values of one sign; 1 where one of the two is missing.
    pub fn relative_size(&self) -> f64 {
        match (self.a, self.b) {
            (Some(a), Some(b)) => (a - b).abs() / a.abs().max(b.abs()),
            _ => 1.0,
        }
    }

    fn absolute_size(&self) -> f64 {
        (self.a.unwrap_or(0.0) - self.b.unwrap_or(0.0)).abs()
    }
}

pub fn compare(a: &LoadedRun, b: &LoadedRun) -> Comparison {
    Comparison {
        a: a.path.display().to_string(),
        b: b.path.display().to_string(),
        ledger_digests: (a.ledger.digest.clone(), b.ledger.digest.clone()),
        kpis_digests: (a.kpis.digest.clone(), b.kpis.digest.clone()),
        traces_digests: a
            .traces
            .as_ref()
            .zip(b.traces.as_ref())
            .map(|(a, b)| (a.digest.clone(), b.digest.clone())),
        spans_dropped: (spans_dropped(a), spans_dropped(b)),
        standings: (Standing::of(a), Standing::of(b)),
        commits: (a.manifest.secnet_commit.clone(), b.manifest.secnet_commit.clone()),
        headline: headline::headline(&a.kpis, &b.kpis),
        scenario: differences(&json!(a.scenario), &json!(b.scenario)),
        ledger: differences(&ledger_content(a), &ledger_content(b)),
        kpis: kpi_differences(&a.kpis, &b.kpis),
    }
}

fn spans_dropped(run: &LoadedRun) -> u64 {
    run.traces.as_ref().map_or(0, |traces| traces.dropped)
}

fn ledger_content(run: &LoadedRun) -> Value {
    let ledger = &run.ledger;
    json!({
        "balanced": ledger.balanced,
        "complete": ledger.complete,
        "ended_at_us": ledger.ended_at_us,
        "outcomes": ledger.outcomes,
        "counters": ledger.counters,
        "fingerprint": ledger.fingerprint,
    })
}

fn differences(a: &Value, b: &Value) -> Vec<Difference> {
    let (mut leaves_a, mut leaves_b) = (BTreeMap::new(), BTreeMap::new());
    collect_leaves(a, "", &mut leaves_a);
    collect_leaves(b, "", &mut leaves_b);
    pairs(leaves_a, leaves_b)
        .map(|(key, a, b)| Difference { key, a, b })
        .collect()
}

/// The keys at which two maps differ, ascending.
fn pairs<V: PartialEq>(
    a: BTreeMap<String, V>,
    mut b: BTreeMap<String, V>,
) -> impl Iterator<Item = (String, Option<V>, Option<V>)> {
    let mut joined = BTreeMap::new();
    for (key, of_a) in a {
        let of_b = b.remove(&key);
        joined.insert(key, (Some(of_a), of_b));
    }
    joined.extend(b.into_iter().map(|(key, of_b)| (key, (None, Some(of_b)))));
    joined
        .into_iter()
        .filter(|(_, (a, b))| a != b)
        .map(|(key, (a, b))| (key, a, b))
}

fn collect_leaves(value: &Value, path: &str, leaves: &mut BTreeMap<String, String>) {
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match value {
        Value::Object(fields) => {
            fields
                .iter()
                .for_each(|(name, field)| collect_leaves(field, &below(name), leaves));
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (position, item) in items.iter().enumerate() {
                // By name where it has one, so that an entry more does not shift all that follow.
                let name = item.get("name").and_then(Value::as_str);
                collect_leaves(item, &below(name.unwrap_or(&position.to_string())), leaves);
            }
        }
        Value::String(text) => {
            leaves.insert(path.to_owned(), text.clone());
        }
        other => {
            leaves.insert(path.to_owned(), other.to_string());
        }
    }
}

fn kpi_differences(a: &Kpis, b: &Kpis) -> Vec<KpiDifference> {
    let (rows_a, rows_b) = (measures(a), measures(b));
    let empty = BTreeMap::new();
    let mut found: Vec<KpiDifference> = Vec::new();
    let names: std::collections::BTreeSet<&String> = rows_a.keys().chain(rows_b.keys()).collect();
    for row in names {
        let of = |rows: &BTreeMap<String, BTreeMap<String, f64>>| rows.get(row).unwrap_or(&empty).clone();
        let of_row = pairs(of(&rows_a), of(&rows_b));
        found.extend(of_row.map(|(measure, a, b)| KpiDifference {
            row: row.clone(),
            measure,
            a,
            b,
        }));
    }
    // The sort is stable: equal sizes stay in the order of their rows.
    found.sort_by(|x, y| {
        let sizes = |d: &KpiDifference| (d.relative_size(), d.absolute_size());
        let ((relative_x, absolute_x), (relative_y, absolute_y)) = (sizes(x), sizes(y));
        relative_y
            .total_cmp(&relative_x)
            .then(absolute_y.total_cmp(&absolute_x))
    });
    found
}

/// All numbers of all rows.
fn measures(kpis: &Kpis) -> BTreeMap<String, BTreeMap<String, f64>> {
    let service = &kpis.service;
    let service_rows = [
        &service.by_srv,
        &service.by_user,
        &service.by_region,
        &service.by_area,
        &service.by_device,
        &service.classes,
        &service.places,
    ];
    let alert_rows = [
        &kpis.alerts.by_alert,
        &kpis.alerts.by_user,
        &kpis.alerts.by_region,
        &kpis.alerts.classes,
    ];
    let service_rows = service_rows.into_iter().flatten().chain([&service.overall]);
    let alert_rows = alert_rows.into_iter().flatten().chain([&kpis.alerts.overall]);
    let of_service = |row: &ServiceKpi| (row_name("requests", &row.key), numbers(row));
    let of_alerts = |row: &AlertKpi| (row_name("alerts", &row.key), numbers(row));
    let fault_rows = kpis.power.iter().flat_map(|power| &power.rows).map(|row| {
        let place = row.region.as_deref().unwrap_or("all");
        let meters = row.meters.as_ref().map(|meters| format!(", {meters}"));
        let name = format!("faults: {place}{}", meters.unwrap_or_default());
        (name, numbers(row))
    });
    let campaign_rows = kpis.campaigns.iter().map(|row| {
        let place = row.region.as_deref().unwrap_or("all");
        (format!("firmware: {}, {place}", row.campaign), numbers(row))
    });
    let load_rows = kpis.load.resources.iter();
    let load_rows = load_rows.map(|row| (format!("load: {} {}", row.of, row.what), numbers(row)));
    service_rows
        .map(of_service)
        .chain(alert_rows.map(of_alerts))
        .chain(fault_rows)
        .chain(campaign_rows)
        .chain(load_rows)
        .collect()
}

fn row_name(what: &str, key: &KpiKey) -> String {
    format!("{what}: {key}")
}

fn numbers(row: &impl Serialize) -> BTreeMap<String, f64> {
    fn collect(fields: &Map<String, Value>, path: &str, numbers: &mut BTreeMap<String, f64>) {
        for (name, value) in fields {
            let name = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            };
            match value {
                Value::Object(fields) => collect(fields, &name, numbers),
                value => numbers.extend(value.as_f64().map(|number| (name, number))),
            }
        }
    }
    let mut numbers = BTreeMap::new();
    if let Some(fields) = json!(row).as_object() {
        collect(fields, "", &mut numbers);
    }
    numbers
}

/// In words, as much of it as fits a screen.
impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, SHOWN_MAX)
    }
}

/// In words, with every difference there is.
pub struct InFull<'a>(pub &'a Comparison);

impl fmt::Display for InFull<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(f, usize::MAX)
    }
}

impl Comparison {
    fn write(&self, f: &mut fmt::Formatter<'_>, shown_max: usize) -> fmt::Result {
        writeln!(f, "A  {}", self.a)?;
        writeln!(f, "B  {}", self.b)?;
        write_digests(f, "Ledger", &self.ledger_digests)?;
        write_digests(f, "KPIs", &self.kpis_digests)?;
        if let Some(digests) = &self.traces_digests {
            write_digests(f, "Traces", digests)?;
            let (a, b) = self.spans_dropped;
            if a != b {
                writeln!(f, "Traces are cut off: A lacks {a} spans, B {b}")?;
            }
        }
        let (a, b) = self.standings;
        if a != b {
            writeln!(f, "A is {a}\nB is {b}")?;
        }
        let (a, b) = &self.commits;
        if a != b && !a.is_empty() && !b.is_empty() {
            writeln!(f, "Other code: A was run by secnet {a}, B by {b}")?;
        }
        if !self.is_same() && !self.headline.is_empty() {
            writeln!(f, "\n{}", HeadlineMeasure::TITLES)?;
            write_some(f, &self.headline, usize::MAX)?;
        }
        write_section(f, "Scenario", &self.scenario, shown_max)?;
        write_section(f, "Ledger", &self.ledger, shown_max)?;
        let order = "the largest first";
        write_section(
            f,
            &format!("KPIs: {} differ, {order}", self.kpis.len()),
            &self.kpis,
            shown_max,
        )?;
        f.write_str("\n")?;
        f.write_str(if self.is_same() {
            "The results are the same.\n"
        } else {
            "The results differ.\n"
        })
    }
}

fn write_digests(f: &mut fmt::Formatter<'_>, what: &str, (a, b): &(String, String)) -> fmt::Result {
    let short = |digest: &str| digest.chars().take(16).collect::<String>();
    match a == b {
        true => writeln!(f, "{what:<6} digest equal   {}", short(a)),
        false => writeln!(f, "{what:<6} digest differs {} → {}", short(a), short(b)),
    }
}

fn write_section<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    lines: &[T],
    shown_max: usize,
) -> fmt::Result {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n{title}")?;
    write_some(f, lines, shown_max)
}

fn write_some<T: fmt::Display>(f: &mut fmt::Formatter<'_>, lines: &[T], shown_max: usize) -> fmt::Result {
    for line in lines.iter().take(shown_max) {
        writeln!(f, "  {line}")?;
    }
    match lines.len().saturating_sub(shown_max) {
        0 => Ok(()),
        more => writeln!(f, "  … and {more} more; --all shows them"),
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "(absent)".to_owned());
        write!(f, "{}  {} → {}", self.key, text(&self.a), text(&self.b))
    }
}

impl fmt::Display for KpiDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |value: Option<f64>| value.map_or("(absent)".to_owned(), |value| value.to_string());
        write!(
            f,
            "{}  {}  {} → {}",
            self.row,
            self.measure,
            text(self.a),
            text(self.b)
        )?;
        match (self.a, self.b) {
            (Some(a), Some(b)) if a != 0.0 => write!(f, "  ({:+.1} %)", (b - a) / a * 100.0),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Manifest, RunOutcome, sample};
    use expect_test::expect;
    use secnet_accounts::alerts::Arrived;
    use secnet_accounts::{Ended, MorningHours, ServiceKey, ServiceMode};
    use secnet_engine::{ItemKind, Outcome};
    use secnet_model::{Region, ResponseCode, SimDuration, SimTime, Srv, UserId};

    fn loaded(name: &str, run: &RunOutcome) -> LoadedRun {
        let report = run.report();
        LoadedRun {
            path: format!("runs/{name}").into(),
            seal: crate::seal::Seal::of(Default::default()),
            scenario: toml::Table::try_from(&run.scenario).unwrap(),
            manifest: Manifest::default(),
            ledger: report.ledger,
            kpis: report.kpis,
            outages: Vec::new(),
            traces: None,
        }
    }

    #[test]
    fn runs_that_differ_in_hosting_alone_are_the_same() {
        let mut other = sample::run_in_other_shards();
        other.scenario.hosting.premises_shards = 3;
        let comparison = compare(&loaded("a", &sample::run()), &loaded("b", &other));
        assert!(comparison.is_same());
        expect![[r#"
            A  runs/a
            B  runs/b
            Ledger digest equal   619abeca2b8ef3d7
            KPIs   digest equal   a1c47296bdfddf80

            Scenario
              hosting.premises_shards  1 → 3

            The results are the same.
        "#]]
        .assert_eq(&comparison.to_string());
    }

    #[test]
    fn runs_of_other_code_are_said_to_be() {
        let of = |commit: &str| {
            let mut run = loaded("a", &sample::run());
            run.manifest.secnet_commit = commit.to_owned();
            run
        };
        let comparison = compare(&of("685e26918f0c"), &of("68b209f40a1e with changes"));
        let expected = "Other code: A was run by secnet 685e26918f0c, B by 68b209f40a1e with changes\n";
        assert!(comparison.is_same() && comparison.to_string().contains(expected));
        // One that was run before commits were kept.
        let comparison = compare(&of("685e26918f0c"), &of(""));
        assert!(!comparison.to_string().contains("Other code"));
    }

    #[test]
    fn a_run_that_does_not_balance_or_is_incomplete_is_not_the_same_and_it_says_why() {
        let whole = loaded("a", &sample::run());
        let other = |change: fn(&mut LoadedRun)| {
            let mut other = loaded("b", &sample::run());
            change(&mut other);
            compare(&whole, &other)
        };
        for (comparison, why) in [
            (
                other(|run| run.ledger.balanced = false),
                "B is not balanced, complete, 0 broken invariants",
            ),
            (
                other(|run| run.ledger.complete = false),
                "B is balanced, not complete, 0 broken invariants",
            ),
            (
                other(|run| run.ledger.violations.promise_broken = 2),
                "B is balanced, complete, 2 broken invariants",
            ),
        ] {
            let text = comparison.to_string();
            assert!(!comparison.is_same() && text.contains(why), "{text}");
            assert!(text.contains("A is balanced, complete, 0 broken"), "{text}");
        }
    }

    #[test]
    fn traces_that_are_cut_off_are_not_equal_to_whole_ones() {
        let with_traces = |name: &str, dropped: u64| LoadedRun {
            traces: Some(crate::TracesSummary {
                digest: "d".to_owned(),
                dropped,
                ..crate::TracesSummary::default()
            }),
            ..loaded(name, &sample::run())
        };
        assert!(compare(&with_traces("a", 0), &with_traces("b", 0)).is_same());
        let comparison = compare(&with_traces("a", 0), &with_traces("b", 3));
        let text = comparison.to_string();
        assert!(!comparison.is_same());
        assert!(
            text.contains("Traces are cut off: A lacks 0 spans, B 3"),
            "{text}"
        );
    }

    #[test]
    fn one_request_more_shows_where_it_made_a_difference() {
        let mut other = sample::run();
        other.scenario.csp.north.loss = 0.02;
        let account = &mut other.accounts[1].1;
        account.ledger.open(ItemKind::ServiceRequest);
        account
            .ledger
            .close(ItemKind::ServiceRequest, Outcome::Completed, [1, 1], SimTime(5));
        let key = ServiceKey {
            srv: Srv::from_number("8.2").unwrap(),
            mode: ServiceMode::NonDevice,
            user: UserId(0),
            region: None,
        };
        account
            .service
            .opened(key, None, SimTime::ZERO, MorningHours::default());
        let ended = Ended {
            outcome: Outcome::Completed,
            code: ResponseCode::I0,
            asked_at: SimTime::ZERO,
            response_time: SimDuration::from_millis(340),
            attempts: 1,
            in_time_for: MorningHours::default(),
        };
        account.service.ended(key, None, ended);
        let comparison = compare(&loaded("a", &sample::run()), &loaded("b", &other));
        assert!(!comparison.is_same());
        assert!(
            comparison
                .kpis
                .is_sorted_by(|x, y| x.relative_size() >= y.relative_size())
        );
        expect![[r#"
            A  runs/a
            B  runs/b
            Ledger digest differs 619abeca2b8ef3d7 → 5fba418a5aecf76e
            KPIs   digest differs a1c47296bdfddf80 → f5ca96701514b9c2

            Headline                                           A            B      difference
              requests within target                     66.66 %      71.42 %    +4.76 points
              requests completed                         71.42 %         75 %    +3.57 points
              requests completed at first attempt        57.14 %      62.50 %    +5.36 points
              requests' response time, p99                  31 s         31 s               =
              alerts within target                          50 %         50 %               =
              alerts' delivery time, p99                    70 s         70 s               =
              DSP's servers busy at their peak              50 %         50 %               =
              CSPs' busiest cell                            90 %         90 %               =

            Scenario
              csp.north.loss  0.01 → 0.02

            Ledger
              fingerprint  fef8dfcbca81c726888c77c18791c836 → c663c8297695f256a68dff695bf34e79
              outcomes.service_request.completed  4 → 5
              outcomes.service_request.opened  6 → 7

            KPIs: 60 differ, the largest first
              requests: Alba Energy  response_time_s.p50  6.258687 → 2.506751  (-59.9 %)
              requests: all  response_time_s.p50  6.258687 → 2.506751  (-59.9 %)
              requests: 8.2 non_device  attempts  1 → 2  (+100.0 %)
              requests: 8.2 non_device  codes.I0  1 → 2  (+100.0 %)
              requests: 8.2 non_device  outcomes.completed  1 → 2  (+100.0 %)
              requests: 8.2 non_device  owed_a_response  1 → 2  (+100.0 %)
              requests: 8.2 non_device  requests  1 → 2  (+100.0 %)
              requests: 8.2 non_device  within_target  1 → 2  (+100.0 %)
              requests: 8.2 non_device, Alba Energy, no region  attempts  1 → 2  (+100.0 %)
              requests: 8.2 non_device, Alba Energy, no region  codes.I0  1 → 2  (+100.0 %)
              … and 50 more; --all shows them

            The results differ.
        "#]]
        .assert_eq(&comparison.to_string());
    }

    #[test]
    fn a_class_only_one_run_has_counts_as_wholly_different() {
        let mut other = sample::run();
        other.accounts[1].1.alerts = secnet_accounts::AlertLevels::default();
        let alert = secnet_model::AlertCode::future_dated_failed();
        let world = secnet_topology::World::new(sample::scenario()).unwrap();
        let key = secnet_accounts::AlertKey {
            alert,
            user: UserId(0),
            region: Region::South,
        };
        let alerts = &mut other.accounts[1].1.alerts;
        let arrived = Arrived::new(&world, SimTime::ZERO, SimTime::from_secs(1));
        alerts.arrived(key, arrived);
        let comparison = compare(&loaded("a", &sample::run()), &loaded("b", &other));
        let first = &comparison.kpis[0];
        assert_eq!(
            (first.a.is_none() || first.b.is_none(), first.relative_size()),
            (true, 1.0)
        );
    }
}
