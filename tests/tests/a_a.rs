//! A against A: an assessment of nothing must find nothing, but for one time in twenty. Both sides of each pair are runs of the same
//! scenario with other seeds. A slice of it in CI; 200 repetitions for each number of seeds with `SECNET_FULL=1`.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stdout, reason = "the rates measured are worth reading")]

use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_results::assessment::{Assessment, Change, Comparison, Pair, Question, RunFigures};
use secnet_tests::in_virtual_time::{run, scenario};
use secnet_tests::live::is_full;
use secnet_topology::Scenario;
use std::collections::BTreeMap;

const DEMO: &str = include_str!("../../topology/demo.toml");
const SAMPLE: Stream = Stream::named("a-a-sample");

/// With the demo's mix, few enough to run by the hundred, enough for every headline measure.
fn small(seed: usize) -> Scenario {
    let overrides = [
        format!("seed={seed}"),
        "horizon=10min".to_owned(),
        "drain=10min".to_owned(),
        "population.premises=1000".to_owned(),
        "tracing.requests=0".to_owned(),
        "tracing.alerts=0".to_owned(),
    ];
    scenario(DEMO, &overrides.each_ref().map(String::as_str))
}

/// Prime, so that any stride visits all of them.
fn pool(runs: usize) -> Vec<RunFigures> {
    let figures = |seed| {
        let run = run(&small(seed), 1);
        RunFigures::new(&run.outcome, &run.report)
    };
    (1..=runs).map(figures).collect()
}

/// Pairs of runs that have nothing in common, each run once.
fn pairs(pool: &[RunFigures], seeds: u64, repetition: u64) -> Vec<Pair> {
    let runs = pool.len() as u64;
    let draw = |n| Draws::new(1).below(runs - 1, SAMPLE, seeds << 32 | repetition, n);
    let (first, stride) = (draw(0), draw(1) + 1);
    let nth = |n: u64| pool[((first + n * stride) % runs) as usize].clone();
    (0..seeds)
        .map(|n| Pair {
            without: nth(2 * n),
            with: nth(2 * n + 1),
        })
        .collect()
}

#[test]
fn of_assessments_of_nothing_no_more_than_one_in_twenty_finds_something() {
    let (runs, repetitions, seeds): (usize, u64, Vec<u64>) = match is_full() {
        true => (1_999, 200, (5..=20).collect()),
        false => (211, 100, vec![5, 10]),
    };
    let pool = pool(runs);
    let question = Question {
        change: Change::of(&["nothing".to_owned()]),
        scenario: small(1),
        command: String::new(),
    };
    for seeds in seeds {
        let (mut headline, mut all, mut excluding, mut intervals) = (0, 0, 0_u64, 0_u64);
        let mut by_measure = BTreeMap::<String, (u64, u64)>::new();
        for repetition in 0..repetitions {
            let assessment = Assessment::new(&question, pairs(&pool, seeds, repetition));
            headline += u64::from(assessment.headline.iter().any(|row| row.stands));
            all += u64::from(assessment.multiplicity.standing > 0);
            excluding += u64::from(assessment.multiplicity.excluding_zero);
            intervals += u64::from(assessment.multiplicity.comparisons);
            let with_interval = |row: &&Comparison| row.interval.is_some_and(|it| it.low < it.high);
            for row in assessment.comparisons.iter().filter(with_interval) {
                let (excluding, all) = by_measure.entry(format!("{:?}", row.measure)).or_default();
                *excluding += u64::from(row.excludes_zero);
                *all += 1;
            }
        }
        let share = |count: u64, of: u64| count as f64 / of as f64;
        let (of_headline, of_all) = (share(headline, repetitions), share(all, repetitions));
        println!(
            "{seeds} seeds: something stands among the headline {:.1} %, among all {:.1} % of {repetitions}; {:.2} % of {} intervals exclude zero",
            of_headline * 100.0,
            of_all * 100.0,
            share(excluding, intervals) * 100.0,
            intervals / repetitions,
        );
        for (measure, (excluding, all)) in by_measure.iter().filter(|(_, (_, all))| *all > 500) {
            println!("    {measure}: {:.1} % of {all}", share(*excluding, *all) * 100.0);
        }
        // One in twenty, and twice the standard error of so many repetitions.
        let most = 0.05 + 2.0 * (0.05 * 0.95 / repetitions as f64).sqrt();
        assert!(
            of_headline <= most && of_all <= most,
            "{seeds} seeds: {of_headline}, {of_all}"
        );
    }
}
