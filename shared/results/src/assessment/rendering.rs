//! An assessment on paper: the Markdown report, and the part of it a terminal shows.

use super::figures::request_shares;
use super::{
    About, Assessment, AssessmentFacts, Change, Comparison, Effect, Interval, Measure, Statistic, Subject,
    Threshold, Unit,
};
use crate::campaigns::CampaignMeasure;
use crate::load::LoadMeasure;
use crate::power::PowerMeasure;
use crate::summary::wrap;
use crate::verdicts::{bound, percent};
use secnet_engine::Outcome;
use secnet_model::{AlertCode, SimDuration, Srv};
use secnet_topology::grouped;
use std::fmt::Write;

/// A value as a person would write it.
pub fn amount(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Share => percent(value),
        Unit::Seconds => SimDuration::from_secs_f64(value).to_string(),
        Unit::Count if value >= 100.0 || value.fract() == 0.0 => grouped(value.round() as u64),
        Unit::Count => format!("{value:.1}"),
        Unit::Index => format!("{value:.4}"),
        Unit::Days => format!("{value:.2} d"),
    }
}

/// A difference with its sign; those of shares are in percentage points.
pub fn signed(unit: Unit, difference: f64) -> String {
    match unit {
        Unit::Share => format!("{} points", signed_number(unit, difference)),
        _ => signed_number(unit, difference),
    }
}

fn signed_number(unit: Unit, difference: f64) -> String {
    let size = difference.abs();
    let text = match unit {
        Unit::Share => decimals(size * 100.0, 2),
        Unit::Index => decimals(size, 4),
        Unit::Seconds if size == 0.0 => "0 s".to_owned(),
        Unit::Seconds | Unit::Count | Unit::Days => amount(unit, size),
    };
    match difference {
        _ if size == 0.0 => text,
        0.0.. => format!("+{text}"),
        _ => format!("−{text}"),
    }
}

/// So many decimals, and more where those would show nothing of a number that is not nothing.
fn decimals(value: f64, count: usize) -> String {
    let text = format!("{value:.count$}");
    let shows_nothing = text.bytes().all(|digit| matches!(digit, b'0' | b'.'));
    match value > 0.0 && shows_nothing {
        true => format!("{value:.1e}"),
        false => text,
    }
}

/// `+27.90 to +29.30`
pub fn interval(unit: Unit, interval: Interval) -> String {
    format!(
        "{} to {}",
        signed_number(unit, interval.low),
        signed_number(unit, interval.high)
    )
}

/// `71.2 % → 99.8 %`
pub fn range(comparison: &Comparison) -> String {
    let side = |value: Option<f64>| value.map_or("–".to_owned(), |value| amount(comparison.unit, value));
    format!("{} → {}", side(comparison.without), side(comparison.with))
}

/// What is to be said of intervals from so few seeds.
const fn few_seeds(seeds: usize) -> Option<&'static str> {
    if seeds < 10 {
        return Some(
            "Fewer than ten seeds: the intervals lean on the differences being normally distributed, and a difference that is \
             equal for all seeds may not stand.",
        );
    }
    None
}

/// What a terminal shows: the sentences and the headline.
pub fn summary(assessment: &Assessment) -> String {
    let mut text = String::new();
    let title = format!(
        "{} in {}: {} seeds, each without and with it",
        assessment.change.name,
        assessment.scenario,
        assessment.seeds.len()
    );
    let _ = writeln!(text, "{title}\n");
    if let Some(few) = few_seeds(assessment.seeds.len()) {
        wrap(&mut text, "", "", few, ' ');
        text.push('\n');
    }
    for sentence in &assessment.sentences {
        wrap(&mut text, "  • ", "    ", sentence, ' ');
    }
    let _ = writeln!(
        text,
        "\n{:<52}{:>11}{:>11}  difference (95 % CI)",
        "Headline", "without", "with"
    );
    for row in &assessment.headline {
        let comparison = &row.comparison;
        let label = label(comparison);
        let [without, with] = sides(comparison);
        let spread = comparison
            .interval
            .map(|spread| interval(comparison.unit, spread))
            .unwrap_or_default();
        let difference = comparison
            .difference
            .map(|difference| signed_number(comparison.unit, difference))
            .unwrap_or_default();
        let _ = writeln!(
            text,
            "{label:<52}{without:>11}{with:>11}  {difference} ({spread}){}",
            mark(row.stands)
        );
    }
    let _ = writeln!(text, "{}", stands_note());
    if assessment.multiplicity.comparisons > 0 {
        wrap(&mut text, "", "", &multiplicity(assessment), ' ');
    }
    if !assessment.thresholds.is_empty() {
        let _ = writeln!(text, "\nThresholds met, of {} seeds", assessment.seeds.len());
        for threshold in &assessment.thresholds {
            let line = format!(
                "without {}, with {}: {}, {} {}",
                threshold.met_without,
                threshold.met_with,
                threshold.text,
                bound(threshold.at_most),
                percent(threshold.threshold)
            );
            wrap(&mut text, "  ", "    ", &line, ' ');
        }
    }
    let _ = writeln!(
        text,
        "\nAssumed  {} parameters stand on no public source; the report lists them",
        assessment.assumptions.len()
    );
    let _ = writeln!(
        text,
        "Digest   {}",
        &assessment.digest[..16.min(assessment.digest.len())]
    );
    text
}

