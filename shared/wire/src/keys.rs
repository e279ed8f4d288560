//! Key expressions: where on the bus which frame or control message is put.
//!
//! ```text
//! secnet/<run>/link/<from>/<to>                      frames between two nodes, one key per direction
//! secnet/<run>/control/command                       director → all processes
//! secnet/<run>/control/{status,result,alive}/<process>   process → director; `alive` is a liveliness token
//! secnet/<run>/control/query/status                  answered by the director
//! secnet/<run>/control/healthy/<process>             answered by the process itself: a health check
//! secnet/<run>/control/requests/<node>               answered by a User's process: takes a request (JSON), or lists them
//! secnet/launch                                      answered by the control service: which run, and its scenario
//! ```
//!
//! Names become parts of keys, so only names that cannot be read as a wildcard or a path are let in.
//!
//! Not here: declaring publishers and subscribers (`secnet-fabric`).

/// Where a control service says what is to be run.
pub const LAUNCH_QUERY: &str = "secnet/launch";

/// The longest name of a run, node or process.
pub const NAME_BYTES_MAX: usize = 64;

/// Why a name cannot be a part of a key.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NameError {
    /// There is no name.
    #[error("a {what}'s name is missing")]
    Empty {
        /// Whose name it is: `run`, `node` or `process`.
        what: &'static str,
    },
    /// It is longer than [`NAME_BYTES_MAX`].
    #[error("the {what} name \"{name}\" is longer than {NAME_BYTES_MAX} characters")]
    TooLong {
        /// Whose name it is: `run`, `node` or `process`.
        what: &'static str,
        /// The whole name.
        name: String,
    },
    /// It could be read as a wildcard or a path, or is not in lower case.
    #[error(
        "the {what} name \"{name}\" holds {found:?}: only a–z, 0–9, \"-\", \"_\" and \".\" are allowed, and a letter or digit first"
    )]
    Character {
        /// Whose name it is: `run`, `node` or `process`.
        what: &'static str,
        /// The whole name.
        name: String,
        /// The first character that is not allowed where it stands.
        found: char,
    },
}

/// Whether `name` can be a part of a key; `what` (`run`, `node`, `process`) names it in the error.
pub fn check_name(what: &'static str, name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty { what });
    }
    if name.len() > NAME_BYTES_MAX {
        return Err(NameError::TooLong {
            what,
            name: name.to_owned(),
        });
    }
    let allowed = |at: usize, c: char| match c {
        'a'..='z' | '0'..='9' => true,
        '-' | '_' | '.' => at > 0,
        _ => false,
    };
    match name.char_indices().find(|(at, c)| !allowed(*at, *c)) {
        None => Ok(()),
        Some((_, found)) => Err(NameError::Character {
            what,
            name: name.to_owned(),
            found,
        }),
    }
}

/// The keys of one run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Keys {
    /// `secnet/<run>`
    root: String,
}

impl Keys {
    /// The keys of the run of that name.
    pub fn new(run: &str) -> Result<Keys, NameError> {
        check_name("run", run)?;
        Ok(Keys {
            root: format!("secnet/{run}"),
        })
    }

    /// The frames that node `from` sends to node `to`.
    pub fn link(&self, from: &str, to: &str) -> Result<String, NameError> {
        check_name("node", from)?;
        check_name("node", to)?;
        Ok(format!("{}/link/{from}/{to}", self.root))
    }

    /// Everything sent to one node: one subscription for all its links.
    pub fn links_to(&self, to: &str) -> Result<String, NameError> {
        check_name("node", to)?;
        Ok(format!("{}/link/*/{to}", self.root))
    }

    /// Commands of the director to all processes.
    pub fn command(&self) -> String {
        format!("{}/control/command", self.root)
    }

    /// Where the process says now and then how it is.
    pub fn status(&self, process: &str) -> Result<String, NameError> {
        self.of_process("status", process)
    }

    /// Where the process says at its end what came of it.
    pub fn result(&self, process: &str) -> Result<String, NameError> {
        self.of_process("result", process)
    }

    /// The process's liveliness token: the bus drops it with the process's session.
    pub fn alive(&self, process: &str) -> Result<String, NameError> {
        self.of_process("alive", process)
    }

    /// The statuses of all processes: one subscription.
    pub fn every_status(&self) -> String {
        format!("{}/control/status/*", self.root)
    }

    /// The results of all processes: one subscription.
    pub fn every_result(&self) -> String {
        format!("{}/control/result/*", self.root)
    }

    /// The liveliness tokens of all processes.
    pub fn every_alive(&self) -> String {
        format!("{}/control/alive/*", self.root)
    }

