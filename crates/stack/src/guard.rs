//! Nothing outlives the launcher, whatever ends it.
//!
//! [`install`] forks the program before it has any thread. The first process stays behind as a tiny
//! *watcher*: it adopts every orphan below it, passes signals on, and when the engine ends (by itself, or
//! by SIGKILL, SIGSEGV, an abort, or for want of memory) it ends whatever is left and exits the same way.
//! The second process goes on as the engine, and does the same for the watcher's end. The kernel ends the
//! services' leaders besides, should both be killed at once.

use std::sync::OnceLock;

use crate::os::{self, Mark};

/// Which of the processes below the launcher are its own to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All of them: a program that starts nothing but services.
    Everything,
    /// Those that carry the mark of a service: a desktop program also starts browsers.
    Services,
}

static WATCHER: OnceLock<i32> = OnceLock::new();
static MARK: OnceLock<Mark> = OnceLock::new();

/// Puts the watcher in place. To be called first in `main`, before any thread is started and any file is
/// opened. A panic in any thread ends the program from here on.
pub fn install(scope: Scope) {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        usual(panic);
        std::process::abort();
    }));
    if let Some(watcher) = os::fork_watcher(scope) {
        let _ = WATCHER.set(watcher);
    }
}

/// The process id by which people know the launcher.
pub(crate) fn launcher_pid() -> u32 {
    WATCHER.get().map_or_else(std::process::id, |pid| pid.cast_unsigned())
}

/// The watcher's process id, where there is one.
pub(crate) fn watcher() -> Option<i32> {
    WATCHER.get().copied()
}

/// Says by which mark this launch's processes are known.
pub(crate) fn remember(mark: &Mark) {
    let _ = MARK.set(mark.clone());
}

/// The watcher is gone: ends every service, then this process.
pub(crate) fn watcher_ended() -> ! {
    if let Some(mark) = MARK.get() {
        os::end_everything_marked(mark);
    }
    os::exit_now(137)
}
