//! What follows from the figures, in plain sentences. Each says no more than its interval allows.

use super::figures::read_by_measures;
use super::rendering::{amount, interval, range, signed};
use super::{
    About, Assessment, Comparison, Effect, FairShare, Measure, NodeFigure, Statistic, Subject, Unit,
};
use crate::kpis::KpiKey;
use crate::power::PowerMeasure;
use secnet_accounts::figures::{Adds, Tells};
use secnet_engine::{ItemKind, Outcome};
use secnet_model::Srv;
use std::cmp::Ordering;

/// Gains and losses of single classes told one by one.
const CLASSES_TOLD_MAX: usize = 3;

pub fn sentences(assessment: &Assessment) -> Vec<String> {
    let mut told = Vec::new();
    told.extend(no_effect(assessment));
    if matches!(assessment.effect, Effect::Identical | Effect::SameService) {
        told.extend(thresholds(assessment));
        return told;
    }
    told.extend(services(assessment));
    for measure in [Measure::WithinTarget, Measure::Completed] {
        told.extend(users(assessment, &measure));
    }
    told.extend(classes(assessment));
    told.extend(regions(assessment));
    told.extend(alerts(assessment));
    told.extend(faults(assessment));
    told.extend(held_back(assessment));
    told.extend(queue_and_fairness(assessment));
    told.extend(thresholds(assessment));
    told
}

fn no_effect(assessment: &Assessment) -> Option<String> {
    let (name, scenario) = (&assessment.change.name, &assessment.scenario);
    let pairs = assessment.seeds.len();
    match assessment.effect {
        Effect::Measurable => None,
        Effect::Identical => Some(format!(
            "{name} has no measurable effect in {scenario}: without and with it, the two runs of each of the {pairs} seeds \
             have the same ledger and the same KPIs, digest by digest. Nothing was treated differently."
        )),
        Effect::SameService => {
            let differing: Vec<String> = assessment
                .comparisons
                .iter()
                .filter(|row| row.subject == Subject::all(About::Network))
                .filter(|row| row.difference.is_some_and(|difference| difference != 0.0))
                .map(|row| row.measure.words())
                .collect();
            let only = if differing.is_empty() {
                "what there is to count, which stayed at zero".to_owned()
            } else {
                differing.join(", ")
            };
            Some(format!(
                "{name} has no measurable effect on what Users get in {scenario}: the KPIs of the two runs of each of the \
                 {pairs} seeds are the same. Only this differs: {only}."
            ))
        }
        Effect::NotMeasurable => {
            let multiplicity = &assessment.multiplicity;
            Some(format!(
                "{name} has no measurable effect in {scenario} over {pairs} seeds: of {} differences none stands after Holm's \
                 correction ({} intervals exclude zero; about {:.0} would by chance alone).",
                multiplicity.comparisons, multiplicity.excluding_zero, multiplicity.expected_by_chance
            ))
        }
    }
}

fn services(assessment: &Assessment) -> Vec<String> {
    let all = Subject::all(About::Requests);
    let vends = Subject::vends();
    let p99 = Measure::ResponseTime(Statistic::P99);
    let rows = [
        (&vends, Measure::WithinTarget),
        (&vends, Measure::Completed),
        (&vends, p99.clone()),
        (&all, Measure::WithinTarget),
        (&all, Measure::Completed),
        (&all, Measure::FirstAttempt),
        (&all, Measure::ResponseTime(Statistic::Mean)),
        (&all, p99),
    ];
    let read_by: Vec<_> = read_by_measures().map(|measure| (&all, measure)).collect();
    let mut sentences = told(assessment, &rows);
    sentences.extend(told(assessment, &read_by));
    let completed = assessment.find(&all, &Measure::Completed);
    if completed.is_some_and(|row| row.measurable) {
        sentences.push(
            "Response times are of answered requests alone: as the share of those changes, the times with and without are \
             not of the same requests."
                .to_owned(),
        );
    }
    sentences
}

