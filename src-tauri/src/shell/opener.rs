//! Opening addresses, folders and files with the user's own programs, in the user's own environment.

use std::ffi::OsStr;
use std::time::Duration;

use crate::environment;

/// How long an opener may take to say that it cannot: one that goes on is, or waits for, the program that it started.
const REFUSES_WITHIN: Duration = Duration::from_secs(5);

/// Opens an address, a folder or a file with the program that the user's desktop has for it. Waits for the opener, but
/// not for long.
///
/// # Errors
/// What the first opener said that there should be, where there is no such program or it does not open this.
pub fn open(what: &OsStr) -> Result<(), String> {
    if cfg!(not(target_os = "linux")) {
        return open::that_detached(what).map_err(|error| error.to_string());
    }
    // A program that inherits our environment draws as our webview does, and from a bundle it loads the
    // bundle's libraries in place of its own.
    let mut first = None;
    for mut command in open::commands(what) {
        let failure = match environment::start(&mut command).map(|end| end.recv_timeout(REFUSES_WITHIN)) {
            Ok(Ok(status)) if !status.success() => status.to_string(),
            Ok(_) => return Ok(()),
            Err(error) => error.to_string(),
        };
        first.get_or_insert_with(|| format!("{}: {failure}", command.get_program().display()));
    }
    Err(first.unwrap_or_default())
}
