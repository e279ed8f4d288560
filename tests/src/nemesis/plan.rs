//! What is run, and what is done to it and when.

use crate::dice::Dice;
use std::time::Duration;

/// A run and what will befall it.
#[derive(Clone, Debug)]
pub struct Plan {
    pub number: u64,
    pub setting: Setting,
    /// Flags that say how it is run, and reach no result.
    pub flags: Vec<String>,
    /// The run folder is on a file system of so many KiB.
    pub disk_kib: Option<u64>,
    pub faults: Vec<Fault>,
}

/// What decides the digests.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Setting {
    pub scenario: &'static str,
    pub minutes: u64,
    pub seed: u64,
}

#[derive(Clone, Debug)]
pub struct Fault {
    /// After the run was started.
    pub at: Duration,
    pub kind: FaultKind,
}

/// Processes are taken by number, from those that are there then.
#[derive(Clone, Debug)]
pub enum FaultKind {
    /// SIGSTOP, and SIGCONT after a while.
    Stop {
        process: u64,
        lasts: Duration,
    },
    Kill {
        process: u64,
    },
    /// To the director: `INT`, `TERM` or `HUP`.
    Signal(&'static str),
    KillDirector,
    /// All TCP connections of a process are reset.
    Reset {
        process: u64,
    },
    /// Nothing gets through between any two processes.
    Cut {
        lasts: Duration,
    },
    /// A Supplier's credentials in a hostile client's hands.
    Flood {
        lasts: Duration,
    },
}

impl Setting {
    /// The scenario's flags.
    pub fn flags(&self) -> Vec<String> {
        let minutes = format!("{}min", self.minutes);
        let seed = self.seed.to_string();
        let flags = ["--for", &minutes, "--seed", &seed, "--set", "drain=1min"];
        flags.map(str::to_owned).to_vec()
    }
}

/// Processes are there and linked after about so long.
const COMING_MS: u64 = 1_200;

/// Anything a link's lease outlives is passed over in silence; a longer cut may end the run, by name.
const CUT_HARMLESS: Duration = Duration::from_secs(2);

impl FaultKind {
    /// The run goes on as if nothing had been.
    pub fn is_harmless(&self) -> bool {
        match self {
            FaultKind::Stop { .. } | FaultKind::Reset { .. } | FaultKind::Flood { .. } => true,
            FaultKind::Cut { lasts } => *lasts <= CUT_HARMLESS,
            FaultKind::Kill { .. } | FaultKind::Signal(_) | FaultKind::KillDirector => false,
        }
    }

    /// For how long it holds the run up.
    pub fn lasts(&self) -> Duration {
        match self {
            FaultKind::Stop { lasts, .. } | FaultKind::Cut { lasts } | FaultKind::Flood { lasts } => *lasts,
            _ => Duration::ZERO,
        }
    }
}

impl Plan {
    pub fn of(number: u64) -> Plan {
        let mut dice = Dice::new(number, "nemesis");
        let setting = Setting {
            scenario: dice.one_of(&["demo.toml", "demo.toml", "alert-storm-2023.toml"]),
            minutes: dice.one_of(&[1, 3]),
            seed: dice.between(1, 3),
        };
        let mut flags: Vec<&str> = Vec::new();
        // Two to five seconds, or as fast as it goes.
        let (pace, paced_s): (&[&str], u64) = dice.one_of(&[
            (&[], 1),
            (&["--speed", "60"], setting.minutes + 1),
            (&["--speed", "30"], 2 * (setting.minutes + 1)),
        ]);
        flags.extend(pace);
        flags.extend(dice.one_of::<&[&str]>(&[
            &[],
            &[],
            &["--set", "hosting.users_per_process=4"],
            &[
                "--set",
                "hosting.premises_shards=3",
                "--set",
                "hosting.premises_processes=2",
            ],
        ]));
        flags.extend(dice.one_of::<&[&str]>(&[&[], &[], &["--bus", "encrypted"], &["--bus", "open"]]));
        let disk_kib = dice.once_in(5).then(|| dice.between(20, 3_000));
        let ends_it = dice.once_in(2);
        let faults = (0..dice.between(1, 3)).map(|_| Fault {
            at: Duration::from_millis(dice.below(COMING_MS + 1_000 * paced_s)),
            kind: FaultKind::random(&mut dice, ends_it),
        });
        let mut faults: Vec<Fault> = faults.collect();
        faults.sort_by_key(|fault| fault.at);
        Plan {
            number,
            setting,
            flags: flags.into_iter().map(str::to_owned).collect(),
            disk_kib,
            faults,
        }
    }

    pub fn is_harmless(&self) -> bool {
        self.faults.iter().all(|fault| fault.kind.is_harmless())
    }

    pub fn kills_director(&self) -> bool {
        self.faults
            .iter()
            .any(|fault| matches!(fault.kind, FaultKind::KillDirector))
    }
}

impl FaultKind {
    fn random(dice: &mut Dice, may_end_it: bool) -> FaultKind {
        let process = dice.below(1_000);
        let lasts = Duration::from_millis(dice.one_of(&[20, 500, 3_000]) + dice.below(500));
        match dice.below(if may_end_it { 16 } else { 11 }) {
            0..=4 => FaultKind::Stop { process, lasts },
            5..=7 => FaultKind::Reset { process },
            8 | 9 => FaultKind::Cut { lasts },
            10 => FaultKind::Flood { lasts },
            11 | 12 => FaultKind::Kill { process },
            13 => FaultKind::KillDirector,
            _ => FaultKind::Signal(dice.one_of(&["INT", "TERM", "HUP"])),
        }
    }
}
