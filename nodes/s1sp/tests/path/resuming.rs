use crate::rig::{Rig, alert, command, response};
use secnet_accounts::Accountable;
use secnet_s1sp::S1sp;

#[test]
fn an_s1sp_restored_in_the_middle_of_a_rush_goes_on_as_if_nothing_had_happened() {
    let run = |restored_at: Option<u64>| {
        let mut rig = Rig::new(|scenario| {
            scenario.s1sp.loss = 0.3;
            scenario.s1sp.queue_limit = 30;
        });
        for step in 0..600_u64 {
            let at = step * 40;
            match step % 3 {
                0 => rig.command(at, command("4.1.1", step, step as u32 % 10)),
                1 => rig.response(at, response(step, 0)),
                _ => rig.alert(at, alert(step as u32, 90)),
            }
            if restored_at == Some(step) {
                let saved = rig.s1sp.save().unwrap();
                rig.s1sp = S1sp::restore(&rig.world, &saved).unwrap();
                assert_eq!(rig.s1sp.save().unwrap(), saved);
            }
        }
        rig.finish();
        (rig.s1sp.save().unwrap(), rig.s1sp.account(), rig.sent)
    };
    let undisturbed = run(None);
    for step in [0, 100, 599] {
        assert_eq!(run(Some(step)), undisturbed, "restored after step {step}");
    }
}

#[test]
fn bytes_that_are_no_state_are_refused() {
    let rig = Rig::new(|_| {});
    assert!(S1sp::restore(&rig.world, b"not a state").is_err());
    let larger = Rig::new(|scenario| scenario.s1sp.servers = 100);
    assert!(
        S1sp::restore(&larger.world, &rig.s1sp.save().unwrap()).is_err(),
        "another scenario's"
    );
}
