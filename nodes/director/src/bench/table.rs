//! The figures as a person reads them.

use crate::bench::Figures;
use std::fmt::Write;

pub fn render(figures: &Figures) -> String {
    let mut text = String::new();
    let machine = &figures.machine;
    let mut line = |content: String| {
        text.push_str(&content);
        text.push('\n');
    };
    line(format!(
        "secnet {} on {} cores, {}, {} GiB",
        figures.secnet_version,
        machine.cores,
        machine.processor,
        machine.memory_bytes >> 30
    ));
    line("\nVirtual round trips                        round trips/s   in flight  events each".to_owned());
    for figure in &figures.virtual_round_trips {
        line(format!(
            "  {:>7} in flight, {} thread{}             {:>12}  {:>10}  {:>11.2}",
            grouped(figure.in_flight_aimed_at.into()),
            figure.threads,
            if figure.threads == 1 { " " } else { "s" },
            grouped(figure.round_trips_per_second),
            grouped(figure.in_flight),
            figure.events_per_round_trip
        ));
    }
    line("\nRaw messages, two processes                     messages/s".to_owned());
    for figure in &figures.raw_bus {
        let how = if figure.express { "express" } else { "batched" };
        line(format!(
            "  {how}, {} B, all received                     {:>12}",
            figure.payload_bytes,
            grouped(figure.messages_per_second)
        ));
    }
    let live = &figures.live_round_trips;
    line("\nLive round trips                           round trips/s   in flight  frames each".to_owned());
    line(format!(
        "  {} processes at full speed                {:>12}  {:>10}  {:>11.3}",
        live.processes,
        grouped(live.round_trips_per_second),
        grouped(live.in_flight),
        live.frames_per_round_trip
    ));
    line("\nTracing                                       speed ÷ untraced   turns from     to".to_owned());
    for figure in &figures.tracing {
        let (least, most) = (figure.ratios.first(), figure.ratios.last());
        line(format!(
            "  {:<8} one in {:<30} {:>10.3}  {:>10.3}  {:>5.3}",
            figure.driver,
            grouped(1.0 / figure.traced),
            figure.ratio,
            least.copied().unwrap_or(figure.ratio),
            most.copied().unwrap_or(figure.ratio)
        ));
    }
    line("\nEmulated time                             emulated s per s    requests       wall s".to_owned());
    for figure in &figures.emulated_time {
        line(format!(
            "  {:<8} {:<30} {:>15}  {:>10}  {:>11.4}",
            figure.driver,
            figure.scenario,
            grouped(figure.emulated_seconds_per_second),
            grouped(figure.requests as f64),
            figure.wall_seconds
        ));
    }
    let memory = &figures.memory;
    line(format!(
        "\nIdle premises: {} of them take {:.2} B each by count, {:.2} B each by the process's growth",
        grouped(memory.premises.into()),
        memory.counted_bytes_per_premises,
        memory.resident_bytes_per_premises
    ));
    line("\nMarks".to_owned());
    for mark in &figures.marks {
        line(format!(
            "  {}  {:<52} {:>10}  (mark {})",
            if mark.met { "met   " } else { "MISSED" },
            mark.what,
            short(mark.figure),
            short(mark.mark)
        ));
    }
    text
}

/// Small numbers with decimals, large ones grouped.
fn short(number: f64) -> String {
    if number < 100.0 {
        format!("{number:.2}")
    } else {
        grouped(number)
    }
}

/// `1234567` → `1,234,567`.
fn grouped(number: f64) -> String {
    let digits = format!("{:.0}", number.max(0.0));
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        let _ = text.write_char(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_a_person_would_write_them() {
        let rows = [
            (0.0, "0"),
            (999.4, "999"),
            (1_000.0, "1,000"),
            (1_234_567.0, "1,234,567"),
        ];
        for (number, expected) in rows {
            assert_eq!(grouped(number), expected);
        }
        assert_eq!(
            (short(0.527), short(500_000.0)),
            ("0.53".to_owned(), "500,000".to_owned())
        );
    }
}
