//! Opening addresses, folders and files with the user's own programs, in the user's own environment.

use crate::environment;

/// Opens an address, a folder or a file with the program that the user's desktop has for it.
///
/// # Errors
/// One sentence, where there is no such program.
pub fn open(what: &str) -> Result<(), String> {
    if cfg!(not(target_os = "linux")) {
        return open::that_detached(what).map_err(|error| error.to_string());
    }
    // A program that inherits our environment draws as our webview does, and from a bundle it loads the
    // bundle's libraries in place of its own.
    let mut last = "there is no program for it".to_owned();
    for mut command in open::commands(what) {
        match environment::start(&mut command) {
            Ok(()) => return Ok(()),
            Err(error) => last = error.to_string(),
        }
    }
    Err(last)
}
