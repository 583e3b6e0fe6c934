//! Starts a process. There is no way to hand a socket over by number, so every service is told its port.

use std::io;
use std::os::windows::process::CommandExt;
use std::process::Command;

use windows_sys::Win32::System::Threading::{CREATE_NEW_PROCESS_GROUP, CREATE_NO_WINDOW};

use crate::Launchable;

/// A process that was started.
pub struct Spawned {
    /// The process.
    pub child: tokio::process::Child,
    /// Holds its standard input open, and writes nothing: many programs end when their input does.
    pub stdin: io::PipeWriter,
    /// What it prints.
    pub stdout: io::PipeReader,
    /// What it complains about.
    pub stderr: io::PipeReader,
}

/// Starts a process.
///
/// # Errors
/// What the system refused.
pub fn spawn(launchable: &Launchable<'_>) -> io::Result<Spawned> {
    let (child_stdin, stdin) = io::pipe()?;
    let (stdout, child_stdout) = io::pipe()?;
    let (stderr, child_stderr) = io::pipe()?;
    let mut command = Command::new(launchable.program);
    command
        .args(launchable.arguments)
        .env_clear()
        .stdin(child_stdin)
        .stdout(child_stdout)
        .stderr(child_stderr);
    command.envs(launchable.environment.iter().map(|(name, value)| (name, value)));
    command.creation_flags(CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW);
    if let Some(cwd) = launchable.cwd {
        command.current_dir(cwd);
    }
    let child = tokio::process::Command::from(command).spawn()?;
    Ok(Spawned { child, stdin, stdout, stderr })
}
