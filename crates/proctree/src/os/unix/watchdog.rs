//! The watchdog process; see [`crate::watchdog`]. It is a fork of a program with one thread, shares the pages
//! that neither of the two writes, and sleeps until the kernel tells it that its parent, the launcher, has ended.

use std::sync::OnceLock;
use std::time::Duration;

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, sigaction, sigprocmask};
use nix::unistd::{ForkResult, Pid, fork, getppid, setsid};
use tokio::sync::Mutex;

use super::child::Child;
use super::kill_marked::kill_marked;
use super::process_handle::ProcessHandle;
use crate::{LaunchMarker, MARKER_VARIABLE};

static WATCHDOG: OnceLock<Watchdog> = OnceLock::new();

struct Watchdog {
    pid: Pid,
    /// To dismiss it: its process id may belong to another process by then.
    handle: Option<ProcessHandle>,
    /// Of several launches of this process one waits for its end; when that launch is over, the next.
    child: Mutex<Child>,
}

/// Ends this process without running destructors or exit handlers.
pub(crate) fn exit_now(code: i32) -> ! {
    // SAFETY: ends this process alone.
    unsafe { libc::_exit(code) }
}

/// Forks the watchdog, resets signals, and makes this process the subreaper of its descendants.
pub(crate) fn start_watchdog(origin: u64) {
    // SAFETY: no other thread exists yet; the callers of `watchdog::install` are told so.
    unsafe {
        std::env::remove_var(MARKER_VARIABLE);
    }
    reset_signals();
    adopt_orphans();
    let launcher = Pid::this();
    let mut usual = SigSet::empty();
    // The watchdog keeps them blocked: whatever is sent to it (a session that ends asks everybody) is meant
    // for the launcher as well.
    if sigprocmask(SigmaskHow::SIG_BLOCK, Some(&SigSet::all()), Some(&mut usual)).is_err() {
        return;
    }
    // SAFETY: as above: one thread.
    let forked = unsafe { fork() };
    if let Ok(ForkResult::Child) = forked {
        watch(launcher, origin);
    }
    let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&usual), None);
    if let Ok(ForkResult::Parent { child: pid }) = forked {
        let (handle, child) = (ProcessHandle::open(pid.as_raw()), Mutex::new(Child::watchdog(pid)));
        let _ = WATCHDOG.set(Watchdog { pid, handle, child });
    }
}

/// The watchdog: sleeps until the launcher has ended, then kills all that carries its marker.
fn watch(launcher: Pid, origin: u64) -> ! {
    let _ = setsid();
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_name(super::watchdog_name::WATCHDOG_NAME);
    leave_the_terminal();
    wait_for_end(launcher);
    kill_marked(&LaunchMarker::origin(origin));
    exit_now(0)
}

/// How long it sleeps where the kernel cannot tell it anything.
const PAUSE: Duration = Duration::from_millis(50);

/// The kernel sends the signal of a parent's death at the end of the thread that forked, and again at the end of each
/// that takes that one's place; the number of the parent is another one only when all of them have ended.
#[cfg(target_os = "linux")]
fn wait_for_end(launcher: Pid) {
    const END: Signal = Signal::SIGUSR1;
    let is_told = nix::sys::prctl::set_pdeathsig(END).is_ok();
    let end = SigSet::from(END);
    while getppid() == launcher {
        if !is_told || end.wait().is_err() {
            std::thread::sleep(PAUSE);
        }
    }
}

/// kqueue(2) tells of a process's end (`NOTE_EXIT`), and that there is none of that number, which the parent's shows.
#[cfg(not(target_os = "linux"))]
fn wait_for_end(launcher: Pid) {
    use nix::sys::event::{EvFlags, EventFilter, FilterFlag, KEvent, Kqueue};
    let number = launcher.as_raw().cast_unsigned() as usize;
    let flags = EvFlags::EV_ADD | EvFlags::EV_ONESHOT;
    let end = KEvent::new(number, EventFilter::EVFILT_PROC, flags, FilterFlag::NOTE_EXIT, 0, 0);
    let queue = Kqueue::new();
    while getppid() == launcher {
        let is_told = queue.as_ref().is_ok_and(|queue| queue.kevent(&[end], &mut [end], None).is_ok());
        if !is_told || getppid() == launcher {
            std::thread::sleep(PAUSE);
        }
    }
}

/// Closes the launcher's standard streams, so that a reader of its output does not wait for the watchdog.
fn leave_the_terminal() {
    if let Ok(null) = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null") {
        let _ = nix::unistd::dup2_stdin(&null);
        let _ = nix::unistd::dup2_stdout(&null);
        let _ = nix::unistd::dup2_stderr(&null);
    }
}

/// Waits until the watchdog has ended; for ever where there is none.
pub(crate) async fn watchdog_ended() {
    let Some(watchdog) = WATCHDOG.get() else { return std::future::pending().await };
    if watchdog.child.lock().await.wait().await.is_err() {
        // It cannot be waited for, which says nothing about it.
        std::future::pending().await
    }
}

/// Ends the watchdog, and waits until it has gone.
pub(crate) fn dismiss_watchdog() {
    if let Some(watchdog) = WATCHDOG.get() {
        let dismissed = watchdog.handle.as_ref().is_some_and(|handle| handle.signal(Signal::SIGKILL));
        if dismissed {
            // The task that waits for its end may have reaped it.
            let _ = nix::sys::wait::waitpid(watchdog.pid, None);
        }
    }
}

/// See [`crate::watchdog::resume`].
#[cfg(target_os = "linux")]
pub(crate) fn resume_watchdog() -> bool {
    use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
    WATCHDOG.get().is_some_and(|watchdog| {
        let found = waitid(Id::Pid(watchdog.pid), WaitPidFlag::WSTOPPED | WaitPidFlag::WNOHANG);
        matches!(found, Ok(WaitStatus::Stopped(..)))
            && watchdog.handle.as_ref().is_some_and(|handle| handle.signal(Signal::SIGCONT))
    })
}

/// Whether this process has a watchdog, and adopts orphans.
pub(super) fn adopts() -> bool {
    WATCHDOG.get().is_some()
}

/// A crash ends the launcher, also one that a person sends (the Rust runtime's handlers swallow the first
/// SIGSEGV); and a background job of a terminal is not stopped for reading or writing.
fn reset_signals() {
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

/// Orphans below this process become its children, wherever they put themselves.
fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_child_subreaper(true);
}
