//! The search for a knee: its ends, then the middle of what is left, each with all seeds.

use super::Study;
use super::definition::{Axis, Definition, KneeDefinition};
use crate::exit::bad_input;
use secnet_results::assessment::Unit;
use secnet_results::study::knee::{Sought, Tried};
use secnet_results::study::{Figure, Knee};

/// `None` when it was stopped by hand; then `None` where none is sought.
pub(super) fn knee(study: &Study<'_>) -> anyhow::Result<Option<Option<Knee>>> {
    let Some(sought) = &study.definition.knee else {
        return Ok(Some(None));
    };
    let axes = study.definition.axes.iter();
    let Some((place, axis)) = axes.enumerate().find(|(_, axis)| axis.name == sought.axis) else {
        return Ok(Some(None));
    };
    let Some((mut low, mut high)) = axis.range() else {
        return Ok(Some(None));
    };
    let mut question = Sought {
        axis: sought.axis.clone(),
        measure: sought.measure.clone(),
        unit: Unit::Count,
        threshold: sought.at_least.or(sought.at_most).unwrap_or_default(),
        at_least: sought.at_least.is_some(),
    };
    let mut tried = Vec::new();
    for end in [low, high] {
        let Some((found, unit)) = at(study, place, axis, &question, end)? else {
            return Ok(None);
        };
        question.unit = unit;
        tried.push(found);
    }
    let good_low = question.is_good(tried[0].mean);
    if good_low == question.is_good(tried[1].mean) {
        return Ok(Some(Some(Knee::new(question, tried))));
    }
    while let Some(middle) = between(axis, low, high, sought.within) {
        let Some((found, _)) = at(study, place, axis, &question, middle)? else {
            return Ok(None);
        };
        match question.is_good(found.mean) == good_low {
            true => low = middle,
            false => high = middle,
        }
        tried.push(found);
    }
    Ok(Some(Some(Knee::new(question, tried))))
}

/// What is tried next; `None` where it is known well enough.
fn between(axis: &Axis, low: f64, high: f64, within: f64) -> Option<f64> {
    let middle = low + (high - low) / 2.0;
    let middle = if axis.is_whole() { middle.floor() } else { middle };
    (high - low > within && middle > low && middle < high).then_some(middle)
}

/// How many points a search tries at most.
pub(super) fn points_max(definition: &Definition, knee: &KneeDefinition) -> u32 {
    let axis = definition.axes.iter().find(|axis| axis.name == knee.axis);
    let Some((axis, (low, mut high))) = axis.and_then(|axis| Some((axis, axis.range()?))) else {
        return 0;
    };
    let mut points = 2;
    // The upper half of what is left is never the smaller one.
    while let Some(middle) = between(axis, low, high, knee.within) {
        high = low + (high - middle);
        points += 1;
    }
    points
}

fn at(
    study: &Study<'_>,
    place: usize,
    axis: &Axis,
    sought: &Sought,
    value: f64,
) -> anyhow::Result<Option<(Tried, Unit)>> {
    let text = axis.of_number(value);
    let setting = study.base.setting(&study.definition, &[(place, text)]);
    let setting = setting.map_err(bad_input)?;
    let runs = study.runs(&setting)?;
    if study.make(&runs.iter().collect::<Vec<_>>(), None)?.is_none() {
        return Ok(None);
    }
    let point = study.point(&setting, &runs)?;
    let figures = point.parts.iter().map(|part| {
        let figure = part.figures.get(&sought.measure).copied();
        figure.ok_or_else(|| {
            bad_input(format!(
                "knee: the run with seed {} at {} {value} has no `{}`",
                part.seed, sought.axis, sought.measure
            ))
        })
    });
    let figures = figures.collect::<anyhow::Result<Vec<Figure>>>()?;
    let unit = figures.first().map(|figure| figure.unit);
    let tried = Tried::new(value, figures.iter().map(|figure| figure.value).collect());
    Ok(tried.zip(unit))
}
