//! A child that shares the launcher's memory until its exec, while the thread that made it waits: no page
//! table is copied, which is what takes longest of a fork.

use std::io;

use nix::sched::{CloneFlags, clone};
use nix::sys::signal::{SigSet, SigmaskHow, sigprocmask};
use rustix::process::WaitOptions;

use super::child::Child;
use super::exec::Exec;

/// As much as exec and a few calls into the system need.
const STACK: usize = 16 * 1024;

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
    let child = Child::leader(pid?);
    if let Some(code) = refused {
        // It has ended, and would stay in the table.
        child.collect(WaitOptions::empty())?;
        return Err(io::Error::from_raw_os_error(code));
    }
    Ok(child)
}
