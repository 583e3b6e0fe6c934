//! Nothing outlives the launcher, whatever ends it.
//!
//! [`install`] forks the program twice before it has any thread. The first process stays behind as the
//! *launcher* that people know: it passes signals on and ends as the engine does. The second one, in a
//! session of its own, is the inner watcher: every orphan below it becomes its child. The third one goes on
//! as the engine. Each of the three notices the end of its neighbour (by itself, by SIGKILL, SIGSEGV, an
//! abort, or for want of memory), ends whatever is left below it, and ends too. So one of them is enough,
//! whichever the others are; and should all three be killed at once, the kernel ends the services' leaders,
//! and the next start finds the rest.

use std::sync::OnceLock;
#[cfg(unix)]
use std::sync::atomic::{AtomicBool, Ordering};

use crate::os::{self, Mark, Watchers};

/// Which of the processes below the launcher are its own to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All of them: a program that starts nothing but services.
    Everything,
    /// All but what a desktop program starts for its user: browsers, a further instance.
    Services,
}

static WATCHERS: OnceLock<Watchers> = OnceLock::new();
#[cfg(unix)]
static MARK: OnceLock<Mark> = OnceLock::new();
#[cfg(unix)]
static ENDING: AtomicBool = AtomicBool::new(false);

/// Puts the watchers in place. To be called first in `main`, before any thread is started and any file is
/// opened. A panic in any thread ends the program from here on.
pub fn install(scope: Scope) {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        usual(panic);
        std::process::abort();
    }));
    if let Some(watchers) = os::fork_watchers(scope) {
        let _ = WATCHERS.set(watchers);
    }
}

/// The process id by which people know the launcher.
pub(crate) fn launcher_pid() -> u32 {
    WATCHERS.get().map_or_else(std::process::id, |watchers| watchers.launcher.cast_unsigned())
}

/// The process whose children the orphans of services become, where there is one.
#[cfg(unix)]
pub(crate) fn adopter() -> Option<i32> {
    WATCHERS.get().map(|watchers| watchers.adopter)
}

/// Says by which mark this launch's processes are known.
pub(crate) fn remember(mark: &Mark) {
    #[cfg(unix)]
    let _ = MARK.set(mark.clone());
    // A job object knows its own.
    #[cfg(windows)]
    let _ = mark;
}

/// Whether this process is about to end, and nothing may be started any more.
#[cfg(unix)]
pub(crate) fn is_ending() -> bool {
    ENDING.load(Ordering::SeqCst)
}

/// The watcher is gone: ends every service, then this process.
#[cfg(unix)]
pub(crate) fn watcher_ended() -> ! {
    ENDING.store(true, Ordering::SeqCst);
    if let Some(mark) = MARK.get() {
        os::end_everything_marked(mark);
    }
    os::end_own_descendants();
    os::exit_now(137)
}
