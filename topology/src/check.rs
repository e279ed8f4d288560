//! What is found wrong with a scenario, and what it is collected in: each part of a scenario adds its checks to [`Check`].

use crate::users::UserEntry;
use core::fmt;

/// What is wrong with a scenario, all of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invalid {
    pub problems: Vec<Problem>,
}

/// One thing that is wrong, and where: keys and places in lists, joined by dots (`workloads.2.srvs.0`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    pub path: String,
    pub message: String,
}

pub(crate) struct Check<'u> {
    pub users: &'u [UserEntry],
    pub problems: Vec<Problem>,
}

impl Check<'_> {
    pub(crate) fn wrong(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.problems.push(Problem {
            path: path.into(),
            message: message.into(),
        });
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{}: {}", problem.path, problem.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Invalid {}
