//! A tenth of the network as the whole: who is turned away, what comes in time and how long cells make wait must not depend on how many
//! premises are emulated, where the DSP is sized for them all. What does depend on it, `topology check` says.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stdout, reason = "how close they come is worth reading")]

use secnet_tests::in_virtual_time::{run, scenario};
use std::collections::BTreeMap;

const PRICE_CAP: &str = include_str!("../../topology/price-cap-april.toml");
const WHOLE: u32 = 1_000_000;
const SLICE: u32 = 100_000;

/// What a planner reads of a run, by name: shares, and mean waits in milliseconds.
fn measures(premises: u32, seed: u64) -> BTreeMap<String, f64> {
    let overrides = [
        format!("seed={seed}"),
        format!("population.premises={premises}"),
        // From noon until after the evening in question.
        "horizon=10h".to_owned(),
        "modifications.SECMP0067=on".to_owned(),
        format!("tracing.requests={}", 20_000.0 / f64::from(premises)),
        "tracing.spans_max=10000000".to_owned(),
    ];
    let overrides: Vec<&str> = overrides.iter().map(String::as_str).collect();
    let run = run(&scenario(PRICE_CAP, &overrides), 1);
    run.keeps_the_laws().unwrap();
    let kpis = &run.report.kpis;
    let mut measures = BTreeMap::new();
    for user in &kpis.back_pressure.by_user {
        let away = 1.0 - user.eventual_share.unwrap();
        measures.insert(format!("share of {} turned away", user.user), away);
    }
    for row in &kpis.service.by_srv {
        let within = row.within_target_share.unwrap();
        measures.insert(
            format!("share of {} within target", row.key.srv.clone().unwrap()),
            within,
        );
    }
    let mut waits = BTreeMap::<String, (f64, f64)>::new();
    let of_queues = |name: &str| matches!(name, "downlink queue" | "uplink queue");
    for span in run
        .outcome
        .traces
        .spans
        .iter()
        .filter(|span| of_queues(&span.name))
    {
        let (sum_ms, count) = waits
            .entry(format!("wait at {} {}", span.participant, span.name))
            .or_default();
        *sum_ms += (span.end_us - span.begin_us) as f64 / 1e3;
        *count += 1.0;
    }
    measures.extend(
        waits
            .into_iter()
            .map(|(name, (sum_ms, count))| (name, sum_ms / count)),
    );
    measures
}

fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, squares / (count - 1.0) / count)
}

#[test]
fn a_slice_turns_away_and_delays_the_same_share_as_the_whole() {
    let slices: Vec<_> = (1..=6).map(|seed| measures(SLICE, seed)).collect();
    let wholes: Vec<_> = (1..=3).map(|seed| measures(WHOLE, seed)).collect();
    // Student's, 99.9 % on both sides, with 7 degrees of freedom.
    const INTERVAL: f64 = 5.41;
    for name in wholes[0].keys() {
        let of = |runs: &[BTreeMap<String, f64>]| {
            mean_and_error(&runs.iter().map(|run| run[name]).collect::<Vec<_>>())
        };
        let ((slice, slice_error), (whole, whole_error)) = (of(&slices), of(&wholes));
        let difference = (slice - whole).abs();
        let error = (slice_error + whole_error).sqrt();
        println!(
            "{name}: {slice:.5} of the slice, {whole:.5} of the whole, {:.2} errors apart",
            difference / error
        );
        assert!(
            difference <= INTERVAL * error || difference < 1e-9,
            "{name}: {slice} and {whole}"
        );
        assert!(
            !name.starts_with("share") || difference < 0.005,
            "{name}: {slice} and {whole}"
        );
    }
}

#[test]
fn what_a_slice_does_not_say_is_said_of_it() {
    let remarks = |premises: u32| {
        let premises = format!("population.premises={premises}");
        scenario(PRICE_CAP, &[&premises]).remarks()
    };
    assert!(remarks(WHOLE).is_empty());
    let of_slice = remarks(SLICE).join(" ");
    assert!(
        of_slice.contains("the ordinary wait for a server is 10.0 times as long"),
        "{of_slice}"
    );
}