fn told(assessment: &Assessment, rows: &[(&Subject, Measure)]) -> Vec<String> {
    rows.iter()
        .filter_map(|(subject, measure)| assessment.find(subject, measure))
        .map(|comparison| sentence(assessment, comparison))
        .collect()
}

/// `With SECMP0067, the share of vends (SRV 2.2) answered within target rises from 71.2 % to 99.8 % (…).`
fn sentence(assessment: &Assessment, comparison: &Comparison) -> String {
    format!(
        "With {}, {} {}.",
        assessment.change.name,
        noun(comparison),
        predicate(comparison)
    )
}

/// What the comparison is about, as the subject of a sentence.
fn noun(comparison: &Comparison) -> String {
    let (measure, about) = (&comparison.measure, about(&comparison.subject));
    match (measure, comparison.unit) {
        (Measure::Fairness(share), _) => {
            let share = match share {
                FairShare::WithinTarget => "the share of requests answered within target",
                FairShare::Completed => "the share of requests completed in the end",
                FairShare::Entitled => "the requests admitted of those entitled to",
            };
            format!("Jain's fairness index across Users of {share}")
        }
        (Measure::Power(measure), _) => {
            let place = match comparison.subject == Subject::all(About::Faults) {
                true => String::new(),
                false => format!(", {},", comparison.subject.key),
            };
            format!("the share of {}{place}", measure.noun())
        }
        (Measure::Campaign(measure), _) => {
            format!("{} ({})", measure.noun(), comparison.subject.key)
        }
        (Measure::Load(measure), _) => format!(
            "the share of its time that there was use of the {}",
            measure.words()
        ),
        (Measure::ReadBy(_), _) => format!("the share of {}", measure.words()),
        (_, Unit::Share) => format!("the share of {about} {}", measure.words()),
        (Measure::ResponseTime(statistic) | Measure::DeliveryTime(statistic), _) => {
            let what = match measure {
                Measure::ResponseTime(_) => "response",
                _ => "delivery",
            };
            match statistic {
                Statistic::Mean => format!("the mean {what} time of {about}"),
                Statistic::P50 => format!("the median {what} time of {about}"),
                Statistic::P90 => format!("the {what} time of {about} at the 90th percentile"),
                Statistic::P99 => format!("the {what} time of {about} at the 99th percentile"),
            }
        }
        (Measure::Figure(figure), _) => node_figure(figure, &comparison.subject),
        (Measure::Opened(_) | Measure::InFlight(_) | Measure::Closed(..), _) => {
            format!("the number of {}", measure.words())
        }
        _ => format!("the number of {about} {}", measure.words()),
    }
}

fn node_figure(figure: &NodeFigure, subject: &Subject) -> String {
    let whose = subject
        .key
        .user
        .as_ref()
        .map(|user| format!(" of {user}"))
        .unwrap_or_default();
    match (&figure.words, figure.adds) {
        (None, _) => format!("the counter {}{whose}", figure.name),
        (Some(words), Adds::Max) => format!("the {words}{whose}"),
        (Some(words), Adds::Sum) => format!("the number of {words}{whose}"),
    }
}

