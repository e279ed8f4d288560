use super::rendering::{markdown, summary};
use super::*;
use crate::AssessmentFacts;
use expect_test::expect;

const WITHIN: &str = "requests.within_target_share";
const BUSY: &str = "network.counters.dsp.busy_answers";

fn part(seed: u64, within: f64, busy: Option<f64>) -> Part {
    let figure = |value, unit| Figure { value, unit };
    let mut figures = BTreeMap::from([(WITHIN.to_owned(), figure(within, Unit::Share))]);
    figures.extend(busy.map(|busy| (BUSY.to_owned(), figure(busy, Unit::Count))));
    Part {
        seed,
        ledger_digest: format!("ledger-{seed}-{within}"),
        kpis_digest: format!("kpis-{seed}-{within}"),
        balanced: true,
        complete: true,
        violations: 0,
        verdicts: vec![Verdict {
            text: "all requests answered within the target response time".to_owned(),
            measured: Some(within),
            threshold: 0.9,
            met: within >= 0.9,
            open: None,
            at_most: false,
        }],
        figures,
        wall_seconds: 1.0,
    }
}

fn point(servers: &str, parts: Vec<Part>) -> Point {
    Point {
        settings: vec![servers.to_owned()],
        overrides: vec![format!("dsp.servers={servers}")],
        parts,
    }
}

fn report() -> StudyReport {
    let question = Question {
        name: "size".to_owned(),
        description: "How large?".to_owned(),
        scenario: "small".to_owned(),
        axes: vec!["servers".to_owned()],
        headline: vec![WITHIN.to_owned(), BUSY.to_owned(), "alerts.delivered".to_owned()],
        command: "secnet run small.toml --driver virtual".to_owned(),
        assumed: 7,
    };
    let base = Point {
        overrides: Vec::new(),
        ..point(
            "–",
            vec![part(1, 0.96, None), part(2, 0.98, None), part(3, 0.97, None)],
        )
    };
    let fewer = point(
        "1",
        vec![
            part(1, 0.66, Some(80.0)),
            part(2, 0.69, Some(90.0)),
            part(3, 0.66, Some(70.0)),
        ],
    );
    let same = point(
        "2",
        vec![part(1, 0.96, None), part(2, 0.98, None), part(3, 0.97, None)],
    );
    StudyReport::new(&question, &base, &[fewer, same], None, None)
}

#[test]
fn differences_are_taken_seed_by_seed_and_corrected_for_together() {
    let report = report();
    let cell = report.points[0].cells[0];
    // −0.30, −0.29 and −0.31: mean −0.30, s 0.01, t(0.975; 2) = 4.3027.
    assert!((cell.difference.unwrap() + 0.30).abs() < 1e-12);
    let interval = cell.interval.unwrap();
    let half = 4.302_652_73 * 0.01 / 3_f64.sqrt();
    assert!((interval.high - (-0.30 + half)).abs() < 1e-6, "{interval:?}");
    // A count that a run does not have is nought.
    assert_eq!(report.points[0].cells[1].difference, Some(80.0));
    // What is the same in every pair is no test.
    assert_eq!(report.tested, 2);
    assert!(cell.stands && report.points[0].cells[1].stands && !report.points[1].cells[0].stands);
    assert_eq!(report.points[1].digests, report.base.digests);
}

