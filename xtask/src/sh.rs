//! Running other programs, visibly.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::paths;

/// What ends the names of npm and of what it installs: on Windows they are scripts.
pub const SCRIPT_SUFFIX: &str = if cfg!(windows) { ".cmd" } else { "" };

/// A command in the repository's root; tools of the build folder come first in PATH.
pub fn command(program: &str) -> Command {
    let mut command = Command::new(match program {
        "npm" => format!("npm{SCRIPT_SUFFIX}"),
        other => other.to_owned(),
    });
    command.current_dir(paths::root());
    let own = [paths::tools().join("node/node_modules/.bin"), paths::tools().join("bin")];
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all = own.into_iter().filter(|folder| folder.is_dir()).chain(std::env::split_paths(&path));
    if let Ok(path) = std::env::join_paths(all) {
        command.env("PATH", path);
    }
    command
}

/// Cargo, the one that runs this.
pub fn cargo(args: &[&str]) -> Command {
    let mut command = command(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    command.args(args);
    command
}

/// Shows the command and runs it; an exit code other than 0 is an error.
pub fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    eprintln!("   $ {shown}");
    let status = command.status().with_context(|| format!("could not start `{shown}`"))?;
    ensure!(status.success(), "`{shown}` failed ({status})");
    Ok(())
}

/// What a command prints; `None` if it cannot be started or fails.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether a program of that name can be started.
pub fn on_path(program: &str) -> bool {
    which::which(program).is_ok()
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