/// Whose requests or alerts.
fn about(subject: &Subject) -> String {
    let noun = match subject.about {
        About::Alerts => "device alerts",
        About::Faults => "faults",
        About::Campaigns => "firmware",
        About::Requests | About::Network => "requests",
    };
    let KpiKey {
        srv,
        mode,
        alert,
        user,
        region,
        area,
        device,
        meters: _,
        campaign: _,
    } = &subject.key;
    let mut text = match (srv, mode, alert) {
        (Some(_), None, _) if subject.key.srv == Subject::vends().key.srv => "vends (SRV 2.2)".to_owned(),
        (Some(srv), mode, _) => {
            let name = Srv::from_number(srv).map_or("", |srv| srv.entry().name);
            let mode = mode.map_or(String::new(), |mode| {
                format!(" {}", mode.name().replace('_', "-"))
            });
            format!("{srv} {name}{mode} {noun}")
        }
        (None, _, Some(alert)) => format!("{alert} alerts"),
        (None, ..) if user.is_none() && region.is_none() => format!("all {noun}"),
        (None, ..) => noun.to_owned(),
    };
    if let Some(user) = user {
        text = format!("{user}'s {text}");
    }
    match region.as_deref() {
        Some("none") => text.push_str(" to no region"),
        Some(region) => text.push_str(&format!(" in region {region}")),
        None => {}
    }
    if let Some(device) = device {
        text.push_str(&format!(" for {device}s"));
    }
    if let Some(area) = area {
        text.push_str(&format!(" in licence area {area}"));
    }
    text
}

fn predicate(comparison: &Comparison) -> String {
    let Comparison { unit, pairs, .. } = *comparison;
    let side =
        |value: Option<f64>| value.map_or("nothing to measure".to_owned(), |value| amount(unit, value));
    let (without, with) = (side(comparison.without), side(comparison.with));
    let Some(difference) = comparison.difference else {
        return format!("can be measured on one side only (without it: {without}; with it: {with})");
    };
    let Some(spread) = comparison.interval else {
        return format!("goes from {without} to {with}; one pair gives no interval");
    };
    let seeds = format!("{pairs} seeds");
    let verb = if difference > 0.0 { "rises" } else { "falls" };
    if comparison.measurable {
        format!(
            "{verb} from {without} to {with} (difference {}, 95 % CI {}, {seeds})",
            signed(unit, difference),
            interval(unit, spread)
        )
    } else if comparison.excludes_zero {
        format!("{verb} by less than the histograms' buckets can tell apart ({without} to {with}, {seeds})")
    } else if spread.low == 0.0 && spread.high == 0.0 {
        format!("is the same in each pair: {with} ({seeds})")
    } else {
        format!(
            "shows no measurable change: {without} without, {with} with (difference {}, 95 % CI {}, which includes zero, \
             {seeds})",
            signed(unit, difference),
            interval(unit, spread)
        )
    }
}

/// Who gains and who pays.
fn users(assessment: &Assessment, measure: &Measure) -> Option<String> {
    let rows: Vec<&Comparison> = assessment
        .comparisons
        .iter()
        .filter(|c| c.subject.about == About::Requests && c.measure == *measure)
        .filter(|c| c.subject.key.user.is_some() && c.subject.key.srv.is_none())
        .collect();
    if rows.len() < 2 {
        return None;
    }
    let listed = |direction: Ordering| {
        let mut moved: Vec<&Comparison> = rows
            .iter()
            .copied()
            .filter(|row| row.measurable && sign(row) == direction)
            .collect();
        moved.sort_by(|a, b| size(b).total_cmp(&size(a)));
        let names: Vec<String> = moved
            .iter()
            .map(|row| {
                format!(
                    "{} {} ({})",
                    row.subject.key.user.as_deref().unwrap_or_default(),
                    signed(row.unit, row.difference.unwrap_or_default()),
                    range(row)
                )
            })
            .collect();
        (names.len(), names.join(", "))
    };
    let (gaining, gains) = listed(Ordering::Greater);
    let (losing, losses) = listed(Ordering::Less);
    let part = |count: usize, names: String| if count == 0 { "no User".to_owned() } else { names };
    let unmoved = rows.len() - gaining - losing;
    Some(format!(
        "By User, the share of requests {} is higher for {}; lower for {}; {unmoved} of {} Users {} no measurable change.",
        measure.words(),
        part(gaining, gains),
        part(losing, losses),
        rows.len(),
        if unmoved == 1 { "shows" } else { "show" }
    ))
}

