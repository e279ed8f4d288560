//! The timeline: the S1SP out, coverage gone.

use crate::rig::{Rig, command, response};
use secnet_wire::UndeliverableReason::LostOnWan;

#[test]
fn while_the_s1sp_is_out_it_takes_nothing_but_ends_what_it_has_begun() {
    for event in [
        "kind = \"csp_outage\"\nregion = \"smets1\"\nlasts = \"10s\"\n",
        "kind = \"maintenance\"\nsystems = [\"s1sp\"]\nimpact = \"high\"\nlasts = \"10s\"\n",
    ] {
        let mut rig = Rig::with_events(&format!(
            "[[events]]\nname = \"out\"\nstarts_after = \"50ms\"\n{event}"
        ));
        rig.response(0, response(1, 0));
        rig.response(60, response(2, 0));
        rig.command(70, command("4.1.1", 3, 0));
        assert_eq!(rig.passed_on(), [(130, 1), (10_050 + 130, 2)]);
        assert_eq!(rig.delivered(), [(10_050 + 100 + 5_000, 3)]);
    }
}

#[test]
fn a_hub_whose_mast_is_down_is_not_woken_until_it_stands_again() {
    let mut rig = Rig::with_events(
        "[[events]]\nname = \"mast\"\nkind = \"coverage_loss\"\nregion = \"smets1\"\nstarts_after = \"0s\"\nlasts = \"30s\"\n",
    );
    rig.command(0, command("4.1.1", 1, 0));
    // Short messages at 0.1, 20.1 and 40.1 s.
    assert_eq!(rig.delivered(), [(40_100 + 5_000, 1)]);
    assert_eq!(rig.counter("wake_ups"), 3);
    assert!(rig.undeliverable().is_empty());
    rig.response(5_000, response(2, 0));
    rig.finish();
    // At 5, 10 and 15 s; each is waited for 5 s.
    assert_eq!(rig.counter("responses_lost"), 1);
    assert!(rig.passed_on().is_empty() && !rig.undeliverable().iter().any(|(_, it)| it.1 == LostOnWan));
}
