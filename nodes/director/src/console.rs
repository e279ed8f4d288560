//! What the program says to whoever called it. The only module that prints.

use std::io::{ErrorKind, IsTerminal, Write};
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

/// Asks whoever sits at the terminal. Without one the answer is no.
pub fn asks(question: &str) -> bool {
    if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        return false;
    }
    let _ = write!(std::io::stderr().lock(), "{question} [y/N] ");
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}

/// Says on standard error what went wrong.
pub fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "secnet: {text}");
}
