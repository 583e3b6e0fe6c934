//! A child that shares the launcher's memory until its exec, while the thread that made it waits: no page
//! table is copied, which is what takes longest of a fork. Its end is told by a descriptor.

use std::collections::HashSet;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use nix::sched::{CloneFlags, clone};
use nix::sys::signal::{SigSet, SigmaskHow, sigprocmask};
use nix::unistd::Pid;
use rustix::io::Errno;
use rustix::process::{WaitOptions, waitpid};
use tokio::signal::unix::{SignalKind, signal};

use super::exec::Exec;
use super::process_handle::{ProcessHandle, async_descriptor};
use super::watchdog;

/// As much as exec and a few calls into the system need.
const STACK: usize = 16 * 1024;

/// A child of this process, whose end has not been collected yet.
pub struct Child {
    pid: Pid,
    /// Readable when it ends, where the system has such a thing.
    end: Option<OwnedFd>,
}

/// Starts it. An error of its own before exec is given back.
pub(super) fn start(mut exec: Exec) -> io::Result<Child> {
    let mut stack = vec![0; STACK];
    let mut refused = None;
    let mut usual = SigSet::empty();
    // A handler would run in the child as well, on memory that is not its own.
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&SigSet::all()), Some(&mut usual))?;
    let flags = CloneFlags::CLONE_VM | CloneFlags::CLONE_VFORK;
    let body = Box::new(|| {
        refused = exec.exec().raw_os_error();
        127
    });
    // SAFETY: this thread stands still until the child has gone on to exec or has ended, so that nothing
    // that the child uses goes away or is used by two; what it does is fit for that (see `Exec`).
    let pid = unsafe { clone(body, &mut stack, flags, Some(libc::SIGCHLD)) };
    let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&usual), None);
    let mut child = Child { pid: pid?, end: None };
    leaders().insert(child.pid.as_raw());
    if let Some(code) = refused {
        // It has ended, and would stay in the table.
        child.collect(WaitOptions::empty())?;
        return Err(io::Error::from_raw_os_error(code));
    }
    child.end = descriptor(child.pid);
    Ok(child)
}

/// The children whose end somebody waits for.
fn leaders() -> MutexGuard<'static, HashSet<i32>> {
    static LEADERS: LazyLock<Mutex<HashSet<i32>>> = LazyLock::new(Mutex::default);
    // Nothing panics while it is held.
    LEADERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a process is one of the children that [`start`] gave, and has not been collected.
pub(super) fn is_leader(pid: i32) -> bool {
    leaders().contains(&pid)
}

/// Whether the leader of another service has not been collected.
pub(super) fn others_live(pid: i32) -> bool {
    leaders().iter().any(|leader| *leader != pid && !watchdog::is_watchdog(*leader))
}

impl Child {
    /// A child that was forked elsewhere.
    pub(super) fn known(pid: Pid) -> Self {
        leaders().insert(pid.as_raw());
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

    fn collect(&self, options: WaitOptions) -> io::Result<Option<ExitStatus>> {
        loop {
            match waitpid(rustix::process::Pid::from_raw(self.pid.as_raw()), options) {
                Ok(None) => return Ok(None),
                Ok(Some((_, status))) => {
                    leaders().remove(&self.pid.as_raw());
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