#[test]
fn a_terminal_has_what_follows_and_a_row_for_each_point() {
    expect![[r#"
        size: 2 points of small, 3 seeds each

          • requests.within_target_share is 97 % as the scenario is, and differs at 1 of 2 points; lowest at servers
            1: 67 % (−30.00 points, 95 % CI −32.48 to −27.52).
          • network.counters.dsp.busy_answers is 0 as the scenario is, and differs at 1 of 2 points; highest at
            servers 1: 80 (+80, 95 % CI +55.2 to +105).
          • alerts.delivered: the scenario as it is has nothing of it.
          • The scenario's thresholds are met for every seed as it is. They are at 1 of 2 points; the first where
            they are not is servers 1.

          [1] requests.within_target_share
          [2] network.counters.dsp.busy_answers
          [3] alerts.delivered

          servers          [1]          [2]          [3]    thresholds
          –               97 %            0            –    met
          1               67 % *         80 *          –    missed
          2               97 %            0            –    met

        * differs from the first row; all marked stand together at 95 % (Holm over 2 differences)

        Assumed  7 parameters of the scenario stand on no public source
        Digest   03308c320221b2be
    "#]].assert_eq(&summary(&report()));
}

#[test]
fn the_report_has_a_table_for_each_measure_and_how_each_run_is_made_again() {
    expect![[r#"
        # Study: size of small

        > How large?

        2 points and the scenario as it is, each with the seeds 1, 2, 3. Digest: `03308c320221b2be70571be23cb6b32d0ad9d4cfe6c05986cbca0c70d5f7ac35`.

        ## In short

        - requests.within_target_share is 97 % as the scenario is, and differs at 1 of 2 points; lowest at servers 1: 67 % (−30.00 points, 95 % CI −32.48 to −27.52).
        - network.counters.dsp.busy_answers is 0 as the scenario is, and differs at 1 of 2 points; highest at servers 1: 80 (+80, 95 % CI +55.2 to +105).
        - alerts.delivered: the scenario as it is has nothing of it.
        - The scenario's thresholds are met for every seed as it is. They are at 1 of 2 points; the first where they are not is servers 1.

        Everything here is about the emulated network, of whose parameters 7 stand on no public source.

        ## requests.within_target_share

        | servers | Mean | Difference | 95 % CI | Stands (Holm) |
        |---:|---:|---:|---:|:---:|
        | – | 97 % |  |  |  |
        | 1 | 67 % | −30.00 points | −32.48 to −27.52 | yes |
        | 2 | 97 % | 0.00 points | 0.00 to 0.00 |  |

        ## network.counters.dsp.busy_answers

        | servers | Mean | Difference | 95 % CI | Stands (Holm) |
        |---:|---:|---:|---:|:---:|
        | – | 0 |  |  |  |
        | 1 | 80 | +80 | +55.2 to +105 | yes |
        | 2 | 0 | 0 | 0 to 0 |  |

        ## alerts.delivered

        | servers | Mean | Difference | 95 % CI | Stands (Holm) |
        |---:|---:|---:|---:|:---:|
        | – | – |  |  |  |
        | 1 | – |  |  |  |
        | 2 | – |  |  |  |

        ## Thresholds

        1. all requests answered within the target response time

        For how many of the 3 seeds each is met:

        | servers | 1 |
        |---:|---:|
        | – | 3 |
        | 1 | 0 |
        | 2 | 3 |

        ## Method and its limits

        - Every point is run with the same seeds, and every random draw is a function of the seed and of what it is for: two points differ by their settings and by what follows from them.
        - A difference is taken seed by seed against the scenario as it is. Interval: mean difference ± t(0.975; 2) × s / √3, as in `secnet assess`. Which differences stand together is Holm's correction over all 2 of this report.
        - The measures were named before any run.
        - A knee is sought by bisection of the mean over the seeds; its interval is of 2,000 bootstrap samples of the seeds over the values tried. It takes the measure to cross the threshold once.
        - The intervals are about the seeds' weather in this scenario. They say nothing of the error of assumed parameters: make those an axis.

        ## Runs

        Any of them can be made again, with the same digests on any machine:

        ```sh
        secnet run small.toml --driver virtual --seed SEED
        ```

        and for a point its overrides:

        | servers | Overrides | Ledger and KPIs digests, by seed |
        |---:|---|---|
        | – |  | ledger-1/kpis-1-0 ledger-2/kpis-2-0 ledger-3/kpis-3-0 |
        | 1 | `--set dsp.servers=1` | ledger-1/kpis-1-0 ledger-2/kpis-2-0 ledger-3/kpis-3-0 |
        | 2 | `--set dsp.servers=2` | ledger-1/kpis-1-0 ledger-2/kpis-2-0 ledger-3/kpis-3-0 |

        secnet  (), put together  on 0 threads in 0.0 s.
    "#]].assert_eq(&markdown(&report(), &AssessmentFacts::default()));
}

#[test]
fn the_digest_covers_runs_and_points_and_not_how_long_they_took() {
    let slow = |mut point: Point| {
        point.parts.iter_mut().for_each(|part| part.wall_seconds = 9.0);
        point
    };
    let base = || point("–", vec![part(1, 0.96, None), part(2, 0.98, None)]);
    let question = Question {
        name: "size".to_owned(),
        description: String::new(),
        scenario: "small".to_owned(),
        axes: vec!["servers".to_owned()],
        headline: vec![WITHIN.to_owned()],
        command: String::new(),
        assumed: 0,
    };
    let digest =
        |base: Point, points: &[Point]| StudyReport::new(&question, &base, points, None, None).digest;
    let one = digest(base(), &[base()]);
    assert_eq!(digest(slow(base()), &[slow(base())]), one);
    assert_ne!(digest(base(), &[]), one);
    assert_ne!(digest(base(), &[point("2", base().parts)]), one);
}

#[test]
fn a_campaigns_measures_are_named_by_it() {
    for (name, problem) in [
        ("campaigns.esme-2026.updated_share", None),
        ("campaigns.v1.2 of the hub.days_to_90_percent@north", None),
        (
            "campaigns.esme-2026.updated_shore",
            Some(
                "`campaigns.esme-2026.updated_shore` is no measure of a campaign; did you mean `updated_share`?",
            ),
        ),
        ("network.load.csp-north.uplink.busiest_cell_share", None),
    ] {
        assert_eq!(problem_of(name).as_deref(), problem);
    }
}

#[test]
fn what_a_measure_hangs_on_is_told_and_tabled_with_what_does_not_move_it() {
    use super::influence::{Influence, Ray, Star, Varied, screen, totals};
    let varied = |name: &str, low: &str, high: &str, range_is_given| Varied {
        name: name.to_owned(),
        value: "16".to_owned(),
        low: low.to_owned(),
        high: high.to_owned(),
        range_is_given,
    };
    let all = [
        varied("dsp.servers", "8", "32", false),
        varied("csp.north.loss", "0.0", "0.2", true),
        varied("gateway.latency_mean", "40ms", "160ms", false),
    ];
    let ray = |parameter, moved, value| Ray {
        parameter,
        moved,
        value: Some(value),
    };
    let stars = [
        Star {
            centre: Some(0.90),
            rays: vec![ray(0, 0.5, 0.96), ray(1, -0.5, 0.90001), ray(2, 0.5, 0.90)],
        },
        Star {
            centre: Some(0.94),
            rays: vec![ray(0, -0.5, 0.90), ray(1, 0.5, 0.94), ray(2, -0.5, 0.94)],
        },
    ];
    let influence = Influence {
        measure: WITHIN.to_owned(),
        unit: Unit::Share,
        screened: screen(&all, &stars),
        stars: 2,
        total: totals(&["dsp.servers".to_owned()], &stars),
        samples: 2,
        not_varied: vec!["workloads.reads.shape".to_owned()],
        all_balanced: true,
        all_complete: false,
    };
    let mut report = report();
    report.points.clear();
    report.influence = Some(influence);
    report.sentences = super::rendering::sentences(&report);
    assert!(report.all_balanced() && !report.all_complete());
    expect![[r#"
        size: small, 3 seeds each

          • requests.within_target_share hangs most on dsp.servers (8 to 32 moves it by 10.00 points), csp.north.loss
            (0.0 to 0.2 moves it by < 0.01 points); no effect at all: 1 of 3 assumed numbers. Of its variance over
            the ranges of these, has a part in: dsp.servers 163 %, 163 % to 163 %.
          • requests.within_target_share is 97 % as the scenario is.
          • network.counters.dsp.busy_answers is 0 as the scenario is.
          • alerts.delivered: the scenario as it is has nothing of it.
          • The scenario's thresholds are met for every seed as it is.

        Assumed  7 parameters of the scenario stand on no public source
        Digest   03308c320221b2be
    "#]].assert_eq(&summary(&report));
    let page = markdown(&report, &AssessmentFacts::default());
    let begins = page.find("## What").unwrap();
    let ends = page.find("## Thresholds").unwrap();
    expect![[r#"
        ## What requests.within_target_share hangs on

        | Assumed number | Is | From | To | Range | Moves it by | Spread |
        |---|---:|---:|---:|---|---:|---:|
        | `dsp.servers` | 16 | 8 | 32 | half to twice | 10.00 points | 2.83 points |
        | `csp.north.loss` | 16 | 0.0 | 0.2 | assumed range | < 0.01 points | < 0.01 points |

        No effect at all (1): `gateway.latency_mean`.

        Assumed as well and not varied, as they are no numbers, have no range or were refused wherever they were tried: `workloads.reads.shape`.

        | Of the variance over the ranges of these | Has a part in | 95 % bootstrap interval |
        |---|---:|---:|
        | `dsp.servers` | 163 % | 163 % to 163 % |

        2 stars of a point anywhere in the ranges and, for each number, the same point with that one half its range away; the shares of variance are of 2 stars with only these numbers varied (Jansen's estimator). Each star has one seed. How far an answer is off, as the assumed numbers may be, this says; how sure it is of the seeds' weather, the intervals above.

    "#]].assert_eq(&page[begins..ends]);
}
