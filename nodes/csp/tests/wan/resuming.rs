use crate::rig::{REGION, Rig, alert, command, response};
use secnet_accounts::Accountable;
use secnet_csp::Csp;

#[test]
fn a_csp_restored_in_the_middle_of_a_rush_goes_on_as_if_nothing_had_happened() {
    let run = |restored_at: Option<u64>| {
        let mut rig = Rig::new(|scenario| {
            scenario.csp.north.loss = 0.3;
            scenario.csp.north.queue_limit = 30;
        });
        for step in 0..600_u64 {
            let at = step * 80;
            match step % 3 {
                0 => rig.command(at, command(step, (step % 4) as u8, 100)),
                1 => rig.response(at, response(step, (step % 4) as u8, 120)),
                _ => rig.alert(at, alert("8002", step as u32, 90)),
            }
            if restored_at == Some(step) {
                let saved = rig.csp.save().unwrap();
                assert!(!saved.is_empty());
                rig.csp = Csp::restore(&rig.world, REGION, &saved).unwrap();
                assert_eq!(rig.csp.save().unwrap(), saved);
            }
        }
        rig.finish();
        (rig.csp.save().unwrap(), rig.csp.account(), rig.sent)
    };
    let undisturbed = run(None);
    for step in [0, 100, 599] {
        assert_eq!(run(Some(step)), undisturbed, "restored after step {step}");
    }
}

#[test]
fn bytes_that_are_no_state_are_refused() {
    let rig = Rig::new(|_| {});
    assert!(Csp::restore(&rig.world, REGION, b"not a state").is_err());
    let larger = Rig::new(|scenario| scenario.population.premises = 100);
    assert!(
        Csp::restore(&larger.world, REGION, &rig.csp.save().unwrap()).is_err(),
        "another scenario's"
    );
}
