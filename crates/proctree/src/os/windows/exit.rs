//! How a process ended.

use std::process::ExitStatus;

use contract::Cause;

/// How a process ended, for people.
pub fn exit_cause(status: ExitStatus) -> Cause {
    status.code().map_or_else(|| "ended".into(), |code| Cause::Exited { code })
}

/// There are no signals.
pub fn signal_name(_status: ExitStatus) -> Option<String> {
    None
}
