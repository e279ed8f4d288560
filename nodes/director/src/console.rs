//! What the program says to whoever called it. The only module that prints.

use std::io::{ErrorKind, Write};
use std::sync::OnceLock;

/// Why standard output did not take everything.
static UNPRINTED: OnceLock<String> = OnceLock::new();

/// Prints to standard output. A reader that has gone away is no error; a full disk is one, which [`unprinted`] tells.
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush())
        && error.kind() != ErrorKind::BrokenPipe
    {
        UNPRINTED.get_or_init(|| error.to_string());
    }
}

/// Why not everything could be printed.
pub fn unprinted() -> Option<&'static str> {
    UNPRINTED.get().map(String::as_str)
}

/// Says on standard error how things go.
pub fn tell(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Says on standard error what went wrong.
pub fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "secnet: {text}");
}