fn mark(stands: bool) -> &'static str {
    if stands { "  *" } else { "" }
}

fn stands_note() -> &'static str {
    "* stands together with all others marked, at 95 % (Holm's correction over the headline)"
}

/// The whole report.
pub fn markdown(assessment: &Assessment, facts: &AssessmentFacts) -> String {
    let mut text = String::new();
    head(&mut text, assessment);
    headline(&mut text, assessment);
    thresholds(&mut text, assessment);
    service_tables(&mut text, assessment);
    alert_tables(&mut text, assessment);
    fault_tables(&mut text, assessment);
    campaign_tables(&mut text, assessment);
    load_table(&mut text, assessment);
    network_table(&mut text, assessment);
    method(&mut text, assessment);
    change_section(&mut text, assessment);
    assumptions(&mut text, assessment);
    runs(&mut text, assessment, facts);
    text
}

fn head(text: &mut String, assessment: &Assessment) {
    let _ = writeln!(
        text,
        "# Impact assessment: {} in {}\n",
        assessment.change.name, assessment.scenario
    );
    if !assessment.description.is_empty() {
        let _ = writeln!(
            text,
            "> {}\n",
            assessment.description.trim().replace('\n', "\n> ")
        );
    }
    let seeds: Vec<String> = assessment.seeds.iter().map(u64::to_string).collect();
    let effect = match assessment.effect {
        Effect::Identical => "none: the runs are identical",
        Effect::SameService => "none on what Users get",
        Effect::NotMeasurable => "none that can be told from chance",
        Effect::Measurable => "measurable",
    };
    let _ = writeln!(
        text,
        "Seeds: {} ({} pairs of runs). Effect: {effect}. Digest: `{}`.\n\n## In short\n",
        seeds.join(", "),
        seeds.len(),
        assessment.digest
    );
    for sentence in &assessment.sentences {
        let _ = writeln!(text, "- {sentence}");
    }
    let _ = writeln!(
        text,
        "\nEverything here is about the emulated network, under the parameters listed below, many of which are assumed."
    );
}

fn headline(text: &mut String, assessment: &Assessment) {
    let _ = writeln!(
        text,
        "\n## Headline measures\n\nThese were fixed before any run, whatever they would show.\n\n\
         | Measure | Without | With | Difference | 95 % CI | Zero excluded | Stands (Holm) |\n\
         |---|---:|---:|---:|---:|:---:|:---:|"
    );
    for row in &assessment.headline {
        let comparison = &row.comparison;
        let [without, with] = sides(comparison);
        let [difference, spread, excluded] = change(comparison);
        let stands = if row.stands { "yes" } else { "no" };
        let _ = writeln!(
            text,
            "| {} | {without} | {with} | {difference} | {spread} | {excluded} | {stands} |",
            cell(&label(comparison))
        );
    }
    let _ = writeln!(text, "\n{}", multiplicity(assessment));
}