    /// Answered by the director with the status of the whole run.
    pub fn status_query(&self) -> String {
        format!("{}/control/query/status", self.root)
    }

    /// A health check, answered by that process.
    pub fn healthy(&self, process: &str) -> Result<String, NameError> {
        self.of_process("healthy", process)
    }

    /// Where a User's node takes requests from outside, and tells of those it has taken.
    pub fn requests(&self, node: &str) -> Result<String, NameError> {
        check_name("node", node)?;
        Ok(format!("{}/control/requests/{node}", self.root))
    }

    /// The same whatever the run is called: a health check need not know.
    pub fn healthy_in_any_run(process: &str) -> Result<String, NameError> {
        check_name("process", process)?;
        Ok(format!("secnet/*/control/healthy/{process}"))
    }

    /// Sender and receiver of a link's key; `None` for any other key, and for another run's.
    pub fn read_link<'a>(&self, key: &'a str) -> Option<(&'a str, &'a str)> {
        self.within(key, "link")?
            .split_once('/')
            .filter(|(_, to)| !to.contains('/'))
    }

    /// The process of a status, result or liveliness key; `None` for any other key, and for another run's.
    pub fn read_process<'a>(&self, key: &'a str) -> Option<&'a str> {
        let (kind, process) = self.within(key, "control")?.split_once('/')?;
        (matches!(kind, "status" | "result" | "alive") && !process.contains('/')).then_some(process)
    }

    fn of_process(&self, kind: &str, process: &str) -> Result<String, NameError> {
        check_name("process", process)?;
        Ok(format!("{}/control/{kind}/{process}", self.root))
    }

    fn within<'a>(&self, key: &'a str, part: &str) -> Option<&'a str> {
        key.strip_prefix(self.root.as_str())?
            .strip_prefix('/')?
            .strip_prefix(part)?
            .strip_prefix('/')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_say_who_and_are_read_back() {
        let keys = Keys::new("demo-7").unwrap();
        let link = keys.link("premises-south-1", "csp-south").unwrap();
        assert_eq!(link, "secnet/demo-7/link/premises-south-1/csp-south");
        assert_eq!(keys.read_link(&link), Some(("premises-south-1", "csp-south")));
        assert_eq!(keys.links_to("dsp").unwrap(), "secnet/demo-7/link/*/dsp");

        let rows = [
            (
                keys.status("users-1").unwrap(),
                "secnet/demo-7/control/status/users-1",
                Some("users-1"),
            ),
            (
                keys.result("dsp").unwrap(),
                "secnet/demo-7/control/result/dsp",
                Some("dsp"),
            ),
            (
                keys.alive("dsp").unwrap(),
                "secnet/demo-7/control/alive/dsp",
                Some("dsp"),
            ),
            (
                keys.healthy("dsp").unwrap(),
                "secnet/demo-7/control/healthy/dsp",
                None,
            ),
            (
                Keys::healthy_in_any_run("dsp").unwrap(),
                "secnet/*/control/healthy/dsp",
                None,
            ),
            (
                keys.requests("supplier-ovo").unwrap(),
                "secnet/demo-7/control/requests/supplier-ovo",
                None,
            ),
            (keys.command(), "secnet/demo-7/control/command", None),
            (keys.status_query(), "secnet/demo-7/control/query/status", None),
        ];
        for (key, expected, process) in rows {
            assert_eq!(key, expected);
            assert_eq!(keys.read_process(&key), process);
            assert_eq!(keys.read_link(&key), None);
        }
        assert_eq!(
            Keys::new("demo-70").unwrap().read_link(&link),
            None,
            "another run's"
        );
        assert_eq!(Keys::new("demo").unwrap().read_link(&link), None, "another run's");
    }

    #[test]
    fn a_name_that_could_be_a_wildcard_or_a_path_is_refused() {
        for name in [
            "*", "**", "a/b", "a$*", "a#b", "a?b", "@admin", "-a", ".", "A", "ä", "a b", "",
        ] {
            assert!(Keys::new(name).is_err(), "{name}");
        }
        let keys = Keys::new("r").unwrap();
        assert!(keys.link("dsp", "*").is_err() && keys.link("*", "dsp").is_err() && keys.alive("*").is_err());
        assert!(Keys::new(&"a".repeat(NAME_BYTES_MAX)).is_ok());
        assert!(Keys::new(&"a".repeat(NAME_BYTES_MAX + 1)).is_err());
        let expected = "the node name \"csp north\" holds ' ': only a–z, 0–9, \"-\", \"_\" and \".\" are allowed, \
                        and a letter or digit first";
        assert_eq!(keys.links_to("csp north").unwrap_err().to_string(), expected);
    }
}
