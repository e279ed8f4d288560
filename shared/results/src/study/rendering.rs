//! A study on paper: the Markdown report, and the part of it a terminal shows.

use super::{Cell, Column, Influence, Knee, Row, StudyReport};
use crate::assessment::AssessmentFacts;
use crate::assessment::Unit;
use crate::assessment::quoted;
use crate::assessment::rendering::{amount, interval, signed};
use crate::summary::wrap;
use secnet_topology::grouped;
use std::fmt::Write;

/// What follows from the figures.
pub(super) fn sentences(report: &StudyReport) -> Vec<String> {
    let mut sentences = Vec::new();
    sentences.extend(report.knee.as_ref().map(knee));
    sentences.extend(report.influence.as_ref().map(influence));
    for (place, column) in report.headline.iter().enumerate() {
        sentences.push(extremes(report, place, column));
    }
    sentences.extend(thresholds(report));
    sentences
}

/// `requests.within_target_share is 99.31 % as the scenario is; lowest at servers 8, 71.20 % (−28.11 points, …); …`
fn extremes(report: &StudyReport, place: usize, column: &Column) -> String {
    let name = &column.name;
    let (Some(unit), Some(base)) = (column.unit, report.base.cells[place].mean) else {
        return format!("{name}: the scenario as it is has nothing of it.");
    };
    let standing = |row: &&Row| row.cells[place].stands;
    let mean = |row: &&Row| row.cells[place].mean;
    let mut rows: Vec<&Row> = report.points.iter().filter(standing).collect();
    rows.sort_by(|a, b| {
        mean(a)
            .unwrap_or_default()
            .total_cmp(&mean(b).unwrap_or_default())
    });
    let of = report.points.len();
    let mut text = format!("{name} is {} as the scenario is", amount(unit, base));
    if of == 0 {
        return text + ".";
    }
    let (Some(lowest), Some(highest)) = (rows.first(), rows.last()) else {
        return format!("{text}, and at none of the {of} points a difference stands.");
    };
    let _ = write!(text, ", and differs at {} of {of} points", rows.len());
    let found = |row: &Row, word: &str| {
        let cell = row.cells[place];
        let spread = cell
            .interval
            .map(|spread| interval(unit, spread))
            .unwrap_or_default();
        format!(
            "; {word} at {}: {} ({}, 95 % CI {spread})",
            settings(report, row),
            cell.mean.map(|mean| amount(unit, mean)).unwrap_or_default(),
            cell.difference
                .map(|difference| signed(unit, difference))
                .unwrap_or_default(),
        )
    };
    if mean(lowest).is_some_and(|mean| mean < base) {
        text += &found(lowest, "lowest");
    }
    if mean(highest).is_some_and(|mean| mean > base) {
        text += &found(highest, "highest");
    }
    text + "."
}

fn thresholds(report: &StudyReport) -> Option<String> {
    if report.thresholds.is_empty() {
        return None;
    }
    let missed: Vec<&Row> = report
        .points
        .iter()
        .filter(|row| !is_met_for_all(report, row))
        .collect();
    let base = match is_met_for_all(report, &report.base) {
        true => "",
        false => "not ",
    };
    let (all, met) = (report.points.len(), report.points.len() - missed.len());
    if all == 0 {
        return Some(format!(
            "The scenario's thresholds are {base}met for every seed as it is."
        ));
    }
    let first = missed.first().map(|row| settings(report, row));
    let first = first.map(|first| format!("; the first where they are not is {first}"));
    Some(format!(
        "The scenario's thresholds are {base}met for every seed as it is. They are at {met} of {all} points{}.",
        first.unwrap_or_default()
    ))
}

fn is_met_for_all(report: &StudyReport, row: &Row) -> bool {
    let seeds = report.seeds.len() as u32;
    row.met.iter().all(|met| *met == seeds)
}

fn knee(knee: &Knee) -> String {
    let sought = &knee.sought;
    let bound = if sought.at_least { "at least" } else { "at most" };
    let threshold = amount(sought.unit, sought.threshold);
    let what = format!("{} is {bound} {threshold}", sought.measure);
    let axis = &sought.axis;
    let Some((between, at)) = knee.between.zip(knee.at) else {
        let (first, last) = (knee.tried.first(), knee.tried.last());
        let (from, to) = (
            first.map(|tried| tried.value).unwrap_or_default(),
            last.map(|tried| tried.value).unwrap_or_default(),
        );
        let which = match first.is_some_and(|tried| sought.is_good(tried.mean)) {
            true => "all the way",
            false => "nowhere",
        };
        return format!("{what} {which} from {axis} {} to {}.", number(from), number(to));
    };
    let spread = match knee.interval {
        Some(spread) => format!(
            "95 % bootstrap interval {} to {}",
            number(spread.low),
            number(spread.high)
        ),
        None => "no interval, since not every sample of the seeds crosses".to_owned(),
    };
    let good_below = knee.tried.first().is_some_and(|tried| sought.is_good(tried.mean));
    let way = if good_below { "up to" } else { "from" };
    format!(
        "{what} {way} {axis} {}: between {} and {}, by the mean of the seeds ({spread}).",
        number(at),
        number(between.low),
        number(between.high)
    )
}

