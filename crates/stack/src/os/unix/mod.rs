//! Unix. What only Linux has (pidfds, `/proc`, the signal at a parent's death) stands in `linux`-gated
//! functions; elsewhere process groups have to do.

#![expect(unsafe_code, reason = "processes, signals and descriptors are the system's own calls")]

mod born;
mod handle;
#[cfg(target_os = "linux")]
mod pidfd;
mod processes;
mod procfs;
mod spawn;
mod sweep;
mod tag;
mod watchdog;

use std::path::{Path, PathBuf};

pub(crate) use processes::{Members, Orphans, any_ended};
pub(crate) use spawn::{raise_descriptor_limit, spawn};
pub(crate) use sweep::{identity, kill_marked, kill_same_process};
pub(crate) use tag::next_run;
pub(crate) use watchdog::{dismiss_watchdog, exit_now, start_watchdog, watchdog_ended};

/// Whether a path can be executed.
pub(super) fn is_program(path: &Path) -> bool {
    nix::unistd::access(path, nix::unistd::AccessFlags::X_OK).is_ok() && path.is_file()
}

/// The names under which a program may lie; Windows has several.
pub(super) fn with_extension(path: &Path) -> Vec<PathBuf> {
    vec![path.to_owned()]
}

/// What a signal is called.
pub(crate) fn exit_of(status: std::process::ExitStatus) -> crate::life::Exit {
    use contract::Cause;
    use std::os::unix::process::ExitStatusExt;
    let reason = match (status.code(), status.signal()) {
        (Some(code), _) => Cause::Exited { code },
        (None, Some(signal)) => match nix::sys::signal::Signal::try_from(signal) {
            Ok(signal) => Cause::Signalled { signal: signal.as_str().to_owned() },
            Err(_) => Cause::Signalled { signal: format!("signal {signal}") },
        },
        (None, None) => "ended".into(),
    };
    crate::life::Exit { code: status.code(), reason }
}

/// The name of the signal that ended a process.
pub(crate) fn signal_of(status: std::process::ExitStatus) -> Option<String> {
    use std::os::unix::process::ExitStatusExt;
    let signal = status.signal()?;
    Some(
        nix::sys::signal::Signal::try_from(signal)
            .map_or_else(|_| signal.to_string(), |name| name.as_str().to_owned()),
    )
}
