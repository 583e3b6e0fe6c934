//! A process that one holds on to.

use std::os::fd::OwnedFd;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A process that keeps being that process, whatever becomes of its number.
pub(super) struct Handle(Option<OwnedFd>, i32);

impl Handle {
    #[cfg(target_os = "linux")]
    pub(super) fn open(pid: i32) -> Option<Self> {
        super::pidfd::open(pid).map(|fd| Self(Some(fd), pid))
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn open(pid: i32) -> Option<Self> {
        Some(Self(None, pid))
    }

    /// What becomes readable when it ends, where there is such a thing.
    pub(super) fn into_descriptor(self) -> Option<OwnedFd> {
        self.0
    }

    /// Whether it was sent: it may have ended, or belong to somebody else by now (sudo(8)).
    pub(super) fn signal(&self, signal: Signal) -> bool {
        #[cfg(target_os = "linux")]
        if let Some(fd) = &self.0 {
            use std::os::fd::AsRawFd;
            // SAFETY: a valid descriptor, and no siginfo.
            let sent = unsafe {
                libc::syscall(
                    libc::SYS_pidfd_send_signal,
                    fd.as_raw_fd(),
                    signal as i32,
                    std::ptr::null::<u8>(),
                    0,
                )
            };
            return sent == 0;
        }
        kill(Pid::from_raw(self.1), signal).is_ok()
    }
}