/// `vends.within_target_share hangs most on dsp.servers (8 to 32 moves it by 12.30 points), …; no effect at all: 52 of 71 assumed numbers.`
fn influence(influence: &Influence) -> String {
    let Influence { measure, unit, .. } = influence;
    let (moving, all) = (influence.moving(), influence.screened.len());
    if moving == 0 {
        return format!("{measure}: none of {all} assumed numbers moves it over its range.");
    }
    let first = influence.screened.iter().take(moving.min(NAMED));
    let first: Vec<String> = first
        .map(|it| {
            let (of, effect) = (&it.of, size(*unit, it.effect));
            format!("{} ({} to {} moves it by {effect})", of.name, of.low, of.high)
        })
        .collect();
    let mut text = format!(
        "{measure} hangs most on {}; no effect at all: {} of {all} assumed numbers",
        first.join(", "),
        all - moving
    );
    let shares = influence.total.iter().map(|it| {
        let spread = it
            .interval
            .map(|it| format!(", {} to {}", per_cent(it.low), per_cent(it.high)));
        format!("{} {}{}", it.name, per_cent(it.index), spread.unwrap_or_default())
    });
    let shares: Vec<String> = shares.collect();
    if !shares.is_empty() {
        let _ = write!(
            text,
            ". Of its variance over the ranges of these, has a part in: {}",
            shares.join("; ")
        );
    }
    text + "."
}

/// Named where all cannot be.
const NAMED: usize = 3;

fn per_cent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// How far a measure moves, whichever way.
pub fn size(unit: Unit, by: f64) -> String {
    // What rounds to nothing is something all the same.
    if unit == Unit::Share && by != 0.0 && by.abs() < HUNDREDTH_OF_A_POINT {
        return "< 0.01 points".to_owned();
    }
    signed(unit, by.abs()).trim_start_matches('+').to_owned()
}

const HUNDREDTH_OF_A_POINT: f64 = 1e-4;