/// The caution.
fn multiplicity(assessment: &Assessment) -> String {
    let multiplicity = &assessment.multiplicity;
    format!(
        "Caution: there are {} comparisons in all that vary, and {} of their 95 % intervals exclude zero; about {:.0} would by \
         chance if nothing differed. {} stand when all are corrected for together (Holm). A single row that is not \
         among the headline measures that stand is an indication, not a finding.",
        grouped(multiplicity.comparisons.into()),
        grouped(multiplicity.excluding_zero.into()),
        multiplicity.expected_by_chance,
        grouped(multiplicity.standing.into()),
    )
}

fn thresholds(text: &mut String, assessment: &Assessment) {
    if assessment.thresholds.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "\n## Thresholds\n\n| Threshold | Bound | Without: mean | met for | With: mean | met for |\n|---|---:|---:|---:|---:|---:|"
    );
    let measured = |value: Option<f64>| value.map_or("–".to_owned(), percent);
    let seeds = assessment.seeds.len();
    for threshold in &assessment.thresholds {
        let Threshold {
            text: what,
            threshold,
            at_most,
            without,
            with,
            met_without,
            met_with,
        } = threshold;
        let _ = writeln!(
            text,
            "| {} | {} {} | {} | {met_without} of {seeds} | {} | {met_with} of {seeds} |",
            cell(what),
            bound(*at_most),
            percent(*threshold),
            measured(*without),
            measured(*with)
        );
    }
}

/// In the order of their tables' rows.
fn service_measures() -> Vec<Measure> {
    let times = Statistic::ALL.map(Measure::ResponseTime);
    request_shares()
        .chain(times)
        .chain([Measure::Requests, Measure::Retries])
        .chain(Outcome::ALL.iter().copied().map(Measure::Ended))
        .collect()
}

fn service_tables(text: &mut String, assessment: &Assessment) {
    type Filter = fn(&Subject) -> bool;
    let vends: Filter = |s| s.key.srv.is_some() && s.key.mode.is_none();
    let by_srv: Filter = |s| s.key.mode.is_some() && s.key.user.is_none();
    let by_user: Filter = |s| s.key.user.is_some() && s.key.srv.is_none();
    let by_region: Filter = |s| s.key.region.is_some() && s.key.srv.is_none();
    let by_both: Filter = |s| s.key.user.is_some() && s.key.mode.is_some();
    let all: Filter = |s| s.key == Subject::all(About::Requests).key;
    let tables = [
        ("All requests", all),
        ("Vends (SRV 2.2)", vends),
        ("By SRV class", by_srv),
        ("By User", by_user),
        ("By region", by_region),
        ("By User and SRV class", by_both),
    ];
    for (title, filter) in tables {
        let of_table = |c: &&Comparison| c.subject.about == About::Requests && filter(&c.subject);
        table(text, assessment, title, &service_measures(), of_table);
    }
}

fn alert_tables(text: &mut String, assessment: &Assessment) {
    let mut measures = vec![
        Measure::Delivered,
        Measure::Consolidated,
        Measure::SpokenFor,
        Measure::DeliveredWithinTarget,
    ];
    measures.extend(Statistic::ALL.map(Measure::DeliveryTime));
    table(text, assessment, "Device alerts", &measures, |c| {
        c.subject.about == About::Alerts
    });
}

/// What is asked, place by place and by the size of faults.
fn fault_tables(text: &mut String, assessment: &Assessment) {
    let measures = PowerMeasure::ALL.map(Measure::Power);
    let title = "Outages, restorations and what the DNOs learned of them";
    table(text, assessment, title, &measures, |c| {
        c.subject.about == About::Faults
    });
}

/// How far firmware campaigns came, place by place.
fn campaign_tables(text: &mut String, assessment: &Assessment) {
    let measures = CampaignMeasure::ALL.map(Measure::Campaign);
    table(text, assessment, "Firmware campaigns", &measures, |c| {
        c.subject.about == About::Campaigns
    });
}

/// How busy servers and channels were.
fn load_table(text: &mut String, assessment: &Assessment) {
    let measures: Vec<Measure> = LoadMeasure::all().map(Measure::Load).collect();
    table(text, assessment, "Load", &measures, |c| {
        matches!(c.measure, Measure::Load(_))
    });
}

