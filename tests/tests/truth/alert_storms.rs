//! SECMP0062 once more from the order in which alerts came to the DSP: the rule of domain.md §5.2 written down plainly, over each device
//! and code at once.

use secnet_results::traces::SpanRecord;
use secnet_tests::in_virtual_time::{run, scenario};
use std::collections::BTreeMap;

/// Of each code of a device three within ten minutes pass, then one every forty. Repeats come at 2 to 20 an hour, so that windows and
/// storms begin and end in every way.
const STORM: &str = r#"
    name = "storm"
    horizon = "12h"
    drain = "2h"
    [population]
    premises = 1_000
    [[suppliers]]
    name = "Bright"
    share = 1.0
    [[alert_storms]]
    name = "tamper"
    alert = "8F3F"
    device_share = 0.05
    per_device_per_hour = 20.0
    starts_after = "10min"
    lasts = "10h"
    [[alert_storms]]
    name = "access"
    alert = "8F3D"
    device_share = 0.1
    per_device_per_hour = 6.0
    starts_after = "1h"
    lasts = "8h"
    [[alert_storms]]
    name = "excluded"
    alert = "8F72"
    device_share = 0.02
    per_device_per_hour = 20.0
    starts_after = "1h"
    lasts = "2h"
    [dsp]
    servers = 1_000
    [modifications]
    SECMP0062 = "on"
    [parameters.SECMP0062]
    threshold = 3
    window = "10min"
    period = "40min"
    [tracing]
    alerts = 1.0
    spans_max = 10_000_000
"#;
const THRESHOLD: usize = 3;
const WINDOW_US: u64 = 600_000_000;
const PERIOD_US: u64 = 2_400_000_000;

/// What becomes of an alert.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    /// Sent on then.
    Forwarded(u64),
    Suppressed,
}

/// What becomes of the alerts of one code from one device, by when they arrived.
fn by_the_rule(arrivals: &[u64]) -> Vec<Fate> {
    let mut fates = vec![Fate::Suppressed; arrivals.len()];
    let mut i = 0;
    while i < arrivals.len() {
        // A window opens with an alert; the first beyond the threshold in it begins a storm.
        let ends = arrivals[i] + WINDOW_US;
        let mut passed = 0;
        while passed < THRESHOLD && i < arrivals.len() && arrivals[i] < ends {
            fates[i] = Fate::Forwarded(arrivals[i]);
            (i, passed) = (i + 1, passed + 1);
        }
        if i == arrivals.len() || arrivals[i] >= ends {
            continue;
        }
        // Of each period of a storm the first is sent on when it ends; a period without any ends the storm.
        let mut period_ends = arrivals[i] + PERIOD_US;
        while i < arrivals.len() && arrivals[i] < period_ends {
            fates[i] = Fate::Forwarded(period_ends);
            while i < arrivals.len() && arrivals[i] < period_ends {
                i += 1;
            }
            period_ends += PERIOD_US;
        }
    }
    fates
}

#[test]
fn what_becomes_of_each_alert_follows_from_the_order_of_arrivals_alone() {
    let run = run(&scenario(STORM, &[]), 1);
    run.keeps_the_laws().unwrap();
    let mut traces = BTreeMap::<_, Vec<&SpanRecord>>::new();
    for span in run
        .outcome
        .traces
        .spans
        .iter()
        .filter(|span| span.attributes.alert.is_some())
    {
        traces.entry(span.trace).or_default().push(span);
    }
    // By device and code: when each arrived, and its fate.
    let mut alerts = BTreeMap::<(u32, String, String), Vec<(u64, Fate)>>::new();
    for spans in traces.values() {
        let step = |name: &str| spans.iter().find(|span| span.name == name);
        let (Some(hop), Some(correlation)) = (step("csp to dsp"), step("correlation")) else {
            continue;
        };
        let fate = match correlation.attributes.outcome.as_deref() {
            Some("suppressed") => Fate::Suppressed,
            Some("no_recipient") | None => Fate::Forwarded(correlation.begin_us),
            Some(other) => panic!("{other}"),
        };
        let about = &hop.attributes;
        let device = about.device_type.clone().unwrap();
        let key = (about.premises.unwrap(), device, about.alert.clone().unwrap());
        alerts.entry(key).or_default().push((hop.end_us, fate));
    }
    let (mut at_once, mut later, mut suppressed) = (0, 0, 0_u64);
    for (key, of_key) in &mut alerts {
        of_key.sort_by_key(|(at, _)| *at);
        let arrivals: Vec<u64> = of_key.iter().map(|(at, _)| *at).collect();
        let fates: Vec<Fate> = of_key.iter().map(|(_, fate)| *fate).collect();
        let expected = match key.2.as_str() {
            "8F72" => arrivals.iter().map(|at| Fate::Forwarded(*at)).collect(),
            _ => by_the_rule(&arrivals),
        };
        assert_eq!(fates, expected, "{key:?} at {arrivals:?}");
        for (at, fate) in arrivals.iter().zip(&fates) {
            match fate {
                Fate::Forwarded(sent) if sent == at => at_once += 1,
                Fate::Forwarded(_) => later += 1,
                Fate::Suppressed => suppressed += 1,
            }
        }
    }
    println!("{at_once} sent on at once, {later} when a period ended, {suppressed} spoken for");
    assert!(at_once > 1_000 && later > 500 && suppressed > 1_000);
    let levels = &run.report.kpis.alerts.by_alert;
    let spoken_for: u64 = levels.iter().map(|level| level.throttled).sum();
    assert_eq!(spoken_for, suppressed);
}
