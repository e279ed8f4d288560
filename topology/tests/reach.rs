//! Coverage that comes and goes.
#![allow(clippy::unwrap_used, reason = "tests")]

use secnet_model::{PremisesId, SimTime};
use secnet_topology::{Reach, World, parse};
use std::sync::Arc;

const MINUTE: u64 = 60;

fn world(overrides: &[&str]) -> Arc<World> {
    let text = "name = \"patchy\"\nhorizon = \"1d\"\n[population]\npremises = 2_000\n[[suppliers]]\nname = \"A\"\nshare = 1.0\n";
    let overrides: Vec<String> = overrides.iter().map(|flag| (*flag).to_owned()).collect();
    Arc::new(World::new(parse("patchy", text, &overrides).unwrap()).unwrap())
}

#[test]
fn a_share_of_the_premises_is_out_of_reach_once_in_each_span_and_no_record_says_so() {
    let reach = Reach::new(&world(&[
        "population.no_wan_share=0",
        "population.patchy_wan_share=0.25",
        "population.patchy_wan_every=12h",
        "population.patchy_wan_outage_mean=1h",
    ]));
    let (mut patchy, mut gone, mut outages) = (0_u32, 0_u32, 0_u32);
    for premises in (0..2_000).map(PremisesId) {
        let at = |minute: u64| reach.hears(Some(premises), SimTime::from_secs(minute * MINUTE));
        let minutes: Vec<bool> = (0..24 * 60).map(at).collect();
        let of_it = minutes.iter().filter(|holds| !**holds).count() as u32;
        patchy += u32::from(of_it > 0);
        gone += of_it;
        outages += minutes.windows(2).filter(|pair| pair[0] && !pair[1]).count() as u32;
        assert!(outages <= 2 * patchy, "no more than one in each span");
        assert!(reach.is_recorded(premises, SimTime::from_secs(43_200)));
    }
    // Some of the 500 have no minute's outage in two spans, or begin or end with one.
    assert!((440..=550).contains(&patchy), "{patchy}");
    // An hour each time, but what would go beyond its span: 1 - (1 - exp(-12)) / 12 of it.
    let expected = 500.0 * 2.0 * 60.0 * (11.0 / 12.0);
    assert!(
        (f64::from(gone) / expected - 1.0).abs() < 0.15,
        "{gone} of {expected}"
    );
}

#[test]
fn without_a_share_coverage_stays() {
    let reach = Reach::new(&world(&[]));
    assert!((0..2_000).all(|premises| reach.hears(Some(PremisesId(premises)), SimTime::from_secs(1_000))));
    assert!(reach.hears(None, SimTime::ZERO));
}
