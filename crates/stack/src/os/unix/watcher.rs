//! The watcher process; see [`crate::guard`]. It is a fork of a program with one thread, holds next to no
//! memory, and sleeps until it is told that its parent ended.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::OnceLock;

use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, kill, sigaction, sigprocmask,
};
use nix::unistd::{ForkResult, Pid, fork, getppid, setsid};

use super::born::Child;
use super::sweep::end_everything_marked;
use crate::os::{MARK, Mark};

/// Tells the watcher that the launcher ended.
const PARENT_ENDED: Signal = Signal::SIGURG;
/// Tells the watcher that nothing is left to look for.
const DISMISSED: Signal = Signal::SIGUSR2;
/// The name by which the watcher goes, so that who ends all processes of the launcher's name leaves one
/// that cleans up.
pub(super) const NAME: &std::ffi::CStr = c"launch-watch";

static WATCHER: OnceLock<Watcher> = OnceLock::new();

struct Watcher {
    pid: Pid,
    child: std::sync::Mutex<Option<Child>>,
}

/// Ends this process at once, running nothing.
pub(crate) fn exit_now(code: i32) -> ! {
    // SAFETY: ends this process alone.
    unsafe { libc::_exit(code) }
}

/// Forks the watcher, and makes the launcher one that can be relied on.
pub(crate) fn start_watcher(origin: u64, skinai: Option<&Path>) {
    // SAFETY: no other thread exists yet; the callers of `guard::install` are told so.
    unsafe {
        std::env::remove_var(MARK);
    }
    be_steadfast();
    if !cfg!(target_os = "linux") {
        return;
    }
    adopt_orphans();
    let program = skinai.and_then(|path| CString::new(path.as_os_str().as_bytes()).ok());
    let launcher = Pid::this();
    let mut usual = SigSet::empty();
    if sigprocmask(SigmaskHow::SIG_BLOCK, Some(&SigSet::all()), Some(&mut usual)).is_err() {
        return;
    }
    // SAFETY: as above: one thread.
    let forked = unsafe { fork() };
    if let Ok(ForkResult::Child) = forked {
        let _ = setsid();
        tell_of_the_parents_end();
        if let Some(program) = program {
            go_on_as(&program, launcher, origin);
        }
        watch(launcher.as_raw(), origin);
    }
    let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&usual), None);
    if let Ok(ForkResult::Parent { child }) = forked {
        let known = std::sync::Mutex::new(Some(Child::known(child)));
        let _ = WATCHER.set(Watcher { pid: child, child: known });
    }
}

/// The watcher as a small program of its own. Comes back only if that is not there.
fn go_on_as(program: &CString, launcher: Pid, origin: u64) {
    let arguments = [c"skinai".to_owned(), c"launch-watch".to_owned()].into_iter();
    let numbers = [launcher.to_string(), origin.to_string()];
    let numbers = numbers.into_iter().filter_map(|number| CString::new(number).ok());
    let arguments: Vec<CString> = arguments.chain(numbers).collect();
    let _ = nix::unistd::execv(program, &arguments);
}

/// Sleeps until the process `launcher`, the parent, has ended; then ends all that is left of it.
pub(crate) fn watch(launcher: i32, origin: u64) -> ! {
    let launcher = Pid::from_raw(launcher);
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_name(NAME);
    let all = SigSet::all();
    let _ = sigprocmask(SigmaskHow::SIG_BLOCK, Some(&all), None);
    tell_of_the_parents_end();
    leave_the_terminal();
    // Whatever else is sent to it (a session that ends asks everybody) is meant for the launcher as well.
    while getppid() == launcher {
        if all.wait() == Ok(DISMISSED) {
            exit_now(0);
        }
    }
    end_everything_marked(&Mark::origin(origin));
    exit_now(0)
}

/// Who reads the launcher's output does not wait for its watcher.
fn leave_the_terminal() {
    if let Ok(null) = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null") {
        let _ = nix::unistd::dup2_stdin(&null);
        let _ = nix::unistd::dup2_stdout(&null);
        let _ = nix::unistd::dup2_stderr(&null);
    }
}

/// Waits until the watcher has ended; for ever where there is none.
pub(crate) async fn watcher_ended() {
    let taken = WATCHER
        .get()
        .and_then(|watcher| watcher.child.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take());
    let Some(mut child) = taken else { return std::future::pending().await };
    if child.wait().await.is_err() {
        // It cannot be waited for, which says nothing about it.
        std::future::pending().await
    }
}

/// Lets the watcher go, and waits until it has gone.
pub(crate) fn dismiss_watcher() {
    if let Some(watcher) = WATCHER.get() {
        let _ = kill(watcher.pid, DISMISSED);
        // Somebody else may have collected it meanwhile.
        let _ = nix::sys::wait::waitpid(watcher.pid, None);
    }
}

/// Whether this process has a watcher, and adopts orphans.
pub(super) fn adopts() -> bool {
    WATCHER.get().is_some()
}

/// A crash ends it, also one that is sent by a person, of which the runtime's own handlers swallow the
/// first; and a terminal that it may not write to does not stop it.
fn be_steadfast() {
    let action = |handler| SigAction::new(handler, SaFlags::empty(), SigSet::empty());
    for signal in [Signal::SIGSEGV, Signal::SIGBUS] {
        // SAFETY: no handler is installed.
        let _ = unsafe { sigaction(signal, &action(SigHandler::SigDfl)) };
    }
    for signal in [Signal::SIGTTOU, Signal::SIGTTIN] {
        // SAFETY: no handler is installed.
        let _ = unsafe { sigaction(signal, &action(SigHandler::SigIgn)) };
    }
}

/// The kernel tells this process that its parent ended.
fn tell_of_the_parents_end() {
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_pdeathsig(Some(PARENT_ENDED));
}

/// Orphans below this process become its children, wherever they put themselves.
fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    // SAFETY: takes numbers alone.
    unsafe {
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1);
    }
}
