//! Handles of processes.

use std::io;
use std::os::fd::OwnedFd;
#[cfg(target_os = "linux")]
use std::sync::LazyLock;

use nix::sys::signal::Signal;
#[cfg(target_os = "linux")]
use rustix::io::Errno;
#[cfg(target_os = "linux")]
use rustix::process::{Pid, PidfdFlags, pidfd_open, pidfd_send_signal};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

#[cfg(target_os = "linux")]
use super::procfs::stat;

/// A process that keeps being that process, whatever becomes of its number.
pub(super) enum ProcessHandle {
    #[cfg(target_os = "linux")]
    Held(OwnedFd),
    /// Where the system refuses descriptors of processes: the start time tells it from a later one of its number, at
    /// the moment before each signal.
    #[cfg(target_os = "linux")]
    Numbered { pid: i32, started: u64 },
    #[cfg(not(target_os = "linux"))]
    Number(i32),
}

#[cfg(target_os = "linux")]
impl ProcessHandle {
    /// `None` if it is gone.
    pub(super) fn open(pid: i32) -> Option<Self> {
        static ARE_ALLOWED: LazyLock<bool> = LazyLock::new(|| test_process_handles().is_ok());
        if *ARE_ALLOWED {
            match pidfd_open(Pid::from_raw(pid)?, PidfdFlags::empty()) {
                Ok(pidfd) => return Some(Self::Held(pidfd)),
                // What is no process but a thread has none.
                Err(Errno::SRCH | Errno::INVAL) => return None,
                // No descriptor is left.
                Err(_) => {}
            }
        }
        Some(Self::Numbered { pid, started: stat(pid)?.started })
    }

    /// What becomes readable when it ends, where there is such a thing.
    pub(super) fn into_descriptor(self) -> Option<OwnedFd> {
        match self {
            Self::Held(pidfd) => Some(pidfd),
            Self::Numbered { .. } => None,
        }
    }

    /// Whether the signal was sent: the process may have ended, or belong to somebody else (sudo(8)).
    pub(super) fn signal(&self, signal: Signal) -> bool {
        match *self {
            Self::Held(ref pidfd) => send(pidfd, signal).is_ok(),
            Self::Numbered { pid, started } => {
                stat(pid).is_some_and(|stat| stat.started == started)
                    && nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), signal).is_ok()
            }
        }
    }
}

/// Whether the system lets this program hold processes by descriptors.
///
/// # Errors
/// What it refuses with: they are told apart by number and start time then.
#[cfg(target_os = "linux")]
pub fn test_process_handles() -> io::Result<()> {
    let own = pidfd_open(rustix::process::getpid(), PidfdFlags::empty())?;
    // It does nothing where nobody listens to it.
    Ok(send(&own, Signal::SIGURG)?)
}

#[cfg(target_os = "linux")]
fn send(pidfd: &OwnedFd, signal: Signal) -> rustix::io::Result<()> {
    let signal = rustix::process::Signal::from_named_raw(signal as i32).ok_or(Errno::INVAL)?;
    pidfd_send_signal(pidfd, signal)
}

/// There are none.
#[cfg(not(target_os = "linux"))]
pub fn test_process_handles() -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(target_os = "linux"))]
impl ProcessHandle {
    /// Nothing is held but the number.
    pub(super) fn open(pid: i32) -> Option<Self> {
        Some(Self::Number(pid))
    }

    /// There is none.
    pub(super) fn into_descriptor(self) -> Option<OwnedFd> {
        None
    }

    /// Whether the signal was sent.
    pub(super) fn signal(&self, signal: Signal) -> bool {
        let Self::Number(pid) = *self;
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), signal).is_ok()
    }
}

/// A descriptor of a process, to wait for its end; to be called within a runtime.
pub(super) fn async_descriptor(process: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: the descriptor is owned, and nobody closes it but the AsyncFd itself.
    Ok(unsafe { AsyncFd::register_with_interest(process, Interest::READABLE) }?)
}
