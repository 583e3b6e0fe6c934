//! The watcher processes; see [`crate::guard`]. They are forks of a program with one thread, hold next to
//! no memory, and sleep until a signal comes.

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, kill, sigaction, sigprocmask,
};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, setsid};

use super::processes::{children_of, is_beside, kill_child};
use crate::guard::Scope;
use crate::os::{BESIDE, MARK};

/// How long the watcher goes on ending what is left.
const CLEANING_MAX: Duration = Duration::from_secs(5);
/// Signals that are no wish to end.
const NOT_RELAYED: [Signal; 4] = [Signal::SIGCONT, Signal::SIGWINCH, Signal::SIGURG, Signal::SIGIO];

/// Tells the inner watcher that the launcher ended; its usual meaning is no wish to end either.
const PARENT_ENDED: Signal = Signal::SIGURG;

/// The process ids of the launcher's other processes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watchers {
    /// The process that people started.
    pub(crate) launcher: i32,
    /// The one whose children orphans become.
    pub(crate) adopter: i32,
}

/// Ends this process at once, running nothing.
pub(crate) fn exit_now(code: i32) -> ! {
    // SAFETY: ends this process alone.
    unsafe { libc::_exit(code) }
}

/// Forks twice. Comes back in the engine alone; `None` where it could not.
pub(crate) fn fork_watchers(scope: Scope) -> Option<Watchers> {
    // SAFETY: no other thread exists yet; the callers of `guard::install` are told so.
    unsafe {
        std::env::remove_var(MARK);
        if scope == Scope::Services {
            std::env::set_var(BESIDE, "1");
        }
    }
    if !cfg!(target_os = "linux") {
        return None;
    }
    let launcher = Pid::this();
    adopt_orphans();
    let mut usual = SigSet::empty();
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&SigSet::all()), Some(&mut usual)).ok()?;
    // SAFETY: as above: one thread.
    match unsafe { fork() } {
        Ok(ForkResult::Parent { child }) => watch(child, scope, None),
        Ok(ForkResult::Child) => Some(fork_engine(launcher, scope, &usual)),
        Err(_) => {
            let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&usual), None);
            None
        }
    }
}

/// The inner watcher becomes one, and comes back as the engine.
fn fork_engine(launcher: Pid, scope: Scope, usual: &SigSet) -> Watchers {
    // A terminal's Ctrl-C, and a kill of the terminal's whole job or session, reach the launcher alone.
    let _ = setsid();
    tell_of_the_parents_end(Some(PARENT_ENDED));
    adopt_orphans();
    let watchers = |adopter: Pid| Watchers { launcher: launcher.as_raw(), adopter: adopter.as_raw() };
    let watcher = Pid::this();
    let pipe = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).ok();
    // SAFETY: still one thread.
    match unsafe { fork() } {
        Ok(ForkResult::Parent { child }) => {
            // So that who ends all processes of the launcher's name leaves one that cleans up.
            #[cfg(target_os = "linux")]
            let _ = nix::sys::prctl::set_name(c"launch-watch");
            let _alive = pipe.map(|(read, write)| {
                drop(read);
                write
            });
            watch(child, scope, Some(launcher))
        }
        Ok(ForkResult::Child) => {
            die_of_crashes();
            let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(usual), None);
            if let Some((read, write)) = pipe {
                drop(write);
                notice_its_end(read);
            }
            watchers(watcher)
        }
        Err(_) => {
            // One watcher has to do, and its end is this process's.
            tell_of_the_parents_end(Some(Signal::SIGKILL));
            let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(usual), None);
            watchers(launcher)
        }
    }
}

/// The runtime's own handlers of these swallow the first one that is sent by a person.
fn die_of_crashes() {
    for signal in [Signal::SIGSEGV, Signal::SIGBUS] {
        let usual = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
        // SAFETY: no handler is installed.
        let _ = unsafe { sigaction(signal, &usual) };
    }
}

/// By which signal the kernel tells this process that its parent ended.
fn tell_of_the_parents_end(signal: Option<Signal>) {
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_pdeathsig(signal);
    #[cfg(not(target_os = "linux"))]
    let _ = signal;
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

/// Waits for the child's end, and ends like it once everything below is gone. `parent` is who is to live as
/// long as this process.
fn watch(child: Pid, scope: Scope, parent: Option<Pid>) -> ! {
    let all = SigSet::all();
    // A write to a terminal from the background and the like must not stop the one that cleans up.
    for signal in [Signal::SIGTTOU, Signal::SIGTTIN, Signal::SIGPIPE] {
        let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
        // SAFETY: no handler is installed.
        let _ = unsafe { sigaction(signal, &ignore) };
    }
    loop {
        if parent.is_some_and(|parent| nix::unistd::getppid() != parent) {
            let _ = kill(child, Signal::SIGKILL);
        }
        match all.wait() {
            Ok(Signal::SIGCHLD) => {
                if let Some(ended) = collect(child) {
                    clean_up(scope);
                    end_like(ended);
                }
            }
            Ok(Signal::SIGTSTP) => stop_here(),
            // The engine's runtime swallows the first of these when it is sent by a person; they mean a crash.
            Ok(Signal::SIGSEGV | Signal::SIGBUS | Signal::SIGILL | Signal::SIGFPE | Signal::SIGABRT) => {
                let _ = kill(child, Signal::SIGKILL);
            }
            // What people send to the launcher is meant for the engine, an abort as well as a request to end.
            Ok(signal) if !NOT_RELAYED.contains(&signal) => {
                let _ = kill(child, signal);
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
        let left = end_below(me, scope);
        collect(Pid::from_raw(0));
        if !left {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Kills what is below a process, but for what the scope spares; tells whether there was any of it.
fn end_below(root: i32, scope: Scope) -> bool {
    let mut open = vec![root];
    let mut any = false;
    while let Some(parent) = open.pop() {
        for child in children_of(parent) {
            if scope == Scope::Services && is_beside(child) {
                continue;
            }
            any = true;
            open.push(child);
            kill_child(parent, child);
        }
    }
    any
}

/// The engine's part when both its watchers are gone.
pub(crate) fn end_own_descendants() {
    end_below(Pid::this().as_raw(), Scope::Services);
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
