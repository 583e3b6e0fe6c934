//! Starts a process in a group of its own, with its listening sockets as descriptors from 3 on.

use std::io;

use contract::{StopSignal, StopSignalTo};

use super::child::Child;
use super::exec::Exec;
use super::start::start;
use crate::{LaunchMarker, Launchable, ProcessTree, watchdog};

/// A process that was started.
pub struct Spawned {
    /// The process, which leads its group.
    pub child: Child,
    /// Holds its standard input open, and writes nothing: many programs end when their input does.
    pub stdin: io::PipeWriter,
    /// What it prints.
    pub stdout: io::PipeReader,
    /// What it complains about.
    pub stderr: io::PipeReader,
}

impl Spawned {
    /// The process, and everything that it starts, known by `marker`; and how it is asked to end.
    pub fn tree(&self, marker: LaunchMarker, signal: StopSignal, to: StopSignalTo) -> ProcessTree {
        ProcessTree::new(self.child.id().unwrap_or_default(), marker, signal, to)
    }
}

/// Starts a process. It leads a group of its own, and is killed when the thread that started it ends;
/// so only a thread that lives as long as the launcher may call this.
///
/// # Errors
/// What the system refused, before or by exec; or that the launcher is about to end.
pub fn spawn(launchable: &Launchable<'_>) -> io::Result<Spawned> {
    if !watchdog::lets_start() {
        return Err(io::Error::other("the launcher ends"));
    }
    let (child_stdin, stdin) = io::pipe()?;
    let (stdout, child_stdout) = io::pipe()?;
    let (stderr, child_stderr) = io::pipe()?;
    let stdio = [child_stdin.into(), child_stdout.into(), child_stderr.into()];
    let child = start(Exec::prepare(launchable, stdio)?)?;
    Ok(Spawned { child, stdin, stdout, stderr })
}