/// Four figures are more than an interval is worth.
fn number(value: f64) -> String {
    let digits = (3 - value.abs().max(1e-9).log10().floor() as i32).clamp(0, 6) as usize;
    let text = format!("{value:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// `servers 8, reads 2`
fn settings(report: &StudyReport, row: &Row) -> String {
    let pairs = report.axes.iter().zip(&row.settings);
    let texts: Vec<String> = pairs.map(|(axis, value)| format!("{axis} {value}")).collect();
    texts.join(", ")
}

/// What a terminal shows.
pub fn summary(report: &StudyReport) -> String {
    let mut text = String::new();
    let what = match report.points.len() {
        0 => report.scenario.clone(),
        points => format!("{} of {}", counted(points, "point"), report.scenario),
    };
    let _ = writeln!(
        text,
        "{}: {what}, {} seeds each\n",
        report.study,
        report.seeds.len()
    );
    for sentence in &report.sentences {
        wrap(&mut text, "  • ", "    ", sentence, ' ');
    }
    if !report.points.is_empty() {
        rows_for_a_terminal(&mut text, report);
    }
    let _ = writeln!(
        text,
        "\nAssumed  {} parameters of the scenario stand on no public source\nDigest   {}",
        report.assumed,
        &report.digest[..16.min(report.digest.len())]
    );
    text
}

/// The scenario as it is and each point, with the measures by number.
fn rows_for_a_terminal(text: &mut String, report: &StudyReport) {
    text.push('\n');
    for (place, column) in report.headline.iter().enumerate() {
        let _ = writeln!(text, "  [{}] {}", place + 1, column.name);
    }
    let widths = axis_widths(report);
    let line = |text: &mut String, settings: &[String], cells: Vec<String>, met: &str| {
        text.push_str("\n  ");
        for (setting, width) in settings.iter().zip(&widths) {
            let _ = write!(text, "{setting:<width$}  ");
        }
        for cell in cells {
            let _ = write!(text, "{cell:>13}");
        }
        let _ = write!(text, "  {met}");
    };
    let titles = (1..=report.headline.len()).map(|n| format!("[{n}]  "));
    let met_title = if report.thresholds.is_empty() {
        ""
    } else {
        "thresholds"
    };
    line(text, &report.axes, titles.collect(), met_title);
    for row in std::iter::once(&report.base).chain(&report.points) {
        let cells = row.cells.iter().zip(&report.headline);
        let cells = cells
            .map(|(cell, column)| format!("{}{}", mean(cell, column), if cell.stands { " *" } else { "  " }));
        let met = match (report.thresholds.is_empty(), is_met_for_all(report, row)) {
            (true, _) => "",
            (false, true) => "met",
            (false, false) => "missed",
        };
        line(text, &row.settings, cells.collect(), met);
    }
    let _ = writeln!(
        text,
        "\n\n* differs from the first row; all marked stand together at 95 % (Holm over {} differences)",
        grouped(report.tested.into())
    );
}

fn axis_widths(report: &StudyReport) -> Vec<usize> {
    let rows = || std::iter::once(&report.base).chain(&report.points);
    let width = |(place, axis): (usize, &String)| {
        let values = rows().filter_map(|row| row.settings.get(place));
        values
            .chain([axis])
            .map(|text| text.chars().count())
            .max()
            .unwrap_or(0)
    };
    report.axes.iter().enumerate().map(width).collect()
}

fn mean(cell: &Cell, column: &Column) -> String {
    match (column.unit, cell.mean) {
        (Some(unit), Some(mean)) => amount(unit, mean),
        _ => "–".to_owned(),
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The whole report.
pub fn markdown(report: &StudyReport, facts: &AssessmentFacts) -> String {
    let mut text = format!("# Study: {} of {}\n", report.study, report.scenario);
    if !report.description.is_empty() {
        let _ = write!(text, "\n> {}\n", report.description.trim().replace('\n', "\n> "));
    }
    let seeds: Vec<String> = report.seeds.iter().map(u64::to_string).collect();
    let _ = writeln!(
        text,
        "\n{} and the scenario as it is, each with the seeds {}. Digest: `{}`.\n\n## In short\n",
        counted(report.points.len(), "point"),
        seeds.join(", "),
        report.digest
    );
    for sentence in &report.sentences {
        let _ = writeln!(text, "- {sentence}");
    }
    let _ = writeln!(
        text,
        "\nEverything here is about the emulated network, of whose parameters {} stand on no public source.",
        report.assumed
    );
    for (place, column) in report.headline.iter().enumerate() {
        table(&mut text, report, place, column);
    }
    knee_table(&mut text, report);
    influence_table(&mut text, report);
    threshold_table(&mut text, report);
    method(&mut text, report);
    runs(&mut text, report, facts);
    text
}

fn axes_row(report: &StudyReport) -> String {
    report.axes.iter().map(|axis| format!("| {axis} ")).collect()
}

fn settings_row(row: &Row) -> String {
    row.settings.iter().map(|value| format!("| {value} ")).collect()
}

fn table(text: &mut String, report: &StudyReport, place: usize, column: &Column) {
    let _ = writeln!(
        text,
        "\n## {}\n\n{}| Mean | Difference | 95 % CI | Stands (Holm) |\n{}|---:|---:|---:|:---:|",
        column.name,
        axes_row(report),
        "|---:".repeat(report.axes.len())
    );
    for row in std::iter::once(&report.base).chain(&report.points) {
        let cell = row.cells[place];
        let text_of = |value: Option<String>| value.unwrap_or_default();
        let difference = column.unit.zip(cell.difference);
        let spread = column.unit.zip(cell.interval);
        let _ = writeln!(
            text,
            "{}| {} | {} | {} | {} |",
            settings_row(row),
            mean(&cell, column),
            text_of(difference.map(|(unit, difference)| signed(unit, difference))),
            text_of(spread.map(|(unit, spread)| interval(unit, spread))),
            if cell.stands { "yes" } else { "" }
        );
    }
}

fn knee_table(text: &mut String, report: &StudyReport) {
    let Some(knee) = &report.knee else { return };
    let _ = writeln!(
        text,
        "\n## The knee\n\n| {} | Mean of {} |\n|---:|---:|",
        knee.sought.axis, knee.sought.measure
    );
    for tried in &knee.tried {
        let _ = writeln!(text, "| {} | {} |", number(tried.value), number(tried.mean));
    }
}

fn influence_table(text: &mut String, report: &StudyReport) {
    let Some(influence) = &report.influence else {
        return;
    };
    let _ = writeln!(
        text,
        "\n## What {} hangs on\n\n| Assumed number | Is | From | To | Range | Moves it by | Spread |\n|---|---:|---:|---:|---|---:|---:|",
        influence.measure
    );
    let moving = influence.moving();
    for row in &influence.screened[..moving] {
        let of = &row.of;
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {} | {} | {} |",
            of.name,
            of.value,
            of.low,
            of.high,
            of.range_in_words(),
            size(influence.unit, row.effect),
            row.spread
                .map(|spread| size(influence.unit, spread))
                .unwrap_or_default()
        );
    }
    let quiet: Vec<String> = influence.screened[moving..]
        .iter()
        .map(|row| format!("`{}`", row.of.name))
        .collect();
    if !quiet.is_empty() {
        let _ = writeln!(
            text,
            "\nNo effect at all ({}): {}.",
            quiet.len(),
            quiet.join(", ")
        );
    }
    if !influence.not_varied.is_empty() {
        let names: Vec<String> = influence
            .not_varied
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        let _ = writeln!(
            text,
            "\nAssumed as well and not varied, as they are no numbers, have no range or were refused wherever they were tried: {}.",
            names.join(", ")
        );
    }
    if !influence.total.is_empty() {
        let _ = writeln!(
            text,
            "\n| Of the variance over the ranges of these | Has a part in | 95 % bootstrap interval |\n|---|---:|---:|"
        );
    }
    for row in &influence.total {
        let spread = row
            .interval
            .map(|it| format!("{} to {}", per_cent(it.low), per_cent(it.high)));
        let _ = writeln!(
            text,
            "| `{}` | {} | {} |",
            row.name,
            per_cent(row.index),
            spread.unwrap_or_default()
        );
    }
    let _ = writeln!(
        text,
        "\n{} stars of a point anywhere in the ranges and, for each number, the same point with that one half its range away; the shares of \
         variance are of {} stars with only these numbers varied (Jansen's estimator). Each star has one seed. How far an answer is off, as the assumed numbers \
         may be, this says; how sure it is of the seeds' weather, the intervals above.",
        influence.stars, influence.samples
    );
}

fn threshold_table(text: &mut String, report: &StudyReport) {
    if report.thresholds.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n## Thresholds\n");
    for (place, threshold) in report.thresholds.iter().enumerate() {
        let _ = writeln!(text, "{}. {threshold}", place + 1);
    }
    let titles: String = (1..=report.thresholds.len()).map(|n| format!("| {n} ")).collect();
    let _ = writeln!(
        text,
        "\nFor how many of the {} seeds each is met:\n\n{}{titles}|\n{}|",
        report.seeds.len(),
        axes_row(report),
        "|---:".repeat(report.axes.len() + report.thresholds.len())
    );
    for row in std::iter::once(&report.base).chain(&report.points) {
        let met: String = row.met.iter().map(|met| format!("| {met} ")).collect();
        let _ = writeln!(text, "{}{met}|", settings_row(row));
    }
}

fn method(text: &mut String, report: &StudyReport) {
    let _ = writeln!(
        text,
        "\n## Method and its limits\n\n\
         - Every point is run with the same seeds, and every random draw is a function of the seed and of what it is for: two points differ by \
         their settings and by what follows from them.\n\
         - A difference is taken seed by seed against the scenario as it is. Interval: mean difference ± t(0.975; {}) × s / √{}, as in `secnet \
         assess`. Which differences stand together is Holm's correction over all {} of this report.\n\
         - The measures were named before any run.\n\
         - A knee is sought by bisection of the mean over the seeds; its interval is of 2,000 bootstrap samples of the seeds over the values \
         tried. It takes the measure to cross the threshold once.\n\
         - The intervals are about the seeds' weather in this scenario. They say nothing of the error of assumed parameters: make those an axis.",
        report.seeds.len().saturating_sub(1),
        report.seeds.len(),
        grouped(report.tested.into())
    );
}

fn runs(text: &mut String, report: &StudyReport, facts: &AssessmentFacts) {
    let _ = writeln!(
        text,
        "\n## Runs\n\nAny of them can be made again, with the same digests on any machine:\n\n```sh\n{} --seed SEED\n```\n\n\
         and for a point its overrides:\n\n{}| Overrides | Ledger and KPIs digests, by seed |\n{}|---|---|",
        report.command,
        axes_row(report),
        "|---:".repeat(report.axes.len())
    );
    for row in std::iter::once(&report.base).chain(&report.points) {
        let overrides: Vec<String> = row
            .overrides
            .iter()
            .map(|flag| format!("`--set {}`", quoted(flag)))
            .collect();
        let digests: Vec<String> = row
            .digests
            .iter()
            .map(|[ledger, kpis]| format!("{}/{}", short(ledger), short(kpis)))
            .collect();
        let _ = writeln!(
            text,
            "{}| {} | {} |",
            settings_row(row),
            overrides.join(" "),
            digests.join(" ")
        );
    }
    let _ = writeln!(
        text,
        "\nsecnet {} ({}), put together {} on {} threads in {:.1} s.",
        facts.secnet_version, facts.secnet_commit, facts.started_at, facts.threads, facts.wall_seconds
    );
}

fn short(digest: &str) -> &str {
    &digest[..8.min(digest.len())]
}
