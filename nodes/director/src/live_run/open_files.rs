//! Whether the system lets this program open as many files as a live run needs.

use crate::exit::bad_input;
use std::fs;

/// What a director needs whatever the network: its own files, sessions and the runtime's.
const ALWAYS: u64 = 64;
/// Per process: its log, its standard input and its connection.
const PER_PROCESS: u64 = 4;

/// Refuses a run that would fail somewhere in the middle, in words that nobody connects with the limit.
pub(super) fn check(processes: usize) -> anyhow::Result<()> {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let needed = ALWAYS + PER_PROCESS * processes as u64;
    match soft_limit(&limits) {
        Some(limit) if limit < needed => Err(bad_input(format!(
            "at most {limit} files may be open (ulimit -n), and a live run of {processes} processes needs {needed}: raise the limit \
             with `ulimit -n {needed}`, or run with --driver virtual"
        ))),
        _ => Ok(()),
    }
}

/// `None` where there is no limit, or the system does not say.
fn soft_limit(limits: &str) -> Option<u64> {
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_is_the_one_that_counts() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max open files            64                   524288               files     \n";
        assert_eq!(soft_limit(limits), Some(64));
        assert_eq!(soft_limit(&limits.replace(" 64 ", " unlimited ")), None);
        assert_eq!(soft_limit(""), None);
    }
}