/// The classes of requests that gain and lose most.
fn classes(assessment: &Assessment) -> Vec<String> {
    let mut moved: Vec<&Comparison> = assessment
        .comparisons
        .iter()
        .filter(|c| c.measure == Measure::WithinTarget && c.measurable)
        .filter(|c| c.subject.key.user.is_some() && c.subject.key.mode.is_some())
        .collect();
    moved.sort_by(|a, b| size(b).total_cmp(&size(a)));
    let most = |direction: Ordering| {
        moved
            .iter()
            .copied()
            .filter(move |row| sign(row) == direction)
            .take(CLASSES_TOLD_MAX)
    };
    most(Ordering::Less)
        .chain(most(Ordering::Greater))
        .map(|row| sentence(assessment, row))
        .collect()
}

/// Regions, where they do not all move the same way or by like amounts.
fn regions(assessment: &Assessment) -> Vec<String> {
    let rows: Vec<&Comparison> = assessment
        .comparisons
        .iter()
        .filter(|c| c.subject.about == About::Requests && c.measure == Measure::WithinTarget)
        .filter(|c| c.subject.key.srv.is_none())
        .filter(|c| {
            c.subject
                .key
                .region
                .as_deref()
                .is_some_and(|region| region != "none")
        })
        .collect();
    let disjoint = rows.iter().enumerate().any(|(place, a)| {
        let apart = |b: &&Comparison| match (a.interval, b.interval) {
            (Some(a), Some(b)) => a.high < b.low || b.high < a.low,
            _ => false,
        };
        rows[place + 1..].iter().any(apart)
    });
    if !disjoint {
        return Vec::new();
    }
    rows.into_iter().map(|row| sentence(assessment, row)).collect()
}

fn alerts(assessment: &Assessment) -> Vec<String> {
    let all = Subject::all(About::Alerts);
    let network = Subject::all(About::Network);
    let raised = (&network, Measure::Opened(ItemKind::DeviceAlert));
    let rows = [
        (&all, Measure::Delivered),
        (&all, Measure::DeliveredWithinTarget),
        (&all, Measure::DeliveryTime(Statistic::P99)),
    ];
    let mut sentences = told(assessment, &rows);
    let consolidated: Vec<String> = [Measure::Consolidated, Measure::SpokenFor]
        .iter()
        .filter_map(|measure| assessment.find(&all, measure))
        .filter(|row| row.measurable)
        .map(|row| sentence(assessment, row))
        .collect();
    if !consolidated.is_empty() {
        // So that less delivered is not taken for less raised.
        sentences.extend(told(assessment, &[raised]));
    }
    sentences.extend(consolidated);
    sentences
}

/// What the DNOs know of faults; then where and for which size it changed.
fn faults(assessment: &Assessment) -> Vec<String> {
    let all = Subject::all(About::Faults);
    let rows = PowerMeasure::ALL.map(|measure| (&all, Measure::Power(measure)));
    let mut sentences = told(assessment, &rows);
    let changed = assessment.comparisons.iter().filter(|c| {
        c.subject.about == About::Faults
            && c.subject.key.region.is_some()
            && c.subject.key.meters.is_some()
            && c.measurable
    });
    let mut changed: Vec<&Comparison> = changed.collect();
    let size = |c: &Comparison| c.difference.unwrap_or_default().abs();
    changed.sort_by(|a, b| size(b).total_cmp(&size(a)));
    let told = changed.into_iter().take(CLASSES_TOLD_MAX);
    sentences.extend(told.map(|row| sentence(assessment, row)));
    sentences
}

