//! Lines over emulated time, as SVG that needs no script: with its numbers as a table below it, from which the script reads what the cursor is at.

use crate::words::{grouped, moment, percent, seconds};
use maud::{Markup, PreEscaped, html};
use secnet_results::EventFact;
use std::fmt::Write;

/// How its values are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unit {
    Count,
    Seconds,
    Share,
}

impl Unit {
    fn words(self, value: f64) -> String {
        match self {
            Unit::Count => grouped(value.round() as u64),
            Unit::Seconds => seconds(Some(value)),
            Unit::Share => percent(Some(value)),
        }
    }
}

/// Of a number of the palette: its colour, and how it is dashed, so that no line is told by its colour alone.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) colour: usize,
    /// By window; absent where there is nothing to show.
    pub(crate) values: Vec<Option<f64>>,
    /// Drawn as an area down to these in place of a line.
    pub(crate) down_to: Option<Vec<Option<f64>>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Chart<'a> {
    /// Its anchor.
    pub(crate) id: String,
    pub(crate) title: String,
    /// What is to be seen, for those who do not see it.
    pub(crate) about: String,
    pub(crate) unit: Unit,
    /// Powers of ten are equally far apart.
    pub(crate) is_logarithmic: bool,
    /// When the first window begins, and how long each is.
    pub(crate) width_us: u64,
    pub(crate) lines: Vec<Line>,
    /// What areas are from and to, if there are any.
    pub(crate) shaded: Option<&'static str>,
    /// A value that is asked for.
    pub(crate) target: Option<(String, f64)>,
    pub(crate) events: &'a [EventFact],
    pub(crate) ends_us: u64,
}

/// The plot's own coordinates: it is stretched to whatever room there is.
const WIDE: f64 = 1_000.0;
const HIGH: f64 = 200.0;

/// Where values are in it.
struct Scale {
    is_logarithmic: bool,
    low: f64,
    high: f64,
}

impl Scale {
    fn of(chart: &Chart<'_>) -> Scale {
        let drawn = chart.lines.iter().flat_map(|line| {
            let down_to = line.down_to.iter().flatten();
            line.values.iter().chain(down_to).flatten().copied()
        });
        let target = chart.target.iter().map(|(_, value)| *value);
        let values: Vec<f64> = drawn.chain(target).filter(|value| value.is_finite()).collect();
        let high = values.iter().copied().fold(0.0, f64::max);
        let positive = values.iter().copied().filter(|value| *value > 0.0);
        let low = positive.fold(f64::INFINITY, f64::min);
        match chart.is_logarithmic && low.is_finite() {
            true => {
                let below = LADDER.into_iter().rev().find(|step| *step <= low);
                let low = below.unwrap_or(LADDER[0]);
                let above = LADDER.into_iter().find(|step| *step >= high && *step > low);
                Scale {
                    is_logarithmic: true,
                    low,
                    high: above.unwrap_or(high.max(10.0 * low)),
                }
            }
            false => Scale {
                is_logarithmic: false,
                low: 0.0,
                high: round_up(high),
            },
        }
    }

    /// From 0 below to 1 above.
    fn height(&self, value: f64) -> f64 {
        let height = match self.is_logarithmic {
            true => (value.max(self.low) / self.low).log10() / (self.high / self.low).log10(),
            false => value / self.high,
        };
        height.clamp(0.0, 1.0)
    }

    fn y(&self, value: f64) -> f64 {
        HIGH * (1.0 - self.height(value))
    }

    /// Values at which a grid line stands.
    fn marks(&self) -> Vec<f64> {
        if !self.is_logarithmic {
            return (0..=4)
                .map(|quarter| self.high * f64::from(quarter) / 4.0)
                .collect();
        }
        let steps = LADDER.into_iter();
        steps
            .filter(|step| (self.low..=self.high).contains(step))
            .collect()
    }
}

/// Times that have a name, in seconds.
const LADDER: [f64; 12] = [
    0.001,
    0.01,
    0.1,
    1.0,
    10.0,
    60.0,
    600.0,
    3_600.0,
    36_000.0,
    86_400.0,
    864_000.0,
    8_640_000.0,
];

