//! The watcher process; see [`crate::guard`]. It runs in the fork of a program with one thread, holds
//! next to no memory, and sleeps until a signal comes.

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, kill, sigaction, sigprocmask,
};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, setpgid};

use super::processes::{children_of, is_marked, kill_marked};
use crate::guard::Scope;
use crate::os::MARK;

/// How long the watcher goes on ending what is left.
const CLEANING_MAX: Duration = Duration::from_secs(5);
/// Signals that are no wish to end.
const NOT_RELAYED: [Signal; 4] = [Signal::SIGCONT, Signal::SIGWINCH, Signal::SIGURG, Signal::SIGIO];

/// Ends this process at once, running nothing.
pub(crate) fn exit_now(code: i32) -> ! {
    // SAFETY: ends this process alone.
    unsafe { libc::_exit(code) }
}

/// Forks. Comes back in the child alone, with the watcher's process id; `None` where it could not.
pub(crate) fn fork_watcher(scope: Scope) -> Option<i32> {
    // SAFETY: no other thread exists yet; the callers of `guard::install` are told so.
    unsafe { std::env::remove_var(MARK) };
    if !cfg!(target_os = "linux") {
        return None;
    }
    let (alive_read, alive_write) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).ok()?;
    adopt_orphans();
    let mut before = SigSet::empty();
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&SigSet::all()), Some(&mut before)).ok()?;
    let watcher = Pid::this();
    // SAFETY: as above: one thread.
    match unsafe { fork() } {
        Ok(ForkResult::Parent { child }) => {
            drop(alive_read);
            watch(child, scope, &alive_write)
        }
        Ok(ForkResult::Child) => {
            drop(alive_write);
            // A terminal's Ctrl-C, and a kill of the terminal's whole job, reach the watcher alone.
            let _ = setpgid(Pid::from_raw(0), Pid::from_raw(0));
            let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&before), None);
            notice_its_end(alive_read);
            Some(watcher.as_raw())
        }
        Err(_) => {
            let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&before), None);
            None
        }
    }
}

/// Orphans below this process become its children, wherever they put themselves.
fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    // SAFETY: takes numbers alone.
    unsafe {
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1);
    }
}

fn notice_its_end(alive: OwnedFd) {
    let wait = move || {
        let mut byte = [0];
        while nix::unistd::read(&alive, &mut byte) == Err(Errno::EINTR) {}
        crate::guard::watcher_ended()
    };
    // Without this thread the services' leaders still die with the engine.
    let _ = std::thread::Builder::new().name("watcher-end".to_owned()).stack_size(128 * 1024).spawn(wait);
}

fn watch(engine: Pid, scope: Scope, _alive: &OwnedFd) -> ! {
    let all = SigSet::all();
    // A write to a terminal from the background and the like must not stop the one that cleans up.
    for signal in [Signal::SIGTTOU, Signal::SIGTTIN, Signal::SIGPIPE] {
        let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
        // SAFETY: no handler is installed.
        let _ = unsafe { sigaction(signal, &ignore) };
    }
    loop {
        match all.wait() {
            Ok(Signal::SIGCHLD) => {
                if let Some(ended) = collect(engine) {
                    clean_up(scope);
                    end_like(ended);
                }
            }
            Ok(Signal::SIGTSTP) => stop_here(),
            // The engine's runtime swallows the first of these when it is sent by a person; they mean a crash.
            Ok(Signal::SIGSEGV | Signal::SIGBUS | Signal::SIGILL | Signal::SIGFPE | Signal::SIGABRT) => {
                let _ = kill(engine, Signal::SIGKILL);
            }
            // What people send to the launcher is meant for the engine, an abort as well as a request to end.
            Ok(signal) if !NOT_RELAYED.contains(&signal) => {
                let _ = kill(engine, signal);
            }
            _ => {}
        }
    }
}

/// Ctrl-Z: stops as the terminal asked; the services go on, which is what they are for.
fn stop_here() {
    let _ = kill(Pid::this(), Signal::SIGSTOP);
}

/// Collects everything that ended; gives back how the engine did.
fn collect(engine: Pid) -> Option<WaitStatus> {
    let mut engine_ended = None;
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(status @ (WaitStatus::Exited(pid, _) | WaitStatus::Signaled(pid, ..))) if pid == engine => {
                engine_ended = Some(status);
            }
            Ok(WaitStatus::StillAlive) | Err(_) => return engine_ended,
            Ok(_) => {}
        }
    }
}

fn clean_up(scope: Scope) {
    let until = Instant::now() + CLEANING_MAX;
    let me = Pid::this().as_raw();
    while Instant::now() < until {
        let mut left = false;
        match scope {
            Scope::Everything => {
                for child in children_of(me) {
                    left = true;
                    // A child of ours keeps its number until we collect it.
                    let _ = kill(Pid::from_raw(child), Signal::SIGKILL);
                }
            }
            Scope::Services => {
                for pid in below(me).into_iter().filter(|pid| is_marked(*pid)) {
                    left = true;
                    kill_marked(pid);
                }
            }
        }
        collect(Pid::from_raw(0));
        if !left {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn below(root: i32) -> Vec<i32> {
    let mut found = children_of(root);
    let mut next = 0;
    while let Some(&pid) = found.get(next) {
        next += 1;
        found.extend(children_of(pid));
    }
    found
}

fn end_like(status: WaitStatus) -> ! {
    match status {
        WaitStatus::Exited(_, code) => exit_now(code),
        WaitStatus::Signaled(_, signal, _) => {
            let _ = nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_CORE, 0, 0);
            let usual = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
            // SAFETY: no handler is installed.
            let _ = unsafe { sigaction(signal, &usual) };
            let _ = kill(Pid::this(), signal);
            let mut one = SigSet::empty();
            one.add(signal);
            let _ = sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&one), None);
            exit_now(128 + signal as i32)
        }
        _ => exit_now(1),
    }
}
