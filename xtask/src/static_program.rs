//! The `skinai` program is linked statically on Linux: it starts in half the time, since nothing has to be
//! looked up in shared libraries, and it runs with whatever C library a system has, as the tray application
//! carries it along. Its own code has a fixed place, as that of Go's programs (stack, heap and mappings do
//! not): to adapt it to a random one takes a quarter of its start, 60 pages written and 16 000 places changed.
//!
//! Cargo has no setting for one program alone. So it is told to call the compiler by way of this program
//! ([`for_cargo`]), which adds what that one needs ([`compile`]). Dependencies are compiled as ever.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::LazyLock;

use anyhow::{Context, Result};

use crate::sh;

const PROGRAM: &str = "skinai";
const FLAGS: [&str; 4] = ["-C", "target-feature=+crt-static", "-C", "relocation-model=static"];

/// This program's file, where it can be used. Looked up before cargo is first called, which may put a new
/// file in its place.
static OWN: LazyLock<Option<PathBuf>> =
    LazyLock::new(|| std::env::current_exe().ok().filter(|_| is_possible()));

/// Has cargo call the compiler by way of this program, where it can link statically.
pub fn for_cargo(cargo: &mut Command) {
    if let Some(own) = &*OWN {
        cargo.env("RUSTC_WORKSPACE_WRAPPER", own);
    }
}

/// Only with the GNU C library, of whose static form some systems make a package of its own.
fn is_possible() -> bool {
    const ARCHIVE: &str = "libc.a";
    cfg!(all(target_os = "linux", target_env = "gnu"))
        // The compiler gives back the bare name where there is no such file.
        && sh::output(Command::new("cc").arg(format!("-print-file-name={ARCHIVE}")))
            .is_some_and(|found| found != ARCHIVE)
}

/// Whether these are the words with which cargo calls the compiler.
pub fn is_call(words: &[OsString]) -> bool {
    words.first().is_some_and(|word| Path::new(word).file_stem().is_some_and(|name| name == "rustc"))
}

/// Calls the compiler as cargo wants, with what the program needs.
pub fn compile(words: &[OsString]) -> Result<ExitCode> {
    let (compiler, arguments) = words.split_first().context("no compiler is named")?;
    let mut command = Command::new(compiler);
    command.args(arguments);
    if is_the_program(arguments) {
        command.args(FLAGS);
    }
    let status = command.status().with_context(|| format!("could not start {}", compiler.display()))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// The program itself, for this system.
fn is_the_program(arguments: &[OsString]) -> bool {
    let follows =
        |name: &str, value: &str| arguments.windows(2).any(|pair| pair[0] == name && pair[1] == value);
    follows("--crate-name", PROGRAM)
        && follows("--crate-type", "bin")
        && !arguments.iter().any(|argument| argument == "--target")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn only_the_program_itself_is_linked_statically() {
        let of = |line: &str| is_the_program(&words(line));
        assert!(of("--crate-name skinai --edition=2024 src/main.rs --crate-type bin --emit=link"));
        assert!(!of("--crate-name skinai --edition=2024 src/main.rs --test"));
        assert!(!of("--crate-name skin_ai_assistant src/main.rs --crate-type bin"));
        assert!(!of("--crate-name skinai src/main.rs --crate-type bin --target x86_64-pc-windows-gnu"));
    }

    #[test]
    fn a_command_of_the_repository_is_no_call_of_the_compiler() {
        assert!(is_call(&words("/toolchain/bin/rustc - --crate-name ___")));
        assert!(!is_call(&words("run")) && !is_call(&words("test rustc")) && !is_call(&[]));
    }
}
