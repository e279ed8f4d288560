//! What is found wrong with a scenario, and what it is collected in: each part of a scenario adds its checks to [`Check`].

use crate::suggest::mend;
use crate::units::Span;
use crate::users::{UserEntry, UserKind};
use core::fmt;
use secnet_model::{Role, Srv};

/// More servers than any data centre has.
pub(crate) const SERVERS_MAX: u32 = 1_000_000;
/// More than anything in the network does in a day, a second or a proportion; what is above would never end.
const RATE_MAX: f64 = 1e6;

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

/// Checks that sections have in common.
impl<'u> Check<'u> {
    pub(crate) fn share(&mut self, path: &str, share: f64) {
        if !(0.0..=1.0).contains(&share) {
            self.wrong(path, format!("a share lies between 0 and 1; {share} does not"));
        }
    }

    pub(crate) fn at_least_one(&mut self, path: &str, number: u32) {
        if number == 0 {
            self.wrong(path, "must be at least 1");
        }
    }

    pub(crate) fn rate(&mut self, path: &str, rate: f64) {
        if !(0.0..=RATE_MAX).contains(&rate) {
            self.wrong(
                path,
                format!("a rate lies between 0 and {RATE_MAX}; {rate:?} does not"),
            );
        }
    }

    pub(crate) fn positive(&mut self, path: &str, span: Span) {
        if span == Span::default() {
            self.wrong(path, "must be longer than zero");
        }
    }

    pub(crate) fn min_and_mean(&mut self, path: &str, min: Span, mean: Span) {
        if mean < min {
            self.wrong(path, format!("the mean, {mean}, is less than the least, {min}"));
        }
    }

    pub(crate) fn roles(&mut self, path: &str, srv: Srv, senders: &[&UserEntry]) {
        let entry = srv.entry();
        let barred = senders
            .iter()
            .find(|user| !user.roles.iter().any(|role| entry.roles.contains(role)));
        if let Some(user) = barred {
            let (held, allowed) = (role_codes(user.roles.iter()), role_codes(entry.roles.iter()));
            let message = format!(
                "`{}` may not send {srv} ({}): it holds {held}, the request is for {allowed}; \
                 a workload that means to be refused says so with `mistake`",
                user.name, entry.name
            );
            self.wrong(path, message);
        }
    }

    pub(crate) fn srv(&mut self, path: &str, number: &str) -> Option<Srv> {
        let srv = Srv::from_number(number);
        if srv.is_none() {
            let mend = mend(number, Srv::all().map(Srv::number));
            self.wrong(path, format!("no service request variant `{number}`{mend}"));
        }
        srv
    }

    /// The Users a `from` means.
    pub(crate) fn senders(&mut self, path: &str, from: &str) -> Vec<&'u UserEntry> {
        let users = self.users;
        let senders: Vec<&'u UserEntry> = users.iter().filter(|user| user.is_meant_by(from)).collect();
        if senders.is_empty() {
            let groups = UserKind::ALL.map(UserKind::group);
            let message = if groups.contains(&from) {
                format!("the scenario has no `{from}`")
            } else {
                let known = groups
                    .into_iter()
                    .chain(users.iter().map(|user| user.name.as_str()));
                format!("no User `{from}`{}", mend(from, known))
            };
            self.wrong(format!("{path}.from"), message);
        }
        senders
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

fn role_codes(roles: impl Iterator<Item = Role>) -> String {
    let codes: Vec<&str> = roles.map(Role::code).collect();
    if codes.is_empty() {
        "nobody".to_owned()
    } else {
        codes.join(", ")
    }
}

/// To nine decimals, without trailing zeros.
pub(crate) fn rounded(number: f64) -> f64 {
    (number * 1e9).round() / 1e9
}