/// What was throttled, suppressed, quarantined or refused for overload, as far as it changed, and whose it was.
fn held_back(assessment: &Assessment) -> Vec<String> {
    let named = |measure: &Measure| match measure {
        Measure::Figure(figure) => figure.words.is_some() && figure.tells.contains(&Tells::HeldBack),
        Measure::Closed(_, outcome) => holds_back(*outcome),
        _ => false,
    };
    let (of_users, of_all): (Vec<&Comparison>, Vec<&Comparison>) = assessment
        .comparisons
        .iter()
        .filter(|c| c.subject.about == About::Network && c.measurable && named(&c.measure))
        .partition(|c| c.subject.key.user.is_some());
    let mut told = Vec::new();
    for row in of_all {
        told.push(sentence(assessment, row));
        let mut parts: Vec<&Comparison> = of_users
            .iter()
            .copied()
            .filter(|part| part.measure == row.measure)
            .collect();
        if parts.is_empty() {
            continue;
        }
        parts.sort_by(|a, b| size(b).total_cmp(&size(a)));
        let parts: Vec<String> = parts
            .into_iter()
            .map(|part| {
                let user = part.subject.key.user.as_deref().unwrap_or_default();
                format!(
                    "{user} {}",
                    signed(part.unit, part.difference.unwrap_or_default())
                )
            })
            .collect();
        told.push(format!(
            "By User, the change in {}: {}.",
            row.measure.words(),
            parts.join(", ")
        ));
    }
    told
}

/// Whether items that end so were kept from the network, rather than failed by it.
fn holds_back(outcome: Outcome) -> bool {
    match outcome {
        Outcome::GaveUpOverload
        | Outcome::Suppressed
        | Outcome::Throttled
        | Outcome::QuarantinedDeleted
        | Outcome::Rationed => true,
        Outcome::Completed
        | Outcome::Refused
        | Outcome::PreCommandMismatch
        | Outcome::DeviceError
        | Outcome::NotDelivered
        | Outcome::NoResponse
        | Outcome::FutureDatedTimeOut
        | Outcome::ScheduleTimeOut
        | Outcome::Delivered
        | Outcome::LostOnWan
        | Outcome::DroppedQueueFull
        | Outcome::NoRecipient
        | Outcome::LostInCrash
        | Outcome::Undelivered
        | Outcome::LostPower
        | Outcome::ImageUnsound
        | Outcome::Stopped => false,
    }
}

fn queue_and_fairness(assessment: &Assessment) -> Vec<String> {
    let (network, requests) = (Subject::all(About::Network), Subject::all(About::Requests));
    let fairness = [FairShare::WithinTarget, FairShare::Completed, FairShare::Entitled];
    let fairness = fairness.map(|share| (&requests, Measure::Fairness(share)));
    // How often something was refused is told with what was held back.
    let longest = |comparison: &&Comparison| match &comparison.measure {
        Measure::Figure(figure) => figure.adds == Adds::Max && figure.tells.contains(&Tells::Overload),
        _ => false,
    };
    let of_network = assessment.comparisons.iter().filter(|row| row.subject == network);
    let mut sentences: Vec<String> = of_network
        .filter(longest)
        .map(|row| sentence(assessment, row))
        .collect();
    sentences.extend(told(assessment, &fairness));
    // Requests under way count as missed once due, and in no share before: a difference here is one to know of.
    let in_flight = assessment.find(&network, &Measure::InFlight(ItemKind::ServiceRequest));
    sentences.extend(
        in_flight
            .filter(|row| row.measurable)
            .map(|row| sentence(assessment, row)),
    );
    sentences
}

fn thresholds(assessment: &Assessment) -> Option<String> {
    let all = assessment.thresholds.len();
    if all == 0 {
        return None;
    }
    let seeds = assessment.seeds.len() as u32;
    let without = assessment
        .thresholds
        .iter()
        .filter(|t| t.met_without == seeds)
        .count();
    let with = assessment
        .thresholds
        .iter()
        .filter(|t| t.met_with == seeds)
        .count();
    Some(format!(
        "Thresholds of the scenario met for every seed: {without} of {all} without {name}, {with} of {all} with it.",
        name = assessment.change.name
    ))
}

fn sign(comparison: &Comparison) -> Ordering {
    comparison.difference.unwrap_or_default().total_cmp(&0.0)
}

fn size(comparison: &Comparison) -> f64 {
    comparison.difference.unwrap_or_default().abs()
}
