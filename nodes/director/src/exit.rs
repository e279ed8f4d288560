//! What the program's exit codes mean.

use std::process::ExitCode;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Exit {
    Good = 0,
    /// Something in the program or the machine failed.
    Internal = 1,
    /// A scenario, flag or file cannot be used.
    BadInput = 2,
    /// A verdict threshold was missed, `compare` found a difference, or `request --wait` saw a request fail.
    VerdictMissed = 3,
    /// A node was lost, the run was stopped, or it was not at pace where `--max-lag` asks for it.
    Incomplete = 4,
    /// The ledger does not balance or an invariant was broken.
    Unbalanced = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// An error that is the user's to mend.
#[derive(Debug)]
pub struct BadInput(pub String);

impl std::fmt::Display for BadInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadInput {}

/// Marks an error as the user's to mend.
pub fn bad_input(problem: impl std::fmt::Display) -> anyhow::Error {
    BadInput(problem.to_string()).into()
}
