//! What the program says to whoever called it. The only module that prints.

use std::io::Write;

/// Prints to standard output; a reader that has gone away is no error.
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Says on standard error how things go.
pub fn tell(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Says on standard error what went wrong.
pub fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "secnet: {text}");
}