/// To one that four parts divide well.
fn round_up(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(value.log10().floor());
    let steps = [1.0, 2.0, 4.0, 6.0, 8.0, 10.0];
    let fits = steps
        .into_iter()
        .find(|step| step * power >= value * (1.0 - 1e-9));
    fits.unwrap_or(10.0) * power
}

impl Chart<'_> {
    pub(crate) fn render(&self) -> Markup {
        let scale = Scale::of(self);
        let windows = self.lines.iter().map(|line| line.values.len()).max().unwrap_or(0);
        let id = &self.id;
        html! {
            figure.chart id=(id) data-width=(self.width_us) data-ends=(self.ends_us) {
                figcaption { (self.title) }
                div.legend {
                    @for line in self.lines.iter().filter(|line| line.down_to.is_none()) {
                        span.key { span class={"swatch c" (line.colour)} {} (line.name) }
                    }
                    @if let Some((name, _)) = &self.target { span.key { span.swatch.target {} (name) } }
                    @if let Some(shaded) = self.shaded { span.key { "shaded: " (shaded) } }
                }
                div.plot {
                    div.ticks aria-hidden="true" { @for mark in scale.marks() {
                        span style={"bottom:" (figure(100.0 * scale.height(mark))) "%"} { (self.unit.words(mark)) }
                    } }
                    svg role="img" aria-label=(self.about) viewBox={"0 0 " (WIDE) " " (HIGH)} preserveAspectRatio="none" {
                        (self.shades())
                        (PreEscaped(grid(&scale)))
                        @for line in &self.lines { (PreEscaped(self.path(&scale, line))) }
                        @if let Some((_, value)) = &self.target {
                            path class="target" d={"M0 " (figure(scale.y(*value))) "H" (WIDE)} {}
                        }
                    }
                }
                div.times aria-hidden="true" { @for part in 0..=4 {
                    span { (moment(self.ends_us * part / 4)) }
                } }
                details { summary { "The numbers" }
                    div.scroll tabindex="0" role="region" aria-label={"Numbers of " (self.title)} { table {
                        thead { tr { th scope="col" { "from" } @for line in &self.lines { th scope="col" { (line.name)
                            @if line.down_to.is_some() { ", down to" } }
                            @if line.down_to.is_some() { th scope="col" { (line.name) ", up to" } } } } }
                        tbody { @for window in 0..windows { @if self.has(window) { tr data-window=(window) {
                            th scope="row" { (moment(window as u64 * self.width_us)) }
                            @for line in &self.lines {
                                @if let Some(down_to) = &line.down_to { (self.cell(down_to, window)) }
                                (self.cell(&line.values, window))
                            }
                        } } } }
                    } }
                }
            }
        }
    }

    fn has(&self, window: usize) -> bool {
        let mut lines = self.lines.iter();
        lines.any(|line| line.values.get(window).is_some_and(Option::is_some))
    }

    fn cell(&self, values: &[Option<f64>], window: usize) -> Markup {
        let value = values.get(window).copied().flatten();
        html! { td { @if let Some(value) = value { (self.unit.words(value)) } } }
    }

    fn x(&self, micros: u64) -> f64 {
        WIDE * micros as f64 / self.ends_us.max(1) as f64
    }

    /// The events of the timeline as they went on; what lasts to the end of the run is marked where it began.
    fn shades(&self) -> Markup {
        let seen = self.events.iter().filter(|event| event.begins_us < self.ends_us);
        html! { @for event in seen {
            @let from = self.x(event.begins_us);
            @let until = event.ends_us.filter(|ends| *ends < self.ends_us).map_or(from, |ends| self.x(ends));
            rect.event x=(figure(from)) y="0" width=(figure((until - from).max(1.5))) height=(HIGH) { title { (event.text) } }
        } }
    }

    /// A line, or an area, broken where there is nothing to show.
    fn path(&self, scale: &Scale, line: &Line) -> String {
        let mut text = String::new();
        let middle = |window: usize| {
            self.x(window as u64 * self.width_us + self.width_us / 2)
                .min(WIDE)
        };
        let points: Vec<(usize, f64)> = (0..)
            .zip(&line.values)
            .filter_map(|(at, value)| Some((at, (*value)?)))
            .collect();
        for run in points.chunk_by(|(before, _), (after, _)| before + 1 == *after) {
            let mut path = String::new();
            for (number, (window, value)) in run.iter().enumerate() {
                let step = if number == 0 { 'M' } else { 'L' };
                // Writing to a String cannot fail.
                let _ = write!(
                    path,
                    "{step}{} {}",
                    figure(middle(*window)),
                    figure(scale.y(*value))
                );
            }
            if let Some(down_to) = &line.down_to {
                for (window, value) in run.iter().rev() {
                    let low = down_to.get(*window).copied().flatten().unwrap_or(*value);
                    let _ = write!(path, "L{} {}", figure(middle(*window)), figure(scale.y(low)));
                }
                path.push('Z');
            } else if run.len() == 1 {
                // A lone window is a dash as wide as itself.
                path = format!(
                    "M{} {}h{}",
                    figure(middle(run[0].0) - self.x(self.width_us) / 2.0),
                    figure(scale.y(run[0].1)),
                    figure(self.x(self.width_us).max(1.0))
                );
            }
            let sort = if line.down_to.is_some() { "band" } else { "line" };
            let _ = write!(text, "<path class=\"{sort} c{}\" d=\"{path}\"/>", line.colour);
        }
        text
    }
}