fn network_table(text: &mut String, assessment: &Assessment) {
    let of_network =
        |c: &&Comparison| c.subject.about == About::Network && !matches!(c.measure, Measure::Load(_));
    let measures: Vec<Measure> = assessment
        .comparisons
        .iter()
        .filter(of_network)
        .map(|c| c.measure.clone())
        .collect();
    table(text, assessment, "Ledger and counters", &measures, of_network);
}

/// The rows that changed measurably; how many did not is said.
fn table(
    text: &mut String,
    assessment: &Assessment,
    title: &str,
    measures: &[Measure],
    of_table: impl Fn(&&Comparison) -> bool,
) {
    let mut rows: Vec<(usize, &Comparison)> = assessment
        .comparisons
        .iter()
        .filter(of_table)
        .filter_map(|c| Some((measures.iter().position(|measure| *measure == c.measure)?, c)))
        .collect();
    if rows.is_empty() {
        return;
    }
    // Subject by subject, each in the measures' order.
    rows.sort_by(|(x, a), (y, b)| a.subject.cmp(&b.subject).then(x.cmp(y)));
    let all = rows.len();
    rows.retain(|(_, c)| c.measurable || (c.difference.is_none() && c.without != c.with));
    let _ = writeln!(text, "\n## {title}\n");
    if !rows.is_empty() {
        let _ = writeln!(
            text,
            "| Of | Measure | Without | With | Difference | 95 % CI | Zero excluded |\n|---|---|---:|---:|---:|---:|:---:|"
        );
    }
    for (_, comparison) in &rows {
        let [without, with] = sides(comparison);
        let [difference, spread, excluded] = change(comparison);
        let _ = writeln!(
            text,
            "| {} | {} | {without} | {with} | {difference} | {spread} | {excluded} |",
            cell(&subject(&comparison.subject)),
            cell(&comparison.measure.words()),
        );
    }
    let unmoved = all - rows.len();
    if unmoved > 0 {
        let gap = if rows.is_empty() { "" } else { "\n" };
        let _ = writeln!(
            text,
            "{gap}{} of {} figures show no measurable change; `assessment.json` has them all.",
            grouped(unmoved as u64),
            grouped(all as u64)
        );
    }
}

fn method(text: &mut String, assessment: &Assessment) {
    let seeds = assessment.seeds.len();
    let _ = writeln!(
        text,
        "\n## Method and its limits\n\n\
         - Each seed is run twice in virtual time, once without and once with the change, all else equal. Every random draw is a \
         function of the seed and of what it is for, so both runs have the same population and the same demand: they differ by \
         the change and by what follows from it.\n\
         - A figure is taken from each run whole, then the difference with less without, seed by seed. Interval: mean difference ± \
         t(0.975; {}) × s / √{seeds}, with s the differences' standard deviation. It takes the differences to be independent \
         and about normally distributed; with few seeds that is an assumption.\n\
         - The intervals are about the seeds' weather in this scenario. They say nothing of the error of assumed parameters; vary those with \
         `--set` and assess again.\n\
         - Response times are of answered requests, from first submission to the final answer, retries included. Quantiles come from \
         histograms with buckets less than 1 % wide: smaller differences of times are not called measurable.\n\
         - Shares within target are of the requests that were owed a response, shares completed of all requests whose fate is known. \
         Requests under way at the end are in neither; their number is under ledger and counters.\n\
         - Counts that a run does not have are zero; shares and times it does not have leave the seed out of that comparison.\n\
         - Fairness is Jain's index over the Users that sent requests: (Σx)² / (n Σx²), x a User's share.",
        seeds.saturating_sub(1)
    );
}

fn change_section(text: &mut String, assessment: &Assessment) {
    let on = match assessment.on_in_both.as_slice() {
        [] => "none".to_owned(),
        names => names.join(", "),
    };
    let Change { without, with, .. } = &assessment.change;
    let as_code = |overrides: &[String]| match overrides {
        [] => "as the scenario says".to_owned(),
        overrides => {
            let texts = overrides.iter().map(|text| format!("`{text}`"));
            texts.collect::<Vec<_>>().join(", ")
        }
    };
    let _ = writeln!(
        text,
        "\n## The change\n\nWithout: {}. With: {}. Modifications on in both: {on}.",
        as_code(without),
        as_code(with)
    );
    if let Some(modification) = &assessment.change.modification {
        let parameters = serde_json::to_string_pretty(&assessment.parameters).unwrap_or_default();
        let _ = writeln!(
            text,
            "\nParameters of {modification}:\n\n```json\n{parameters}\n```"
        );
    }
}

