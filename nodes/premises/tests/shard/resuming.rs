use crate::rig::{Rig, ms};
use crate::sharding::{busy_world, commands};
use secnet_accounts::Accountable;
use secnet_model::PremisesId;
use secnet_premises::Premises;

#[test]
fn a_shard_restored_in_the_middle_goes_on_as_if_nothing_had_happened() {
    let world = busy_world();
    let (first, end) = (PremisesId(0), PremisesId(1_000));
    let run = |restored_at: Option<usize>| {
        let mut rig = Rig::of(&world, first.0, end.0);
        for (step, (at_ms, command)) in commands().into_iter().enumerate() {
            rig.command(ms(at_ms), command);
            if restored_at == Some(step) {
                let saved = rig.premises.save().unwrap();
                assert!(!saved.is_empty());
                rig.premises = Premises::restore(&world, first, end, &saved).unwrap();
                assert_eq!(rig.premises.save().unwrap(), saved);
            }
        }
        rig.finish();
        (rig.premises.save().unwrap(), rig.premises.account(), rig.sent)
    };
    let undisturbed = run(None);
    for step in [0, 4_000, 7_999] {
        assert!(run(Some(step)) == undisturbed, "restored after command {step}");
    }
    assert!(Premises::restore(&world, first, end, b"not a state").is_err());
    assert!(
        Premises::restore(&world, PremisesId(1), end, &undisturbed.0).is_err(),
        "another shard's"
    );
}
