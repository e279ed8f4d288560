//! Transmissions on the SM WAN: each lost with p, n in all, so that pⁿ of the messages are lost, each way.

use secnet_tests::in_virtual_time::{run, scenario};

const READS: &str = r#"
    name = "reads"
    horizon = "12h"
    drain = "3h"
    [population]
    premises = 3_000
    areas = ["EPN"]
    no_wan_share = 0.0
    not_commissioned_share = 0.0
    suspended_share = 0.0
    [[suppliers]]
    name = "Bright"
    share = 1.0
    [[workloads]]
    name = "reads"
    from = "suppliers"
    srvs = ["4.1.1"]
    target = "ESME"
    per_device_per_day = 20.0
    [premises]
    alerts_per_premises_per_day = 0.0
    device_error_share = 0.0
"#;

#[test]
fn of_the_commands_and_of_the_responses_p_to_the_n_are_lost() {
    for (p, n) in [(0.2, 1), (0.3, 2), (0.5, 3)] {
        let (loss, max) = (
            format!("csp.central.loss={p}"),
            format!("csp.central.transmissions_max={n}"),
        );
        let run = run(&scenario(READS, &[&loss, &max]), 2);
        run.keeps_the_laws().unwrap();
        let lost = f64::powi(p, n);
        let (service, opened) = (
            &run.report.kpis.service.overall,
            run.report.kpis.service.overall.opened as f64,
        );
        let count = |code: &str| service.codes.get(code).copied().unwrap_or(0) as f64;
        for (what, measured, expected) in [
            // The CSP says so of a command; of a response the DSP waits in vain.
            ("E20", count("E20") / opened, lost),
            ("E21", count("E21") / opened, (1.0 - lost) * lost),
            ("I0", count("I0") / opened, (1.0 - lost).powi(2)),
        ] {
            let error = 4.0 * (expected * (1.0 - expected) / opened).sqrt();
            println!("p {p}, n {n}: {what} {measured:.4}, theory {expected:.4}");
            assert!(
                (measured - expected).abs() < error,
                "{what}: {measured}, {expected}"
            );
        }
    }
}
