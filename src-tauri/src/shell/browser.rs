//! Opening addresses, folders and files with the user's own programs, in the user's own environment.

use std::ffi::OsStr;
use std::process::Stdio;

use crate::environment;

/// Opens an address, a folder or a file with the program that the user's desktop has for it.
///
/// # Errors
/// One sentence, where there is no such program.
pub fn open(what: &str) -> Result<(), String> {
    let opened = if cfg!(target_os = "linux") {
        in_clean_environment(OsStr::new(what))
    } else {
        tauri_plugin_opener::open_url(what, None::<&str>).map_err(|error| error.to_string())
    };
    opened.map_err(|error| error.to_string())
}

/// The opener passes our environment on: the browser would draw as our webview does, and from a bundle it
/// would load the bundle's libraries in place of its own.
fn in_clean_environment(what: &OsStr) -> Result<(), String> {
    let mut last = "there is no program for it".to_owned();
    for mut command in open::commands(what) {
        command.env_clear().envs(environment::own());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        match command.spawn() {
            Ok(mut child) => {
                std::thread::spawn(move || child.wait());
                return Ok(());
            }
            Err(error) => last = error.to_string(),
        }
    }
    Err(last)
}
