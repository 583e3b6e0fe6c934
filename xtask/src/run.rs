//! `cargo xtask run`: from a clone to a tray.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::{pages, paths, setup, sh};

/// Builds the programs (the development profile: the first build takes half the time of a release one)
/// and launches the tray application; without a display, the same stack from the terminal.
pub fn run(args: &[String]) -> Result<ExitCode> {
    setup::for_build()?;
    pages::build()?;
    let display = ["WAYLAND_DISPLAY", "DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|v| !v.is_empty()));
    let has_screen = display || !cfg!(target_os = "linux");
    let mut packages = vec!["build", "--package", "skinai"];
    if has_screen {
        packages.extend(["--package", "skin-ai-assistant"]);
    } else {
        eprintln!(
            "run: there is no display (neither WAYLAND_DISPLAY nor DISPLAY is set): the stack runs from this terminal"
        );
    }
    sh::run(&mut sh::cargo(&packages))?;
    let programs = paths::target().join("debug");
    let mut command = if has_screen {
        sh::command(&programs.join("skin-ai-assistant").to_string_lossy())
    } else {
        let mut command = sh::command(&programs.join("skinai").to_string_lossy());
        command.arg("run");
        command
    };
    command.args(args);
    replace(command)
}

/// Becomes the program, so that Ctrl-C and signals are its own.
#[cfg(unix)]
fn replace(mut command: std::process::Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;

    let error = command.exec();
    Err(error).with_context(|| format!("could not start {}", command.get_program().display()))
}

#[cfg(not(unix))]
fn replace(mut command: std::process::Command) -> Result<ExitCode> {
    let status =
        command.status().with_context(|| format!("could not start {}", command.get_program().display()))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
