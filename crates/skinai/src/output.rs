//! What the commands print: results on stdout, everything else on stderr.

use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal, Write};

use crate::{FAILED, Failure};

/// Prints a result, and tells whether anybody still reads: who has seen enough, as `head` has, is told no more, and
/// that is no failure.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn print(text: impl Display) -> Result<bool, Failure> {
    let mut stdout = io::stdout().lock();
    is_read(write!(stdout, "{text}").and_then(|()| stdout.flush()))
}

/// As [`print()`], of what something else has written to stdout.
pub(crate) fn is_read(written: io::Result<()>) -> Result<bool, Failure> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::new(FAILED, format!("cannot write to standard output: {error}"))),
    }
}

/// As [`print()`], a line.
pub(crate) fn print_line(text: impl Display) -> Result<bool, Failure> {
    print(format_args!("{text}\n"))
}

/// Says something besides the result, in one line, whatever stands in it. That nobody can be told is no failure.
pub(crate) fn note(text: impl Display) {
    writing::say(noted(text));
}

/// The line of a [`note()`].
pub(crate) fn noted(text: impl Display) -> String {
    format!("skinai: {}", contract::plain(contract::without_codes(&text.to_string())))
}

/// Whether colours are shown on standard output: on a terminal, unless `NO_COLOR` says otherwise.
pub(crate) fn shows_colours() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
