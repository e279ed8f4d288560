//! Whatever befalls a live run of the compiled programs: exit code 0 means the digests of its scenario and seed, and anything else is
//! one of the exit codes, says why, and comes within a bound; nobody is left behind and nothing panics.
//!
//! `SECNET_SCENARIOS=200` has two hundred runs instead of two dozen; `SECNET_SCENARIO=17` the seventeenth alone.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use secnet_tests::live::{Digests, Programs};
use secnet_tests::nemesis::{Abilities, Aftermath, Plan, Setting, conduct};
use secnet_tests::numbered::{each_number, numbers};
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Mutex;
use std::time::Duration;

/// In less than two minutes on two cores.
const RUNS: u64 = 24;
/// How many of those that took longest are named.
const WORST: usize = 10;

#[test]
fn exit_code_0_is_the_digest_whatever_befalls_a_run_and_anything_else_is_named() {
    let programs = Programs::alone();
    let abilities = Abilities::here();
    if !(abilities.namespaces && abilities.resets) {
        let skipped = format!("SKIPPED in part: this machine lets the nemesis do only {abilities:?}\n");
        std::io::stderr().write_all(skipped.as_bytes()).unwrap();
    }
    let numbers = numbers(RUNS);
    let mut undisturbed = BTreeMap::new();
    for setting in numbers.clone().map(|number| Plan::of(number).setting) {
        undisturbed
            .entry(setting)
            .or_insert_with(|| reference(&programs, &setting));
    }
    let told = Mutex::new(Vec::new());
    each_number(numbers, |number| {
        let plan = Plan::of(number);
        let after = conduct(&plan, programs.folder(), abilities)
            .map_err(|problem| format!("{plan:#?}\n{problem}"))?;
        told.lock()
            .unwrap()
            .push((after.took, number, after.code, line(&plan, &after)));
        judge(&plan, &after, &undisturbed[&plan.setting])
            .map_err(|problem| format!("{problem}\n{plan:#?}\n{:#?}\n{}", after.done, after.said))
    });
    let mut told = told.into_inner().unwrap();
    told.sort();
    for (_, _, _, line) in told.iter().rev().take(WORST) {
        println!("{line}");
    }
    let mut of_code: BTreeMap<Option<i32>, u64> = BTreeMap::new();
    for (_, _, code, _) in &told {
        *of_code.entry(*code).or_default() += 1;
    }
    println!("By exit code, none where the director was killed: {of_code:?}");
}

fn reference(programs: &Programs, setting: &Setting) -> Digests {
    let flags = setting.flags();
    let mut flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    flags.extend(["--driver", "virtual"]);
    programs.run(setting.scenario, &flags).digests()
}

fn line(plan: &Plan, after: &Aftermath) -> String {
    let Plan {
        number,
        setting,
        flags,
        disk_kib,
        ..
    } = plan;
    let (took, code, done) = (after.took, after.code, &after.done);
    let disk = disk_kib.map_or(String::new(), |kib| format!(", {kib} KiB of disk"));
    format!(
        "{number:>4} {took:>6.1?} {code:?} {} {}{disk}: {}",
        setting.scenario,
        flags.join(" "),
        done.join("; ")
    )
}

fn judge(plan: &Plan, after: &Aftermath, undisturbed: &Digests) -> Result<(), String> {
    if !after.wrong.is_empty() {
        return Err(after.wrong.join("\n"));
    }
    let whole = after.left.as_ref().ok().filter(|(_, run)| run.ledger.complete);
    if let Some((_, run)) = whole {
        let found = Digests::of(run);
        if found != *undisturbed {
            return Err(format!("{found:?}, and undisturbed {undisturbed:?}"));
        }
        if !run.ledger.balanced {
            return Err(format!("complete and not balanced: {:?}", run.ledger));
        }
    }
    let has_small_disk = plan.disk_kib.is_some();
    let is_right = match after.code {
        Some(0) => whole.is_some(),
        // Written in part, or not to be written at all.
        Some(1 | 2) => has_small_disk,
        Some(4) => whole.is_none() && (has_small_disk || !plan.is_harmless()),
        Some(_) => false,
        // It may have had everything written.
        None => plan.kills_director(),
    };
    if !is_right {
        let left = after.left.as_ref().map(|(_, run)| run.ledger.complete);
        return Err(format!(
            "exit {:?}, signal {:?}; complete: {left:?}",
            after.code, after.signal
        ));
    }
    if !matches!(after.code, Some(0) | None) && after.said.trim().is_empty() {
        return Err(format!("exit {:?} and not a word why", after.code));
    }
    if after.took > Duration::from_secs(90) {
        return Err(format!("it took {:?}", after.took));
    }
    Ok(())
}
