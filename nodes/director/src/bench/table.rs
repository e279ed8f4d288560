//! The figures as a person reads them.

use crate::bench::Figures;
use std::fmt::{self, Write};

pub(super) fn render(figures: &Figures) -> String {
    let machine = &figures.machine;
    let mut text = format!(
        "secnet {} ({}) on {} cores, {}, {} GiB\n",
        figures.secnet_version,
        figures.secnet_commit,
        machine.cores,
        machine.processor,
        machine.memory_bytes >> 30
    );
    // Writing to a string cannot fail.
    let _ = write_round_trips(&mut text, figures)
        .and_then(|()| write_tracing(&mut text, figures))
        .and_then(|()| write_security(&mut text, figures))
        .and_then(|()| write_emulated_time(&mut text, figures))
        .and_then(|()| write_memory(&mut text, figures))
        .and_then(|()| write_marks(&mut text, figures));
    text
}

fn write_round_trips(text: &mut String, figures: &Figures) -> fmt::Result {
    if !figures.virtual_round_trips.is_empty() {
        writeln!(
            text,
            "\nVirtual round trips                        round trips/s   in flight  events each"
        )?;
    }
    for figure in &figures.virtual_round_trips {
        writeln!(
            text,
            "  {:>7} in flight, {} thread{}             {:>12}  {:>10}  {:>11.2}",
            grouped(figure.in_flight_aimed_at.into()),
            figure.threads,
            if figure.threads == 1 { " " } else { "s" },
            grouped(figure.round_trips_per_second),
            grouped(figure.in_flight),
            figure.events_per_round_trip
        )?;
    }
    let Some(live) = &figures.live_round_trips else {
        return Ok(());
    };
    writeln!(
        text,
        "\nRaw messages, two processes                     messages/s"
    )?;
    for figure in &figures.raw_bus {
        let how = if figure.express { "express" } else { "batched" };
        writeln!(
            text,
            "  {how}, {} B, all received                     {:>12}",
            figure.payload_bytes,
            grouped(figure.messages_per_second)
        )?;
    }
    writeln!(
        text,
        "\nLive round trips                           round trips/s   in flight  frames each"
    )?;
    writeln!(
        text,
        "  {} processes at full speed                {:>12}  {:>10}  {:>11.3}",
        live.processes,
        grouped(live.round_trips_per_second),
        grouped(live.in_flight),
        live.frames_per_round_trip
    )
}

fn write_tracing(text: &mut String, figures: &Figures) -> fmt::Result {
    if !figures.tracing.is_empty() {
        writeln!(
            text,
            "\nTracing                             speed ÷ untraced   half of the turns   turns"
        )?;
    }
    for figure in &figures.tracing {
        let (from, to) = figure.middle_half();
        writeln!(
            text,
            "  {:<8} one in {:<18}  {:>15.3}     {from:>6.3} to {to:<6.3}  {:>5}",
            figure.driver,
            grouped(1.0 / figure.traced),
            figure.ratio,
            figure.ratios.len()
        )?;
    }
    Ok(())
}

fn write_security(text: &mut String, figures: &Figures) -> fmt::Result {
    if !figures.security.is_empty() {
        writeln!(
            text,
            "\nWhom the bus takes                  speed ÷ open bus   least and most      turns"
        )?;
    }
    for figure in &figures.security {
        let last = figure.ratios.len() - 1;
        writeln!(
            text,
            "  live, {:<25} {:>15.3}     {:>6.3} to {:<6.3}  {:>5}",
            figure.bus,
            figure.ratio,
            figure.ratios[0],
            figure.ratios[last],
            figure.ratios.len()
        )?;
    }
    Ok(())
}

fn write_emulated_time(text: &mut String, figures: &Figures) -> fmt::Result {
    if !figures.emulated_time.is_empty() {
        writeln!(
            text,
            "\nEmulated time                             emulated s per s    requests       wall s"
        )?;
    }
    for figure in &figures.emulated_time {
        writeln!(
            text,
            "  {:<8} {:<30} {:>15}  {:>10}  {:>11.4}",
            figure.driver,
            figure.scenario,
            grouped(figure.emulated_seconds_per_second),
            grouped(figure.requests as f64),
            figure.wall_seconds
        )?;
    }
    Ok(())
}

fn write_memory(text: &mut String, figures: &Figures) -> fmt::Result {
    let Some(memory) = &figures.memory else {
        return Ok(());
    };
    writeln!(
        text,
        "\nIdle premises: {} of them take {:.2} B each by count, {:.2} B each by the process's growth",
        grouped(memory.premises.into()),
        memory.counted_bytes_per_premises,
        memory.resident_bytes_per_premises
    )
}

fn write_marks(text: &mut String, figures: &Figures) -> fmt::Result {
    if !figures.marks.is_empty() {
        writeln!(text, "\nMarks")?;
    }
    for mark in &figures.marks {
        writeln!(
            text,
            "  {}  {:<52} {:>10}  (mark {})",
            if mark.met { "met   " } else { "MISSED" },
            mark.what,
            short(mark.figure),
            short(mark.mark)
        )?;
    }
    Ok(())
}

/// Small numbers with decimals, large ones grouped.
fn short(number: f64) -> String {
    if number < 100.0 {
        format!("{number:.2}")
    } else {
        grouped(number)
    }
}

/// Of the nearest whole number.
fn grouped(number: f64) -> String {
    secnet_topology::grouped(number.max(0.0).round() as u64)
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
