//! Handles of processes.

use std::io;
use std::os::fd::OwnedFd;

use nix::sys::signal::Signal;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A process that keeps being that process, whatever becomes of its number.
pub(super) struct ProcessHandle {
    #[cfg(target_os = "linux")]
    pidfd: OwnedFd,
    #[cfg(not(target_os = "linux"))]
    pid: i32,
}

#[cfg(target_os = "linux")]
impl ProcessHandle {
    /// `None` if it is gone, or the kernel is older than 5.3 and has no pidfds.
    pub(super) fn open(pid: i32) -> Option<Self> {
        use rustix::process::{Pid, PidfdFlags, pidfd_open};
        let pidfd = pidfd_open(Pid::from_raw(pid)?, PidfdFlags::empty()).ok()?;
        Some(Self { pidfd })
    }

    /// What becomes readable when it ends, where there is such a thing.
    pub(super) fn into_descriptor(self) -> Option<OwnedFd> {
        Some(self.pidfd)
    }

    /// Whether the signal was sent: the process may have ended, or belong to somebody else (sudo(8)).
    pub(super) fn signal(&self, signal: Signal) -> bool {
        use rustix::process::pidfd_send_signal;
        let signal = rustix::process::Signal::from_named_raw(signal as i32);
        signal.is_some_and(|signal| pidfd_send_signal(&self.pidfd, signal).is_ok())
    }
}

#[cfg(not(target_os = "linux"))]
impl ProcessHandle {
    /// Nothing is held but the number.
    pub(super) fn open(pid: i32) -> Option<Self> {
        Some(Self { pid })
    }

    /// There is none.
    pub(super) fn into_descriptor(self) -> Option<OwnedFd> {
        None
    }

    /// Whether the signal was sent.
    pub(super) fn signal(&self, signal: Signal) -> bool {
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(self.pid), signal).is_ok()
    }
}

/// A descriptor of a process, to wait for its end; to be called within a runtime.
pub(super) fn async_descriptor(process: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: the descriptor is owned, and nobody closes it but the AsyncFd itself.
    Ok(unsafe { AsyncFd::register_with_interest(process, Interest::READABLE) }?)
}