fn assumptions(text: &mut String, assessment: &Assessment) {
    let _ = writeln!(
        text,
        "\n## Assumed parameters\n\nThese {} stand on no public source.\n\n| Parameter | Value | What it is |\n|---|---|---|",
        assessment.assumptions.len()
    );
    for assumed in &assessment.assumptions {
        let _ = writeln!(
            text,
            "| `{}` | `{}` | {} |",
            cell(&assumed.parameter),
            cell(&assumed.value),
            cell(&assumed.note)
        );
    }
}

fn runs(text: &mut String, assessment: &Assessment, facts: &AssessmentFacts) {
    let _ = writeln!(
        text,
        "\n## Runs\n\nAny of them can be made again, with the same digests on any machine (`SEED` is the seed):\n\n```sh\n\
         {}\n{}\n```\n\n| Seed | Change | Ledger digest | KPIs digest | Balanced | Thresholds met |\n|---:|---|---|---|---|---|",
        assessment.reproduce.without, assessment.reproduce.with
    );
    for run in &assessment.runs {
        let _ = writeln!(
            text,
            "| {} | {} | `{}` | `{}` | {} | {} of {} |",
            run.seed,
            if run.with { "with" } else { "without" },
            run.ledger_digest,
            run.kpis_digest,
            if run.balanced && run.violations == 0 {
                "yes"
            } else {
                "**no**"
            },
            run.verdicts_met,
            run.verdicts
        );
    }
    let machine = &facts.machine;
    let _ = writeln!(
        text,
        "\nsecnet {} ({}), {} at {}, {} cores of {} ({} {}), {} runs side by side, {:.1} s.",
        facts.secnet_version,
        facts.secnet_commit,
        if facts.command.is_empty() {
            "run".to_owned()
        } else {
            format!("`{}`", facts.command.join(" "))
        },
        facts.started_at,
        machine.cores,
        machine.processor,
        machine.os,
        machine.architecture,
        facts.threads,
        facts.wall_seconds
    );
}

/// `vends (2.2): answered within target`
pub fn label(comparison: &Comparison) -> String {
    let words = comparison.measure.words();
    match (&comparison.subject.about, &comparison.measure) {
        (About::Network, _) | (_, Measure::Fairness(_)) => words,
        _ => format!("{}: {words}", subject(&comparison.subject)),
    }
}

fn subject(subject: &Subject) -> String {
    let key = &subject.key;
    let vends = key.mode.is_none() && key.srv == Subject::vends().key.srv;
    let named = match (&key.srv, &key.alert) {
        (Some(srv), _) if !vends => Srv::from_number(srv).map(|srv| srv.entry().name),
        (_, Some(alert)) => AlertCode::from_code(alert).map(|alert| alert.entry().meaning),
        _ => None,
    };
    let what = match subject.about {
        About::Network => key.user.clone().unwrap_or_else(|| "network".to_owned()),
        About::Alerts if *key == Subject::all(About::Alerts).key => "all alerts".to_owned(),
        About::Requests if *key == Subject::all(About::Requests).key => "all requests".to_owned(),
        About::Requests if vends => format!("vends ({key})"),
        About::Faults if *key == Subject::all(About::Faults).key => "all faults".to_owned(),
        About::Requests | About::Alerts | About::Faults | About::Campaigns => {
            key.to_string().replace('_', " ")
        }
    };
    match named {
        Some(name) => format!("{what} ({name})"),
        None => what,
    }
}

fn sides(comparison: &Comparison) -> [String; 2] {
    [comparison.without, comparison.with]
        .map(|value| value.map_or("–".to_owned(), |value| amount(comparison.unit, value)))
}

fn change(comparison: &Comparison) -> [String; 3] {
    let difference = comparison
        .difference
        .map_or("–".to_owned(), |difference| signed(comparison.unit, difference));
    let spread = comparison
        .interval
        .map_or("–".to_owned(), |spread| interval(comparison.unit, spread));
    let excluded = if comparison.excludes_zero { "yes" } else { "no" };
    [difference, spread, excluded.to_owned()]
}

/// As a table's cell may hold it.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
