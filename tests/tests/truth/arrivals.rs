//! Workloads: Poisson, and where the day has a shape, Poisson in the time that the shape stretches.

use secnet_tests::in_virtual_time::{run, scenario};

const READS: &str = r#"
    name = "reads"
    horizon = "24h"
    drain = "1h"
    [population]
    premises = 1_000
    [[suppliers]]
    name = "Bright"
    share = 1.0
    [[workloads]]
    name = "reads"
    from = "suppliers"
    srvs = ["8.2"]
    per_device_per_day = 20.0
    [premises]
    alerts_per_premises_per_day = 0.0
    [tracing]
    requests = 1.0
    spans_max = 10_000_000
"#;

/// When each request began, in seconds.
fn begins(shape: &str) -> Vec<f64> {
    let shape = format!("workloads.0.shape=\"{shape}\"");
    let run = run(&scenario(READS, &["epoch=2026-01-14T00:00:00Z", &shape]), 1);
    let mut begins: Vec<f64> = run
        .outcome
        .traces
        .spans
        .iter()
        .filter(|span| span.is_root())
        .map(|span| span.begin_us as f64 / 1e6)
        .collect();
    begins.sort_by(f64::total_cmp);
    begins
}

/// Kolmogorov's distance of the gaps from an exponential distribution of mean 1, times the root of their number.
fn distance_from_exponential(times: &[f64]) -> f64 {
    let mut gaps: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    gaps.sort_by(f64::total_cmp);
    let count = gaps.len() as f64;
    let distance = gaps.iter().enumerate().map(|(i, gap)| {
        let expected = 1.0 - (-gap).exp();
        (expected - i as f64 / count)
            .abs()
            .max(((i + 1) as f64 / count - expected).abs())
    });
    distance.fold(0.0, f64::max) * count.sqrt()
}

/// Beyond 1.63 for one sample in a hundred.
const KOLMOGOROV_99: f64 = 1.63;

#[test]
fn arrivals_of_a_flat_day_are_poisson() {
    let begins = begins("flat");
    let rate = begins.len() as f64 / 86_400.0;
    let rescaled: Vec<f64> = begins.iter().map(|at| at * rate).collect();
    let distance = distance_from_exponential(&rescaled);
    println!("{} arrivals, distance {distance:.3}", begins.len());
    assert!(distance < KOLMOGOROV_99, "{distance}");
    let expected = 20.0 * 1_000.0;
    assert!(
        (begins.len() as f64 - expected).abs() < 4.0 * expected.sqrt(),
        "{}",
        begins.len()
    );
}

/// In each quarter of an hour the shape is flat: rescaled by its rate there, the gaps are those of a flat day.
#[test]
fn arrivals_of_a_shaped_day_are_poisson_once_time_is_rescaled() {
    const BIN_S: f64 = 900.0;
    for shape in ["evening_peak", "office_hours", "overnight"] {
        let begins = begins(shape);
        let mut counts = vec![0.0; 96];
        for at in &begins {
            counts[(at / BIN_S) as usize] += 1.0;
        }
        // An hour's mean: the shape changes on the hour at most.
        let hourly: Vec<f64> = counts
            .chunks(4)
            .map(|hour| hour.iter().sum::<f64>() / 4.0)
            .collect();
        let before = |bin: usize| (0..bin).map(|bin| hourly[bin / 4]).sum::<f64>();
        let rescaled: Vec<f64> = begins
            .iter()
            .map(|at| {
                let bin = (at / BIN_S) as usize;
                before(bin) + hourly[bin / 4] * (at / BIN_S).fract()
            })
            .collect();
        let distance = distance_from_exponential(&rescaled);
        println!("{shape}: {} arrivals, distance {distance:.3}", begins.len());
        assert!(distance < KOLMOGOROV_99, "{shape}: {distance}");
    }
}
