//! A child of this process. Its end is told by a descriptor, where the system has such a thing.

use std::collections::HashMap;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use nix::unistd::Pid;
use rustix::io::Errno;
use rustix::process::{WaitOptions, waitpid};
use tokio::signal::unix::{SignalKind, signal};

use super::process_handle::{ProcessHandle, async_descriptor};

/// A child of this process, whose end has not been collected yet.
pub struct Child {
    pid: Pid,
    /// Readable when it ends, where the system has such a thing.
    end: Option<OwnedFd>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// The first process of a service.
    Leader,
    Watchdog,
}

/// The children whose end somebody waits for.
fn children() -> MutexGuard<'static, HashMap<i32, Role>> {
    static CHILDREN: LazyLock<Mutex<HashMap<i32, Role>>> = LazyLock::new(Mutex::default);
    // Nothing panics while it is held.
    CHILDREN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a process is one of these children, and has not been collected.
pub(super) fn is_waited_for(pid: i32) -> bool {
    children().contains_key(&pid)
}

/// Whether the leader of another service has not been collected. The watchdog is none.
pub(super) fn others_live(pid: i32) -> bool {
    children().iter().any(|(child, role)| *child != pid && *role == Role::Leader)
}

impl Child {
    /// The leader of a service that was just started.
    pub(super) fn leader(pid: Pid) -> Self {
        Self::known(pid, Role::Leader)
    }

    /// The watchdog, which was just forked.
    pub(super) fn watchdog(pid: Pid) -> Self {
        Self::known(pid, Role::Watchdog)
    }

    fn known(pid: Pid, role: Role) -> Self {
        children().insert(pid.as_raw(), role);
        Self { pid, end: descriptor(pid) }
    }

    /// Its process id.
    pub fn id(&self) -> Option<u32> {
        Some(self.pid.as_raw().cast_unsigned())
    }

    /// Waits for its end.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        let Some(end) = self.end.take() else {
            // Listened to before the first look.
            let mut any_ended = signal(SignalKind::child())?;
            loop {
                if let Some(status) = self.collect(WaitOptions::NOHANG)? {
                    return Ok(status);
                }
                any_ended.recv().await;
            }
        };
        let end = async_descriptor(end)?;
        loop {
            let mut ready = end.readable().await?;
            if let Some(status) = self.collect(WaitOptions::NOHANG)? {
                return Ok(status);
            }
            ready.clear_ready();
        }
    }

    pub(super) fn collect(&self, options: WaitOptions) -> io::Result<Option<ExitStatus>> {
        loop {
            match waitpid(rustix::process::Pid::from_raw(self.pid.as_raw()), options) {
                Ok(None) => return Ok(None),
                Ok(Some((_, status))) => {
                    children().remove(&self.pid.as_raw());
                    return Ok(Some(ExitStatus::from_raw(status.as_raw())));
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn descriptor(pid: Pid) -> Option<OwnedFd> {
    ProcessHandle::open(pid.as_raw()).and_then(ProcessHandle::into_descriptor)
}
