//! Single requests of a scenario: sent at their time by the User named, and treated like any other.
#![allow(clippy::unwrap_used)]

use secnet_model::{DeviceType, PremisesId};
use secnet_results::traces::SpanRecord;
use secnet_tests::in_virtual_time::{Run, run, scenario};
use secnet_topology::World;

const TWO: &str = r#"name = "two"
horizon = "1h"
drain = "1h"

[population]
premises = 100
no_wan_share = 0.0
not_commissioned_share = 0.0
suspended_share = 0.0

[premises]
alerts_per_premises_per_day = 0.0
device_error_share = 0.0

[csp.north]
loss = 0.0
[csp.central]
loss = 0.0
[csp.south]
loss = 0.0

[tracing]
requests = 1.0

[[suppliers]]
name = "Alba Energy"
share = 0.5

[[suppliers]]
name = "Borders Gas"
share = 0.5
"#;

/// A run in which Alba sends `request` about a premises it supplies, or one that Borders supplies.
fn sent(own: bool, request: &str) -> Run {
    let world = World::new(scenario(TWO, &[])).unwrap();
    let alba = world.user_by_name("Alba Energy").unwrap();
    let premises = (0..100)
        .map(PremisesId)
        .find(|premises| {
            let has_meter = world.population.has_device(*premises, DeviceType::Esme);
            has_meter && (world.population.electricity_supplier(*premises) == alba) == own
        })
        .unwrap();
    let request = format!(
        "requests=[{{from=\"Alba Energy\",premises={},{request}}}]",
        premises.0
    );
    let run_on = |threads| run(&scenario(TWO, &[&request]), threads);
    let (one, two) = (run_on(1), run_on(2));
    one.keeps_the_laws().unwrap();
    assert_eq!(one.digests(), two.digests());
    one
}

/// When it was sent, the code it ended with, and the steps' names.
fn story(run: &Run) -> (u64, String, Vec<&str>) {
    let spans = &run.outcome.traces.spans;
    let root: Vec<&SpanRecord> = spans.iter().filter(|span| span.is_root()).collect();
    assert_eq!(root.len(), 1, "one request: {spans:#?}");
    let code = root[0].attributes.response_code.clone().unwrap();
    let names = spans.iter().map(|span| span.name.as_str()).collect();
    (root[0].begin_us, code, names)
}

#[test]
fn it_is_sent_at_its_time_and_answered() {
    let run = sent(true, "at=\"10min\",srv=\"4.1.1\",device=\"ESME\"");
    let (begin_us, code, names) = story(&run);
    assert_eq!((begin_us, code.as_str()), (600_000_000, "I0"));
    assert!(
        names.contains(&"han and device") && names.contains(&"delivery"),
        "{names:?}"
    );
}

#[test]
fn a_critical_one_is_signed() {
    let run = sent(true, "at=\"3s\",srv=\"1.2.1\",device=\"ESME\"");
    let (begin_us, code, names) = story(&run);
    assert_eq!((begin_us, code.as_str()), (3_000_000, "I0"));
    assert!(names.contains(&"correlate and sign"), "{names:?}");
}

#[test]
fn one_to_somebody_elses_customer_is_refused_with_e4() {
    let run = sent(false, "at=\"10min\",srv=\"4.1.1\",device=\"ESME\"");
    let (_, code, _) = story(&run);
    assert_eq!(code, "E4");
}
