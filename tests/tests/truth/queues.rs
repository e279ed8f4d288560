//! The DSP's queue: Poisson arrivals, one time for all, c servers, finite or not.

use secnet_tests::in_virtual_time::{run, scenario};

/// Of one service of the DSP's own each, so that the answer says how long it waited: the gateway takes 50 ms each way.
const QUESTIONS: &str = r#"
    name = "questions"
    horizon = "6h"
    drain = "1h"
    [population]
    premises = 1_000
    not_commissioned_share = 0.0
    suspended_share = 0.0
    [[suppliers]]
    name = "Bright"
    share = 1.0
    [[workloads]]
    name = "questions"
    from = "suppliers"
    srvs = ["8.2"]
    per_device_per_day = 1.0
    [user]
    attempts_max = 1
    [gateway]
    latency_min = "50ms"
    latency_mean = "50ms"
    [dsp]
    service_time = "100ms"
    queue_limit = 1_000_000
    [premises]
    alerts_per_premises_per_day = 0.0
    [tracing]
    requests = 1.0
    spans_max = 10_000_000
"#;
const SERVICE_S: f64 = 0.1;
const ROUND_TRIP_S: f64 = 0.1;

/// Waiting times of those that were served, in seconds, and the share of all that were not.
fn waits(servers: u32, utilisation: f64, more: &[&str]) -> (Vec<f64>, f64) {
    let per_second = utilisation * f64::from(servers) / SERVICE_S;
    let overrides = [
        format!("dsp.servers={servers}"),
        format!("workloads.0.per_device_per_day={}", per_second * 86.4),
    ];
    let overrides: Vec<&str> = overrides
        .iter()
        .map(String::as_str)
        .chain(more.iter().copied())
        .collect();
    let run = run(&scenario(QUESTIONS, &overrides), 1);
    run.keeps_the_laws().unwrap();
    let roots: Vec<_> = run
        .outcome
        .traces
        .spans
        .iter()
        .filter(|span| span.is_root())
        .collect();
    let served = roots
        .iter()
        .filter(|root| root.attributes.outcome.as_deref() == Some("completed"));
    let waits: Vec<f64> = served
        .map(|root| (root.end_us - root.begin_us) as f64 / 1e6 - ROUND_TRIP_S - SERVICE_S)
        .collect();
    assert!(waits.iter().all(|wait| *wait >= -1e-9));
    let turned_away = 1.0 - waits.len() as f64 / roots.len() as f64;
    (waits, turned_away)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn poisson(mean: f64, count: usize) -> f64 {
    (1..=count).fold((-mean).exp(), |p, k| p * mean / k as f64)
}

/// How many are in an M/D/c system in the steady state, from the balance over one service time: who is in service leaves, and a
/// Poisson number comes.
fn m_d_c(servers: usize, utilisation: f64) -> Vec<f64> {
    const STATES: usize = 200;
    let offered = utilisation * servers as f64;
    let arrivals: Vec<f64> = (0..STATES).map(|count| poisson(offered, count)).collect();
    let mut p = vec![0.0; STATES];
    p[0] = 1.0;
    loop {
        let mut next = vec![0.0; STATES];
        for (in_system, probability) in p.iter().enumerate() {
            let stay = in_system.saturating_sub(servers);
            for (come, chance) in arrivals.iter().enumerate().take(STATES - stay) {
                next[stay + come] += probability * chance;
            }
        }
        let sum: f64 = next.iter().sum();
        next.iter_mut().for_each(|value| *value /= sum);
        let change: f64 = next.iter().zip(&p).map(|(next, p)| (next - p).abs()).sum();
        p = next;
        if change < 1e-12 {
            return p;
        }
    }
}

#[test]
fn the_mean_wait_is_that_of_m_d_c() {
    for (servers, utilisation) in [(1, 0.3), (1, 0.8), (2, 0.7), (4, 0.8)] {
        let (waits, turned_away) = waits(servers, utilisation, &[]);
        let states = m_d_c(servers as usize, utilisation);
        let waiting: f64 = states
            .iter()
            .enumerate()
            .map(|(count, p)| count.saturating_sub(servers as usize) as f64 * p)
            .sum();
        let expected = waiting * SERVICE_S / (utilisation * f64::from(servers));
        if servers == 1 {
            let closed = utilisation * SERVICE_S / (2.0 * (1.0 - utilisation));
            assert!(
                (expected / closed - 1.0).abs() < 1e-6,
                "Pollaczek-Khinchine says {closed}"
            );
        }
        let error = mean(&waits) / expected - 1.0;
        println!(
            "M/D/{servers} at {utilisation}: waited {:.5} s, theory {expected:.5} ({:+.2} %)",
            mean(&waits),
            error * 100.0
        );
        assert!(error.abs() < 0.04 && turned_away == 0.0, "{error}");
    }
}

/// Erlang's P(W ≤ t) of M/D/1.
#[test]
fn waits_are_distributed_as_those_of_m_d_1() {
    let utilisation = 0.7;
    let (waits, _) = waits(1, utilisation, &[]);
    let rate = utilisation / SERVICE_S;
    for t in [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0].map(|services| services * SERVICE_S) {
        let term = |k: usize| {
            let x = rate * (k as f64 * SERVICE_S - t);
            let power: f64 = (1..=k).map(|i| x / i as f64).product();
            power * (-x).exp()
        };
        let services = (t / SERVICE_S + 1e-9).floor() as usize;
        let expected = (1.0 - utilisation) * (0..=services).map(term).sum::<f64>();
        let measured = waits.iter().filter(|wait| **wait <= t + 1e-9).count() as f64 / waits.len() as f64;
        println!("P(W <= {t:.2} s): {measured:.4}, theory {expected:.4}");
        assert!((measured - expected).abs() < 0.01, "{t}: {measured}, {expected}");
    }
}

/// With room for K in all, one of them in service, P = 1 − 1 / (q₀ + ρ), q the chances of what a departure leaves behind.
#[test]
fn a_full_queue_turns_away_as_many_as_m_d_1_k_does() {
    for (waiting_places, utilisation) in [(0, 0.8), (1, 0.8), (4, 0.9), (4, 1.3)] {
        let room = waiting_places + 1;
        let come = |count| poisson(utilisation, count);
        let mut q = vec![1.0];
        for j in 0..room - 1 {
            let through: f64 = (1..=j).map(|i| q[i] * come(j + 1 - i)).sum();
            q.push((q[j] - q[0] * come(j) - through) / come(0));
        }
        let first = 1.0 / q.iter().sum::<f64>();
        let expected = 1.0 - 1.0 / (first + utilisation);
        let limit = format!("dsp.queue_limit={waiting_places}");
        let (_, measured) = waits(1, utilisation, &[&limit]);
        println!("M/D/1/{room} at {utilisation}: {measured:.4} turned away, theory {expected:.4}");
        assert!((measured - expected).abs() < 0.01, "{measured}, {expected}");
    }
}

/// Twice what it can serve, for an hour: the wait grows by half a second a second, and is gone an hour later.
#[test]
fn overload_is_a_fluid() {
    let per_second = 2.0 / SERVICE_S;
    let overrides = [
        "horizon=1h".to_owned(),
        "drain=3h".to_owned(),
        "dsp.servers=1".to_owned(),
        format!("workloads.0.per_device_per_day={}", per_second * 86.4),
    ];
    let overrides: Vec<&str> = overrides.iter().map(String::as_str).collect();
    let run = run(&scenario(QUESTIONS, &overrides), 1);
    run.keeps_the_laws().unwrap();
    for root in run.outcome.traces.spans.iter().filter(|span| span.is_root()) {
        let (at, took) = (
            root.begin_us as f64 / 1e6,
            (root.end_us - root.begin_us) as f64 / 1e6,
        );
        // Of n Poisson arrivals, give or take four times their root, each takes a service.
        let arrived = at * per_second;
        let expected = arrived * SERVICE_S - at;
        let slack = 4.0 * arrived.sqrt() * SERVICE_S + 1.0;
        assert!((took - expected).abs() < slack, "at {at}: {took}, not {expected}");
    }
}
