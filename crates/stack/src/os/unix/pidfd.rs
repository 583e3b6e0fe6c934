//! Descriptors of processes: each stays that process's, whatever becomes of its number, and is readable when
//! it has ended.

use std::os::fd::{FromRawFd, OwnedFd};

/// A descriptor of a process; `None` if it is gone, or the kernel is older than 5.3.
pub(super) fn open(pid: i32) -> Option<OwnedFd> {
    // SAFETY: takes numbers alone, gives a new descriptor or -1.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    let fd = i32::try_from(fd).ok().filter(|fd| *fd >= 0)?;
    // SAFETY: a new descriptor that nobody else has.
    Some(unsafe { OwnedFd::from_raw_fd(fd) })
}