fn grid(scale: &Scale) -> String {
    let mut text = String::new();
    for mark in scale.marks() {
        let _ = write!(
            text,
            "<path class=\"grid\" d=\"M0 {}H{WIDE}\"/>",
            figure(scale.y(mark))
        );
    }
    text
}

/// To a tenth: as fine as a screen shows.
fn figure(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(values: Vec<Option<f64>>) -> Chart<'static> {
        Chart {
            id: "c".to_owned(),
            title: "Requests".to_owned(),
            about: "Requests over time".to_owned(),
            unit: Unit::Count,
            is_logarithmic: false,
            width_us: 10,
            lines: vec![Line {
                name: "asked for".to_owned(),
                colour: 0,
                values,
                down_to: None,
            }],
            shaded: None,
            target: None,
            events: &[],
            ends_us: 40,
        }
    }

    #[test]
    fn a_line_goes_through_the_middle_of_its_windows_and_breaks_where_there_is_nothing() {
        let chart = chart(vec![Some(0.0), Some(8.0), None, Some(4.0)]);
        let scale = Scale::of(&chart);
        assert_eq!(
            chart.path(&scale, &chart.lines[0]),
            "<path class=\"line c0\" d=\"M125 200L375 0\"/><path class=\"line c0\" d=\"M750 100h250\"/>"
        );
    }

    #[test]
    fn scales_end_where_four_parts_are_round() {
        assert_eq!(
            [0.0, 0.7, 1.0, 3.1, 61.0, 1_000.0].map(round_up),
            [1.0, 0.8, 1.0, 4.0, 80.0, 1_000.0]
        );
        let mut chart = chart(vec![Some(0.02), Some(30.0)]);
        chart.is_logarithmic = true;
        let scale = Scale::of(&chart);
        let marks: Vec<String> = scale
            .marks()
            .into_iter()
            .map(|mark| format!("{mark:.2}"))
            .collect();
        assert_eq!(marks, ["0.01", "0.10", "1.00", "10.00", "60.00"]);
        assert_eq!((scale.y(0.01), scale.y(60.0), scale.y(0.0)), (HIGH, 0.0, HIGH));
    }

    #[test]
    fn what_the_user_named_is_text_and_no_markup() {
        let mut chart = chart(vec![Some(1.0)]);
        chart.title = "<script>alert(1)</script>".to_owned();
        chart.lines[0].name = "\"><b>".to_owned();
        let page = chart.render().into_string();
        assert!(!page.contains("<script>") && !page.contains("<b>"), "{page}");
    }
}
