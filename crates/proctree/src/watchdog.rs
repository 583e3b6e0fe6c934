//! Nothing outlives the launcher, whatever ends it.
//!
//! [`install`] starts a *watchdog*: a process in a session of its own that sleeps until the launcher ends (by
//! itself, by SIGKILL, SIGSEGV, an abort, or for want of memory), and then kills whatever is left of its
//! services. It knows them by the [`LaunchMarker`]: sessions, groups, parents and environments do not matter. The launcher in turn ends when its watchdog does. Should
//! both be killed at the same moment, the kernel ends the services' leaders, and the next start finds the rest.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::LazyLock;
#[cfg(unix)]
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(unix)]
use crate::LaunchMarker;
use crate::os;

/// The number in the marker of everything that this process launches.
static ORIGIN: LazyLock<u64> = LazyLock::new(random_number);
/// This process is about to end: nothing may be started.
#[cfg(unix)]
static ENDING: AtomicBool = AtomicBool::new(false);
/// A service was started.
#[cfg(unix)]
static STARTED: AtomicBool = AtomicBool::new(false);
/// Everything has ended in order, and the watchdog with it.
#[cfg(unix)]
static DISMISSED: AtomicBool = AtomicBool::new(false);

/// Starts the watchdog, which is a fork of this process. To be called in `main` before any thread is
/// started and any file is opened. From then on a panic in any thread aborts the program.
pub fn install() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        usual(panic);
        std::process::abort();
    }));
    os::start_watchdog(*ORIGIN);
}

/// Ends the watchdog: everything has ended in order.
pub fn dismiss() {
    #[cfg(unix)]
    {
        DISMISSED.store(true, Ordering::SeqCst);
        os::dismiss_watchdog();
    }
}

/// As [`dismiss`], if no service was ever started.
pub fn dismiss_if_nothing_started() {
    #[cfg(unix)]
    if !STARTED.load(Ordering::SeqCst) {
        dismiss();
    }
}

/// A random name for a launch, which says of which process it is one.
pub fn name_launch() -> String {
    format!("{:016x}{:016x}", *ORIGIN, random_number())
}

/// Unique, and no secret: from what the system gives to the keys of hash maps.
fn random_number() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Lets the watchdog go on, if somebody has stopped it since the last call; `true` if so.
pub fn resume() -> bool {
    #[cfg(target_os = "linux")]
    return os::resume_watchdog();
    #[cfg(not(target_os = "linux"))]
    false
}

/// Ends this process, and all services first, when the watchdog ends.
pub async fn end_with_watchdog() {
    #[cfg(unix)]
    {
        os::watchdog_ended().await;
        if DISMISSED.load(Ordering::SeqCst) {
            return;
        }
        ENDING.store(true, Ordering::SeqCst);
        os::kill_marked(&LaunchMarker::origin(*ORIGIN));
        os::exit_now(137)
    }
}

/// Whether a service may be started: not while this process is about to end. To be asked before each start.
#[cfg(unix)]
pub(crate) fn lets_start() -> bool {
    STARTED.store(true, Ordering::SeqCst);
    !ENDING.load(Ordering::SeqCst)
}

/// Has the watchdog kill what a command starts, too, when this process ends. On Windows it lives on.
pub fn watch_over(command: &mut std::process::Command) {
    #[cfg(unix)]
    command.env(crate::MARKER_VARIABLE, marker().as_str());
    #[cfg(not(unix))]
    let _ = command;
}

/// The marker of everything that this process launches.
#[cfg(unix)]
pub(crate) fn marker() -> LaunchMarker {
    LaunchMarker::origin(*ORIGIN)
}
