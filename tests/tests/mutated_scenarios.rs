//! Whatever a scenario's file says, it is run or refused: within 20 s and 2 GB, with an exit code of `secnet`'s own. No panic, no
//! abort, no run without end: one that is much to do, and says so beforehand, is told to stop and does.
//!
//! Each mutation is a function of its number, which is said where one fails. `SECNET_FULL=1` tries 10,000 of them.

#![allow(clippy::unwrap_used)]

use secnet_tests::live::{is_full, scratch, topology};
use secnet_tests::programs::program;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

const MUTATIONS: u64 = 500;
const MUTATIONS_FULL: u64 = 10_000;
const WALL_MAX: Duration = Duration::from_secs(20);
/// A run that has not ended by then is told to.
const PATIENCE: Duration = Duration::from_secs(8);
const ADDRESS_SPACE_KIB: u64 = 2 << 20;
const CORES: u64 = 2;

/// What a number, a span, a word or a list may be turned into.
const VALUES: [&str; 28] = [
    "0",
    "-1",
    "1",
    "0.5",
    "-0.0",
    "nan",
    "inf",
    "-inf",
    "1e300",
    "1e-300",
    "255",
    "65536",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
    "\"\"",
    "\"0s\"",
    "\"1us\"",
    "\"99999999d\"",
    "\"-5min\"",
    "\"2025-02-30\"",
    "\"../../x\"",
    "true",
    "[]",
    "[[]]",
    "{ a = 1 }",
];
/// What a file may be broken by.
const BREAKS: [&str; 12] = [
    "[",
    "]",
    "[[",
    "=",
    "\"",
    "\u{0}",
    "\u{7f}\u{1b}[2J",
    "# ",
    "\n\n",
    "[population]\n",
    "[[events]]\n",
    "\u{202e}é",
];
const SCENARIOS: [&str; 4] = [
    "demo.toml",
    "bad-day.toml",
    "alert-storm-2023.toml",
    "region.toml",
];

/// Numbers that follow from one (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.roll() % end.max(1) as u64) as usize
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

/// A shipped scenario with one or two things in it changed.
fn mutated(number: u64) -> (&'static str, String) {
    let mut dice = Dice(number);
    let name = dice.of(&SCENARIOS);
    let mut text = fs::read_to_string(topology(name)).unwrap();
    for _ in 0..=dice.below(2) {
        mutate(&mut text, &mut dice);
    }
    (name, text)
}

fn mutate(text: &mut String, dice: &mut Dice) {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let assigned: Vec<usize> = (0..lines.len())
        .filter(|line| lines[*line].contains(" = ") && !lines[*line].starts_with('#'))
        .collect();
    let line = assigned[dice.below(assigned.len())];
    let (key, value) = lines[line].split_once(" = ").unwrap();
    match dice.below(10) {
        // Most of them are what a hand could do: still TOML, and mostly still a scenario.
        0..=2 => lines[line] = format!("{key} = {}", dice.of(&VALUES)),
        3..=4 => {
            let other = assigned[dice.below(assigned.len())];
            let (_, borrowed) = lines[other].split_once(" = ").unwrap();
            lines[line] = format!("{key} = {borrowed}");
        }
        5..=7 => {
            let digit = dice.below(10).to_string();
            lines[line] = format!(
                "{key} = {}",
                value.replacen(
                    |c: char| c.is_ascii_digit(),
                    &digit.repeat(1 + dice.below(3) * dice.below(5)),
                    1
                )
            );
        }
        8 => {
            if dice.below(2) == 0 {
                lines.remove(line);
            } else {
                lines.insert(line, lines[line].clone());
            }
        }
        _ => {
            let broken = dice.of(&BREAKS);
            let at = dice.below(lines[line].len() + 1);
            let at = (0..=at)
                .rev()
                .find(|at| lines[line].is_char_boundary(*at))
                .unwrap_or(0);
            lines[line].insert_str(at, broken);
        }
    }
    *text = lines.join("\n");
    text.push('\n');
}

/// As Ctrl-C.
fn interrupt(pid: u32) {
    let pid = pid.to_string();
    let sent = Command::new("sh")
        .args(["-c", "kill -s INT \"$0\"", &pid])
        .status();
    assert!(sent.unwrap().success());
}

fn run(file: &Path) -> (ExitStatus, Duration, String) {
    let limited = format!("ulimit -v {ADDRESS_SPACE_KIB}; exec \"$0\" \"$@\"");
    let said = file.with_extension("stderr");
    let mut child = Command::new("sh")
        .args(["-c", &limited])
        .arg(program("secnet"))
        .arg("run")
        .arg(file)
        .args([
            "--driver",
            "virtual",
            "--for",
            "3h",
            "--quiet",
            "--replace",
            "--out",
        ])
        .arg(file.with_extension("run"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(&said).unwrap())
        .spawn()
        .unwrap();
    let started = Instant::now();
    let mut told = false;
    let exit = loop {
        if let Some(exit) = child.try_wait().unwrap() {
            break exit;
        }
        if started.elapsed() > WALL_MAX {
            child.kill().unwrap();
            break child.wait().unwrap();
        }
        if started.elapsed() > PATIENCE && !told {
            told = true;
            interrupt(child.id());
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let said = String::from_utf8_lossy(&fs::read(said).unwrap()).into_owned();
    (exit, started.elapsed(), said)
}

/// The number of each that was neither run nor refused, and what came of it.
fn try_those(numbers: impl Iterator<Item = u64>, folder: &Path) -> (Vec<String>, u64) {
    let (mut faults, mut good) = (Vec::new(), 0);
    for number in numbers {
        let (name, text) = mutated(number);
        let file = folder.join(format!("{number}.toml"));
        fs::write(&file, &text).unwrap();
        let (exit, wall, said) = run(&file);
        let is_its_own = matches!(exit.code(), Some(0 | 2 | 3 | 4)) && exit.signal().is_none();
        if is_its_own && !said.contains("panicked") {
            good += u64::from(exit.code() != Some(2));
            for extension in ["toml", "stderr"] {
                fs::remove_file(file.with_extension(extension)).unwrap();
            }
            let _ = fs::remove_dir_all(file.with_extension("run"));
        } else {
            let said: String = said.chars().take(400).collect();
            faults.push(format!(
                "{number} of {name} ({}): {exit} after {wall:.1?}: {said}",
                file.display()
            ));
        }
    }
    (faults, good)
}

#[test]
fn whatever_a_scenario_says_it_is_run_or_refused() {
    let count = if is_full() { MUTATIONS_FULL } else { MUTATIONS };
    let folder = scratch("mutated");
    let tried: Vec<(Vec<String>, u64)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..CORES)
            .map(|core| {
                let folder = &folder;
                scope.spawn(move || try_those((0..count).filter(|n| n % CORES == core), folder))
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let faults: Vec<&String> = tried.iter().flat_map(|(faults, _)| faults).collect();
    let good: u64 = tried.iter().map(|(_, good)| good).sum();
    assert!(faults.is_empty(), "{} of {count}:\n{faults:#?}", faults.len());
    // Not all are refused for what has nothing to do with the values.
    assert!(good > count / 10, "only {good} of {count} ran");
    let _ = fs::remove_dir_all(&folder);
}
